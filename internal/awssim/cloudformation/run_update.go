package cloudformation

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/intrinsic"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// update remembers what a stack was before it was changed, until the change is done or undone.
type update struct {
	before  *deployment
	records map[string]record
	// retainExceptOnCreate makes a rollback delete what the update made, whatever its DeletionPolicy.
	retainExceptOnCreate bool
	// policy is the stack policy that success brings; nil leaves the one that there is.
	policy *stackPolicy
	// garbage are physical resources that success leaves behind: replaced or removed ones.
	garbage []leftover
	// nested are the logical ids of the nested stacks that were updated; their clean-up is the update's.
	nested []string
}

// deployedBefore is what a rollback leads back to; nil without an update.
func (u *update) deployedBefore() *deployment {
	if u == nil {
		return nil
	}
	return u.before
}

// leftover is a physical resource that waits for the clean-up.
type leftover struct {
	record *record
	retain bool
}

// runUpdate brings a stack in UPDATE_IN_PROGRESS to its new deployment, or back.
func (s *Service) runUpdate(ctx context.Context, st *stack, disableRollback bool) {
	watched, stop := s.watch(ctx, st)
	defer stop()
	reason := s.applyAll(watched, st)
	if reason == "" {
		reason = s.monitor(watched, st)
	}
	if s.abandoned(ctx) {
		return
	}
	if reason == "" {
		reason = s.finishUpdate(st)
	}
	if reason == "" {
		s.cleanUpUnlessLed(st, s.cleanUp)
		return
	}
	st.mu.Lock()
	if disableRollback && !errors.Is(context.Cause(ctx), errCancelled) {
		st.enter(updateFailed, reason, s.clock.Now())
		st.mu.Unlock()
		return
	}
	st.enter(updateRollback, reason, s.clock.Now())
	st.mu.Unlock()
	s.runRollbackUpdate(st, nil)
}

// applyAll creates, updates and replaces resources in the order of their dependencies. It returns why it
// failed, or "".
func (s *Service) applyAll(ctx context.Context, st *stack) string {
	st.mu.Lock()
	deployed := st.deployed
	scope := s.scope(st, deployed)
	active, err := s.startable(st, deployed, scope)
	if err != nil {
		defer st.mu.Unlock()
		return strings.TrimSpace(sentence(err.Error()))
	}
	protected := s.protected(ctx, st, active)
	st.mu.Unlock()
	if len(protected) > 0 {
		return failedTo("update", protected)
	}
	failed := walk{
		names:    active,
		waitsFor: deployed.waitsFor,
		work: func(ctx context.Context, logicalID string) error {
			return s.apply(ctx, st, deployed, scope, logicalID)
		},
	}.run(ctx)
	if errors.Is(context.Cause(ctx), errCancelled) {
		return reasonUser
	}
	if reason := breached(ctx); reason != "" {
		return reason
	}
	if len(failed) == 0 && ctx.Err() != nil { // between two resources
		return sentence(reasonUpdateCancelled)
	}
	return s.failures(st, failed)
}

// protected fails the resources that the update would remove against the stack policy. The caller holds st.mu.
func (s *Service) protected(ctx context.Context, st *stack, active []string) []string {
	var names []string
	for _, logicalID := range st.inUse() {
		live := st.records[logicalID]
		reason := st.policyInForce().refuses(updateDelete, logicalID, live.resourceType)
		if reason != "" && !slices.Contains(active, logicalID) {
			names = append(names, logicalID)
			_ = s.refuseChange(ctx, st, live, true, refusal("%s", reason)) // it is the error that we gave it
		}
	}
	return names
}

// failures tells the resources that could not be created from those that could not be updated.
func (s *Service) failures(st *stack, failed []string) string {
	st.mu.Lock()
	defer st.mu.Unlock()
	var created, updated []string
	for _, logicalID := range failed {
		if status := st.records[logicalID].status; status == createFailed || status == importFailed {
			created = append(created, logicalID)
		} else {
			updated = append(updated, logicalID)
		}
	}
	return failedTo("create", created) + failedTo("update", updated)
}

// apply makes one resource as it is wanted: nothing, an update in place, a replacement or a creation.
func (s *Service) apply(ctx context.Context, st *stack, deployed *deployment, scope *intrinsic.Scope, logicalID string) error {
	st.mu.Lock()
	wanted, err := s.want(st, deployed, scope, logicalID)
	live, exists := st.records[logicalID]
	if exists && (live.status == createFailed || live.status == importFailed) { // of an earlier try that was not rolled back
		st.unfinished.discard(live, live.imported)
		exists = false
	}
	if !exists && err == nil && deployed.imports[logicalID] != "" {
		return s.takeInto(ctx, st, deployed, wanted)
	}
	if !exists {
		live = s.begun(st, deployed, wanted, logicalID)
	}
	if err != nil {
		defer st.mu.Unlock()
		return s.refuseChange(ctx, st, live, exists, err)
	}
	if !exists {
		st.mu.Unlock()
		return s.create(ctx, st, live, wanted, createVerbs())
	}
	if st.forgets(live, wanted) {
		defer st.mu.Unlock()
		return nil
	}
	nests := live.resourceType == stackType
	if !nests && !live.differs(wanted) && live.status != updateFailed {
		defer st.mu.Unlock()
		live.definition, live.dependencies = wanted.definition, wanted.dependencies
		return nil
	}
	action, replaces := updateModify, live.replaces(wanted)
	if replaces {
		action = updateReplace
	}
	if reason := st.policyInForce().refuses(action, logicalID, live.resourceType); reason != "" {
		defer st.mu.Unlock()
		return s.refuseChange(ctx, st, live, exists, refusal("%s", reason))
	}
	if replaces {
		return s.replace(ctx, st, live, wanted)
	}
	if nests {
		st.unfinished.take(logicalID)
	}
	previous := live.properties
	live.adopt(wanted)
	live.touched, live.attempted = true, wanted.properties
	st.note(live, updateInProgress, "", s.clock.Now())
	st.mu.Unlock()
	return s.change(ctx, st, live, wanted, previous)
}

// refuseChange fails a resource whose properties cannot be right. The caller holds st.mu.
func (s *Service) refuseChange(ctx context.Context, st *stack, live *record, exists bool, err error) error {
	if !exists {
		return s.failed(ctx, st, live, err, createVerbs())
	}
	live.touched = true
	st.note(live, updateInProgress, "", s.clock.Now())
	return s.failed(ctx, st, live, err, updateVerbs())
}

// replace creates a new physical resource beside the old one, which the clean-up deletes. The caller holds
// st.mu, which replace releases.
func (s *Service) replace(ctx context.Context, st *stack, live *record, wanted desired) error {
	old := *live
	old.snapshot = wanted.definition.UpdateReplacePolicy == "Snapshot"
	live.adopt(wanted)
	live.touched = true
	st.note(live, updateInProgress, reasonReplacement, s.clock.Now())
	if name, fixed := fixedName(old.properties, wanted); fixed {
		defer st.mu.Unlock()
		return s.failed(ctx, st, live, refusal("CloudFormation cannot update a stack when a custom-named resource requires replacing. "+
			"Rename %s and update the stack again.", name), updateVerbs())
	}
	if !wanted.schema.DeleteFirst {
		st.unfinished.discard(&old, retained(wanted.definition.UpdateReplacePolicy))
		st.mu.Unlock()
		return s.create(ctx, st, live, wanted, updateVerbs())
	}
	live.deletedFirst = true
	st.mu.Unlock()
	if err := s.makeRoom(ctx, st, &old); err != nil {
		st.mu.Lock()
		defer st.mu.Unlock()
		return s.failed(ctx, st, live, err, updateVerbs())
	}
	return s.create(ctx, st, live, wanted, updateVerbs())
}

// makeRoom deletes a physical resource that cannot exist beside its replacement. It writes no events.
func (s *Service) makeRoom(ctx context.Context, st *stack, r *record) error {
	if r.physicalID == "" {
		return nil
	}
	gone := desired{logicalID: r.logicalID, definition: r.definition, properties: r.properties, tags: r.tags}
	request := s.request(st, gone, r.physicalID)
	if err := s.providers[r.resourceType].Delete(ctx, request); err != nil {
		return err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	r.physicalID = ""
	return nil
}

// fixedName returns the name that a template gives a resource, if the replacement would have the same.
func fixedName(before resource.Properties, wanted desired) (string, bool) {
	identifier := wanted.schema.PrimaryIdentifier
	if len(identifier) != 1 || len(identifier[0]) != 1 {
		return "", false
	}
	property := identifier[0][0]
	name, ok := wanted.properties[property].(string)
	return name, ok && before[property] == name
}

func (u *update) discard(r *record, retain bool) {
	u.garbage = append(u.garbage, leftover{record: r, retain: retain})
}

// finishUpdate publishes the outputs and enters the clean-up, or returns why it cannot. A nested stack keeps what a rollback
// of its parent would need.
func (s *Service) finishUpdate(st *stack) string {
	blocked := s.exportsInUse(st)
	st.mu.Lock()
	defer st.mu.Unlock()
	if blocked != "" {
		return blocked
	}
	if err := s.publishOutputs(st); err != nil {
		return err.Error()
	}
	if _, err := s.scope(st, st.deployed).Active(); err != nil {
		return err.Error()
	}
	if !st.led {
		s.commit(st)
	}
	st.enter(updateCompleteCleanup, "", s.clock.Now())
	return ""
}
