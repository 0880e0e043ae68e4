package cloudformation

import (
	"context"
	"maps"
	"slices"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/document"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// reasonNotRoot is why the change set of a nested stack cannot be executed (quoted; the user guide has older words).
const reasonNotRoot = "Only executable from the root change set."

// nestedSet is the change set of a nested stack, which that of its parent made.
type nestedSet struct{ StackID, ID string }

// lineage is what a change set knows of those that it belongs to.
type lineage struct {
	includeNested    bool
	parentID, rootID string // of change sets; empty for a root
}

// nestedPlan makes change sets of the nested stacks that a change set adds or changes.
type nestedPlan struct {
	service  *Service
	stack    *stack
	proposed *changeSet
	sets     map[string]nestedSet // by logical id
	failure  string               // why the change set fails, or ""
}

func (s *Service) planNested(st *stack, proposed *changeSet) *nestedPlan {
	plan := &nestedPlan{service: s, stack: st, proposed: proposed, sets: make(map[string]nestedSet)}
	maps.Copy(plan.sets, proposed.deployed.nested) // of a change set that was restored
	return plan
}

// look is asked about every change of a nested stack. It reports false for one that stays as it is: it is not told, nor what
// only follows from it (believed). The caller holds the stack's mu.
func (n *nestedPlan) look(change *plannedChange) bool {
	set, known := n.sets[change.logicalID]
	if !known {
		var err error
		if set, err = n.service.nestedSetFor(n.stack, n.proposed, *change); err != nil {
			n.failure = plainly(err).Error()
			return true
		}
		n.sets[change.logicalID] = set
	}
	change.changeSetID = set.ID
	switch status, reason := n.service.fateOf(set); {
	case status == statusNoChange && reason == reasonNoChanges:
		return !change.isAutomatic()
	case status == statusNoChange:
		n.failure = "Nested change set " + set.ID + " was not successfully created: Currently in " + status + "."
	}
	return true
}

// done gives the change set what was made.
func (n *nestedPlan) done() {
	next := *n.proposed.deployed
	next.nested = n.sets
	n.proposed.deployed = &next
}

// isAutomatic reports whether a nested stack is listed only because its template may be another.
func (c plannedChange) isAutomatic() bool {
	isOther := func(d plannedDetail) bool { return d.source != automatic().source }
	return c.action == actionModify && !slices.ContainsFunc(c.comparing, isOther)
}

// fateOf returns the status of a nested change set, and its reason.
func (s *Service) fateOf(set nestedSet) (string, string) {
	child, found := s.nestedChangeSet(set)
	if found == nil {
		return "", ""
	}
	child.mu.Lock()
	defer child.mu.Unlock()
	return found.status, found.reason
}

func (s *Service) nestedChangeSet(set nestedSet) (*stack, *changeSet) {
	s.store.mu.RLock()
	child := s.store.byID[set.StackID]
	s.store.mu.RUnlock()
	if child == nil {
		return nil, nil
	}
	return child, child.changeSet(set.ID)
}

// nestedSetFor makes the change set of one nested stack, and the stack if it is new. The caller holds st.mu.
func (s *Service) nestedSetFor(st *stack, proposed *changeSet, change plannedChange) (nestedSet, error) {
	r := resource.Request{
		Place: st.Place, StackName: st.name, StackID: st.id, LogicalID: change.logicalID, Properties: change.wanted,
		Tags: st.resourceTags(proposed.deployed, change.logicalID), Express: proposed.deployed.config.express(),
	}
	given, err := readNested(r)
	if err != nil {
		return nestedSet{}, err
	}
	child, kind := s.nestedOrNew(st, r, change)
	child.mu.Lock()
	defer child.mu.Unlock()
	for i, each := range given.parameters {
		if _, has := child.deployed.parameters[each.ParameterKey]; has && *each.ParameterValue == knownAfterApply {
			given.parameters[i] = parameter{ParameterKey: each.ParameterKey, UsePreviousValue: true}
		}
	}
	deployed, err := s.next(nestedCall(r, "CreateChangeSet"), child, &updateStackInput{
		TemplateURL: given.templateURL, Parameters: given.parameters, Tags: given.tags,
		Capabilities: proposed.deployed.capabilities, NotificationARNs: given.notificationARNs,
		RoleARN: proposed.deployed.roleARN, DeploymentConfig: modeOf(r),
	})
	if err != nil {
		return nestedSet{}, err
	}
	if kind == changeSetCreate {
		if err := s.review(child); err != nil {
			return nestedSet{}, err
		}
	}
	name := nestedName(proposed.name, change.logicalID)
	set := &changeSet{
		id: newChangeSetID(st.Place, name), name: name, kind: kind, created: s.clock.Now(), deployed: deployed, how: proposed.how,
		execution: executionUnavailable,
		lineage:   lineage{includeNested: true, parentID: proposed.id, rootID: proposed.lineage.rootID},
	}
	if set.lineage.rootID == "" {
		set.lineage.rootID = proposed.id
	}
	child.changeSets = append(child.changeSets, set)
	s.workOut(child, set)
	return nestedSet{child.id, set.id}, nil
}

// nestedOrNew returns the nested stack of a change, or one that nobody knows yet. The caller holds st.mu.
func (s *Service) nestedOrNew(st *stack, r resource.Request, change plannedChange) (*stack, string) {
	if live, ok := st.records[change.logicalID]; ok && change.action == actionModify {
		if child, ok := s.childOf(live); ok {
			return child, changeSetUpdate
		}
	}
	child := s.newStack(nestedCall(r, "CreateChangeSet"), nestedName(st.name, change.logicalID))
	child.deployed = &deployment{template: &document.Template{}}
	child.nesting = nesting{parentID: st.id, rootID: st.id, logicalID: change.logicalID}
	if st.nesting.rootID != "" {
		child.nesting.rootID = st.nesting.rootID
	}
	return child, changeSetCreate
}

// dropNested deletes the change sets that a change set made, and the stacks that exist for them alone. The caller holds the
// mu of its stack.
func (s *Service) dropNested(of *changeSet) {
	for _, set := range of.deployed.nested {
		child, doomed := s.nestedChangeSet(set)
		if doomed == nil {
			continue
		}
		child.mu.Lock()
		s.dropNested(doomed)
		child.dropChangeSet(doomed)
		if child.status == reviewInProgress {
			s.startDelete(child, &deleteStackInput{}, "")
		}
		child.mu.Unlock()
	}
}

// isExecuted hands what a change set knows of deeper ones to the deployment that executes it; nil has nothing. The caller
// holds the mu of its stack.
func (c *changeSet) isExecuted(by *deployment) {
	if c != nil {
		c.execution, by.nested = executionRunning, c.deployed.nested
	}
}

// followed tells the change set of a nested stack, which its parent executes, what becomes of it. The caller holds mu.
func (s *Service) followed(child *stack, current *operation, chosen *changeSet) {
	if chosen == nil {
		return
	}
	child.changeSetID = chosen.id
	s.follow(child, current, chosen)
}

// follow waits for the end of the operation that executes a change set. The caller holds st.mu.
func (s *Service) follow(st *stack, current *operation, chosen *changeSet) {
	s.background(func(context.Context) {
		<-current.done
		st.mu.Lock()
		defer st.mu.Unlock()
		chosen.execution = executionFailed
		switch st.status { //nolint:exhaustive // the others are failures
		case createComplete, updateComplete, importComplete, updateCompleteCleanup:
			chosen.execution = executionComplete
		}
	})
}

// plannedNested returns the stack and the change set that the deployment under way has for a nested stack; nil without one.
func (s *Service) plannedNested(st *stack, logicalID string) (*stack, *changeSet) {
	st.mu.Lock()
	set, ok := st.deployed.nested[logicalID]
	st.mu.Unlock()
	if !ok {
		return nil, nil
	}
	return s.nestedChangeSet(set)
}
