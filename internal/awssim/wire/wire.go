// Package wire speaks the protocols of the AWS services: requests in, typed values to the services,
// answers and errors out, each as the real service writes it.
package wire

import (
	"context"
	"net/http"
)

// Call is one request after routing, whatever its protocol.
type Call struct {
	Service   string // the service of the SigV4 credential scope, such as "cloudformation"
	Operation string // such as "CreateStack"
	Account   string
	Region    string
	RequestID string
	HTTP      *http.Request
	Body      []byte
}

// Handler serves the calls of one operation. The value it returns is encoded in the service's protocol.
type Handler func(ctx context.Context, call *Call) (any, error)

// Service is a set of operations that share a protocol.
type Service struct {
	// Name as the credential scope writes it: "cloudformation", "ecs", "ecr", "logs", "elasticloadbalancing", "sts".
	Name     string
	Protocol Protocol
	// Version of a Query API such as "2010-05-15"; the XML namespace follows from it.
	Version string
	// TargetPrefix of X-Amz-Target for JSON services, such as "AmazonEC2ContainerServiceV20141113".
	TargetPrefix string
	// Namespace is the XML namespace of a Query API's answers.
	Namespace  string
	Operations map[string]Handler
}

// Protocol is a wire format.
type Protocol int

// The protocols.
const (
	Query Protocol = iota + 1
	JSON11
)

// Error is an error answer. Services return it for everything that a client did wrong.
type Error struct {
	Code    string // such as "ValidationError"
	Message string
	Status  int // HTTP status; 0 means 400
}

// Error returns code and message.
func (e *Error) Error() string { return e.Code + ": " + e.Message }
