package acm

import (
	"context"
	"encoding/hex"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// API returns the operations of ACM.
func (s *Service) API() wire.Service {
	return wire.Service{
		Name: "acm", Protocol: wire.JSON11, TargetPrefix: "CertificateManager",
		Operations: map[string]wire.Handler{
			"RequestCertificate":        wire.Op(s.requestCertificate),
			"DescribeCertificate":       wire.Op(s.describeCertificate),
			"ListCertificates":          wire.Op(s.listCertificates),
			"DeleteCertificate":         wire.Op(s.deleteCertificate),
			"GetCertificate":            wire.Op(s.getCertificate),
			"ImportCertificate":         wire.Op(s.importCertificate),
			"ListTagsForCertificate":    wire.Op(s.listTagsForCertificate),
			"AddTagsToCertificate":      wire.Op(s.addTagsToCertificate),
			"RemoveTagsFromCertificate": wire.Op(s.removeTagsFromCertificate),
		},
	}
}

type transparency struct {
	CertificateTransparencyLoggingPreference string `json:"CertificateTransparencyLoggingPreference,omitempty"`
	Export                                   string `json:"Export,omitempty"`
}

type validationOption struct {
	DomainName       string `json:"DomainName"`
	ValidationDomain string `json:"ValidationDomain"`
}

type requestInput struct {
	DomainName              string             `json:"DomainName"`
	ValidationMethod        string             `json:"ValidationMethod"`
	SubjectAlternativeNames []string           `json:"SubjectAlternativeNames"`
	IdempotencyToken        string             `json:"IdempotencyToken"`
	DomainValidationOptions []validationOption `json:"DomainValidationOptions"`
	Options                 *transparency      `json:"Options"`
	Tags                    []props.Tag        `json:"Tags"`
	KeyAlgorithm            string             `json:"KeyAlgorithm"`
}

type arnOutput struct {
	CertificateArn string `json:"CertificateArn"`
}

const maxNames = 100

// domainName is RequestCertificate's pattern, without what Go's regular expressions lack.
var domainName = regexp.MustCompile(
	`^(\*\.)?([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$`,
)

// checkRequest refuses what no certificate can be requested for.
func checkRequest(names []string, method, algorithm string) error {
	switch {
	case method != "DNS":
		return wire.Errorf("InvalidParameterException", "awssim does not implement the ValidationMethod %s", orEmail(method))
	case !slices.Contains([]string{algorithmRSA, algorithmP256, algorithmP384}, algorithm):
		return wire.Errorf("InvalidParameterException", "The key algorithm '%s' is not supported for certificate requests.", algorithm)
	case len(names) > maxNames:
		return wire.Errorf("LimitExceededException", "The certificate request has more than %d domain names.", maxNames)
	}
	for _, name := range names {
		const longest = 253
		if !domainName.MatchString(name) || len(name) > longest {
			return wire.Errorf("ValidationException", "1 validation error detected: Value '%s' at 'domainName' failed to satisfy "+
				"constraint: Member must satisfy regular expression pattern: "+
				`(\*\.)?(((?!-)[A-Za-z0-9-]{0,62}[A-Za-z0-9])\.)+((?!-)[A-Za-z0-9-]{1,62}[A-Za-z0-9])`, name)
		}
	}
	return nil
}

// orEmail is the method of a request that names none (RequestCertificate, API reference).
func orEmail(method string) string {
	if method == "" {
		return "EMAIL"
	}
	return method
}

func orRSA(algorithm string) string {
	if algorithm == "" {
		return algorithmRSA
	}
	return algorithm
}

func (s *Service) requestCertificate(_ context.Context, call *wire.Call, in *requestInput) (*arnOutput, error) {
	names := namesOf(in.DomainName, in.SubjectAlternativeNames)
	algorithm := orRSA(in.KeyAlgorithm)
	if err := checkRequest(names, in.ValidationMethod, algorithm); err != nil {
		return nil, err
	}
	if len(in.DomainValidationOptions) > 0 {
		return nil, wire.Errorf("InvalidDomainValidationOptionsException",
			"Domain validation options cannot be specified when the validation method is DNS.")
	}
	if in.Options != nil && in.Options.Export == "ENABLED" {
		return nil, wire.Unsupported(call, "the export of certificates")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, other := range s.certificates { // a retry, for an hour (API reference)
		same := other.token == in.IdempotencyToken && other.place == call.Place() && slices.Equal(other.names, names)
		if in.IdempotencyToken != "" && same {
			return &arnOutput{other.arn}, nil
		}
	}
	made := s.request(call.Place(), names, algorithm, props.MergeTags(nil, in.Tags))
	made.token = in.IdempotencyToken
	if in.Options != nil && in.Options.CertificateTransparencyLoggingPreference != "" {
		made.options = map[string]string{"transparency": in.Options.CertificateTransparencyLoggingPreference}
	}
	return &arnOutput{made.arn}, nil
}

type arnInput struct {
	CertificateArn string `json:"CertificateArn"`
}

func (s *Service) deleteCertificate(_ context.Context, call *wire.Call, in *arnInput) (*wire.None, error) {
	return new(wire.None), s.remove(call.Place(), in.CertificateArn)
}

type getOutput struct {
	Certificate      string `json:"Certificate"`
	CertificateChain string `json:"CertificateChain,omitempty"`
}

func (s *Service) getCertificate(_ context.Context, call *wire.Call, in *arnInput) (*getOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.find(call.Place(), in.CertificateArn)
	if err != nil {
		return nil, err
	}
	if found.leaf == nil {
		return nil, wire.Errorf("RequestInProgressException", "Certificate %s is not issued yet.", found.arn)
	}
	return &getOutput{encodeCertificates(found.leaf), encodeCertificates(found.chain...)}, nil
}

type tagsOutput struct {
	Tags []props.Tag `json:"Tags"`
}

func (s *Service) listTagsForCertificate(_ context.Context, call *wire.Call, in *arnInput) (*tagsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.find(call.Place(), in.CertificateArn)
	if err != nil {
		return nil, err
	}
	return &tagsOutput{props.SortedTags(found.tags)}, nil
}

type tagsInput struct {
	CertificateArn string      `json:"CertificateArn"`
	Tags           []props.Tag `json:"Tags"`
}

func (s *Service) addTagsToCertificate(_ context.Context, call *wire.Call, in *tagsInput) (*wire.None, error) {
	return s.changeTags(call, in, func(tags map[string]string) { maps.Copy(tags, props.MergeTags(nil, in.Tags)) })
}

// removeTagsFromCertificate removes tags; one that is given with a value only if it has that value (API reference).
func (s *Service) removeTagsFromCertificate(_ context.Context, call *wire.Call, in *tagsInput) (*wire.None, error) {
	return s.changeTags(call, in, func(tags map[string]string) {
		for _, tag := range in.Tags {
			if tag.Value == "" || tags[tag.Key] == tag.Value {
				delete(tags, tag.Key)
			}
		}
	})
}

func (s *Service) changeTags(call *wire.Call, in *tagsInput, apply func(map[string]string)) (*wire.None, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.find(call.Place(), in.CertificateArn)
	if err != nil {
		return nil, err
	}
	changed := make(map[string]string)
	maps.Copy(changed, found.tags)
	apply(changed)
	const most = 50
	if len(changed) > most {
		return nil, wire.Errorf("TooManyTagsException", "The certificate cannot have more than %d tags.", most)
	}
	found.tags = changed
	return new(wire.None), nil
}

// serialText is a serial number as ACM writes it: 0a:1b:...
func serialText(number []byte) string {
	parts := make([]string, len(number))
	for i, each := range number {
		parts[i] = hex.EncodeToString([]byte{each})
	}
	return strings.Join(parts, ":")
}
