package elb_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/clock"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/elb"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

func TestLoadBalancersListenAgainWhereTheyDid(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(says("hello"))
	t.Cleanup(server.Close)
	before := newStand(t, attributes{attribute("idle_timeout.timeout_seconds", "7")}, nil)
	before.create(t, "ListenerRule", resource.Properties{
		"ListenerArn": before.listener, "Priority": 3.0,
		"Conditions": []any{map[string]any{"Field": "path-pattern", "Values": []any{"/fixed"}}},
		"Actions": []any{map[string]any{
			"Type":                "fixed-response",
			"FixedResponseConfig": map[string]any{"StatusCode": "418", "ContentType": "text/plain", "MessageBody": "a teapot"},
		}},
	})
	_, port, _ := strings.Cut(server.Listener.Addr().String(), ":")
	before.call(t, "Action=RegisterTargets&TargetGroupArn="+before.group+"&Targets.member.1.Id=127.0.0.1&Targets.member.1.Port="+port, "")
	described := before.describe(t)
	kept, err := before.Keep()
	if err != nil {
		t.Fatal(err)
	}
	if err := before.Close(); err != nil {
		t.Fatal(err)
	}

	after := &stand{Service: restored(t), balancer: before.balancer, group: before.group, listener: before.listener, url: before.url}
	if err := after.Restore(kept); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(described, after.describe(t)); diff != "" {
		t.Errorf("descriptions (-before +after):\n%s", diff)
	}
	for after.call(t, "Action=DescribeTargetHealth&TargetGroupArn="+after.group, "State") != string(elb.Healthy) {
		if t.Context().Err() != nil {
			t.Fatal("the target does not become healthy")
		}
	}
	for path, want := range map[string]string{"/": "hello", "/fixed": "a teapot"} {
		if _, body, _ := fetch(t, after.url+path); body != want {
			t.Errorf("GET %s answers %q, want %q", path, body, want)
		}
	}
	if err := restored(t).Restore(kept); err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("a second service listens at the same addresses: %v", err)
	}
}

func restored(t *testing.T, options ...elb.Option) *elb.Service {
	t.Helper()
	service := elb.New(clock.Clock{}, subnets, options...)
	t.Cleanup(func() { _ = service.Close() })
	return service
}

// describe returns all that the API tells.
func (s *stand) describe(t *testing.T) map[string]string {
	t.Helper()
	all := make(map[string]string)
	for query, element := range map[string]string{
		"Action=DescribeLoadBalancers":                                        "LoadBalancers",
		"Action=DescribeTargetGroups":                                         "TargetGroups",
		"Action=DescribeListeners&LoadBalancerArn=" + s.balancer:              "Listeners",
		"Action=DescribeRules&ListenerArn=" + s.listener:                      "Rules",
		"Action=DescribeLoadBalancerAttributes&LoadBalancerArn=" + s.balancer: "Attributes",
		"Action=DescribeTargetGroupAttributes&TargetGroupArn=" + s.group:      "Attributes",
		"Action=DescribeTags&ResourceArns.member.1=" + s.balancer:             "TagDescriptions",
	} {
		all[query] = s.call(t, query, element)
	}
	return all
}
