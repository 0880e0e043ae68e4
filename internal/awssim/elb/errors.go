package elb

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// Codes of errors (API reference). Their texts are AWS's as public issues quote them; those of rarer mistakes are believed.
const (
	codeValidation            = "ValidationError"
	codeBalancerNotFound      = "LoadBalancerNotFound"
	codeGroupNotFound         = "TargetGroupNotFound"
	codeListenerNotFound      = "ListenerNotFound"
	codeRuleNotFound          = "RuleNotFound"
	codeCertificateNotFound   = "CertificateNotFound"
	codeDuplicateBalancer     = "DuplicateLoadBalancerName"
	codeDuplicateGroup        = "DuplicateTargetGroupName"
	codeDuplicateListener     = "DuplicateListener"
	codePriorityInUse         = "PriorityInUse"
	codeResourceInUse         = "ResourceInUse"
	codeNotPermitted          = "OperationNotPermitted"
	codeInvalidConfiguration  = "InvalidConfigurationRequest"
	codeInvalidAction         = "InvalidLoadBalancerAction"
	codeIncompatibleProtocols = "IncompatibleProtocols"
)

// refusal begins the texts of what awssim does not implement.
const refusal = "awssim does not implement "

func invalid(format string, args ...any) *wire.Error {
	return wire.Errorf(codeValidation, format, args...)
}

func misconfigured(format string, args ...any) *wire.Error {
	return wire.Errorf(codeInvalidConfiguration, format, args...)
}

// refused is the error for what is known but not acted on.
func refused(what string) *wire.Error { return invalid("%s%s", refusal, what) }

func errBalancerNotFound() *wire.Error {
	return wire.Errorf(codeBalancerNotFound, "One or more load balancers not found")
}

func errGroupNotFound() *wire.Error {
	return wire.Errorf(codeGroupNotFound, "One or more target groups not found")
}

func errListenerNotFound() *wire.Error {
	return wire.Errorf(codeListenerNotFound, "One or more listeners not found")
}

func errRuleNotFound() *wire.Error {
	return wire.Errorf(codeRuleNotFound, "One or more rules not found")
}

// failure is an error of this service as its resource handlers report it: with the name of the service behind the
// text. A name, port or priority that is taken is AlreadyExists.
func failure(err error) error {
	told, ok := errors.AsType[*wire.Error](err)
	if !ok {
		return err
	}
	if strings.HasPrefix(told.Message, refusal) {
		return &resource.Failure{Message: told.Message, HandlerErrorCode: "InvalidRequest"}
	}
	text := fmt.Sprintf("%s (Service: ElasticLoadBalancingV2, Status Code: 400, Request ID: %s) (SDK Attempt Count: 1)",
		told.Message, uuid.NewString())
	code := handlerCode(told.Code)
	if code == "ServiceInternalError" { // what the handlers do not expect (aws/copilot-cli #4551)
		text = "Internal error reported from downstream service during operation '" + text + "'."
	}
	return &resource.Failure{Message: text, HandlerErrorCode: code}
}

const listenerType = "AWS::ElasticLoadBalancingV2::Listener"

// taken is the error of a handler whose resource has the place of another. Rules tell the API's error where others tell
// the identifier of the resource (recorded: aws/copilot-cli #4532 and #4913), listeners that of their handler
// (aws/aws-cdk #13157).
func taken(resourceType string, err error) error {
	failed := failure(err)
	told, ok := errors.AsType[*resource.Failure](failed)
	if !ok || told.HandlerErrorCode != "AlreadyExists" {
		return failed
	}
	identifier := told.Message
	if resourceType == listenerType {
		identifier = "Idempotency Check Failed"
	}
	return props.AlreadyExists(resourceType, identifier)
}

func handlerCode(code string) string {
	switch {
	case slices.Contains([]string{codeDuplicateBalancer, codeDuplicateGroup, codeDuplicateListener, codePriorityInUse}, code):
		return "AlreadyExists"
	case strings.HasSuffix(code, "NotFound"):
		return "NotFound"
	case code == codeResourceInUse:
		return "ResourceConflict"
	case code == codeIncompatibleProtocols, code == codeInvalidAction:
		return "ServiceInternalError"
	default:
		return "InvalidRequest"
	}
}
