package conformance

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/awssimtest"
)

// secureSite is a domain with a validated certificate, before a process that listens on PORT.
const secureSite = `
Parameters: {Zone: {Type: String}, Port: {Type: Number}}
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  A: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24, AvailabilityZone: us-east-1a}}
  B: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.1.0/24, AvailabilityZone: us-east-1b}}
  Certificate:
    Type: AWS::CertificateManager::Certificate
    Properties:
      DomainName: shop.example.com
      SubjectAlternativeNames: ['*.shop.example.com']
      ValidationMethod: DNS
      KeyAlgorithm: EC_prime256v1
      DomainValidationOptions: [{DomainName: shop.example.com, HostedZoneId: !Ref Zone}]
  Balancer: {Type: AWS::ElasticLoadBalancingV2::LoadBalancer, Properties: {Subnets: [!Ref A, !Ref B]}}
  Group:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties: {VpcId: !Ref Vpc, Port: 8080, Protocol: HTTP, TargetType: ip, Targets: [{Id: 127.0.0.1, Port: !Ref Port}]}
  Plain:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties:
      LoadBalancerArn: !Ref Balancer
      Port: 80
      Protocol: HTTP
      DefaultActions: [{Type: redirect, RedirectConfig: {Protocol: HTTPS, Port: '443', StatusCode: HTTP_301}}]
  Secure:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties:
      LoadBalancerArn: !Ref Balancer
      Port: 443
      Protocol: HTTPS
      SslPolicy: ELBSecurityPolicy-TLS13-1-2-2021-06
      Certificates: [{CertificateArn: !Ref Certificate}]
      DefaultActions: [{Type: forward, TargetGroupArn: !Ref Group}]
  Name:
    Type: AWS::Route53::RecordSet
    Properties:
      HostedZoneId: !Ref Zone
      Name: shop.example.com
      Type: A
      AliasTarget: {DNSName: !GetAtt Balancer.DNSName, HostedZoneId: !GetAtt Balancer.CanonicalHostedZoneID, EvaluateTargetHealth: true}
Outputs:
  Certificate: {Value: !Ref Certificate}
  Group: {Value: !Ref Group}
  Secure: {Value: !Ref Secure}
  Address: {Value: !GetAtt Balancer.DNSName}
`

// site is a stack of secureSite.
type site struct {
	clients

	sim     *awssimtest.Simulator
	zone    string
	outputs map[string]string
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{sim: awssimtest.Start(t)}
	s.clients = clientsOf(s.sim.URL())
	s.zone = strings.TrimPrefix(newZone(t, s.Route53, "example.com"), "/hostedzone/")
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, "%s by %s at %s", r.URL.Path, r.Header.Get("X-Forwarded-Proto"), r.Host)
	}))
	t.Cleanup(target.Close)
	address, err := url.Parse(target.URL)
	if err != nil {
		t.Fatal(err)
	}
	template := strings.ReplaceAll(secureSite, "{Zone: {Type: String}, Port: {Type: Number}}",
		fmt.Sprintf("{Zone: {Type: String, Default: %s}, Port: {Type: Number, Default: %s}}", s.zone, address.Port()))
	s.outputs = createStack(t, s.clients, "site", template)
	awaitHealthy(t, s.clients, s.outputs["Group"])
	return s
}

// awaitHealthy returns when the only target of a group is healthy.
func awaitHealthy(t *testing.T, c clients, group string) {
	t.Helper()
	for range 500 {
		health, err := c.Balancing.DescribeTargetHealth(t.Context(), &elasticloadbalancingv2.DescribeTargetHealthInput{
			TargetGroupArn: aws.String(group),
		})
		if err != nil {
			t.Fatal(err)
		}
		if health.TargetHealthDescriptions[0].TargetHealth.State == elbtypes.TargetHealthStateEnumHealthy {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the target is not healthy")
}

// visitor trusts the simulator's authority alone, and finds names as the simulator's records say.
func (s *site) visitor(t *testing.T) *http.Client {
	t.Helper()
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(s.admin(t, "/_awssim/ca.pem"))) {
		t.Fatal("the authority has no certificate")
	}
	dialer := &net.Dialer{}
	return &http.Client{Transport: &http.Transport{
		ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: roots},
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			host, _, err := net.SplitHostPort(address)
			if err != nil {
				return nil, err
			}
			var found struct {
				Values []string `json:"values"`
			}
			answer := s.admin(t, "/_awssim/resolve?name="+host) //nolint:contextcheck // the test's
			if err := json.Unmarshal([]byte(answer), &found); err != nil {
				return nil, err
			}
			return dialer.DialContext(ctx, network, found.Values[0])
		},
	}}
}

func (s *site) admin(t *testing.T, path string) string {
	t.Helper()
	_, body := get(t, http.DefaultClient, s.sim.URL()+path)
	return body
}

func get(t *testing.T, client *http.Client, address string) (string, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.Proto + " " + response.Request.URL.String(), string(body)
}

func TestADomainLeadsOverTLSToItsTargets(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	way, body := get(t, s.visitor(t), "http://shop.example.com/items")
	got := []string{way, body}
	want := []string{"HTTP/2.0 https://shop.example.com:443/items", "/items by https at shop.example.com:443"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheCertificateTellsWhatValidatedIt(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	arn := aws.String(s.outputs["Certificate"])
	described, err := s.ACM.DescribeCertificate(t.Context(), &acm.DescribeCertificateInput{CertificateArn: arn})
	if err != nil {
		t.Fatal(err)
	}
	certificate := described.Certificate
	if certificate.Status != acmtypes.CertificateStatusIssued || len(certificate.InUseBy) != 1 || len(certificate.SubjectAlternativeNames) != 2 {
		t.Errorf("described %+v", certificate)
	}
	record := certificate.DomainValidationOptions[0].ResourceRecord
	events, err := s.CloudFormation.DescribeStackEvents(t.Context(), &cloudformation.DescribeStackEventsInput{StackName: aws.String("site")})
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("Content of DNS Record is: {Name: %s,Type: CNAME,Value: %s}", *record.Name, *record.Value)
	found := false
	for _, event := range events.StackEvents {
		found = found || aws.ToString(event.ResourceStatusReason) == want
	}
	if !found {
		t.Errorf("no event says %q", want)
	}
	_, err = s.ACM.DeleteCertificate(t.Context(), &acm.DeleteCertificateInput{CertificateArn: arn})
	if !strings.HasPrefix(words(err), "ResourceInUseException") {
		t.Error(err)
	}
	issued, err := s.ACM.GetCertificate(t.Context(), &acm.GetCertificateInput{CertificateArn: arn})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(*issued.Certificate, "-----BEGIN CERTIFICATE") || *issued.CertificateChain != s.admin(t, "/_awssim/ca.pem") {
		t.Errorf("issued %s", *issued.Certificate)
	}
}

func TestTheValidationRecordSurvivesItsStack(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	name := aws.String("site")
	if _, err := s.CloudFormation.DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: name}); err != nil {
		t.Fatal(err)
	}
	err := cloudformation.NewStackDeleteCompleteWaiter(s.CloudFormation, func(o *cloudformation.StackDeleteCompleteWaiterOptions) {
		o.MinDelay, o.MaxDelay = time.Millisecond, 10*time.Millisecond
	}).Wait(t.Context(), &cloudformation.DescribeStacksInput{StackName: name}, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	left, err := s.Route53.ListResourceRecordSets(t.Context(), &route53.ListResourceRecordSetsInput{HostedZoneId: aws.String(s.zone)})
	if err != nil {
		t.Fatal(err)
	}
	var types []string
	for _, each := range left.ResourceRecordSets {
		types = append(types, string(each.Type))
	}
	if diff := cmp.Diff([]string{"NS", "SOA", "CNAME"}, types); diff != "" {
		t.Error(diff)
	}
}

func TestDriftOfASecureSiteIsFound(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	drifts := func() map[string]string {
		found := map[string]string{}
		for _, logicalID := range []string{"Balancer", "Group", "Plain", "Secure", "Name", "Certificate"} {
			out, err := s.CloudFormation.DetectStackResourceDrift(t.Context(), &cloudformation.DetectStackResourceDriftInput{
				StackName: aws.String("site"), LogicalResourceId: aws.String(logicalID),
			})
			if err != nil {
				t.Fatal(err)
			}
			if out.StackResourceDrift.StackResourceDriftStatus != "IN_SYNC" {
				found[logicalID] = string(out.StackResourceDrift.StackResourceDriftStatus)
				for _, each := range out.StackResourceDrift.PropertyDifferences {
					found[logicalID] += " " + *each.PropertyPath
				}
			}
		}
		return found
	}
	if diff := cmp.Diff(map[string]string{}, drifts()); diff != "" {
		t.Fatal(diff)
	}
	_, err := s.Balancing.ModifyListener(t.Context(), &elasticloadbalancingv2.ModifyListenerInput{
		ListenerArn: aws.String(s.outputs["Secure"]), SslPolicy: aws.String("ELBSecurityPolicy-TLS13-1-3-2021-06"),
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Balancing.ModifyTargetGroup(t.Context(), &elasticloadbalancingv2.ModifyTargetGroupInput{
		TargetGroupArn: aws.String(s.outputs["Group"]), HealthCheckPath: aws.String("/ready"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"Secure": "MODIFIED /SslPolicy"}, drifts()); diff != "" {
		t.Error(diff) // the health check's path is not in the template
	}
}

func TestCertificatesWaitForTheirRecord(t *testing.T) {
	t.Parallel()
	aws4 := clientsOf(awssimtest.Start(t).URL())
	made, err := aws4.ACM.RequestCertificate(t.Context(), &acm.RequestCertificateInput{
		DomainName: aws.String("api.example.com"), ValidationMethod: acmtypes.ValidationMethodDns, KeyAlgorithm: acmtypes.KeyAlgorithmEcPrime256v1,
	})
	if err != nil {
		t.Fatal(err)
	}
	status := func() *acmtypes.CertificateDetail {
		described, err := aws4.ACM.DescribeCertificate(t.Context(), &acm.DescribeCertificateInput{CertificateArn: made.CertificateArn})
		if err != nil {
			t.Fatal(err)
		}
		return described.Certificate
	}
	pending := status()
	if pending.Status != acmtypes.CertificateStatusPendingValidation {
		t.Fatalf("the status is %s", pending.Status)
	}
	_, err = aws4.ACM.GetCertificate(t.Context(), &acm.GetCertificateInput{CertificateArn: made.CertificateArn})
	if !strings.HasPrefix(words(err), "RequestInProgressException") {
		t.Error(err)
	}
	record := pending.DomainValidationOptions[0].ResourceRecord
	zone := newZone(t, aws4.Route53, "example.com")
	if err := changeRecord(t, aws4.Route53, zone, "CREATE", *record.Name, "CNAME", *record.Value); err != nil {
		t.Fatal(err)
	}
	if now := status(); now.Status != acmtypes.CertificateStatusIssued || now.DomainValidationOptions[0].ValidationStatus != "SUCCESS" {
		t.Errorf("the certificate is %+v", now)
	}
	if _, err := aws4.ACM.DeleteCertificate(t.Context(), &acm.DeleteCertificateInput{CertificateArn: made.CertificateArn}); err != nil {
		t.Error(err)
	}
	_, err = aws4.ACM.DescribeCertificate(t.Context(), &acm.DescribeCertificateInput{CertificateArn: made.CertificateArn})
	if !strings.HasPrefix(words(err), "ResourceNotFoundException") {
		t.Error(err)
	}
}

func TestCertificatesAreImported(t *testing.T) {
	t.Parallel()
	client := clientsOf(awssimtest.Start(t).URL())
	server := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	pair := server.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	in := &acm.ImportCertificateInput{
		Certificate: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]}),
		PrivateKey:  pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}),
	}
	made, err := client.ACM.ImportCertificate(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	listed, err := client.ACM.ListCertificates(t.Context(), &acm.ListCertificatesInput{CertificateStatuses: []acmtypes.CertificateStatus{"ISSUED"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(listed.CertificateSummaryList) != 1 || listed.CertificateSummaryList[0].Type != acmtypes.CertificateTypeImported {
		t.Errorf("listed %+v", listed.CertificateSummaryList)
	}
	in.CertificateArn, in.PrivateKey = made.CertificateArn, []byte("none")
	_, err = client.ACM.ImportCertificate(t.Context(), in)
	if !strings.HasPrefix(words(err), "ValidationException: The certificate or its private key is not valid") {
		t.Error(err)
	}
}
