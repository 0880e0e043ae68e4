package status

import (
	"maps"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/ecsapp-dev/ecsapp-operator/api/v1alpha1"
	"github.com/ecsapp-dev/ecsapp-operator/internal/stack"
)

// SelectorLabel names an app in the selector of its scale subresource.
const SelectorLabel = "ecsapp.dev/name"

// Write puts a report into the status. Every condition is written on every pass; equal reports write equal statuses,
// so that a pass that learned nothing new changes nothing.
func Write(app *v1alpha1.EcsApp, r Report) {
	status := &app.Status
	status.ObservedGeneration = app.Generation
	status.Selector = SelectorLabel + "=" + app.Name
	status.Image = r.Image.Reference
	writeStack(status, r)
	before := meta.FindStatusCondition(status.Conditions, v1alpha1.ConditionReady)
	if before != nil && before.ObservedGeneration != app.Generation {
		before = nil // it says nothing about this spec
	}
	for _, condition := range conditions(r, before) {
		condition.ObservedGeneration = app.Generation
		condition.Message = cut(condition.Message, maxMessage)
		meta.SetStatusCondition(&status.Conditions, condition)
	}
}

// writeStack shows what was seen. What could not be looked at is shown as it was.
func writeStack(status *v1alpha1.EcsAppStatus, r Report) {
	if r.Seen == nil {
		return
	}
	seen := r.Seen
	status.Stack = &v1alpha1.StackStatus{Name: r.StackName, ID: seen.ID, Status: seen.Status, Reason: seen.Reason}
	status.Replicas, status.Deployment = 0, nil
	if seen.Rollout != nil {
		status.Replicas = seen.Rollout.Total
		status.Deployment = &v1alpha1.DeploymentStatus{
			Desired: seen.Rollout.Desired, Running: seen.Rollout.Running, Failed: seen.Rollout.Failed,
			Diagnosis: seen.Rollout.Diagnosis,
		}
	}
	outputs := seen.Outputs
	if seen.Phase == stack.Foreign {
		outputs = nil // not ours to show
	}
	status.Outputs = maps.Clone(outputs)
	if len(outputs) == 0 {
		status.Outputs = nil
	}
	status.URL, status.HealthURL, status.DocsURL = outputs[r.Links.URL], outputs[r.Links.Health], outputs[r.Links.Docs]
}

// conditions returns all of them.
func conditions(r Report, before *metav1.Condition) []metav1.Condition {
	v := judge(r)
	return []metav1.Condition{
		ready(r, v, before),
		flag(v1alpha1.ConditionReconciling, v, stateWorking),
		flag(v1alpha1.ConditionStalled, v, stateStalled),
		imageResolved(r.Image),
		stackSynced(r, v),
		rolloutHealthy(r),
	}
}

// ready follows the verdict. If the world could not be looked at, what was known of this spec stands.
func ready(r Report, v verdict, before *metav1.Condition) metav1.Condition {
	status := metav1.ConditionFalse
	switch blind := isBlind(r); {
	case v.state == stateReady:
		status = metav1.ConditionTrue
	case blind && before != nil && v.reason != v1alpha1.ReasonStackLost:
		status = before.Status
	case blind:
		status = metav1.ConditionUnknown
	}
	return metav1.Condition{Type: v1alpha1.ConditionReady, Status: status, Reason: v.reason, Message: v.message}
}

// isBlind says whether something that readiness depends on could not be looked at.
func isBlind(r Report) bool {
	return r.Seen == nil || r.Seen.RolloutUnknown != "" || (r.NoTemplate != nil && r.NoTemplate.Blind)
}

// flag is an abnormal-true condition: True in one state, False in all others.
func flag(conditionType string, v verdict, on state) metav1.Condition {
	if v.state == on {
		return metav1.Condition{Type: conditionType, Status: metav1.ConditionTrue, Reason: v.reason, Message: v.message}
	}
	return metav1.Condition{Type: conditionType, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonSucceeded}
}

func imageResolved(image Image) metav1.Condition {
	condition := metav1.Condition{
		Type: v1alpha1.ConditionImageResolved, Status: metav1.ConditionTrue,
		Reason: v1alpha1.ReasonSucceeded, Message: image.Reference,
	}
	switch {
	case image.Problem != nil:
		condition.Status, condition.Reason, condition.Message = metav1.ConditionFalse, image.Problem.Reason, image.Problem.Message
	case image.Reference == "":
		condition.Status, condition.Reason = metav1.ConditionUnknown, v1alpha1.ReasonPending
	case !image.Pinned:
		condition.Reason = v1alpha1.ReasonImageUnpinned
	}
	return condition
}

func stackSynced(r Report, v verdict) metav1.Condition {
	condition := metav1.Condition{Type: v1alpha1.ConditionStackSynced}
	switch {
	case r.Seen == nil || (r.Goal.Digest == "" && !r.Goal.Delete):
		condition.Status, condition.Reason = metav1.ConditionUnknown, v1alpha1.ReasonPending
	case inSync(r):
		condition.Status, condition.Reason = metav1.ConditionTrue, v1alpha1.ReasonSucceeded
	default:
		condition.Status, condition.Reason, condition.Message = metav1.ConditionFalse, v.reason, stackSentence(r.Seen)
	}
	return condition
}

func rolloutHealthy(r Report) metav1.Condition {
	condition := metav1.Condition{Type: v1alpha1.ConditionRolloutHealthy, Status: metav1.ConditionFalse}
	switch {
	case r.Seen == nil:
		condition.Status, condition.Reason = metav1.ConditionUnknown, v1alpha1.ReasonPending
	case r.Seen.RolloutUnknown != "":
		condition.Status, condition.Reason = metav1.ConditionUnknown, v1alpha1.ReasonAWSUnavailable
		condition.Message = r.Seen.RolloutUnknown
	case r.Seen.Rollout == nil:
		condition.Reason = v1alpha1.ReasonNoService
	case r.Seen.Rollout.Struggles():
		condition.Reason, condition.Message = v1alpha1.ReasonTasksFailing, tasksSentence(r.Seen.Rollout)
	case !r.Seen.Rollout.Healthy():
		condition.Reason, condition.Message = v1alpha1.ReasonTasksStarting, tasksSentence(r.Seen.Rollout)
	default:
		condition.Status, condition.Reason = metav1.ConditionTrue, v1alpha1.ReasonSucceeded
	}
	return condition
}
