package ecs

import (
	"slices"
	"strings"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// Alarms is where deployments ask for the state of CloudWatch alarms.
type Alarms interface {
	// AlarmState returns OK, ALARM or INSUFFICIENT_DATA; false if there is no alarm of the name.
	AlarmState(place resource.Place, name string) (string, bool)
}

const inAlarm = "ALARM"

// alarmPoll is how often the states of alarms are read.
const alarmPoll = 15 * time.Second

// raised returns which of the service's alarms are in ALARM. Call it locked.
func (f *fleet) raised() []string {
	if f.owner.Alarms == nil || !f.config.Alarms.Enable {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(f.config.Alarms.AlarmNames), func(name string) bool {
		state, _ := f.owner.Alarms.AlarmState(f.place, name)
		return state != inAlarm
	})
}

// heedAlarms says whether an alarm fails the deployment, and when to look again. Alarms that were raised when the
// deployment began do not count ("How CloudWatch alarms detect Amazon ECS deployment failures", developer guide).
func (f *fleet) heedAlarms() (cause, time.Duration, bool) {
	sd := f.current
	if sd == nil || sd.back != nil || sd.deaf || !f.config.Alarms.Enable || f.owner.Alarms == nil {
		return cause{}, 0, false
	}
	sd.alarmed = f.raised()
	if len(sd.alarmed) == 0 {
		return cause{}, max(f.owner.Clock.Scale(alarmPoll), shortestInterval), false
	}
	return cause{
		reason: "ECS deployment failed: alarm detected.", event: "alarm detected.",
		back:     "ECS deployment alarm: rolling back to deploymentId %s.",                  // believed
		status:   "alarm(s) " + strings.Join(sd.alarmed, ", ") + " were in ALARM state.",    // believed
		rollback: f.config.Alarms.Rollback, operation: "ECS Deployment Alarm was triggered", // believed
	}, 0, true
}
