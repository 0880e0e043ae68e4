package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// EcsAppStatus is what was seen of a service. It is written by the operator only.
type EcsAppStatus struct {
	// observedGeneration is the generation of the spec that this status is about.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// conditions, all of them on every pass: Ready, Reconciling, Stalled, ImageResolved, StackSynced, RolloutHealthy.
	// +optional
	// +listType=map
	// +listMapKey=type
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// url of the service.
	// +optional
	URL string `json:"url,omitempty"`

	// healthURL answers 200 when the service is healthy.
	// +optional
	HealthURL string `json:"healthURL,omitempty"`

	// docsURL is the service's API documentation.
	// +optional
	DocsURL string `json:"docsURL,omitempty"`

	// image that the spec asks for, with its digest where it could be resolved.
	// +optional
	Image string `json:"image,omitempty"`

	// replicas is how many tasks run.
	// +optional
	Replicas int32 `json:"replicas"`

	// selector of the scale subresource. ECS tasks are no pods: it selects none, but names the app.
	// +optional
	Selector string `json:"selector,omitempty"`

	// stack is the CloudFormation stack.
	// +optional
	Stack *StackStatus `json:"stack,omitempty"`

	// deployment is the ECS service's newest deployment.
	// +optional
	Deployment *DeploymentStatus `json:"deployment,omitempty"`

	// outputs of the stack.
	// +optional
	Outputs map[string]string `json:"outputs,omitempty"`

	// attempt remembers what was last tried, so that what failed is not repeated without end.
	// +optional
	Attempt *AttemptStatus `json:"attempt,omitempty"`
}

// StackStatus is a CloudFormation stack as it was last seen.
type StackStatus struct {
	// name of the stack.
	Name string `json:"name"`

	// id is the stack's ARN. Empty until it exists.
	// +optional
	ID string `json:"id,omitempty"`

	// status as CloudFormation names it, such as UPDATE_COMPLETE.
	// +optional
	Status string `json:"status,omitempty"`

	// reason that CloudFormation gives for the status.
	// +optional
	Reason string `json:"reason,omitempty"`
}

// DeploymentStatus is the newest deployment of the ECS service.
type DeploymentStatus struct {
	// desired is how many tasks it should have.
	Desired int32 `json:"desired"`

	// running is how many tasks it has.
	Running int32 `json:"running"`

	// failed is how many of its tasks could not be started or became unhealthy.
	// +optional
	Failed int32 `json:"failed,omitempty"`

	// diagnosis says why tasks failed.
	// +optional
	Diagnosis string `json:"diagnosis,omitempty"`
}

// AttemptStatus remembers the last attempt. If it is lost, one attempt more is made; nothing else changes.
type AttemptStatus struct {
	// goal that was pursued: the digest of a template, or "delete".
	Goal string `json:"goal"`

	// deployed says that the goal's template was sent to AWS; before that a failed stack may have been repaired.
	// +optional
	Deployed bool `json:"deployed,omitempty"`

	// refusal is what AWS said if it would not take the template. It is not sent again.
	// +optional
	Refusal string `json:"refusal,omitempty"`

	// requestedAt is the annotation ecsapp.dev/reconcile-at at that time: another value starts afresh.
	// +optional
	RequestedAt string `json:"requestedAt,omitempty"`

	// repairs is how often a failure on the way was repaired by the operator.
	// +optional
	Repairs int32 `json:"repairs,omitempty"`

	// unchanged says that CloudFormation found nothing to update for this goal.
	// +optional
	Unchanged bool `json:"unchanged,omitempty"`

	// failure that the attempt ended with. It stays until the next attempt, because AWS forgets it.
	// +optional
	Failure string `json:"failure,omitempty"`

	// time of the last write to AWS.
	Time metav1.Time `json:"time"`
}
