package template

import (
	"github.com/ecsapp-dev/ecsapp-operator/api/v1alpha1"
	"github.com/ecsapp-dev/ecsapp-operator/internal/cfn"
	"github.com/ecsapp-dev/ecsapp-operator/internal/cfn/elbv2"
)

const (
	protocolHTTP = cfn.S("HTTP")
	// deregistrationSeconds is how long a task that goes away may finish its requests. AWS's default of five minutes
	// would be added to every deployment; ECS kills a task 30 seconds after SIGTERM anyway.
	deregistrationSeconds = cfn.S("30")
)

// loadBalancer is the way in.
type loadBalancer struct {
	balancer, listener, targets cfn.Handle
}

func addLoadBalancer(d *cfn.Document, n network, groups securityGroups, spec v1alpha1.LoadBalancerSpec) loadBalancer {
	subnets := refs(n.public)
	if spec.Scheme == v1alpha1.SchemeInternal {
		subnets = n.taskSubnets()
	}
	balancer := d.Add("LoadBalancer", elbv2.LoadBalancer{
		Type:           cfn.S("application"),
		Scheme:         cfn.S(spec.Scheme),
		IpAddressType:  cfn.S("ipv4"),
		Subnets:        subnets,
		SecurityGroups: []cfn.String{groups.loadBalancer.Attr("GroupId")},
	}, cfn.DependsOn(n.gateway)) // AWS refuses a load balancer of the internet in a VPC without a gateway.
	targets := addTargetGroup(d, n, spec.HealthCheck)
	listener := d.Add("Listener", elbv2.Listener{
		LoadBalancerArn: balancer.Ref(),
		Port:            httpPort,
		Protocol:        protocolHTTP,
		DefaultActions:  []elbv2.ListenerAction{{Type: cfn.S("forward"), TargetGroupArn: targets.Ref()}},
	})
	return loadBalancer{balancer: balancer, listener: listener, targets: targets}
}

// addTargetGroup always uses port 80, whatever the container's: ECS registers each task with the task's own port,
// and another Port here would replace the group and cut off the tasks that still serve.
func addTargetGroup(d *cfn.Document, n network, check v1alpha1.HealthCheckSpec) cfn.Handle {
	return d.Add("TargetGroup", elbv2.TargetGroup{
		VpcId:                      n.vpc.Ref(),
		TargetType:                 cfn.S("ip"),
		Port:                       httpPort,
		Protocol:                   protocolHTTP,
		HealthCheckProtocol:        protocolHTTP,
		HealthCheckPath:            cfn.S(check.Path),
		HealthCheckIntervalSeconds: cfn.I(check.IntervalSeconds),
		HealthCheckTimeoutSeconds:  cfn.I(check.TimeoutSeconds),
		HealthyThresholdCount:      cfn.I(check.HealthyThreshold),
		UnhealthyThresholdCount:    cfn.I(check.UnhealthyThreshold),
		Matcher:                    &elbv2.TargetGroupMatcher{HttpCode: cfn.S("200")},
		TargetGroupAttributes: []elbv2.TargetGroupAttribute{
			{Key: cfn.S("deregistration_delay.timeout_seconds"), Value: deregistrationSeconds},
		},
	})
}
