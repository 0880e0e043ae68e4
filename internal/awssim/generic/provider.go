// Package generic makes resources exist that need not do anything: networks, roles, buckets. One provider,
// driven by the embedded registry schemas, serves all of their types; what a schema does not say (the form of
// ids, how long things take, what blocks a deletion) is data, in the kinds files.
package generic

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/clock"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/network"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/cfn/schema"
)

// Provider keeps resources in memory.
type Provider struct {
	clock clock.Clock
	kinds map[string]kind

	mu        sync.RWMutex
	instances map[key]*instance
	// users are the resources with a property of a value: what refers to a resource is found by its id.
	users map[value]map[key]bool
}

// value is a property's value; the place keeps accounts and regions apart.
type value struct {
	resource.Place

	text string
}

// key finds a resource: physical ids are unique within a type, account and region.
type key struct {
	resource.Place

	resourceType, id string
}

// instance is a resource that exists. Its maps are replaced, never changed.
type instance struct {
	properties resource.Properties
	// generated are the attributes that were made up when it was created.
	generated map[string]any
	// tags are the stack's.
	tags map[string]string
}

// New returns a provider without resources.
func New(clock clock.Clock) *Provider {
	return &Provider{clock: clock, kinds: kinds(), instances: make(map[key]*instance), users: make(map[value]map[key]bool)}
}

var _ resource.Provider = (*Provider)(nil)

// Providers returns the provider for every type with a schema that another package does not have to make move.
func (p *Provider) Providers() map[string]resource.Provider {
	providers := make(map[string]resource.Provider)
	for _, name := range schema.Types() {
		if !moves(name) {
			providers[name] = p
		}
	}
	return providers
}

// Create makes up an id and attributes, then waits as long as AWS does.
func (p *Provider) Create(ctx context.Context, r resource.Request) (resource.Result, error) {
	kind := p.kindOf(r.Type)
	if kind.flaw != nil && kind.flaw(r.Properties) != "" {
		if id, _ := kind.identify(r); r.Initiated != nil {
			r.Initiated(id)
		}
		return resource.Result{}, &resource.Failure{Message: kind.flaw(r.Properties)}
	}
	made, id, err := p.make(kind, r)
	if err != nil {
		return resource.Result{}, err
	}
	if r.Initiated != nil {
		r.Initiated(id)
	}
	if err := p.wait(ctx, r, kind.create); err != nil {
		return resource.Result{}, fmt.Errorf("creating %s: %w", id, err)
	}
	return resource.Result{PhysicalID: id, Attributes: attributes(r.Type, made)}, nil
}

// wait waits as long as AWS does, unless it is asked not to.
func (p *Provider) wait(ctx context.Context, r resource.Request, takes time.Duration) error {
	if r.Express {
		return nil
	}
	return p.clock.Sleep(ctx, takes) // the caller says for what
}

// make registers a new resource, or refuses it as its service would.
func (p *Provider) make(kind kind, r resource.Request) (*instance, string, error) {
	id, generated := kind.identify(r)
	p.mu.Lock()
	defer p.mu.Unlock()
	at := key{Place: r.Place, resourceType: r.Type, id: id}
	if p.instances[at] != nil {
		return nil, "", props.AlreadyExists(r.Type, id)
	}
	if kind.check != nil {
		if err := kind.check(p, r); err != nil {
			return nil, "", err
		}
	}
	made := &instance{properties: r.Properties, generated: generated, tags: r.Tags}
	p.put(at, made)
	return made, id, nil
}

// Update takes the new properties over.
func (p *Provider) Update(ctx context.Context, r resource.Request) (resource.Result, error) {
	p.mu.Lock()
	at := key{Place: r.Place, resourceType: r.Type, id: r.PhysicalID}
	old := p.instances[at]
	if old == nil {
		p.mu.Unlock()
		return resource.Result{}, props.NotFound(r.Type, r.PhysicalID)
	}
	changed := &instance{properties: r.Properties, generated: old.generated, tags: r.Tags}
	p.put(at, changed)
	p.mu.Unlock()
	if err := p.wait(ctx, r, p.kindOf(r.Type).update); err != nil {
		return resource.Result{}, fmt.Errorf("updating %s: %w", r.PhysicalID, err)
	}
	return resource.Result{PhysicalID: r.PhysicalID, Attributes: attributes(r.Type, changed)}, nil
}

// Delete removes a resource that nothing depends on.
func (p *Provider) Delete(ctx context.Context, r resource.Request) error {
	kind := p.kindOf(r.Type)
	if kind.flaw != nil && kind.flaw(r.Properties) != "" {
		return &resource.Failure{Message: kind.flaw(r.Properties)}
	}
	if err := p.wait(ctx, r, kind.remove); err != nil {
		return fmt.Errorf("deleting %s: %w", r.PhysicalID, err)
	}
	return p.drop(kind, r)
}

// drop deletes a resource, or refuses it as its service would.
func (p *Provider) drop(kind kind, r resource.Request) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.blocked(kind, r) {
		return &resource.Failure{Message: fmt.Sprintf(kind.blocked, r.PhysicalID), HandlerErrorCode: "InvalidRequest"}
	}
	p.put(key{Place: r.Place, resourceType: r.Type, id: r.PhysicalID}, nil)
	return nil
}

// put replaces a resource, or removes it if there is no new one, and keeps users right. The caller holds p.mu.
func (p *Provider) put(at key, next *instance) {
	if old := p.instances[at]; old != nil {
		for _, of := range texts(at, old) {
			delete(p.users[of], at)
			if len(p.users[of]) == 0 {
				delete(p.users, of)
			}
		}
		delete(p.instances, at)
	}
	if next == nil {
		return
	}
	p.instances[at] = next
	for _, of := range texts(at, next) {
		if p.users[of] == nil {
			p.users[of] = make(map[key]bool)
		}
		p.users[of][at] = true
	}
}

// texts returns the values of the properties that are strings.
func texts(at key, of *instance) []value {
	var found []value
	for _, each := range of.properties {
		if plain := text(each); plain != "" {
			found = append(found, value{Place: at.Place, text: plain})
		}
	}
	return found
}

// blocked reports whether a resource of a blocking type refers to the one to be deleted. The caller holds p.mu.
func (p *Provider) blocked(kind kind, r resource.Request) bool {
	if len(kind.blockers) == 0 {
		return false
	}
	name := kind.referredBy(r, p)
	for at := range p.users[value{Place: r.Place, text: name}] {
		if property, blocks := kind.blockers[at.resourceType]; blocks && text(p.instances[at].properties[property]) == name {
			return true
		}
	}
	return false
}

// Subnet is a network.Lookup of the subnets that stacks created.
func (p *Provider) Subnet(account, region, id string) (network.Subnet, bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	place := resource.Place{Account: account, Region: region}
	found, ok := p.instances[key{Place: place, resourceType: subnetType, id: id}]
	if !ok {
		return network.Subnet{}, false
	}
	shown := attributes(subnetType, found)
	return network.Subnet{
		ID: id, VpcID: text(shown["VpcId"]), CIDR: text(shown["CidrBlock"]), AvailabilityZone: text(shown["AvailabilityZone"]),
	}, true
}

// attributes returns what Fn::GetAtt answers: what was made up, and the properties that can be asked for.
func attributes(resourceType string, of *instance) map[string]any {
	shown := maps.Clone(of.generated)
	known, ok := schema.For(resourceType)
	if !ok {
		return shown
	}
	otherwise := usual(resourceType)
	for _, name := range known.Attributes() {
		if _, made := shown[name]; made {
			continue
		}
		shown[name] = ""
		if given, ok := otherwise[name]; ok {
			shown[name] = given
		}
		if given, ok := at(of.properties, name); ok {
			shown[name] = given
		}
	}
	return shown
}

// at follows a dotted name.
func at(properties map[string]any, name string) (any, bool) {
	first, rest, nested := strings.Cut(name, ".")
	given, ok := properties[first]
	if !nested || !ok {
		return given, ok
	}
	inner, ok := given.(map[string]any)
	if !ok {
		return nil, false
	}
	return at(inner, rest)
}

func text(given any) string {
	plain, _ := given.(string)
	return plain
}
