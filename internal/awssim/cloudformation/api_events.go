package cloudformation

import (
	"context"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type describeEventsInput struct {
	StackName     string
	ChangeSetName string
	OperationID   string `query:"OperationId"`
	Filters       eventFilter
	NextToken     string
}

type eventFilter struct{ FailedEvents bool }

type describeEventsOutput struct {
	OperationEvents []operationEvent
	NextToken       *string
}

type operationEvent struct {
	EventID              string `query:"EventId"`
	StackID              string `query:"StackId"`
	OperationID          string `query:"OperationId"`
	OperationType        string
	OperationStatus      string
	EventType            string
	LogicalResourceID    string  `query:"LogicalResourceId"`
	PhysicalResourceID   *string `query:"PhysicalResourceId"`
	ResourceType         string
	Timestamp            wire.Time
	StartTime            wire.Time
	EndTime              wire.Time
	ResourceStatus       status
	ResourceStatusReason *string
	ResourceProperties   string
	ClientRequestToken   string
	DetailedStatus       string
}

// describeEvents tells the events of operations, newest first: of a stack, of one operation, of failures alone.
func (s *Service) describeEvents(_ context.Context, call *wire.Call, in *describeEventsInput) (*describeEventsOutput, error) {
	if in.ChangeSetName != "" {
		return nil, wire.Unsupported(call, `the parameter "ChangeSetName"`)
	}
	st, err := s.stackOfEvents(call, in)
	if err != nil {
		return nil, err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	older := len(st.events)
	if in.NextToken != "" {
		if older, err = decodeToken(in.NextToken); err != nil || older > len(st.events) {
			return nil, invalid("Invalid NextToken")
		}
	}
	out := &describeEventsOutput{OperationEvents: []operationEvent{}}
	for ; older > 0 && len(out.OperationEvents) < pageSize; older-- {
		e := st.events[older-1]
		wanted := (in.OperationID == "" || e.operationID == in.OperationID) && (!in.Filters.FailedEvents || e.failed())
		if wanted {
			out.OperationEvents = append(out.OperationEvents, st.describeOperationEvent(e))
		}
	}
	if older > 0 {
		next := encodeToken(older)
		out.NextToken = &next
	}
	return out, nil
}

// stackOfEvents finds the stack by its name or by one of its operations.
func (s *Service) stackOfEvents(call *wire.Call, in *describeEventsInput) (*stack, error) {
	if in.StackName != "" {
		var wrong violations
		wrong.name(in.StackName)
		if err := wrong.err(); err != nil {
			return nil, err
		}
		st, ok := s.store.find(call.Place(), in.StackName)
		if !ok {
			return nil, absent(in.StackName)
		}
		return st, nil
	}
	if in.OperationID == "" {
		return nil, invalid("One of ChangeSetName, OperationId or StackName must be specified.")
	}
	for _, st := range s.store.all(call.Place()) {
		if st.knows(in.OperationID) {
			return st, nil
		}
	}
	return nil, invalid("Operation [%s] does not exist", in.OperationID)
}

func (st *stack) knows(operationID string) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	for _, e := range st.events {
		if e.operationID == operationID {
			return true
		}
	}
	return false
}

// failed reports whether the event is a failure by itself: what was cancelled because of another one is not.
func (e event) failed() bool {
	cancelled := e.reason == reasonCreationCancelled || e.reason == reasonUpdateCancelled
	return e.typeOfThing != stackType && strings.HasSuffix(string(e.status), "_FAILED") && !cancelled
}

func (st *stack) describeOperationEvent(e event) operationEvent {
	physicalID := e.physicalID
	described := operationEvent{
		EventID: e.id, StackID: st.id, OperationID: e.operationID, OperationType: e.operationType, EventType: "STACK_EVENT",
		LogicalResourceID: e.logicalID, PhysicalResourceID: &physicalID, ResourceType: e.typeOfThing, Timestamp: wire.At(e.at),
		StartTime: wire.At(e.at), ResourceStatus: e.status, ResourceStatusReason: optional(e.reason),
		ResourceProperties: st.shownProperties(&e), ClientRequestToken: e.token, DetailedStatus: e.detailedStatus(),
	}
	if e.failed() {
		described.EventType = "PROVISIONING_ERROR"
	}
	if e.typeOfThing != stackType {
		return described
	}
	switch text := string(e.status); {
	case strings.HasSuffix(text, "_IN_PROGRESS"):
		described.OperationStatus = "IN_PROGRESS"
	case strings.HasSuffix(text, "_FAILED"):
		described.OperationStatus, described.EndTime = "FAILED", wire.At(e.at)
	default:
		described.OperationStatus, described.EndTime = "SUCCEEDED", wire.At(e.at)
	}
	return described
}
