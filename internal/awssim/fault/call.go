package fault

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// Cuts reports whether the client gets no answer.
func (h Hit) Cuts() bool { return h.Effect == ConnectionReset || h.Effect == LostAnswer }

// Passes reports whether the call is served nevertheless.
func (h Hit) Passes() bool { return h.Effect == Delay || h.Effect == LostAnswer }

// Wait lets the delay pass, in real time. It returns the context's error if the client goes away first.
func (h Hit) Wait(ctx context.Context) error {
	if h.Delay <= 0 {
		return nil
	}
	timer := time.NewTimer(time.Duration(h.Delay))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("delaying a call: %w", ctx.Err())
	}
}

// Error returns the answer to a call that fails. Codes and statuses are those that services of the call's
// protocol are quoted with in public issues: Query services answer Throttling, ExpiredToken and AccessDenied,
// JSON services add "Exception" and answer 400 throughout. The texts are those of the API references' "Common
// errors".
func (h Hit) Error(call *wire.Call) *wire.Error {
	failure := h.plainError(call)
	if h.Message != "" {
		failure.Message = h.Message
	}
	return failure
}

func (h Hit) plainError(call *wire.Call) *wire.Error {
	switch h.Effect { //nolint:exhaustive // the others are no errors of a call
	case Throttling:
		return clientError(call, "Throttling", "Rate exceeded", http.StatusBadRequest)
	case ExpiredToken:
		return clientError(call, "ExpiredToken", "The security token included in the request is expired", http.StatusForbidden)
	case AccessDenied:
		text := fmt.Sprintf("User: arn:aws:iam::%[1]s:user/awssim is not authorized to perform: %[2]s:%[3]s on resource: * "+
			"because no identity-based policy allows the %[2]s:%[3]s action", call.Account, call.Service, call.Operation)
		return clientError(call, "AccessDenied", text, http.StatusForbidden)
	case ServiceUnavailable:
		return &wire.Error{
			Code: "ServiceUnavailable", Status: http.StatusServiceUnavailable,
			Message: "The request has failed due to a temporary failure of the server.",
		}
	default:
		return &wire.Error{
			Code: "InternalFailure", Status: http.StatusInternalServerError,
			Message: "The request processing has failed because of an unknown error, exception or failure.",
		}
	}
}

func clientError(call *wire.Call, code, message string, queryStatus int) *wire.Error {
	switch call.Protocol {
	case wire.JSON11, wire.JSON10:
		return &wire.Error{Code: code + "Exception", Message: message, Status: http.StatusBadRequest}
	case wire.EC2: // which has words of its own ("Error codes for the Amazon EC2 API")
		return ec2Error(code, message)
	case wire.Query, wire.RESTXML, wire.CBOR:
	}
	return &wire.Error{Code: code, Message: message, Status: queryStatus}
}

func ec2Error(code, message string) *wire.Error {
	switch code {
	case "Throttling":
		return &wire.Error{Code: "RequestLimitExceeded", Message: "Request limit exceeded.", Status: http.StatusServiceUnavailable}
	case "ExpiredToken":
		return &wire.Error{Code: "RequestExpired", Message: "Request has expired.", Status: http.StatusBadRequest}
	default:
		return &wire.Error{
			Code: "UnauthorizedOperation", Message: "You are not authorized to perform this operation. " + message,
			Status: http.StatusForbidden,
		}
	}
}
