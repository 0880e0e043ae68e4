package cloudformation

import (
	"context"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type stackResource struct {
	StackName            string
	StackID              string `query:"StackId"`
	LogicalResourceID    string `query:"LogicalResourceId"`
	PhysicalResourceID   string `query:"PhysicalResourceId"`
	ResourceType         string
	Timestamp            wire.Time
	ResourceStatus       status
	ResourceStatusReason *string
	DriftInformation     resourceDrift
}

type stackResourceSummary struct {
	LogicalResourceID    string `query:"LogicalResourceId"`
	PhysicalResourceID   string `query:"PhysicalResourceId"`
	ResourceType         string
	LastUpdatedTimestamp wire.Time
	ResourceStatus       status
	ResourceStatusReason *string
	DriftInformation     resourceDrift
}

type stackResourceDetail struct {
	StackName            string
	StackID              string `query:"StackId"`
	LogicalResourceID    string `query:"LogicalResourceId"`
	PhysicalResourceID   string `query:"PhysicalResourceId"`
	ResourceType         string
	LastUpdatedTimestamp wire.Time
	ResourceStatus       status
	ResourceStatusReason *string
	Metadata             string
	DriftInformation     resourceDrift
}

type listStackResourcesInput struct{ StackName, NextToken string }

type listStackResourcesOutput struct {
	StackResourceSummaries []stackResourceSummary
	NextToken              *string
}

func (s *Service) listStackResources(
	_ context.Context, call *wire.Call, in *listStackResourcesInput,
) (*listStackResourcesOutput, error) {
	st, err := s.stackOf(call, in.StackName)
	if err != nil {
		return nil, err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	summaries := make([]stackResourceSummary, 0, len(st.records))
	for _, logicalID := range sortedKeys(st.records) {
		r := st.records[logicalID]
		summaries = append(summaries, stackResourceSummary{
			LogicalResourceID: r.logicalID, PhysicalResourceID: r.physicalID, ResourceType: r.resourceType,
			LastUpdatedTimestamp: wire.At(r.changed), ResourceStatus: r.status, ResourceStatusReason: optional(r.reason),
			DriftInformation: r.driftInformation(),
		})
	}
	shown, next, err := page(summaries, in.NextToken)
	if err != nil {
		return nil, err
	}
	return &listStackResourcesOutput{StackResourceSummaries: shown, NextToken: next}, nil
}

// stackOf finds a stack, deleted or not, for operations on its resources.
func (s *Service) stackOf(call *wire.Call, nameOrID string) (*stack, error) {
	var wrong violations
	wrong.name(nameOrID)
	if err := wrong.err(); err != nil {
		return nil, err
	}
	st, ok := s.store.find(call.Place(), nameOrID)
	if !ok {
		return nil, notFound(nameOrID)
	}
	return st, nil
}

type describeStackResourcesInput struct {
	StackName          string
	LogicalResourceID  string `query:"LogicalResourceId"`
	PhysicalResourceID string `query:"PhysicalResourceId"`
}

type describeStackResourcesOutput struct{ StackResources []stackResource }

func (s *Service) describeStackResources(
	_ context.Context, call *wire.Call, in *describeStackResourcesInput,
) (*describeStackResourcesOutput, error) {
	st, err := s.stackOfEither(call, in.StackName, in.PhysicalResourceID)
	if err != nil {
		return nil, err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	described := []stackResource{}
	for _, logicalID := range sortedKeys(st.records) {
		r := st.records[logicalID]
		if in.LogicalResourceID != "" && in.LogicalResourceID != logicalID {
			continue
		}
		described = append(described, stackResource{
			StackName: st.name, StackID: st.id, LogicalResourceID: r.logicalID, PhysicalResourceID: r.physicalID,
			ResourceType: r.resourceType, Timestamp: wire.At(r.changed), ResourceStatus: r.status,
			ResourceStatusReason: optional(r.reason), DriftInformation: r.driftInformation(),
		})
	}
	if in.LogicalResourceID != "" && len(described) == 0 {
		return nil, invalid("Resource %s does not exist for stack %s", in.LogicalResourceID, in.StackName)
	}
	return &describeStackResourcesOutput{StackResources: described}, nil
}

// stackOfEither finds a stack by its name or by a physical resource that it contains.
func (s *Service) stackOfEither(call *wire.Call, name, physicalID string) (*stack, error) {
	if (name == "") == (physicalID == "") {
		return nil, invalid("You must specify StackName or PhysicalResourceId, but not both.")
	}
	if name != "" {
		return s.stackOf(call, name)
	}
	for _, st := range s.store.all(call.Place()) {
		if st.has(physicalID) {
			return st, nil
		}
	}
	return nil, invalid("Stack for %s does not exist", physicalID)
}

func (st *stack) has(physicalID string) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	for _, logicalID := range st.inUse() {
		if st.records[logicalID].physicalID == physicalID {
			return true
		}
	}
	return false
}

type describeStackResourceInput struct {
	StackName         string
	LogicalResourceID string `query:"LogicalResourceId"`
}

type describeStackResourceOutput struct{ StackResourceDetail stackResourceDetail }

func (s *Service) describeStackResource(
	_ context.Context, call *wire.Call, in *describeStackResourceInput,
) (*describeStackResourceOutput, error) {
	var wrong violations
	wrong.name(in.StackName)
	if err := wrong.err(); err != nil {
		return nil, err
	}
	st, ok := s.store.find(call.Place(), in.StackName)
	if !ok {
		return nil, invalid("Stack '%s' does not exist", in.StackName) // recorded: this operation has its own words
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	r, ok := st.records[in.LogicalResourceID]
	if !ok {
		return nil, invalid("Resource %s does not exist for stack %s", in.LogicalResourceID, in.StackName)
	}
	detail := stackResourceDetail{
		StackName: st.name, StackID: st.id, LogicalResourceID: r.logicalID, PhysicalResourceID: r.physicalID,
		ResourceType: r.resourceType, LastUpdatedTimestamp: wire.At(r.changed), ResourceStatus: r.status,
		ResourceStatusReason: optional(r.reason), Metadata: "{}",
		DriftInformation: r.driftInformation(),
	}
	if r.metadata != nil {
		detail.Metadata = encodeProperties(r.metadata)
	}
	return &describeStackResourceOutput{StackResourceDetail: detail}, nil
}
