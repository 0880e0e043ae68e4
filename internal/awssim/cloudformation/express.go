package cloudformation

import (
	"reflect"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/document"
)

// The modes of deployments. In EXPRESS mode a resource is complete as soon as its configuration is applied; the words
// are quoted from logs that people publish.
const (
	modeStandard = "STANDARD"
	modeExpress  = "EXPRESS"

	reasonExpress = "Resource operation completed using Express Mode. It may continue becoming available in the background."
)

// deploymentConfig is how an operation deploys, as it is asked for and described.
type deploymentConfig struct {
	Mode            string
	DisableRollback *bool
}

func (d *deploymentConfig) check(wrong *violations) {
	if d != nil {
		wrong.oneOf(d.Mode, "deploymentConfig.mode", modeStandard, modeExpress)
	}
}

func (d *deploymentConfig) express() bool { return d != nil && d.Mode == modeExpress }

// disablesRollback merges what a request says of rollbacks, at most once; in EXPRESS mode there is none unless it is
// asked for.
func (d *deploymentConfig) disablesRollback(plain *bool) (bool, error) {
	switch {
	case d != nil && d.DisableRollback != nil && plain != nil:
		return false, invalid("You can specify only one of DisableRollback and DeploymentConfig.DisableRollback") // believed
	case d != nil && d.DisableRollback != nil:
		return *d.DisableRollback, nil
	case plain != nil:
		return *plain, nil
	default:
		return d.express(), nil
	}
}

// mayFollow refuses what may not follow a failed operation in EXPRESS mode. The caller holds st.mu.
func (st *stack) mayFollow(config *deploymentConfig) error {
	failed := st.status == createFailed || st.status == updateFailed
	if failed && st.deployed.config.express() && !config.express() {
		return invalid("Follow-up operations must use the same DeploymentConfig (mode=EXPRESS)")
	}
	return nil
}

// completed is the reason of an event that ends an operation on a resource. The caller holds st.mu.
func (st *stack) completed() string {
	if st.express {
		return reasonExpress
	}
	return ""
}

// forgets reports whether EXPRESS mode leaves a service alone that the change of a parameter should update: AWS plans the
// update and does not do it (cloudformation-coverage-roadmap #2538). Nothing but the task definition differs, and the
// template has the same one, which was replaced. The caller holds st.mu.
func (st *stack) forgets(live *record, wanted desired) bool {
	const service, definition = "AWS::ECS::Service", "TaskDefinition"
	if !st.express || live.resourceType != service || st.unfinished == nil {
		return false
	}
	if !reflect.DeepEqual(live.definition, wanted.definition) {
		return false
	}
	for name := range wanted.properties {
		if name != definition && !reflect.DeepEqual(live.properties[name], wanted.properties[name]) {
			return false
		}
	}
	for _, reference := range document.References(wanted.definition.Properties[definition]) {
		before, known := st.unfinished.records[reference.Name]
		next := st.records[reference.Name]
		if known && next != nil && before.physicalID != next.physicalID &&
			reflect.DeepEqual(before.definition, next.definition) {
			return len(live.properties) == len(wanted.properties)
		}
	}
	return false
}
