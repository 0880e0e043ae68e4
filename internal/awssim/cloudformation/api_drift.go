package cloudformation

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

const (
	// detectionTakes is how long a look at a stack takes AWS, which says "up to several minutes".
	detectionTakes = 10 * time.Second
	// keptDetections is how many detections of a stack are remembered; AWS says that it varies.
	keptDetections = 10

	detectionInProgress = "DETECTION_IN_PROGRESS"
	detectionComplete   = "DETECTION_COMPLETE"
)

// detection is a look at the resources of a stack.
type detection struct {
	id      string
	begun   time.Time
	status  string
	found   string // the stack's drift status, at the end
	drifted int    // resources, at the end
}

type detectStackDriftInput struct {
	StackName          string
	LogicalResourceIDs []string `query:"LogicalResourceIds"`
}

type detectStackDriftOutput struct {
	StackDriftDetectionID string `query:"StackDriftDetectionId"`
}

func (s *Service) detectStackDrift(
	_ context.Context, call *wire.Call, in *detectStackDriftInput,
) (*detectStackDriftOutput, error) {
	st, err := s.checkable(call, in.StackName)
	if err != nil {
		return nil, err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	chosen := in.LogicalResourceIDs
	for _, logicalID := range chosen {
		if st.records[logicalID] == nil {
			return nil, invalid("Resource %s does not exist for stack %s", logicalID, st.name)
		}
	}
	if len(chosen) == 0 {
		chosen = sortedKeys(st.records)
	}
	begun := &detection{id: uuid.NewString(), begun: s.clock.Now(), status: detectionInProgress}
	st.detections = append(st.detections, begun)
	st.detections = st.detections[max(0, len(st.detections)-keptDetections):]
	st.tellDrift(begun)
	s.starting.Lock()
	defer s.starting.Unlock()
	if s.ctx.Err() == nil {
		s.running.Go(func() { s.detect(st, begun, chosen) })
	}
	return &detectStackDriftOutput{StackDriftDetectionID: begun.id}, nil
}

func (s *Service) detect(st *stack, begun *detection, logicalIDs []string) {
	if s.clock.Sleep(s.ctx, detectionTakes) != nil {
		return
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	for _, logicalID := range logicalIDs {
		r := st.records[logicalID]
		if r == nil || r.physicalID == "" {
			continue
		}
		r.drift = s.look(st, r)
		if r.drift != nil && r.drift.status != driftInSync {
			begun.drifted++
		}
	}
	begun.status, begun.found = detectionComplete, driftInSync
	if begun.drifted > 0 {
		begun.found = driftDrifted
	}
	st.tellDrift(begun)
}

// checkable finds a stack that rests in a status in which AWS looks for drift ("Detect drift on an entire
// CloudFormation stack", user guide).
func (s *Service) checkable(call *wire.Call, name string) (*stack, error) {
	var wrong violations
	wrong.name(name)
	if err := wrong.err(); err != nil {
		return nil, err
	}
	st, err := s.living(call, name, absent)
	if err != nil {
		return nil, err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	if !st.status.updatable() && st.status != updateRollbackFailed {
		return nil, invalid("Drift detection cannot be performed on stack [%s] while it is in [%s] state", st.id, st.status)
	}
	return st, nil
}

type describeDetectionInput struct {
	StackDriftDetectionID string `query:"StackDriftDetectionId"`
}

type describeDetectionOutput struct {
	StackID                   string `query:"StackId"`
	StackDriftDetectionID     string `query:"StackDriftDetectionId"`
	StackDriftStatus          string
	DetectionStatus           string
	DriftedStackResourceCount *int
	Timestamp                 wire.Time
}

func (s *Service) describeStackDriftDetectionStatus(
	_ context.Context, call *wire.Call, in *describeDetectionInput,
) (*describeDetectionOutput, error) {
	for _, st := range s.store.all(call.Place()) {
		if described := st.describeDetection(in.StackDriftDetectionID); described != nil {
			return described, nil
		}
	}
	return nil, invalid("Drift detection [%s] does not exist", in.StackDriftDetectionID)
}

// describeDetection returns nil for a detection of another stack.
func (st *stack) describeDetection(id string) *describeDetectionOutput {
	st.mu.Lock()
	defer st.mu.Unlock()
	found := slices.IndexFunc(st.detections, func(d *detection) bool { return d.id == id })
	if found < 0 {
		return nil
	}
	d := st.detections[found]
	described := &describeDetectionOutput{
		StackID: st.id, StackDriftDetectionID: d.id, StackDriftStatus: d.found, DetectionStatus: d.status, Timestamp: wire.At(d.begun),
	}
	if d.status == detectionComplete {
		described.DriftedStackResourceCount = &d.drifted
	}
	return described
}

type detectStackResourceDriftInput struct {
	StackName         string
	LogicalResourceID string `query:"LogicalResourceId"`
}

type detectStackResourceDriftOutput struct{ StackResourceDrift describedDrift }

func (s *Service) detectStackResourceDrift(
	_ context.Context, call *wire.Call, in *detectStackResourceDriftInput,
) (*detectStackResourceDriftOutput, error) {
	st, err := s.checkable(call, in.StackName)
	if err != nil {
		return nil, err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	r := st.records[in.LogicalResourceID]
	if r == nil {
		return nil, invalid("Resource %s does not exist for stack %s", in.LogicalResourceID, st.name)
	}
	if r.drift = s.look(st, r); r.drift == nil {
		return nil, invalid("Drift detection is not supported for resource type %s", r.resourceType)
	}
	return &detectStackResourceDriftOutput{StackResourceDrift: st.describeDrift(r)}, nil
}

type describeStackResourceDriftsInput struct {
	StackName                       string
	StackResourceDriftStatusFilters []string
	NextToken                       string
	MaxResults                      *int
}

type describeStackResourceDriftsOutput struct {
	StackResourceDrifts []describedDrift
	NextToken           *string
}

type describedDrift struct {
	StackID                  string `query:"StackId"`
	LogicalResourceID        string `query:"LogicalResourceId"`
	PhysicalResourceID       string `query:"PhysicalResourceId"`
	ResourceType             string
	ExpectedProperties       string
	ActualProperties         string
	PropertyDifferences      []difference
	StackResourceDriftStatus string
	Timestamp                wire.Time
}

func (s *Service) describeStackResourceDrifts(
	_ context.Context, call *wire.Call, in *describeStackResourceDriftsInput,
) (*describeStackResourceDriftsOutput, error) {
	st, size, err := s.driftsOf(call, in)
	if err != nil {
		return nil, err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	drifts := []describedDrift{}
	for _, logicalID := range sortedKeys(st.records) {
		r := st.records[logicalID]
		filters := in.StackResourceDriftStatusFilters
		if r.drift != nil && (len(filters) == 0 || slices.Contains(filters, r.drift.status)) {
			drifts = append(drifts, st.describeDrift(r))
		}
	}
	shown, next, err := pageOf(drifts, in.NextToken, size)
	if err != nil {
		return nil, err
	}
	return &describeStackResourceDriftsOutput{StackResourceDrifts: shown, NextToken: next}, nil
}

// driftsOf checks a request for drifts and returns the stack and the size of a page.
func (s *Service) driftsOf(call *wire.Call, in *describeStackResourceDriftsInput) (*stack, int, error) {
	var wrong violations
	wrong.name(in.StackName)
	for _, filter := range in.StackResourceDriftStatusFilters {
		wrong.oneOf(filter, "stackResourceDriftStatusFilters", driftInSync, driftModified, driftDeleted, driftNotChecked, "UNKNOWN")
	}
	size := pageSize
	if in.MaxResults != nil {
		size = *in.MaxResults
		wrong.between(size, "maxResults", 1, pageSize)
	}
	if err := wrong.err(); err != nil {
		return nil, 0, err
	}
	st, err := s.living(call, in.StackName, absent)
	return st, size, err
}

func (st *stack) describeDrift(r *record) describedDrift {
	expected, actual, differences := r.drift.told()
	return describedDrift{
		StackID: st.id, LogicalResourceID: r.logicalID, PhysicalResourceID: r.physicalID, ResourceType: r.resourceType,
		ExpectedProperties: encodeProperties(expected), ActualProperties: encodeProperties(actual),
		PropertyDifferences: orEmpty(differences), StackResourceDriftStatus: r.drift.status,
		Timestamp: wire.At(r.drift.checked),
	}
}
