package route53

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type zoneConfig struct {
	Comment     string `xml:",omitempty"`
	PrivateZone bool
}

type hostedZone struct {
	ID                     string `xml:"Id"`
	Name                   string
	CallerReference        string
	Config                 zoneConfig
	ResourceRecordSetCount int
}

type changeInfo struct {
	ID          string `xml:"Id"`
	Status      string
	SubmittedAt wire.Time
	Comment     string `xml:",omitempty"`
}

type delegationSet struct {
	NameServers []string `xml:"NameServers>NameServer"`
}

func (z *zone) describe() hostedZone {
	return hostedZone{
		ID: "/hostedzone/" + z.id, Name: z.name, CallerReference: z.reference,
		Config: zoneConfig{z.comment, len(z.networks) > 0}, ResourceRecordSetCount: len(z.records),
	}
}

// delegation are the name servers of a public zone.
func (z *zone) delegation() *delegationSet {
	if len(z.networks) > 0 {
		return nil
	}
	return &delegationSet{z.servers}
}

type createZoneInput struct {
	Zone createZone `body:"xml"`
}

type createZone struct {
	Name             string
	VPC              *network
	CallerReference  string
	HostedZoneConfig *zoneConfig
}

type createZoneOutput struct {
	Location string      `header:"Location"`
	Zone     createdZone `body:"xml"`
}

type createdZone struct {
	HostedZone    hostedZone
	ChangeInfo    changeInfo
	DelegationSet *delegationSet
	VPC           *network
}

func (s *Service) createHostedZone(_ context.Context, call *wire.Call, in *createZoneInput) (*createZoneOutput, error) {
	asked := &in.Zone
	if asked.CallerReference == "" {
		return nil, wire.Errorf("InvalidInput", "1 validation error detected: Value null at 'callerReference' failed to satisfy "+
			"constraint: Member must not be null")
	}
	if !isDomain(asked.Name) {
		return nil, wire.Errorf("InvalidDomainName", "%s is not a valid domain name.", asked.Name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, other := range s.zones {
		if other.account == call.Account && other.reference == asked.CallerReference {
			return nil, &wire.Error{
				Code: "HostedZoneAlreadyExists", Status: http.StatusConflict,
				Message: "A hosted zone has already been created with the specified caller reference.",
			}
		}
	}
	made := &zone{account: call.Account, name: canonical(asked.Name), reference: asked.CallerReference}
	if asked.VPC != nil {
		made.networks = []network{*asked.VPC}
	}
	if err := s.checkNetworks(call.Account, made.networks); err != nil {
		return nil, err
	}
	if asked.HostedZoneConfig != nil {
		made.comment = asked.HostedZoneConfig.Comment
	}
	s.addZone(made)
	return &createZoneOutput{
		Location: strings.TrimSuffix(namespace, "doc/2013-04-01/") + "2013-04-01/hostedzone/" + made.id,
		Zone: createdZone{
			HostedZone: made.describe(), ChangeInfo: s.changed(), DelegationSet: made.delegation(), VPC: asked.VPC,
		},
	}, nil
}

type zoneInput struct {
	ID string `path:"Id"`
}

type getZoneOutput struct {
	HostedZone    hostedZone
	DelegationSet *delegationSet
	VPCs          *vpcList
}

type vpcList struct {
	VPC []network
}

func (s *Service) getHostedZone(_ context.Context, call *wire.Call, in *zoneInput) (*getZoneOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.find(call.Account, in.ID)
	if err != nil {
		return nil, err
	}
	out := &getZoneOutput{HostedZone: found.describe(), DelegationSet: found.delegation()}
	if len(found.networks) > 0 {
		out.VPCs = &vpcList{found.networks}
	}
	return out, nil
}

type commentInput struct {
	ID   string `path:"Id"`
	Body struct {
		Comment string
	} `body:"xml"`
}

type commentOutput struct {
	HostedZone hostedZone
}

func (s *Service) updateHostedZoneComment(_ context.Context, call *wire.Call, in *commentInput) (*commentOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.find(call.Account, in.ID)
	if err != nil {
		return nil, err
	}
	found.comment = in.Body.Comment
	return &commentOutput{HostedZone: found.describe()}, nil
}

type changeOutput struct {
	ChangeInfo changeInfo
}

func (s *Service) deleteHostedZone(_ context.Context, call *wire.Call, in *zoneInput) (*changeOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.find(call.Account, in.ID)
	if err != nil {
		return nil, err
	}
	if err := s.removeZone(found); err != nil {
		return nil, err
	}
	return &changeOutput{s.changed()}, nil
}

type listZonesInput struct {
	Marker   string `param:"marker"`
	MaxItems string `param:"maxitems"`
}

type listZonesOutput struct {
	HostedZones []hostedZone `xml:"HostedZones>HostedZone"`
	Marker      string
	IsTruncated bool
	NextMarker  string `xml:",omitempty"`
	MaxItems    string
}

func (s *Service) listHostedZones(_ context.Context, call *wire.Call, in *listZonesInput) (*listZonesOutput, error) {
	limit, err := pageSize(in.MaxItems)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.zonesOf(call.Account)
	slices.SortFunc(all, func(a, b *zone) int { return strings.Compare(a.id, b.id) })
	out := &listZonesOutput{Marker: in.Marker, MaxItems: strconv.Itoa(limit), HostedZones: []hostedZone{}}
	for _, each := range all {
		switch {
		case each.id < in.Marker:
		case len(out.HostedZones) == limit:
			out.IsTruncated, out.NextMarker = true, each.id
			return out, nil
		default:
			out.HostedZones = append(out.HostedZones, each.describe())
		}
	}
	return out, nil
}

// largestPage is the most that a listing answers at once, and what it answers unless it is told otherwise.
const largestPage = 100

// largestRecordPage is that of record sets.
const largestRecordPage = 300

func pageSize(given string) (int, error) {
	if given == "" {
		return largestPage, nil
	}
	size, err := strconv.Atoi(given)
	if err != nil || size < 1 {
		return 0, wire.Errorf("InvalidInput", "maxItems must be a positive integer, not %s", given)
	}
	return min(size, largestRecordPage), nil
}

type listByNameInput struct {
	DNSName  string `param:"dnsname"`
	ZoneID   string `param:"hostedzoneid"`
	MaxItems string `param:"maxitems"`
}

type listByNameOutput struct {
	HostedZones      []hostedZone `xml:"HostedZones>HostedZone"`
	DNSName          string       `xml:",omitempty"`
	HostedZoneID     string       `xml:"HostedZoneId,omitempty"`
	IsTruncated      bool
	NextDNSName      string `xml:",omitempty"`
	NextHostedZoneID string `xml:"NextHostedZoneId,omitempty"`
	MaxItems         string
}

// listHostedZonesByName begins at a name; it does not select it.
func (s *Service) listHostedZonesByName(_ context.Context, call *wire.Call, in *listByNameInput) (*listByNameOutput, error) {
	limit, err := pageSize(in.MaxItems)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	start := reversed(canonical(in.DNSName)) + " " + idOf(in.ZoneID)
	out := &listByNameOutput{
		DNSName: in.DNSName, HostedZoneID: in.ZoneID, MaxItems: strconv.Itoa(limit), HostedZones: []hostedZone{},
	}
	for _, each := range s.zonesOf(call.Account) {
		if in.DNSName != "" && reversed(each.name)+" "+each.id < start {
			continue
		}
		if len(out.HostedZones) == limit {
			out.IsTruncated, out.NextDNSName, out.NextHostedZoneID = true, each.name, each.id
			break
		}
		out.HostedZones = append(out.HostedZones, each.describe())
	}
	return out, nil
}

type countOutput struct{ HostedZoneCount int }

func (s *Service) getHostedZoneCount(_ context.Context, call *wire.Call, _ *wire.None) (*countOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &countOutput{len(s.zonesOf(call.Account))}, nil
}

func (s *Service) getChange(_ context.Context, _ *wire.Call, in *zoneInput) (*changeOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := idOf(in.ID)
	if _, ok := s.changes[id]; !ok {
		return nil, &wire.Error{
			Code: "NoSuchChange", Status: http.StatusNotFound, Message: "Could not find resource with ID: " + id,
		}
	}
	return &changeOutput{s.describeChange(id)}, nil
}
