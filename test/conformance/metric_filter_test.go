package conformance

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/ecsapp-dev/ecsapp-operator/awssimtest"
)

const watchedLog = `
Resources:
  Log: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: /ecs/shop}}
  Stream: {Type: AWS::Logs::LogStream, Properties: {LogGroupName: !Ref Log, LogStreamName: web}}
  Errors:
    Type: AWS::Logs::MetricFilter
    Properties:
      LogGroupName: !Ref Log
      FilterPattern: '{ $.level = "error" }'
      MetricTransformations:
        - {MetricName: Errors, MetricNamespace: Shop, MetricValue: '1', DefaultValue: 0}
  Alarm:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmName: errors
      MetricName: Errors
      Namespace: Shop
      Statistic: Sum
      Period: 60
      EvaluationPeriods: 1
      Threshold: 1
      ComparisonOperator: GreaterThanOrEqualToThreshold
      TreatMissingData: notBreaching
Outputs: {Filter: {Value: !Ref Errors}}
`

func TestAnAlarmSoundsWhenTheLogSaysSo(t *testing.T) {
	t.Parallel()
	client := clientsOf(awssimtest.Start(t, awssimtest.Speed(60)).URL())
	outputs := createStack(t, client, "watched", watchedLog)
	_, err := client.Logs.PutLogEvents(t.Context(), &cloudwatchlogs.PutLogEventsInput{
		LogGroupName: aws.String("/ecs/shop"), LogStreamName: aws.String("web"),
		LogEvents: []types.InputLogEvent{
			{Timestamp: aws.Int64(time.Now().UnixMilli()), Message: aws.String(`{"level": "info"}`)},
			{Timestamp: aws.Int64(time.Now().UnixMilli()), Message: aws.String(`{"level": "error", "text": "no database"}`)},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	described, err := client.Logs.DescribeMetricFilters(t.Context(), &cloudwatchlogs.DescribeMetricFiltersInput{
		LogGroupName: aws.String("/ecs/shop"), FilterNamePrefix: aws.String(outputs["Filter"]),
	})
	if err != nil || len(described.MetricFilters) != 1 || *described.MetricFilters[0].MetricTransformations[0].MetricName != "Errors" {
		t.Fatalf("described %+v, %v", described, err)
	}
	for started := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		alarms, err := client.CloudWatch.DescribeAlarmHistory(t.Context(), &cloudwatch.DescribeAlarmHistoryInput{
			AlarmName: aws.String("errors"), HistoryItemType: "StateUpdate",
		})
		if err != nil {
			t.Fatal(err)
		}
		sounded := false
		for _, item := range alarms.AlarmHistoryItems {
			sounded = sounded || aws.ToString(item.HistorySummary) == "Alarm updated from OK to ALARM" ||
				aws.ToString(item.HistorySummary) == "Alarm updated from INSUFFICIENT_DATA to ALARM"
		}
		if sounded {
			break
		}
		if time.Since(started) > 30*time.Second {
			t.Fatalf("the alarm is silent: %+v", alarms.AlarmHistoryItems)
		}
	}
	drift, err := client.CloudFormation.DetectStackResourceDrift(t.Context(), &cloudformation.DetectStackResourceDriftInput{
		StackName: aws.String("watched"), LogicalResourceId: aws.String("Errors"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if status := drift.StackResourceDrift.StackResourceDriftStatus; status != "IN_SYNC" {
		t.Errorf("the filter is %s: %+v", status, aws.ToString(drift.StackResourceDrift.ActualProperties))
	}
}
