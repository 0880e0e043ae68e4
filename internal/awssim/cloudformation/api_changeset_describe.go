package cloudformation

import (
	"context"
	"slices"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/document"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type describeChangeSetInput struct {
	ChangeSetName, StackName, NextToken string
	IncludePropertyValues               bool
}

type describeChangeSetOutput struct {
	ChangeSetName         string
	ChangeSetID           string `query:"ChangeSetId"`
	StackID               string `query:"StackId"`
	StackName             string
	Description           string
	Parameters            []describedParameter
	CreationTime          wire.Time
	ExecutionStatus       string
	Status                string
	StatusReason          *string
	StackDriftStatus      string
	NotificationARNs      []string
	RollbackConfiguration rollbackConfiguration
	Capabilities          []string
	Tags                  []tag
	Changes               []describedChange
	NextToken             *string
	IncludeNestedStacks   bool
	OnStackFailure        string
	DeploymentMode        string
	DeploymentConfig      *deploymentConfig
	// ImportExistingResources is told if it was asked for.
	ImportExistingResources *bool
	ParentChangeSetID       string `query:"ParentChangeSetId"`
	RootChangeSetID         string `query:"RootChangeSetId"`
}

type describedChange struct {
	Type           string
	ResourceChange resourceChange
}

type resourceChange struct {
	PolicyAction                   string
	Action                         string
	LogicalResourceID              string `query:"LogicalResourceId"`
	PhysicalResourceID             string `query:"PhysicalResourceId"`
	ResourceType                   string
	Replacement                    string
	Scope                          []string
	ResourceDriftStatus            string
	ResourceDriftIgnoredAttributes []ignoredAttribute
	Details                        []changeDetail
	BeforeContext                  string
	AfterContext                   string
	PreviousDeploymentContext      string
	ChangeSetID                    string `query:"ChangeSetId"`
}

type changeDetail struct {
	Target        changeTarget
	Evaluation    string
	ChangeSource  string
	CausingEntity string
}

type changeTarget struct {
	Attribute           string
	Name                string
	RequiresRecreation  string
	Path                string
	BeforeValue         *string
	AfterValue          *string
	BeforeValueFrom     string
	AfterValueFrom      string
	Drift               *liveDrift
	AttributeChangeType string
}

func (s *Service) describeChangeSet(
	_ context.Context, call *wire.Call, in *describeChangeSetInput,
) (*describeChangeSetOutput, error) {
	st, found, err := s.changeSetOf(call, in.ChangeSetName, in.StackName)
	if err != nil {
		return nil, err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	changes := make([]describedChange, 0, len(found.changes))
	for _, change := range found.changes {
		described := change.describe(in.IncludePropertyValues)
		if change.action != actionModify || len(described.Details) > 0 {
			changes = append(changes, describedChange{Type: "Resource", ResourceChange: described})
		}
	}
	shown, next, err := page(changes, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &describeChangeSetOutput{
		ChangeSetName: found.name, ChangeSetID: found.id, StackID: st.id, StackName: st.name, Description: found.description,
		Parameters: describeParameters(found.deployed.parameters), CreationTime: wire.At(found.created),
		ExecutionStatus: found.execution, Status: found.status, StatusReason: optional(found.reason),
		RollbackConfiguration: found.deployed.rollback,
		NotificationARNs:      orEmpty(found.deployed.notificationARNs), Capabilities: orEmpty(found.deployed.capabilities),
		Tags: found.deployed.tags, Changes: shown, NextToken: next,
	}
	if in.IncludePropertyValues && found.reason == "" {
		out.StatusReason = optional(found.doubts())
	}
	out.DeploymentConfig = found.deployed.config
	out.IncludeNestedStacks = found.lineage.includeNested
	out.ParentChangeSetID, out.RootChangeSetID = found.lineage.parentID, found.lineage.rootID
	if found.importExisting {
		out.ImportExistingResources = &found.importExisting
	}
	if found.revertDrift {
		out.DeploymentMode = deploymentRevertDrift
	}
	if found.live != nil {
		out.StackDriftStatus = stackDriftStatus(found.live)
	}
	if found.how.onFailure != onFailureRollback {
		out.OnStackFailure = found.how.onFailure
	}
	return out, nil
}

// doubts says of which resource the values may not be right (recorded; that it is the first one alone is believed).
func (c *changeSet) doubts() string {
	for _, change := range c.changes {
		if change.doubt != nil {
			return "[WARN] --include-property-values option can return incomplete ChangeSet data because: " +
				"ChangeSet creation failed for resource [" + change.logicalID + "] because: " + change.doubt.Error()
		}
	}
	return ""
}

func (c plannedChange) describe(values bool) resourceChange {
	described := resourceChange{
		Action: c.action, LogicalResourceID: c.logicalID, PhysicalResourceID: c.physicalID, ResourceType: c.resourceType,
		PolicyAction: c.policy, Replacement: c.replacement, Details: []changeDetail{}, Scope: scopes(c.details(values)),
		ChangeSetID:         c.changeSetID,
		ResourceDriftStatus: c.drift, ResourceDriftIgnoredAttributes: c.live.describeIgnored(),
	}
	details := c.details(values)
	if values {
		details = asFound(details, len(c.following))
	}
	for _, detail := range details {
		described.Details = append(described.Details, detail.describe(values))
	}
	inSetOrder(described.Details)
	if values {
		described.BeforeContext, described.AfterContext = contextText(c.before), contextText(c.after)
		described.PreviousDeploymentContext = contextText(c.previous)
	}
	return described
}

func (d *plannedDetail) describe(values bool) changeDetail {
	described := changeDetail{
		Target:     changeTarget{Attribute: d.attribute, Name: d.name, RequiresRecreation: d.recreation},
		Evaluation: d.evaluation, ChangeSource: d.source, CausingEntity: d.cause,
	}
	if !values || d.path == "" {
		return described
	}
	described.Target.BeforeValueFrom, described.Target.AfterValueFrom = d.beforeFrom, d.afterFrom
	described.Target.Drift = d.drift.describe()
	described.Target.Path = d.path
	described.Target.BeforeValue, described.Target.AfterValue = valueText(d.before), valueText(d.after)
	described.Target.AttributeChangeType = actionModify
	switch {
	case d.sync:
		described.Target.AttributeChangeType = actionSync
	case d.before == nil:
		described.Target.AttributeChangeType = actionAdd
	case d.after == nil:
		described.Target.AttributeChangeType = actionRemove
	}
	return described
}

func contextText(context *shownContext) string {
	if context == nil {
		return ""
	}
	return render(context.members, inContexts(context.definition))
}

// valueText writes scalars as they are and the rest as JSON.
func valueText(value any) *string {
	var shown string
	switch value.(type) {
	case nil:
		return nil
	case map[string]any, []any:
		shown = render(value, alphabetical)
	default:
		shown = document.Text(value)
	}
	return &shown
}

type listChangeSetsInput struct{ StackName, NextToken string }

type listChangeSetsOutput struct {
	Summaries []changeSetSummary
	NextToken *string
}

type changeSetSummary struct {
	StackID             string `query:"StackId"`
	StackName           string
	ChangeSetID         string `query:"ChangeSetId"`
	ChangeSetName       string
	ExecutionStatus     string
	Status              string
	StatusReason        *string
	CreationTime        wire.Time
	Description         string
	IncludeNestedStacks bool
	ParentChangeSetID   string `query:"ParentChangeSetId"`
	RootChangeSetID     string `query:"RootChangeSetId"`
}

func (s *Service) listChangeSets(_ context.Context, call *wire.Call, in *listChangeSetsInput) (*listChangeSetsOutput, error) {
	st, err := s.living(call, in.StackName, absent)
	if err != nil {
		return nil, err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	summaries := []changeSetSummary{}
	for _, each := range st.changeSets {
		if each.execution == executionComplete || each.execution == executionFailed {
			continue
		}
		summaries = append(summaries, changeSetSummary{
			StackID: st.id, StackName: st.name, ChangeSetID: each.id, ChangeSetName: each.name, ExecutionStatus: each.execution,
			Status: each.status, StatusReason: optional(each.reason), CreationTime: wire.At(each.created), Description: each.description,
			IncludeNestedStacks: each.lineage.includeNested, ParentChangeSetID: each.lineage.parentID,
			RootChangeSetID: each.lineage.rootID,
		})
	}
	shown, next, err := page(summaries, in.NextToken)
	if err != nil {
		return nil, err
	}
	return &listChangeSetsOutput{Summaries: shown, NextToken: next}, nil
}

// dropChangeSet removes a change set. The caller holds mu.
func (st *stack) dropChangeSet(doomed *changeSet) {
	st.changeSets = slices.DeleteFunc(st.changeSets, func(each *changeSet) bool { return each == doomed })
}
