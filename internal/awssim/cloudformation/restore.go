package cloudformation

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/document"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/state"
)

// reasonRestarted is why an operation that was under way when the simulator ended is led back. No other word of the
// engine is not AWS's.
const reasonRestarted = "awssim was restarted in the middle of the operation. "

// Restore takes up what Keep returned: the services that make resources real have done so before. Operations that were
// under way are led back; a deletion is taken up again.
func (s *Service) Restore(content json.RawMessage) error {
	var all keptService
	if err := state.Read(content, &all); err != nil {
		return err
	}
	s.waits.restore(all.Handles)
	templates := make([]*document.Template, len(all.Templates))
	for i, body := range all.Templates {
		parsed, err := s.templates.parse(body)
		if err != nil {
			return err
		}
		templates[i] = parsed
	}
	for i := range all.Stacks {
		if err := s.restore(&all.Stacks[i], templates); err != nil {
			return err
		}
	}
	slices.SortFunc(s.store.buried, func(a, b *stack) int { return a.deleted.Compare(b.deleted) })
	for _, kept := range all.Exports {
		exports := s.store.exports[kept.Place]
		if exports == nil {
			exports = make(map[string]export)
			s.store.exports[kept.Place] = exports
		}
		exports[kept.Name] = export{kept.StackID, kept.Name, kept.Value}
	}
	for _, st := range slices.Backward(s.store.ordered) { // nested stacks before their parents, which will lead them
		s.adopt(st)
		st.mu.Lock()
		s.replan(st)
		s.resume(st)
		st.mu.Unlock()
	}
	return nil
}

// restore makes a stack of its kept form and puts it into the store.
func (s *Service) restore(kept *keptStack, templates []*document.Template) error {
	st := &stack{
		Place: kept.Place, id: kept.ID, name: kept.Name, created: kept.Created, updated: kept.Updated, deleted: kept.Deleted,
		bus: s.bus, topics: s.topics, status: kept.Status, reason: kept.Reason, deployed: kept.Deployed.restored(templates),
		records: make(map[string]*record), outputs: kept.Outputs, imports: kept.Imports,
		terminationProtection: kept.TerminationProtection, disableRollback: kept.DisableRollback, tokens: kept.Tokens,
		changeSetID: kept.ChangeSetID, lastOperations: kept.LastOperations,
		deletion: deletion{retain: kept.Retain, force: kept.Force},
		nesting:  nesting{parentID: kept.ParentID, rootID: kept.RootID, logicalID: kept.Nested}, led: kept.Led,
	}
	if st.tokens == nil {
		st.tokens = make(map[string]string)
	}
	for name, r := range kept.Records {
		st.records[name] = r.restored()
	}
	for _, e := range kept.Events {
		st.events = append(st.events, event{
			id: e.ID, token: e.Token, operationID: e.OperationID, operationType: e.OperationType, logicalID: e.LogicalID,
			physicalID: e.PhysicalID, typeOfThing: e.Type, status: e.Status, reason: e.Reason, at: e.At, properties: e.Properties,
		})
	}
	if u := kept.Unfinished; u != nil {
		st.unfinished = &update{
			before: u.Before.restored(templates), retainExceptOnCreate: u.RetainExceptOnCreate, records: make(map[string]record),
			nested: u.Nested,
		}
		for name, r := range u.Records {
			st.unfinished.records[name] = *r.restored()
		}
		for _, left := range u.Garbage {
			st.unfinished.discard(left.Record.restored(), left.Retain)
		}
	}
	if err := st.restorePolicies(kept); err != nil {
		return err
	}
	if err := s.settleAgain(st, st.deployed, st.unfinished.deployedBefore()); err != nil {
		return err
	}
	if err := s.restoreChangeSets(st, kept, templates); err != nil {
		return err
	}
	s.store.byID[st.id] = st
	s.store.ordered = append(s.store.ordered, st)
	if st.status == deleteComplete {
		s.store.buried = append(s.store.buried, st)
		return nil
	}
	if s.store.living[st.Place] == nil {
		s.store.living[st.Place] = make(map[string]*stack)
	}
	s.store.living[st.Place][st.name] = st
	return nil
}

func (st *stack) restorePolicies(kept *keptStack) error {
	bodies := map[**stackPolicy]string{&st.policy: kept.Policy, &st.policyDuringUpdate: kept.DuringUpdate}
	if st.unfinished != nil {
		bodies[&st.unfinished.policy] = kept.Unfinished.Policy
	}
	for to, body := range bodies {
		if body == "" {
			continue
		}
		policy, err := parsePolicy(body)
		if err != nil {
			return err
		}
		*to = policy
	}
	return nil
}

// replan works the changes out anew of the change sets that can still be executed. The caller holds st.mu.
func (s *Service) replan(st *stack) {
	for _, c := range st.changeSets {
		nested := c.status == statusPlanned && c.execution == executionUnavailable
		if c.status == statusPending || c.execution == executionAvailable || nested {
			s.workOut(st, c)
		}
	}
}

func (s *Service) restoreChangeSets(st *stack, kept *keptStack, templates []*document.Template) error {
	for _, c := range kept.ChangeSets {
		restored := &changeSet{
			id: c.ID, name: c.Name, kind: c.Kind, description: c.Description, created: c.Created,
			deployed: c.Deployed.restored(templates), token: c.Token, status: c.Status, execution: c.Execution, reason: c.Reason,
			how:         creation{onFailure: c.OnFailure, timeout: c.Timeout, retainExceptOnCreate: c.RetainExceptOnCreate},
			revertDrift: c.RevertDrift, imports: c.Imports, importExisting: c.ImportExisting,
			lineage: lineage{includeNested: c.IncludeNested, parentID: c.Parent, rootID: c.Root},
		}
		st.changeSets = append(st.changeSets, restored)
		if err := s.settleAgain(st, restored.deployed); err != nil {
			return err
		}
		if c.Execution == executionRunning {
			restored.execution = executionFailed
		}
	}
	return nil
}

// settleAgain finds the policies of resources in deployments, whose templates were parsed anew.
func (s *Service) settleAgain(st *stack, deployments ...*deployment) error {
	for _, each := range deployments {
		if each == nil {
			continue
		}
		if err := each.settle(s.preview(st, each)); err != nil {
			return err
		}
	}
	return nil
}

func (k *keptDeployment) restored(templates []*document.Template) *deployment {
	if k == nil {
		return nil
	}
	made := &deployment{
		template: &document.Template{}, parameters: make(map[string]parameterValue, len(k.Parameters)), tags: k.Tags,
		capabilities: k.Capabilities, notificationARNs: k.NotificationARNs, roleARN: k.RoleARN, timeout: k.Timeout,
		rollback: k.Rollback, imports: k.Imports, nested: k.Nested, config: k.Config,
	}
	if k.Template >= 0 {
		made.template = templates[k.Template]
	}
	for name, p := range k.Parameters {
		made.parameters[name] = parameterValue{
			value: p.Value, isList: p.IsList, noEcho: p.NoEcho, isStored: p.IsStored, stored: p.Stored,
		}
	}
	return made
}

func (k keptRecord) restored() *record {
	return &record{
		logicalID: k.LogicalID, physicalID: k.PhysicalID, resourceType: k.Type, status: k.Status, reason: k.Reason,
		changed: k.Changed, definition: k.Definition, dependencies: k.Dependencies, properties: k.Properties, shown: k.Shown,
		attempted: k.Attempted, attributes: k.Attributes, tags: k.Tags, touched: k.Touched, deletedFirst: k.DeletedFirst,
		skipped: k.Skipped, imported: k.Import, replaced: k.Replaced, snapshot: k.Snapshot, metadata: k.Metadata,
	}
}

// resume takes an operation up that was under way. The caller holds st.mu.
func (s *Service) resume(st *stack) {
	if st.operation != nil || st.waits() {
		return // it goes on already, or its parent will go on with it
	}
	switch st.status { //nolint:exhaustive // the others are at rest
	case createInProgress:
		how := creation{onFailure: onFailureRollback}
		if st.disableRollback || st.nesting.parentID != "" {
			how.onFailure = onFailureDoNothing
		}
		s.begin(st, "CreateStack", "", func(ctx context.Context) { s.undoCreate(ctx, st, how, reasonRestarted) })
	case rollbackInProgress:
		s.begin(st, "CreateStack", "", func(ctx context.Context) { s.runRollbackCreate(ctx, st, false) })
	case updateInProgress:
		s.begin(st, "UpdateStack", "", func(context.Context) {
			st.mu.Lock()
			st.enter(updateRollback, reasonRestarted, s.clock.Now())
			st.mu.Unlock()
			s.runRollbackUpdate(st, nil)
		})
	case updateRollback, updateRollbackCleanup:
		s.begin(st, "RollbackStack", "", func(context.Context) { s.runRollbackUpdate(st, nil) })
	case updateCompleteCleanup:
		s.begin(st, "UpdateStack", "", func(context.Context) { s.cleanUp(st) })
	case importInProgress, importRollback:
		s.begin(st, "UpdateStack", "", func(context.Context) {
			st.mu.Lock()
			defer st.mu.Unlock()
			s.rollBackImport(st)
		})
	case deleteInProgress:
		s.begin(st, "DeleteStack", "", func(ctx context.Context) { s.runDelete(ctx, st, st.deletion) })
	}
}
