package aws

import (
	"errors"
	"regexp"
	"strings"

	"github.com/aws/smithy-go"
)

var errNoRegion = errors.New("no AWS region: set AWS_REGION, or a region in the shared configuration")

// Class is what an error of AWS means for what to do next.
type Class string

// The classes.
const (
	// Transient: AWS failed or could not be reached; try again.
	Transient Class = "Transient"
	// Throttled: AWS asks to call less often; try again later.
	Throttled Class = "Throttled"
	// Busy: another operation is under way; wait for its end.
	Busy Class = "Busy"
	// NotFound: what was asked for does not exist.
	NotFound Class = "NotFound"
	// NoChanges: the update changes nothing.
	NoChanges Class = "NoChanges"
	// Rejected: the request is wrong; only another spec helps.
	Rejected Class = "Rejected"
	// AccessDenied: an IAM permission is missing; somebody may grant it.
	AccessDenied Class = "AccessDenied"
	// Expired: the credentials are missing, expired or unknown.
	Expired Class = "Expired"
	// Lost: a stack that was there can no longer be seen, not even as deleted.
	Lost Class = "Lost"
	// Quota: an AWS quota is used up; somebody may raise it.
	Quota Class = "Quota"
)

// byCode has the error codes that mean the same with every message.
var byCode = map[string]Class{ //nolint:gochecknoglobals // a table
	"Throttling":                        Throttled,
	"ThrottlingException":               Throttled,
	"TooManyRequestsException":          Throttled,
	"RequestLimitExceeded":              Throttled,
	"LimitExceededException":            Quota,
	"AlreadyExistsException":            Busy,
	"OperationInProgressException":      Busy,
	"InsufficientCapabilitiesException": Rejected,
	"ImageNotFoundException":            NotFound,
	"RepositoryNotFoundException":       NotFound,
	"ClusterNotFoundException":          NotFound,
	"ServiceNotFoundException":          NotFound,
	"AccessDenied":                      AccessDenied,
	"AccessDeniedException":             AccessDenied,
	"UnauthorizedOperation":             AccessDenied,
	"ExpiredToken":                      Expired,
	"ExpiredTokenException":             Expired,
	"InvalidClientTokenId":              Expired,
	"UnrecognizedClientException":       Expired,
	"SignatureDoesNotMatch":             Expired,
	"InvalidSignatureException":         Expired,
}

// byMessage tells the ValidationErrors of CloudFormation apart, which has no types for them. The first that
// matches counts; the texts are recorded in public test recordings of AWS.
var byMessage = []struct { //nolint:gochecknoglobals // a table
	text  string
	class Class
}{
	{"No updates are to be performed", NoChanges},
	{"does not exist", NotFound},
	{"state and can not be updated", Busy},
	{"cannot be deleted while", Busy}, // in a status, or protected since it was looked at
}

// ClassOf returns the class of an error that a call to AWS returned. What is not known is Transient: trying again
// is bounded by back-off, giving up would not be. No error has no class.
func ClassOf(err error) Class {
	if err == nil {
		return ""
	}
	if _, lost := errors.AsType[*lostError](err); lost {
		return Lost
	}
	apiErr, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return classOfLocal(err)
	}
	if class, ok := byCode[apiErr.ErrorCode()]; ok {
		return class
	}
	if apiErr.ErrorCode() != "ValidationError" {
		return Transient
	}
	for _, known := range byMessage {
		if strings.Contains(apiErr.ErrorMessage(), known.text) {
			return known.class
		}
	}
	return Rejected
}

// classOfLocal is for errors that did not come from AWS. The SDK has no type for missing credentials.
func classOfLocal(err error) Class {
	if strings.Contains(err.Error(), "get credentials") {
		return Expired
	}
	return Transient
}

// Explain returns what AWS said, without the ids that change with every request.
func Explain(err error) string {
	if apiErr, ok := errors.AsType[smithy.APIError](err); ok {
		return stable(apiErr.ErrorCode() + ": " + apiErr.ErrorMessage())
	}
	for cause := errors.Unwrap(err); cause != nil; cause = errors.Unwrap(err) {
		err = cause // what failed at the bottom: the addresses are above it
	}
	return stable(err.Error())
}

// lostError says that a stack whose ARN is known cannot be found. AWS shows a deleted stack by its ARN for 90 days, so
// this means that the operator looks with other credentials or in another account.
type lostError struct{ id string }

func (e *lostError) Error() string {
	return "stack " + e.id + " cannot be seen with the operator's credentials"
}

// unstable are the asides of AWS's texts that differ between two equal failures.
var unstable = regexp.MustCompile(`\s*\((Service|RequestToken|Request ID|SDK Attempt Count|HandlerErrorCode):[^()]*\)` +
	`|(?i),?\s*(request ?id|status ?code): ?[0-9a-f-]*`)

func stable(text string) string {
	text = unstable.ReplaceAllString(text, "")
	return strings.TrimSpace(strings.Join(strings.Fields(text), " "))
}
