package elb

import "github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"

// API returns the operations of ELBv2.
func (s *Service) API() wire.Service {
	return wire.Service{
		Name: "elasticloadbalancing", Protocol: wire.Query, Version: "2015-12-01",
		Namespace: "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
		Operations: map[string]wire.Handler{
			"AddListenerCertificates":        wire.Op(s.addListenerCertificates),
			"AddTags":                        wire.Op(s.addTags),
			"CreateListener":                 wire.Op(s.createListener),
			"CreateLoadBalancer":             wire.Op(s.createLoadBalancer),
			"CreateRule":                     wire.Op(s.createRule),
			"CreateTargetGroup":              wire.Op(s.createTargetGroup),
			"DeleteListener":                 wire.Op(s.deleteListener),
			"DeleteLoadBalancer":             wire.Op(s.deleteLoadBalancer),
			"DeleteRule":                     wire.Op(s.deleteRule),
			"DeleteTargetGroup":              wire.Op(s.deleteTargetGroup),
			"DeregisterTargets":              wire.Op(s.deregisterTargets),
			"DescribeAccountLimits":          wire.Op(s.describeAccountLimits),
			"DescribeListenerAttributes":     wire.Op(s.describeListenerAttributes),
			"DescribeListenerCertificates":   wire.Op(s.describeListenerCertificates),
			"DescribeListeners":              wire.Op(s.describeListeners),
			"DescribeLoadBalancerAttributes": wire.Op(s.describeLoadBalancerAttributes),
			"DescribeLoadBalancers":          wire.Op(s.describeLoadBalancers),
			"DescribeRules":                  wire.Op(s.describeRules),
			"DescribeSSLPolicies":            wire.Op(s.describeSSLPolicies),
			"DescribeTags":                   wire.Op(s.describeTags),
			"DescribeTargetGroupAttributes":  wire.Op(s.describeTargetGroupAttributes),
			"DescribeTargetGroups":           wire.Op(s.describeTargetGroups),
			"DescribeTargetHealth":           wire.Op(s.describeTargetHealth),
			"ModifyListener":                 wire.Op(s.modifyListener),
			"ModifyListenerAttributes":       wire.Op(s.modifyListenerAttributes),
			"ModifyLoadBalancerAttributes":   wire.Op(s.modifyLoadBalancerAttributes),
			"ModifyRule":                     wire.Op(s.modifyRule),
			"ModifyTargetGroup":              wire.Op(s.modifyTargetGroup),
			"ModifyTargetGroupAttributes":    wire.Op(s.modifyTargetGroupAttributes),
			"RegisterTargets":                wire.Op(s.registerTargets),
			"RemoveListenerCertificates":     wire.Op(s.removeListenerCertificates),
			"RemoveTags":                     wire.Op(s.removeTags),
			"SetRulePriorities":              wire.Op(s.setRulePriorities),
			"SetSecurityGroups":              wire.Op(s.setSecurityGroups),
			"SetSubnets":                     wire.Op(s.setSubnets),
		},
	}
}
