package cloudformation

import (
	"context"
	"fmt"
	"slices"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type describedStack struct {
	StackID                     string `query:"StackId"`
	StackName                   string
	ChangeSetID                 string `query:"ChangeSetId"`
	Description                 string
	Parameters                  []describedParameter
	CreationTime                wire.Time
	DeletionTime                wire.Time
	LastUpdatedTime             wire.Time
	RollbackConfiguration       rollbackConfiguration
	StackStatus                 status
	StackStatusReason           *string
	DetailedStatus              string
	DisableRollback             bool
	NotificationARNs            []string
	TimeoutInMinutes            *int
	Capabilities                []string
	Outputs                     []describedOutput
	RoleARN                     string
	Tags                        []tag
	EnableTerminationProtection *bool
	DriftInformation            stackDrift
	LastOperations              []operationEntry
	DeploymentConfig            *deploymentConfig
	ParentID                    string `query:"ParentId"`
	RootID                      string `query:"RootId"`
}

type describedParameter struct {
	ParameterKey   string
	ParameterValue *string
	ResolvedValue  *string
}

type describedOutput struct {
	OutputKey, OutputValue, Description, ExportName string
}

type describeStacksInput struct{ StackName, NextToken string }

type describeStacksOutput struct {
	Stacks    []describedStack
	NextToken *string
}

func (s *Service) describeStacks(_ context.Context, call *wire.Call, in *describeStacksInput) (*describeStacksOutput, error) {
	if in.StackName != "" {
		st, err := s.stackOf(call, in.StackName)
		if err != nil {
			return nil, err
		}
		return &describeStacksOutput{Stacks: []describedStack{s.describe(st)}}, nil
	}
	described := []describedStack{}
	for _, st := range s.store.all(call.Place()) {
		if one := s.describe(st); one.StackStatus != deleteComplete {
			described = append(described, one)
		}
	}
	shown, next, err := page(described, in.NextToken)
	if err != nil {
		return nil, err
	}
	return &describeStacksOutput{Stacks: shown, NextToken: next}, nil
}

func (s *Service) describe(st *stack) describedStack {
	protected := s.protectedRoot(st)
	st.mu.Lock()
	defer st.mu.Unlock()
	deployed := st.deployed
	described := describedStack{
		StackID: st.id, StackName: st.name, ChangeSetID: st.changeSetID, Description: deployed.template.Description,
		Parameters: describeParameters(deployed.parameters), CreationTime: wire.At(st.created), DeletionTime: wire.At(st.deleted),
		LastUpdatedTime: wire.At(st.updated), RollbackConfiguration: deployed.rollback,
		StackStatus: st.status, StackStatusReason: optional(st.reason),
		DetailedStatus:  st.detailedStatus(),
		DisableRollback: st.disableRollback, NotificationARNs: orEmpty(deployed.notificationARNs), TimeoutInMinutes: deployed.timeout,
		Capabilities: deployed.capabilities, Outputs: st.describeOutputs(), RoleARN: deployed.roleARN, Tags: orEmpty(deployed.tags),
		DriftInformation: st.driftInformation(), LastOperations: st.lastOperations,
		DeploymentConfig: deployed.config, ParentID: st.nesting.parentID, RootID: st.nesting.rootID,
	}
	if st.status != deleteComplete {
		protected = protected || st.terminationProtection
		described.EnableTerminationProtection = &protected
	}
	return described
}

// describeParameters tells them in the order of a hash map (recorded), as it does outputs.
func describeParameters(parameters map[string]parameterValue) []describedParameter {
	var described []describedParameter
	for _, name := range hashedKeys(parameters) {
		shown := parameters[name].shown()
		described = append(described, describedParameter{
			ParameterKey: name, ParameterValue: &shown, ResolvedValue: parameters[name].shownStored(),
		})
	}
	return described
}

func (st *stack) describeOutputs() []describedOutput {
	var described []describedOutput
	for _, name := range hashedKeys(st.outputs) {
		output := st.outputs[name]
		described = append(described, describedOutput{
			OutputKey: name, OutputValue: output.Value, Description: output.Description, ExportName: output.Export,
		})
	}
	return described
}

type listStacksInput struct {
	NextToken         string
	StackStatusFilter []string
}

type listStacksOutput struct {
	StackSummaries []stackSummary
	NextToken      *string
}

type stackSummary struct {
	StackID             string `query:"StackId"`
	StackName           string
	TemplateDescription string
	CreationTime        wire.Time
	LastUpdatedTime     wire.Time
	DeletionTime        wire.Time
	StackStatus         status
	StackStatusReason   *string
	DriftInformation    stackDrift
	LastOperations      []operationEntry
	ParentID            string `query:"ParentId"`
	RootID              string `query:"RootId"`
}

func (s *Service) listStacks(_ context.Context, call *wire.Call, in *listStacksInput) (*listStacksOutput, error) {
	summaries := []stackSummary{}
	for _, st := range s.store.all(call.Place()) {
		summary := st.summarize()
		if len(in.StackStatusFilter) == 0 || slices.Contains(in.StackStatusFilter, string(summary.StackStatus)) {
			summaries = append(summaries, summary)
		}
	}
	shown, next, err := page(summaries, in.NextToken)
	if err != nil {
		return nil, err
	}
	return &listStacksOutput{StackSummaries: shown, NextToken: next}, nil
}

func (st *stack) summarize() stackSummary {
	st.mu.Lock()
	defer st.mu.Unlock()
	return stackSummary{
		StackID: st.id, StackName: st.name, TemplateDescription: st.deployed.template.Description, CreationTime: wire.At(st.created),
		LastUpdatedTime: wire.At(st.updated), DeletionTime: wire.At(st.deleted), StackStatus: st.status,
		StackStatusReason: optional(st.reason), DriftInformation: st.driftInformation(), LastOperations: st.lastOperations,
		ParentID: st.nesting.parentID, RootID: st.nesting.rootID,
	}
}

type describeStackEventsInput struct{ StackName, NextToken string }

type describeStackEventsOutput struct {
	StackEvents []wire.Encoded // of describedEvent
	NextToken   *string
}

type describedEvent struct {
	StackID              string `query:"StackId"`
	EventID              string `query:"EventId"`
	StackName            string
	OperationID          string  `query:"OperationId"`
	LogicalResourceID    string  `query:"LogicalResourceId"`
	PhysicalResourceID   *string `query:"PhysicalResourceId"`
	ResourceType         string
	Timestamp            wire.Time
	ResourceStatus       status
	ResourceStatusReason *string
	ResourceProperties   string
	ClientRequestToken   string
	DetailedStatus       string
}

func (s *Service) describeStackEvents(
	_ context.Context, call *wire.Call, in *describeStackEventsInput,
) (*describeStackEventsOutput, error) {
	var wrong violations
	wrong.name(in.StackName)
	if err := wrong.err(); err != nil {
		return nil, err
	}
	st, ok := s.store.find(call.Place(), in.StackName)
	if !ok {
		return nil, absent(in.StackName)
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	// Newest first: a token is the number of events that are older than those shown, for new ones come in front.
	older := len(st.events)
	if in.NextToken != "" {
		var err error
		if older, err = decodeToken(in.NextToken); err != nil || older > len(st.events) {
			return nil, invalid("Invalid NextToken")
		}
	}
	first := max(older-pageSize, 0)
	out := &describeStackEventsOutput{StackEvents: make([]wire.Encoded, 0, older-first)}
	for i := older - 1; i >= first; i-- {
		encoded, err := st.encodeEvent(&st.events[i])
		if err != nil {
			return nil, err
		}
		out.StackEvents = append(out.StackEvents, encoded)
	}
	if first > 0 {
		next := encodeToken(first)
		out.NextToken = &next
	}
	return out, nil
}

// encodeEvent writes an event for an answer, once: clients that wait ask for the same ones all the time. The caller holds
// st.mu.
func (st *stack) encodeEvent(e *event) (wire.Encoded, error) {
	if e.encoded != nil {
		return e.encoded, nil
	}
	physicalID := e.physicalID
	encoded, err := wire.Encode(describedEvent{
		StackID: st.id, EventID: e.id, StackName: st.name, OperationID: e.operationID, LogicalResourceID: e.logicalID,
		PhysicalResourceID: &physicalID, ResourceType: e.typeOfThing, Timestamp: wire.At(e.at), ResourceStatus: e.status,
		ResourceStatusReason: optional(e.reason), ResourceProperties: st.shownProperties(e), ClientRequestToken: e.token,
		DetailedStatus: e.detailedStatus(),
	})
	if err != nil {
		return nil, fmt.Errorf("writing an event: %w", err)
	}
	e.encoded = encoded
	return encoded, nil
}

// shownProperties is the event's ResourceProperties; "" if it has none. The caller holds st.mu.
func (st *stack) shownProperties(e *event) string {
	if e.properties == nil {
		return ""
	}
	if r := st.records[e.logicalID]; r != nil {
		return render(e.properties, inEvents(r.definition))
	}
	return render(e.properties, eventOrder)
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
