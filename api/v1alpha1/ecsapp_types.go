package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// EcsApp is an HTTP service on AWS ECS Fargate: network, load balancer, service, roles and logs, kept as one
// CloudFormation stack.
//
// +kubebuilder:object:root=true
// +kubebuilder:resource:shortName=ea,categories=all
// +kubebuilder:subresource:status
// +kubebuilder:subresource:scale:specpath=.spec.replicas,statuspath=.status.replicas,selectorpath=.status.selector
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Status",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="URL",type=string,JSONPath=`.status.url`
// +kubebuilder:printcolumn:name="Image",type=string,JSONPath=`.status.image`,priority=1
// +kubebuilder:printcolumn:name="Replicas",type=integer,JSONPath=`.status.replicas`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Message",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].message`,priority=1
// +kubebuilder:validation:XValidation:rule="size(self.metadata.name) <= 63",message="metadata.name must have at most 63 characters: it becomes part of AWS resource names"
type EcsApp struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what the service should be.
	// +required
	Spec EcsAppSpec `json:"spec"`
	// status is what was seen of it.
	// +optional
	Status EcsAppStatus `json:"status,omitzero"`
}

// EcsAppList is a list of EcsApps.
//
// +kubebuilder:object:root=true
type EcsAppList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []EcsApp `json:"items"`
}

// EcsAppSpec is what a service should be. Only image is required.
//
// +kubebuilder:validation:XValidation:rule="self.cpu != 256 || self.memory in [512, 1024, 2048]",message="Fargate has no such size: with spec.cpu 256 write a spec.memory of 512, 1024 or 2048"
// +kubebuilder:validation:XValidation:rule="self.cpu != 512 || (self.memory >= 1024 && self.memory <= 4096 && self.memory % 1024 == 0)",message="Fargate has no such size: with spec.cpu 512 write a spec.memory of 1024 to 4096 in steps of 1024"
// +kubebuilder:validation:XValidation:rule="self.cpu != 1024 || (self.memory >= 2048 && self.memory <= 8192 && self.memory % 1024 == 0)",message="Fargate has no such size: with spec.cpu 1024 write a spec.memory of 2048 to 8192 in steps of 1024"
// +kubebuilder:validation:XValidation:rule="self.cpu != 2048 || (self.memory >= 4096 && self.memory <= 16384 && self.memory % 1024 == 0)",message="Fargate has no such size: with spec.cpu 2048 write a spec.memory of 4096 to 16384 in steps of 1024"
// +kubebuilder:validation:XValidation:rule="self.cpu != 4096 || (self.memory >= 8192 && self.memory <= 30720 && self.memory % 1024 == 0)",message="Fargate has no such size: with spec.cpu 4096 write a spec.memory of 8192 to 30720 in steps of 1024"
// +kubebuilder:validation:XValidation:rule="self.cpu != 8192 || (self.memory >= 16384 && self.memory <= 61440 && self.memory % 4096 == 0)",message="Fargate has no such size: with spec.cpu 8192 write a spec.memory of 16384 to 61440 in steps of 4096"
// +kubebuilder:validation:XValidation:rule="self.cpu != 16384 || (self.memory >= 32768 && self.memory <= 122880 && self.memory % 8192 == 0)",message="Fargate has no such size: with spec.cpu 16384 write a spec.memory of 32768 to 122880 in steps of 8192"
// +kubebuilder:validation:XValidation:rule="self.replicas == 0 || self.replicas * self.deployment.maximumPercent / 100 > (self.replicas * self.deployment.minimumHealthyPercent + 99) / 100",message="with so few spec.replicas no task could ever be replaced: ECS rounds spec.deployment.maximumPercent of them down and minimumHealthyPercent up; write a larger maximumPercent or a smaller minimumHealthyPercent"
type EcsAppSpec struct {
	// region is the AWS region, such as us-east-1. Without it the operator's own region is used.
	// It cannot be changed later.
	// +optional
	// +kubebuilder:default=""
	// +kubebuilder:validation:Pattern=`^$|^[a-z]{2}(-[a-z]+)+-[0-9]$`
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="spec.region cannot be changed: a stack cannot move; create a second EcsApp with the other region and delete this one when it is ready"
	Region string `json:"region,omitempty"`

	// image is the container image that the tasks run.
	// +required
	Image ImageSpec `json:"image"`

	// container is how the image is run.
	// +optional
	// +kubebuilder:default={}
	Container ContainerSpec `json:"container,omitzero"`

	// cpu of a task in CPU units; 1024 units are one vCPU.
	// +optional
	// +kubebuilder:default=256
	// +kubebuilder:validation:Enum=256;512;1024;2048;4096;8192;16384
	CPU int32 `json:"cpu,omitempty"`

	// memory of a task in MiB. Which values go with which cpu: 256 (512, 1024, 2048), 512 (1024-4096),
	// 1024 (2048-8192), 2048 (4096-16384), 4096 (8192-30720), 8192 (16384-61440), 16384 (32768-122880).
	// +optional
	// +kubebuilder:default=512
	// +kubebuilder:validation:Minimum=512
	// +kubebuilder:validation:Maximum=122880
	Memory int32 `json:"memory,omitempty"`

	// architecture of the processors that the tasks run on.
	// +optional
	// +kubebuilder:default=X86_64
	Architecture Architecture `json:"architecture,omitempty"`

	// replicas is how many tasks run. `kubectl scale ecsapp/NAME --replicas=N` sets it.
	// +optional
	// +kubebuilder:default=2
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000
	Replicas *int32 `json:"replicas,omitempty"`

	// network is where the tasks and the load balancer run.
	// +optional
	// +kubebuilder:default={}
	Network NetworkSpec `json:"network,omitzero"`

	// loadBalancer is the Application Load Balancer in front of the tasks.
	// +optional
	// +kubebuilder:default={}
	LoadBalancer LoadBalancerSpec `json:"loadBalancer,omitzero"`

	// observability is what is recorded of the service.
	// +optional
	// +kubebuilder:default={}
	Observability ObservabilitySpec `json:"observability,omitzero"`

	// deployment is how a new version replaces the old one.
	// +optional
	// +kubebuilder:default={}
	Deployment DeploymentSpec `json:"deployment,omitzero"`

	// stack is about the CloudFormation stack itself.
	// +optional
	// +kubebuilder:default={}
	Stack StackSpec `json:"stack,omitzero"`

	// deletionPolicy says what happens to the stack when the EcsApp is deleted.
	// +optional
	// +kubebuilder:default=Delete
	DeletionPolicy DeletionPolicy `json:"deletionPolicy,omitempty"`

	// suspend stops all writes to AWS, deletion included, until it is false again. Status is still kept up to date.
	// +optional
	// +kubebuilder:default=false
	Suspend bool `json:"suspend,omitempty"`
}

// Architecture is a processor architecture as ECS names it.
// +kubebuilder:validation:Enum=X86_64;ARM64
type Architecture string

// The architectures of Fargate.
const (
	ArchitectureX8664 Architecture = "X86_64"
	ArchitectureARM64 Architecture = "ARM64"
)

// DeletionPolicy says what becomes of the stack.
// +kubebuilder:validation:Enum=Delete;Retain
type DeletionPolicy string

// The deletion policies.
const (
	// DeletionPolicyDelete deletes the stack with the EcsApp.
	DeletionPolicyDelete DeletionPolicy = "Delete"
	// DeletionPolicyRetain leaves the stack and everything in it as it is.
	DeletionPolicyRetain DeletionPolicy = "Retain"
)

// ImageSpec names a container image by tag or digest.
//
// +kubebuilder:validation:XValidation:rule="has(self.tag) != has(self.digest)",message="write either spec.image.tag (\"1.0.0\") or spec.image.digest (\"sha256:...\")"
type ImageSpec struct {
	// repository is the image's name without tag and digest, such as
	// 123456789012.dkr.ecr.us-east-1.amazonaws.com/items.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="self.matches('^([a-z0-9.-]+(:[0-9]+)?/)?[a-z0-9]+([._/-]+[a-z0-9]+)*$')",message="write the repository alone, such as 123456789012.dkr.ecr.us-east-1.amazonaws.com/items, and its tag in spec.image.tag"
	Repository string `json:"repository"`

	// tag of the image, such as "1.0.0". In an ECR repository it is resolved to the digest that it points to,
	// again every few minutes: a tag that is moved is deployed.
	// +optional
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$`
	Tag string `json:"tag,omitempty"`

	// digest of the image, such as sha256:6c3c624b58dbbcd3c0dd82b4c53f04194d1247c6eebdaab7c610cf7d66709b3b.
	// +optional
	// +kubebuilder:validation:Pattern=`^sha256:[0-9a-f]{64}$`
	Digest string `json:"digest,omitempty"`
}

// ContainerSpec is how the image is run.
type ContainerSpec struct {
	// port that the application listens on. The container gets it as environment variable PORT, unless env sets PORT.
	// +optional
	// +kubebuilder:default=8000
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65535
	Port int32 `json:"port,omitempty"`

	// entryPoint replaces the image's entry point.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MaxLength=4096
	EntryPoint []string `json:"entryPoint,omitempty"`

	// command replaces the image's command.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MaxLength=4096
	Command []string `json:"command,omitempty"`

	// env are environment variables.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=128
	Env []EnvVar `json:"env,omitempty"`
}

// EnvVar is an environment variable.
type EnvVar struct {
	// name of the variable.
	// +required
	// +kubebuilder:validation:Pattern=`^[A-Za-z_][A-Za-z0-9_]*$`
	// +kubebuilder:validation:MaxLength=255
	Name string `json:"name"`

	// value of the variable. It is readable in the stack's template: no place for secrets.
	// +optional
	// +kubebuilder:validation:MaxLength=8192
	Value string `json:"value,omitempty"`
}

// NetworkSpec is where the tasks and the load balancer run.
type NetworkSpec struct {
	// vpc is the virtual private cloud that the stack creates.
	// +optional
	// +kubebuilder:default={}
	VPC VPCSpec `json:"vpc,omitzero"`
}

// VPCSpec is a new VPC with public and private subnets in each zone.
type VPCSpec struct {
	// cidr is the VPC's IPv4 range, /16 to /23. It cannot be changed later.
	// +optional
	// +kubebuilder:default="10.0.0.0/16"
	// +kubebuilder:validation:MaxLength=18
	// +kubebuilder:validation:XValidation:rule="isCIDR(self) && cidr(self).ip().family() == 4 && cidr(self).prefixLength() >= 16 && cidr(self).prefixLength() <= 23 && cidr(self) == cidr(self).masked()",message="write an IPv4 range of /16 to /23 that starts at its first address, such as 10.0.0.0/16"
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="spec.network.vpc.cidr cannot be changed: it would replace the whole network and with it the load balancer; create a second EcsApp with the new range"
	CIDR string `json:"cidr,omitempty"`

	// zones is how many availability zones the service spreads over.
	// +optional
	// +kubebuilder:default=2
	// +kubebuilder:validation:Minimum=2
	// +kubebuilder:validation:Maximum=3
	Zones int32 `json:"zones,omitempty"`

	// natGateways is how the tasks reach the internet, and their image: through one NAT gateway (Single), one in
	// each zone (PerZone, survives the loss of a zone), or none at all (None: the tasks then run in the public
	// subnets with public addresses, still reachable only from the load balancer, and NAT costs nothing).
	// +optional
	// +kubebuilder:default=Single
	NATGateways NATGateways `json:"natGateways,omitempty"`
}

// NATGateways says how many NAT gateways there are.
// +kubebuilder:validation:Enum=None;Single;PerZone
type NATGateways string

// The NAT gateway layouts.
const (
	NATGatewaysNone    NATGateways = "None"
	NATGatewaysSingle  NATGateways = "Single"
	NATGatewaysPerZone NATGateways = "PerZone"
)

// LoadBalancerSpec is the Application Load Balancer in front of the tasks.
type LoadBalancerSpec struct {
	// scheme is where the load balancer can be reached from: the internet, or the VPC only. It cannot be changed later.
	// +optional
	// +kubebuilder:default=internet-facing
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="spec.loadBalancer.scheme cannot be changed: it would replace the load balancer and its address; create a second EcsApp"
	Scheme Scheme `json:"scheme,omitempty"`

	// allowedCIDRs are the IPv4 ranges that may reach the load balancer.
	// +optional
	// +listType=set
	// +kubebuilder:default={"0.0.0.0/0"}
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=50
	// +kubebuilder:validation:items:MaxLength=18
	// +kubebuilder:validation:XValidation:rule="self.all(c, isCIDR(c) && cidr(c).ip().family() == 4)",message="each of spec.loadBalancer.allowedCIDRs must be an IPv4 range such as 203.0.113.0/24"
	AllowedCIDRs []string `json:"allowedCIDRs,omitempty"`

	// healthCheck decides which tasks get requests.
	// +optional
	// +kubebuilder:default={}
	HealthCheck HealthCheckSpec `json:"healthCheck,omitzero"`
}

// Scheme is the reach of a load balancer, as AWS names it.
// +kubebuilder:validation:Enum=internet-facing;internal
type Scheme string

// The schemes.
const (
	SchemeInternetFacing Scheme = "internet-facing"
	SchemeInternal       Scheme = "internal"
)

// HealthCheckSpec is the load balancer's health check of each task.
//
// +kubebuilder:validation:XValidation:rule="!has(self.timeoutSeconds) || self.timeoutSeconds < self.intervalSeconds",message="spec.loadBalancer.healthCheck.timeoutSeconds must be less than intervalSeconds"
type HealthCheckSpec struct {
	// path that answers 200 when the task is healthy.
	// +optional
	// +kubebuilder:default="/health"
	// +kubebuilder:validation:Pattern=`^/[!-~]*$`
	// +kubebuilder:validation:MaxLength=1024
	Path string `json:"path,omitempty"`

	// intervalSeconds between two checks of a task.
	// +optional
	// +kubebuilder:default=30
	// +kubebuilder:validation:Minimum=5
	// +kubebuilder:validation:Maximum=300
	IntervalSeconds int32 `json:"intervalSeconds,omitempty"`

	// timeoutSeconds after which a check without an answer has failed.
	// +optional
	// +kubebuilder:default=5
	// +kubebuilder:validation:Minimum=2
	// +kubebuilder:validation:Maximum=120
	TimeoutSeconds int32 `json:"timeoutSeconds,omitempty"`

	// healthyThreshold is how many checks in a row must succeed before a task gets requests.
	// +optional
	// +kubebuilder:default=2
	// +kubebuilder:validation:Minimum=2
	// +kubebuilder:validation:Maximum=10
	HealthyThreshold int32 `json:"healthyThreshold,omitempty"`

	// unhealthyThreshold is how many checks in a row must fail before a task is replaced.
	// +optional
	// +kubebuilder:default=3
	// +kubebuilder:validation:Minimum=2
	// +kubebuilder:validation:Maximum=10
	UnhealthyThreshold int32 `json:"unhealthyThreshold,omitempty"`

	// graceSeconds is how long a task may fail its checks after it started.
	// +optional
	// +kubebuilder:default=60
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=7200
	GraceSeconds *int32 `json:"graceSeconds,omitempty"`
}

// ObservabilitySpec is what is recorded of the service.
type ObservabilitySpec struct {
	// logs is what is kept of the tasks' output.
	// +optional
	// +kubebuilder:default={}
	Logs LogsSpec `json:"logs,omitzero"`
}

// LogsSpec is the CloudWatch log group of the tasks' output.
type LogsSpec struct {
	// retentionDays is how long output is kept, in days.
	// +optional
	// +kubebuilder:default=30
	// +kubebuilder:validation:Enum=1;3;5;7;14;30;60;90;120;150;180;365;400;545;731;1096;1827;2192;2557;2922;3288;3653
	RetentionDays int32 `json:"retentionDays,omitempty"`
}

// DeploymentSpec is how a new version replaces the old one.
//
// +kubebuilder:validation:XValidation:rule="!has(self.maximumPercent) || self.maximumPercent > self.minimumHealthyPercent",message="spec.deployment.maximumPercent must be greater than minimumHealthyPercent, or no task could ever be replaced"
type DeploymentSpec struct {
	// minimumHealthyPercent of the replicas that keep running during a deployment.
	// +optional
	// +kubebuilder:default=100
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100
	MinimumHealthyPercent *int32 `json:"minimumHealthyPercent,omitempty"`

	// maximumPercent of the replicas that may run during a deployment, old and new together.
	// +optional
	// +kubebuilder:default=200
	// +kubebuilder:validation:Minimum=100
	// +kubebuilder:validation:Maximum=400
	MaximumPercent int32 `json:"maximumPercent,omitempty"`

	// circuitBreaker ends a deployment whose tasks keep failing, instead of trying for hours.
	// +optional
	// +kubebuilder:default={}
	CircuitBreaker CircuitBreakerSpec `json:"circuitBreaker,omitzero"`
}

// CircuitBreakerSpec is the ECS deployment circuit breaker.
type CircuitBreakerSpec struct {
	// enabled says whether a failing deployment is ended.
	// +optional
	// +kubebuilder:default=true
	Enabled *bool `json:"enabled,omitempty"`

	// rollback says whether the last good version is then restored by ECS itself. It means nothing if enabled is false.
	// +optional
	// +kubebuilder:default=true
	Rollback *bool `json:"rollback,omitempty"`
}

// StackSpec is about the CloudFormation stack itself.
type StackSpec struct {
	// tags of the stack. AWS passes them on to every resource in it.
	// +optional
	// +kubebuilder:validation:MaxProperties=40
	// +kubebuilder:validation:XValidation:rule="self.all(k, size(k) >= 1 && size(k) <= 128 && size(self[k]) <= 256)",message="spec.stack.tags: a key has 1 to 128 characters, a value at most 256"
	// +kubebuilder:validation:XValidation:rule="self.all(k, !k.lowerAscii().startsWith('aws:') && !k.startsWith('ecsapp.dev/'))",message="spec.stack.tags: keys that start with aws: or ecsapp.dev/ are reserved"
	Tags map[string]string `json:"tags,omitempty"`

	// terminationProtection true refuses every deletion of the stack, also by this operator, until it is false. Without
	// it a protection that was set by hand is left as it is, and respected.
	// +optional
	TerminationProtection *bool `json:"terminationProtection,omitempty"`
}
