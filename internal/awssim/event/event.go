// Package event is what services of the simulator tell EventBridge: the seam between those to whom things happen
// and the one that matches and delivers.
package event

import (
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// Event is one thing that happened.
type Event struct {
	// Source is the service's name, such as "aws.ecs".
	Source string
	// DetailType such as "ECS Task State Change".
	DetailType string
	// Resources are ARNs of what the event is about.
	Resources []string
	// Detail encodes as a JSON object; it must not change afterwards.
	Detail any
	// Time is when it happened; the zero time is now.
	Time time.Time
}

// Sink takes events. Put neither blocks nor calls back, so that it may be called with locks held.
type Sink interface {
	Put(place resource.Place, e Event)
}

// Send puts an event into a sink; without one it is dropped.
func Send(into Sink, place resource.Place, e Event) {
	if into != nil {
		into.Put(place, e)
	}
}

// TimeLayout is how details of events write times.
const TimeLayout = "2006-01-02T15:04:05.000Z"
