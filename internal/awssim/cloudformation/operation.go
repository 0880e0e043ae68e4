package cloudformation

import (
	"context"
	"errors"

	"github.com/google/uuid"
)

// operation is a change of a stack that is under way.
type operation struct {
	id     string // changes when the operation turns into a rollback
	kind   string // the API operation that began it, such as "CreateStack"
	what   string // CREATE_STACK and so on, as DescribeEvents names it
	token  string // ClientRequestToken, or ""
	cancel context.CancelCauseFunc
	done   chan struct{}
	turned chan struct{} // closed when it turns into a rollback

	creates    []string // what a creation of a stack makes
	configured bool     // all of it is made, and the stack's event about it is written
}

// Why an operation's context ends.
var (
	errSuperseded = errors.New("another operation took over")      // DeleteStack during a creation
	errCancelled  = errors.New("the user cancelled the operation") // CancelUpdateStack
	errTimeout    = errors.New("stack creation time exceeded the specified timeout")
	errSibling    = errors.New("another resource failed")
)

func (o *operation) identity() string {
	if o == nil {
		return ""
	}
	return o.id
}

func (o *operation) name() string {
	if o == nil {
		return ""
	}
	return o.what
}

// turn makes an operation that failed a rollback, which AWS counts as an operation of its own.
func (o *operation) turn() {
	o.id, o.what = uuid.NewString(), operationRollback
	close(o.turned)
}

// operationEntry is an operation as descriptions of stacks list it.
type operationEntry struct {
	OperationType string
	OperationID   string `query:"OperationId"`
}

func (o *operation) entry() operationEntry {
	return operationEntry{OperationType: o.what, OperationID: o.id}
}

// The types of operations.
const (
	operationCreate   = "CREATE_STACK"
	operationUpdate   = "UPDATE_STACK"
	operationDelete   = "DELETE_STACK"
	operationContinue = "CONTINUE_ROLLBACK"
	operationRollback = "ROLLBACK"
)

// typeOf returns the type of the operation that an API operation begins.
func typeOf(kind string) string {
	switch kind {
	case "UpdateStack":
		return operationUpdate
	case "DeleteStack":
		return operationDelete
	case "ContinueUpdateRollback":
		return operationContinue
	case "RollbackStack":
		return operationRollback
	default:
		return operationCreate
	}
}

func (o *operation) clientToken() string {
	if o == nil {
		return ""
	}
	return o.token
}

// begin registers an operation on the stack and runs it in a goroutine, once the operation that it takes over
// from, if any, has ended. The caller holds st.mu. An operation that was taken over must not change the stack's
// status any more: whoever changes it looks at abandoned under the lock.
func (s *Service) begin(st *stack, kind, token string, run func(ctx context.Context)) {
	current := &operation{id: uuid.NewString(), kind: kind, what: typeOf(kind), token: token}
	if token != "" {
		st.tokens[token] = kind
	}
	st.lastOperations = []operationEntry{current.entry()}
	s.start(st, current, run)
}

// start runs an operation, which begin describes. The caller holds st.mu.
func (s *Service) start(st *stack, current *operation, run func(ctx context.Context)) {
	ctx, cancel := context.WithCancelCause(s.ctx)
	before := st.operation
	if before != nil {
		before.cancel(errSuperseded)
	}
	current.cancel, current.done, current.turned = cancel, make(chan struct{}), make(chan struct{})
	st.operation = current
	s.starting.Lock()
	defer s.starting.Unlock()
	if s.ctx.Err() != nil {
		cancel(nil)
		close(current.done)
		return
	}
	s.running.Go(func() {
		defer cancel(nil)
		defer close(current.done)
		if before != nil {
			<-before.done
		}
		run(ctx)
		st.mu.Lock()
		defer st.mu.Unlock()
		if st.operation == current {
			st.operation = nil
		}
	})
}

// abandoned reports whether an operation must stop without a trace: the service is closing, or another
// operation took over.
func (s *Service) abandoned(ctx context.Context) bool {
	return s.ctx.Err() != nil || errors.Is(context.Cause(ctx), errSuperseded)
}
