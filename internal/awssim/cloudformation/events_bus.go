package cloudformation

import (
	awsevent "github.com/ecsapp-dev/ecsapp-operator/internal/awssim/event"
)

// busSource is what EventBridge knows CloudFormation as.
const busSource = "aws.cloudformation"

// statusDetails are part of what is told to EventBridge ("CloudFormation events detail reference", user guide).
type statusDetails struct {
	Status string `json:"status"`
	Reason string `json:"status-reason"`
}

type stackNews struct {
	StackID string        `json:"stack-id"`
	Status  statusDetails `json:"status-details"`
	Token   string        `json:"client-request-token"`
}

type resourceNews struct {
	StackID    string        `json:"stack-id"`
	LogicalID  string        `json:"logical-resource-id"`
	PhysicalID string        `json:"physical-resource-id"`
	Status     statusDetails `json:"status-details"`
	Type       string        `json:"resource-type"`
	Token      string        `json:"client-request-token"`
}

type driftNews struct {
	StackID     string         `json:"stack-id"`
	DetectionID string         `json:"stack-drift-detection-id"`
	Status      driftStatus    `json:"status-details"`
	Details     driftedDetails `json:"drift-detection-details"`
	Token       string         `json:"client-request-token"`
}

type driftStatus struct {
	Stack     string `json:"stack-drift-status"`
	Detection string `json:"detection-status"`
}

type driftedDetails struct {
	Count int `json:"drifted-stack-resource-count"` // -1 while it is not known
}

// tell keeps an event and tells EventBridge. The caller holds mu.
func (st *stack) tell(e event) {
	st.events = append(st.events, e)
	st.notify(e)
	if st.bus == nil {
		return
	}
	told := awsevent.Event{Source: busSource, Resources: []string{st.id}, Time: e.at}
	status := statusDetails{string(e.status), e.reason}
	if e.typeOfThing == stackType && e.physicalID == st.id {
		told.DetailType = "CloudFormation Stack Status Change"
		told.Detail = stackNews{st.id, status, e.token}
	} else {
		told.DetailType = "CloudFormation Resource Status Change"
		told.Detail = resourceNews{st.id, e.logicalID, e.physicalID, status, e.typeOfThing, e.token}
	}
	st.bus.Put(st.Place, told)
}

// tellDrift tells EventBridge how a look at the stack stands. The caller holds mu.
func (st *stack) tellDrift(d *detection) {
	change := driftNews{
		StackID: st.id, DetectionID: d.id, Status: driftStatus{Stack: d.found, Detection: d.status},
		Details: driftedDetails{Count: d.drifted},
	}
	if d.status == detectionInProgress {
		change.Status.Stack, change.Details.Count = driftNotChecked, -1
	}
	awsevent.Send(st.bus, st.Place, awsevent.Event{
		Source: busSource, DetailType: "CloudFormation Drift Detection Status Change", Resources: []string{st.id}, Detail: change,
	})
}
