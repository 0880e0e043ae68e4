package servicediscovery

import (
	"context"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// operation is what a call began.
type operation struct {
	id, kind string
	place    resource.Place
	creator  string // the request's CreatorRequestId
	begun    time.Time
	lasts    time.Duration // time of AWS
	targets  map[string]string
	code     string // of its failure
	message  string
}

// Kinds of operations and their targets (Operation, API reference).
const (
	createNamespaceKind    = "CREATE_NAMESPACE"
	deleteNamespaceKind    = "DELETE_NAMESPACE"
	updateNamespaceKind    = "UPDATE_NAMESPACE"
	updateServiceKind      = "UPDATE_SERVICE"
	registerInstanceKind   = "REGISTER_INSTANCE"
	deregisterInstanceKind = "DEREGISTER_INSTANCE"

	targetNamespace = "NAMESPACE"
	targetService   = "SERVICE"
	targetInstance  = "INSTANCE"
)

// How long operations take; believed.
const (
	zoneTime  = 45 * time.Second
	shortTime = 3 * time.Second
)

// begin notes an operation. Call it locked.
func (s *Service) begin(made operation) *operation {
	const first, second = 32, 8
	made.id, made.begun = letters(first)+"-"+letters(second), s.Clock.Now()
	s.operations[made.id] = &made
	return &made
}

type operationOutput struct {
	OperationID string `json:"OperationId"`
}

type getOperationInput struct {
	OperationID  string `json:"OperationId"`
	OwnerAccount string
}

type describedOperation struct {
	ID           string `json:"Id"`
	OwnerAccount string
	Type         string
	Status       string
	ErrorMessage string `json:",omitempty"`
	ErrorCode    string `json:",omitempty"`
	CreateDate   wire.Time
	UpdateDate   wire.Time
	Targets      map[string]string `json:",omitempty"`
}

type getOperationOutput struct{ Operation describedOperation }

func (s *Service) getOperation(_ context.Context, call *wire.Call, in *getOperationInput) (*getOperationOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.operations[in.OperationID]
	if found == nil || found.place != call.Place() {
		return nil, wire.Errorf("OperationNotFound", "Could not find operation with id: %s", in.OperationID)
	}
	described := describedOperation{
		ID: found.id, OwnerAccount: found.place.Account, Type: found.kind, Status: "PENDING", ErrorMessage: found.message,
		ErrorCode: found.code, CreateDate: wire.At(found.begun), UpdateDate: wire.At(found.begun), Targets: found.targets,
	}
	end := found.begun.Add(s.Clock.Scale(found.lasts))
	switch {
	case found.code != "":
		described.Status = "FAIL"
	case !s.Clock.Now().Before(end):
		described.Status, described.UpdateDate = "SUCCESS", wire.At(end)
	}
	return &getOperationOutput{described}, nil
}
