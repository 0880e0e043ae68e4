package controllers

import (
	"fmt"

	"github.com/ecsapp-dev/ecsapp-operator/api/v1alpha1"
	"github.com/ecsapp-dev/ecsapp-operator/internal/aws"
	"github.com/ecsapp-dev/ecsapp-operator/internal/status"
)

// problemOf says in words for users what an error means.
func problemOf(err error) *status.Problem {
	said := aws.Explain(err)
	switch aws.ClassOf(err) {
	case aws.Rejected:
		return &status.Problem{Reason: v1alpha1.ReasonRefused, Message: "AWS refused a request: " + said}
	case aws.Lost:
		return &status.Problem{
			Reason: v1alpha1.ReasonStackLost, Message: said + ": were its account or credentials changed? " +
				"Give them back, or let the stack go with spec.deletionPolicy Retain and a deletion",
		}
	case aws.AccessDenied:
		return &status.Problem{
			Reason: v1alpha1.ReasonPermissionDenied, Message: "The operator lacks an IAM permission: " + said,
		}
	case aws.Expired:
		return &status.Problem{
			Reason: v1alpha1.ReasonCredentialsInvalid, Message: "The operator's AWS credentials are not valid: " + said,
		}
	case aws.Quota:
		return &status.Problem{Reason: v1alpha1.ReasonQuotaExceeded, Message: "Ask AWS for a higher quota: " + said}
	case aws.Throttled:
		return &status.Problem{Reason: v1alpha1.ReasonThrottled, Message: "AWS asks to call less often; trying again"}
	case aws.Busy:
		return &status.Problem{Reason: v1alpha1.ReasonProgressing, Message: "Another operation on the stack is under way"}
	case aws.NotFound, aws.NoChanges, aws.Transient:
	}
	return &status.Problem{Reason: v1alpha1.ReasonAWSUnavailable, Message: "AWS did not answer as hoped; trying again: " + said}
}

// imageProblem says why an image cannot be deployed.
func imageProblem(image aws.Image, err error) *status.Problem {
	if aws.ClassOf(err) == aws.NotFound {
		return &status.Problem{
			Reason:  v1alpha1.ReasonImageNotFound,
			Message: fmt.Sprintf("%s is not in ECR: push it, or correct spec.image (%s)", image, aws.Explain(err)),
		}
	}
	problem := problemOf(err)
	problem.Blind = true
	return problem
}
