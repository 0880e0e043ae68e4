package route53

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// recordProperties are a record set as templates write it.
type recordProperties struct {
	HostedZoneId     string //nolint:staticcheck // as the property is called
	HostedZoneName   string
	Comment          string
	Name             string
	Type             string
	TTL              string
	ResourceRecords  []string
	AliasTarget      *alias
	SetIdentifier    string
	Weight           *int64
	Region           string
	Failover         string
	MultiValueAnswer *bool
	GeoLocation      *geoLocation
	HealthCheckId    string //nolint:staticcheck // as the property is called
}

func (p *recordProperties) record() (record, error) {
	made := record{
		Name: p.Name, Type: p.Type, AliasTarget: p.AliasTarget, SetIdentifier: p.SetIdentifier, Weight: p.Weight, Region: p.Region,
		Failover: p.Failover, MultiValueAnswer: p.MultiValueAnswer, GeoLocation: p.GeoLocation, HealthCheckId: p.HealthCheckId,
	}
	if p.TTL != "" {
		lifetime, err := strconv.ParseInt(p.TTL, 10, 32)
		if err != nil || lifetime < 0 {
			return made, fmt.Errorf("invalid value for TTL: %s", p.TTL)
		}
		made.TTL = &lifetime
	}
	if len(p.ResourceRecords) > 0 {
		made.ResourceRecords = &values{}
		for _, text := range p.ResourceRecords {
			made.ResourceRecords.ResourceRecord = append(made.ResourceRecords.ResourceRecord, value{text})
		}
	}
	return made, nil
}

// zoneFor finds the zone that a template names by its id or its name. Call it locked.
func (s *Service) zoneFor(account, id, name string) (*zone, error) {
	if id != "" {
		return s.find(account, id)
	}
	var found []*zone
	for _, each := range s.zonesOf(account) {
		if each.name == canonical(name) {
			found = append(found, each)
		}
	}
	switch {
	case len(found) == 0:
		return nil, fmt.Errorf("no hosted zones named %s found", name)
	case len(found) > 1:
		return nil, fmt.Errorf("found more than one hosted zone named %s", name)
	}
	return found[0], nil
}

// reason is an error as CloudFormation reports it for records: the batch's messages alone.
func reason(err error) error {
	if told, ok := errors.AsType[*wire.Error](err); ok {
		return errors.New(told.Message)
	}
	return err
}

// commit makes changes in the zone that a template names.
func (s *Service) commit(account, zoneID, zoneName string, changes []change) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.zoneFor(account, zoneID, zoneName)
	if err != nil {
		return reason(err)
	}
	return reason(found.apply(changes))
}

type recordProvider struct{ *Service }

var _ resource.Reader = (*recordProvider)(nil)

func readRecord(properties resource.Properties) (recordProperties, record, error) {
	var wanted recordProperties
	if err := props.Decode(properties, &wanted); err != nil {
		return wanted, record{}, err
	}
	made, err := wanted.record()
	return wanted, made, err
}

// Create creates a record set that must not exist.
func (p *recordProvider) Create(ctx context.Context, r resource.Request) (resource.Result, error) {
	wanted, made, err := readRecord(r.Properties)
	if err != nil {
		return resource.Result{}, err
	}
	if err := p.commit(r.Account, wanted.HostedZoneId, wanted.HostedZoneName, []change{{actionCreate, made}}); err != nil {
		return resource.Result{}, err
	}
	if r.Initiated != nil {
		r.Initiated(wanted.Name)
	}
	return recordResult(wanted.Name), p.settle(ctx)
}

func recordResult(name string) resource.Result {
	return resource.Result{PhysicalID: name, Attributes: map[string]any{"Id": name}}
}

// Update replaces the record set, in one batch if type or identifier change.
func (p *recordProvider) Update(ctx context.Context, r resource.Request) (resource.Result, error) {
	wanted, made, err := readRecord(r.Properties)
	if err != nil {
		return resource.Result{}, err
	}
	_, before, err := readRecord(r.Previous)
	if err != nil {
		return resource.Result{}, err
	}
	changes := replacing([]record{before}, []record{made})
	if err := p.commit(r.Account, wanted.HostedZoneId, wanted.HostedZoneName, changes); err != nil {
		return resource.Result{}, err
	}
	return recordResult(r.PhysicalID), p.settle(ctx)
}

// replacing are the changes that lead from some record sets to others.
func replacing(before, after []record) []change {
	var changes []change
	for i := range before {
		before[i].complete()
	}
	for i := range after {
		after[i].complete()
	}
	for _, old := range before {
		if !slices.ContainsFunc(after, func(r record) bool { return r.is(&old) }) {
			changes = append(changes, change{actionDelete, old})
		}
	}
	for _, made := range after {
		changes = append(changes, change{actionUpsert, made})
	}
	return changes
}

// Delete deletes the record set, whatever it says by now.
func (p *recordProvider) Delete(ctx context.Context, r resource.Request) error {
	wanted, last, err := readRecord(r.Properties)
	if err != nil {
		return err
	}
	if !p.drop(r.Account, wanted.HostedZoneId, wanted.HostedZoneName, []record{last}) {
		return nil
	}
	return p.settle(ctx)
}

// drop deletes those record sets that are still there, and says whether there were any.
func (s *Service) drop(account, zoneID, zoneName string, gone []record) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.zoneFor(account, zoneID, zoneName)
	if err != nil {
		return false
	}
	before := len(found.records)
	for _, each := range gone {
		each.complete()
		found.records = slices.DeleteFunc(slices.Clone(found.records), func(r record) bool { return r.is(&each) })
	}
	return len(found.records) < before
}

// Read returns the record set as it is.
func (p *recordProvider) Read(r resource.Request) (resource.Properties, bool) {
	wanted, last, err := readRecord(r.Properties)
	if err != nil {
		return nil, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	found, err := p.zoneFor(r.Account, wanted.HostedZoneId, wanted.HostedZoneName)
	if err != nil {
		return nil, false
	}
	return found.read(r.Properties, last)
}

// read returns a template's record set with those of its properties changed that are not as they were.
func (z *zone) read(template resource.Properties, last record) (resource.Properties, bool) {
	last.complete()
	at := slices.IndexFunc(z.records, func(r record) bool { return r.is(&last) })
	if at < 0 {
		return nil, false
	}
	now := z.records[at]
	actual := resource.Properties{}
	maps.Copy(actual, template)
	if _, given := template["TTL"]; given && (now.TTL == nil || *now.TTL != *last.TTL) {
		delete(actual, "TTL")
		if now.TTL != nil {
			actual["TTL"] = strconv.FormatInt(*now.TTL, 10)
		}
	}
	if _, given := template["ResourceRecords"]; given && !slices.Equal(now.texts(), last.texts()) {
		list := []any{}
		for _, text := range now.texts() {
			list = append(list, text)
		}
		actual["ResourceRecords"] = list
	}
	if last.AliasTarget != nil && (now.AliasTarget == nil || *now.AliasTarget != *last.AliasTarget) {
		delete(actual, "AliasTarget")
		if now.AliasTarget != nil {
			actual["AliasTarget"] = map[string]any{
				"HostedZoneId": now.AliasTarget.HostedZoneId, "DNSName": strings.TrimSuffix(now.AliasTarget.DNSName, "."),
				"EvaluateTargetHealth": now.AliasTarget.EvaluateTargetHealth,
			}
		}
	}
	return actual, true
}
