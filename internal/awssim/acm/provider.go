package acm

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// Providers makes AWS::CertificateManager::Certificate real.
func (s *Service) Providers() map[string]resource.Provider {
	return map[string]resource.Provider{"AWS::CertificateManager::Certificate": &provider{s}}
}

// properties are the properties of AWS::CertificateManager::Certificate that are acted on.
type properties struct {
	DomainName                               string
	SubjectAlternativeNames                  []string
	ValidationMethod                         string
	DomainValidationOptions                  []option
	KeyAlgorithm                             string
	CertificateTransparencyLoggingPreference string
	CertificateExport                        string
	Tags                                     []props.Tag
}

type option struct {
	DomainName, ValidationDomain string
	HostedZoneId                 string //nolint:staticcheck // as the property is called
}

type provider struct{ *Service }

var _ resource.Reader = (*provider)(nil)

const (
	// checking is how often a certificate is looked at while its record is waited for; of AWS.
	checking = 30 * time.Second
	// shortestCheck keeps a clock that does not wait from looking without pause.
	shortestCheck = 10 * time.Millisecond
)

func read(r resource.Request) (properties, []string, error) {
	var wanted properties
	if err := props.Decode(r.Properties, &wanted); err != nil {
		return wanted, nil, err
	}
	if wanted.CertificateExport != "" && wanted.CertificateExport != "DISABLED" {
		return wanted, nil, props.Unsupported("CertificateExport " + wanted.CertificateExport)
	}
	names := namesOf(wanted.DomainName, wanted.SubjectAlternativeNames)
	wanted.KeyAlgorithm = orRSA(wanted.KeyAlgorithm)
	return wanted, names, failure(checkRequest(names, wanted.ValidationMethod, wanted.KeyAlgorithm))
}

// Create requests a certificate and returns when it is issued. The records of names with a hosted zone are made here; those
// of others are waited for. They stay when the certificate goes, as on AWS (cloudformation-coverage-roadmap #837, #1603).
func (p *provider) Create(ctx context.Context, r resource.Request) (resource.Result, error) {
	wanted, names, err := read(r)
	if err != nil {
		return resource.Result{}, err
	}
	p.mu.Lock()
	made := p.request(r.Place, names, wanted.KeyAlgorithm, props.MergeTags(r.Tags, wanted.Tags))
	made.options = map[string]string{"transparency": wanted.CertificateTransparencyLoggingPreference}
	p.mu.Unlock()
	if r.Initiated != nil {
		r.Initiated(made.arn)
	}
	if r.Progress != nil {
		first := recordFor(r.Account, names[0])
		r.Progress(fmt.Sprintf("Content of DNS Record is: {Name: %s,Type: %s,Value: %s}", first.Name, first.Type, first.Value))
	}
	if err := p.setRecords(r, wanted.DomainValidationOptions); err != nil {
		return resource.Result{}, err
	}
	return p.await(ctx, made)
}

// setRecords makes the records of the names that say where.
func (p *provider) setRecords(r resource.Request, options []option) error {
	for _, each := range options {
		if each.ValidationDomain != "" && !strings.EqualFold(each.ValidationDomain, each.DomainName) {
			return props.Unsupported("a ValidationDomain of certificates, which is for EMAIL")
		}
		if each.HostedZoneId == "" {
			continue
		}
		record := recordFor(r.Account, each.DomainName)
		if err := p.Records.SetCNAME(r.Account, each.HostedZoneId, record.Name, record.Value); err != nil {
			return legacy(err)
		}
	}
	return nil
}

// legacy is an error of Route 53 as CloudFormation reports it for certificates
// (aws-samples/amazon-cloudfront-secure-static-site #76).
func legacy(err error) error {
	told, ok := errors.AsType[*wire.Error](err)
	if !ok {
		return err
	}
	status := told.Status
	if status == 0 {
		status = 400
	}
	return fmt.Errorf("%s (Service: AmazonRoute53; Status Code: %d; Error Code: %s; Request ID: %s; Proxy: null)",
		told.Message, status, told.Code, uuid.NewString())
}

func (p *provider) await(ctx context.Context, made *certificate) (resource.Result, error) {
	for {
		p.mu.Lock()
		p.refresh(made)
		status := made.status
		p.mu.Unlock()
		switch status {
		case statusIssued:
			return result(made.arn), nil
		case statusPending:
		default:
			return resource.Result{}, fmt.Errorf("certificate validation ended with %s", status)
		}
		timer := time.NewTimer(max(p.Clock.Scale(checking), shortestCheck))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return resource.Result{}, ctx.Err()
		}
	}
}

func result(arn string) resource.Result {
	return resource.Result{PhysicalID: arn, Attributes: map[string]any{"Id": arn}}
}

// Update changes tags and the preference for transparency logs; all else is another certificate.
func (p *provider) Update(_ context.Context, r resource.Request) (resource.Result, error) {
	wanted, _, err := read(r)
	if err != nil {
		return resource.Result{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	found, ok := p.certificates[r.PhysicalID]
	if !ok {
		return resource.Result{}, props.NotFound(r.Type, r.PhysicalID)
	}
	found.tags = props.MergeTags(r.Tags, wanted.Tags)
	found.options = map[string]string{"transparency": wanted.CertificateTransparencyLoggingPreference}
	return result(found.arn), nil
}

// Delete removes a certificate that nothing uses.
func (p *provider) Delete(_ context.Context, r resource.Request) error {
	err := p.remove(r.Place, r.PhysicalID)
	if told, ok := errors.AsType[*wire.Error](err); ok && told.Code == "ResourceNotFoundException" {
		return nil
	}
	return failure(err)
}

// Read returns a certificate as it is: only its tags can change.
func (p *provider) Read(r resource.Request) (resource.Properties, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	found, ok := p.certificates[r.PhysicalID]
	if !ok {
		return nil, false
	}
	actual := resource.Properties{}
	maps.Copy(actual, r.Properties)
	given, ok := r.Properties["Tags"].([]any)
	if !ok {
		return actual, true
	}
	tags := []any{}
	for _, item := range given {
		members, _ := item.(map[string]any)
		key, _ := members["Key"].(string)
		if value, has := found.tags[key]; has {
			tags = append(tags, map[string]any{"Key": key, "Value": value})
		}
	}
	actual["Tags"] = tags
	return actual, true
}

// failure is an error of this service as CloudFormation reports it.
func failure(err error) error {
	told, ok := errors.AsType[*wire.Error](err)
	if !ok {
		return err
	}
	if strings.HasPrefix(told.Message, "awssim ") {
		return &resource.Failure{Message: told.Message, HandlerErrorCode: "InvalidRequest"}
	}
	return fmt.Errorf("%s (Service: AWSCertificateManager; Status Code: 400; Error Code: %s; Request ID: %s; Proxy: null)",
		told.Message, told.Code, uuid.NewString())
}
