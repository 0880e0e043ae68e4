package route53

import (
	"context"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// recordGroupProperties are the properties of AWS::Route53::RecordSetGroup.
type recordGroupProperties struct {
	HostedZoneId   string //nolint:staticcheck // as the property is called
	HostedZoneName string
	Comment        string
	RecordSets     []recordProperties
}

type recordGroupProvider struct{ *Service }

var _ resource.Reader = (*recordGroupProvider)(nil)

func readRecordGroup(properties resource.Properties) (recordGroupProperties, []record, error) {
	var wanted recordGroupProperties
	if err := props.Decode(properties, &wanted); err != nil {
		return wanted, nil, err
	}
	var records []record
	for i := range wanted.RecordSets {
		made, err := wanted.RecordSets[i].record()
		if err != nil {
			return wanted, nil, err
		}
		records = append(records, made)
	}
	return wanted, records, nil
}

// Create creates the group's record sets, all of them or none.
func (p *recordGroupProvider) Create(ctx context.Context, r resource.Request) (resource.Result, error) {
	wanted, records, err := readRecordGroup(r.Properties)
	if err != nil {
		return resource.Result{}, err
	}
	var changes []change
	for _, each := range records {
		changes = append(changes, change{actionCreate, each})
	}
	if err := p.commit(r.Account, wanted.HostedZoneId, wanted.HostedZoneName, changes); err != nil {
		return resource.Result{}, err
	}
	id := props.GeneratedName(r.StackName, r.LogicalID)
	if r.Initiated != nil {
		r.Initiated(id)
	}
	return recordResult(id), p.settle(ctx)
}

// Update leads from the record sets before to those wanted, in one batch.
func (p *recordGroupProvider) Update(ctx context.Context, r resource.Request) (resource.Result, error) {
	wanted, records, err := readRecordGroup(r.Properties)
	if err != nil {
		return resource.Result{}, err
	}
	_, before, err := readRecordGroup(r.Previous)
	if err != nil {
		return resource.Result{}, err
	}
	changes := replacing(before, records)
	if err := p.commit(r.Account, wanted.HostedZoneId, wanted.HostedZoneName, changes); err != nil {
		return resource.Result{}, err
	}
	return recordResult(r.PhysicalID), p.settle(ctx)
}

// Delete deletes those of the record sets that are still there.
func (p *recordGroupProvider) Delete(ctx context.Context, r resource.Request) error {
	wanted, records, err := readRecordGroup(r.Properties)
	if err != nil {
		return err
	}
	if !p.drop(r.Account, wanted.HostedZoneId, wanted.HostedZoneName, records) {
		return nil
	}
	return p.settle(ctx)
}

// Read returns the record sets as they are; the group is gone when all of them are.
func (p *recordGroupProvider) Read(r resource.Request) (resource.Properties, bool) {
	wanted, records, err := readRecordGroup(r.Properties)
	if err != nil {
		return nil, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	found, err := p.zoneFor(r.Account, wanted.HostedZoneId, wanted.HostedZoneName)
	if err != nil {
		return nil, false
	}
	sets := []any{}
	templates, _ := r.Properties["RecordSets"].([]any)
	for i := range records {
		template, _ := templates[i].(map[string]any)
		if actual, ok := found.read(template, records[i]); ok {
			sets = append(sets, actual)
		}
	}
	actual := resource.Properties{"RecordSets": sets}
	for _, name := range []string{"HostedZoneId", "HostedZoneName", "Comment"} {
		if value, ok := r.Properties[name]; ok {
			actual[name] = value
		}
	}
	return actual, len(sets) > 0
}
