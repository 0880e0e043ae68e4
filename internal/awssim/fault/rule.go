// Package fault makes the simulated AWS fail as told: calls of its APIs, and what CloudFormation does with
// resources. Rules are scripts, not chances: with equal rules and equal calls the same ones fail.
package fault

import (
	"errors"
	"fmt"
	"time"
)

// Effect is what a fault does.
type Effect string

// The effects on calls.
const (
	// Throttling answers "Rate exceeded".
	Throttling Effect = "Throttling"
	// InternalFailure answers status 500.
	InternalFailure Effect = "InternalFailure"
	// ServiceUnavailable answers status 503.
	ServiceUnavailable Effect = "ServiceUnavailable"
	// ExpiredToken answers that the caller's credentials have expired.
	ExpiredToken Effect = "ExpiredToken"
	// AccessDenied answers that the caller has no permission.
	AccessDenied Effect = "AccessDenied"
	// ConnectionReset cuts the connection before anything happens.
	ConnectionReset Effect = "ConnectionReset"
	// LostAnswer does what was asked for, then cuts the connection instead of answering.
	LostAnswer Effect = "LostAnswer"
)

// The effects on resources.
const (
	// Failure refuses the deed: nothing is made, changed or deleted.
	Failure Effect = "Failure"
	// LateFailure does the deed and then reports it as failed, as a resource does that never becomes stable.
	LateFailure Effect = "LateFailure"
	// Stuck does the deed and then stays IN_PROGRESS until the fault is cleared or the operation ends.
	Stuck Effect = "Stuck"
)

// The effects on tasks of ECS.
const (
	// PullFailure fails the pull of an image.
	PullFailure Effect = "PullFailure"
	// Crash ends a container after the rule's delay.
	Crash Effect = "Crash"
)

// Delay is an effect on calls and resources: only the rule's delay passes.
const Delay Effect = "Delay"

// Deed is what CloudFormation does with a resource.
type Deed string

// The deeds. A replacement is a Create and a Delete.
const (
	Create Deed = "Create"
	Update Deed = "Update"
	Delete Deed = "Delete"
)

// Rule says what fails, how and how often. Exactly one of Call, Resource and Task is set. Of several rules for one
// thing, the one that was added first strikes.
type Rule struct {
	// Call selects calls of AWS APIs.
	Call *Call `json:"call,omitempty"`
	// Resource selects deeds on resources of stacks.
	Resource *Resource `json:"resource,omitempty"`
	// Task selects what ECS starts.
	Task   *Task  `json:"task,omitempty"`
	Effect Effect `json:"effect"`
	// Skip lets so many pass first.
	Skip int `json:"skip,omitempty"`
	// Count is how often the fault strikes; 0 is until it is cleared.
	Count int `json:"count,omitempty"`
	// Probability of striking, between 0 and 1; 0 is always.
	Probability float64 `json:"probability,omitempty"`
	// Seed of the probability: equal seeds strike equal sequences of calls in the same places.
	Seed uint64 `json:"seed,omitempty"`
	// Rate is how many calls a second pass before Throttling strikes, and Burst how many at once: a token bucket as
	// AWS has them. A rule has one bucket for all that it selects. Without a rate every call is struck.
	Rate  float64 `json:"rate,omitempty"`
	Burst int     `json:"burst,omitempty"`
	// Delay passes before the effect. For calls and tasks it is real time; for resources it is time of AWS, which
	// the simulator's speed divides.
	Delay Duration `json:"delay,omitzero"`
	// Message replaces the text of the error.
	Message string `json:"message,omitempty"`
}

// Call selects calls; an empty field selects all.
type Call struct {
	// Service as SigV4 names it, such as "cloudformation", "ecs", "elasticloadbalancing".
	Service string `json:"service,omitempty"`
	// Operation such as "CreateStack".
	Operation string `json:"operation,omitempty"`
	// Region such as "us-east-1".
	Region string `json:"region,omitempty"`
}

// Resource selects deeds on resources; an empty field selects all.
type Resource struct {
	Stack     string `json:"stack,omitempty"` // its name
	Type      string `json:"type,omitempty"`  // such as "AWS::ECS::Service"
	LogicalID string `json:"logicalId,omitempty"`
	Deed      Deed   `json:"deed,omitempty"`
	// Rollback selects only what is done while a stack is led back from a failed operation.
	Rollback bool `json:"rollback,omitempty"`
}

// Task selects containers of tasks; an empty field selects all.
type Task struct {
	// Image as the task definition names it.
	Image string `json:"image,omitempty"`
}

// Duration is a time.Duration that JSON writes as "1m30s".
type Duration time.Duration

// MarshalText writes the duration as package time does.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads "1m30s".
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("reading a duration: %w", err)
	}
	*d = Duration(parsed)
	return nil
}

var (
	errTarget          = errors.New(`exactly one of "call", "resource" and "task" has to be given`)
	errProbability     = errors.New("probability has to be between 0 and 1")
	errNegative        = errors.New("skip, count, rate, burst and delay must not be negative")
	errRate            = errors.New("a rate is for Throttling, and needs a burst of at least 1")
	errDelay           = errors.New("the effect Delay needs a delay")
	errUnknownCall     = errors.New("is no effect on calls")
	errUnknownResource = errors.New("is no effect on resources")
	errUnknownTask     = errors.New("is no effect on tasks")
	errDeed            = errors.New("deed has to be Create, Update or Delete")
)

func (r *Rule) check() error {
	switch {
	case r.targets() != 1:
		return errTarget
	case r.Probability < 0 || r.Probability > 1:
		return errProbability
	case r.Skip < 0 || r.Count < 0 || r.Delay < 0 || r.Rate < 0 || r.Burst < 0:
		return errNegative
	case (r.Rate > 0) != (r.Burst > 0) || (r.Rate > 0 && r.Effect != Throttling):
		return errRate
	case r.Effect == Delay && r.Delay == 0:
		return errDelay
	case r.Call != nil:
		return r.checkCall()
	case r.Resource != nil:
		return r.checkResource()
	default:
		return r.checkTask()
	}
}

func (r *Rule) targets() int {
	given := 0
	for _, target := range []bool{r.Call != nil, r.Resource != nil, r.Task != nil} {
		if target {
			given++
		}
	}
	return given
}

func (r *Rule) checkTask() error {
	if r.Effect != PullFailure && r.Effect != Crash {
		return fmt.Errorf("%q %w", r.Effect, errUnknownTask)
	}
	return nil
}

func (r *Rule) checkCall() error {
	switch r.Effect {
	case Throttling, InternalFailure, ServiceUnavailable, ExpiredToken, AccessDenied, ConnectionReset, LostAnswer, Delay:
		return nil
	case Failure, LateFailure, Stuck, PullFailure, Crash:
	}
	return fmt.Errorf("%q %w", r.Effect, errUnknownCall)
}

func (r *Rule) checkResource() error {
	switch r.Resource.Deed {
	case "", Create, Update, Delete:
	default:
		return errDeed
	}
	switch r.Effect {
	case Failure, LateFailure, Stuck, Delay:
		return nil
	case Throttling, InternalFailure, ServiceUnavailable, ExpiredToken, AccessDenied, ConnectionReset, LostAnswer,
		PullFailure, Crash:
	}
	return fmt.Errorf("%q %w", r.Effect, errUnknownResource)
}
