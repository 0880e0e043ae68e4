package route53_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/clock"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/route53"
)

const account = "123456789012"

// bench is a service with the zone example.com.
type bench struct {
	*route53.Service

	zone string
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{Service: route53.New(clock.Clock{})}
	made, err := b.Providers()["AWS::Route53::HostedZone"].Create(t.Context(), b.request("HostedZone", resource.Properties{"Name": "example.com"}))
	if err != nil {
		t.Fatal(err)
	}
	b.zone = made.PhysicalID
	return b
}

func (b *bench) request(kind string, properties resource.Properties) resource.Request {
	return resource.Request{
		Place: resource.Place{Account: account, Region: "us-east-1"}, Type: "AWS::Route53::" + kind, StackName: "demo", LogicalID: "It",
		Properties: properties,
	}
}

func (b *bench) provider(kind string) resource.Provider { return b.Providers()["AWS::Route53::"+kind] }

func www(value string) resource.Properties {
	return resource.Properties{
		"HostedZoneName": "example.com.", "Name": "www.example.com", "Type": "A", "TTL": "60", "ResourceRecords": []any{value},
	}
}

func (b *bench) values(t *testing.T, name string) string {
	t.Helper()
	answer, err := b.Resolve(account, name, "A")
	if errors.Is(err, route53.ErrNoRecord) {
		return "none"
	}
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(answer.Values, ",")
}

func TestARecordSetIsCreatedOnceChangedAndDeleted(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	records := b.provider("RecordSet")
	r := b.request("RecordSet", www("192.0.2.1"))
	made, err := records.Create(t.Context(), r)
	if err != nil || made.PhysicalID != "www.example.com" {
		t.Fatalf("made %v, %v", made, err)
	}
	_, err = records.Create(t.Context(), r)
	if want := "[Tried to create resource record set [name='www.example.com.', type='A'] but it already exists]"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	r.PhysicalID, r.Previous, r.Properties = made.PhysicalID, r.Properties, www("192.0.2.2")
	if _, err := records.Update(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if got := b.values(t, "www.example.com"); got != "192.0.2.2" {
		t.Errorf("the name leads to %s", got)
	}
	reader, ok := records.(resource.Reader)
	if !ok {
		t.Fatal("record sets cannot be read")
	}
	stale := r
	stale.Properties = www("192.0.2.1")
	actual, ok := reader.Read(stale)
	if diff := cmp.Diff(www("192.0.2.2"), actual); !ok || diff != "" {
		t.Error(diff)
	}
	if err := records.Delete(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if _, exists := reader.Read(r); exists || b.values(t, "www.example.com") != "none" {
		t.Error("the record set is still there")
	}
}

func TestARecordSetGroupIsOneChange(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	groups := b.provider("RecordSetGroup")
	set := func(name, value string) map[string]any {
		return map[string]any{"Name": name, "Type": "A", "TTL": "60", "ResourceRecords": []any{value}}
	}
	r := b.request("RecordSetGroup", resource.Properties{
		"HostedZoneId": b.zone, "RecordSets": []any{set("a.example.com", "192.0.2.1"), set("b.example.org", "192.0.2.2")},
	})
	_, err := groups.Create(t.Context(), r)
	if want := "[RRSet with DNS name b.example.org. is not permitted in zone example.com.]"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if got := b.values(t, "a.example.com"); got != "none" {
		t.Errorf("half of the group is there: %s", got)
	}
	r.Properties = resource.Properties{"HostedZoneId": b.zone, "RecordSets": []any{set("a.example.com", "192.0.2.1"), set("b.example.com", "192.0.2.2")}}
	made, err := groups.Create(t.Context(), r)
	if err != nil || !strings.HasPrefix(made.PhysicalID, "demo-It-") {
		t.Fatalf("made %v, %v", made, err)
	}
	r.PhysicalID, r.Previous = made.PhysicalID, r.Properties
	r.Properties = resource.Properties{"HostedZoneId": b.zone, "RecordSets": []any{set("c.example.com", "192.0.2.3")}}
	if _, err := groups.Update(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if got := b.values(t, "a.example.com") + " " + b.values(t, "c.example.com"); got != "none 192.0.2.3" {
		t.Errorf("after the update: %s", got)
	}
}

func TestNamesAreFollowed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	zone := map[string]any{"HostedZoneId": "Z35SXDOTRQ7X7K", "DNSName": "dualstack.127.0.0.1:49160"}
	for _, properties := range []resource.Properties{
		{"HostedZoneId": b.zone, "Name": "shop.example.com", "Type": "A", "AliasTarget": zone},
		{"HostedZoneId": b.zone, "Name": "*.example.com", "Type": "CNAME", "TTL": "60", "ResourceRecords": []any{"shop.example.com"}},
		{"HostedZoneId": b.zone, "Name": "loop.example.com", "Type": "CNAME", "TTL": "60", "ResourceRecords": []any{"loop.example.com"}},
	} {
		if _, err := b.provider("RecordSet").Create(t.Context(), b.request("RecordSet", properties)); err != nil {
			t.Fatal(err)
		}
	}
	answer, err := b.Resolve(account, "Any.Example.com", "A")
	if err != nil {
		t.Fatal(err)
	}
	want := route53.Answer{
		Name: "Any.Example.com", Type: "A", Values: []string{"127.0.0.1:49160"}, Chain: []string{"any.example.com", "shop.example.com"},
	}
	if diff := cmp.Diff(want, answer); diff != "" {
		t.Error(diff)
	}
	for _, name := range []string{"loop.example.com", "www.example.org"} {
		if got := b.values(t, name); got != "none" {
			t.Errorf("%s leads to %s", name, got)
		}
	}
}

func TestAZoneWithRecordsIsNotDeleted(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if _, err := b.provider("RecordSet").Create(t.Context(), b.request("RecordSet", www("192.0.2.1"))); err != nil {
		t.Fatal(err)
	}
	r := b.request("HostedZone", nil)
	r.PhysicalID = b.zone
	err := b.provider("HostedZone").Delete(t.Context(), r)
	const want = "The specified hosted zone contains non-required resource record sets  and so cannot be deleted. (Service: Route53, Status Code: 400"
	if err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v", err)
	}
}
