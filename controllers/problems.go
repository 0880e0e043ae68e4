package controllers

import (
	"errors"
	"fmt"

	"github.com/ecsapp-dev/ecsapp-operator/api/v1alpha1"
	"github.com/ecsapp-dev/ecsapp-operator/internal/aws"
	"github.com/ecsapp-dev/ecsapp-operator/internal/status"
)

// invalidTemplateError says that the template of a spec cannot be built or would be refused.
type invalidTemplateError struct{ cause error }

func (e *invalidTemplateError) Error() string { return "rendering the template: " + e.cause.Error() }
func (e *invalidTemplateError) Unwrap() error { return e.cause }

// problemOf says in words for users what an error means.
func problemOf(err error) *status.Problem {
	if invalid, ok := errors.AsType[*invalidTemplateError](err); ok {
		return &status.Problem{Reason: v1alpha1.ReasonInvalidTemplate, Message: invalid.Error(), Terminal: true}
	}
	said := aws.Explain(err)
	switch aws.ClassOf(err) {
	case aws.Rejected:
		return &status.Problem{
			Reason: v1alpha1.ReasonInvalidTemplate, Message: "CloudFormation refused the template: " + said, Terminal: true,
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
	return problemOf(err)
}
