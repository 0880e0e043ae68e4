package aws_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/aws/smithy-go"

	"github.com/ecsapp-dev/ecsapp-operator/internal/aws"
)

func TestErrorsHaveClasses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		code, message string
		want          aws.Class
	}{
		"nothing to update":        {"ValidationError", "No updates are to be performed.", aws.NoChanges},
		"no such stack":            {"ValidationError", "Stack with id items does not exist", aws.NotFound},
		"another operation":        {"ValidationError", "Stack:arn:aws:cloudformation:us-east-1:1:stack/a/b is in UPDATE_IN_PROGRESS state and can not be updated.", aws.Busy},
		"a status that moved on":   {"ValidationError", "Stack:arn is in ROLLBACK_COMPLETE state and can not be updated.", aws.Busy},
		"a wrong template":         {"ValidationError", "Template format error: Unrecognized resource types: [A::B::C]", aws.Rejected},
		"termination protection":   {"ValidationError", "Stack [items] cannot be deleted while TerminationProtection is enabled", aws.Busy},
		"missing capability":       {"InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_IAM]", aws.Rejected},
		"lost the race to create":  {"AlreadyExistsException", "Stack [items] already exists", aws.Busy},
		"throttled":                {"Throttling", "Rate exceeded", aws.Throttled},
		"throttled by ECS":         {"ThrottlingException", "Rate exceeded", aws.Throttled},
		"quota":                    {"LimitExceededException", "Limit for stack has been exceeded", aws.Quota},
		"denied":                   {"AccessDenied", "User is not authorized to perform: cloudformation:CreateStack", aws.AccessDenied},
		"denied by JSON services":  {"AccessDeniedException", "not authorized", aws.AccessDenied},
		"expired":                  {"ExpiredToken", "The security token included in the request is expired", aws.Expired},
		"expired in JSON services": {"ExpiredTokenException", "expired", aws.Expired},
		"unknown key":              {"InvalidClientTokenId", "The security token included in the request is invalid", aws.Expired},
		"no such image":            {"ImageNotFoundException", "The image with imageId {...} does not exist", aws.NotFound},
		"fault of the service":     {"InternalFailure", "oops", aws.Transient},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := fmt.Errorf("doing something: %w", &smithy.GenericAPIError{Code: test.code, Message: test.message})
			if got := aws.ClassOf(err); got != test.want {
				t.Errorf("ClassOf(%v) = %s, want %s", err, got, test.want)
			}
		})
	}
}

func TestErrorsThatAreNotOfAWSHaveClassesToo(t *testing.T) {
	t.Parallel()
	if got := aws.ClassOf(errors.New("dial tcp: connection refused")); got != aws.Transient {
		t.Errorf("a lost connection is %s, want Transient", got)
	}
	if got := aws.ClassOf(errors.New("get identity: get credentials: no EC2 IMDS role found")); got != aws.Expired {
		t.Errorf("missing credentials are %s, want Expired", got)
	}
}

func TestExplanationsAreStable(t *testing.T) {
	t.Parallel()
	said := func(id string) error {
		return &smithy.GenericAPIError{
			Code:    "AccessDenied",
			Message: "Not allowed (Service: ECS, Status Code: 403, Request ID: " + id + ") (RequestToken: " + id + ", HandlerErrorCode: AccessDenied)",
		}
	}
	first, second := aws.Explain(said("6f0c1f2e-1111")), aws.Explain(said("9a8b7c6d-2222"))
	if first != second {
		t.Errorf("two equal failures read differently:\n%s\n%s", first, second)
	}
	if first == "" || first[:13] != "AccessDenied:" {
		t.Errorf("the explanation %q does not start with the code", first)
	}
}
