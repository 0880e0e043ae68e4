package ecs

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	awsevent "github.com/ecsapp-dev/ecsapp-operator/internal/awssim/event"
)

// busSource is what EventBridge knows ECS as.
const busSource = "aws.ecs"

// The severity of what happened to a service.
const (
	infoEvent  = "INFO"
	warnEvent  = "WARN"
	errorEvent = "ERROR"
)

// tell tells EventBridge that the task has changed. Call it locked.
func (t *task) tell() {
	t.changes++ // what DescribeTasks calls the version counts them
	sink := t.fleet.owner.Events
	if sink == nil {
		return
	}
	now := time.Now().UTC()
	sink.Put(t.fleet.place, awsevent.Event{
		Source: busSource, DetailType: "ECS Task State Change", Resources: []string{t.arn}, Detail: taskDetail(t.describe(false), now),
		Time: now,
	})
}

// taskDetail is a task as events have it: as DescribeTasks has it, but with times as text, containers named among the
// overrides, and network interfaces called eni ("Amazon ECS task state change events", developer guide).
func taskDetail(described describedTask, now time.Time) map[string]any {
	detail := make(map[string]any)
	encoded, err := json.Marshal(described)
	if err != nil || json.Unmarshal(encoded, &detail) != nil {
		return map[string]any{"taskArn": described.TaskArn, "lastStatus": described.LastStatus} // not with our own types
	}
	for name, value := range detail {
		if seconds, ok := value.(float64); ok && strings.HasSuffix(name, "At") {
			detail[name] = time.UnixMilli(int64(seconds * float64(time.Second/time.Millisecond))).UTC().Format(awsevent.TimeLayout)
		}
	}
	detail["updatedAt"] = now.Format(awsevent.TimeLayout)
	delete(detail, "tags")
	named := []any{}
	for _, one := range described.Containers {
		named = append(named, map[string]any{"name": one.Name})
	}
	if overridden, ok := detail["overrides"].(map[string]any); ok && len(described.Overrides.ContainerOverrides) == 0 {
		overridden["containerOverrides"] = named
	}
	attached, _ := detail["attachments"].([]any)
	for _, each := range attached {
		if one, ok := each.(map[string]any); ok && one["type"] == "ElasticNetworkInterface" {
			one["type"] = "eni"
		}
	}
	return detail
}

// actionDetail is the detail of "ECS Service Action" ("Amazon ECS service action events", developer guide).
type actionDetail struct {
	EventType  string `json:"eventType"`
	EventName  string `json:"eventName"`
	ClusterArn string `json:"clusterArn"`
	Reason     string `json:"reason,omitempty"`
	CreatedAt  string `json:"createdAt"`
}

// tellAction tells EventBridge of a service event, if it is one that ECS sends there. Call it locked.
func (f *fleet) tellAction(e event) {
	detail := actionDetail{EventType: infoEvent, ClusterArn: f.cluster.arn, CreatedAt: e.at.Format(awsevent.TimeLayout)}
	text := strings.TrimPrefix(e.message, "(service "+f.name+") ")
	switch {
	case strings.HasSuffix(text, "has reached a steady state."):
		detail.EventName = "SERVICE_STEADY_STATE"
	case strings.HasPrefix(text, "has stopped "):
		detail.EventName = "TASKS_STOPPED"
	case strings.HasPrefix(text, "is unable to consistently start tasks successfully"):
		detail.EventType, detail.EventName = warnEvent, "SERVICE_TASK_START_IMPAIRED"
	case strings.HasPrefix(text, "was unable to place a task"):
		detail.EventType, detail.EventName = errorEvent, "SERVICE_TASK_PLACEMENT_FAILURE"
		_, detail.Reason, _ = strings.Cut(text, "Reason: ")
	default:
		return
	}
	awsevent.Send(f.owner.Events, f.place, awsevent.Event{
		Source: busSource, DetailType: "ECS Service Action", Resources: []string{f.arn}, Detail: detail, Time: e.at,
	})
}

// rolloutDetail is the detail of "ECS Deployment State Change" ("Amazon ECS service deployment state change events",
// developer guide).
type rolloutDetail struct {
	EventType    string `json:"eventType"`
	EventName    string `json:"eventName"`
	DeploymentID string `json:"deploymentId"`
	UpdatedAt    string `json:"updatedAt"`
	Reason       string `json:"reason"`
}

// tellRollouts tells EventBridge of the deployments whose state has changed since it was told last. Call it locked.
func (f *fleet) tellRollouts() {
	told := f.told
	f.told = make(map[string]string, len(f.deployments))
	for _, each := range slices.Backward(f.deployments) { // one that failed before the one that leads back
		state := each.rollout + " " + each.reason
		f.told[each.id] = state
		if told[each.id] == state {
			continue
		}
		detail := rolloutDetail{
			EventType: infoEvent, DeploymentID: each.id, UpdatedAt: each.updated.Format(awsevent.TimeLayout), Reason: each.reason,
		}
		switch each.rollout {
		case completed:
			detail.EventName = "SERVICE_DEPLOYMENT_COMPLETED"
		case failed:
			detail.EventType, detail.EventName = errorEvent, "SERVICE_DEPLOYMENT_FAILED"
		default:
			detail.EventName = "SERVICE_DEPLOYMENT_IN_PROGRESS"
		}
		awsevent.Send(f.owner.Events, f.place, awsevent.Event{
			Source: busSource, DetailType: "ECS Deployment State Change", Resources: []string{f.arn}, Detail: detail, Time: each.updated,
		})
	}
}
