// Package route53 is Amazon Route 53: hosted zones and their records, which certificates are validated by and which lead
// names to load balancers. Nothing is served over DNS; [Service.Resolve] follows records and aliases instead.
//
// Texts are those of Route 53 as public issues and logs quote them; the rules are those of the API reference of 2013-04-01.
package route53

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/clock"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// syncing is about how long it takes until all name servers know of a change ("Route 53 changes propagate ... within 60
// seconds", developer guide).
const syncing = 30 * time.Second

// Service is the hosted zones of all accounts. They are in no region.
type Service struct {
	clock clock.Clock
	// Networks tells whether a VPC of an account exists; nil takes all for existing. Set it before the service is used.
	Networks func(place resource.Place, id string) bool

	mu      sync.Mutex
	zones   map[string]*zone // by id
	changes map[string]time.Time
}

// zone is a hosted zone.
type zone struct {
	id, account, name string // the name ends with a dot
	reference         string
	comment           string
	networks          []network // of a private zone
	servers           []string
	records           []record // in the order of the API
	tags              map[string]string
}

type network struct {
	VPCRegion string
	VPCId     string
}

// checkNetworks refuses VPCs that do not exist.
func (s *Service) checkNetworks(account string, networks []network) error {
	for _, each := range networks {
		if s.Networks != nil && !s.Networks(resource.Place{Account: account, Region: each.VPCRegion}, each.VPCId) {
			return wire.Errorf("InvalidVPCId", "The VPC ID is invalid.")
		}
	}
	return nil
}

// New returns a service without zones.
func New(clock clock.Clock) *Service {
	return &Service{clock: clock, zones: make(map[string]*zone), changes: make(map[string]time.Time)}
}

const namespace = "https://route53.amazonaws.com/doc/2013-04-01/"

// API returns the operations of Route 53.
func (s *Service) API() wire.Service {
	route := func(operation, method, path string) wire.Route {
		return wire.Route{Operation: operation, Method: method, Path: "/2013-04-01/" + path}
	}
	created := route("CreateHostedZone", "POST", "hostedzone")
	created.Status = 201
	return wire.Service{
		Name: "route53", Protocol: wire.RESTXML, Namespace: namespace,
		Routes: []wire.Route{
			created,
			route("ListHostedZones", "GET", "hostedzone"),
			route("ListHostedZonesByName", "GET", "hostedzonesbyname"),
			route("GetHostedZoneCount", "GET", "hostedzonecount"),
			route("GetHostedZone", "GET", "hostedzone/{Id}"),
			route("UpdateHostedZoneComment", "POST", "hostedzone/{Id}"),
			route("DeleteHostedZone", "DELETE", "hostedzone/{Id}"),
			route("ChangeResourceRecordSets", "POST", "hostedzone/{Id}/rrset"),
			route("ListResourceRecordSets", "GET", "hostedzone/{Id}/rrset"),
			route("GetChange", "GET", "change/{Id}"),
			route("ListTagsForResource", "GET", "tags/{ResourceType}/{ResourceId}"),
			route("ChangeTagsForResource", "POST", "tags/{ResourceType}/{ResourceId}"),
		},
		Path: func(r *http.Request) string { return strings.TrimSuffix(r.URL.EscapedPath(), "/") },
		Operations: map[string]wire.Handler{
			"CreateHostedZone":         wire.Op(s.createHostedZone),
			"ListHostedZones":          wire.Op(s.listHostedZones),
			"ListHostedZonesByName":    wire.Op(s.listHostedZonesByName),
			"GetHostedZoneCount":       wire.Op(s.getHostedZoneCount),
			"GetHostedZone":            wire.Op(s.getHostedZone),
			"UpdateHostedZoneComment":  wire.Op(s.updateHostedZoneComment),
			"DeleteHostedZone":         wire.Op(s.deleteHostedZone),
			"ChangeResourceRecordSets": wire.Op(s.changeResourceRecordSets),
			"ListResourceRecordSets":   wire.Op(s.listResourceRecordSets),
			"GetChange":                wire.Op(s.getChange),
			"ListTagsForResource":      wire.Op(s.listTagsForResource),
			"ChangeTagsForResource":    wire.Op(s.changeTagsForResource),
		},
	}
}

// Providers makes the types of AWS::Route53 real.
func (s *Service) Providers() map[string]resource.Provider {
	return map[string]resource.Provider{
		"AWS::Route53::HostedZone":     &zoneProvider{s},
		"AWS::Route53::RecordSet":      &recordProvider{s},
		"AWS::Route53::RecordSetGroup": &recordGroupProvider{s},
	}
}

// idOf returns the id of a zone or change as clients may write it: with its path, or without.
func idOf(given string) string {
	return strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(given, "/"), "hostedzone/"), "change/")
}

// newID returns the id of a zone or change.
func newID(prefix string) string {
	const length = 18
	return prefix + "0" + rand.Text()[:length]
}

// nameServers are four of the name servers that AWS has.
func nameServers(id string) []string {
	sum := 0
	for _, letter := range id {
		sum = (sum*31 + int(letter)) % 512 //nolint:mnd // of each top-level domain there are 512
	}
	servers := make([]string, 0, 4) //nolint:mnd // four
	for i, domain := range []string{"com", "net", "org", "co.uk"} {
		servers = append(servers, fmt.Sprintf("ns-%d.awsdns-%02d.%s", i*512+sum, sum/8, domain)) //nolint:mnd // as AWS numbers them
	}
	return servers
}

// addZone makes a zone with the two records that every zone has. Call it locked.
func (s *Service) addZone(made *zone) {
	made.id = newID("Z")
	made.servers = nameServers(made.id)
	var listed []value
	for _, server := range made.servers {
		listed = append(listed, value{server + "."})
	}
	made.records = []record{
		{Name: made.name, Type: "NS", TTL: new(int64(172800)), ResourceRecords: &values{listed}}, //nolint:mnd // two days
		{Name: made.name, Type: "SOA", TTL: new(int64(900)), ResourceRecords: &values{[]value{{ //nolint:mnd // 15 minutes
			made.servers[0] + ". awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400",
		}}}},
	}
	s.zones[made.id] = made
}

// find returns a zone of an account. Call it locked.
func (s *Service) find(account, id string) (*zone, error) {
	found, ok := s.zones[idOf(id)]
	if !ok || found.account != account {
		return nil, &wire.Error{
			Code: "NoSuchHostedZone", Status: http.StatusNotFound, Message: "No hosted zone found with ID: " + idOf(id),
		}
	}
	return found, nil
}

// removeZone removes a zone that has nothing but the records of its own. Call it locked.
func (s *Service) removeZone(removed *zone) error {
	const own = 2
	if len(removed.records) > own {
		return wire.Errorf("HostedZoneNotEmpty",
			"The specified hosted zone contains non-required resource record sets  and so cannot be deleted.")
	}
	delete(s.zones, removed.id)
	return nil
}

// zonesOf returns an account's zones by name, the parts of which are compared from the end. Call it locked.
func (s *Service) zonesOf(account string) []*zone {
	var found []*zone
	for _, each := range s.zones {
		if each.account == account {
			found = append(found, each)
		}
	}
	slices.SortFunc(found, func(a, b *zone) int {
		if order := strings.Compare(reversed(a.name), reversed(b.name)); order != 0 {
			return order
		}
		return strings.Compare(a.id, b.id)
	})
	return found
}

// changed notes a change and returns its id. Call it locked.
func (s *Service) changed() changeInfo {
	id := newID("C")
	s.changes[id] = s.clock.Now()
	return s.describeChange(id)
}

// describeChange tells a change: all name servers know of it when the time that AWS takes is over.
func (s *Service) describeChange(id string) changeInfo {
	submitted := s.changes[id]
	status := "PENDING"
	if s.clock.Now().Sub(submitted) >= s.clock.Scale(syncing) {
		status = "INSYNC"
	}
	return changeInfo{ID: "/change/" + id, Status: status, SubmittedAt: wire.At(submitted)}
}
