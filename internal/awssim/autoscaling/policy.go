package autoscaling

import (
	"slices"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudwatch"
)

// Types of policies.
const (
	stepScaling    = "StepScaling"
	targetTracking = "TargetTrackingScaling"
	predictive     = "PredictiveScaling"
)

// defaultCooldown is that of ECS services (PutScalingPolicy, API reference).
const defaultCooldown = 300

// Predefined metrics of ECS services.
const (
	averageCPU       = "ECSServiceAverageCPUUtilization"
	averageMemory    = "ECSServiceAverageMemoryUtilization"
	requestPerTarget = "ALBRequestCountPerTarget"
)

type stepAdjustment struct {
	MetricIntervalLowerBound *float64 `json:",omitempty"`
	MetricIntervalUpperBound *float64 `json:",omitempty"`
	ScalingAdjustment        int
}

// stepPolicy is a step scaling policy as the API and CloudFormation write it.
type stepPolicy struct {
	AdjustmentType         string
	StepAdjustments        []stepAdjustment
	MinAdjustmentMagnitude *int   `json:",omitempty"`
	Cooldown               *int   `json:",omitempty"`
	MetricAggregationType  string `json:",omitempty"`
}

type predefinedMetric struct {
	PredefinedMetricType string
	ResourceLabel        string `json:",omitempty"`
}

type trackedMetric struct {
	Namespace  string                 `json:",omitempty"`
	MetricName string                 `json:",omitempty"`
	Dimensions []cloudwatch.Dimension `json:",omitempty"`
}

type trackedStat struct {
	Metric trackedMetric
	Stat   string
	Unit   string `json:",omitempty"`
}

type trackedQuery struct {
	ID         string       `json:"Id"`
	Expression string       `json:",omitempty"`
	Label      string       `json:",omitempty"`
	MetricStat *trackedStat `json:",omitempty"`
	ReturnData *bool        `json:",omitempty"`
}

type customizedMetric struct {
	trackedMetric

	Statistic string         `json:",omitempty"`
	Unit      string         `json:",omitempty"`
	Metrics   []trackedQuery `json:",omitempty"`
}

// trackingPolicy is a target tracking policy as the API and CloudFormation write it.
type trackingPolicy struct {
	TargetValue                   *float64
	PredefinedMetricSpecification *predefinedMetric `json:",omitempty"`
	CustomizedMetricSpecification *customizedMetric `json:",omitempty"`
	ScaleOutCooldown              *int              `json:",omitempty"`
	ScaleInCooldown               *int              `json:",omitempty"`
	DisableScaleIn                *bool             `json:",omitempty"`
}

// policy is a scaling policy. Its fields are the Service's, under its lock.
type policy struct {
	name, kind, arn string
	created         time.Time
	step            *stepPolicy
	tracking        *trackingPolicy
	high, low       alarmRef // of target tracking; low is empty if it does not scale in

	out, in cooldown
}

type alarmRef struct {
	AlarmName string
	AlarmARN  string
}

// cooldown is the time after a scaling in which the next one of its kind is held back.
type cooldown struct {
	until time.Time
	base  int // tasks before the scaling
}

func (p *policy) alarms() []alarmRef {
	made := []alarmRef{}
	for _, one := range []alarmRef{p.high, p.low} {
		if one.AlarmName != "" {
			made = append(made, one)
		}
	}
	return made
}

func (p *policy) scalesIn() bool {
	return p.tracking.DisableScaleIn == nil || !*p.tracking.DisableScaleIn
}

// check refuses what AWS refuses, and what is not acted on.
func (p *stepPolicy) check() error {
	switch {
	case !slices.Contains([]string{changeInCapacity, percentChange, exactCapacity}, p.AdjustmentType):
		return errValidation("Adjustment type has to be one of ChangeInCapacity, PercentChangeInCapacity and ExactCapacity")
	case len(p.StepAdjustments) == 0:
		return errValidation("At least one step adjustment is required")
	case p.MetricAggregationType != "" && !slices.Contains([]string{"Average", "Minimum", "Maximum"}, p.MetricAggregationType):
		return errValidation("Metric aggregation type has to be one of Average, Minimum and Maximum")
	case p.MinAdjustmentMagnitude != nil && p.AdjustmentType != percentChange:
		return errValidation("MinAdjustmentMagnitude can only be used with PercentChangeInCapacity")
	}
	for _, step := range p.StepAdjustments {
		low, high := step.MetricIntervalLowerBound, step.MetricIntervalUpperBound
		if low == nil && high == nil && len(p.StepAdjustments) > 1 {
			return errValidation("StepAdjustment intervals can't overlap")
		}
		if low != nil && high != nil && *low >= *high {
			return errValidation("The lower bound of a StepAdjustment must be less than its upper bound")
		}
	}
	return nil
}

func (p *trackingPolicy) check() error {
	switch {
	case p.TargetValue == nil:
		return errValidation("Target value is required")
	case *p.TargetValue <= 0:
		return errValidation("Target value must be greater than 0")
	case (p.PredefinedMetricSpecification == nil) == (p.CustomizedMetricSpecification == nil):
		return errValidation("Exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification must be specified")
	case p.PredefinedMetricSpecification != nil:
		return p.PredefinedMetricSpecification.check()
	default:
		return p.CustomizedMetricSpecification.check()
	}
}

func (m *predefinedMetric) check() error {
	switch m.PredefinedMetricType {
	case averageCPU, averageMemory:
		if m.ResourceLabel != "" {
			return errValidation("Resource label can only be specified with ALBRequestCountPerTarget")
		}
		return nil
	case requestPerTarget:
		if _, group := splitLabel(m.ResourceLabel); group == "" {
			return errValidation("Invalid resource label: %s. Expected app/<load-balancer-name>/<load-balancer-id>/targetgroup/"+
				"<target-group-name>/<target-group-id>", m.ResourceLabel)
		}
		return nil
	default:
		return errValidation("Predefined metric type %s is not supported for the scalable dimension %s", m.PredefinedMetricType,
			dimensionECS)
	}
}

func (m *customizedMetric) check() error {
	if len(m.Metrics) > 0 {
		for _, one := range m.Metrics {
			if (one.MetricStat == nil) == (one.Expression == "") {
				return errValidation("Exactly one of MetricStat and Expression must be specified in the query %s", one.ID)
			}
		}
		return nil
	}
	if m.Namespace == "" || m.MetricName == "" || m.Statistic == "" {
		return errValidation("Namespace, metric name and statistic are required")
	}
	return nil
}
