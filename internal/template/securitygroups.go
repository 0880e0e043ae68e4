package template

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/ecsapp-dev/ecsapp-operator/api/v1alpha1"
	"github.com/ecsapp-dev/ecsapp-operator/internal/cfn"
	"github.com/ecsapp-dev/ecsapp-operator/internal/cfn/ec2"
)

const (
	tcp      = cfn.S("tcp")
	httpPort = cfn.I(80)
)

// securityGroups say who reaches whom: the allowed ranges the load balancer, and only the load balancer the tasks.
type securityGroups struct {
	loadBalancer, tasks cfn.Handle
	// taskIngress is the rule that lets the load balancer reach the tasks.
	taskIngress cfn.Handle
}

func addSecurityGroups(d *cfn.Document, n network, spec *v1alpha1.EcsAppSpec) securityGroups {
	var groups securityGroups
	groups.loadBalancer = d.Add("LoadBalancerSecurityGroup", ec2.SecurityGroup{
		GroupDescription:     cfn.S("HTTP to the load balancer"),
		SecurityGroupIngress: httpFrom(spec.LoadBalancer.AllowedCIDRs),
		VpcId:                n.vpc.Ref(),
		Tags:                 named("load-balancer"),
	})
	groups.tasks = d.Add("TaskSecurityGroup", ec2.SecurityGroup{
		GroupDescription: cfn.S("The tasks, reachable only from the load balancer"),
		VpcId:            n.vpc.Ref(),
		Tags:             named("tasks"),
	})
	// The port is part of the logical id: another port is another rule, and CloudFormation removes the old one only
	// in the clean-up after the rollout. Until then old and new tasks are both reachable.
	port := spec.Container.Port
	groups.taskIngress = d.Add(fmt.Sprintf("TasksFromLoadBalancer%d", port), ec2.SecurityGroupIngress{
		Description:           cfn.S("The load balancer to the container port"),
		GroupId:               groups.tasks.Attr("GroupId"),
		SourceSecurityGroupId: groups.loadBalancer.Attr("GroupId"),
		IpProtocol:            tcp,
		FromPort:              cfn.I(port),
		ToPort:                cfn.I(port),
	})
	return groups
}

// httpFrom returns one rule for each range, in a fixed order and in the form that AWS stores: a range is written
// from its first address.
func httpFrom(ranges []string) []ec2.SecurityGroupIngressProperty {
	var masked []string
	for _, text := range ranges {
		masked = append(masked, netip.MustParsePrefix(text).Masked().String())
	}
	slices.Sort(masked)
	var rules []ec2.SecurityGroupIngressProperty
	for _, text := range slices.Compact(masked) {
		rules = append(rules, ec2.SecurityGroupIngressProperty{
			CidrIp:      cfn.S(text),
			Description: cfn.S("HTTP from " + text),
			IpProtocol:  tcp,
			FromPort:    httpPort,
			ToPort:      httpPort,
		})
	}
	return rules
}
