package cloudformation

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/document"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/intrinsic"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/cfn/schema"
)

// desired is a resource as a deployment wants it.
type desired struct {
	logicalID    string
	definition   *document.Resource
	dependencies []string
	properties   resource.Properties
	shown        resource.Properties // with the secrets of NoEcho parameters masked
	metadata     resource.Properties // nil if there is none
	applied      resource.Properties // with dynamic references resolved: for providers; nil if that is still to be done
	tags         map[string]string
	schema       *schema.Schema
}

// want evaluates a resource's properties and checks them against its schema. The caller holds st.mu.
func (s *Service) want(st *stack, deployed *deployment, scope *intrinsic.Scope, logicalID string) (desired, error) {
	definition := deployed.template.Resources[logicalID]
	known, ok := schema.For(definition.Type)
	if !ok {
		return desired{}, refusal("awssim has no schema of %s", definition.Type)
	}
	wanted := desired{
		logicalID: logicalID, definition: definition, schema: known,
		dependencies: definition.Dependencies, tags: st.resourceTags(deployed, logicalID),
	}
	properties, err := scope.Properties(definition.Properties)
	if err != nil {
		return wanted, err
	}
	if wanted.metadata, err = metadataOf(definition, scope); err != nil {
		return wanted, err
	}
	wanted.properties, wanted.shown = properties, masked(deployed, scope, definition.Properties, properties)
	resolved, err := s.resolveAll(st.Place, properties)
	if err != nil {
		return wanted, err
	}
	if problems := slices.DeleteFunc(known.Validate(resolved), foundLater(definition.Type)); len(problems) > 0 {
		return wanted, invalidProperties(definition.Type, logicalID, problems)
	}
	if wanted.applied, err = known.Coerce(resolved); err != nil {
		return wanted, refusal("reading the schema of %s: %w", definition.Type, err)
	}
	wanted.properties = wanted.applied
	if refers(properties, "") {
		wanted.properties, err = known.Coerce(properties)
	}
	return wanted, err
}

// metadataOf evaluates a resource's metadata. Nothing in it is masked (recorded); nil if it has none.
func metadataOf(definition *document.Resource, scope *intrinsic.Scope) (resource.Properties, error) {
	metadata, ok := definition.Metadata.(map[string]any)
	if !ok {
		return nil, nil //nolint:nilnil // no metadata, no error
	}
	return scope.Properties(metadata)
}

// masked returns the properties as they are shown: what comes from a NoEcho parameter is not. It is called once the scope has
// evaluated the properties themselves, so that no condition is decided by a mask.
func masked(
	deployed *deployment, scope *intrinsic.Scope, expressions map[string]any, properties resource.Properties,
) resource.Properties {
	hidden := make(map[string]any)
	for name, value := range deployed.parameters {
		if value.noEcho {
			hidden[name] = value.shown()
		}
	}
	mentions := func(r document.Reference) bool { return hidden[r.Name] != nil }
	if !slices.ContainsFunc(document.References(expressions), mentions) {
		return properties
	}
	public := *scope
	public.Parameters = maps.Clone(scope.Parameters)
	maps.Copy(public.Parameters, hidden)
	shown, err := public.Properties(expressions)
	if err != nil {
		return resource.Properties{} // better to show nothing than a secret
	}
	return shown
}

// request asks the provider for something to do with a resource. The caller does not hold st.mu.
func (s *Service) request(st *stack, wanted desired, physicalID string) resource.Request {
	properties := wanted.applied
	if properties == nil {
		properties = s.resolveKnown(st.Place, wanted.properties)
	}
	return resource.Request{
		Place: st.Place, Type: wanted.definition.Type, LogicalID: wanted.logicalID, StackName: st.name, StackID: st.id,
		PhysicalID: physicalID, Properties: properties, Tags: wanted.tags, Undoing: st.undoing(), Express: st.expressly(),
	}
}

func (st *stack) expressly() bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.express
}

func (st *stack) undoing() bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.status.undoes()
}

// create makes a new resource and writes its events. A replacement keeps the UPDATE vocabulary.
func (s *Service) create(ctx context.Context, st *stack, live *record, wanted desired, verb verbs) error {
	request := s.request(st, wanted, "")
	request.Initiated = func(physicalID string) {
		st.mu.Lock()
		defer st.mu.Unlock()
		s.initiated(st, live, physicalID, verb)
	}
	request.Progress = func(reason string) {
		st.mu.Lock()
		defer st.mu.Unlock()
		st.note(live, verb.inProgress, reason, s.clock.Now())
	}
	result, err := s.providers[wanted.definition.Type].Create(ctx, request)
	st.mu.Lock()
	defer st.mu.Unlock()
	if err != nil {
		return s.failed(ctx, st, live, err, verb)
	}
	s.initiated(st, live, result.PhysicalID, verb)
	live.attributes = result.Attributes
	s.done(st, live, verb)
	return nil
}

// initiated notes a new physical id once. The caller holds st.mu.
func (s *Service) initiated(st *stack, live *record, physicalID string, verb verbs) {
	if physicalID == "" || live.physicalID == physicalID {
		return
	}
	live.physicalID = physicalID
	st.note(live, verb.inProgress, reasonCreationInitiated, s.clock.Now())
	if checksConsistency(live.resourceType, false) && !st.express {
		st.note(live, verb.inProgress, reasonConsistency, s.clock.Now())
		s.tellConfigured(st)
	}
}

// change updates a resource in place and writes its last event; the first was written by the caller.
func (s *Service) change(ctx context.Context, st *stack, live *record, wanted desired, previous resource.Properties) error {
	request := s.request(st, wanted, live.physicalID)
	request.Previous = s.resolveKnown(st.Place, previous)
	result, err := s.providers[wanted.definition.Type].Update(ctx, request)
	st.mu.Lock()
	defer st.mu.Unlock()
	if err != nil {
		return s.failed(ctx, st, live, err, updateVerbs())
	}
	if result.PhysicalID != "" {
		live.physicalID = result.PhysicalID
	}
	live.attributes = result.Attributes
	if checksConsistency(live.resourceType, true) && !st.express {
		st.note(live, updateInProgress, reasonConsistency, s.clock.Now())
	}
	s.done(st, live, updateVerbs())
	return nil
}

func (s *Service) done(st *stack, live *record, verb verbs) {
	st.note(live, verb.complete, st.completed(), s.clock.Now())
	s.tellConfigured(st)
}

// failed writes the event of a failure, unless the operation is to vanish, and returns the error.
func (s *Service) failed(ctx context.Context, st *stack, live *record, err error, verb verbs) error {
	if s.ctx.Err() != nil {
		return err
	}
	reason := reasonOf(err)
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		reason = verb.cancelled
	}
	st.note(live, verb.failed, reason, s.clock.Now())
	return err
}

// delete removes a resource and writes its events. Deleting what was never made is no work.
func (s *Service) delete(ctx context.Context, st *stack, live *record) error {
	st.mu.Lock()
	if live.physicalID == "" {
		st.note(live, deleteComplete, "", s.clock.Now())
		st.mu.Unlock()
		return nil
	}
	st.note(live, deleteInProgress, "", s.clock.Now())
	request := resource.Request{
		Place: st.Place, Type: live.resourceType, LogicalID: live.logicalID, StackName: st.name, StackID: st.id,
		PhysicalID: live.physicalID, Properties: s.resolveKnown(st.Place, live.properties), Tags: live.tags,
		Undoing:  st.status.undoes(),
		Snapshot: live.wantsSnapshot(), Express: st.express,
	}
	st.mu.Unlock()
	err := s.providers[request.Type].Delete(ctx, request)
	st.mu.Lock()
	defer st.mu.Unlock()
	if s.abandoned(ctx) {
		return fmt.Errorf("deleting %s: %w", live.logicalID, context.Cause(ctx))
	}
	if err != nil {
		st.note(live, deleteFailed, reasonOf(err), s.clock.Now())
		return err
	}
	st.note(live, deleteComplete, st.completed(), s.clock.Now())
	return nil
}

// verbs are the statuses of one kind of change.
type verbs struct {
	inProgress, complete, failed status
	cancelled                    string
}

func createVerbs() verbs {
	return verbs{inProgress: createInProgress, complete: createComplete, failed: createFailed, cancelled: reasonCreationCancelled}
}

func updateVerbs() verbs {
	return verbs{inProgress: updateInProgress, complete: updateComplete, failed: updateFailed, cancelled: reasonUpdateCancelled}
}

// adopt writes what is wanted into the record, as it is about to be applied. The caller holds st.mu.
func (r *record) adopt(wanted desired) {
	r.definition, r.dependencies = wanted.definition, wanted.dependencies
	r.properties, r.shown, r.tags, r.skipped = wanted.properties, wanted.shown, wanted.tags, false
	r.metadata = wanted.metadata
}

// differs reports whether a resource has to be updated to be as wanted. Policies of the template are no change of the
// resource; Metadata is.
func (r *record) differs(wanted desired) bool {
	if !reflect.DeepEqual(r.properties, wanted.properties) || !reflect.DeepEqual(r.metadata, wanted.metadata) {
		return true
	}
	return wanted.schema.Tagging.Property != "" && !maps.Equal(r.tags, wanted.tags)
}

// samePolicies reports whether two versions of a template say the same of what becomes of a resource.
func samePolicies(before, after *document.Resource) bool {
	return before.DeletionPolicy == after.DeletionPolicy && before.UpdateReplacePolicy == after.UpdateReplacePolicy
}

// replaces reports whether a change needs a new physical resource.
func (r *record) replaces(wanted desired) bool {
	if len(wanted.schema.RequiresReplacement(r.properties, wanted.properties)) > 0 {
		return true
	}
	tagging := wanted.schema.Tagging
	return tagging.Property != "" && !tagging.Updatable && !maps.Equal(r.tags, wanted.tags)
}
