package conformance

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/awssimtest"
)

// putErrors puts so many errors of the shop.
func putErrors(t *testing.T, metrics *cloudwatch.Client, counts ...float64) {
	t.Helper()
	_, err := metrics.PutMetricData(t.Context(), &cloudwatch.PutMetricDataInput{
		Namespace: aws.String("Shop"), MetricData: []types.MetricDatum{{
			MetricName: aws.String("Errors"), Values: counts, Unit: types.StandardUnitCount,
			Dimensions: []types.Dimension{{Name: aws.String("Service"), Value: aws.String("items")}},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func errorsOfShop() *types.Metric {
	return &types.Metric{
		Namespace: aws.String("Shop"), MetricName: aws.String("Errors"),
		Dimensions: []types.Dimension{{Name: aws.String("Service"), Value: aws.String("items")}},
	}
}

func TestMetricsAreReadAsTheyWerePut(t *testing.T) {
	t.Parallel()
	metrics := clientsOf(awssimtest.Start(t).URL()).CloudWatch
	putErrors(t, metrics, 1, 2, 6)
	stat := func(id, name string) types.MetricDataQuery {
		return types.MetricDataQuery{Id: aws.String(id), MetricStat: &types.MetricStat{
			Metric: errorsOfShop(), Period: aws.Int32(86_400), Stat: aws.String(name),
		}}
	}
	data, err := metrics.GetMetricData(t.Context(), &cloudwatch.GetMetricDataInput{
		StartTime: aws.Time(time.Now().Add(-time.Hour)), EndTime: aws.Time(time.Now().Add(time.Hour)),
		MetricDataQueries: []types.MetricDataQuery{
			stat("total", "Sum"), stat("count", "SampleCount"), stat("median", "p50"),
			{Id: aws.String("mean"), Expression: aws.String("total / count * 100"), Label: aws.String("Mean")},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[string]float64)
	for _, result := range data.MetricDataResults {
		for _, value := range result.Values { // of two days at midnight, of which one has data
			got[*result.Label+" "+*result.Id] = value
		}
	}
	want := map[string]float64{"Errors total": 9, "Errors count": 3, "Errors median": 2, "Mean mean": 300}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	listed, err := metrics.ListMetrics(t.Context(), &cloudwatch.ListMetricsInput{Namespace: aws.String("Shop")})
	if err != nil || len(listed.Metrics) != 1 || *listed.Metrics[0].Dimensions[0].Value != "items" {
		t.Errorf("listed %v, %v", listed, err)
	}
}

func TestErrorsOfCloudWatchHaveTheirTypesAndCodes(t *testing.T) {
	t.Parallel()
	metrics := clientsOf(awssimtest.Start(t).URL()).CloudWatch
	_, err := metrics.SetAlarmState(t.Context(), &cloudwatch.SetAlarmStateInput{
		AlarmName: aws.String("none"), StateValue: types.StateValueAlarm, StateReason: aws.String("a test"),
	})
	if missing, ok := errors.AsType[*types.ResourceNotFound](err); !ok || missing.ErrorCode() != "ResourceNotFound" {
		t.Errorf("got %v", err)
	}
	_, err = metrics.GetDashboard(t.Context(), &cloudwatch.GetDashboardInput{DashboardName: aws.String("none")})
	if missing, ok := errors.AsType[*types.DashboardNotFoundError](err); !ok || missing.ErrorMessage() != "Dashboard none does not exist" {
		t.Errorf("got %v", err)
	}
	_, err = metrics.PutMetricData(t.Context(), &cloudwatch.PutMetricDataInput{
		Namespace: aws.String("AWS/ECS"), MetricData: []types.MetricDatum{{MetricName: aws.String("x"), Value: aws.Float64(1)}},
	})
	if invalid, ok := errors.AsType[*types.InvalidParameterValueException](err); !ok || invalid.ErrorCode() != "InvalidParameterValue" {
		t.Errorf("got %v", err)
	}
	if got := problem(err); got != "InvalidParameterValue: The value AWS/ for parameter Namespace is invalid." {
		t.Errorf("got %s", got)
	}
}

func TestAnAlarmGoesOffAndIsTold(t *testing.T) {
	t.Parallel()
	metrics := clientsOf(awssimtest.Start(t).URL()).CloudWatch
	if _, err := metrics.PutMetricAlarm(t.Context(), &cloudwatch.PutMetricAlarmInput{
		AlarmName: aws.String("errors"), Namespace: aws.String("Shop"), MetricName: aws.String("Errors"),
		Dimensions: errorsOfShop().Dimensions, Statistic: types.StatisticSum, Period: aws.Int32(60), EvaluationPeriods: aws.Int32(1),
		Threshold: aws.Float64(5), ComparisonOperator: types.ComparisonOperatorGreaterThanOrEqualToThreshold,
		Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("shop")}},
	}); err != nil {
		t.Fatal(err)
	}
	putErrors(t, metrics, 3, 4)
	waiter := cloudwatch.NewAlarmExistsWaiter(metrics)
	if err := waiter.Wait(t.Context(), &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{"errors"}}, time.Minute); err != nil {
		t.Fatal(err)
	}
	described, err := metrics.DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{"errors"}})
	if err != nil {
		t.Fatal(err)
	}
	alarm := described.MetricAlarms[0]
	if alarm.StateValue != types.StateValueAlarm || time.Since(*alarm.StateUpdatedTimestamp) > time.Minute {
		t.Errorf("the alarm is %s: %s", alarm.StateValue, *alarm.StateReason)
	}
	tags, err := metrics.ListTagsForResource(t.Context(), &cloudwatch.ListTagsForResourceInput{ResourceARN: alarm.AlarmArn})
	if err != nil || len(tags.Tags) != 1 || *tags.Tags[0].Value != "shop" {
		t.Errorf("the tags are %v, %v", tags, err)
	}
}

func TestAnAlarmReachesAQueueThroughItsTopic(t *testing.T) {
	t.Parallel()
	client := clientsOf(awssimtest.Start(t).URL())
	topic, err := client.SNS.CreateTopic(t.Context(), &sns.CreateTopicInput{Name: aws.String("alerts")})
	if err != nil {
		t.Fatal(err)
	}
	queue, err := client.SQS.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("alerts")})
	if err != nil {
		t.Fatal(err)
	}
	const queueARN = "arn:aws:sqs:us-east-1:123456789012:alerts"
	if _, err := client.SQS.SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{
		QueueUrl: queue.QueueUrl, Attributes: map[string]string{"Policy": `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
			"Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "` + queueARN + `"}]}`},
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.SNS.Subscribe(t.Context(), &sns.SubscribeInput{
		TopicArn: topic.TopicArn, Protocol: aws.String("sqs"), Endpoint: aws.String(queueARN),
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.CloudWatch.PutMetricAlarm(t.Context(), &cloudwatch.PutMetricAlarmInput{
		AlarmName: aws.String("errors"), Namespace: aws.String("Shop"), MetricName: aws.String("Errors"), Statistic: types.StatisticSum,
		Dimensions: errorsOfShop().Dimensions, Period: aws.Int32(60), EvaluationPeriods: aws.Int32(1), Threshold: aws.Float64(5),
		ComparisonOperator: types.ComparisonOperatorGreaterThanThreshold, AlarmActions: []string{*topic.TopicArn},
	}); err != nil {
		t.Fatal(err)
	}
	putErrors(t, client.CloudWatch, 6)
	received, err := client.SQS.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: queue.QueueUrl, WaitTimeSeconds: 10})
	if err != nil || len(received.Messages) != 1 {
		t.Fatalf("received %v, %v", received, err)
	}
	envelope := membersOf(t, *received.Messages[0].Body)
	message := membersOf(t, fmt.Sprint(envelope["Message"]))
	got := []any{envelope["Subject"], message["AlarmName"], message["OldStateValue"], message["NewStateValue"]}
	want := []any{`ALARM: "errors" in US East (N. Virginia)`, "errors", "INSUFFICIENT_DATA", "ALARM"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// membersOf returns the members of a JSON object.
func membersOf(t *testing.T, text string) map[string]any {
	t.Helper()
	var members map[string]any
	if err := json.Unmarshal([]byte(text), &members); err != nil {
		t.Fatal(err)
	}
	return members
}

func TestTheCommandLineAndBoto3ReachCloudWatch(t *testing.T) {
	t.Parallel()
	sim := awssimtest.Start(t)
	putErrors(t, clientsOf(sim.URL()).CloudWatch, 7)
	got := program(t, sim, "aws", "cloudwatch", "list-metrics", "--namespace", "Shop", "--query", "Metrics[0].MetricName", "--output", "text")
	if got != "Errors" {
		t.Errorf("the command line lists %s", got)
	}
	program(t, sim, "aws", "cloudwatch", "put-metric-alarm", "--alarm-name", "cli", "--namespace", "Shop", "--metric-name", "Errors",
		"--dimensions", "Name=Service,Value=items", "--statistic", "Maximum", "--period", "60", "--evaluation-periods", "1",
		"--threshold", "6.5", "--comparison-operator", "GreaterThanThreshold")
	got = program(t, sim, "aws", "cloudwatch", "describe-alarms", "--query", "MetricAlarms[0].StateValue", "--output", "text")
	if got != "ALARM" {
		t.Errorf("the command line describes an alarm that is %s", got)
	}
	got = program(t, sim, "python3", "-c", `
import botocore.session, datetime
for protocol in ("smithy-rpc-v2-cbor", "json", "query"):
    session = botocore.session.get_session()
    model = session.get_component("data_loader").load_service_model("cloudwatch", "service-2")
    model["metadata"]["protocols"] = [protocol]
    model["metadata"]["protocol"] = protocol
    metrics = session.create_client("cloudwatch")
    assert metrics.meta.service_model.resolved_protocol == protocol
    now = datetime.datetime.now(datetime.timezone.utc)
    points = metrics.get_metric_statistics(
        Namespace="Shop", MetricName="Errors", Dimensions=[{"Name": "Service", "Value": "items"}], Period=86400,
        StartTime=now - datetime.timedelta(hours=1), EndTime=now + datetime.timedelta(hours=1),
        Statistics=["Sum"], ExtendedStatistics=["p99"])["Datapoints"]
    assert points[0]["Sum"] == 7.0 and points[0]["ExtendedStatistics"] == {"p99": 7.0}, points
    assert points[0]["Timestamp"].tzinfo is not None, points
    metrics.tag_resource(ResourceARN=metrics.describe_alarms()["MetricAlarms"][0]["AlarmArn"], Tags=[{"Key": "k", "Value": "v"}])
    try:
        metrics.set_alarm_state(AlarmName="none", StateValue="ALARM", StateReason="a test")
    except metrics.exceptions.ResourceNotFound as missing:
        print(protocol, missing.response["Error"]["Code"], missing.response["ResponseMetadata"]["HTTPStatusCode"])
`)
	want := "smithy-rpc-v2-cbor ResourceNotFound 404\njson ResourceNotFound 404\nquery ResourceNotFound 404"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestStacksHaveAlarmsAndDashboards(t *testing.T) {
	t.Parallel()
	client := clientsOf(awssimtest.Start(t).URL())
	outputs := createStack(t, client, "watched", `
Resources:
  Errors:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: Shop
      MetricName: Errors
      Statistic: Sum
      Period: "60"
      EvaluationPeriods: 1
      Threshold: 5
      ComparisonOperator: GreaterThanThreshold
      TreatMissingData: notBreaching
  Any:
    Type: AWS::CloudWatch::CompositeAlarm
    Properties:
      AlarmName: any
      AlarmRule: !Sub ALARM(${Errors})
  Board:
    Type: AWS::CloudWatch::Dashboard
    Properties:
      DashboardName: board
      DashboardBody: '{"widgets": []}'
Outputs:
  Alarm: {Value: !Ref Errors}
  Arn: {Value: !GetAtt Errors.Arn}
  Board: {Value: !Ref Board}
`)
	if outputs["Arn"] != "arn:aws:cloudwatch:us-east-1:123456789012:alarm:"+outputs["Alarm"] || outputs["Board"] != "board" {
		t.Errorf("the outputs are %v", outputs)
	}
	if _, err := client.CloudWatch.PutMetricAlarm(t.Context(), &cloudwatch.PutMetricAlarmInput{
		AlarmName: aws.String(outputs["Alarm"]), Namespace: aws.String("Shop"), MetricName: aws.String("Errors"),
		Statistic: types.StatisticSum, Period: aws.Int32(60), EvaluationPeriods: aws.Int32(1), Threshold: aws.Float64(50),
		ComparisonOperator: types.ComparisonOperatorGreaterThanThreshold, TreatMissingData: aws.String("notBreaching"),
	}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"Errors/Threshold: 5 -> 50"}, drifts(t, client, "watched")); diff != "" {
		t.Error(diff)
	}
}
