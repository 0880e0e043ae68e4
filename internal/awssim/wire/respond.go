package wire

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
)

// jsonType10 is the content type of AWS JSON 1.0.
const jsonType10 = "application/x-amz-json-1.0"

// Answer is an encoded response.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
	// Err is why the call failed; nil on success. A fault of the simulator itself is not an *Error.
	Err error

	writer *xmlWriter // whose memory Body is; nil if it is Body's alone
}

// Release lets the memory of Body be used for another answer. Nothing may be done with Body afterwards.
func (a Answer) Release() {
	if a.writer != nil {
		writers.Put(a.writer)
	}
}

// Partial is what an operation answers that may be a part of what was asked for, which has a status of its own.
type Partial interface{ IsPartial() bool }

// Serve routes a call, runs its operation and encodes what it answers.
func (s Service) Serve(ctx context.Context, call *Call) Answer {
	if err := s.Route(call); err != nil {
		return s.Refuse(call, err)
	}
	return s.Run(ctx, call)
}

// Route sets the call's Operation and Protocol from the request. It refuses what the service does not implement.
func (s Service) Route(call *Call) error {
	call.Protocol = s.protocolOf(call.HTTP)
	if err := call.decompress(); err != nil {
		return err
	}
	if err := s.operation(call); err != nil {
		return err
	}
	if _, ok := s.Operations[call.Operation]; !ok {
		return s.unknownOperation(call)
	}
	return nil
}

// Run runs the operation of a call that was routed, and encodes what it answers.
func (s Service) Run(ctx context.Context, call *Call) Answer {
	value, err := s.Operations[call.Operation](ctx, call)
	if err != nil {
		return s.Refuse(call, err)
	}
	status := call.route.success()
	if own, ok := value.(Partial); ok && own.IsPartial() {
		status = http.StatusPartialContent
	}
	answer := s.answer(call, status, nil)
	if err := s.encode(call, value, &answer); err != nil {
		return s.Refuse(call, fmt.Errorf("encoding the answer of %s:%s: %w", call.Service, call.Operation, err))
	}
	return answer
}

// operation finds the operation's name: in X-Amz-Target, in method and path, or in the form.
func (s Service) operation(call *Call) error {
	switch call.Protocol {
	case CBOR:
		call.Operation = cborOperation(call.HTTP.URL.Path)
		return nil
	case JSON11, JSON10:
		call.Operation = targetOperation(call.HTTP.Header.Get("X-Amz-Target"), s.TargetPrefix)
		return nil
	case RESTXML:
		return s.routeREST(call)
	case Query, EC2:
	}
	return s.formOperation(call)
}

// protocolOf returns the protocol of a request: one of the service's.
func (s Service) protocolOf(request *http.Request) Protocol {
	if spoken := ProtocolOf(request); slices.Contains(s.Also, spoken) {
		return spoken
	}
	return s.Protocol
}

func (s Service) formOperation(call *Call) error {
	form, err := url.ParseQuery(string(call.Body))
	if err != nil {
		return Errorf(call.Protocol.malformed(), "the request is not a well-formed form: %v", err)
	}
	call.form = form
	call.Operation = form.Get("Action")
	if call.Operation == "" {
		return Errorf("MissingAction", "the request has no Action parameter")
	}
	if version := form.Get("Version"); version != "" && version != s.Version {
		return Errorf("NoSuchVersion", "awssim speaks version %s of %s, not %s", s.Version, s.Name, version)
	}
	return nil
}

func targetOperation(target, prefix string) string {
	if len(target) > len(prefix) && target[:len(prefix)] == prefix && target[len(prefix)] == '.' {
		return target[len(prefix)+1:]
	}
	return target
}

func (s Service) unknownOperation(call *Call) error {
	code := "InvalidAction"
	if call.Protocol != Query && call.Protocol != RESTXML && call.Protocol != EC2 {
		code = "UnknownOperationException"
	}
	return Errorf(code, "awssim does not implement the operation %s:%s", s.Name, call.Operation)
}

func (s Service) encode(call *Call, value any, answer *Answer) error {
	var err error
	switch call.Protocol {
	case CBOR:
		answer.Body, err = encodeCBOR(value)
	case JSON11, JSON10:
		answer.Body, err = encodeJSON(value)
	case RESTXML:
		err = s.encodeREST(call, value, answer)
	case Query, EC2:
		err = s.encodeText(call, value, answer)
	}
	return err
}

// encodeText writes what a Query or EC2 service answers.
func (s Service) encodeText(call *Call, value any, answer *Answer) error {
	out, _ := writers.Get().(*xmlWriter)
	out.buffer.Reset()
	encode := encodeXML
	if call.Protocol == EC2 {
		encode = encodeEC2
	}
	if err := encode(out, call, s.Namespace, value); err != nil {
		return err
	}
	answer.Body, answer.writer = out.buffer.Bytes(), out
	return nil
}

// Refuse returns the answer for an error. What is no *Error is answered as InternalFailure with status 500.
func (s Service) Refuse(call *Call, err error) Answer {
	failure, ok := errors.AsType[*Error](err)
	if !ok {
		failure = &Error{Code: "InternalFailure", Message: err.Error(), Status: http.StatusInternalServerError}
	}
	status, kind := failure.Status, "Sender"
	if status == 0 {
		status = http.StatusBadRequest
	}
	if status >= http.StatusInternalServerError {
		kind = "Receiver"
	}
	answer := s.refusal(call, status, kind, failure)
	answer.Err = err
	return answer
}

func (s Service) refusal(call *Call, status int, kind string, failure *Error) Answer {
	if s.BareErrors {
		return s.answer(call, status, encodeBareError(call, failure))
	}
	shape := failure.Shape
	if other, ok := s.ErrorTypes[failure.Code]; ok && shape == "" {
		shape = other
	}
	if shape == "" {
		shape = failure.Code
	}
	var body []byte // of two strings, which always encode
	switch call.Protocol {
	case CBOR:
		body, _ = encodeCBOR(cborFailure{Type: s.TargetPrefix + "#" + shape, Message: failure.Message})
	case JSON11, JSON10:
		told := jsonFailure{Type: shape, Message: failure.Message}
		if slices.Contains(s.Capitals, failure.Code) {
			told = jsonFailure{Type: shape, Capital: failure.Message}
		}
		body, _ = encodeJSON(told)
	case EC2:
		return s.answer(call, status, encodeEC2Error(call, failure))
	case Query, RESTXML:
		return s.answer(call, status, encodeXMLError(call, s.Namespace, kind, failure))
	}
	answer := s.answer(call, status, body)
	if call.Protocol != CBOR {
		answer.Header.Set("X-Amzn-Errortype", shape)
	}
	if len(s.Also) > 0 { // how clients of a service that moved from Query find the code that it has there
		answer.Header.Set("X-Amzn-Query-Error", failure.Code+";"+kind)
	}
	return answer
}

func (s Service) answer(call *Call, status int, body []byte) Answer {
	header := http.Header{}
	switch call.Protocol {
	case CBOR:
		header.Set("Content-Type", "application/cbor")
		header.Set(cborHeader, cborName)
	case JSON10:
		header.Set("Content-Type", jsonType10)
	case JSON11:
		header.Set("Content-Type", "application/x-amz-json-1.1")
	case Query, RESTXML, EC2:
		header.Set("Content-Type", "text/xml")
	}
	header.Set("X-Amzn-Requestid", call.RequestID)
	if s.BareErrors {
		header.Set("X-Amz-Request-Id", call.RequestID)
	}
	return Answer{Status: status, Header: header, Body: body}
}
