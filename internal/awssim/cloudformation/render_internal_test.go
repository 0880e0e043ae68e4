package cloudformation

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/document"
)

// The orders are those of the user guide's example of property values in change sets, and of events that others recorded.
func TestPropertiesAreShownAsCloudFormationShowsThem(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		value any
		order memberOrder
		want  string
	}{
		"scalars are texts": {
			map[string]any{"Count": 2.0, "Check": false, "Name": "x<y"}, eventOrder, `{"Check":"false","Count":"2","Name":"x<y"}`,
		},
		"an event's members": {
			map[string]any{"Tags": []any{map[string]any{"Key": "k", "Value": "v"}}, "InstanceId": "i", "Domain": "vpc"},
			eventOrder, `{"InstanceId":"i","Domain":"vpc","Tags":[{"Value":"v","Key":"k"}]}`,
		},
		"the members of two maps that share a table": {
			map[string]any{"LogGroupName": "n", "Tags": []any{}}, inContexts(nil), `{"Tags":[],"LogGroupName":"n"}`,
		},
		"a small context": {
			map[string]any{"DeletionPolicy": "d", "UpdateReplacePolicy": "u", "Properties": map[string]any{}},
			inContexts(nil), `{"Properties":{},"UpdateReplacePolicy":"u","DeletionPolicy":"d"}`,
		},
		"a large context": {
			map[string]any{
				"Description": "", "PrivateIpAddress": "", "PrivateIpAddresses": "", "SecondaryPrivateIpAddressCount": 0.0,
				"Ipv6PrefixCount": 0.0, "Ipv4Prefixes": "", "Ipv4PrefixCount": 0.0, "GroupSet": "", "Ipv6Prefixes": "", "SubnetId": "",
				"SourceDestCheck": true, "InterfaceType": "", "Tags": "",
			},
			inContexts(nil),
			`{"Description":"","PrivateIpAddress":"","PrivateIpAddresses":"","SecondaryPrivateIpAddressCount":"0",` +
				`"Ipv6PrefixCount":"0","Ipv4Prefixes":"","Ipv4PrefixCount":"0","GroupSet":"","Ipv6Prefixes":"","SubnetId":"",` +
				`"SourceDestCheck":"true","InterfaceType":"","Tags":""}`,
		},
		"what shares a bucket, in the order of the user guide's template": {
			map[string]any{"ImageId": "a", "InstanceType": "t", "KeyName": "k", "Tags": []any{}},
			inContexts(&document.Resource{Order: []string{"KeyName", "InstanceType", "ImageId", "Tags"}}),
			`{"KeyName":"k","ImageId":"a","InstanceType":"t","Tags":[]}`,
		},
		"of a subnet, as others recorded it": {
			map[string]any{"AvailabilityZone": "z", "CidrBlock": "c", "MapPublicIpOnLaunch": false, "Tags": []any{}, "VpcId": "v"},
			inContexts(&document.Resource{Order: []string{"AvailabilityZone", "CidrBlock", "VpcId", "MapPublicIpOnLaunch", "Tags"}}),
			`{"AvailabilityZone":"z","CidrBlock":"c","VpcId":"v","MapPublicIpOnLaunch":"false","Tags":[]}`,
		},
		"a value": {map[string]any{"Value": "v", "Key": "k"}, alphabetical, `{"Key":"k","Value":"v"}`},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, render(test.value, test.order)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
