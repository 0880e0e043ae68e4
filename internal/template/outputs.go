package template

import (
	"github.com/ecsapp-dev/ecsapp-operator/api/v1alpha1"
	"github.com/ecsapp-dev/ecsapp-operator/internal/cfn"
)

// The outputs of every stack.
const (
	// OutputURL is where the application answers.
	OutputURL = "LoadBalancerURL"
	// OutputHealthURL is what the load balancer asks about a task's health.
	OutputHealthURL = "HealthURL"
	// OutputDocsURL is where the application documents its API, if it does as the sample application.
	OutputDocsURL = "DocsURL"
	// OutputCluster is the name of the ECS cluster.
	OutputCluster = "ClusterName"
	// OutputService is the name of the ECS service.
	OutputService = "ServiceName"
	// OutputLogGroup is the name of the log group of the tasks' output.
	OutputLogGroup = "LogGroupName"
	// OutputDigest is Template.Digest: it tells which spec a stack was made from. It is no tag, because a tag of a
	// stack is passed on to all resources, and a new value would be an update of each.
	OutputDigest = "EcsAppDigest"
)

const (
	http     = cfn.S("http://")
	docsPath = cfn.S("/docs")
)

func addOutputs(d *cfn.Document, spec *v1alpha1.EcsAppSpec, p parts) {
	host := p.balancer.balancer.Attr("DNSName")
	d.Output(OutputURL, "Where the application answers", cfn.Concat(http, host))
	d.Output(OutputHealthURL, "What the load balancer asks about a task's health",
		cfn.Concat(http, host, cfn.S(spec.LoadBalancer.HealthCheck.Path)))
	d.Output(OutputDocsURL, "Where the application documents its API", cfn.Concat(http, host, docsPath))
	d.Output(OutputCluster, "The ECS cluster", p.cluster.Ref())
	d.Output(OutputService, "The ECS service", p.service.Attr("Name"))
	d.Output(OutputLogGroup, "The log group of the tasks' output", p.task.logGroup.Ref())
}
