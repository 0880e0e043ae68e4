package cloudformation

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// Alarms tells the states of CloudWatch alarms.
type Alarms interface {
	// AlarmState returns OK, ALARM or INSUFFICIENT_DATA for an alarm's name or ARN, or false if there is none.
	AlarmState(place resource.Place, name string) (state string, ok bool)
}

const (
	maxTriggers          = 5
	maxMonitoringMinutes = 180

	// lookAtAlarmsEvery is how often alarms are looked at; leastLook bounds it in real time, for a clock that does not wait.
	lookAtAlarmsEvery = 5 * time.Second
	leastLook         = 50 * time.Millisecond
)

// rollbackConfiguration is what rolls an operation back from outside, as it is asked for and described.
type rollbackConfiguration struct {
	RollbackTriggers        []rollbackTrigger // nil keeps those of before
	MonitoringTimeInMinutes *int
}

type rollbackTrigger struct {
	ARN  string `query:"Arn"`
	Type string
}

func (r *rollbackConfiguration) check(wrong *violations) {
	if r == nil {
		return
	}
	if r.MonitoringTimeInMinutes != nil {
		wrong.between(*r.MonitoringTimeInMinutes, "rollbackConfiguration.monitoringTimeInMinutes", 0, maxMonitoringMinutes)
	}
	if len(r.RollbackTriggers) > maxTriggers {
		wrong.add("'["+strings.Join(r.arns(), ", ")+"]'", "rollbackConfiguration.rollbackTriggers",
			"Member must have length less than or equal to 5")
	}
}

func (r *rollbackConfiguration) arns() []string {
	names := make([]string, len(r.RollbackTriggers))
	for i, trigger := range r.RollbackTriggers {
		names[i] = trigger.ARN
	}
	return names
}

// over returns the configuration that an operation has: what it is given, over what the stack had.
func (r *rollbackConfiguration) over(old rollbackConfiguration) rollbackConfiguration {
	if r == nil {
		return old
	}
	merged := old
	if r.RollbackTriggers != nil {
		merged.RollbackTriggers = r.RollbackTriggers
	}
	if r.MonitoringTimeInMinutes != nil {
		merged.MonitoringTimeInMinutes = r.MonitoringTimeInMinutes
	}
	return merged
}

// checkTriggers refuses triggers that cannot be watched.
func (s *Service) checkTriggers(call *wire.Call, given *rollbackConfiguration) error {
	if given == nil || len(given.RollbackTriggers) == 0 {
		return nil
	}
	if s.alarms == nil {
		return wire.Unsupported(call, "RollbackConfiguration.RollbackTriggers without CloudWatch")
	}
	for _, trigger := range given.RollbackTriggers {
		if trigger.Type != "AWS::CloudWatch::Alarm" && trigger.Type != "AWS::CloudWatch::CompositeAlarm" {
			return invalid("Rollback Trigger Type not supported") // recorded
		}
		const resource = 5 // of an ARN's parts
		parts := strings.SplitN(trigger.ARN, ":", resource+1)
		if len(parts) <= resource || !strings.HasPrefix(parts[resource], "alarm:") {
			return invalid("RelativeId of a Rollback Trigger's ARN is incorrect") // recorded of an ARN of something else
		}
	}
	return nil
}

// breach is why the triggers of an operation end it.
type breach struct{ reason string }

// Error returns the reason, as the stack's event has it.
func (b *breach) Error() string { return b.reason }

// breached returns why triggers ended a context, or "".
func breached(ctx context.Context) string {
	if found, ok := errors.AsType[*breach](context.Cause(ctx)); ok {
		return found.reason
	}
	return ""
}

// watch returns a context that ends when a trigger goes off, until stop is called.
func (s *Service) watch(ctx context.Context, st *stack) (context.Context, context.CancelFunc) {
	st.mu.Lock()
	triggers := st.deployed.rollback.arns()
	st.mu.Unlock()
	watched, cancel := context.WithCancelCause(ctx)
	stop := func() { cancel(nil) }
	if len(triggers) == 0 {
		return watched, stop
	}
	if reason := s.lookAtAlarms(st.Place, triggers); reason != "" {
		cancel(&breach{reason})
		return watched, stop
	}
	s.background(func(context.Context) {
		ticker := time.NewTicker(max(s.clock.Scale(lookAtAlarmsEvery), leastLook))
		defer ticker.Stop()
		for {
			select {
			case <-watched.Done():
				return
			case <-ticker.C:
			}
			if reason := s.lookAtAlarms(st.Place, triggers); reason != "" {
				cancel(&breach{reason})
			}
		}
	})
	return watched, stop
}

// lookAtAlarms returns why the alarms roll an operation back, with a trailing space, or "". The words are believed.
func (s *Service) lookAtAlarms(place resource.Place, triggers []string) string {
	var missing, ringing []string
	for _, arn := range triggers {
		switch state, exists := s.alarms.AlarmState(place, arn); {
		case !exists:
			missing = append(missing, arn)
		case state == "ALARM":
			ringing = append(ringing, arn)
		}
	}
	switch {
	case len(missing) > 0:
		return "The following rollback trigger(s) do not exist: " + listed(missing) + ". "
	case len(ringing) > 0:
		return "The following rollback trigger(s) are in ALARM state: " + listed(ringing) + ". "
	default:
		return ""
	}
}

// monitor waits the monitoring time after all resources were deployed. It returns why the operation must be rolled back,
// or "".
func (s *Service) monitor(ctx context.Context, st *stack) string {
	st.mu.Lock()
	monitoring := st.deployed.rollback.MonitoringTimeInMinutes
	triggers := st.deployed.rollback.arns()
	st.mu.Unlock()
	if monitoring != nil && s.clock.Sleep(ctx, time.Duration(*monitoring)*time.Minute) != nil {
		switch cause := context.Cause(ctx); {
		case errors.Is(cause, errCancelled):
			return reasonUser
		case errors.Is(cause, errTimeout):
			return reasonTimeout
		default:
			return breached(ctx)
		}
	}
	if len(triggers) == 0 || s.abandoned(ctx) {
		return ""
	}
	return s.lookAtAlarms(st.Place, triggers)
}
