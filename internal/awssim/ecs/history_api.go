package ecs

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/paging"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// maxDescribed is how many service deployments or revisions can be described at once (API reference).
const maxDescribed = 20

type listServiceDeploymentsInput struct {
	Cluster    string       `json:"cluster"`
	Service    string       `json:"service"`
	Status     []string     `json:"status"`
	CreatedAt  *createdSpan `json:"createdAt"`
	MaxResults int          `json:"maxResults"`
	NextToken  string       `json:"nextToken"`
}

// createdSpan is a time span in seconds since 1970; a missing end is open.
type createdSpan struct {
	After  *float64 `json:"after"`
	Before *float64 `json:"before"`
}

func (c *createdSpan) holds(at time.Time) bool {
	const milli = 1000
	seconds := float64(at.UnixMilli()) / milli
	return c == nil || ((c.After == nil || seconds > *c.After) && (c.Before == nil || seconds < *c.Before))
}

type briefServiceDeployment struct {
	ServiceDeploymentArn     string    `json:"serviceDeploymentArn"`
	ServiceArn               string    `json:"serviceArn"`
	ClusterArn               string    `json:"clusterArn"`
	StartedAt                wire.Time `json:"startedAt,omitzero"`
	CreatedAt                wire.Time `json:"createdAt"`
	FinishedAt               wire.Time `json:"finishedAt,omitzero"`
	TargetServiceRevisionArn string    `json:"targetServiceRevisionArn"`
	Status                   string    `json:"status"`
	StatusReason             string    `json:"statusReason,omitempty"`
}

type listServiceDeploymentsOutput struct {
	ServiceDeployments []briefServiceDeployment `json:"serviceDeployments"`
	NextToken          string                   `json:"nextToken,omitempty"`
}

// listServiceDeployments lists the service deployments of a service, the newest first.
func (s *Service) listServiceDeployments(
	_ context.Context, call *wire.Call, in *listServiceDeploymentsInput,
) (*listServiceDeploymentsOutput, error) {
	const most = 100
	size := in.MaxResults
	if size == 0 {
		size = maxDescribed
	}
	if size < 1 || size > most {
		return nil, errInvalid("maxResults must be between 1 and 100.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.fleet(call.Place(), in.Cluster, in.Service)
	if err != nil {
		return nil, err
	}
	var chosen []*serviceDeployment
	for _, each := range found.history {
		if (len(in.Status) == 0 || slices.Contains(in.Status, each.status)) && in.CreatedAt.holds(each.created) {
			chosen = append(chosen, each)
		}
	}
	page, next, err := paging.Page(chosen, in.NextToken, size, func(d *serviceDeployment) string { return found.order(d) })
	if err != nil {
		return nil, errInvalid("Invalid token.")
	}
	out := &listServiceDeploymentsOutput{ServiceDeployments: []briefServiceDeployment{}, NextToken: next}
	for _, each := range page {
		out.ServiceDeployments = append(out.ServiceDeployments, briefServiceDeployment{
			ServiceDeploymentArn: each.arn, ServiceArn: found.arn, ClusterArn: found.cluster.arn,
			StartedAt: wire.At(each.created), CreatedAt: wire.At(each.created), FinishedAt: wire.At(each.finished),
			TargetServiceRevisionArn: each.target.served.arn, Status: each.status, StatusReason: each.reason,
		})
	}
	return out, nil
}

// order sorts service deployments, the newest first.
func (f *fleet) order(d *serviceDeployment) string {
	const highest = 1 << 62
	return time.Unix(0, highest-d.created.UnixNano()).UTC().Format("2006-01-02T15:04:05.000000000") + d.arn
}

type describeServiceDeploymentsInput struct {
	ServiceDeploymentArns []string `json:"serviceDeploymentArns"`
}

type describeServiceDeploymentsOutput struct {
	ServiceDeployments []describedServiceDeployment `json:"serviceDeployments"`
	Failures           []failure                    `json:"failures"`
}

func (s *Service) describeServiceDeployments(
	_ context.Context, _ *wire.Call, in *describeServiceDeploymentsInput,
) (*describeServiceDeploymentsOutput, error) {
	if len(in.ServiceDeploymentArns) == 0 || len(in.ServiceDeploymentArns) > maxDescribed {
		return nil, errInvalid("serviceDeploymentArns must have between 1 and 20 elements.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &describeServiceDeploymentsOutput{ServiceDeployments: []describedServiceDeployment{}, Failures: []failure{}}
	for _, arn := range in.ServiceDeploymentArns {
		if owner, found := s.serviceDeployment(arn); found != nil {
			out.ServiceDeployments = append(out.ServiceDeployments, owner.describeServiceDeployment(found))
		} else {
			out.Failures = append(out.Failures, missing(arn))
		}
	}
	return out, nil
}

// serviceDeployment finds a service deployment by its ARN. Call it locked.
func (s *Service) serviceDeployment(wanted string) (*fleet, *serviceDeployment) {
	for _, cluster := range s.clusters {
		for _, fleet := range cluster.fleets {
			for _, each := range fleet.history {
				if each.arn == wanted {
					return fleet, each
				}
			}
		}
	}
	return nil, nil
}

type describeServiceRevisionsInput struct {
	ServiceRevisionArns []string `json:"serviceRevisionArns"`
}

type describeServiceRevisionsOutput struct {
	ServiceRevisions []describedRevision `json:"serviceRevisions"`
	Failures         []failure           `json:"failures"`
}

func (s *Service) describeServiceRevisions(
	_ context.Context, _ *wire.Call, in *describeServiceRevisionsInput,
) (*describeServiceRevisionsOutput, error) {
	if len(in.ServiceRevisionArns) == 0 || len(in.ServiceRevisionArns) > maxDescribed {
		return nil, errInvalid("serviceRevisionArns must have between 1 and 20 elements.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &describeServiceRevisionsOutput{ServiceRevisions: []describedRevision{}, Failures: []failure{}}
	for _, arn := range in.ServiceRevisionArns {
		if owner, found := s.served(arn); found != nil {
			out.ServiceRevisions = append(out.ServiceRevisions, owner.describeRevision(found))
		} else {
			out.Failures = append(out.Failures, missing(arn))
		}
	}
	return out, nil
}

type stopServiceDeploymentInput struct {
	ServiceDeploymentArn string `json:"serviceDeploymentArn"`
	StopType             string `json:"stopType"`
}

type serviceDeploymentOutput struct {
	ServiceDeploymentArn string `json:"serviceDeploymentArn"`
}

// ongoing returns a service deployment that has not ended. Call it locked.
func (s *Service) ongoing(wanted string) (*fleet, *serviceDeployment, error) {
	if !strings.Contains(wanted, ":service-deployment/") {
		return nil, nil, errInvalid("Invalid identifier: %s", wanted)
	}
	owner, found := s.serviceDeployment(wanted)
	if found == nil {
		return nil, nil, wire.Errorf("ServiceDeploymentNotFoundException", "The service deploy ARN that you specified doesn't exist.")
	}
	if owner.current != found {
		return nil, nil, wire.Errorf("ConflictException",
			"The service deployment is in the %s state and cannot be changed.", found.status)
	}
	return owner, found, nil
}

// stopServiceDeployment leads a service back to what ran before. One that is on its way back goes on.
func (s *Service) stopServiceDeployment(
	_ context.Context, call *wire.Call, in *stopServiceDeploymentInput,
) (*serviceDeploymentOutput, error) {
	if in.StopType != "" && in.StopType != hookRollback {
		return nil, wire.Unsupported(call, "stopType "+in.StopType)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	owner, found, err := s.ongoing(in.ServiceDeploymentArn)
	if err != nil {
		return nil, err
	}
	if found.back == nil {
		found.status, found.updated = sdRequested, time.Now().UTC()
		owner.kick()
	}
	return &serviceDeploymentOutput{found.arn}, nil
}

// stopCause is the cause of a rollback that a user asked for. The words are believed.
func stopCause() cause {
	return cause{
		reason: "ECS deployment stopped by the user.", event: "the deployment was stopped by the user.",
		back:   "ECS deployment stopped: rolling back to deploymentId %s.",
		status: "a user requested it.", rollback: true, operation: "ECS Deployment was stopped",
	}
}

type continueServiceDeploymentInput struct {
	ServiceDeploymentArn string `json:"serviceDeploymentArn"`
	HookID               string `json:"hookId"`
	Action               string `json:"action"`
}

// continueServiceDeployment decides about a pause.
func (s *Service) continueServiceDeployment(
	_ context.Context, _ *wire.Call, in *continueServiceDeploymentInput,
) (*serviceDeploymentOutput, error) {
	action := in.Action
	if action == "" {
		action = hookContinue
	}
	if action != hookContinue && action != hookRollback {
		return nil, errInvalid("Invalid action: %s. Valid values are CONTINUE and ROLLBACK.", action)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	owner, found, err := s.ongoing(in.ServiceDeploymentArn)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(found.hooks, func(p *pause) bool { return p.id == in.HookID })
	if at < 0 {
		return nil, errInvalid("The lifecycle hook %s was not found.", in.HookID)
	}
	decided := found.hooks[at]
	if decided.status != hookAwaits || found.status != inProgress {
		return nil, wire.Errorf("ConflictException", "The lifecycle hook %s is not awaiting an action.", decided.id)
	}
	now, name := time.Now().UTC(), "HOOK_SUCCEEDED"
	decided.status = hookSucceeded
	if action == hookRollback {
		decided.status, name = hookFailed, "HOOK_FAILED"
	}
	owner.tellHook(found, decided, name, now)
	owner.kick()
	return &serviceDeploymentOutput{found.arn}, nil
}
