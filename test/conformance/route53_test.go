package conformance

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/awssimtest"
)

func newZone(t *testing.T, dns *route53.Client, name string) string {
	t.Helper()
	made, err := dns.CreateHostedZone(t.Context(), &route53.CreateHostedZoneInput{
		Name: aws.String(name), CallerReference: aws.String(t.Name() + name),
		HostedZoneConfig: &types.HostedZoneConfig{Comment: aws.String("of the shop")},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(made.DelegationSet.NameServers) != 4 || made.ChangeInfo.Status == "" || aws.ToString(made.Location) == "" {
		t.Errorf("made %+v", made)
	}
	return aws.ToString(made.HostedZone.Id)
}

func changeRecord(t *testing.T, dns *route53.Client, zone string, action types.ChangeAction, name string, kind types.RRType, values ...string) error {
	t.Helper()
	set := &types.ResourceRecordSet{Name: aws.String(name), Type: kind, TTL: aws.Int64(60)}
	for _, value := range values {
		set.ResourceRecords = append(set.ResourceRecords, types.ResourceRecord{Value: aws.String(value)})
	}
	_, err := dns.ChangeResourceRecordSets(t.Context(), &route53.ChangeResourceRecordSetsInput{
		HostedZoneId: aws.String(zone), ChangeBatch: &types.ChangeBatch{Changes: []types.Change{{Action: action, ResourceRecordSet: set}}},
	})
	return err
}

func TestRecordsLiveInHostedZones(t *testing.T) {
	t.Parallel()
	dns := clientsOf(awssimtest.Start(t).URL()).Route53
	zone := newZone(t, dns, "Example.com")
	for name, value := range map[string]string{"www.example.com": "192.0.2.1", "*.example.com": "192.0.2.2", "a.b.example.com.": "192.0.2.3"} {
		if err := changeRecord(t, dns, zone, types.ChangeActionCreate, name, types.RRTypeA, value); err != nil {
			t.Fatal(err)
		}
	}
	var names []string
	pages := route53.NewListResourceRecordSetsPaginator(dns, &route53.ListResourceRecordSetsInput{HostedZoneId: aws.String(zone), MaxItems: aws.Int32(2)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, each := range page.ResourceRecordSets {
			names = append(names, aws.ToString(each.Name)+" "+string(each.Type))
		}
	}
	want := []string{"example.com. NS", "example.com. SOA", `\052.example.com. A`, "a.b.example.com. A", "www.example.com. A"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
	byName, err := dns.ListHostedZonesByName(t.Context(), &route53.ListHostedZonesByNameInput{DNSName: aws.String("example.com")})
	if err != nil {
		t.Fatal(err)
	}
	if len(byName.HostedZones) != 1 || aws.ToInt64(byName.HostedZones[0].ResourceRecordSetCount) != 5 {
		t.Errorf("found %+v", byName.HostedZones)
	}
	got, err := dns.GetHostedZone(t.Context(), &route53.GetHostedZoneInput{Id: aws.String(zone)})
	if err != nil {
		t.Fatal(err)
	}
	if aws.ToString(got.HostedZone.Name) != "example.com." || aws.ToString(got.HostedZone.Config.Comment) != "of the shop" {
		t.Errorf("got %+v", got.HostedZone)
	}
}

func TestRoute53RefusesInItsOwnWords(t *testing.T) {
	t.Parallel()
	dns := clientsOf(awssimtest.Start(t).URL()).Route53
	zone := newZone(t, dns, "example.com")
	if err := changeRecord(t, dns, zone, types.ChangeActionCreate, "www.example.com", types.RRTypeA, "192.0.2.1"); err != nil {
		t.Fatal(err)
	}
	_, full := dns.DeleteHostedZone(t.Context(), &route53.DeleteHostedZoneInput{Id: aws.String(zone)})
	_, absent := dns.GetHostedZone(t.Context(), &route53.GetHostedZoneInput{Id: aws.String("Z0NONE")})
	_, unknown := dns.GetChange(t.Context(), &route53.GetChangeInput{Id: aws.String("C0NONE")})
	for want, err := range map[string]error{
		"HostedZoneNotEmpty: The specified hosted zone contains non-required resource record sets  and so cannot be deleted.": full,
		"NoSuchHostedZone: No hosted zone found with ID: Z0NONE":                                                              absent,
		"NoSuchChange: Could not find resource with ID: C0NONE":                                                               unknown,
		"InvalidChangeBatch: [Tried to create resource record set [name='www.example.com.', type='A'] but it already exists]": changeRecord(
			t, dns, zone, types.ChangeActionCreate, "www.example.com", types.RRTypeA, "192.0.2.9"),
		"InvalidChangeBatch: [Tried to delete resource record set [name='www.example.com.', type='A'] but the values provided do not match the current values]": changeRecord(
			t, dns, zone, types.ChangeActionDelete, "www.example.com", types.RRTypeA, "192.0.2.9"),
		"InvalidChangeBatch: [Tried to delete resource record set [name='old.example.com.', type='A'] but it was not found]": changeRecord(
			t, dns, zone, types.ChangeActionDelete, "old.example.com", types.RRTypeA, "192.0.2.9"),
		"InvalidChangeBatch: [RRSet with DNS name www.example.org. is not permitted in zone example.com.]": changeRecord(
			t, dns, zone, types.ChangeActionCreate, "www.example.org", types.RRTypeA, "192.0.2.9"),
		"InvalidChangeBatch: [RRSet of type CNAME with DNS name example.com. is not permitted at apex in zone example.com.]": changeRecord(
			t, dns, zone, types.ChangeActionCreate, "example.com", types.RRTypeCname, "www.example.com"),
	} {
		if diff := cmp.Diff(want, words(err)); diff != "" {
			t.Error(diff)
		}
	}
	if err := changeRecord(t, dns, zone, types.ChangeActionDelete, "www.example.com", types.RRTypeA, "192.0.2.1"); err != nil {
		t.Fatal(err)
	}
	if _, err := dns.DeleteHostedZone(t.Context(), &route53.DeleteHostedZoneInput{Id: aws.String(zone)}); err != nil {
		t.Error(err)
	}
}
