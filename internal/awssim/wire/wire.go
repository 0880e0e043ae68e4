// Package wire speaks the protocols of the AWS services: requests in, typed values to the services,
// answers and errors out, each as the real service writes it.
//
// A service declares its operations as plain functions on typed structs and lets [Op] adapt them. In the
// Query protocol a member is named as its Go field (or by a `query:"..."` tag), in JSON by its json tag:
//
//	type describeInput struct{ Names []string; PageSize *int }                  // Query: Names.member.1=a&PageSize=5
//	type describeOutput struct{ LoadBalancers []loadBalancer }                  // <LoadBalancers><member>...
//	func (s *Service) describe(ctx context.Context, call *wire.Call, in *describeInput) (*describeOutput, error)
//	api := wire.Service{Name: "elasticloadbalancing", Protocol: wire.Query, Version: "2015-12-01", Namespace: ns,
//		Operations: map[string]wire.Handler{"DescribeLoadBalancers": wire.Op(s.describe)}}
//
//	type listInput struct{ Tags []tag `item:"Tag"` }                            // Query: Tags.Tag.1.Key=a, as RDS names items
//
//	type runInput struct{ Cluster string `json:"cluster"` }                     // JSON 1.1: {"cluster": "a"}
//	type runOutput struct{ StartedAt wire.Time `json:"startedAt,omitzero"` }    // seconds since 1970, as AWS JSON has them
//	func (s *Service) run(ctx context.Context, call *wire.Call, in *runInput) (*runOutput, error)
//	api := wire.Service{Name: "ecs", Protocol: wire.JSON11, TargetPrefix: "AmazonEC2ContainerServiceV20141113",
//		Operations: map[string]wire.Handler{"RunTask": wire.Op(s.run)}}
//
//	type getInput struct{ ID string `path:"Id"` }                               // REST-XML: GET /2013-04-01/hostedzone/Z1
//	type makeInput struct{ Zone newZone `body:"xml"` }                   // below: tags of encoding/xml; or `body:"raw"`: []byte
//	type makeOutput struct{ Location string `header:"Location"`; Zone zone `body:"xml"` }
//	api := wire.Service{Name: "route53", Protocol: wire.RESTXML, Namespace: ns,
//		Routes:     []wire.Route{{Operation: "GetHostedZone", Method: "GET", Path: "/2013-04-01/hostedzone/{Id}"}},
//		Operations: map[string]wire.Handler{"GetHostedZone": wire.Op(s.get)}}
//
// A REST answer without such tags is XML as a whole; its root is its XMLName, or the operation's name and "Response".
//
// Decoding is strict: a parameter that the input struct does not have is refused with an error that names
// it, never ignored; so is one for which a service returns [Unsupported]. An operation without a result
// answers [None]. Errors of the client are *[Error]; any other error is a fault of the simulator and is
// answered with InternalFailure (500).
package wire

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// Call is one request after routing, whatever its protocol.
type Call struct {
	Service   string // the service of the SigV4 credential scope, such as "cloudformation"
	Operation string // such as "CreateStack"
	Protocol  Protocol
	Account   string // twelve digits
	Region    string // of the credential scope, such as "us-east-1"
	AccessKey string // the access key id of the credential scope; not verified
	RequestID string
	HTTP      *http.Request
	Body      []byte

	form   url.Values        // the body of a Query request, or the query of a REST one, parsed once
	route  Route             // of a REST request
	labels map[string]string // of a REST request's path
}

// Place is where the call looks and acts.
func (c *Call) Place() resource.Place { return resource.Place{Account: c.Account, Region: c.Region} }

// Handler serves the calls of one operation. The value it returns is encoded in the service's protocol.
type Handler func(ctx context.Context, call *Call) (any, error)

// Service is a set of operations that share a protocol.
type Service struct {
	// Name as the credential scope writes it: "cloudformation", "ecs", "ecr", "logs", "elasticloadbalancing", "sts".
	Name     string
	Protocol Protocol
	// Also are further protocols in which the same operations are served: members are named as in Query, and errors
	// have the codes of Query. A request in none of them is read as one in Protocol.
	Also []Protocol
	// ErrorTypes are the names that the newer of several protocols have for an error's code, where they differ.
	ErrorTypes map[string]string
	// Capitals are the errors of a JSON service whose text is its Message, as their shapes say, not its message.
	Capitals []string
	// Version of a Query API such as "2010-05-15"; a request for another one is refused.
	Version string
	// TargetPrefix of X-Amz-Target for JSON services, such as "AmazonEC2ContainerServiceV20141113".
	TargetPrefix string
	// Namespace is the XML namespace of the answers of Query and REST APIs.
	Namespace string
	// Routes of a REST service; the first that matches a request is taken.
	Routes []Route
	// Path returns the escaped path by which a REST request is routed; nil takes that of its URL.
	Path func(r *http.Request) string
	// BareErrors leaves out the envelope around the errors of a REST service, as S3 does.
	BareErrors bool
	// Operations by name.
	Operations map[string]Handler
}

// Protocol is a wire format.
type Protocol int

// The protocols.
const (
	// Query is a form in and XML out.
	Query Protocol = iota + 1
	// JSON11 is AWS JSON 1.1: the operation in X-Amz-Target, JSON in and out.
	JSON11
	// RESTXML is a path, a query, headers and XML in, headers and XML out.
	RESTXML
	// JSON10 is AWS JSON 1.0, which differs from 1.1 in its content type only.
	JSON10
	// CBOR is Smithy's RPC v2: the operation in the path, CBOR in and out.
	CBOR
	// EC2 is Query as EC2 has it: lists are A.1=x, and answers have XML of their own. An operation that answers None
	// answers that it did what was asked.
	EC2
)

// ProtocolOf returns the protocol that a request most likely speaks.
func ProtocolOf(request *http.Request) Protocol {
	switch {
	case strings.EqualFold(request.Header.Get(cborHeader), cborName):
		return CBOR
	case request.Header.Get("X-Amz-Target") == "":
		return Query
	case request.Header.Get("Content-Type") == jsonType10:
		return JSON10
	default:
		return JSON11
	}
}

// None is the output of an operation that has no result.
type None struct{}

// Error is an error answer. Services return it for everything that a client did wrong.
type Error struct {
	Code    string // such as "ValidationError"
	Message string
	Status  int // HTTP status; 0 means 400
	// Shape is the error's name in protocols newer than Query, if it is neither the code nor what ErrorTypes say.
	Shape string
}

// Error returns code and message.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Errorf returns an Error with status 400.
func Errorf(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Unsupported returns the error for a parameter, or a value of one, that the simulator knows but does not
// act on. What names it as in the request: `networkMode "bridge"`.
func Unsupported(call *Call, what string) *Error {
	return Errorf(call.Protocol.invalidParameter(), "awssim does not implement %s of %s:%s", what, call.Service, call.Operation)
}

// invalidParameter returns the code for a parameter that is refused, as services of the protocol name it.
func (p Protocol) invalidParameter() string {
	switch p {
	case JSON11, JSON10:
		return "InvalidParameterException"
	case RESTXML:
		return "InvalidInput"
	case EC2:
		return "InvalidParameterValue"
	case Query, CBOR:
	}
	return "ValidationError"
}

// malformed returns the code for a request that cannot be read, as services of the protocol name it.
func (p Protocol) malformed() string {
	switch p {
	case JSON11, JSON10, CBOR:
		return "SerializationException"
	case RESTXML:
		return "MalformedXML"
	case EC2:
		return "InvalidRequest"
	case Query:
	}
	return "MalformedInput"
}
