package cloudformation

import (
	"context"
	"slices"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

const (
	importInProgress        status = "IMPORT_IN_PROGRESS"
	importFailed            status = "IMPORT_FAILED" // resources only
	importRollback          status = "IMPORT_ROLLBACK_IN_PROGRESS"
	reasonImportStarted            = "Resource import started."
	reasonImportCompleted          = "Resource import completed."
	reasonImportTags               = "Apply stack-level tags to imported resource if applicable."
	reasonImportCancelled          = "Resource import cancelled"
	reasonImportReplacement        = "The resource to import differs from the template in properties that cannot be updated: "
)

// startImport puts a deployment in place whose new resources exist already. The caller holds st.mu.
func (s *Service) startImport(st *stack, deployed *deployment, token string) {
	st.unfinished = &update{before: st.deployed, records: st.snapshot()}
	st.deployed = deployed
	s.begin(st, "UpdateStack", token, func(ctx context.Context) { s.runImport(ctx, st) })
	st.enter(importInProgress, reasonUser, s.clock.Now())
}

// runImport brings a stack in IMPORT_IN_PROGRESS to IMPORT_COMPLETE, or back.
func (s *Service) runImport(ctx context.Context, st *stack) {
	st.mu.Lock()
	deployed := st.deployed
	scope := s.scope(st, deployed)
	st.mu.Unlock()
	failed := walk{
		names:    sortedKeys(deployed.imports),
		waitsFor: deployed.waitsFor,
		work: func(ctx context.Context, logicalID string) error {
			st.mu.Lock()
			wanted, err := s.want(st, deployed, scope, logicalID)
			if err != nil {
				defer st.mu.Unlock()
				return s.failed(ctx, st, s.begunImport(st, deployed, wanted, logicalID), err, importVerbs())
			}
			return s.takeInto(ctx, st, deployed, wanted)
		},
	}.run(ctx)
	st.mu.Lock()
	defer st.mu.Unlock()
	if s.abandoned(ctx) {
		return
	}
	if len(failed) == 0 {
		st.unfinished = nil
		st.enter(importComplete, "", s.clock.Now())
		return
	}
	st.enter(importRollback, failedTo("import", failed), s.clock.Now())
	s.rollBackImport(st)
}

// rollBackImport lets go of what was imported; nothing happens to it. The caller holds st.mu.
func (s *Service) rollBackImport(st *stack) {
	for _, logicalID := range sortedKeys(st.deployed.imports) {
		live := st.records[logicalID]
		if live == nil {
			continue
		}
		st.note(live, importRollback, "", s.clock.Now())
		st.note(live, importRollbackComplete, "", s.clock.Now())
		delete(st.records, logicalID)
	}
	st.deployed = st.unfinished.before
	st.unfinished = nil
	st.enter(importRollbackComplete, "", s.clock.Now())
}

func importVerbs() verbs {
	return verbs{inProgress: importInProgress, complete: importComplete, failed: importFailed, cancelled: reasonImportCancelled}
}

// begunImport puts a resource that exists into the stack. The caller holds st.mu.
func (s *Service) begunImport(st *stack, deployed *deployment, wanted desired, logicalID string) *record {
	definition := deployed.template.Resources[logicalID]
	wanted.definition = definition
	live := &record{
		logicalID: logicalID, resourceType: definition.Type, physicalID: deployed.imports[logicalID], imported: true,
	}
	live.adopt(wanted)
	st.records[logicalID] = live
	st.note(live, importInProgress, reasonImportStarted, s.clock.Now())
	return live
}

// takeInto imports a resource and updates it to what the template says. The caller holds st.mu, which it releases.
func (s *Service) takeInto(ctx context.Context, st *stack, deployed *deployment, wanted desired) error {
	live := s.begunImport(st, deployed, wanted, wanted.logicalID)
	actual, err := s.actual(st.Place, live)
	if err == nil {
		err = live.importable(actual, wanted)
	}
	if err != nil {
		defer st.mu.Unlock()
		return s.failed(ctx, st, live, err, importVerbs())
	}
	st.note(live, importInProgress, "", s.clock.Now())
	st.note(live, importComplete, reasonImportCompleted, s.clock.Now())
	st.note(live, updateInProgress, reasonImportTags, s.clock.Now())
	st.mu.Unlock()
	return s.change(ctx, st, live, wanted, actual)
}

func (s *Service) actual(place resource.Place, live *record) (resource.Properties, error) {
	reader, ok := s.providers[live.resourceType].(resource.Reader)
	if !ok {
		return nil, refusal("ResourceTypes [%s] are not supported for Import", live.resourceType)
	}
	properties, exists := reader.Read(resource.Request{Place: place, Type: live.resourceType, PhysicalID: live.physicalID})
	if !exists {
		return nil, refusal("%s", notThere(live.resourceType, live.physicalID))
	}
	return properties, nil
}

// importable refuses a resource that would have to be replaced to be as the template says.
func (r *record) importable(actual resource.Properties, wanted desired) error {
	given := make(resource.Properties)
	for name, value := range actual { // what the template leaves out is as the service chose it
		if _, has := wanted.properties[name]; has {
			given[name] = value
		}
	}
	differing := wanted.schema.RequiresReplacement(given, wanted.properties)
	if len(differing) == 0 {
		return nil
	}
	slices.Sort(differing)
	return refusal("%s%s", reasonImportReplacement, listed(differing)) // believed
}
