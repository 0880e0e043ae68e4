package cloudformation

import (
	"context"
	"errors"
	"math"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/document"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/intrinsic"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type createStackInput struct {
	StackName                   string
	TemplateBody                *string
	TemplateURL                 string
	Parameters                  []parameter
	Tags                        []tag
	Capabilities                []string
	NotificationARNs            []string
	RoleARN                     string
	OnFailure                   string
	DisableRollback             *bool
	TimeoutInMinutes            *int
	EnableTerminationProtection bool
	RetainExceptOnCreate        bool
	StackPolicyBody             *string
	StackPolicyURL              string
	ClientRequestToken          string
	ResourceTypes               []string
	RollbackConfiguration       *rollbackConfiguration
	DeploymentConfig            *deploymentConfig
	// DisableValidation changes nothing: there is no validation before a deployment but that of its form.
	DisableValidation bool
}

func (in *createStackInput) check() error {
	var wrong violations
	wrong.newName(in.StackName)
	wrong.token(in.ClientRequestToken)
	wrong.tags(in.Tags)
	in.RollbackConfiguration.check(&wrong)
	in.DeploymentConfig.check(&wrong)
	wrong.oneOf(in.OnFailure, "onFailure", onFailureDoNothing, onFailureRollback, onFailureDelete)
	if in.TimeoutInMinutes != nil {
		wrong.between(*in.TimeoutInMinutes, "timeoutInMinutes", 1, math.MaxInt32)
	}
	if in.TemplateBody != nil {
		wrong.body(*in.TemplateBody)
	}
	if err := wrong.err(); err != nil {
		return err
	}
	if in.OnFailure != "" && in.DisableRollback != nil {
		return invalid("Either DisableRollback or OnFailure can be specified, not both.")
	}
	return nil
}

func (in *createStackInput) creation(disableRollback bool) creation {
	how := creation{onFailure: onFailureRollback, retainExceptOnCreate: in.RetainExceptOnCreate}
	if in.OnFailure != "" {
		how.onFailure = in.OnFailure
	}
	if disableRollback && in.OnFailure == "" {
		how.onFailure = onFailureDoNothing
	}
	if in.TimeoutInMinutes != nil {
		how.timeout = time.Duration(*in.TimeoutInMinutes) * time.Minute
	}
	return how
}

func (s *Service) createStack(_ context.Context, call *wire.Call, in *createStackInput) (*stackID, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	if err := s.checkTriggers(call, in.RollbackConfiguration); err != nil {
		return nil, err
	}
	st, retried, err := s.existing(call, in)
	if retried || err != nil {
		return answerOf(st), err
	}
	if st == nil {
		st = s.newStack(call, in.StackName)
	}
	deployed, policy, err := s.prepare(call, st, in)
	if err != nil {
		return nil, err
	}
	id, _, err := s.admit(st, deployed, policy, in) //nolint:contextcheck // it outlives the call
	return id, err
}

// prepare makes the first deployment of a stack and its policy, or returns why it is refused.
func (s *Service) prepare(call *wire.Call, st *stack, in *createStackInput) (*deployment, *stackPolicy, error) {
	template, err := s.template(call, in.TemplateBody, in.TemplateURL)
	if err != nil {
		return nil, nil, err
	}
	if err := s.checkRole(in.RoleARN, ""); err != nil {
		return nil, nil, err
	}
	deployed := &deployment{
		template: template, tags: in.Tags, capabilities: in.Capabilities, notificationARNs: in.NotificationARNs,
		roleARN: in.RoleARN, timeout: in.TimeoutInMinutes, rollback: in.RollbackConfiguration.over(rollbackConfiguration{}),
		config: in.DeploymentConfig,
	}
	if deployed.parameters, err = assign(template, in.Parameters, nil); err != nil {
		return nil, nil, err
	}
	if err := s.fetch(call, template, deployed.parameters); err != nil {
		return nil, nil, err
	}
	policy, err := s.policyOf(call, in.StackPolicyBody, "StackPolicyURL", in.StackPolicyURL)
	if err != nil {
		return nil, nil, err
	}
	return deployed, policy, s.check(st, deployed, in.ResourceTypes)
}

func (s *Service) newStack(call *wire.Call, name string) *stack {
	place := call.Place()
	return &stack{
		Place: place, name: name, created: s.clock.Now(), bus: s.bus, topics: s.topics,
		id:      "arn:aws:cloudformation:" + place.Region + ":" + place.Account + ":stack/" + name + "/" + uuid.NewString(),
		records: make(map[string]*record), tokens: make(map[string]string),
	}
}

// admit makes the stack known and starts its creation.
func (s *Service) admit(
	st *stack, deployed *deployment, policy *stackPolicy, in *createStackInput,
) (*stackID, *operation, error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	other, err := s.store.add(st)
	if err != nil {
		return nil, nil, err
	}
	taken := other != nil && other != st // by another call since we looked
	if taken || (other == st && st.status != reviewInProgress) {
		return nil, nil, fail("AlreadyExistsException", "Stack [%s] already exists", in.StackName)
	}
	s.outdate(st)
	st.terminationProtection, st.policy = in.EnableTerminationProtection, policy
	disableRollback, err := in.DeploymentConfig.disablesRollback(in.DisableRollback)
	if err != nil {
		return nil, nil, err
	}
	s.startCreate(st, deployed, in.creation(disableRollback), in.ClientRequestToken)
	return &stackID{StackID: st.id, OperationID: st.operation.id}, st.operation, nil
}

// startCreate starts the creation of a stack that is known. The caller holds st.mu.
func (s *Service) startCreate(st *stack, deployed *deployment, how creation, token string) {
	st.deployed, st.express = deployed, deployed.config.express()
	st.disableRollback = how.onFailure == onFailureDoNothing
	s.begin(st, "CreateStack", token, func(ctx context.Context) { s.runCreate(ctx, st, how) })
	st.enter(createInProgress, reasonUser, s.clock.Now())
}

// existing returns the stack that has the name already: one under review, which CreateStack may take over, or
// one that the same token made, which makes the call a retry.
func (s *Service) existing(call *wire.Call, in *createStackInput) (*stack, bool, error) {
	st, ok := s.store.find(call.Place(), in.StackName)
	if !ok {
		return nil, false, nil
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.status == reviewInProgress {
		return st, false, nil
	}
	if st.tokens[in.ClientRequestToken] == "CreateStack" {
		return st, true, nil
	}
	return nil, false, fail("AlreadyExistsException", "Stack [%s] already exists", in.StackName)
}

func answerOf(st *stack) *stackID {
	if st == nil {
		return nil
	}
	return &stackID{StackID: st.id}
}

// check refuses a deployment for which CloudFormation would not even start.
func (s *Service) check(st *stack, deployed *deployment, allowedTypes []string) error {
	if err := s.checkTypes(deployed.template, allowedTypes); err != nil {
		return err
	}
	if err := checkCapabilities(deployed.template, deployed.capabilities); err != nil {
		return err
	}
	if err := s.checkReferences(st.Place, deployed.template); err != nil {
		return err
	}
	scope := s.preview(st, deployed)
	if err := scope.CheckRules(); err != nil {
		return clientError(err)
	}
	if err := scope.Check(); err != nil {
		return clientError(err)
	}
	return deployed.settle(scope)
}

// settle finds the policies of resources that are calls of functions. They cannot refer to resources (believed).
func (d *deployment) settle(scope *intrinsic.Scope) error {
	settled, err := d.template.Settled(scope.Text)
	if errors.Is(err, intrinsic.ErrUnknown) {
		return invalid("Template error: DeletionPolicy and UpdateReplacePolicy cannot refer to resources")
	}
	if err != nil {
		return clientError(err)
	}
	d.template = settled
	return nil
}

func (s *Service) checkTypes(template *document.Template, allowed []string) error {
	const maxResources, maxOutputs = 500, 200
	if count := len(template.Resources); count > maxResources {
		return invalid("Template format error: Number of resources, %d, is greater than maximum allowed, %d", count, maxResources)
	}
	if count := len(template.Outputs); count > maxOutputs {
		return invalid("Template format error: Number of outputs, %d, is greater than maximum allowed, %d", count, maxOutputs)
	}
	var unknown []string
	seen := make(map[string]bool)
	for _, logicalID := range sortedKeys(template.Resources) {
		name := template.Resources[logicalID].Type
		if isCustom(name) {
			return invalid("awssim does not implement %s (%s): custom resources are made by Lambda functions", name, logicalID)
		}
		if s.providers[name] == nil && !seen[name] {
			unknown = append(unknown, name)
		}
		seen[name] = true
		if len(allowed) > 0 && !typeAllowed(name, allowed) {
			return invalid("Resource type %s is not allowed by parameter ResourceTypes [%s]", name, strings.Join(allowed, ", "))
		}
	}
	if len(unknown) > 0 {
		return invalid("Template format error: Unrecognized resource types: [%s]", strings.Join(unknown, ", "))
	}
	return nil
}

func isCustom(name string) bool {
	return name == "AWS::CloudFormation::CustomResource" || strings.HasPrefix(name, "Custom::")
}

// typeAllowed matches AWS::*, AWS::EC2::* and exact names.
func typeAllowed(name string, allowed []string) bool {
	for _, pattern := range allowed {
		prefix, wild := strings.CutSuffix(pattern, "::*")
		if pattern == name || (wild && strings.HasPrefix(name, prefix+"::")) {
			return true
		}
	}
	return false
}
