package conformance

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
)

// membersOnly lets users log in at an identity provider that runs behind the same load balancer, under a name of its own.
const membersOnly = `
Resources:
  Provider:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties: {Port: 8080, Protocol: HTTP, TargetType: ip, Targets: [{Id: 127.0.0.1, Port: PORT}]}
  Name:
    Type: AWS::Route53::RecordSet
    Properties:
      {HostedZoneId: ZONE, Name: login.shop.example.com, Type: CNAME, TTL: '60', ResourceRecords: [ADDRESS]}
  ProviderRule:
    Type: AWS::ElasticLoadBalancingV2::ListenerRule
    Properties:
      ListenerArn: LISTENER
      Priority: 1
      Conditions: [{Field: host-header, Values: [login.shop.example.com]}]
      Actions: [{Type: forward, TargetGroupArn: !Ref Provider}]
  MembersRule:
    Type: AWS::ElasticLoadBalancingV2::ListenerRule
    Properties:
      ListenerArn: LISTENER
      Priority: 2
      Conditions: [{Field: path-pattern, Values: [/members/*]}]
      Actions:
        - Type: authenticate-oidc
          Order: 1
          AuthenticateOidcConfig:
            Issuer: https://login.shop.example.com
            AuthorizationEndpoint: https://login.shop.example.com/authorize
            TokenEndpoint: https://login.shop.example.com/token
            UserInfoEndpoint: https://login.shop.example.com/userinfo
            ClientId: shop
            ClientSecret: sesame
            SessionTimeout: 3600
        - {Type: forward, Order: 2, TargetGroupArn: !Ref Provider}
Outputs:
  Rule: {Value: !Ref MembersRule}
  Provider: {Value: !Ref Provider}
`

// openIDProvider lets Ann in without asking, and is the application for members as well: it answers with her claims.
func openIDProvider(t *testing.T) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/authorize", func(w http.ResponseWriter, r *http.Request) {
		asked := r.URL.Query()
		http.Redirect(w, r, asked.Get("redirect_uri")+"?code=one&state="+url.QueryEscape(asked.Get("state")), http.StatusFound)
	})
	mux.HandleFunc("/token", func(w http.ResponseWriter, _ *http.Request) {
		claims := fmt.Sprintf(`{"iss": "https://login.shop.example.com", "aud": "shop", "exp": %d}`, time.Now().Add(time.Hour).Unix())
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"access_token": "a", "id_token": "e30.%s.e30"}`, base64.RawURLEncoding.EncodeToString([]byte(claims)))
	})
	mux.HandleFunc("/userinfo", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprint(w, `{"sub": "ann"}`)
	})
	mux.HandleFunc("/members/", func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprint(w, r.Header.Get("X-Amzn-Oidc-Data"))
	})
	mux.HandleFunc("/{$}", func(http.ResponseWriter, *http.Request) {})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}

func TestMembersLogInAtAProviderBehindTheSameLoadBalancer(t *testing.T) {
	t.Parallel()
	s, provider := newSite(t), openIDProvider(t)
	_, port, _ := strings.Cut(strings.TrimPrefix(provider.URL, "http://"), ":")
	outputs := createStack(t, s.clients, "members", strings.NewReplacer(
		"PORT", port, "ZONE", s.zone, "ADDRESS", s.outputs["Address"], "LISTENER", s.outputs["Secure"],
	).Replace(membersOnly))
	awaitHealthy(t, s.clients, outputs["Provider"])

	member := s.visitor(t)
	var err error
	if member.Jar, err = cookiejar.New(nil); err != nil {
		t.Fatal(err)
	}
	way, token := get(t, member, "https://shop.example.com/members/news")
	if !strings.HasSuffix(way, " https://shop.example.com/members/news") {
		t.Fatalf("ended at %s with %s", way, token)
	}
	parts := strings.Split(token, ".")
	var header, claims map[string]any
	for i, into := range []*map[string]any{&header, &claims} {
		decoded, err := base64.URLEncoding.DecodeString(parts[i])
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(decoded, into); err != nil {
			t.Fatal(err)
		}
	}
	if claims["sub"] != "ann" || header["alg"] != "ES256" {
		t.Errorf("the token is %v, %v", header, claims)
	}
	if key := s.admin(t, fmt.Sprintf("/_awssim/elb-public-keys/%s", header["kid"])); !strings.HasPrefix(key, "-----BEGIN PUBLIC KEY-----") {
		t.Errorf("the key is %s", key)
	}

	drift, err := s.CloudFormation.DetectStackResourceDrift(t.Context(), &cloudformation.DetectStackResourceDriftInput{
		StackName: aws.String("members"), LogicalResourceId: aws.String("MembersRule"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if drift.StackResourceDrift.StackResourceDriftStatus != "IN_SYNC" {
		t.Errorf("the rule has drifted: %+v", drift.StackResourceDrift.PropertyDifferences)
	}
	rules, err := s.Balancing.DescribeRules(t.Context(), &elasticloadbalancingv2.DescribeRulesInput{RuleArns: []string{outputs["Rule"]}})
	if err != nil {
		t.Fatal(err)
	}
	if how := rules.Rules[0].Actions[0].AuthenticateOidcConfig; *how.SessionTimeout != 3600 || *how.Scope != "openid" || how.ClientSecret != nil {
		t.Errorf("described %+v", how)
	}
}
