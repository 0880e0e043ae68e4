package acm

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"sync"
	"time"
)

// authority issues the certificates. Its key is made when it is first needed, and ends with the simulator.
type authority struct {
	root *x509.Certificate
	key  crypto.Signer
}

const (
	day = 24 * time.Hour
	// validity of certificates that ACM issues: 198 days since 2026 (user guide, "ACM certificate characteristics").
	validity = 198 * day
	// rootValidity is ten years.
	rootValidity = 3650 * day
	serialBits   = 128
)

// newAuthority returns a function that makes the authority once.
func newAuthority() func() (*authority, error) {
	return sync.OnceValues(func() (*authority, error) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, fmt.Errorf("making the authority's key: %w", err)
		}
		template := &x509.Certificate{
			SerialNumber: serial(), Subject: pkix.Name{Organization: []string{"awssim"}, CommonName: "awssim Root CA"},
			NotBefore: time.Now().Add(-day), NotAfter: time.Now().Add(rootValidity), IsCA: true, BasicConstraintsValid: true,
			KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		}
		der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
		if err != nil {
			return nil, fmt.Errorf("making the authority's certificate: %w", err)
		}
		root, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, fmt.Errorf("reading the authority's certificate: %w", err)
		}
		return &authority{root: root, key: key}, nil
	})
}

func serial() *big.Int {
	number, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), serialBits))
	if err != nil { // crypto/rand does not fail
		return big.NewInt(1)
	}
	return number
}

// issue makes a key and a certificate for names, or addresses.
func (a *authority) issue(names []string, algorithm string, now time.Time) (crypto.Signer, *x509.Certificate, error) {
	key, err := newKey(algorithm)
	if err != nil {
		return nil, nil, fmt.Errorf("making a key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: names[0]},
		NotBefore: now.Add(-day), NotAfter: now.Add(validity), BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, name := range names {
		if address := net.ParseIP(name); address != nil {
			template.IPAddresses = append(template.IPAddresses, address)
			continue
		}
		template.DNSNames = append(template.DNSNames, name)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.root, key.Public(), a.key)
	if err != nil {
		return nil, nil, fmt.Errorf("making a certificate: %w", err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, nil, fmt.Errorf("reading a certificate: %w", err)
	}
	return key, leaf, nil
}

// Key algorithms of certificates that ACM issues (RequestCertificate, API reference).
const (
	algorithmRSA  = "RSA_2048"
	algorithmP256 = "EC_prime256v1"
	algorithmP384 = "EC_secp384r1"
)

func newKey(algorithm string) (crypto.Signer, error) {
	const bits = 2048
	switch algorithm {
	case algorithmP256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) //nolint:wrapcheck // the caller says what it is
	case algorithmP384:
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader) //nolint:wrapcheck // the caller says what it is
	default:
		return rsa.GenerateKey(rand.Reader, bits) //nolint:wrapcheck // the caller says what it is
	}
}

// algorithmOf is what ACM calls the algorithm of a key.
func algorithmOf(key crypto.PublicKey) (string, bool) {
	switch typed := key.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA_%d", typed.N.BitLen()), true
	case *ecdsa.PublicKey:
		name, ok := map[int]string{256: algorithmP256, 384: algorithmP384, 521: "EC_secp521r1"}[typed.Curve.Params().BitSize]
		return name, ok
	default:
		return "", false
	}
}

func encodeCertificates(chain ...*x509.Certificate) string {
	var text []byte
	for _, each := range chain {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: each.Raw})...)
	}
	return string(text)
}
