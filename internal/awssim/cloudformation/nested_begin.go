package cloudformation

import (
	"math/rand/v2"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// beginNested starts the creation of a nested stack.
func (s *Service) beginNested(r resource.Request) (*stack, *operation, error) {
	parent, from, err := s.parentOf(r)
	if err != nil {
		return nil, nil, err
	}
	given, err := readNested(r)
	if err != nil {
		return nil, nil, err
	}
	in := &createStackInput{
		StackName: nestedName(r.StackName, r.LogicalID), TemplateURL: given.templateURL, Parameters: given.parameters,
		Tags: given.tags, Capabilities: from.capabilities, NotificationARNs: given.notificationARNs, RoleARN: from.roleARN,
		TimeoutInMinutes: given.timeout, OnFailure: onFailureDoNothing, DeploymentConfig: modeOf(r),
	}
	call := nestedCall(r, "CreateStack")
	if err := in.check(); err != nil {
		return nil, nil, err
	}
	child, planned := s.plannedNested(parent, r.LogicalID)
	if planned != nil && planned.kind == changeSetCreate {
		in.StackName, in.TemplateURL, in.TemplateBody = child.name, "", &planned.deployed.template.Body
	} else {
		child, planned = s.newStack(call, in.StackName), nil
		child.nesting = nesting{parentID: parent.id, rootID: from.rootID, logicalID: r.LogicalID}
	}
	deployed, policy, err := s.prepare(call, child, in)
	if err != nil {
		return nil, nil, err
	}
	child.mu.Lock()
	child.led = true
	planned.isExecuted(deployed)
	child.mu.Unlock()
	_, current, err := s.admit(child, deployed, policy, in)
	if err != nil {
		return nil, nil, err
	}
	child.mu.Lock()
	defer child.mu.Unlock()
	child.disableRollback = from.disableRollback
	s.followed(child, current, planned)
	return child, current, nil
}

// nestedName is PARENT-LOGICAL-RANDOM. As far as recorded names tell, what goes before the random letters has at most 86
// characters, at the cost of the logical id; that a parent's name is cut to half of them is believed.
func nestedName(parent, logicalID string) string {
	const longest, random, letters = 86, 12, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	room := longest - len("-")
	if len(parent)+len(logicalID) > room {
		logicalID = logicalID[:min(len(logicalID), max(room/2, room-len(parent)))]
		parent = parent[:min(len(parent), room-len(logicalID))]
	}
	suffix := make([]byte, random)
	for i := range suffix {
		suffix[i] = letters[rand.IntN(len(letters))] //nolint:gosec // a name, not a secret
	}
	return parent + "-" + logicalID + "-" + string(suffix)
}

// beginNestedUpdate starts the update of a nested stack. It returns nil if there is nothing to update.
func (s *Service) beginNestedUpdate(child *stack, r resource.Request) (*operation, error) {
	parent, from, err := s.parentOf(r)
	if err != nil {
		return nil, err
	}
	_, planned := s.plannedNested(parent, r.LogicalID)
	given, err := readNested(r)
	if err != nil {
		return nil, err
	}
	if !equalMinutes(r.Previous["TimeoutInMinutes"], r.Properties["TimeoutInMinutes"]) {
		return nil, refusal("Updates to TimeoutInMinutes are not supported") // believed
	}
	child.mu.Lock()
	defer child.mu.Unlock()
	if err := child.mayBeLed(); err != nil {
		return nil, err
	}
	in := &updateStackInput{
		TemplateURL: given.templateURL, Parameters: given.parameters, Tags: given.tags, Capabilities: from.capabilities,
		NotificationARNs: given.notificationARNs, RoleARN: from.roleARN, DeploymentConfig: modeOf(r),
	}
	if planned != nil {
		in.TemplateURL, in.TemplateBody = "", &planned.deployed.template.Body
	}
	deployed, err := s.next(nestedCall(r, "UpdateStack"), child, in)
	if err != nil {
		return nil, err
	}
	if changed, err := s.changes(child, deployed); err != nil || !changed {
		return nil, err
	}
	child.led = true
	planned.isExecuted(deployed)
	s.outdate(child)
	s.startUpdate(child, deployed, "", from.disableRollback, from.retainExceptOnCreate)
	s.followed(child, child.operation, planned)
	return child.operation, nil
}

func equalMinutes(before, after any) bool {
	a, b := minutes(before), minutes(after)
	return (a == nil) == (b == nil) && (a == nil || *a == *b)
}

// mayBeLed refuses an update by the parent. One that follows an update which failed, and which was not rolled back, may find
// the stack as that left it. The caller holds mu.
func (st *stack) mayBeLed() error {
	unfinished := st.led && st.operation == nil && (st.status == updateCompleteCleanup || st.status == updateFailed)
	if unfinished {
		return nil
	}
	return st.mayUpdate(false)
}
