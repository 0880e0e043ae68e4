package ecs

import (
	"maps"
	"slices"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// Whether the circuit breaker or the alarms of a service deployment look (API reference).
const (
	monitorOff       = "DISABLED"
	monitorOn        = "MONITORING"
	monitorDone      = "MONITORING_COMPLETE"
	monitorTriggered = "TRIGGERED"
)

type describedServiceDeployment struct {
	ServiceDeploymentArn     string               `json:"serviceDeploymentArn"`
	ServiceArn               string               `json:"serviceArn"`
	ClusterArn               string               `json:"clusterArn"`
	CreatedAt                wire.Time            `json:"createdAt"`
	StartedAt                wire.Time            `json:"startedAt"`
	FinishedAt               wire.Time            `json:"finishedAt,omitzero"`
	StoppedAt                wire.Time            `json:"stoppedAt,omitzero"`
	UpdatedAt                wire.Time            `json:"updatedAt"`
	SourceServiceRevisions   []summarizedRevision `json:"sourceServiceRevisions"`
	TargetServiceRevision    summarizedRevision   `json:"targetServiceRevision"`
	Status                   string               `json:"status"`
	StatusReason             string               `json:"statusReason,omitempty"`
	LifecycleStage           string               `json:"lifecycleStage,omitempty"`
	LifecycleHookDetails     []describedHook      `json:"lifecycleHookDetails,omitempty"`
	DeploymentConfiguration  DeploymentConfig     `json:"deploymentConfiguration"`
	Rollback                 *describedRollback   `json:"rollback,omitempty"`
	DeploymentCircuitBreaker describedBreaker     `json:"deploymentCircuitBreaker"`
	Alarms                   describedAlarms      `json:"alarms"`
}

type summarizedRevision struct {
	currentRevision

	RequestedProductionTrafficWeight *float64 `json:"requestedProductionTrafficWeight,omitempty"`
	RequestedTestTrafficWeight       *float64 `json:"requestedTestTrafficWeight,omitempty"`
}

type currentRevision struct {
	Arn                string `json:"arn"`
	RequestedTaskCount int    `json:"requestedTaskCount"`
	RunningTaskCount   int    `json:"runningTaskCount"`
	PendingTaskCount   int    `json:"pendingTaskCount"`
}

type describedRollback struct {
	Reason             string    `json:"reason"`
	StartedAt          wire.Time `json:"startedAt"`
	ServiceRevisionArn string    `json:"serviceRevisionArn"`
}

type describedBreaker struct {
	Status       string `json:"status"`
	FailureCount int    `json:"failureCount"`
	Threshold    int    `json:"threshold"`
}

type describedAlarms struct {
	Status              string   `json:"status"`
	AlarmNames          []string `json:"alarmNames,omitempty"`
	TriggeredAlarmNames []string `json:"triggeredAlarmNames,omitempty"`
}

type describedHook struct {
	HookID        string    `json:"hookId"`
	TargetType    string    `json:"targetType"`
	Status        string    `json:"status"`
	ExpiresAt     wire.Time `json:"expiresAt,omitzero"`
	TimeoutAction string    `json:"timeoutAction"`
}

func (f *fleet) describeServiceDeployment(d *serviceDeployment) describedServiceDeployment {
	described := describedServiceDeployment{
		ServiceDeploymentArn: d.arn, ServiceArn: f.arn, ClusterArn: f.cluster.arn, CreatedAt: wire.At(d.created),
		StartedAt: wire.At(d.created), FinishedAt: wire.At(d.finished), StoppedAt: wire.At(d.stopped), UpdatedAt: wire.At(d.updated),
		SourceServiceRevisions: []summarizedRevision{}, TargetServiceRevision: f.summarize(d, d.target),
		Status: d.status, StatusReason: d.reason, LifecycleStage: d.at(), DeploymentConfiguration: d.config,
		DeploymentCircuitBreaker: f.describeBreaker(d), Alarms: d.describeAlarms(f.current == d),
	}
	for _, source := range d.sources {
		described.SourceServiceRevisions = append(described.SourceServiceRevisions, f.summarize(d, source))
	}
	for _, one := range d.hooks {
		described.LifecycleHookDetails = append(described.LifecycleHookDetails, describedHook{
			HookID: one.id, TargetType: pauseHook, Status: one.status, ExpiresAt: wire.At(one.expires), TimeoutAction: one.action,
		})
	}
	if d.undone.reason != "" {
		described.Rollback = &describedRollback{d.undone.reason, wire.At(d.undone.started), d.undone.revisionARN}
	}
	return described
}

func (f *fleet) describeBreaker(d *serviceDeployment) describedBreaker {
	guard := d.config.DeploymentCircuitBreaker
	described := describedBreaker{Status: monitorOff}
	if guard.Enable {
		described = describedBreaker{
			monitor(d.tripped, f.current == d && d.back == nil), d.target.failed,
			guard.ThresholdConfiguration.failures(f.desired),
		}
	}
	return described
}

func (d *serviceDeployment) describeAlarms(ongoing bool) describedAlarms {
	if !d.config.Alarms.Enable || d.deaf {
		return describedAlarms{Status: monitorOff}
	}
	return describedAlarms{monitor(len(d.alarmed) > 0, ongoing && d.back == nil), d.config.Alarms.AlarmNames, d.alarmed}
}

func monitor(triggered, ongoing bool) string {
	switch {
	case triggered:
		return monitorTriggered
	case ongoing:
		return monitorOn
	default:
		return monitorDone
	}
}

// wanted is how many tasks a deployment is meant to run. Call it locked.
func (f *fleet) wanted(d *deployment) int {
	looked, _ := f.view()
	switch {
	case len(f.deployments) == 0:
		return 0
	case d == f.deployments[0] && !looked.hold:
		return f.desired
	case f.current != nil && looked.keep && (d == f.current.blue || f.current.back != nil && d == f.current.target):
		return f.desired
	default:
		return 0
	}
}

func (f *fleet) currentRevision(d *deployment) currentRevision {
	described := currentRevision{
		Arn: d.served.arn, RunningTaskCount: f.count(d, (*task).running), PendingTaskCount: f.count(d, (*task).pending),
	}
	if slices.Contains(f.deployments, d) {
		described.RequestedTaskCount = f.wanted(d)
	}
	return described
}

func (f *fleet) summarize(of *serviceDeployment, d *deployment) summarizedRevision {
	summary := summarizedRevision{currentRevision: f.currentRevision(d)}
	if of.config.shifting() {
		summary.RequestedProductionTrafficWeight, summary.RequestedTestTrafficWeight = new(d.production), new(d.test)
	}
	return summary
}

type describedRevision struct {
	ServiceRevisionArn       string               `json:"serviceRevisionArn"`
	ServiceArn               string               `json:"serviceArn"`
	ClusterArn               string               `json:"clusterArn"`
	TaskDefinition           string               `json:"taskDefinition"`
	LaunchType               string               `json:"launchType,omitempty"`
	CapacityProviderStrategy []StrategyItem       `json:"capacityProviderStrategy,omitempty"`
	PlatformVersion          string               `json:"platformVersion"`
	PlatformFamily           string               `json:"platformFamily"`
	LoadBalancers            []LoadBalancer       `json:"loadBalancers"`
	ServiceRegistries        []ServiceRegistry    `json:"serviceRegistries,omitempty"`
	ServiceConnect           *connectConfig       `json:"serviceConnectConfiguration,omitempty"`
	NetworkConfiguration     NetworkConfiguration `json:"networkConfiguration"`
	ContainerImages          []containerImage     `json:"containerImages"`
	GuardDutyEnabled         bool                 `json:"guardDutyEnabled"`
	CreatedAt                wire.Time            `json:"createdAt"`
	ResolvedConfiguration    *resolvedBalancers   `json:"resolvedConfiguration,omitempty"`
}

type containerImage struct {
	ContainerName string `json:"containerName"`
	ImageDigest   string `json:"imageDigest,omitempty"`
	Image         string `json:"image"`
}

type resolvedBalancers struct {
	LoadBalancers []resolvedBalancer `json:"loadBalancers"`
}

type resolvedBalancer struct {
	TargetGroupArn         string `json:"targetGroupArn"`
	ProductionListenerRule string `json:"productionListenerRule,omitempty"`
}

func (f *fleet) describeRevision(r *servedRevision) describedRevision {
	described := describedRevision{
		ServiceRevisionArn: r.arn, ServiceArn: f.arn, ClusterArn: f.cluster.arn, TaskDefinition: r.revision.definition.arn,
		LaunchType: r.revision.launchType, CapacityProviderStrategy: r.revision.strategy, PlatformVersion: platformVersion,
		PlatformFamily: platformFamily, LoadBalancers: append([]LoadBalancer{}, r.revision.balancers...),
		NetworkConfiguration: NetworkConfiguration{r.revision.network}, ContainerImages: []containerImage{},
		CreatedAt: wire.At(r.created), ServiceRegistries: r.revision.registries, ServiceConnect: r.revision.connect,
	}
	digests := maps.Clone(r.digests)
	for _, container := range r.revision.definition.ContainerDefinitions {
		described.ContainerImages = append(described.ContainerImages,
			containerImage{container.Name, digests[container.Name], container.Image})
	}
	for _, balancer := range r.balancers {
		one := resolvedBalancer{TargetGroupArn: balancer.TargetGroupArn}
		if balancer.AdvancedConfiguration != nil {
			one.ProductionListenerRule = balancer.AdvancedConfiguration.ProductionListenerRule
		}
		if described.ResolvedConfiguration == nil {
			described.ResolvedConfiguration = &resolvedBalancers{}
		}
		described.ResolvedConfiguration.LoadBalancers = append(described.ResolvedConfiguration.LoadBalancers, one)
	}
	return described
}
