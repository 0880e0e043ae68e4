package status

import (
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/ecsapp-dev/ecsapp-operator/api/v1alpha1"
)

// Event is something to tell once.
type Event struct {
	// Warning says that something went wrong.
	Warning bool
	// Reason is one of the API's constants; it is the reason of Ready.
	Reason  string
	Message string
}

// Change returns the event of a change between two statuses, or nil: one per new reason, whatever the message.
func Change(before, after *v1alpha1.EcsAppStatus) *Event {
	was := meta.FindStatusCondition(before.Conditions, v1alpha1.ConditionReady)
	is := meta.FindStatusCondition(after.Conditions, v1alpha1.ConditionReady)
	if is == nil || (was != nil && was.Reason == is.Reason && was.Status == is.Status) {
		return nil
	}
	message := is.Message
	if message == "" {
		message = is.Reason
	}
	return &Event{Warning: isWarning(is, after), Reason: is.Reason, Message: cut(message, maxNote)}
}

// isWarning says whether somebody should look: it stalled, or a failure is on its way.
func isWarning(ready *metav1.Condition, after *v1alpha1.EcsAppStatus) bool {
	if meta.IsStatusConditionTrue(after.Conditions, v1alpha1.ConditionStalled) {
		return true
	}
	switch ready.Reason {
	case v1alpha1.ReasonRollingBack, v1alpha1.ReasonRepairing, v1alpha1.ReasonTasksFailing, v1alpha1.ReasonImageNotFound,
		v1alpha1.ReasonPermissionDenied, v1alpha1.ReasonCredentialsInvalid, v1alpha1.ReasonQuotaExceeded,
		v1alpha1.ReasonThrottled, v1alpha1.ReasonAWSUnavailable, v1alpha1.ReasonRefused, v1alpha1.ReasonStackLost:
		return true
	default:
		return false
	}
}
