package ecs

import (
	"crypto/rand"
	"encoding/base64"
	"slices"
	"time"

	awsevent "github.com/ecsapp-dev/ecsapp-operator/internal/awssim/event"
)

// hook is a deployment lifecycle hook. Only those that pause are acted on: there are no functions here.
type hook struct {
	HookTargetArn        string       `json:"hookTargetArn,omitempty"`
	RoleArn              string       `json:"roleArn,omitempty"`
	LifecycleStages      []string     `json:"lifecycleStages"`
	HookDetails          any          `json:"hookDetails,omitempty"`
	TargetType           string       `json:"targetType,omitempty"`
	TimeoutConfiguration *hookTimeout `json:"timeoutConfiguration,omitempty"`
}

// hookTimeout is what happens when nobody decides.
type hookTimeout struct {
	Action           string `json:"action,omitempty"`
	TimeoutInMinutes *int   `json:"timeoutInMinutes,omitempty"`
}

const (
	pauseHook       = "PAUSE"
	lambdaHook      = "AWS_LAMBDA"
	hookContinue    = "CONTINUE"
	hookRollback    = "ROLLBACK"
	hookAwaits      = "AWAITING_ACTION"
	hookSucceeded   = "SUCCEEDED"
	hookFailed      = "FAILED"
	hookTimedOut    = "TIMED_OUT"
	defaultHookTime = 1440  // minutes
	longestPauseMin = 20160 // 14 days ("Pause hooks", developer guide)
)

func completeHooks(given []hook) []hook {
	completed := make([]hook, len(given))
	for i, one := range given {
		if one.TargetType == "" {
			one.TargetType = lambdaHook
		}
		timeout := hookTimeout{Action: hookRollback, TimeoutInMinutes: new(defaultHookTime)}
		if wanted := one.TimeoutConfiguration; wanted != nil {
			if wanted.Action != "" {
				timeout.Action = wanted.Action
			}
			if wanted.TimeoutInMinutes != nil {
				timeout.TimeoutInMinutes = wanted.TimeoutInMinutes
			}
		}
		one.TimeoutConfiguration = &timeout
		completed[i] = one
	}
	return completed
}

func (c *DeploymentConfig) checkHooks() error {
	for _, one := range c.LifecycleHooks {
		if one.TargetType == lambdaHook {
			return errInvalid("awssim does not implement lifecycle hooks of targetType AWS_LAMBDA: it has no functions. Use PAUSE.")
		}
		if one.TargetType != pauseHook {
			return errInvalid("Invalid targetType of a lifecycle hook: %s. Valid values are AWS_LAMBDA and PAUSE.", one.TargetType)
		}
		if one.HookTargetArn != "" {
			return errInvalid("hookTargetArn is not applicable for PAUSE hooks.")
		}
		if limit := *one.TimeoutConfiguration.TimeoutInMinutes; limit < 1 || limit > longestPauseMin {
			return errInvalid("timeoutInMinutes must be between 1 and 20160 for PAUSE hooks.")
		}
		if action := one.TimeoutConfiguration.Action; action != hookContinue && action != hookRollback {
			return errInvalid("Invalid timeout action of a lifecycle hook: %s. Valid values are CONTINUE and ROLLBACK.", action)
		}
		if len(one.LifecycleStages) == 0 {
			return errInvalid("lifecycleStages cannot be empty.")
		}
		for _, stage := range one.LifecycleStages {
			if err := c.checkHookStage(stage); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *DeploymentConfig) checkHookStage(stage string) error {
	switch stage {
	case reconcileService, preScaleUp, postScaleUp:
		return nil
	case testTrafficShift, productionTrafficShift:
		return errInvalid("PAUSE hooks cannot be configured at the lifecycle stage %s.", stage)
	case postTestTrafficShift, preProductionTrafficShift, postProductionTrafficShift:
		if !c.shifting() {
			return errInvalid("The lifecycle stage %s is not part of ROLLING deployments.", stage)
		}
		return nil
	default:
		return errInvalid("Invalid lifecycle stage: %s.", stage)
	}
}

// pause is a hook that holds a deployment up, or has.
type pause struct {
	id      string
	stage   string
	status  string
	expires time.Time // zero if the clock does not wait
	action  string    // on timeout
}

// openHooks begins the pauses of a stage. Call it locked.
func (f *fleet) openHooks(sd *serviceDeployment, stage string, now time.Time) {
	for _, one := range sd.config.LifecycleHooks {
		if !slices.Contains(one.LifecycleStages, stage) {
			continue
		}
		begun := &pause{id: hookID(), stage: stage, status: hookAwaits, action: one.TimeoutConfiguration.Action}
		if wait := f.owner.Clock.Scale(minutes(*one.TimeoutConfiguration.TimeoutInMinutes)); wait > 0 {
			begun.expires = now.Add(wait)
		}
		sd.hooks = append(sd.hooks, begun)
		f.tellHook(sd, begun, "HOOK_AWAITING_ACTION", now)
	}
}

// hold is what pauses do to a deployment.
type hold struct {
	held bool          // it waits
	due  time.Duration // for so long at most; 0 has no end
	turn bool          // it has to be led back
}

// heldUp says what its pauses do to a deployment. Call it locked.
func (f *fleet) heldUp(sd *serviceDeployment, now time.Time) hold {
	var found hold
	if sd.back != nil {
		return found
	}
	for _, one := range sd.hooks {
		if one.status == hookAwaits && !one.expires.IsZero() && !now.Before(one.expires) {
			one.status = hookTimedOut
			f.tellHook(sd, one, "HOOK_TIMED_OUT", now)
			found.turn = found.turn || one.action == hookRollback
		}
		if one.status == hookAwaits {
			found.held = true
			if !one.expires.IsZero() {
				found.due = earlier(found.due, one.expires.Sub(now))
			}
		}
		found.turn = found.turn || one.status == hookFailed
	}
	return found
}

// hookID is how ECS names the execution of a pause.
func hookID() string {
	const bytes = 32
	random := make([]byte, bytes)
	_, _ = rand.Read(random) // never fails
	return "ecs-pause-" + base64.RawURLEncoding.EncodeToString(random)
}

// hookDetail is the detail of "ECS Hook State Change" ("Amazon ECS hook state change events", developer guide).
type hookDetail struct {
	EventType            string `json:"eventType"`
	EventName            string `json:"eventName"`
	HookID               string `json:"hookId"`
	HookType             string `json:"hookType"`
	ExpiresAt            string `json:"expiresAt,omitempty"`
	LifecycleStage       string `json:"lifecycleStage"`
	ClusterArn           string `json:"clusterArn"`
	ServiceArn           string `json:"serviceArn"`
	ServiceDeploymentArn string `json:"serviceDeploymentArn"`
	UpdatedAt            string `json:"updatedAt"`
}

func (f *fleet) tellHook(sd *serviceDeployment, one *pause, name string, now time.Time) {
	detail := hookDetail{
		EventType: infoEvent, EventName: name, HookID: one.id, HookType: pauseHook, LifecycleStage: one.stage,
		ClusterArn: f.cluster.arn, ServiceArn: f.arn, ServiceDeploymentArn: sd.arn, UpdatedAt: now.Format(awsevent.TimeLayout),
	}
	if !one.expires.IsZero() {
		detail.ExpiresAt = one.expires.Format(awsevent.TimeLayout)
	}
	awsevent.Send(f.owner.Events, f.place, awsevent.Event{
		Source: busSource, DetailType: "ECS Hook State Change", Resources: []string{sd.arn}, Detail: detail, Time: now,
	})
}
