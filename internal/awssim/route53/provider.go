package route53

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// zoneProperties are the properties of AWS::Route53::HostedZone that are acted on.
type zoneProperties struct {
	Name             string
	HostedZoneConfig struct{ Comment string }
	HostedZoneTags   []props.Tag
	VPCs             []network
}

type zoneProvider struct{ *Service }

var _ resource.Reader = (*zoneProvider)(nil)

// Create makes a hosted zone.
func (p *zoneProvider) Create(ctx context.Context, r resource.Request) (resource.Result, error) {
	var wanted zoneProperties
	if err := props.Decode(r.Properties, &wanted); err != nil {
		return resource.Result{}, err
	}
	if !isDomain(wanted.Name) {
		return resource.Result{}, failure(wire.Errorf("InvalidDomainName", "%s is not a valid domain name.", wanted.Name))
	}
	made := &zone{account: r.Account, name: canonical(wanted.Name), reference: uuid.NewString()}
	made.set(r, &wanted)
	if err := p.checkNetworks(r.Account, made.networks); err != nil {
		return resource.Result{}, failure(err)
	}
	p.mu.Lock()
	p.addZone(made)
	p.mu.Unlock()
	if r.Initiated != nil {
		r.Initiated(made.id)
	}
	return made.result(), p.settle(ctx)
}

func (z *zone) set(r resource.Request, wanted *zoneProperties) {
	z.comment, z.networks = wanted.HostedZoneConfig.Comment, wanted.VPCs
	z.tags = props.MergeTags(r.Tags, wanted.HostedZoneTags)
}

func (z *zone) result() resource.Result {
	servers := make([]any, len(z.servers))
	for i, server := range z.servers {
		servers[i] = server
	}
	return resource.Result{PhysicalID: z.id, Attributes: map[string]any{"Id": z.id, "NameServers": servers}}
}

// settle waits until all name servers know of a change.
func (s *Service) settle(ctx context.Context) error {
	if err := s.clock.Sleep(ctx, syncing); err != nil {
		return fmt.Errorf("waiting for the name servers: %w", err)
	}
	return nil
}

// Update changes comment, tags and VPCs.
func (p *zoneProvider) Update(_ context.Context, r resource.Request) (resource.Result, error) {
	var wanted zoneProperties
	if err := props.Decode(r.Properties, &wanted); err != nil {
		return resource.Result{}, err
	}
	if err := p.checkNetworks(r.Account, wanted.VPCs); err != nil {
		return resource.Result{}, failure(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	found, err := p.find(r.Account, r.PhysicalID)
	if err != nil {
		return resource.Result{}, props.NotFound(r.Type, r.PhysicalID)
	}
	found.set(r, &wanted)
	return found.result(), nil
}

// Delete removes a zone that has no records but its own.
func (p *zoneProvider) Delete(_ context.Context, r resource.Request) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	found, err := p.find(r.Account, r.PhysicalID)
	if err != nil {
		return nil // it is gone
	}
	return failure(p.removeZone(found))
}

// Read returns a zone as it is.
func (p *zoneProvider) Read(r resource.Request) (resource.Properties, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	found, err := p.find(r.Account, r.PhysicalID)
	if err != nil {
		return nil, false
	}
	actual := resource.Properties{"Name": found.name, "HostedZoneConfig": map[string]any{"Comment": found.comment}}
	if given, _ := r.Properties["Name"].(string); canonical(given) == found.name {
		actual["Name"] = given
	}
	for _, unchecked := range []string{"VPCs", "HostedZoneTags"} {
		actual[unchecked] = r.Properties[unchecked]
	}
	return actual, true
}

// failure is an error as the handler of hosted zones reports it.
func failure(err error) error {
	told, ok := errors.AsType[*wire.Error](err)
	if !ok {
		return err
	}
	status := told.Status
	if status == 0 {
		status = 400
	}
	return &resource.Failure{
		Message: fmt.Sprintf("%s (Service: Route53, Status Code: %d, Request ID: %s) (SDK Attempt Count: 1)",
			told.Message, status, uuid.NewString()),
		HandlerErrorCode: "InvalidRequest",
	}
}
