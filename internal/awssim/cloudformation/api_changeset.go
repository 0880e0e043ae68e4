package cloudformation

import (
	"context"
	"slices"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/document"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type createChangeSetInput struct {
	StackName           string
	ChangeSetName       string
	ChangeSetType       string
	Description         string
	TemplateBody        *string
	TemplateURL         string
	UsePreviousTemplate bool
	Parameters          []parameter
	Tags                []tag
	Capabilities        []string
	NotificationARNs    []string
	RoleARN             string
	ResourceTypes       []string
	OnStackFailure      string
	ClientToken         string
	DeploymentMode      string
	ResourcesToImport   []resourceToImport
	// ImportExistingResources takes over what the template names and what exists.
	ImportExistingResources bool
	// IncludeNestedStacks makes change sets of the nested stacks, too.
	IncludeNestedStacks   bool
	RollbackConfiguration *rollbackConfiguration
	DeploymentConfig      *deploymentConfig
	// DisableValidation changes nothing: there is no validation before a deployment but that of its form.
	DisableValidation bool
}

type createChangeSetOutput struct {
	ID      string `query:"Id"`
	StackID string `query:"StackId"`
}

func (in *createChangeSetInput) check() error {
	var wrong violations
	wrong.name(in.StackName)
	wrong.newChangeSet(in.ChangeSetName)
	wrong.oneOf(in.ChangeSetType, "changeSetType", changeSetCreate, changeSetUpdate, changeSetImport)
	wrong.oneOf(in.OnStackFailure, "onStackFailure", onFailureDoNothing, onFailureRollback, onFailureDelete)
	wrong.oneOf(in.DeploymentMode, "deploymentMode", deploymentRevertDrift)
	wrong.tags(in.Tags)
	in.RollbackConfiguration.check(&wrong)
	in.DeploymentConfig.check(&wrong)
	if in.TemplateBody != nil {
		wrong.body(*in.TemplateBody)
	}
	return wrong.err()
}

func (s *Service) createChangeSet(_ context.Context, call *wire.Call, in *createChangeSetInput) (*createChangeSetOutput, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	if in.ChangeSetType == "" {
		in.ChangeSetType = changeSetUpdate
	}
	if in.UsePreviousTemplate && in.ChangeSetType == changeSetCreate {
		return nil, invalid("Cannot specify usePreviousTemplate as true for a changeSetType CREATE")
	}
	if err := in.refuseImports(call); err != nil {
		return nil, err
	}
	st, err := s.changeable(call, in)
	if err != nil {
		return nil, err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	proposed, err := s.proposal(call, st, in)
	if err != nil {
		return nil, err
	}
	if other := st.waiting(in.ChangeSetName); other != nil {
		if attribute := other.mismatch(proposed); attribute != "" {
			return nil, fail("AlreadyExistsException", "ChangeSet %s cannot be created due to a mismatch with existing attribute %s",
				in.ChangeSetName, attribute)
		}
		return &createChangeSetOutput{ID: other.id, StackID: st.id}, nil
	}
	if in.ChangeSetType == changeSetImport {
		if err := s.checkImportList(st, proposed.deployed, in.ResourcesToImport); err != nil {
			return nil, err
		}
	}
	if st.status == "" {
		if err := s.review(st); err != nil {
			return nil, err
		}
	}
	s.propose(st, proposed)
	return &createChangeSetOutput{ID: proposed.id, StackID: st.id}, nil
}

// changeable returns the stack that a change set is for. One that does not exist yet has no status, and nobody else
// knows it; only change sets of the types CREATE and IMPORT may make it.
func (s *Service) changeable(call *wire.Call, in *createChangeSetInput) (*stack, error) {
	st, err := s.living(call, in.StackName, absent)
	if in.ChangeSetType == changeSetUpdate {
		if err != nil {
			return nil, err
		}
		st.mu.Lock()
		defer st.mu.Unlock()
		return st, st.mayUpdate(true)
	}
	if err == nil {
		st.mu.Lock()
		defer st.mu.Unlock()
		if in.ChangeSetType == changeSetImport && st.status != reviewInProgress {
			return st, st.mayUpdate(true)
		}
		if st.status != reviewInProgress {
			return nil, alreadyExists(in)
		}
		return st, nil
	}
	if !newNamePattern.MatchString(in.StackName) {
		return nil, alreadyExists(in) // a deleted stack cannot come back under its ARN
	}
	fresh := s.newStack(call, in.StackName)
	fresh.deployed = &deployment{template: &document.Template{}}
	return fresh, nil
}

func alreadyExists(in *createChangeSetInput) error {
	return invalid("Stack [%s] already exists and cannot be created again with the changeSet [%s].", in.StackName, in.ChangeSetName)
}

// proposal makes the change set's deployment. The caller holds st.mu.
func (s *Service) proposal(call *wire.Call, st *stack, in *createChangeSetInput) (*changeSet, error) {
	// It shows what transforms make of the template: there is nothing of them to acknowledge (API reference).
	acknowledged := append(slices.Clone(in.Capabilities), capabilityAutoExpand)
	deployed, err := s.next(call, st, &updateStackInput{
		TemplateBody: in.TemplateBody, TemplateURL: in.TemplateURL, UsePreviousTemplate: in.UsePreviousTemplate,
		Parameters: in.Parameters, Tags: in.Tags, Capabilities: acknowledged, NotificationARNs: in.NotificationARNs,
		RoleARN:       in.RoleARN,
		ResourceTypes: in.ResourceTypes, RollbackConfiguration: in.RollbackConfiguration, DeploymentConfig: in.DeploymentConfig,
	})
	if err != nil {
		return nil, err
	}
	deployed.capabilities = in.Capabilities
	how := creation{onFailure: onFailureRollback}
	if disabled, _ := in.DeploymentConfig.disablesRollback(nil); disabled { // of two that differ there is but one
		how.onFailure = onFailureDoNothing
	}
	if in.OnStackFailure != "" {
		how.onFailure = in.OnStackFailure
	}
	return &changeSet{
		id: newChangeSetID(st.Place, in.ChangeSetName), name: in.ChangeSetName, kind: in.ChangeSetType, description: in.Description,
		created: s.clock.Now(), deployed: deployed, how: how, token: in.ClientToken,
		revertDrift: in.DeploymentMode == deploymentRevertDrift,
		imports:     in.ResourcesToImport, importExisting: in.ImportExistingResources,
		lineage: lineage{includeNested: in.IncludeNestedStacks},
	}, nil
}

type executeChangeSetInput struct {
	ChangeSetName, StackName, ClientRequestToken string
	DisableRollback                              *bool
	RetainExceptOnCreate                         bool
}

// executeChangeSetOutput has no members, but AWS writes its element.
type executeChangeSetOutput struct{}

func (s *Service) executeChangeSet(
	_ context.Context, call *wire.Call, in *executeChangeSetInput,
) (*executeChangeSetOutput, error) {
	var wrong violations
	wrong.token(in.ClientRequestToken)
	if err := wrong.err(); err != nil {
		return nil, err
	}
	st, chosen, err := s.changeSetOf(call, in.ChangeSetName, in.StackName)
	if err != nil {
		return nil, err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	out := new(executeChangeSetOutput)
	if again, err := st.repeated("ExecuteChangeSet", in.ClientRequestToken); again || err != nil {
		return out, err
	}
	if chosen.execution != executionAvailable {
		if chosen.status == statusPlanned {
			return nil, fail("InvalidChangeSetStatus", "ChangeSet [%s] cannot be executed in its current execution status of [%s]",
				chosen.id, chosen.execution)
		}
		return nil, fail("InvalidChangeSetStatus", "ChangeSet [%s] cannot be executed in its current status of [%s]",
			chosen.id, chosen.status)
	}
	if in.DisableRollback != nil && *in.DisableRollback {
		chosen.how.onFailure = onFailureDoNothing
	}
	if in.RetainExceptOnCreate {
		chosen.how.retainExceptOnCreate = true
	}
	if chosen.kind == changeSetUpdate || (chosen.kind == changeSetImport && st.status != reviewInProgress) {
		if err := st.mayUpdate(chosen.how.onFailure == onFailureDoNothing); err != nil {
			return nil, err
		}
		if err := st.mayFollow(chosen.deployed.config); err != nil {
			return nil, err
		}
	}
	s.execute(st, chosen, in.ClientRequestToken) //nolint:contextcheck // it outlives the call
	if in.ClientRequestToken != "" {
		st.tokens[in.ClientRequestToken] = "ExecuteChangeSet"
	}
	return out, nil
}

type deleteChangeSetInput struct{ ChangeSetName, StackName string }

type deleteChangeSetOutput struct{}

func (s *Service) deleteChangeSet(_ context.Context, call *wire.Call, in *deleteChangeSetInput) (*deleteChangeSetOutput, error) {
	st, doomed, err := s.changeSetOf(call, in.ChangeSetName, in.StackName)
	if st != nil && doomed == nil {
		return new(deleteChangeSetOutput), nil // deleting what is not there succeeds
	}
	if err != nil {
		return nil, err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	if doomed.execution == executionRunning {
		return nil, fail("InvalidChangeSetStatus", "ChangeSet [%s] cannot be deleted in its current execution status of [%s]",
			doomed.id, doomed.execution)
	}
	if doomed.lineage.parentID != "" { // the words are believed
		return nil, fail("InvalidChangeSetStatus", "ChangeSet [%s] can only be deleted from the root change set", doomed.id)
	}
	s.dropNested(doomed) //nolint:contextcheck // what it deletes outlives the call
	st.dropChangeSet(doomed)
	return new(deleteChangeSetOutput), nil
}
