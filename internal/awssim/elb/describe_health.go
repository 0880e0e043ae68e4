package elb

import (
	"context"
	"strconv"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// targetID names a target, as properties and operations write it.
type targetID struct {
	Id               string //nolint:staticcheck // as the property is called
	Port             int
	AvailabilityZone string
}

type describeTargetHealthInput struct {
	TargetGroupArn string
	Targets        []targetID
}

type targetHealth struct{ State, Reason, Description string }

type targetHealthDescription struct {
	Target          targetID
	HealthCheckPort string
	TargetHealth    targetHealth
	// AdministrativeOverride is always the same: zones are not shifted here.
	AdministrativeOverride targetHealth
}

type describeTargetHealthOutput struct {
	TargetHealthDescriptions []targetHealthDescription
}

func (s *Service) describeTargetHealth(
	_ context.Context, _ *wire.Call, in *describeTargetHealthInput,
) (*describeTargetHealthOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from, ok := s.groups[in.TargetGroupArn]
	if !ok {
		return nil, errGroupNotFound()
	}
	out := &describeTargetHealthOutput{TargetHealthDescriptions: []targetHealthDescription{}}
	for _, found := range from.targets {
		if len(in.Targets) == 0 {
			id := targetID{found.ID, found.Port, found.AvailabilityZone}
			out.add(id, s.healthOf(found))
		}
	}
	for _, asked := range in.Targets {
		if asked.Port == 0 {
			asked.Port = from.Port
		}
		health := Health{Unused, "Target.NotRegistered", "Target is not registered to the target group"}
		if found := from.find(asked.Id, asked.Port); found != nil {
			asked.AvailabilityZone, health = found.AvailabilityZone, s.healthOf(found)
		}
		out.add(asked, health)
	}
	return out, nil
}

func (out *describeTargetHealthOutput) add(id targetID, health Health) {
	out.TargetHealthDescriptions = append(out.TargetHealthDescriptions, targetHealthDescription{
		Target: id, HealthCheckPort: strconv.Itoa(id.Port),
		TargetHealth: targetHealth{string(health.State), health.Reason, health.Description},
		AdministrativeOverride: targetHealth{
			"no_override", "AdministrativeOverride.NoOverride", "No override is currently active on target",
		},
	})
}
