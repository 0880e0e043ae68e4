package cloudformation

import (
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/document"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/intrinsic"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

func fail(code, format string, args ...any) *wire.Error { return wire.Errorf(code, format, args...) }

func invalid(format string, args ...any) *wire.Error { return fail("ValidationError", format, args...) }

// refusal is the reason for which CloudFormation stops an operation that is under way.
func refusal(format string, args ...any) error { return fmt.Errorf(format, args...) }

// clientError turns a template's mistakes into the answer that AWS gives.
func clientError(err error) error {
	if form, ok := errors.AsType[*document.Error](err); ok {
		return invalid("%s", form.Message)
	}
	if expression, ok := errors.AsType[*intrinsic.Error](err); ok {
		return invalid("%s", expression.Message)
	}
	return err
}

// reasonOf writes why a resource failed as ResourceStatusReason has it.
func reasonOf(err error) string {
	if failure, ok := errors.AsType[*resource.Failure](err); ok && failure.HandlerErrorCode != "" {
		return fmt.Sprintf("Resource handler returned message: \"%s\" (RequestToken: %s, HandlerErrorCode: %s)",
			failure.Message, uuid.NewString(), failure.HandlerErrorCode)
	}
	return err.Error()
}

// failedTo writes the sentence about resources that failed, with AWS's trailing space; "" for none.
func failedTo(deed string, names []string) string {
	if len(names) == 0 {
		return ""
	}
	return fmt.Sprintf("The following resource(s) failed to %s: [%s]. ", deed, strings.Join(names, ", "))
}

func notFound(nameOrID string) error { return invalid("Stack with id %s does not exist", nameOrID) }

// absent is notFound in the words of the operations on events, resources and change sets.
func absent(nameOrID string) error { return invalid("Stack [%s] does not exist", nameOrID) }
