package ecs

// Kinds of thresholds of the circuit breaker (ThresholdConfiguration, API reference).
const (
	byCount            = "COUNT"
	byBoundedPercent   = "BOUNDED_PERCENT"
	byUnboundedPercent = "UNBOUNDED_PERCENT"
)

// defaultThreshold is the percentage of the desired count that may fail.
const defaultThreshold = 50

// threshold is how many tasks may fail.
type threshold struct {
	Type  string `json:"type"`
	Value int    `json:"value"`
}

// complete writes defaults out. Members that are not given stay as they are.
func (b *breaker) complete(current *breaker) *breaker {
	completed := *b
	if completed.ResetOnHealthyTask == nil {
		completed.ResetOnHealthyTask = new(true)
		if current != nil {
			completed.ResetOnHealthyTask = current.ResetOnHealthyTask
		}
	}
	if completed.ThresholdConfiguration == nil {
		completed.ThresholdConfiguration = &threshold{byBoundedPercent, defaultThreshold}
		if current != nil {
			completed.ThresholdConfiguration = current.ThresholdConfiguration
		}
	}
	return &completed
}

// reset writes defaults out for members that a template leaves out, which CloudFormation takes back, unlike the API (measured by
// the tests of github.com/go-to-k/cdkd).
func (b *breaker) reset() {
	if b != nil {
		*b = *b.complete(nil)
	}
}

func (t *threshold) check() error {
	switch {
	case t.Type != byCount && t.Type != byBoundedPercent && t.Type != byUnboundedPercent:
		return errInvalid("Invalid threshold type: %s. Valid values are COUNT, BOUNDED_PERCENT and UNBOUNDED_PERCENT.", t.Type)
	case t.Value < 1:
		return errInvalid("The value of the threshold configuration must be greater than 0.")
	}
	return nil
}

// failures is how many tasks may fail before the circuit breaker trips; a percentage is of the desired count, rounded
// up, and if it is bounded at least 3 and at most 200 ("Deployment circuit breaker", developer guide).
func (t *threshold) failures(desired int) int {
	const least, most, hundred = 3, 200, 100
	percentage := (desired*t.Value + hundred - 1) / hundred
	switch t.Type {
	case byCount:
		return t.Value
	case byUnboundedPercent:
		return max(percentage, 1)
	default:
		return min(max(percentage, least), most)
	}
}

// tripBreaker says whether the tasks of the newest deployment have failed too often. Call it locked.
func (f *fleet) tripBreaker() (cause, bool) {
	guard := f.config.DeploymentCircuitBreaker
	if f.current == nil || !guard.Enable || f.deployments[0].streak < guard.ThresholdConfiguration.failures(f.desired) {
		return cause{}, false
	}
	f.current.tripped = true
	return cause{
		reason: "ECS deployment circuit breaker: tasks failed to start.", event: "tasks failed to start.",
		back:   "ECS deployment circuit breaker: rolling back to deploymentId %s.",
		status: "the circuit breaker threshold was exceeded.", rollback: guard.Rollback,
		operation: "ECS Deployment Circuit Breaker was triggered",
	}, true
}
