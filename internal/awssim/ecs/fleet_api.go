package ecs

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// errNoService is the answer for a service that does not exist.
func errNoService() error { return wire.Errorf("ServiceNotFoundException", "Service not found.") }

// newFleet makes a service and begins its first deployment. Call it locked.
func (s *Service) newFleet(in *cluster, name string, spec *FleetSpec, tags map[string]string) (*fleet, error) {
	if s.life.Err() != nil {
		return nil, ErrClosed
	}
	if !entityName.MatchString(name) {
		return nil, errInvalid("Service name contains invalid characters.")
	}
	if existing, ok := in.fleets[name]; ok && existing.status != inactive {
		return nil, errInvalid("Creation of service was not idempotent.")
	}
	if err := spec.unsupported(); err != nil {
		return nil, err
	}
	chosen, err := spec.settings(defaultSettings())
	if err != nil {
		return nil, err
	}
	chosen.balance()
	deployed, err := s.revision(in.place, in, spec, revision{})
	if err != nil {
		return nil, err
	}
	if err := deployed.suits(&chosen); err != nil {
		return nil, err
	}
	for _, balancer := range deployed.balancers {
		if !s.Balancers.InUse(balancer.TargetGroupArn) {
			return nil, errInvalid("The target group with targetGroupArn %s does not have an associated load balancer.",
				balancer.TargetGroupArn)
		}
	}
	made := &fleet{
		owner: s, cluster: in, arn: arn(in.place, "service/"+in.name+"/"+name), name: name, place: in.place,
		created: time.Now().UTC(), status: active, tags: tags, settings: chosen,
		wake: make(chan struct{}, 1), changed: make(chan struct{}),
	}
	if made.offered, err = s.offer(made.arn, made.place, deployed.connect); err != nil {
		return nil, err
	}
	made.tell() // makes the notices
	made.deploy(deployed, false)
	in.fleets[name] = made
	s.work.Go(func() { s.schedule(made) })
	return made, nil
}

// suits checks a revision against the settings of its service.
func (r *revision) suits(chosen *settings) error {
	if err := checkExecute(chosen.execute, r.definition.TaskRoleArn); err != nil {
		return err
	}
	return checkBalancers(r.balancers, &chosen.config)
}

// update changes a service and returns the deployment that results. Call it locked.
func (s *Service) update(f *fleet, spec *FleetSpec, force bool) (*deployment, error) {
	if err := spec.unsupported(); err != nil {
		return nil, err
	}
	if f.status != active {
		return nil, wire.Errorf("ServiceNotActiveException", "Service was not ACTIVE.")
	}
	chosen, err := spec.settings(f.settings)
	if err != nil {
		return nil, err
	}
	deployed, err := s.revision(f.place, f.cluster, spec, f.deployments[0].revision)
	if err != nil {
		return nil, err
	}
	if err := deployed.suits(&chosen); err != nil {
		return nil, err
	}
	offered, err := s.offer(f.arn, f.place, deployed.connect)
	if err != nil {
		return nil, err
	}
	f.settings, f.offered = chosen, offered
	result := f.deploy(deployed, force)
	s.sweep()
	f.unsettle()
	return result, nil
}

// fleet returns the service that a request names by name or ARN. Call it locked.
func (s *Service) fleet(place resource.Place, clusterName, name string) (*fleet, error) {
	in, err := s.cluster(place, clusterName)
	if err != nil {
		return nil, err
	}
	found, ok := in.fleets[lastPart(name)]
	if !ok || (strings.HasPrefix(name, "arn:") && found.arn != name) {
		return nil, errNoService()
	}
	return found, nil
}

type createServiceInput struct {
	FleetSpec

	Cluster     string `json:"cluster"`
	ServiceName string `json:"serviceName"`
	Tags        []Tag  `json:"tags"`
}

type serviceOutput struct {
	Service describedService `json:"service"`
}

func (s *Service) createService(_ context.Context, call *wire.Call, in *createServiceInput) (*serviceOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	into, err := s.cluster(call.Place(), in.Cluster)
	if err != nil {
		return nil, err
	}
	made, err := s.newFleet(into, in.ServiceName, &in.FleetSpec, tagMap(in.Tags)) //nolint:contextcheck // outlives the request
	if err != nil {
		return nil, err
	}
	described := made.describe(true)
	described.begins()
	return &serviceOutput{Service: described}, nil
}

type updateServiceInput struct {
	FleetSpec

	Cluster            string `json:"cluster"`
	Service            string `json:"service"`
	ForceNewDeployment bool   `json:"forceNewDeployment"`
}

func (s *Service) updateService(_ context.Context, call *wire.Call, in *updateServiceInput) (*serviceOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.fleet(call.Place(), in.Cluster, in.Service)
	if err != nil {
		return nil, err
	}
	before := found.deployments
	result, err := s.update(found, &in.FleetSpec, in.ForceNewDeployment)
	if err != nil {
		return nil, err
	}
	described := found.describe(true)
	if !slices.Contains(before, result) {
		described.begins()
	}
	return &serviceOutput{Service: described}, nil
}

type deleteServiceInput struct {
	Cluster string `json:"cluster"`
	Service string `json:"service"`
	Force   bool   `json:"force"`
}

func (s *Service) deleteService(_ context.Context, call *wire.Call, in *deleteServiceInput) (*serviceOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.fleet(call.Place(), in.Cluster, in.Service)
	if err != nil {
		return nil, err
	}
	if found.status == active && found.desired > 0 && !in.Force {
		return nil, errInvalid("The service cannot be stopped while it is scaled above 0.")
	}
	found.drain()
	return &serviceOutput{Service: found.describe(true)}, nil
}

// drain stops all tasks and then ends the service.
func (f *fleet) drain() {
	if f.status == active {
		f.status, f.desired = draining, 0
		f.unsettle()
	}
}

type describeServicesInput struct {
	Cluster  string   `json:"cluster"`
	Services []string `json:"services"`
	Include  []string `json:"include"`
}

type describeServicesOutput struct {
	Services []describedService `json:"services"`
	Failures []failure          `json:"failures"`
}

func (s *Service) describeServices(
	_ context.Context, call *wire.Call, in *describeServicesInput,
) (*describeServicesOutput, error) {
	const most = 10
	if len(in.Services) == 0 {
		return nil, errInvalid("Services cannot be empty.")
	}
	if len(in.Services) > most {
		return nil, errInvalid("Services cannot have more than 10 elements.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	from, err := s.cluster(call.Place(), in.Cluster)
	if err != nil {
		return nil, err
	}
	out := &describeServicesOutput{Services: []describedService{}, Failures: []failure{}}
	for _, name := range in.Services {
		found, err := s.fleet(call.Place(), in.Cluster, name)
		if err != nil {
			out.Failures = append(out.Failures, missing(arn(from.place, "service/"+from.name+"/"+lastPart(name))))
			continue
		}
		out.Services = append(out.Services, found.describe(slices.Contains(in.Include, "TAGS")))
	}
	return out, nil
}

type listServicesInput struct {
	pageInput

	Cluster            string `json:"cluster"`
	LaunchType         string `json:"launchType"`
	SchedulingStrategy string `json:"schedulingStrategy"`
}

type listServicesOutput struct {
	ServiceArns []string `json:"serviceArns"`
	NextToken   string   `json:"nextToken,omitempty"`
}

func (s *Service) listServices(_ context.Context, call *wire.Call, in *listServicesInput) (*listServicesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from, err := s.cluster(call.Place(), in.Cluster)
	if err != nil {
		return nil, err
	}
	var arns []string
	for _, fleet := range from.fleets {
		wanted := in.LaunchType == "" || (len(fleet.deployments) > 0 && fleet.deployments[0].revision.launchType == in.LaunchType)
		if fleet.status != inactive && wanted && (in.SchedulingStrategy == "" || in.SchedulingStrategy == replica) {
			arns = append(arns, fleet.arn)
		}
	}
	page, next, err := in.page(arns)
	return &listServicesOutput{ServiceArns: page, NextToken: next}, err
}
