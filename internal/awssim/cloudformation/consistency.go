package cloudformation

import "github.com/google/uuid"

const (
	reasonConsistency = "Eventual consistency check initiated"

	// configurationComplete is the detailed status of what is made and configured, but not yet found to be stable.
	configurationComplete = "CONFIGURATION_COMPLETE"
)

// checksConsistency tells for which types CloudFormation announces that it waits for them to become stable: since 2024 at their
// creation, since 2026-09-28 at updates of ECS services, too. Source: console output that others published; all other types of
// such output come without (decision 0005).
func checksConsistency(resourceType string, update bool) bool {
	switch resourceType {
	case "AWS::ECS::Service":
		return true
	case "AWS::AutoScaling::AutoScalingGroup", "AWS::EC2::NatGateway", "AWS::ElasticBeanstalk::Application", "AWS::Lambda::Function",
		"AWS::S3::Bucket":
		return !update
	default:
		return false
	}
}

// tellConfigured writes the stack's own event once all that a creation makes is made, if some of it is not stable yet.
// The caller holds st.mu.
func (s *Service) tellConfigured(st *stack) {
	if st.operation == nil || st.operation.configured || len(st.operation.creates) == 0 || st.status != createInProgress {
		return
	}
	checking := false
	for _, logicalID := range st.operation.creates {
		switch r := st.records[logicalID]; {
		case r == nil:
			return
		case r.status == createComplete:
		case r.status == createInProgress && r.reason == reasonConsistency:
			checking = true
		default:
			return
		}
	}
	if !checking {
		return
	}
	st.operation.configured = true
	st.events = append(st.events, event{
		id: uuid.NewString(), logicalID: st.name, physicalID: st.id, typeOfThing: stackType, status: st.status,
		reason: reasonConsistency, at: st.moment(s.clock.Now()),
		operationID: st.operation.identity(), operationType: st.operation.name(), token: st.operation.clientToken(),
	})
}

// detailedStatus is the stack's, or "". The caller holds mu.
func (st *stack) detailedStatus() string {
	if st.operation != nil && st.operation.configured && st.status == createInProgress {
		return configurationComplete
	}
	return ""
}

// detailedStatus is the event's, or "".
func (e event) detailedStatus() string {
	if e.reason == reasonConsistency {
		return configurationComplete
	}
	return ""
}
