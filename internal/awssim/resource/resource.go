// Package resource is the contract between the CloudFormation engine and the services that make a
// template's resources real.
package resource

import "context"

// Properties are a resource's properties after all intrinsic functions were resolved: JSON values.
type Properties = map[string]any

// Place says where a resource lives.
type Place struct {
	Account string // twelve digits
	Region  string // such as us-east-1
}

// Request asks a Provider for one operation on one resource.
type Request struct {
	Place

	Type      string // such as AWS::ECS::Service
	LogicalID string
	StackName string
	StackID   string // the stack's ARN

	// PhysicalID is what Ref answers; empty while the resource is being created.
	PhysicalID string
	// Properties are the desired properties; on deletion those last applied.
	Properties Properties
	// Previous are the properties before an update; nil otherwise.
	Previous Properties
	// Tags are the stack's tags, aws:cloudformation:* included, that AWS passes on to the resource.
	Tags map[string]string

	// Snapshot asks Delete for a copy of the resource's data: its template has DeletionPolicy or UpdateReplacePolicy
	// Snapshot, as databases have without saying so.
	Snapshot bool

	// Undoing is set while the stack is led back from an operation that failed.
	Undoing bool

	// Express asks not to wait until the resource is stable: it is complete when its configuration is applied.
	Express bool

	// Initiated is called by Create as soon as the physical id is known, if the work then goes on. The
	// engine reports "Resource creation Initiated" with it. Create may leave it out if it does not wait.
	Initiated func(physicalID string)
	// Progress reports, in an event of a creation that goes on, what somebody has to know or do. Call it after
	// Initiated; it may be nil.
	Progress func(reason string)
}

// Result is what a created or updated resource answers to Ref and Fn::GetAtt.
type Result struct {
	PhysicalID string
	// Attributes by the name that Fn::GetAtt uses ("Endpoint.Address" included): JSON values.
	Attributes map[string]any
}

// Provider makes the resources of one or more types real. Calls for different resources come concurrently.
// An error's text becomes the resource's ResourceStatusReason: return *Failure for one that reads as AWS's.
type Provider interface {
	// Create returns when the resource is stable, as CloudFormation waits for it. If ctx ends (another
	// resource failed, the stack operation was cancelled) it stops waiting and returns ctx's error;
	// what was made until then is deleted by Delete if Initiated was called.
	Create(ctx context.Context, r Request) (Result, error)
	// Update changes the resource in place and returns when it is stable. The engine decides about
	// replacement (createOnly properties of the schema) and then calls Create and Delete instead.
	Update(ctx context.Context, r Request) (Result, error)
	// Delete removes the resource; deleting what is gone is no error.
	Delete(ctx context.Context, r Request) error
}

// Reader is a Provider that can tell how a resource really is, whatever was done to it behind CloudFormation's
// back. Drift of types whose provider is none is not checked.
type Reader interface {
	// Read returns the resource's properties, or false if it is gone.
	Read(r Request) (Properties, bool)
}

// Viewer is a Provider of types that have attributes which other resources change.
type Viewer interface {
	// Attribute returns such an attribute as it is now, or false if it is none.
	Attribute(place Place, resourceType, physicalID, name string) (any, bool)
}

// Failure is an error as a CloudFormation resource handler reports it.
type Failure struct { //nolint:errname // CloudFormation speaks of failures
	Message string
	// HandlerErrorCode such as GeneralServiceException, NotFound, AlreadyExists, InvalidRequest.
	HandlerErrorCode string
}

// Error returns the message alone; the engine adds the request token and the code as AWS does.
func (f *Failure) Error() string { return f.Message }
