package autoscaling

import (
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudwatch"
)

// How target tracking's alarms watch: three minutes above the target, fifteen minutes below nine tenths of it (as the
// alarms that AWS makes for ECS services show).
const (
	minutesHigh = 3
	minutesLow  = 15
	lowShare    = 0.9
)

// splitLabel cuts app/NAME/ID/targetgroup/NAME/ID in two, as metrics name load balancer and target group.
func splitLabel(label string) (string, string) {
	balancer, group, ok := strings.Cut(label, "/targetgroup/")
	if !ok || !strings.HasPrefix(balancer, "app/") || strings.Count(group, "/") != 1 {
		return "", ""
	}
	return balancer, "targetgroup/" + group
}

// queries are what a policy's alarms watch.
func (p *trackingPolicy) queries(of targetKey) []cloudwatch.Query {
	cluster, service := of.ecsNames()
	query := cloudwatch.Query{
		ID: "m1", Namespace: "AWS/ECS", Statistic: "Average",
		Dimensions: []cloudwatch.Dimension{{Name: "ClusterName", Value: cluster}, {Name: "ServiceName", Value: service}},
	}
	if given := p.PredefinedMetricSpecification; given != nil {
		switch given.PredefinedMetricType {
		case averageCPU:
			query.MetricName, query.Unit = "CPUUtilization", "Percent"
		case averageMemory:
			query.MetricName, query.Unit = "MemoryUtilization", "Percent"
		default:
			balancer, group := splitLabel(given.ResourceLabel)
			query = cloudwatch.Query{
				ID: "m1", Namespace: "AWS/ApplicationELB", MetricName: "RequestCountPerTarget", Statistic: "Sum",
				Dimensions: []cloudwatch.Dimension{{Name: "LoadBalancer", Value: balancer}, {Name: "TargetGroup", Value: group}},
			}
		}
		return []cloudwatch.Query{query}
	}
	return p.CustomizedMetricSpecification.queries()
}

func (m *customizedMetric) queries() []cloudwatch.Query {
	if len(m.Metrics) == 0 {
		return []cloudwatch.Query{{
			ID: "m1", Namespace: m.Namespace, MetricName: m.MetricName, Dimensions: m.Dimensions, Statistic: m.Statistic, Unit: m.Unit,
		}}
	}
	var made []cloudwatch.Query
	for _, one := range m.Metrics {
		query := cloudwatch.Query{
			ID: one.ID, Expression: one.Expression, Hidden: one.ReturnData != nil && !*one.ReturnData,
		}
		if stat := one.MetricStat; stat != nil {
			query.Namespace, query.MetricName, query.Dimensions = stat.Metric.Namespace, stat.Metric.MetricName, stat.Metric.Dimensions
			query.Statistic, query.Unit = stat.Stat, stat.Unit
		}
		made = append(made, query)
	}
	return made
}

// watch makes a policy's alarms anew.
func (s *Service) watch(of targetKey, tracked *policy) error {
	s.unwatch(of, tracked)
	put := func(suffix, comparison string, threshold float64, minutes int) (alarmRef, error) {
		name := fmt.Sprintf("TargetTracking-%s-%s-%s", of.id, suffix, uuid.NewString())
		arn, err := s.Alarms.PutWatch(of.Place, cloudwatch.Watch{
			Name: name, Queries: tracked.tracking.queries(of), Comparison: comparison, Threshold: threshold, Periods: minutes,
			Action:      tracked.arn,
			Description: fmt.Sprintf("DO NOT EDIT OR DELETE. For TargetTrackingScaling policy %s.", tracked.arn),
		})
		if err != nil {
			return alarmRef{}, fmt.Errorf("making the alarm: %w", err)
		}
		return alarmRef{AlarmName: name, AlarmARN: arn}, nil
	}
	var err error
	if tracked.high, err = put("AlarmHigh", "GreaterThanThreshold", *tracked.tracking.TargetValue, minutesHigh); err != nil {
		return err
	}
	if tracked.scalesIn() {
		tracked.low, err = put("AlarmLow", "LessThanThreshold", *tracked.tracking.TargetValue*lowShare, minutesLow)
	}
	return err
}

// unwatch removes a policy's alarms.
func (s *Service) unwatch(of targetKey, tracked *policy) {
	for _, one := range tracked.alarms() {
		s.Alarms.RemoveAlarm(of.Place, one.AlarmName)
	}
	tracked.high, tracked.low = alarmRef{}, alarmRef{}
}
