package cloudformation

import (
	"context"
	"slices"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/document"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type updateStackInput struct {
	StackName                   string
	TemplateBody                *string
	TemplateURL                 string
	UsePreviousTemplate         bool
	Parameters                  []parameter
	Tags                        []tag // nil keeps the tags
	Capabilities                []string
	NotificationARNs            []string // nil keeps them
	RoleARN                     string
	DisableRollback             *bool
	RetainExceptOnCreate        bool
	StackPolicyBody             *string
	StackPolicyURL              string
	StackPolicyDuringUpdateBody *string
	StackPolicyDuringUpdateURL  string
	ClientRequestToken          string
	ResourceTypes               []string
	RollbackConfiguration       *rollbackConfiguration
	DeploymentConfig            *deploymentConfig
	// DisableValidation changes nothing: there is no validation before a deployment but that of its form.
	DisableValidation bool
}

func (in *updateStackInput) check() error {
	var wrong violations
	wrong.name(in.StackName)
	wrong.token(in.ClientRequestToken)
	wrong.tags(in.Tags)
	in.RollbackConfiguration.check(&wrong)
	in.DeploymentConfig.check(&wrong)
	if in.TemplateBody != nil {
		wrong.body(*in.TemplateBody)
	}
	return wrong.err()
}

func (s *Service) updateStack(_ context.Context, call *wire.Call, in *updateStackInput) (*stackID, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	st, err := s.living(call, in.StackName, absent)
	if err != nil {
		return nil, err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	again, err := st.repeated("UpdateStack", in.ClientRequestToken)
	if again || err != nil {
		return &stackID{StackID: st.id}, err
	}
	disableRollback, err := in.DeploymentConfig.disablesRollback(in.DisableRollback)
	if err != nil {
		return nil, err
	}
	if err := st.mayUpdate(disableRollback); err != nil {
		return nil, err
	}
	if err := st.mayFollow(in.DeploymentConfig); err != nil {
		return nil, err
	}
	deployed, err := s.next(call, st, in)
	if err != nil {
		return nil, err
	}
	changed, err := s.changes(st, deployed)
	if err != nil {
		return nil, err
	}
	if !changed && (in.UsePreviousTemplate || !mayStandForMore(deployed.template)) {
		return nil, invalid("No updates are to be performed.")
	}
	policy, during, err := s.policies(call, in)
	if err != nil {
		return nil, err
	}
	if in.Capabilities == nil { // recorded: the stack goes on telling them, though they acknowledge nothing any more
		deployed.capabilities = st.deployed.capabilities
	}
	s.outdate(st) //nolint:contextcheck // what it deletes outlives the call
	st.led = false
	//nolint:contextcheck // it outlives the call
	s.startUpdate(st, deployed, in.ClientRequestToken, disableRollback, in.RetainExceptOnCreate)
	st.unfinished.policy, st.policyDuringUpdate = policy, during
	return &stackID{StackID: st.id, OperationID: st.operation.id}, nil
}

// mayStandForMore reports whether CloudFormation takes an update to the same template, without looking what it comes to: one
// with transforms (recorded) or dynamic references (measured by others).
func mayStandForMore(template *document.Template) bool {
	if len(template.Transforms) > 0 {
		return true
	}
	for _, definition := range template.Resources {
		if refers(definition.Properties, "") {
			return true
		}
	}
	return false
}

// policies returns the stack policies that an update brings: the one that the stack has from its end on, and the one that is in
// force until then.
func (s *Service) policies(call *wire.Call, in *updateStackInput) (*stackPolicy, *stackPolicy, error) {
	policy, err := s.policyOf(call, in.StackPolicyBody, "StackPolicyURL", in.StackPolicyURL)
	if err != nil {
		return nil, nil, err
	}
	during, err := s.policyOf(call, in.StackPolicyDuringUpdateBody, "StackPolicyDuringUpdateURL", in.StackPolicyDuringUpdateURL)
	return policy, during, err
}

// mayUpdate refuses an update in the words of AWS. The caller holds st.mu.
func (st *stack) mayUpdate(disableRollback bool) error {
	unrolled := st.status == createFailed || st.status == updateFailed
	switch {
	case st.status.updatable(), unrolled && disableRollback:
		return nil
	case unrolled:
		return invalid("This stack is currently in a non-terminal [%s] state. To update the stack from this state, please use the "+
			"disable-rollback parameter with update-stack API. To rollback to the last known good state, use the rollback-stack API",
			st.status)
	default:
		return invalid("Stack:%s is in %s state and can not be updated.", st.id, st.status)
	}
}

// next makes the deployment that an update wants. The caller holds st.mu.
func (s *Service) next(call *wire.Call, st *stack, in *updateStackInput) (*deployment, error) {
	if err := s.checkTriggers(call, in.RollbackConfiguration); err != nil {
		return nil, err
	}
	template, err := s.nextTemplate(call, st, in)
	if err != nil {
		return nil, err
	}
	old := st.deployed
	if err := s.checkRole(in.RoleARN, old.roleARN); err != nil {
		return nil, err
	}
	deployed := &deployment{
		template: template, capabilities: in.Capabilities, tags: in.Tags, notificationARNs: in.NotificationARNs,
		roleARN: in.RoleARN, timeout: old.timeout, rollback: in.RollbackConfiguration.over(old.rollback),
		config: in.DeploymentConfig,
	}
	if in.Tags == nil {
		deployed.tags = old.tags
	}
	if in.NotificationARNs == nil {
		deployed.notificationARNs = old.notificationARNs
	}
	if in.RoleARN == "" {
		deployed.roleARN = old.roleARN
	}
	if deployed.parameters, err = assign(template, in.Parameters, old.parameters); err != nil {
		return nil, err
	}
	if err := s.fetch(call, template, deployed.parameters); err != nil {
		return nil, err
	}
	if err := s.check(st, deployed, in.ResourceTypes); err != nil {
		return nil, err
	}
	return deployed, sameTypes(st, template)
}

func (s *Service) nextTemplate(call *wire.Call, st *stack, in *updateStackInput) (*document.Template, error) {
	if in.UsePreviousTemplate {
		if in.TemplateBody != nil || in.TemplateURL != "" {
			return nil, invalid("You cannot specify both usePreviousTemplate and Template Body/Template URL.")
		}
		return st.deployed.template, nil
	}
	return s.template(call, in.TemplateBody, in.TemplateURL)
}

// sameTypes refuses a logical id that changes its type.
func sameTypes(st *stack, template *document.Template) error {
	var changed []string
	for _, logicalID := range st.inUse() {
		wanted, ok := template.Resources[logicalID]
		if ok && wanted.Type != st.records[logicalID].resourceType {
			changed = append(changed, logicalID)
		}
	}
	if len(changed) == 0 {
		return nil
	}
	return invalid("Update of resource type is not permitted. "+
		"The new template modifies resource type of the following resources: %v", changed)
}

// changes reports whether a deployment differs from the stack in anything that counts as an update:
// resources, their metadata, policies, tags or outputs. Conditions, DependsOn, stack metadata and description alone do not.
// The caller holds st.mu.
func (s *Service) changes(st *stack, deployed *deployment) (bool, error) {
	return s.changesBut(st, deployed, false)
}

// changesBut is changes, but nested stacks are taken to stay as they are if they were looked at already.
func (s *Service) changesBut(st *stack, deployed *deployment, lookedAt bool) (bool, error) {
	if !slices.Equal(deployed.tags, st.deployed.tags) || !slices.Equal(deployed.notificationARNs, st.deployed.notificationARNs) {
		return true, nil
	}
	scope := s.scope(st, deployed)
	active, err := scope.Active()
	if err != nil {
		return false, clientError(err)
	}
	if !slices.Equal(active, st.inUse()) {
		return true, nil
	}
	for _, logicalID := range active {
		live := st.records[logicalID]
		if live.resourceType == stackType && !lookedAt { // only its update tells whether its template is another
			return true, nil
		}
		wanted, err := s.want(st, deployed, scope, logicalID)
		if err != nil || live.status == createFailed || live.status == updateFailed || live.differs(wanted) ||
			!samePolicies(live.definition, wanted.definition) {
			return true, nil //nolint:nilerr // a resource that cannot be right fails its update, not the call
		}
	}
	outputs, err := scope.Outputs()
	if err != nil || len(outputs) != len(st.outputs) {
		return true, nil //nolint:nilerr // as above
	}
	for name, output := range outputs {
		if st.outputs[name] != output {
			return true, nil
		}
	}
	return false, nil
}

// startUpdate puts the new deployment in place and starts to provision it. The caller holds st.mu.
func (s *Service) startUpdate(st *stack, deployed *deployment, token string, disableRollback, retainExceptOnCreate bool) {
	if st.unfinished == nil {
		st.unfinished = &update{before: st.deployed, records: st.snapshot()}
	}
	st.unfinished.retainExceptOnCreate = retainExceptOnCreate
	st.deployed, st.disableRollback, st.express = deployed, disableRollback, deployed.config.express()
	st.updated = s.clock.Now()
	s.begin(st, "UpdateStack", token, func(ctx context.Context) { s.runUpdate(ctx, st, disableRollback) })
	st.enter(updateInProgress, reasonUser, st.updated)
}
