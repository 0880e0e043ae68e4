package acm

import (
	"context"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type domainValidation struct {
	DomainName       string        `json:"DomainName"`
	ValidationDomain string        `json:"ValidationDomain"`
	ValidationStatus string        `json:"ValidationStatus"`
	ResourceRecord   *recordMember `json:"ResourceRecord,omitempty"`
	ValidationMethod string        `json:"ValidationMethod"`
}

type recordMember struct {
	Name  string `json:"Name"`
	Type  string `json:"Type"`
	Value string `json:"Value"`
}

type usage struct {
	Name string `json:"Name"`
	OID  string `json:"OID,omitempty"`
}

type detail struct {
	CertificateArn          string             `json:"CertificateArn"`
	DomainName              string             `json:"DomainName"`
	SubjectAlternativeNames []string           `json:"SubjectAlternativeNames"`
	DomainValidationOptions []domainValidation `json:"DomainValidationOptions,omitempty"`
	Serial                  string             `json:"Serial,omitempty"`
	Subject                 string             `json:"Subject"`
	Issuer                  string             `json:"Issuer,omitempty"`
	CreatedAt               wire.Time          `json:"CreatedAt,omitzero"`
	IssuedAt                wire.Time          `json:"IssuedAt,omitzero"`
	ImportedAt              wire.Time          `json:"ImportedAt,omitzero"`
	Status                  string             `json:"Status"`
	NotBefore               wire.Time          `json:"NotBefore,omitzero"`
	NotAfter                wire.Time          `json:"NotAfter,omitzero"`
	KeyAlgorithm            string             `json:"KeyAlgorithm"`
	SignatureAlgorithm      string             `json:"SignatureAlgorithm,omitempty"`
	InUseBy                 []string           `json:"InUseBy"`
	Type                    string             `json:"Type"`
	KeyUsages               []usage            `json:"KeyUsages"`
	ExtendedKeyUsages       []usage            `json:"ExtendedKeyUsages"`
	RenewalEligibility      string             `json:"RenewalEligibility"`
	Options                 *transparency      `json:"Options,omitempty"`
}

type describeOutput struct {
	Certificate detail `json:"Certificate"`
}

func (s *Service) describeCertificate(_ context.Context, call *wire.Call, in *arnInput) (*describeOutput, error) {
	users := s.usersOf(in.CertificateArn)
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.find(call.Place(), in.CertificateArn)
	if err != nil {
		return nil, err
	}
	return &describeOutput{found.describe(users)}, nil
}

func (c *certificate) describe(users []string) detail {
	one := c.summarize()
	described := detail{
		CertificateArn: c.arn, DomainName: c.names[0], SubjectAlternativeNames: c.names, Subject: "CN=" + c.names[0],
		CreatedAt: one.CreatedAt, IssuedAt: one.IssuedAt, ImportedAt: one.ImportedAt, Status: c.status, NotBefore: one.NotBefore,
		NotAfter: one.NotAfter, KeyAlgorithm: one.KeyAlgorithm, InUseBy: append([]string{}, users...), Type: one.Type,
		KeyUsages: []usage{}, ExtendedKeyUsages: []usage{}, RenewalEligibility: one.RenewalEligibility,
	}
	if c.leaf != nil {
		described.Serial, described.Issuer = serialText(c.leaf.SerialNumber.Bytes()), "awssim"
		described.SignatureAlgorithm = signatureName(c.leaf.SignatureAlgorithm.String())
		described.KeyUsages = []usage{{Name: signs}, {Name: enciphers}}
		described.ExtendedKeyUsages = []usage{{Name: serves, OID: "1.3.6.1.5.5.7.3.1"}}
	}
	if c.imported {
		return described
	}
	preference := c.options["transparency"]
	if preference == "" {
		preference = "ENABLED"
	}
	described.Options = &transparency{preference, "DISABLED"}
	if c.leaf == nil { // it says how it will be signed
		described.Issuer, described.SignatureAlgorithm = "Amazon", signatureFor(c.algorithm)
	}
	described.DomainValidationOptions = c.validations()
	return described
}

func (c *certificate) validations() []domainValidation {
	var options []domainValidation
	for _, name := range c.names {
		record := recordMember(recordFor(c.place.Account, name))
		status := statusPending
		switch {
		case c.valid[name]:
			status = statusSuccess
		case c.status == statusTimedOut:
			status = statusFailed
		}
		options = append(options, domainValidation{
			DomainName: name, ValidationDomain: name, ValidationStatus: status, ResourceRecord: &record, ValidationMethod: "DNS",
		})
	}
	return options
}

// describedAlgorithm is a key algorithm as details write it: "RSA-2048", where all else writes "RSA_2048".
func describedAlgorithm(algorithm string) string {
	if len(algorithm) > 4 && algorithm[:4] == "RSA_" {
		return "RSA-" + algorithm[4:]
	}
	return algorithm
}

// signatureFor is how certificates with keys of an algorithm are signed.
func signatureFor(algorithm string) string {
	switch algorithm {
	case algorithmP256:
		return "SHA256WITHECDSA"
	case algorithmP384:
		return "SHA384WITHECDSA"
	default:
		return "SHA256WITHRSA"
	}
}

// signatureName is what ACM calls an algorithm of Go: SHA256WITHRSA for SHA256-RSA.
func signatureName(name string) string {
	switch name {
	case "ECDSA-SHA256":
		return "SHA256WITHECDSA"
	case "ECDSA-SHA384":
		return "SHA384WITHECDSA"
	case "SHA384-RSA":
		return "SHA384WITHRSA"
	default:
		return "SHA256WITHRSA"
	}
}
