package ecs_test

import (
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/clock"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/ecs"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/route53"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/servicediscovery"
)

// newConnected is a world whose cluster has the namespace shop for Service Connect.
func newConnected(t *testing.T) (*world, *servicediscovery.Service) {
	t.Helper()
	registries := servicediscovery.New(servicediscovery.Deps{Zones: route53.New(clock.Clock{})})
	w := newWorldOf(t, func(plain ecs.Containers) ecs.Containers { return plain },
		func(d *ecs.Deps) { d.Registries = registries })
	out, problem := ask[struct {
		Cluster struct{ ServiceConnectDefaults struct{ Namespace string } }
	}](t, w.API(), "UpdateCluster", `{"cluster":"main","serviceConnectDefaults":{"namespace":"shop"}}`)
	if problem != "" || !strings.HasPrefix(out.Cluster.ServiceConnectDefaults.Namespace, "arn:aws:servicediscovery:us-east-1:123456789012:namespace/ns-") {
		t.Fatalf("%+v %s", out, problem)
	}
	return w, registries
}

// connected asks for a service of Service Connect that no load balancer forwards to.
func (w *world) connected(name string, desired int, services ...any) resource.Request {
	request := w.serviceRequest(desired)
	request.LogicalID, request.PhysicalID = name, "arn:aws:ecs:us-east-1:123456789012:service/main/"+name
	request.Properties["ServiceName"] = name
	delete(request.Properties, "LoadBalancers")
	request.Properties["ServiceConnectConfiguration"] = map[string]any{"Enabled": true, "Services": services}
	return request
}

// items is what the service items offers at http://items:8080, and at a name of its own.
func items(more map[string]any) map[string]any {
	service := map[string]any{
		"PortName": "api", "DiscoveryName": "items", "ClientAliases": []any{map[string]any{"DnsName": "items", "Port": 8080.0}},
	}
	maps.Copy(service, more)
	return service
}

func (w *world) must(t *testing.T, deed func(resource.Request) error, request resource.Request) {
	t.Helper()
	if err := deed(request); err != nil {
		t.Fatal(err)
	}
}

func (w *world) creating(t *testing.T) func(resource.Request) error {
	t.Helper()
	return func(request resource.Request) error {
		_, err := w.Providers()[request.Type].Create(t.Context(), request)
		return err
	}
}

// listeningAs is a container whose port has a name.
func listeningAs(name string, more map[string]any) map[string]any {
	return web(map[string]any{
		"PortMappings": []any{map[string]any{"ContainerPort": 8000.0, "Name": name, "AppProtocol": "http"}},
		"Environment":  more["Environment"],
	})
}

func TestTasksReachEachOtherByTheirAliases(t *testing.T) {
	t.Parallel()
	skipUnlessMounting(t)
	w, registries := newConnected(t)
	w.defineWith(t, nil, listeningAs("api", nil))
	w.must(t, w.creating(t), w.connected("items", 2, items(nil)))
	w.defineWith(t, nil, listeningAs("web", nil))
	front := w.serviceRequest(1)
	front.Properties["ServiceConnectConfiguration"] = map[string]any{"Enabled": true}
	w.must(t, w.creating(t), front)

	answers := make(map[string]int)
	for range 6 {
		code, body := w.get(t, "/get?url=http://items:8080/who")
		if answers[body]++; code != http.StatusOK {
			t.Fatalf("it answers %d %s", code, body)
		}
	}
	if len(answers) != 2 {
		t.Errorf("the requests went to %v", answers)
	}
	found, problem := ask[discovered](t, registries.API(), "DiscoverInstances", `{"NamespaceName":"shop","ServiceName":"items"}`)
	if len(found.Instances) != 2 || found.Instances[0].Attributes["AWS_INSTANCE_PORT"] != "8000" {
		t.Errorf("%+v %s", found, problem)
	}
	described, _ := ask[struct {
		Services []struct {
			Deployments []struct {
				ServiceConnectConfiguration struct {
					Enabled  bool
					Services []struct{ PortName string }
				}
				ServiceConnectResources []struct{ DiscoveryName, DiscoveryArn string }
			}
		}
	}](t, w.API(), "DescribeServices", `{"cluster":"main","services":["items"]}`)
	of := described.Services[0].Deployments[0]
	if !of.ServiceConnectConfiguration.Enabled || of.ServiceConnectConfiguration.Services[0].PortName != "api" ||
		of.ServiceConnectResources[0].DiscoveryName != "items" || !strings.Contains(of.ServiceConnectResources[0].DiscoveryArn, ":service/srv-") {
		t.Errorf("%+v", of)
	}

	down := w.connected("items", 0, items(nil))
	down.Properties["TaskDefinition"] = strings.Replace(w.td, "web:2", "web:1", 1)
	if _, err := w.Providers()[down.Type].Update(t.Context(), down); err != nil {
		t.Fatal(err)
	}
	if code, body := w.get(t, "/get?url=http://items:8080/who"); code != http.StatusOK || body != "503 no healthy upstream\n" {
		t.Errorf("without tasks it answers %d %q", code, body)
	}
	if err := w.Providers()[down.Type].Delete(t.Context(), down); err != nil {
		t.Fatal(err)
	}
	if code, body := w.get(t, "/get?url=http://items:8080/who"); !strings.Contains(body, "connection refused") {
		t.Errorf("without the service it answers %d %q", code, body)
	}
	if out, problem := ask[discovered](t, registries.API(), "DiscoverInstances", `{"NamespaceName":"shop","ServiceName":"items"}`); !strings.HasPrefix(problem, "ServiceNotFound") {
		t.Errorf("%+v %s", out, problem)
	}
}

// A task knows the aliases that its namespace had when its deployment began, as on AWS.
func TestNewAliasesNeedANewDeployment(t *testing.T) {
	t.Parallel()
	skipUnlessMounting(t)
	w, _ := newConnected(t)
	w.defineWith(t, nil, listeningAs("web", nil))
	front := w.serviceRequest(1)
	front.Properties["ServiceConnectConfiguration"] = map[string]any{"Enabled": true}
	w.must(t, w.creating(t), front)
	w.defineWith(t, nil, listeningAs("api", nil))
	w.must(t, w.creating(t), w.connected("items", 1, items(map[string]any{"ClientAliases": []any{map[string]any{"Port": 80.0}}})))
	if _, body := w.get(t, "/get?url=http://items.shop/who"); !strings.Contains(body, "items.shop") {
		t.Errorf("before its deployment it answers %q", body)
	}
	front.Properties["ForceNewDeployment"] = map[string]any{"EnableForceNewDeployment": true}
	if _, err := w.Providers()[front.Type].Update(t.Context(), front); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the new deployment knows it", func() bool {
		code, body := w.get(t, "/get?url=http://items.shop/who")
		return code == http.StatusOK && len(body) == 5
	})
}

func TestServiceConnectThatCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	w, _ := newConnected(t)
	w.defineWith(t, nil, listeningAs("api", nil))
	w.must(t, w.creating(t), w.connected("items", 0, items(nil)))
	for name, test := range map[string]struct {
		config map[string]any
		want   string
	}{
		"a namespace that nobody made": {map[string]any{"Namespace": "nowhere"}, "Failed to retrieve namespace for nowhere"},
		"a port without a name":        {map[string]any{"Services": []any{items(map[string]any{"PortName": "x"})}}, "The portName x"},
		"a name that is taken":         {map[string]any{"Services": []any{items(nil)}}, "The discoveryName items is in use"},
		"no alias":                     {map[string]any{"Services": []any{items(map[string]any{"ClientAliases": []any{}})}}, "must have one client alias"},
		"a wrong port":                 {map[string]any{"Services": []any{items(map[string]any{"ClientAliases": []any{map[string]any{"Port": 0.0}}})}}, "between 1 and 65535"},
		"a wrong name":                 {map[string]any{"Services": []any{items(map[string]any{"DiscoveryName": "A"})}}, "The discoveryName A is not valid"},
		"encryption": {map[string]any{"Services": []any{items(map[string]any{"Tls": map[string]any{
			"IssuerCertificateAuthority": map[string]any{"AwsPcaAuthorityArn": "arn"},
		}})}}, "awssim does not implement serviceConnectConfiguration.services.tls"},
		"logs of access": {map[string]any{"AccessLogConfiguration": map[string]any{"Format": "JSON"}}, "awssim does not implement serviceConnectConfiguration.accessLogConfiguration"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			request := w.connected("other", 0)
			config := map[string]any{"Enabled": true}
			maps.Copy(config, test.config)
			request.Properties["ServiceConnectConfiguration"] = config
			if err := w.creating(t)(request); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error = %v", err)
			}
		})
	}
}

// The part of the traffic that a deployment gets is its part of what clients of Service Connect ask.
func TestBlueGreenDeploymentsShiftServiceConnect(t *testing.T) {
	t.Parallel()
	skipUnlessMounting(t)
	w, _ := newConnected(t)
	version := func(name string) map[string]any {
		return listeningAs("api", map[string]any{"Environment": []any{map[string]any{"Name": "VERSION", "Value": name}}})
	}
	w.defineWith(t, nil, version("blue"))
	request := w.connected("items", 1, items(nil))
	request.Properties["DeploymentConfiguration"] = map[string]any{"Strategy": "BLUE_GREEN", "BakeTimeInMinutes": 0.0}
	w.must(t, w.creating(t), request)
	w.defineWith(t, nil, listeningAs("web", nil))
	front := w.serviceRequest(1)
	front.Properties["ServiceConnectConfiguration"] = map[string]any{"Enabled": true}
	w.must(t, w.creating(t), front)
	ask := func() string {
		_, body := w.get(t, "/get?url=http://items:8080/")
		return body
	}
	if got := ask(); got != "blue" {
		t.Fatalf("it answers %q", got)
	}
	w.defineWith(t, nil, version("green"))
	request.Properties["TaskDefinition"] = w.td
	if _, err := w.Providers()[request.Type].Update(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	if got := ask(); got != "green" {
		t.Errorf("it answers %q", got)
	}
}

func TestServiceConnectIsKept(t *testing.T) {
	t.Parallel()
	w, registries := newConnected(t)
	w.defineWith(t, nil, listeningAs("api", nil))
	w.must(t, w.creating(t), w.connected("items", 0, items(nil)))
	content, err := w.Keep()
	if err != nil {
		t.Fatal(err)
	}
	again := ecs.New(ecs.Deps{
		Containers: w.Containers, Logs: w.logs, Balancers: w.elb, Subnets: subnets, Registries: registries,
	})
	t.Cleanup(func() { _ = again.Close() }) // shares its containers
	if err := again.Restore(content); err != nil {
		t.Fatal(err)
	}
	type told struct {
		Services []struct {
			Deployments []struct {
				ServiceConnectConfiguration struct{ Namespace string }
				ServiceConnectResources     []struct{ DiscoveryName, DiscoveryArn string }
			}
		}
	}
	before, _ := ask[told](t, w.API(), "DescribeServices", `{"cluster":"main","services":["items"]}`)
	after, _ := ask[told](t, again.API(), "DescribeServices", `{"cluster":"main","services":["items"]}`)
	if diff := cmp.Diff(before, after); diff != "" || len(after.Services[0].Deployments[0].ServiceConnectResources) != 1 {
		t.Errorf("after a restart (-before +after):\n%s", diff)
	}
}
