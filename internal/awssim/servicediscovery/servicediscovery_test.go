package servicediscovery_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/clock"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/route53"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/servicediscovery"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

func here() resource.Place { return resource.Place{Account: "123456789012", Region: "us-east-1"} }

// registry is Cloud Map and the Route 53 beside it.
type registry struct {
	*testing.T

	names *route53.Service
	maps  *servicediscovery.Service
}

func newRegistry(t *testing.T, pace clock.Clock) *registry {
	t.Helper()
	names := route53.New(pace)
	return &registry{t, names, servicediscovery.New(servicediscovery.Deps{Clock: pace, Zones: names})}
}

// answer is the parts of answers that the tests look at.
type answer struct {
	Type        string `json:"__type"`
	Message     string `json:"message"`
	OperationID string `json:"OperationId"`
	Operation   struct {
		Status, Type, ErrorCode, ErrorMessage string
		Targets                               map[string]string
	}
	Namespace  described
	Namespaces []described
	Service    described
	Services   []described
	Instances  []struct {
		ID         string `json:"Id"`
		InstanceID string `json:"InstanceId"`

		HealthStatus, NamespaceName, ServiceName string
		Attributes                               map[string]string
	}
	InstancesRevision int64
	Status            map[string]string
	Tags              []map[string]string
	NextToken         string
}

type described struct {
	ID, Name, Arn, Type, Description string
	ServiceCount, InstanceCount      int
	Properties                       struct {
		DNSProperties struct {
			HostedZoneID string `json:"HostedZoneId"`
			SOA          struct{ TTL int }
		} `json:"DnsProperties"`
		HTTPProperties struct{ HTTPName string } `json:"HttpProperties"`
	}
}

func (r *registry) ask(operation, body string) answer {
	r.Helper()
	request := httptest.NewRequestWithContext(r.Context(), http.MethodPost, "/", nil)
	request.Header.Set("X-Amz-Target", "Route53AutoNaming_v20170314."+operation)
	given := r.maps.API().Serve(request.Context(), &wire.Call{
		Service: "servicediscovery", Account: here().Account, Region: here().Region, HTTP: request, Body: []byte(body),
	})
	var out answer
	if len(given.Body) == 0 {
		return out
	}
	if err := json.Unmarshal(given.Body, &out); err != nil { //nolint:musttag // members are called as the fields
		r.Fatalf("%s answers %s: %v", operation, given.Body, err)
	}
	return out
}

// must is ask for what has to succeed.
func (r *registry) must(operation, body string) answer {
	r.Helper()
	out := r.ask(operation, body)
	if out.Type != "" {
		r.Fatalf("%s %s answers %s: %s", operation, body, out.Type, out.Message)
	}
	return out
}

// namespace makes a namespace and returns its id.
func (r *registry) namespace(operation, body string) string {
	r.Helper()
	begun := r.must(operation, body)
	done := r.must("GetOperation", `{"OperationId":"`+begun.OperationID+`"}`)
	if done.Operation.Status != "SUCCESS" {
		r.Fatalf("%+v", done.Operation)
	}
	return done.Operation.Targets["NAMESPACE"]
}

// records are the texts of a zone's records beside its own two.
func (r *registry) records(zone string) []string {
	r.Helper()
	request := httptest.NewRequestWithContext(r.Context(), http.MethodGet, "/2013-04-01/hostedzone/"+zone+"/rrset", nil)
	call := &wire.Call{Service: "route53", Account: here().Account, Region: here().Region, HTTP: request}
	api := r.names.API()
	if err := api.Route(call); err != nil {
		r.Fatal(err)
	}
	found := []string{}
	form := regexp.MustCompile(`<Name>([^<]*)</Name><Type>([^<]*)</Type><SetIdentifier>([^<]*)</SetIdentifier>.*?<Value>([^<]*)</Value>`)
	for _, each := range form.FindAllStringSubmatch(string(api.Serve(request.Context(), call).Body), -1) {
		found = append(found, strings.Join(each[1:], " "))
	}
	slices.Sort(found)
	return found
}

func TestInstancesAreDiscovered(t *testing.T) {
	t.Parallel()
	r := newRegistry(t, clock.Clock{})
	space := r.namespace("CreateHttpNamespace", `{"Name":"shop","CreatorRequestId":"once","Tags":[{"Key":"team","Value":"a"}]}`)
	if again := r.namespace("CreateHttpNamespace", `{"Name":"shop","CreatorRequestId":"once"}`); again != space {
		t.Errorf("the same request made %s", again)
	}
	made := r.must("CreateService", `{"Name":"items","NamespaceId":"`+space+`","HealthCheckCustomConfig":{"FailureThreshold":3}}`).Service
	if !regexp.MustCompile(`^arn:aws:servicediscovery:us-east-1:123456789012:service/srv-[a-z0-9]{16}$`).MatchString(made.Arn) ||
		made.Type != "HTTP" {
		t.Errorf("%+v", made)
	}
	for id, attributes := range map[string]string{
		"one": `{"AWS_INSTANCE_IPV4":"10.0.0.1","zone":"a"}`, "two": `{"AWS_INSTANCE_IPV4":"10.0.0.2","zone":"b"}`,
		"ill": `{"AWS_INIT_HEALTH_STATUS":"UNHEALTHY","zone":"a"}`,
	} {
		r.must("RegisterInstance", `{"ServiceId":"`+made.Arn+`","InstanceId":"`+id+`","Attributes":`+attributes+`}`)
	}
	found := func(more string) string {
		ids := []string{}
		for _, each := range r.must("DiscoverInstances", `{"NamespaceName":"shop","ServiceName":"items"`+more+`}`).Instances {
			ids = append(ids, each.InstanceID)
		}
		return strings.Join(ids, " ")
	}
	for more, want := range map[string]string{
		"": "one two", `,"HealthStatus":"ALL"`: "ill one two", `,"HealthStatus":"UNHEALTHY"`: "ill",
		`,"QueryParameters":{"zone":"a"}`:                        "one",
		`,"QueryParameters":{"zone":"c"}`:                        "",
		`,"OptionalParameters":{"zone":"b"}`:                     "two",
		`,"OptionalParameters":{"zone":"c"}`:                     "one two",
		`,"MaxResults":1,"HealthStatus":"ALL"`:                   "ill",
		`,"QueryParameters":{"zone":"a"},"HealthStatus":"ALL"`:   "ill one",
		`,"HealthStatus":"HEALTHY","QueryParameters":{"x":"1"}`:  "",
		`,"HealthStatus":"HEALTHY_OR_ELSE_ALL","MaxResults":100`: "one two",
	} {
		if got := found(more); got != want {
			t.Errorf("%s finds %q, not %q", more, got, want)
		}
	}
	before := r.must("DiscoverInstancesRevision", `{"NamespaceName":"shop","ServiceName":"items"}`).InstancesRevision
	for _, id := range []string{"one", "two"} {
		r.must("UpdateInstanceCustomHealthStatus", `{"ServiceId":"`+made.ID+`","InstanceId":"`+id+`","Status":"UNHEALTHY"}`)
	}
	if got := found(""); got != "ill one two" {
		t.Errorf("without healthy ones %q are found", got)
	}
	if after := r.must("DiscoverInstancesRevision", `{"NamespaceName":"shop","ServiceName":"items"}`).InstancesRevision; after != before+2 {
		t.Errorf("the revision went from %d to %d", before, after)
	}
	r.must("DeregisterInstance", `{"ServiceId":"`+made.ID+`","InstanceId":"ill"}`)
	status := r.must("GetInstancesHealthStatus", `{"ServiceId":"`+made.ID+`"}`).Status
	if diff := cmp.Diff(map[string]string{"one": "UNHEALTHY", "two": "UNHEALTHY"}, status); diff != "" {
		t.Error(diff)
	}
	listed := r.must("ListInstances", `{"ServiceId":"`+made.ID+`","MaxResults":1}`)
	if len(listed.Instances) != 1 || listed.Instances[0].ID != "one" || listed.NextToken == "" {
		t.Errorf("%+v", listed)
	}
	if tags := r.must("ListTagsForResource", `{"ResourceARN":"arn:aws:servicediscovery:us-east-1:123456789012:namespace/`+space+`"}`).Tags; len(tags) != 1 {
		t.Errorf("the tags are %v", tags)
	}
}

func TestAPrivateNamespaceHasRecords(t *testing.T) {
	t.Parallel()
	r := newRegistry(t, clock.Clock{})
	space := r.namespace("CreatePrivateDnsNamespace",
		`{"Name":"shop.local","Vpc":"vpc-1","Properties":{"DnsProperties":{"SOA":{"TTL":60}}}}`)
	zone := r.must("GetNamespace", `{"Id":"`+space+`"}`).Namespace.Properties.DNSProperties
	if zone.SOA.TTL != 60 {
		t.Errorf("%+v", zone)
	}
	plain := r.must("CreateService", `{"Name":"items","HealthCheckCustomConfig":{},
		"DnsConfig":{"NamespaceId":"`+space+`","DnsRecords":[{"Type":"A","TTL":10}]}}`).Service
	ports := r.must("CreateService", `{"Name":"ports","NamespaceId":"`+space+`","DnsConfig":{"DnsRecords":[{"Type":"SRV","TTL":10}]}}`).Service
	if plain.Type != "DNS_HTTP" {
		t.Errorf("%+v", plain)
	}
	register := func(service, id, attributes string) {
		r.must("RegisterInstance", `{"ServiceId":"`+service+`","InstanceId":"`+id+`","Attributes":`+attributes+`}`)
	}
	register(plain.ID, "one", `{"AWS_INSTANCE_IPV4":"10.0.0.1"}`)
	register(plain.ID, "two", `{"AWS_INSTANCE_IPV4":"10.0.0.2"}`)
	register(plain.ID, "two", `{"AWS_INSTANCE_IPV4":"10.0.0.3"}`)
	both := r.must("CreateService", `{"Name":"both","NamespaceId":"`+space+`",
		"DnsConfig":{"DnsRecords":[{"Type":"A","TTL":10},{"Type":"SRV","TTL":10}]}}`).Service
	register(both.ID, "task", `{"AWS_INSTANCE_IPV4":"10.0.0.5","AWS_INSTANCE_PORT":"80"}`)
	register(ports.ID, "web", `{"AWS_INSTANCE_IPV4":"10.0.0.4","AWS_INSTANCE_PORT":"8000"}`)
	if diff := cmp.Diff([]string{
		"both.shop.local. A task 10.0.0.5",
		"both.shop.local. SRV task 1 1 80 task.both.shop.local",
		"items.shop.local. A one 10.0.0.1",
		"items.shop.local. A two 10.0.0.3",
		"ports.shop.local. SRV web 1 1 8000 web.ports.shop.local",
		"task.both.shop.local. A task 10.0.0.5",
		"web.ports.shop.local. A web 10.0.0.4",
	}, r.records(zone.HostedZoneID)); diff != "" {
		t.Error(diff)
	}
	r.must("DeregisterInstance", `{"ServiceId":"`+both.ID+`","InstanceId":"task"}`)
	r.must("UpdateInstanceCustomHealthStatus", `{"ServiceId":"`+plain.ID+`","InstanceId":"one","Status":"UNHEALTHY"}`)
	r.must("DeregisterInstance", `{"ServiceId":"`+ports.ID+`","InstanceId":"web"}`)
	if got := r.records(zone.HostedZoneID); len(got) != 1 || got[0] != "items.shop.local. A two 10.0.0.3" {
		t.Errorf("the records are %q", got)
	}
	r.must("UpdateService", `{"Id":"`+plain.ID+`","Service":{"Description":"no names"}}`)
	if got := r.records(zone.HostedZoneID); len(got) != 0 {
		t.Errorf("a service without DnsConfig has the records %q", got)
	}
}

func TestWhatCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	r := newRegistry(t, clock.Clock{})
	space := r.namespace("CreateHttpNamespace", `{"Name":"shop"}`)
	private := r.namespace("CreatePrivateDnsNamespace", `{"Name":"shop.local","Vpc":"vpc-1"}`)
	service := r.must("CreateService", `{"Name":"items","NamespaceId":"`+space+`"}`).Service.ID
	r.must("RegisterInstance", `{"ServiceId":"`+service+`","InstanceId":"one","Attributes":{}}`)
	for name, test := range map[string]struct{ operation, body, want string }{
		"a namespace that is there": {"CreateHttpNamespace", `{"Name":"shop"}`, "NamespaceAlreadyExists"},
		"a name with a space":       {"CreateHttpNamespace", `{"Name":"a b"}`, "InvalidInput: 1 validation error detected"},
		"a namespace in use":        {"DeleteNamespace", `{"Id":"` + space + `"}`, "ResourceInUse: Namespace has associated services"},
		"a service in use":          {"DeleteService", `{"Id":"` + service + `"}`, "ResourceInUse: Service contains registered instances; delete the instances before deleting the service"},
		"a service twice":           {"CreateService", `{"Name":"items","NamespaceId":"` + space + `"}`, "ServiceAlreadyExists"},
		"a service of no namespace": {"CreateService", `{"Name":"items","NamespaceId":"ns-x"}`, "NamespaceNotFound"},
		"records without a zone":    {"CreateService", `{"Name":"b","NamespaceId":"` + space + `","DnsConfig":{"DnsRecords":[{"Type":"A","TTL":1}]}}`, "InvalidInput"},
		"checks of private names":   {"CreateService", `{"Name":"b","NamespaceId":"` + private + `","HealthCheckConfig":{"Type":"TCP"}}`, "InvalidInput: HealthCheckConfig is not"},
		"checks by Route 53":        {"CreateService", `{"Name":"b","NamespaceId":"` + space + `","HealthCheckConfig":{"Type":"TCP"}}`, "InvalidInput: awssim does not implement HealthCheckConfig"},
		"an address that is none":   {"RegisterInstance", `{"ServiceId":"` + service + `","InstanceId":"b","Attributes":{"AWS_INSTANCE_IPV4":"x"}}`, "InvalidInput"},
		"a load balancer":           {"RegisterInstance", `{"ServiceId":"` + service + `","InstanceId":"b","Attributes":{"AWS_ALIAS_DNS_NAME":"x"}}`, "InvalidInput: awssim does not implement the attributes AWS_ALIAS_DNS_NAME"},
		"health of those without":   {"UpdateInstanceCustomHealthStatus", `{"ServiceId":"` + service + `","InstanceId":"one","Status":"HEALTHY"}`, "CustomHealthNotFound"},
		"an instance that is gone":  {"DeregisterInstance", `{"ServiceId":"` + service + `","InstanceId":"x"}`, "InstanceNotFound"},
		"a service that is gone":    {"ListInstances", `{"ServiceId":"srv-x"}`, "ServiceNotFound"},
		"names that nobody has":     {"DiscoverInstances", `{"NamespaceName":"x","ServiceName":"items"}`, "NamespaceNotFound"},
		"an unknown filter":         {"ListNamespaces", `{"Filters":[{"Name":"X","Values":["a"]}]}`, "InvalidInput"},
		"an unknown operation":      {"GetOperation", `{"OperationId":"x"}`, "OperationNotFound"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := r.ask(test.operation, test.body)
			if said := got.Type + ": " + got.Message; !strings.HasPrefix(said, test.want) {
				t.Errorf("it says %q", said)
			}
		})
	}
	begun := r.must("CreatePrivateDnsNamespace", `{"Name":"shop.local","Vpc":"vpc-1"}`)
	failed := r.must("GetOperation", `{"OperationId":"`+begun.OperationID+`"}`).Operation
	if failed.Status != "FAIL" || failed.ErrorCode != "CANNOT_CREATE_HOSTED_ZONE" || !strings.Contains(failed.ErrorMessage, "ConflictingDomainExists") {
		t.Errorf("%+v", failed)
	}
	listed := r.must("ListNamespaces", `{"Filters":[{"Name":"TYPE","Values":["HTTP"]},{"Name":"NAME","Condition":"BEGINS_WITH","Values":["sh"]}]}`)
	if len(listed.Namespaces) != 1 || listed.Namespaces[0].ServiceCount != 1 {
		t.Errorf("%+v", listed.Namespaces)
	}
	if of := r.must("ListServices", `{"Filters":[{"Name":"NAMESPACE_ID","Values":["`+private+`"]}]}`).Services; len(of) != 0 {
		t.Errorf("%+v", of)
	}
}

func TestNamespacesTakeTheirTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRegistry(t, clock.Clock{Speed: 1})
		id := r.must("CreatePrivateDnsNamespace", `{"Name":"shop.local","Vpc":"vpc-1"}`).OperationID
		status := func() string { return r.must("GetOperation", `{"OperationId":"`+id+`"}`).Operation.Status }
		if got := status(); got != "PENDING" {
			t.Errorf("at first it is %s", got)
		}
		time.Sleep(time.Minute)
		if got := status(); got != "SUCCESS" {
			t.Errorf("a minute later it is %s", got)
		}
	})
}

// provide makes a resource of a stack.
func (r *registry) provide(kind string, properties resource.Properties) resource.Result {
	r.Helper()
	made, err := r.maps.Providers()["AWS::ServiceDiscovery::"+kind].Create(r.Context(), resource.Request{
		Place: here(), Type: "AWS::ServiceDiscovery::" + kind, StackName: "stack", LogicalID: kind, Properties: properties,
	})
	if err != nil {
		r.Fatal(err)
	}
	return made
}

func TestStacksHaveNamespacesAndTheyAreKept(t *testing.T) {
	t.Parallel()
	r := newRegistry(t, clock.Clock{})
	space := r.provide("PrivateDnsNamespace", resource.Properties{"Name": "shop.local", "Vpc": "vpc-1"})
	service := r.provide("Service", resource.Properties{
		"Name": "items", "NamespaceId": space.PhysicalID,
		"DnsConfig": map[string]any{"DnsRecords": []any{map[string]any{"Type": "A", "TTL": 10.0}}},
	})
	r.must("RegisterInstance", `{"ServiceId":"`+service.PhysicalID+`","InstanceId":"mine","Attributes":{"AWS_INSTANCE_IPV4":"10.0.0.1"}}`)
	arn, _ := service.Attributes["Arn"].(string)
	if err := r.maps.Register(arn, "task", map[string]string{"AWS_INSTANCE_IPV4": "10.0.0.2", "ECS_SERVICE_NAME": "items"}, true); err != nil {
		t.Fatal(err)
	}
	request := resource.Request{Type: "AWS::ServiceDiscovery::Service", PhysicalID: service.PhysicalID, Place: here()}
	if err := r.maps.Providers()[request.Type].Delete(t.Context(), request); err == nil || !strings.Contains(err.Error(), "Service contains registered instances") {
		t.Errorf("deleting a service in use: %v", err)
	}
	content, err := r.maps.Keep()
	if err != nil {
		t.Fatal(err)
	}
	again := &registry{t, r.names, servicediscovery.New(servicediscovery.Deps{Zones: r.names})}
	if err := again.maps.Restore(content); err != nil {
		t.Fatal(err)
	}
	found := again.must("DiscoverInstances", `{"NamespaceName":"shop.local","ServiceName":"items"}`).Instances
	if len(found) != 1 || found[0].InstanceID != "mine" || found[0].HealthStatus != "UNKNOWN" {
		t.Errorf("after a restart there are %+v", found)
	}
	zone, _ := space.Attributes["HostedZoneId"].(string)
	if got := again.records(zone); len(got) != 1 {
		t.Errorf("after a restart there are the records %q", got)
	}
	again.must("DeregisterInstance", `{"ServiceId":"`+service.PhysicalID+`","InstanceId":"mine"}`)
	for _, gone := range []struct{ kind, id string }{{"Service", service.PhysicalID}, {"PrivateDnsNamespace", space.PhysicalID}} {
		provider := again.maps.Providers()["AWS::ServiceDiscovery::"+gone.kind]
		if err := provider.Delete(t.Context(), resource.Request{Place: here(), PhysicalID: gone.id}); err != nil {
			t.Error(err)
		}
	}
	if left := again.must("ListNamespaces", `{}`).Namespaces; len(left) != 0 {
		t.Errorf("%+v", left)
	}
}
