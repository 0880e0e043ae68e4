package acm_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/acm"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/clock"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/route53"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

func here() resource.Place { return resource.Place{Account: "123456789012", Region: "us-east-1"} }

// call sends a call and returns the answer's body.
func call(t *testing.T, service *acm.Service, operation, body string) string {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil)
	request.Header.Set("X-Amz-Target", "CertificateManager."+operation)
	answer := service.API().Serve(t.Context(), &wire.Call{
		Service: "acm", Account: here().Account, Region: here().Region, HTTP: request, Body: []byte(body),
	})
	return string(answer.Body)
}

func TestRequestsThatCannotBeFulfilledAreRefused(t *testing.T) {
	t.Parallel()
	service := acm.New(acm.Deps{Records: route53.New(clock.Clock{})})
	for want, body := range map[string]string{
		"awssim does not implement the ValidationMethod EMAIL":                `{"DomainName": "example.com"}`,
		"The key algorithm 'RSA_1024' is not supported":                       `{"DomainName": "example.com", "ValidationMethod": "DNS", "KeyAlgorithm": "RSA_1024"}`,
		"Value 'exa mple.com' at 'domainName' failed to satisfy constraint":   `{"DomainName": "exa mple.com", "ValidationMethod": "DNS"}`,
		`awssim does not implement the parameter \"CertificateAuthorityArn\"`: `{"DomainName": "example.com", "CertificateAuthorityArn": "arn:x"}`,
	} {
		if got := call(t, service, "RequestCertificate", body); !strings.Contains(got, want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestTheSameTokenIsTheSameRequest(t *testing.T) {
	t.Parallel()
	service := acm.New(acm.Deps{Records: route53.New(clock.Clock{})})
	const body = `{"DomainName": "example.com", "ValidationMethod": "DNS", "IdempotencyToken": "once"}`
	if first, second := call(t, service, "RequestCertificate", body), call(t, service, "RequestCertificate", body); first != second {
		t.Errorf("%s is not %s", first, second)
	}
}

func TestACertificateThatNobodyValidatesTimesOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pace := clock.Clock{Speed: 1}
		service := acm.New(acm.Deps{Clock: pace, Records: route53.New(pace)})
		started := time.Now()
		var told string
		_, err := service.Providers()["AWS::CertificateManager::Certificate"].Create(t.Context(), resource.Request{
			Place: here(), Progress: func(reason string) { told = reason },
			Properties: resource.Properties{"DomainName": "example.com", "ValidationMethod": "DNS"},
		})
		if err == nil || time.Since(started) < 72*time.Hour || !strings.HasPrefix(told, "Content of DNS Record is: {Name: _") {
			t.Errorf("after %v: %v, told %q", time.Since(started), err, told)
		}
	})
}

func TestTheRecordNeedsItsZone(t *testing.T) {
	t.Parallel()
	service := acm.New(acm.Deps{Records: route53.New(clock.Clock{})})
	_, err := service.Providers()["AWS::CertificateManager::Certificate"].Create(t.Context(), resource.Request{
		Place: here(), Properties: resource.Properties{
			"DomainName": "example.com", "ValidationMethod": "DNS",
			"DomainValidationOptions": []any{map[string]any{"DomainName": "example.com", "HostedZoneId": "Z0NONE"}},
		},
	})
	const want = "No hosted zone found with ID: Z0NONE (Service: AmazonRoute53; Status Code: 404; Error Code: NoSuchHostedZone; Request ID: "
	if err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v", err)
	}
	if _, isFailure := errors.AsType[*resource.Failure](err); isFailure {
		t.Error("it reads as the failure of a handler, which this type does not have")
	}
}

func TestCertificatesOutliveTheSimulator(t *testing.T) {
	t.Parallel()
	names := route53.New(clock.Clock{})
	before := acm.New(acm.Deps{Records: names})
	zone, err := names.Providers()["AWS::Route53::HostedZone"].Create(t.Context(), resource.Request{
		Place: here(), Properties: resource.Properties{"Name": "example.com"},
	})
	if err != nil {
		t.Fatal(err)
	}
	made, err := before.Providers()["AWS::CertificateManager::Certificate"].Create(t.Context(), resource.Request{
		Place: here(), Properties: resource.Properties{
			"DomainName": "example.com", "ValidationMethod": "DNS", "KeyAlgorithm": "EC_prime256v1",
			"DomainValidationOptions": []any{map[string]any{"DomainName": "example.com", "HostedZoneId": zone.PhysicalID}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	content, err := before.Keep()
	if err != nil {
		t.Fatal(err)
	}
	zones, err := names.Keep()
	if err != nil {
		t.Fatal(err)
	}
	namesAfter := route53.New(clock.Clock{})
	after := acm.New(acm.Deps{Records: namesAfter})
	if err := errors.Join(namesAfter.Restore(zones), after.Restore(content)); err != nil {
		t.Fatal(err)
	}
	old, _ := before.Certificate(here(), made.PhysicalID)
	again, ok := after.Certificate(here(), made.PhysicalID)
	if !ok || again == nil || !again.Leaf.Equal(old.Leaf) || len(again.Certificate) != 2 {
		t.Errorf("restored %+v", again)
	}
	first, err := before.RootPEM()
	if second, failed := after.RootPEM(); err != nil || failed != nil || first != second {
		t.Errorf("another authority: %v, %v", err, failed)
	}
	if answer, err := namesAfter.Resolve(here().Account, "example.com", "NS"); err != nil || len(answer.Values) != 4 {
		t.Errorf("the zone answers %v, %v", answer, err)
	}
}
