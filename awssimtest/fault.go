package awssimtest

import (
	"testing"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/fault"
)

// Effect is what a fault does.
type Effect string

// The effects on calls.
const (
	Throttling         = Effect(fault.Throttling)         // "Rate exceeded"
	InternalFailure    = Effect(fault.InternalFailure)    // status 500
	ServiceUnavailable = Effect(fault.ServiceUnavailable) // status 503
	ExpiredToken       = Effect(fault.ExpiredToken)       // the credentials have expired
	AccessDenied       = Effect(fault.AccessDenied)       // a permission is missing
	ConnectionReset    = Effect(fault.ConnectionReset)    // cut before anything happens
	LostAnswer         = Effect(fault.LostAnswer)         // cut after it has happened
)

// The effects on resources.
const (
	Failure     = Effect(fault.Failure)     // refused: nothing is made, changed or deleted
	LateFailure = Effect(fault.LateFailure) // done, and then reported as failed
	Stuck       = Effect(fault.Stuck)       // done, and then IN_PROGRESS until the fault is removed
)

// The effects on tasks of ECS.
const (
	PullFailure = Effect(fault.PullFailure) // the image cannot be pulled
	Crash       = Effect(fault.Crash)       // the container ends after the fault's Delay
)

// Delay is an effect on calls and resources: only the fault's Delay passes.
const Delay = Effect(fault.Delay)

// Deed is what CloudFormation does with a resource. A replacement is a Create and a Delete.
type Deed string

// The deeds.
const (
	Create = Deed(fault.Create)
	Update = Deed(fault.Update)
	Delete = Deed(fault.Delete)
)

// Fault says what fails, how and how often. Exactly one of Call, Resource and Task is set. Of several faults for one thing,
// the one that was added first strikes.
type Fault struct {
	Call     *Call
	Resource *Resource
	Task     *Task
	Effect   Effect
	// Skip lets so many pass first.
	Skip int
	// Count is how often the fault strikes; 0 is until it is removed.
	Count int
	// Probability of striking, between 0 and 1; 0 is always. Equal seeds strike equal sequences in the same places.
	Probability float64
	Seed        uint64
	// Rate is how many calls a second pass before Throttling strikes, and Burst how many at once.
	Rate  float64
	Burst int
	// Delay passes before the effect. For calls and tasks it is real time; for resources it is time of AWS, which
	// Speed divides.
	Delay time.Duration
	// Message replaces the text of the error.
	Message string
}

// Call selects calls of AWS APIs; an empty field selects all.
type Call struct {
	Service   string // as SigV4 names it, such as "cloudformation", "ecs", "elasticloadbalancing"
	Operation string // such as "CreateStack"
	Region    string // such as "us-east-1"
}

// Resource selects what CloudFormation does with resources of stacks; an empty field selects all.
type Resource struct {
	Stack     string // its name
	Type      string // such as "AWS::ECS::Service"
	LogicalID string
	Deed      Deed
	Rollback  bool // only while a stack is led back from a failed operation
}

// Task selects containers of tasks; an empty field selects all.
type Task struct {
	Image string // as the task definition names it
}

// AddFault puts a fault in force and returns a function that removes it, which lets go what is stuck by it. A fault
// that makes no sense fails the test.
func (s *Simulator) AddFault(t testing.TB, f Fault) func() {
	t.Helper()
	id, err := s.server.AddFault(f.rule())
	if err != nil {
		t.Fatal(err)
	}
	return func() { s.server.RemoveFault(id) }
}

// ClearFaults removes all faults and lets go what is stuck.
func (s *Simulator) ClearFaults() { s.server.ClearFaults() }

func (f *Fault) rule() fault.Rule {
	rule := fault.Rule{
		Effect: fault.Effect(f.Effect), Skip: f.Skip, Count: f.Count, Probability: f.Probability, Seed: f.Seed,
		Rate: f.Rate, Burst: f.Burst,
		Delay: fault.Duration(f.Delay), Message: f.Message,
	}
	if f.Call != nil {
		rule.Call = &fault.Call{Service: f.Call.Service, Operation: f.Call.Operation, Region: f.Call.Region}
	}
	if f.Task != nil {
		rule.Task = &fault.Task{Image: f.Task.Image}
	}
	if f.Resource != nil {
		rule.Resource = &fault.Resource{
			Stack: f.Resource.Stack, Type: f.Resource.Type, LogicalID: f.Resource.LogicalID,
			Deed: fault.Deed(f.Resource.Deed), Rollback: f.Resource.Rollback,
		}
	}
	return rule
}
