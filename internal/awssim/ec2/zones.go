package ec2

import (
	"context"
	"strconv"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/intrinsic"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type zone struct {
	ZoneName           string `query:"zoneName"`
	ZoneState          string `query:"zoneState"`
	RegionName         string `query:"regionName"`
	ZoneID             string `query:"zoneId"`
	GroupName          string `query:"groupName"`
	NetworkBorderGroup string `query:"networkBorderGroup"`
	ZoneType           string `query:"zoneType"`
	OptInStatus        string `query:"optInStatus"`
	MessageSet         []tag  `query:"messageSet"`
}

// zoneID makes an id such as use1-az1 of us-east-1 and us-east-1a.
func zoneID(region, name string) string {
	if len(name) <= len(region) {
		return ""
	}
	short := ""
	for i, part := range strings.Split(region, "-") {
		switch {
		case i == 0:
			short = part
		case strings.HasPrefix(part, "north") && len(part) > len("north"), strings.HasPrefix(part, "south") && len(part) > len("south"):
			short += part[:1] + part[len("north"):len("north")+1] // southeast is se
		default:
			short += part[:1]
		}
	}
	return short + "-az" + strconv.Itoa(int(name[len(name)-1]-'a')+1)
}

type describeZonesInput struct {
	pageInput

	ZoneNames            []string `query:"ZoneName"`
	ZoneIDs              []string `query:"ZoneId"`
	AllAvailabilityZones bool     // there are no others
}

type describeZonesOutput struct {
	AvailabilityZoneInfo []zone `query:"availabilityZoneInfo"`
}

func (s *Service) describeAvailabilityZones(
	_ context.Context, call *wire.Call, in *describeZonesInput,
) (*describeZonesOutput, error) {
	var described []shown[zone]
	for _, name := range intrinsic.Zones(call.Region) {
		one := zone{
			ZoneName: name, ZoneState: "available", RegionName: call.Region, ZoneID: zoneID(call.Region, name), GroupName: call.Region,
			NetworkBorderGroup: call.Region, ZoneType: "availability-zone", OptInStatus: "opt-in-not-required", MessageSet: []tag{},
		}
		if len(in.ZoneIDs) > 0 {
			in.Filters = append(in.Filters, filter{"zone-id", in.ZoneIDs})
		}
		described = append(described, shown[zone]{name, one, map[string][]string{
			"zone-name": {name}, "zone-id": {one.ZoneID}, "state": {"available"}, "region-name": {call.Region},
			"zone-type": {one.ZoneType}, "group-name": {call.Region}, "opt-in-status": {one.OptInStatus},
		}, nil})
	}
	for _, name := range in.ZoneNames {
		if len(described) > 0 && !hasZone(described, name) {
			return nil, wire.Errorf("InvalidParameterValue", "Invalid availability zone: [%s]", name)
		}
	}
	page, _, err := pick(&in.pageInput, in.ZoneNames, "", described)
	return &describeZonesOutput{page}, err
}

func hasZone(zones []shown[zone], name string) bool {
	for _, each := range zones {
		if each.id == name {
			return true
		}
	}
	return false
}
