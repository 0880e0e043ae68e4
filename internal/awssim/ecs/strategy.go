package ecs

import (
	"slices"
	"strings"
	"time"
)

// Deployment strategies (DeploymentConfiguration, API reference).
const (
	rolling   = "ROLLING"
	blueGreen = "BLUE_GREEN"
	linear    = "LINEAR"
	canary    = "CANARY"
)

// DeploymentConfig is how deployments proceed.
type DeploymentConfig struct {
	DeploymentCircuitBreaker *breaker     `json:"deploymentCircuitBreaker,omitempty"`
	MaximumPercent           *int         `json:"maximumPercent,omitempty"`
	MinimumHealthyPercent    *int         `json:"minimumHealthyPercent,omitempty"`
	Alarms                   *alarms      `json:"alarms,omitempty"`
	Strategy                 string       `json:"strategy,omitempty"`
	BakeTimeInMinutes        *int         `json:"bakeTimeInMinutes,omitempty"`
	LifecycleHooks           []hook       `json:"lifecycleHooks,omitempty"`
	LinearConfiguration      *linearShift `json:"linearConfiguration,omitempty"`
	CanaryConfiguration      *canaryShift `json:"canaryConfiguration,omitempty"`
}

// breaker is the deployment circuit breaker.
type breaker struct {
	Enable                 bool       `json:"enable"`
	Rollback               bool       `json:"rollback"`
	ResetOnHealthyTask     *bool      `json:"resetOnHealthyTask,omitempty"`
	ThresholdConfiguration *threshold `json:"thresholdConfiguration,omitempty"`
}

// alarms are CloudWatch alarms that fail a deployment.
type alarms struct {
	AlarmNames []string `json:"alarmNames"`
	Enable     bool     `json:"enable"`
	Rollback   bool     `json:"rollback"`
}

// linearShift moves production traffic in equal steps.
type linearShift struct {
	StepPercent           *float64 `json:"stepPercent,omitempty"`
	StepBakeTimeInMinutes *int     `json:"stepBakeTimeInMinutes,omitempty"`
}

// canaryShift moves a part of the production traffic first, and after a while the rest.
type canaryShift struct {
	CanaryPercent           *float64 `json:"canaryPercent,omitempty"`
	CanaryBakeTimeInMinutes *int     `json:"canaryBakeTimeInMinutes,omitempty"`
}

// Defaults and limits of strategies (LinearConfiguration, CanaryConfiguration, API reference).
const (
	defaultStep      = 10.0
	leastStep        = 3.0
	defaultStepBake  = 6
	defaultCanary    = 5.0
	leastCanary      = 0.1
	defaultCanaryMin = 10
	longestBake      = 1440 // minutes
	allTraffic       = 100.0
)

// merge applies what is given to a configuration in which every default is written out.
func (c *DeploymentConfig) merge(given *DeploymentConfig) DeploymentConfig {
	merged := *c
	if given.DeploymentCircuitBreaker != nil {
		merged.DeploymentCircuitBreaker = given.DeploymentCircuitBreaker.complete(merged.DeploymentCircuitBreaker)
	}
	if given.MaximumPercent != nil {
		merged.MaximumPercent = given.MaximumPercent
	}
	if given.MinimumHealthyPercent != nil {
		merged.MinimumHealthyPercent = given.MinimumHealthyPercent
	}
	if given.Alarms != nil {
		merged.Alarms = &alarms{append([]string{}, given.Alarms.AlarmNames...), given.Alarms.Enable, given.Alarms.Rollback}
	}
	if given.Strategy != "" {
		merged.Strategy = given.Strategy
	}
	if given.BakeTimeInMinutes != nil {
		merged.BakeTimeInMinutes = given.BakeTimeInMinutes
	}
	if given.LifecycleHooks != nil {
		merged.LifecycleHooks = completeHooks(given.LifecycleHooks)
	}
	merged.LinearConfiguration = merged.LinearConfiguration.merge(given.LinearConfiguration, merged.Strategy)
	merged.CanaryConfiguration = merged.CanaryConfiguration.merge(given.CanaryConfiguration, merged.Strategy)
	return merged
}

func (l *linearShift) merge(given *linearShift, strategy string) *linearShift {
	if strategy != linear {
		return given // which is refused unless it is nil
	}
	merged := linearShift{new(defaultStep), new(defaultStepBake)}
	for _, each := range []*linearShift{l, given} {
		if each != nil && each.StepPercent != nil {
			merged.StepPercent = each.StepPercent
		}
		if each != nil && each.StepBakeTimeInMinutes != nil {
			merged.StepBakeTimeInMinutes = each.StepBakeTimeInMinutes
		}
	}
	return &merged
}

func (c *canaryShift) merge(given *canaryShift, strategy string) *canaryShift {
	if strategy != canary {
		return given // which is refused unless it is nil
	}
	merged := canaryShift{new(defaultCanary), new(defaultCanaryMin)}
	for _, each := range []*canaryShift{c, given} {
		if each != nil && each.CanaryPercent != nil {
			merged.CanaryPercent = each.CanaryPercent
		}
		if each != nil && each.CanaryBakeTimeInMinutes != nil {
			merged.CanaryBakeTimeInMinutes = each.CanaryBakeTimeInMinutes
		}
	}
	return &merged
}

// defaultConfig is the configuration of a service that says nothing, as DescribeServices writes it (observed by others
// in 2026).
func defaultConfig() DeploymentConfig {
	return DeploymentConfig{
		DeploymentCircuitBreaker: (&breaker{}).complete(nil), MaximumPercent: new(defaultMaxPercent),
		MinimumHealthyPercent: new(defaultMinPercent), Alarms: &alarms{AlarmNames: []string{}}, Strategy: rolling,
		BakeTimeInMinutes: new(0),
	}
}

// check refuses what ECS refuses, and what awssim cannot do.
func (c *DeploymentConfig) check() error {
	const hundred = 100
	least, most := *c.MinimumHealthyPercent, *c.MaximumPercent
	switch {
	case least < 0 || least > hundred:
		return errInvalid("minimumHealthyPercent must be between 0 and 100.")
	case most < hundred:
		return errInvalid("maximumPercent must be greater than or equal to 100.")
	case most <= least:
		return errInvalid("Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.")
	case !slices.Contains([]string{rolling, blueGreen, linear, canary}, c.Strategy):
		return errInvalid("Invalid deployment strategy: %s. Valid values are ROLLING, BLUE_GREEN, LINEAR and CANARY.", c.Strategy)
	case outsideBake(c.BakeTimeInMinutes):
		return errInvalid("bakeTimeInMinutes must be between 0 and 1440.")
	case c.Alarms.Enable && len(c.Alarms.AlarmNames) == 0:
		return errInvalid("alarmNames cannot be empty when alarms are enabled.")
	case c.LinearConfiguration != nil && c.Strategy != linear:
		return errInvalid("linearConfiguration is only valid when the deployment strategy is LINEAR.")
	case c.CanaryConfiguration != nil && c.Strategy != canary:
		return errInvalid("canaryConfiguration is only valid when the deployment strategy is CANARY.")
	}
	if err := c.checkShift(); err != nil {
		return err
	}
	if err := c.DeploymentCircuitBreaker.ThresholdConfiguration.check(); err != nil {
		return err
	}
	return c.checkHooks()
}

func (c *DeploymentConfig) checkShift() error {
	if steps := c.LinearConfiguration; steps != nil {
		if !isPercent(*steps.StepPercent, leastStep) {
			return errInvalid("stepPercent must be a multiple of 0.1 between 3.0 and 100.0.")
		}
		if outsideBake(steps.StepBakeTimeInMinutes) {
			return errInvalid("stepBakeTimeInMinutes must be between 0 and 1440.")
		}
	}
	if first := c.CanaryConfiguration; first != nil {
		if !isPercent(*first.CanaryPercent, leastCanary) {
			return errInvalid("canaryPercent must be a multiple of 0.1 between 0.1 and 100.0.")
		}
		if outsideBake(first.CanaryBakeTimeInMinutes) {
			return errInvalid("canaryBakeTimeInMinutes must be between 0 and 1440.")
		}
	}
	return nil
}

func outsideBake(minutes *int) bool { return *minutes < 0 || *minutes > longestBake }

// isPercent says whether a percentage is a multiple of 0.1 in its range.
func isPercent(percent, least float64) bool {
	const tenths, tolerance = 10, 1e-6
	rest := percent*tenths - float64(int(percent*tenths+tolerance))
	return percent >= least && percent <= allTraffic && rest < tolerance && rest > -tolerance
}

// shift is one step of production traffic to a new revision.
type shift struct {
	percent float64
	bake    time.Duration // until the next step
}

// shifts are the steps in which a deployment takes over the production traffic. Without a revision that it takes it
// from there is but one.
func (c *DeploymentConfig) shifts(first bool) []shift {
	whole := []shift{{percent: allTraffic}}
	switch {
	case first:
		return whole
	case c.Strategy == canary && *c.CanaryConfiguration.CanaryPercent < allTraffic:
		few := shift{*c.CanaryConfiguration.CanaryPercent, minutes(*c.CanaryConfiguration.CanaryBakeTimeInMinutes)}
		return append([]shift{few}, whole...)
	case c.Strategy == linear:
		var steps []shift
		step, bake := *c.LinearConfiguration.StepPercent, minutes(*c.LinearConfiguration.StepBakeTimeInMinutes)
		for n := 1; float64(n)*step < allTraffic; n++ {
			steps = append(steps, shift{float64(n) * step, bake})
		}
		return append(steps, whole...)
	default:
		return whole
	}
}

func minutes(count int) time.Duration { return time.Duration(count) * time.Minute }

// shifting says whether deployments move traffic between two revisions that both run.
func (c *DeploymentConfig) shifting() bool { return c.Strategy != rolling }

// checkBalancers checks what strategies ask of load balancers ("Troubleshooting Amazon ECS blue/green deployments",
// developer guide).
func checkBalancers(balancers []LoadBalancer, config *DeploymentConfig) error {
	seen, advanced := make(map[string]bool), 0
	for _, balancer := range balancers {
		groups := []string{balancer.TargetGroupArn}
		if more := balancer.AdvancedConfiguration; more != nil {
			advanced++
			groups = append(groups, more.AlternateTargetGroupArn)
			if err := more.check(); err != nil {
				return err
			}
		}
		for _, group := range groups {
			if seen[group] {
				return errInvalid("Duplicate targetGroupArn found: %s", group)
			}
			seen[group] = true
		}
	}
	switch {
	case config.shifting() && advanced < len(balancers):
		return errInvalid("advancedConfiguration field is required for all loadBalancers when using a non-ROLLING deployment strategy")
	case advanced > 0 && advanced < len(balancers):
		return errInvalid("Either all or none of the provided loadBalancers must have advancedConfiguration defined")
	}
	return nil
}

func (a *advanced) check() error {
	for name, rule := range map[string]string{
		"productionListenerRule": a.ProductionListenerRule, "testListenerRule": a.TestListenerRule,
	} {
		ofNetworkBalancer := strings.Contains(rule, ":listener/net/")
		if rule != "" && !ofNetworkBalancer && !strings.Contains(rule, ":listener-rule/") {
			return errInvalid("%s has an invalid ARN format. Must be RuleArn for ALB or ListenerArn for NLB. Got: %s", name, rule)
		}
	}
	switch {
	case a.AlternateTargetGroupArn == "" || a.ProductionListenerRule == "" || a.RoleArn == "":
		return errInvalid("advancedConfiguration requires alternateTargetGroupArn, productionListenerRule and roleArn")
	case a.ProductionListenerRule == a.TestListenerRule:
		return errInvalid("The following rules cannot be used as both production and test listener rules: %s", a.TestListenerRule)
	}
	return nil
}
