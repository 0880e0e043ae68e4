package template

import (
	"github.com/ecsapp-dev/ecsapp-operator/api/v1alpha1"
	"github.com/ecsapp-dev/ecsapp-operator/internal/cfn"
	"github.com/ecsapp-dev/ecsapp-operator/internal/cfn/ecs"
)

// ServiceID is the logical id of the ECS service.
const ServiceID = "Service"

const (
	fargate     = cfn.S("FARGATE")
	fargateSpot = cfn.S("FARGATE_SPOT")
)

func addCluster(d *cfn.Document) cfn.Handle {
	return d.Add("Cluster", ecs.Cluster{
		CapacityProviders: []cfn.String{fargate, fargateSpot},
		DefaultCapacityProviderStrategy: []ecs.ClusterCapacityProviderStrategyItem{
			{CapacityProvider: fargate, Weight: cfn.I(1)},
		},
	})
}

func addService(d *cfn.Document, spec *v1alpha1.EcsAppSpec, p parts) cfn.Handle {
	// Without its listener ECS refuses the target group; without the rule the load balancer finds no task healthy;
	// without the routes a task cannot pull its image.
	before := append([]cfn.Handle{p.balancer.listener, p.groups.taskIngress}, p.network.routes...)
	return d.Add(ServiceID, ecs.Service{
		Cluster:        p.cluster.Ref(),
		TaskDefinition: p.task.definition.Ref(),
		DesiredCount:   integer(spec.Replicas),
		// Never LaunchType: the way from there to capacity providers is a replacement of the service.
		CapacityProviderStrategy:      []ecs.ServiceCapacityProviderStrategyItem{{CapacityProvider: fargate, Weight: cfn.I(1)}},
		DeploymentConfiguration:       deployment(spec.Deployment),
		HealthCheckGracePeriodSeconds: integer(spec.LoadBalancer.HealthCheck.GraceSeconds),
		LoadBalancers: []ecs.ServiceLoadBalancer{{
			ContainerName:  cfn.S(ContainerName),
			ContainerPort:  cfn.I(spec.Container.Port),
			TargetGroupArn: p.balancer.targets.Ref(),
		}},
		NetworkConfiguration: &ecs.ServiceNetworkConfiguration{AwsvpcConfiguration: &ecs.ServiceAwsVpcConfiguration{
			AssignPublicIp: enabled(p.network.needsPublicIP()),
			SecurityGroups: []cfn.String{p.groups.tasks.Attr("GroupId")},
			Subnets:        p.network.taskSubnets(),
		}},
		PropagateTags:        cfn.S("SERVICE"),
		EnableECSManagedTags: cfn.B(true),
	}, cfn.DependsOn(before...))
}

func deployment(spec v1alpha1.DeploymentSpec) *ecs.ServiceDeploymentConfiguration {
	return &ecs.ServiceDeploymentConfiguration{
		MinimumHealthyPercent: integer(spec.MinimumHealthyPercent),
		MaximumPercent:        cfn.I(spec.MaximumPercent),
		DeploymentCircuitBreaker: &ecs.ServiceDeploymentCircuitBreaker{
			Enable:   isTrue(spec.CircuitBreaker.Enabled),
			Rollback: isTrue(spec.CircuitBreaker.Enabled) && isTrue(spec.CircuitBreaker.Rollback),
		},
	}
}

// integer returns an optional number; without one AWS's default holds.
func integer(n *int32) cfn.Integer {
	if n == nil {
		return nil
	}
	return cfn.I(*n)
}

func isTrue(b *bool) cfn.B { return cfn.B(b != nil && *b) }

func enabled(yes bool) cfn.S {
	if yes {
		return "ENABLED"
	}
	return "DISABLED"
}
