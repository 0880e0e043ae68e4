package elb_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/elb"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// call sends a call, whose parameters are written as in a query, and returns what is between two texts of the answer.
func (s *stand) call(t *testing.T, query, element string) string {
	t.Helper()
	form, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	status, body := ask(t, s, form)
	if status != http.StatusOK {
		t.Fatalf("%s answers %d: %s", query, status, body)
	}
	_, after, _ := strings.Cut(body, "<"+element+">")
	value, _, _ := strings.Cut(after, "</"+element+">")
	return value
}

// refusal returns code and message of a call that must fail.
func (s *stand) refusal(t *testing.T, query string) string {
	t.Helper()
	form, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	status, body := ask(t, s, form)
	if status != http.StatusBadRequest {
		t.Fatalf("%s answers %d: %s", query, status, body)
	}
	parts := regexp.MustCompile(`<Code>(.*)</Code><Message>(.*)</Message>`).FindStringSubmatch(body)
	return parts[1] + ": " + strings.ReplaceAll(parts[2], "&#39;", "'")
}

func TestALoadBalancerIsMadeThroughTheAPI(t *testing.T) {
	t.Parallel()
	s := newStand(t, nil, nil)
	balancer := s.call(t, "Action=CreateLoadBalancer&Name=api&Subnets.member.1=subnet-1&Subnets.member.2=subnet-2"+
		"&Tags.member.1.Key=team&Tags.member.1.Value=shop", "LoadBalancerArn")
	group := s.call(t, "Action=CreateTargetGroup&Name=api&Protocol=HTTP&Port=80&TargetType=ip&VpcId=vpc-1&Matcher.HttpCode=200-299", "TargetGroupArn")
	listener := s.call(t, "Action=CreateListener&LoadBalancerArn="+balancer+"&Port=80&Protocol=HTTP"+
		"&DefaultActions.member.1.Type=forward&DefaultActions.member.1.ForwardConfig.TargetGroups.member.1.TargetGroupArn="+group+
		"&DefaultActions.member.1.ForwardConfig.TargetGroups.member.1.Weight=1", "ListenerArn")
	server := httptest.NewServer(says("made by hand"))
	t.Cleanup(server.Close)
	_, port, _ := strings.Cut(strings.TrimPrefix(server.URL, "http://"), ":")
	s.call(t, "Action=RegisterTargets&TargetGroupArn="+group+"&Targets.member.1.Id=127.0.0.1&Targets.member.1.Port="+port, "")
	s.group = group
	for range 500 {
		if s.call(t, "Action=DescribeTargetHealth&TargetGroupArn="+group, "State") == string(elb.Healthy) {
			break
		}
	}
	dns := s.call(t, "Action=DescribeLoadBalancers&Names.member.1=api", "DNSName")
	if _, body, _ := fetch(t, "http://"+dns); body != "made by hand" {
		t.Errorf("got %q", body)
	}
	s.call(t, "Action=DeregisterTargets&TargetGroupArn="+group+"&Targets.member.1.Id=127.0.0.1", "")
	s.call(t, "Action=DeleteListener&ListenerArn="+listener, "")
	s.call(t, "Action=DeleteTargetGroup&TargetGroupArn="+group, "")
	s.call(t, "Action=DeleteLoadBalancer&LoadBalancerArn="+balancer, "")
	if got := s.refusal(t, "Action=DescribeLoadBalancers&Names.member.1=api"); got != "LoadBalancerNotFound: Load balancers '[api]' not found" {
		t.Error(got)
	}
}

func TestConflictsAreToldInAWSsWords(t *testing.T) {
	t.Parallel()
	s := newStand(t, nil, nil)
	forward := "&DefaultActions.member.1.Type=forward&DefaultActions.member.1.TargetGroupArn=" + s.group
	rule := "Action=CreateRule&ListenerArn=" + s.listener + "&Priority=7&Conditions.member.1.Field=path-pattern&Conditions.member.1.Values.member.1=/x" +
		"&Actions.member.1.Type=forward&Actions.member.1.TargetGroupArn=" + s.group
	first := s.call(t, rule, "RuleArn")
	second := s.call(t, strings.Replace(rule, "Priority=7", "Priority=8", 1), "RuleArn")
	other := s.call(t, "Action=CreateLoadBalancer&Name=other&Subnets.member.1=subnet-1&Subnets.member.2=subnet-2", "LoadBalancerArn")
	s.call(t, "Action=ModifyLoadBalancerAttributes&LoadBalancerArn="+other+
		"&Attributes.member.1.Key=deletion_protection.enabled&Attributes.member.1.Value=true", "")
	_, rules := ask(t, s, url.Values{"Action": {"DescribeRules"}, "ListenerArn": {s.listener}})
	defaultRule := regexp.MustCompile(`<RuleArn>([^<]*)</RuleArn><Priority>default`).FindStringSubmatch(rules)[1]
	tests := map[string]struct{ query, want string }{
		"a load balancer's name": {
			"Action=CreateLoadBalancer&Name=items&Scheme=internal&Subnets.member.1=subnet-1&Subnets.member.2=subnet-2",
			"DuplicateLoadBalancerName: A load balancer with the same name 'items' exists, but with different settings",
		},
		"a target group's name": {
			"Action=CreateTargetGroup&Name=items&Protocol=HTTP&Port=81&TargetType=ip",
			"DuplicateTargetGroupName: A target group with the same name 'items' exists, but with different settings",
		},
		"a listener's port": {
			"Action=CreateListener&LoadBalancerArn=" + s.balancer + "&Port=80&Protocol=HTTP" + forward,
			"DuplicateListener: A listener already exists on this port for this load balancer '" + s.balancer + "'",
		},
		"a priority": {rule, "PriorityInUse: Priority '7' is currently in use"},
		"a priority that is moved to": {
			"Action=SetRulePriorities&RulePriorities.member.1.RuleArn=" + first + "&RulePriorities.member.1.Priority=8",
			"PriorityInUse: Priority '8' is currently in use",
		},
		"a target group in use": {
			"Action=DeleteTargetGroup&TargetGroupArn=" + s.group,
			"ResourceInUse: Target group '" + s.group + "' is currently in use by a listener or a rule",
		},
		"a target group of another load balancer": {
			"Action=CreateListener&LoadBalancerArn=" + other + "&Port=80&Protocol=HTTP" + forward,
			"TargetGroupAssociationLimit: The following target groups cannot be associated with more than one load balancer: " + s.group,
		},
		"a protected load balancer": {
			"Action=DeleteLoadBalancer&LoadBalancerArn=" + other,
			"OperationNotPermitted: Load balancer '" + other + "' cannot be deleted because deletion protection is enabled",
		},
		"the default rule": {
			"Action=DeleteRule&RuleArn=" + defaultRule, "OperationNotPermitted: Default rule '" + defaultRule + "' cannot be deleted",
		},
		"HTTPS without a certificate": {
			"Action=CreateListener&LoadBalancerArn=" + s.balancer + "&Port=443&Protocol=HTTPS" + forward,
			"ValidationError: A certificate must be specified for HTTPS listeners",
		},
		"a certificate that is absent": {
			"Action=CreateListener&LoadBalancerArn=" + s.balancer + "&Port=443&Protocol=HTTPS&Certificates.member.1.CertificateArn=arn:none" + forward,
			"CertificateNotFound: Certificate 'arn:none' not found",
		},
		"a certificate that is not issued": {
			"Action=CreateListener&LoadBalancerArn=" + s.balancer + "&Port=443&Protocol=HTTPS&Certificates.member.1.CertificateArn=arn:pending" + forward,
			"UnsupportedCertificate: The certificate 'arn:pending' must have a fully-qualified domain name, a supported signature, and a supported key size.",
		},
		"a policy that is absent": {
			"Action=CreateListener&LoadBalancerArn=" + s.balancer + "&Port=443&Protocol=HTTPS&SslPolicy=mine&Certificates.member.1.CertificateArn=arn:shop" + forward,
			"SSLPolicyNotFound: SSL policy 'mine' not found",
		},
		"a login": {
			"Action=ModifyRule&RuleArn=" + second + "&Actions.member.1.Type=authenticate-cognito",
			"ValidationError: awssim does not implement the action type authenticate-cognito",
		},
		"an endless redirect": {
			"Action=ModifyListener&ListenerArn=" + s.listener + "&DefaultActions.member.1.Type=redirect&DefaultActions.member.1.RedirectConfig.StatusCode=HTTP_302",
			"InvalidLoadBalancerAction: The redirect configuration is not valid because it creates a loop.",
		},
		"an unknown attribute": {
			"Action=ModifyTargetGroupAttributes&TargetGroupArn=" + s.group + "&Attributes.member.1.Key=x&Attributes.member.1.Value=y",
			"InvalidConfigurationRequest: Attribute key 'x' is not recognized",
		},
		"a target on the Internet": {
			"Action=RegisterTargets&TargetGroupArn=" + s.group + "&Targets.member.1.Id=192.0.2.1",
			"InvalidTarget: The IP address '192.0.2.1' is not within a range of private addresses",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, s.refusal(t, test.query)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhatIsChangedThroughTheAPIIsSeenAsDrift(t *testing.T) {
	t.Parallel()
	s := newStand(t, nil, nil)
	read := func(kind, id string, template resource.Properties) resource.Properties {
		t.Helper()
		reader, ok := s.Providers()["AWS::ElasticLoadBalancingV2::"+kind].(resource.Reader)
		if !ok {
			t.Fatalf("%s cannot be read", kind)
		}
		properties, ok := reader.Read(resource.Request{PhysicalID: id, Properties: template, Tags: map[string]string{"stack": "shop"}})
		if !ok {
			t.Fatalf("%s is gone", id)
		}
		left := resource.Properties{}
		for name := range template {
			left[name] = properties[name]
		}
		return left
	}
	group := resource.Properties{
		"Port": "8000", "HealthCheckPath": "/health", "UnhealthyThresholdCount": 2.0,
		"TargetGroupAttributes": attributes{attribute("deregistration_delay.timeout_seconds", "300")},
	}
	listener := resource.Properties{
		"Port": 80.0, "DefaultActions": []any{map[string]any{"Type": "forward", "TargetGroupArn": s.group}},
	}
	balancer := resource.Properties{"Name": "items", "Subnets": []any{"subnet-2", "subnet-1"}}
	if diff := cmp.Diff(group, read("TargetGroup", s.group, group)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(balancer, read("LoadBalancer", s.balancer, balancer)); diff != "" {
		t.Error(diff)
	}
	s.call(t, "Action=ModifyTargetGroup&TargetGroupArn="+s.group+"&HealthCheckPath=/ready", "")
	s.call(t, "Action=ModifyListener&ListenerArn="+s.listener+"&Port=81", "")
	s.call(t, "Action=AddTags&ResourceArns.member.1="+s.balancer+"&Tags.member.1.Key=owner&Tags.member.1.Value=me", "")
	if got := read("TargetGroup", s.group, group)["HealthCheckPath"]; got != "/ready" {
		t.Errorf("the path is %v", got)
	}
	if got := read("Listener", s.listener, listener)["Port"]; got != 81.0 {
		t.Errorf("the port is %v", got)
	}
	tagged := resource.Properties{"Tags": []any{}}
	if diff := cmp.Diff([]any{map[string]any{"Key": "owner", "Value": "me"}}, read("LoadBalancer", s.balancer, tagged)["Tags"]); diff != "" {
		t.Error(diff)
	}
}

func TestTheDescriptionsOfPoliciesAndLimitsArePaged(t *testing.T) {
	t.Parallel()
	s := newStand(t, nil, nil)
	if got := s.call(t, "Action=DescribeSSLPolicies&Names.member.1=ELBSecurityPolicy-TLS13-1-3-2021-06", "SslProtocols"); got != "<member>TLSv1.3</member>" {
		t.Errorf("the protocols are %s", got)
	}
	marker := s.call(t, "Action=DescribeSSLPolicies&PageSize=20", "NextMarker")
	if marker == "" || s.call(t, "Action=DescribeSSLPolicies&PageSize=20&Marker="+marker, "NextMarker") != "" {
		t.Error("the policies are not on two pages")
	}
	if got := s.call(t, "Action=DescribeAccountLimits&PageSize=1", "Name"); got != "application-load-balancers" {
		t.Errorf("the first limit is %s", got)
	}
}

func TestSessionsMayStickToTargetGroups(t *testing.T) {
	t.Parallel()
	s := newStand(t, nil, nil)
	s.join(t, 4, says("blue"))
	s.await(t, 4, elb.Healthy)
	green := s.create(t, "TargetGroup", resource.Properties{"Name": "green", "Port": 8000.0, "TargetType": "ip"}).PhysicalID
	blue := s.group
	member := "&DefaultActions.member.1.ForwardConfig."
	s.call(t, "Action=ModifyListener&ListenerArn="+s.listener+"&DefaultActions.member.1.Type=forward"+
		member+"TargetGroups.member.1.TargetGroupArn="+blue+member+"TargetGroups.member.1.Weight=0"+
		member+"TargetGroups.member.2.TargetGroupArn="+green+member+"TargetGroups.member.2.Weight=1"+
		member+"TargetGroupStickinessConfig.Enabled=true"+member+"TargetGroupStickinessConfig.DurationSeconds=60", "")
	s.group = green
	s.join(t, 5, says("green"))
	s.await(t, 5, elb.Healthy)
	_, body, header := fetch(t, s.url)
	if cookie := header.Get("Set-Cookie"); body != "green" || !strings.HasPrefix(cookie, "AWSALBTG=") {
		t.Errorf("%s binds with %q", body, cookie)
	}
}

func TestListenersMayDecorateAnswers(t *testing.T) {
	t.Parallel()
	s := newStand(t, attributes{
		attribute("routing.http.xff_header_processing.mode", "remove"), attribute("routing.http.drop_invalid_header_fields.enabled", "true"),
	}, nil)
	s.call(t, "Action=ModifyListenerAttributes&ListenerArn="+s.listener+
		"&Attributes.member.1.Key=routing.http.response.server.enabled&Attributes.member.1.Value=false"+
		"&Attributes.member.2.Key=routing.http.response.strict_transport_security.header_value&Attributes.member.2.Value=max-age=60", "")
	s.join(t, 4, echo())
	s.await(t, 4, elb.Healthy)
	answer, seen := s.visit(t, &http.Client{}, s.url)
	if answer.Header.Get("Server") != "" || answer.Header.Get("Strict-Transport-Security") != "max-age=60" || seen.Get("X-Forwarded-For") != "" {
		t.Errorf("answered with %v to %v", answer.Header, seen)
	}
}

func TestALoadBalancerWithTwoKindsOfAddressesAnswersAtOne(t *testing.T) {
	t.Parallel()
	s := newStand(t, nil, nil)
	both := s.create(t, "LoadBalancer", resource.Properties{
		"Name": "both", "Subnets": []any{"subnet-1", "subnet-2"}, "IpAddressType": "dualstack",
	})
	if got := s.call(t, "Action=DescribeLoadBalancers&Names.member.1=both", "IpAddressType"); got != "dualstack" {
		t.Errorf("the load balancer %s has addresses of type %q", both.PhysicalID, got)
	}
	const lonely = "Action=CreateLoadBalancer&Name=six&Subnets.member.1=subnet-1&Subnets.member.2=subnet-2" +
		"&IpAddressType=dualstack-without-public-ipv4"
	if got := s.refusal(t, lonely); !strings.Contains(got, "awssim does not implement IpAddressType dualstack-without-public-ipv4") {
		t.Errorf("refused with %q", got)
	}
}
