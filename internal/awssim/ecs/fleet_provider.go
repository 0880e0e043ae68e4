package ecs

import (
	"context"
	"fmt"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// How long CloudFormation waits for a service: about three hours (aws/containers-roadmap #1369), and longer for
// deployments that shift traffic ("Deployment lifecycle stages", developer guide).
const (
	stabilizing         = 3 * time.Hour
	stabilizingShifting = 36 * time.Hour
)

type fleetProvider struct{ *Service }

// fleetProperties are the properties of AWS::ECS::Service that are acted on.
type fleetProperties struct {
	FleetSpec

	Cluster            string
	ServiceName        string
	ForceNewDeployment forceDeployment
	Tags               []Tag
}

// forceDeployment deploys anew with every update; its nonce only makes one.
type forceDeployment struct {
	EnableForceNewDeployment bool
	ForceNewDeploymentNonce  string
}

// Create makes a service and waits until its first deployment has completed.
func (p *fleetProvider) Create(ctx context.Context, r resource.Request) (resource.Result, error) {
	var wanted fleetProperties
	if err := props.Decode(r.Properties, &wanted); err != nil {
		return resource.Result{}, err
	}
	if wanted.ServiceName == "" {
		wanted.ServiceName = props.GeneratedName(r.StackName, r.LogicalID)
	}
	made, begun, err := p.create(r, &wanted) //nolint:contextcheck // the tasks outlive the request
	if err != nil {
		return resource.Result{}, handlerFailure(err)
	}
	if r.Initiated != nil {
		r.Initiated(made.arn)
	}
	if r.Express {
		return made.result(), nil
	}
	return made.result(), p.await(ctx, made, begun)
}

func (p *fleetProvider) create(r resource.Request, wanted *fleetProperties) (*fleet, *deployment, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	into, err := p.cluster(r.Place, wanted.Cluster)
	if err != nil {
		return nil, nil, err
	}
	made, err := p.newFleet(into, wanted.ServiceName, &wanted.FleetSpec, mergeTags(r, wanted.Tags))
	if err != nil {
		return nil, nil, err
	}
	return made, made.deployments[0], nil
}

func (f *fleet) result() resource.Result {
	return resource.Result{PhysicalID: f.arn, Attributes: map[string]any{"Name": f.name, "ServiceArn": f.arn}}
}

// Update changes a service and waits until the deployment that results has completed.
func (p *fleetProvider) Update(ctx context.Context, r resource.Request) (resource.Result, error) {
	var wanted fleetProperties
	if err := props.Decode(r.Properties, &wanted); err != nil {
		return resource.Result{}, err
	}
	found, begun, err := p.change(r, &wanted)
	if err != nil {
		return resource.Result{}, err
	}
	if r.Express {
		return found.result(), nil
	}
	return found.result(), p.await(ctx, found, begun)
}

func (p *fleetProvider) change(r resource.Request, wanted *fleetProperties) (*fleet, *deployment, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	found, err := p.fleet(r.Place, wanted.Cluster, r.PhysicalID)
	if err != nil || found.status == inactive {
		return nil, nil, props.NotFound(r.Type, r.PhysicalID)
	}
	if wanted.ServiceRegistries == nil {
		wanted.ServiceRegistries = []ServiceRegistry{} // a template without them takes them away
	}
	if wanted.ServiceConnectConfiguration == nil {
		wanted.ServiceConnectConfiguration = &connectConfig{}
	}
	if config := wanted.DeploymentConfiguration; config != nil {
		config.DeploymentCircuitBreaker.reset()
	}
	begun, err := p.update(found, &wanted.FleetSpec, wanted.ForceNewDeployment.EnableForceNewDeployment)
	if err != nil {
		return nil, nil, handlerFailure(err)
	}
	found.tags = mergeTags(r, wanted.Tags)
	return found, begun, nil
}

// await waits until the deployment has completed and the service is steady, or until the deployment fails.
func (s *Service) await(ctx context.Context, f *fleet, begun *deployment) error {
	s.mu.Lock()
	limit := stabilizing
	if f.config.shifting() {
		limit = stabilizingShifting
	}
	s.mu.Unlock()
	caller := ctx
	ctx, cancel := s.withTimeout(ctx, limit)
	defer cancel()
	for {
		s.mu.Lock()
		done, err := f.outcome(begun)
		changed := f.changed
		s.mu.Unlock()
		if done || err != nil {
			return err
		}
		select {
		case <-changed:
		case <-s.life.Done():
			return ErrClosed
		case <-ctx.Done():
			if err := caller.Err(); err != nil {
				return err
			}
			return context.Cause(ctx) //nolint:wrapcheck // ours
		}
	}
}

// withTimeout ends as CloudFormation's own wait does. A clock that does not wait has no such end.
func (s *Service) withTimeout(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	wait := s.Clock.Scale(limit)
	if wait <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, wait, &resource.Failure{
		Message: "Resource timed out waiting for completion", HandlerErrorCode: "NotStabilized",
	})
}

// outcome says whether a deployment has succeeded, or how it failed. Call it locked.
func (f *fleet) outcome(begun *deployment) (bool, error) {
	switch {
	case begun.rollout == failed:
		return false, &resource.Failure{
			Message:          fmt.Sprintf("Error occurred during operation '%s'.", f.fault(begun)),
			HandlerErrorCode: "GeneralServiceException",
		}
	case f.status != active:
		return false, props.NotFound("AWS::ECS::Service", f.arn)
	case f.deployments[0] != begun:
		return false, &resource.Failure{
			Message:          fmt.Sprintf("The deployment %s was superseded by another one.", begun.id),
			HandlerErrorCode: "NotStabilized",
		}
	default:
		return begun.rollout == completed && f.steady, nil
	}
}

// fault is why a deployment has failed, as CloudFormation says it. Call it locked.
func (f *fleet) fault(of *deployment) string {
	for _, each := range f.history {
		if each.target == of && each.fault != "" {
			return each.fault
		}
	}
	return "ECS Deployment Circuit Breaker was triggered"
}

// Delete stops a service's tasks and waits until the last one is gone.
func (p *fleetProvider) Delete(ctx context.Context, r resource.Request) error {
	p.mu.Lock()
	found := p.byARN(r.PhysicalID)
	if found != nil {
		found.drain()
	}
	p.mu.Unlock()
	if found == nil {
		return nil
	}
	for {
		p.mu.Lock()
		done, changed := found.status == inactive, found.changed
		p.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-changed:
		case <-p.life.Done():
			return ErrClosed
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// byARN finds a service wherever it is: on deletion its cluster need not be known any more. Call it locked.
func (s *Service) byARN(wanted string) *fleet {
	for _, cluster := range s.clusters {
		for _, fleet := range cluster.fleets {
			if fleet.arn == wanted {
				return fleet
			}
		}
	}
	return nil
}
