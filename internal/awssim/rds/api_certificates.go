package rds

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// authorities are the certificate authorities of RDS; the first is the default one. Here the simulator's own stands behind
// each of them.
func authorities() []string {
	return []string{"rds-ca-rsa2048-g1", "rds-ca-ecc384-g1", "rds-ca-rsa4096-g1"}
}

func checkAuthority(id string) error {
	if id != "" && !slices.Contains(authorities(), id) {
		return &wire.Error{Code: "CertificateNotFound", Message: fmt.Sprintf("Certificate %s not found.", id), Status: statusNotFound}
	}
	return nil
}

// certificateDetails tell which authority certified a server, and until when.
type certificateDetails struct {
	CAIdentifier string
	ValidTill    wire.Time
}

func (d *server) certificate(authority string) *certificateDetails {
	if d == nil || d.certifiedUntil().IsZero() {
		return &certificateDetails{CAIdentifier: authority}
	}
	return &certificateDetails{authority, wire.At(d.certifiedUntil())}
}

type describeCertificatesInput struct {
	pageInput

	CertificateIdentifier string
}

type describedAuthority struct {
	CertificateIdentifier, CertificateType, CertificateArn string
	ValidFrom, ValidTill                                   wire.Time
	CustomerOverride                                       bool
}

type describeCertificatesOutput struct {
	DefaultCertificateForNewLaunches string
	Certificates                     []describedAuthority `item:"Certificate"`
	Marker                           string
}

// describeCertificates lists the authorities. They are valid as long as AWS's own ("Using SSL/TLS", user guide); the day is
// believed.
func (s *Service) describeCertificates(
	_ context.Context, call *wire.Call, in *describeCertificatesInput,
) (*describeCertificatesOutput, error) {
	if len(in.Filters) > 0 {
		return nil, wire.Unsupported(call, "Filters")
	}
	if err := checkAuthority(in.CertificateIdentifier); err != nil {
		return nil, err
	}
	names := slices.DeleteFunc(authorities(), func(name string) bool {
		return in.CertificateIdentifier != "" && name != in.CertificateIdentifier
	})
	page, next, err := pageOf(names, in.pageInput, func(name string) string { return name })
	if err != nil {
		return nil, err
	}
	out := &describeCertificatesOutput{
		DefaultCertificateForNewLaunches: authorities()[0], Certificates: []describedAuthority{}, Marker: next,
	}
	begin := time.Date(2021, time.May, 25, 0, 0, 0, 0, time.UTC)
	for _, name := range page {
		out.Certificates = append(out.Certificates, describedAuthority{
			CertificateIdentifier: name, CertificateType: "CA", CertificateArn: "arn:aws:rds:" + call.Region + "::cert:" + name,
			ValidFrom: wire.At(begin), ValidTill: wire.At(begin.AddDate(yearsOf(name), 0, 0)),
		})
	}
	return out, nil
}

func yearsOf(authority string) int {
	const short, long = 40, 100
	if authority == authorities()[0] {
		return short
	}
	return long
}
