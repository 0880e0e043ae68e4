package ecs

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// advanced is how a deployment shifts traffic between two target groups of a load balancer.
type advanced struct {
	AlternateTargetGroupArn string `json:"alternateTargetGroupArn"`
	ProductionListenerRule  string `json:"productionListenerRule"`
	TestListenerRule        string `json:"testListenerRule,omitempty"`
	RoleArn                 string `json:"roleArn"`
}

// resolve chooses the target groups of a new deployment: those that the serving one does not use, if both are to run
// side by side.
func (f *fleet) resolve(wanted []LoadBalancer, blue *deployment) []LoadBalancer {
	resolved := slices.Clone(wanted)
	for i := range resolved {
		more := resolved[i].AdvancedConfiguration
		if more == nil || blue == nil {
			continue
		}
		inAlternate := blue.joins(more.AlternateTargetGroupArn)
		if f.config.shifting() && blue.joins(resolved[i].TargetGroupArn) || !f.config.shifting() && inAlternate {
			resolved[i].TargetGroupArn = more.AlternateTargetGroupArn
		}
	}
	return resolved
}

// joins says whether a deployment's tasks register with a target group.
func (d *deployment) joins(group string) bool {
	return slices.ContainsFunc(d.served.balancers, func(b LoadBalancer) bool { return b.TargetGroupArn == group })
}

// other returns the target group of the two of a load balancer that a deployment does not use.
func (b LoadBalancer) other(original []LoadBalancer) string {
	for _, each := range original {
		if each.ContainerName != b.ContainerName || each.ContainerPort != b.ContainerPort || each.AdvancedConfiguration == nil {
			continue
		}
		if b.TargetGroupArn == each.TargetGroupArn {
			return each.AdvancedConfiguration.AlternateTargetGroupArn
		}
		if b.TargetGroupArn == each.AdvancedConfiguration.AlternateTargetGroupArn {
			return each.TargetGroupArn
		}
	}
	return ""
}

// shiftProduction gives the goal its share of the production traffic. If that cannot be done the deployment has failed.
func (f *fleet) shiftProduction(sd *serviceDeployment, percent float64, now time.Time) bool {
	goal, rest := sd.goal(), sd.blue
	if sd.back != nil {
		rest = sd.target
	}
	if !f.shiftRules(sd, goal, percent, now, func(a *advanced) string { return a.ProductionListenerRule }) {
		return false
	}
	goal.production = percent
	if rest != nil && rest != goal {
		rest.production = allTraffic - percent
	}
	if sd.back != nil { // a rollback takes the test traffic back as well
		return f.shiftTest(sd, now)
	}
	return true
}

// shiftTo gives a deployment all traffic.
func (f *fleet) shiftTo(sd *serviceDeployment, to *deployment, now time.Time) bool {
	production := func(a *advanced) string { return a.ProductionListenerRule }
	test := func(a *advanced) string { return a.TestListenerRule }
	if !f.shiftRules(sd, to, allTraffic, now, production) || !f.shiftRules(sd, to, allTraffic, now, test) {
		return false
	}
	for _, each := range f.deployments {
		each.production, each.test = 0, 0
	}
	to.production, to.test = allTraffic, allTraffic
	return true
}

// shiftTest gives the goal all of the test traffic.
func (f *fleet) shiftTest(sd *serviceDeployment, now time.Time) bool {
	if !f.shiftRules(sd, sd.goal(), allTraffic, now, func(a *advanced) string { return a.TestListenerRule }) {
		return false
	}
	for _, each := range f.deployments {
		each.test = 0
	}
	sd.goal().test = allTraffic
	return true
}

// shiftRules changes the weights of one kind of listener rules.
func (f *fleet) shiftRules(
	sd *serviceDeployment, to *deployment, percent float64, now time.Time, ruleOf func(*advanced) string,
) bool {
	for _, balancer := range to.served.balancers {
		more := balancer.AdvancedConfiguration
		if more == nil || ruleOf(more) == "" {
			continue
		}
		weights := make(map[string]int)
		weights[balancer.TargetGroupArn], weights[balancer.other(to.revision.balancers)] = weightsOf(percent)
		delete(weights, "")
		err := f.checkRule(balancer, ruleOf(more), to)
		if err == nil {
			err = f.owner.Balancers.Shift(ruleOf(more), weights)
		}
		if err != nil {
			f.fail(now, networkCause(err, sd.back == nil))
			return false
		}
	}
	return true
}

// routingError is what is wrong with a listener rule, as ECS writes it.
type routingError string

// Error returns the text.
func (e routingError) Error() string { return string(e) }

// checkRule refuses a production rule that forwards to somebody else ("Troubleshooting Amazon ECS blue/green
// deployments", developer guide).
func (f *fleet) checkRule(balancer LoadBalancer, rule string, of *deployment) error {
	weights, err := f.owner.Balancers.Weights(rule)
	if err != nil || rule != balancer.AdvancedConfiguration.ProductionListenerRule {
		return err
	}
	for group, weight := range weights {
		other := balancer.other(of.revision.balancers)
		if weight > 0 && group != balancer.TargetGroupArn && group != other {
			return routingError(fmt.Sprintf("Production listener rule is forwarding traffic to unexpected target group %s. Expected "+
				"traffic to be forwarded to either targetGroupArn: %s or alternateTargetGroupArn: %s", group, balancer.TargetGroupArn, other))
		}
	}
	return nil
}

func networkCause(err error, forward bool) cause {
	return cause{
		reason: "ECS deployment failed: invalid networking configuration.", event: "invalid networking configuration.", // believed
		back:   "ECS deployment: rolling back to deploymentId %s.", // believed
		status: "of invalid networking configuration. " + strings.TrimSuffix(err.Error(), ".") + ".", rollback: forward,
		operation: "Service deployment rolled back because of invalid networking configuration", // believed
	}
}

// weightsOf are the weights of two target groups: of a hundred, or of a thousand if that does not do. A weight is at
// most 999.
func weightsOf(percent float64) (int, int) {
	const tenths = 10
	if percent == math.Trunc(percent) {
		return int(percent), int(allTraffic - percent)
	}
	part := int(math.Round(percent * tenths))
	return part, allTraffic*tenths - part
}
