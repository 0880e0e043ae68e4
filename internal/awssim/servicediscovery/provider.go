package servicediscovery

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// namespaceResource has the properties of both types of namespaces that are acted on.
type namespaceResource struct {
	Name, Description, Vpc string
	Properties             *namespaceChange
	Tags                   []props.Tag
}

// namespaceProvider makes namespaces of one kind.
type namespaceProvider struct {
	*Service

	kind string
}

var _ resource.Reader = (*namespaceProvider)(nil)

// Create makes a namespace and waits for its operation.
func (p *namespaceProvider) Create(ctx context.Context, r resource.Request) (resource.Result, error) {
	var given namespaceResource
	if err := props.Decode(r.Properties, &given); err != nil {
		return resource.Result{}, err
	}
	wanted := &wantedNamespace{
		kind: p.kind, name: given.Name, description: given.Description, vpc: given.Vpc, tags: props.MergeTags(r.Tags, given.Tags),
	}
	if given.Properties != nil {
		wanted.soa = &given.Properties.DNSProperties.SOA.TTL
	}
	p.mu.Lock()
	begun, made, err := p.addNamespace(r.Place, wanted)
	p.mu.Unlock()
	switch {
	case err != nil:
		return resource.Result{}, failure(err)
	case made == nil:
		return resource.Result{}, &resource.Failure{
			Message: begun.code + ": " + begun.message, HandlerErrorCode: "GeneralServiceException",
		}
	}
	if r.Initiated != nil {
		r.Initiated(made.id)
	}
	return made.result(), p.await(ctx, begun.lasts)
}

func (n *namespace) result() resource.Result {
	made := map[string]any{"Id": n.id, "Arn": n.arn()}
	if n.zone != "" {
		made["HostedZoneId"] = n.zone
	}
	return resource.Result{PhysicalID: n.id, Attributes: made}
}

func (s *Service) await(ctx context.Context, lasts time.Duration) error {
	if err := s.Clock.Sleep(ctx, lasts); err != nil {
		return fmt.Errorf("waiting for the operation: %w", err)
	}
	return nil
}

// Update changes the description, tags, and the TTL of the SOA record.
func (p *namespaceProvider) Update(_ context.Context, r resource.Request) (resource.Result, error) {
	var given namespaceResource
	if err := props.Decode(r.Properties, &given); err != nil {
		return resource.Result{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	found := p.namespaces[r.PhysicalID]
	if found == nil {
		return resource.Result{}, props.NotFound(r.Type, r.PhysicalID)
	}
	lifetime := int64(defaultSOA)
	if given.Properties != nil {
		lifetime = given.Properties.DNSProperties.SOA.TTL
	}
	p.alter(found, &given.Description, &lifetime)
	found.tags = props.MergeTags(r.Tags, given.Tags)
	return found.result(), nil
}

// Delete removes a namespace that has no services.
func (p *namespaceProvider) Delete(ctx context.Context, r resource.Request) error {
	p.mu.Lock()
	found := p.namespaces[r.PhysicalID]
	if found == nil {
		p.mu.Unlock()
		return nil
	}
	err := p.removeNamespace(found)
	p.mu.Unlock()
	if err != nil {
		return failure(err)
	}
	return p.await(ctx, shortTime)
}

// Read returns a namespace as it is.
func (p *namespaceProvider) Read(r resource.Request) (resource.Properties, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	found := p.namespaces[r.PhysicalID]
	if found == nil {
		return nil, false
	}
	return readAs(r, found.name, found.description, found.tags), true
}

// readAs are a resource's properties as they were declared, but for what can be changed behind CloudFormation's back.
func readAs(r resource.Request, name, description string, tags map[string]string) resource.Properties {
	now := resource.Properties{"Name": name, "Description": nil}
	if description != "" {
		now["Description"] = description
	}
	return props.DeclaredBy(r).Read(now, tags)
}

// serviceResource has the properties of AWS::ServiceDiscovery::Service that are acted on.
type serviceResource struct {
	ServiceSpec

	Tags []props.Tag
}

type serviceProvider struct{ *Service }

var _ resource.Reader = (*serviceProvider)(nil)

// Create makes a service.
func (p *serviceProvider) Create(_ context.Context, r resource.Request) (resource.Result, error) {
	var given serviceResource
	if err := props.Decode(r.Properties, &given); err != nil {
		return resource.Result{}, err
	}
	if given.Name == "" {
		given.Name = props.GeneratedName(r.StackName, r.LogicalID)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	made, err := p.addService(r.Place, &given.ServiceSpec, "", props.MergeTags(r.Tags, given.Tags))
	if err != nil {
		return resource.Result{}, failure(err)
	}
	return made.result(), nil
}

func (s *service) result() resource.Result {
	return resource.Result{PhysicalID: s.id, Attributes: map[string]any{"Id": s.id, "Arn": s.arn(), "Name": s.name}}
}

// Update changes the description, tags, and times to live.
func (p *serviceProvider) Update(ctx context.Context, r resource.Request) (resource.Result, error) {
	var given serviceResource
	if err := props.Decode(r.Properties, &given); err != nil {
		return resource.Result{}, err
	}
	found, err := p.change(r, &given)
	if err != nil {
		return resource.Result{}, err
	}
	return found.result(), p.await(ctx, shortTime)
}

func (p *serviceProvider) change(r resource.Request, given *serviceResource) (*service, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	found := p.services[r.PhysicalID]
	switch {
	case found == nil:
		return nil, props.NotFound(r.Type, r.PhysicalID)
	case given.HealthCheckConfig != nil:
		return nil, props.Unsupported("the property HealthCheckConfig")
	case given.DNSConfig == nil:
		p.unlist(found)
	default:
		if err := p.retime(found, given.DNSConfig.DNSRecords); err != nil {
			return nil, failure(err)
		}
	}
	found.description, found.tags = given.Description, props.MergeTags(r.Tags, given.Tags)
	return found, nil
}

// Delete removes a service that has no instances.
func (p *serviceProvider) Delete(_ context.Context, r resource.Request) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	found := p.services[r.PhysicalID]
	if found == nil {
		return nil
	}
	return failure(p.removeService(found))
}

// Read returns a service as it is.
func (p *serviceProvider) Read(r resource.Request) (resource.Properties, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	found := p.services[r.PhysicalID]
	if found == nil {
		return nil, false
	}
	return readAs(r, found.name, found.description, found.tags), true
}

// failure words an error of the API as the handlers of these types do (believed).
func failure(err error) error {
	told, ok := errors.AsType[*wire.Error](err)
	if !ok {
		return err
	}
	code := map[string]string{
		"NamespaceAlreadyExists": "AlreadyExists", "ServiceAlreadyExists": "AlreadyExists", "NamespaceNotFound": "NotFound",
		"ResourceInUse": "ResourceConflict",
	}[told.Code]
	if code == "" {
		code = "InvalidRequest"
	}
	return &resource.Failure{
		Message: fmt.Sprintf("%s (Service: ServiceDiscovery, Status Code: 400, Request ID: %s) (SDK Attempt Count: 1)",
			told.Message, uuid.NewString()),
		HandlerErrorCode: code,
	}
}
