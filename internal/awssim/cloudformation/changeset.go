package cloudformation

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// Kinds and statuses of change sets.
const (
	changeSetCreate = "CREATE"
	changeSetUpdate = "UPDATE"

	executionUnavailable = "UNAVAILABLE"
	executionAvailable   = "AVAILABLE"
	executionRunning     = "EXECUTE_IN_PROGRESS"
	executionComplete    = "EXECUTE_COMPLETE"
	executionFailed      = "EXECUTE_FAILED"
	executionObsolete    = "OBSOLETE"

	statusPending  = "CREATE_PENDING"
	statusPlanned  = "CREATE_COMPLETE"
	statusNoChange = "FAILED"

	reasonNoChanges = "The submitted information didn't contain changes. Submit different information to create a change set."

	// planning is how long AWS takes to work a change set out.
	planning = 4 * time.Second

	reviewInProgress status = "REVIEW_IN_PROGRESS"
)

// changeSet is a planned deployment of a stack. What can change is guarded by the stack's mu.
type changeSet struct {
	id, name, kind, description string
	created                     time.Time
	deployed                    *deployment
	how                         creation
	token                       string
	lineage                     lineage

	status, execution, reason string
	changes                   []plannedChange

	// revertDrift makes it compare with how resources are; live is how they were found.
	revertDrift bool
	// imports are resources that exist; importExisting looks for more of them.
	imports        []resourceToImport
	importExisting bool
	live           map[string]*drift
}

func newChangeSetID(place resource.Place, name string) string {
	return "arn:aws:cloudformation:" + place.Region + ":" + place.Account + ":changeSet/" + name + "/" + uuid.NewString()
}

// review puts a stack that does not exist yet into REVIEW_IN_PROGRESS. The caller holds st.mu.
func (s *Service) review(st *stack) error {
	other, err := s.store.add(st)
	if err != nil {
		return err
	}
	if other != nil && other != st { // by another call since we looked
		return invalid("Stack [%s] already exists and cannot be created again with the changeSet.", st.name)
	}
	st.enter(reviewInProgress, reasonUser, s.clock.Now())
	return nil
}

// withImports returns a change set's deployment with the resources that it takes over. The caller does not hold st.mu.
func (s *Service) withImports(st *stack, proposed *changeSet) (*deployment, error) {
	list := proposed.imports
	if proposed.importExisting {
		var err error
		if list, err = s.importable(st, proposed); err != nil {
			return nil, err
		}
	}
	if len(list) == 0 {
		return proposed.deployed, nil
	}
	imports, err := s.resolveImports(st.Place, list)
	if err != nil {
		return nil, err
	}
	next := *proposed.deployed
	next.imports = imports
	return &next, nil
}

// importable lists what a change set would add although it exists.
func (s *Service) importable(st *stack, proposed *changeSet) ([]resourceToImport, error) {
	st.mu.Lock()
	plan, err := s.plan(st, proposed.deployed, nil)
	st.mu.Unlock()
	if err != nil {
		return nil, err
	}
	var added []string
	for _, change := range plan {
		if change.action == actionAdd {
			added = append(added, change.logicalID)
		}
	}
	return s.existingResources(st.Place, proposed.deployed.template, added)
}

// propose registers a change set and works out its changes in the background. The caller holds st.mu.
func (s *Service) propose(st *stack, proposed *changeSet) {
	proposed.status, proposed.execution = statusPending, executionUnavailable
	st.changeSets = append(st.changeSets, proposed)
	s.background(func(ctx context.Context) {
		if s.clock.Sleep(ctx, planning) != nil {
			return
		}
		next, err := s.withImports(st, proposed)
		st.mu.Lock()
		defer st.mu.Unlock()
		if err != nil {
			proposed.status, proposed.reason = statusNoChange, err.Error()
			return
		}
		proposed.deployed = next
		s.workOut(st, proposed)
	})
}

// background runs work until Close.
func (s *Service) background(work func(ctx context.Context)) {
	s.starting.Lock()
	defer s.starting.Unlock()
	if s.ctx.Err() == nil {
		s.running.Go(func() { work(s.ctx) })
	}
}

// workOut finds a change set's changes. The caller holds st.mu.
func (s *Service) workOut(st *stack, proposed *changeSet) {
	if proposed.revertDrift {
		proposed.live = s.liveStates(st)
	}
	below := s.planNested(st, proposed)
	changes, err := s.planWith(st, proposed.deployed, proposed.live, below)
	changes = takeOver(changes, proposed.deployed.imports)
	below.done()
	changed := proposed.kind != changeSetUpdate || stackDriftStatus(proposed.live) == driftDrifted
	if err == nil && !changed {
		changed, err = s.changesBut(st, proposed.deployed, proposed.lineage.includeNested)
		changed = changed || len(changes) > 0 && proposed.lineage.includeNested
	}
	switch {
	case err != nil:
		proposed.status, proposed.reason = statusNoChange, err.Error()
	case below.failure != "":
		proposed.status, proposed.reason, proposed.changes = statusNoChange, below.failure, changes
	case !changed:
		proposed.status, proposed.reason = statusNoChange, reasonNoChanges
		if len(proposed.deployed.template.Transforms) > 0 {
			proposed.reason = "No updates are to be performed."
		}
	default:
		proposed.status, proposed.execution, proposed.changes = statusPlanned, executionAvailable, changes
		if proposed.kind == changeSetImport {
			proposed.reason = reasonReviewImport
		}
		if proposed.lineage.parentID != "" {
			proposed.execution, proposed.reason = executionUnavailable, reasonNotRoot
		}
	}
}

// outdate makes the change sets of a stack that changes by other means unusable. The caller holds st.mu.
func (s *Service) outdate(st *stack) {
	st.changeSetID = ""
	for _, other := range st.changeSets {
		if other.execution == executionAvailable || other.execution == executionUnavailable {
			other.execution = executionObsolete
			s.dropNested(other)
		}
	}
}

// execute starts the operation that a change set planned; all other change sets go. The caller holds st.mu.
func (s *Service) execute(st *stack, chosen *changeSet, token string) {
	chosen.execution = executionRunning
	st.changeSets = slices.DeleteFunc(st.changeSets, func(other *changeSet) bool {
		goes := other != chosen && other.execution != executionComplete && other.execution != executionFailed
		if goes {
			s.dropNested(other)
		}
		return goes
	})
	st.updated = s.clock.Now()
	switch chosen.kind {
	case changeSetCreate:
		s.startCreate(st, chosen.deployed, chosen.how, token)
	case changeSetImport:
		s.startImport(st, chosen.deployed, token)
	default:
		st.led = false
		st.takeLive(chosen.live, chosen.deployed.template)
		s.startUpdate(st, chosen.deployed, token, chosen.how.onFailure == onFailureDoNothing, chosen.how.retainExceptOnCreate)
	}
	st.changeSetID = chosen.id
	s.follow(st, st.operation, chosen)
}

// changeSetOf finds a change set by its ARN, or by its name and its stack's.
func (s *Service) changeSetOf(call *wire.Call, nameOrID, stackName string) (*stack, *changeSet, error) {
	if strings.HasPrefix(nameOrID, "arn:") {
		for _, st := range s.store.all(call.Place()) {
			if found := st.changeSet(nameOrID); found != nil {
				return st, found, nil
			}
		}
		return nil, nil, noChangeSet(nameOrID)
	}
	if stackName == "" {
		return nil, nil, invalid("StackName must be specified if ChangeSetName is not specified as an ARN.")
	}
	st, ok := s.store.find(call.Place(), stackName)
	if !ok {
		return nil, nil, absent(stackName)
	}
	if found := st.changeSet(nameOrID); found != nil {
		return st, found, nil
	}
	return st, nil, noChangeSet(nameOrID)
}

// waiting finds the change set of a name that was not executed yet. The caller holds mu.
func (st *stack) waiting(name string) *changeSet {
	for _, each := range st.changeSets {
		if each.name == name && each.execution != executionComplete && each.execution != executionFailed {
			return each
		}
	}
	return nil
}

// mismatch names the first attribute in which a request for a change set of the same name differs, "" if it is the same
// request again. Template, Parameters and ClientToken are quoted from AWS; their order and the rest are believed.
func (c *changeSet) mismatch(again *changeSet) string {
	before, after := c.deployed, again.deployed
	same := []struct {
		attribute string
		holds     bool
	}{
		{"Template", before.template.Body == after.template.Body},
		{"Parameters", maps.Equal(before.parameters, after.parameters)},
		{"Capabilities", slices.Equal(before.capabilities, after.capabilities)},
		{"Tags", slices.Equal(before.tags, after.tags)},
		{"NotificationARNs", slices.Equal(before.notificationARNs, after.notificationARNs)},
		{"RoleARN", before.roleARN == after.roleARN},
		{"ChangeSetType", c.kind == again.kind},
		{"Description", c.description == again.description},
		{"ClientToken", c.token == again.token},
		{"IncludeNestedStacks", c.lineage.includeNested == again.lineage.includeNested},
	}
	for _, each := range same {
		if !each.holds {
			return each.attribute
		}
	}
	return ""
}

// changeSet finds the newest change set of a name or ARN.
func (st *stack) changeSet(nameOrID string) *changeSet {
	st.mu.Lock()
	defer st.mu.Unlock()
	for _, each := range slices.Backward(st.changeSets) {
		if each.id == nameOrID || each.name == nameOrID {
			return each
		}
	}
	return nil
}

func noChangeSet(nameOrID string) error {
	return &wire.Error{
		Code: "ChangeSetNotFound", Message: "ChangeSet [" + nameOrID + "] does not exist", Status: http.StatusNotFound,
	}
}
