package acm

import (
	"context"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type importInput struct {
	CertificateArn   string      `json:"CertificateArn"`
	Certificate      []byte      `json:"Certificate"`
	PrivateKey       []byte      `json:"PrivateKey"`
	CertificateChain []byte      `json:"CertificateChain"`
	Tags             []props.Tag `json:"Tags"`
}

// importCertificate takes a certificate that others issued, or replaces one that was imported before.
func (s *Service) importCertificate(_ context.Context, call *wire.Call, in *importInput) (*arnOutput, error) {
	made, err := readImport(in)
	if err != nil {
		return nil, err
	}
	now := s.Clock.Now()
	if now.After(made.leaf.NotAfter) {
		return nil, wire.Errorf("ValidationException", "The certificate has expired.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	made.arn, made.place, made.created, made.issued = arnOf(call.Place()), call.Place(), now, now
	made.tags = props.MergeTags(nil, in.Tags)
	if in.CertificateArn != "" {
		before, err := s.find(call.Place(), in.CertificateArn)
		switch {
		case err != nil:
			return nil, err
		case !before.imported:
			return nil, wire.Errorf("ValidationException", "The certificate %s was not imported.", before.arn)
		case len(in.Tags) > 0:
			return nil, wire.Errorf("InvalidParameterException", "Tags cannot be specified when a certificate is imported again.")
		}
		made.arn, made.created, made.tags = before.arn, before.created, before.tags
	}
	s.certificates[made.arn] = made
	return &arnOutput{made.arn}, nil
}

func readImport(in *importInput) (*certificate, error) {
	pair, err := tls.X509KeyPair(in.Certificate, in.PrivateKey)
	if err != nil {
		return nil, wire.Errorf("ValidationException", "The certificate or its private key is not valid: %v", err)
	}
	if len(pair.Certificate) > 1 {
		return nil, wire.Errorf("ValidationException", "The certificate field contains more than one certificate. "+
			"You can specify only one certificate in this field.")
	}
	key, ok := pair.PrivateKey.(crypto.Signer)
	algorithm, known := algorithmOf(pair.Leaf.PublicKey)
	if !ok || !known {
		return nil, wire.Errorf("ValidationException", "The key algorithm of the certificate is not supported.")
	}
	made := &certificate{
		imported: true, status: statusIssued, algorithm: algorithm, key: key, leaf: pair.Leaf,
		names: namesOf(nameOf(pair.Leaf), pair.Leaf.DNSNames),
	}
	for rest := in.CertificateChain; len(rest) > 0; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		link, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, wire.Errorf("ValidationException", "The certificate chain is not valid: %v", err)
		}
		made.chain = append(made.chain, link)
	}
	return made, nil
}

// nameOf is the name that a certificate is shown by.
func nameOf(leaf *x509.Certificate) string {
	if leaf.Subject.CommonName != "" || len(leaf.DNSNames) == 0 {
		return leaf.Subject.CommonName
	}
	return leaf.DNSNames[0]
}
