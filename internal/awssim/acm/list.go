package acm

import (
	"context"
	"slices"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/paging"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// What the keys of certificates may be used for.
const (
	signs     = "DIGITAL_SIGNATURE"
	enciphers = "KEY_ENCIPHERMENT"
	serves    = "TLS_WEB_SERVER_AUTHENTICATION"
)

type listInput struct {
	CertificateStatuses []string `json:"CertificateStatuses"`
	NextToken           string   `json:"NextToken"`
	MaxItems            int      `json:"MaxItems"`
	SortBy              string   `json:"SortBy"`
	SortOrder           string   `json:"SortOrder"`
	Includes            *struct {
		KeyTypes []string `json:"keyTypes"`
	} `json:"Includes"`
}

type summary struct {
	CertificateArn                  string    `json:"CertificateArn"`
	DomainName                      string    `json:"DomainName"`
	SubjectAlternativeNameSummaries []string  `json:"SubjectAlternativeNameSummaries"`
	HasMore                         bool      `json:"HasAdditionalSubjectAlternativeNames"`
	Status                          string    `json:"Status"`
	Type                            string    `json:"Type"`
	KeyAlgorithm                    string    `json:"KeyAlgorithm"`
	KeyUsages                       []string  `json:"KeyUsages"`
	ExtendedKeyUsages               []string  `json:"ExtendedKeyUsages"`
	InUse                           bool      `json:"InUse"`
	RenewalEligibility              string    `json:"RenewalEligibility"`
	NotBefore                       wire.Time `json:"NotBefore,omitzero"`
	NotAfter                        wire.Time `json:"NotAfter,omitzero"`
	CreatedAt                       wire.Time `json:"CreatedAt,omitzero"`
	IssuedAt                        wire.Time `json:"IssuedAt,omitzero"`
	ImportedAt                      wire.Time `json:"ImportedAt,omitzero"`
}

type listOutput struct {
	NextToken              string    `json:"NextToken,omitempty"`
	CertificateSummaryList []summary `json:"CertificateSummaryList"`
}

// listCertificates lists certificates with RSA keys unless other key types are asked for (Filters, API reference).
func (s *Service) listCertificates(_ context.Context, call *wire.Call, in *listInput) (*listOutput, error) {
	types := []string{"RSA_1024", algorithmRSA}
	if in.Includes != nil && len(in.Includes.KeyTypes) > 0 {
		types = in.Includes.KeyTypes
	}
	found := []*certificate{}
	s.mu.Lock()
	for _, each := range s.certificates {
		if s.refresh(each); each.place != call.Place() || !slices.Contains(types, each.algorithm) ||
			(len(in.CertificateStatuses) > 0 && !slices.Contains(in.CertificateStatuses, each.status)) {
			continue
		}
		found = append(found, each)
	}
	all := []summary{}
	for _, each := range found {
		all = append(all, each.summarize())
	}
	s.mu.Unlock()
	slices.SortFunc(all, func(a, b summary) int { return strings.Compare(a.CertificateArn, b.CertificateArn) })
	limit := in.MaxItems
	if limit == 0 {
		limit = 1000
	}
	page, next, err := paging.Page(all, in.NextToken, limit, func(one summary) string { return one.CertificateArn })
	if err != nil {
		return nil, wire.Errorf("ValidationException", "The next token is not valid.")
	}
	for i := range page {
		page[i].InUse = len(s.usersOf(page[i].CertificateArn)) > 0
	}
	return &listOutput{next, page}, nil
}

func (c *certificate) kind() string {
	if c.imported {
		return "IMPORTED"
	}
	return "AMAZON_ISSUED"
}

func (c *certificate) summarize() summary {
	one := summary{
		CertificateArn: c.arn, DomainName: c.names[0], SubjectAlternativeNameSummaries: c.names, Status: c.status, Type: c.kind(),
		KeyAlgorithm: describedAlgorithm(c.algorithm), KeyUsages: []string{}, ExtendedKeyUsages: []string{},
		RenewalEligibility: "INELIGIBLE", CreatedAt: wire.At(c.created), IssuedAt: wire.At(c.issued),
	}
	if c.leaf != nil {
		one.KeyUsages, one.ExtendedKeyUsages = []string{signs, enciphers}, []string{serves}
		one.NotBefore, one.NotAfter = wire.At(c.leaf.NotBefore), wire.At(c.leaf.NotAfter)
	}
	if c.imported {
		one.ImportedAt, one.IssuedAt = one.IssuedAt, wire.Time{}
	}
	return one
}
