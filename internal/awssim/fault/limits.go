package fault

import (
	"strings"
	"sync"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// limit is a token bucket of AWS: calls a second in the long run, and calls at once.
type limit struct{ rate, burst float64 }

// limitOf returns the bucket that a call takes from, by name, and how large that is. Buckets are those of an account and
// region. What is believed is marked so; it errs on the side of what people report.
func limitOf(service, operation string) (string, limit) {
	reads := readsOnly(operation)
	switch {
	case service == "cloudformation" && operation == "DescribeStacks":
		return operation, limit{5, 10} // reported in public issues: about five a second
	case service == "cloudformation" && reads:
		return operation, limit{10, 20} // believed
	case service == "cloudformation":
		return operation, limit{2, 10} // believed
	case service == "ecs":
		return ecsLimit(operation, reads)
	case service == "elasticloadbalancing" && reads:
		return "read", limit{10, 40} // "Request throttling for the Elastic Load Balancing API"; its refill is believed
	case service == "elasticloadbalancing":
		return "write", limit{3, 10} // believed
	case service == "ec2" && reads:
		return "read", limit{20, 100} // believed; "Request throttling for the Amazon EC2 API" has the numbers
	case service == "ec2":
		return "write", limit{5, 50} // believed, as above
	case service == "logs" && operation == "PutLogEvents":
		return operation, limit{5000, 5000} // believed; "CloudWatch Logs quotas" has the numbers
	case service == "logs" && (operation == "FilterLogEvents" || operation == "GetLogEvents"):
		return operation, limit{10, 25} // believed, as above
	case service == "sqs" || service == "sts" || service == "s3":
		return "", limit{} // no bucket that a client could find
	default:
		return operation, limit{20, 40} // believed
	}
}

// ecsLimit has buckets like those of "Request throttling for the Amazon ECS API"; their sizes are believed.
func ecsLimit(operation string, reads bool) (string, limit) {
	about := "cluster"
	for _, thing := range []string{"TaskDefinition", "Service", "Task", "Tag"} {
		if strings.Contains(operation, thing) {
			about = strings.ToLower(thing)
			break
		}
	}
	switch {
	case reads && about == "cluster":
		return "cluster read", limit{20, 50}
	case reads:
		return about + " read", limit{20, 100}
	case about == "cluster", about == "taskdefinition":
		return about + " modify", limit{1, 20}
	default:
		return about + " modify", limit{5, 50}
	}
}

func readsOnly(operation string) bool {
	for _, verb := range []string{"Describe", "List", "Get", "Filter", "Detect", "Validate", "Lookup"} {
		if strings.HasPrefix(operation, verb) {
			return true
		}
	}
	return false
}

// Limits throttle calls as AWS does by default. The zero value has full buckets; it is safe for concurrent use. They are
// filled in real time, whatever the simulator's speed: the clients that have to wait live in it too.
type Limits struct {
	mu      sync.Mutex
	buckets map[string]*bucket
}

// Refuse returns the error of a call that comes too soon after others; nil lets it pass.
func (l *Limits) Refuse(call *wire.Call) error {
	name, size := limitOf(call.Service, call.Operation)
	if size.burst == 0 {
		return nil
	}
	at := strings.Join([]string{call.Account, call.Region, call.Service, name}, " ")
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	found := l.buckets[at]
	if found == nil {
		if l.buckets == nil {
			l.buckets = make(map[string]*bucket)
		}
		found = &bucket{rate: size.rate, burst: size.burst, tokens: size.burst, filled: now}
		l.buckets[at] = found
	}
	if found.take(now) {
		return nil
	}
	return Hit{Rule: Rule{Effect: Throttling}}.Error(call)
}
