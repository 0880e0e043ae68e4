package cloudformation

import (
	"context"
	"errors"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/intrinsic"
)

// What to do when the creation of a stack fails.
const (
	onFailureRollback  = "ROLLBACK"
	onFailureDelete    = "DELETE"
	onFailureDoNothing = "DO_NOTHING"
)

const reasonTimeout = "Stack creation time exceeded the specified timeout. "

// creation is how CreateStack wants a stack made.
type creation struct {
	onFailure string
	// timeout of the whole creation, as AWS counts it; 0 for none.
	timeout time.Duration
	// retainExceptOnCreate deletes what a rollback finds created, whatever its DeletionPolicy.
	retainExceptOnCreate bool
}

// runCreate provisions a stack that is in CREATE_IN_PROGRESS.
func (s *Service) runCreate(ctx context.Context, st *stack, how creation) {
	limited, cancel := s.limit(ctx, how.timeout)
	defer cancel()
	watched, stop := s.watch(limited, st)
	defer stop()
	reason := s.provisionAll(watched, st)
	if reason == "" {
		reason = s.monitor(watched, st)
	}
	if reason == "" {
		reason = s.finishCreate(ctx, st)
	}
	if reason != "" {
		s.undoCreate(ctx, st, how, reason)
	}
}

func (s *Service) limit(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	if scaled := s.clock.Scale(timeout); scaled > 0 {
		return context.WithTimeoutCause(ctx, scaled, errTimeout)
	}
	return context.WithCancel(ctx)
}

// provisionAll creates all resources in the order of their dependencies. It returns why it failed, or "".
func (s *Service) provisionAll(ctx context.Context, st *stack) string {
	st.mu.Lock()
	deployed := st.deployed
	scope := s.scope(st, deployed)
	active, err := s.startable(st, deployed, scope)
	if st.operation != nil {
		st.operation.creates = active
	}
	st.mu.Unlock()
	if err != nil {
		return sentence(err.Error())
	}
	failed := walk{
		names:    active,
		waitsFor: deployed.waitsFor,
		work: func(ctx context.Context, logicalID string) error {
			st.mu.Lock()
			wanted, err := s.want(st, deployed, scope, logicalID)
			if err == nil && deployed.imports[logicalID] != "" {
				return s.takeInto(ctx, st, deployed, wanted)
			}
			live := s.begun(st, deployed, wanted, logicalID)
			if err != nil {
				defer st.mu.Unlock()
				return s.failed(ctx, st, live, err, createVerbs())
			}
			st.mu.Unlock()
			return s.create(ctx, st, live, wanted, createVerbs())
		},
	}.run(ctx)
	if errors.Is(context.Cause(ctx), errTimeout) {
		return reasonTimeout
	}
	if reason := breached(ctx); reason != "" {
		return reason
	}
	if len(failed) == 0 && ctx.Err() != nil { // between two resources
		return sentence(reasonCreationCancelled)
	}
	return failedTo("create", failed)
}

// begun puts a new resource into the stack. The caller holds st.mu.
func (s *Service) begun(st *stack, deployed *deployment, wanted desired, logicalID string) *record {
	live := &record{logicalID: logicalID, resourceType: deployed.template.Resources[logicalID].Type}
	wanted.definition = deployed.template.Resources[logicalID]
	live.adopt(wanted)
	st.records[logicalID] = live
	st.note(live, createInProgress, "", s.clock.Now())
	return live
}

func (d *deployment) waitsFor(logicalID string) []string {
	return d.template.Resources[logicalID].Dependencies
}

// startable returns the resources of a deployment, or why none of them is touched. The caller holds st.mu.
func (s *Service) startable(st *stack, deployed *deployment, scope *intrinsic.Scope) ([]string, error) {
	if err := s.checkImports(st, deployed); err != nil {
		return nil, err
	}
	if err := s.checkExistence(st, deployed); err != nil {
		return nil, err
	}
	active, err := scope.Active()
	if err != nil {
		return nil, clientError(err)
	}
	return active, checkAttributes(deployed.template, scope, active)
}

// checkImports finds exports that do not exist before anything is made. The caller holds st.mu.
func (s *Service) checkImports(st *stack, deployed *deployment) error {
	scope := s.preview(st, deployed)
	scope.Import = func(name string) (string, error) { return s.importFor(st, name) }
	return scope.Check()
}

// finishCreate brings the stack to CREATE_COMPLETE, or returns why its outputs cannot be.
func (s *Service) finishCreate(ctx context.Context, st *stack) string {
	st.mu.Lock()
	defer st.mu.Unlock()
	if s.abandoned(ctx) {
		return ""
	}
	if err := s.publishOutputs(st); err != nil {
		return sentence(err.Error())
	}
	s.release(st)
	st.enter(createComplete, "", s.clock.Now())
	return ""
}

// undoCreate does what OnFailure says. The reason ends with a space.
func (s *Service) undoCreate(ctx context.Context, st *stack, how creation, reason string) {
	st.mu.Lock()
	if s.abandoned(ctx) {
		st.mu.Unlock()
		return
	}
	switch how.onFailure {
	case onFailureDoNothing:
		st.enter(createFailed, reason, s.clock.Now())
		st.mu.Unlock()
		return
	case onFailureDelete:
		st.enter(deleteInProgress, reason+"Delete requested by user.", s.clock.Now())
		st.deleted = s.clock.Now()
		st.mu.Unlock()
		s.runDelete(ctx, st, deletion{})
		return
	}
	st.enter(rollbackInProgress, reason+"Rollback requested by user.", s.clock.Now())
	st.deleted = s.clock.Now()
	st.mu.Unlock()
	s.runRollbackCreate(ctx, st, how.retainExceptOnCreate)
}

// runRollbackCreate deletes what a failed creation made.
func (s *Service) runRollbackCreate(ctx context.Context, st *stack, retainExceptOnCreate bool) {
	failed := s.remove(ctx, st, s.leftovers(st), func(r *record) bool {
		return r.imported || (!retainExceptOnCreate && r.definition.DeletionPolicy == "Retain")
	})
	st.mu.Lock()
	defer st.mu.Unlock()
	if s.abandoned(ctx) {
		return
	}
	if len(failed) > 0 {
		st.enter(rollbackFailed, failedTo("delete", failed), s.clock.Now())
		return
	}
	st.enter(rollbackComplete, "", s.clock.Now())
}

// sentence ends a reason so that another one can follow; one that has a full stop gets a second (recorded).
func sentence(text string) string { return text + ". " }
