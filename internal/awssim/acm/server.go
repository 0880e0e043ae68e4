package acm

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"time"
)

// ServerCertificate is a certificate for a server of another service, such as a database.
type ServerCertificate struct {
	Chain, Key []byte // in PEM; the server's own certificate first
	Until      time.Time
}

// IssueFor makes a certificate for the server at a host, which is a name or an address. ACM does not list it.
func (s *Service) IssueFor(host string) (ServerCertificate, error) {
	issuer, err := s.authority()
	if err != nil {
		return ServerCertificate{}, err
	}
	key, leaf, err := issuer.issue([]string{host}, algorithmP256, time.Now())
	if err != nil {
		return ServerCertificate{}, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return ServerCertificate{}, fmt.Errorf("writing a server's key: %w", err)
	}
	return ServerCertificate{
		Chain: []byte(encodeCertificates(leaf, issuer.root)),
		Key:   pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), Until: leaf.NotAfter,
	}, nil
}
