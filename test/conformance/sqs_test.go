package conformance

import (
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/ecsapp-dev/ecsapp-operator/awssimtest"
)

func TestAQueueKeepsAMessageUntilItIsDeleted(t *testing.T) {
	t.Parallel()
	queues := clientsOf(awssimtest.Start(t).URL()).SQS
	made, err := queues.CreateQueue(t.Context(), &sqs.CreateQueueInput{
		QueueName: aws.String("orders"), Attributes: map[string]string{"VisibilityTimeout": "0"}, Tags: map[string]string{"team": "shop"},
	})
	if err != nil {
		t.Fatal(err)
	}
	attributes := map[string]types.MessageAttributeValue{
		"kind":  {DataType: aws.String("String"), StringValue: aws.String("order")},
		"bytes": {DataType: aws.String("Binary"), BinaryValue: []byte{1, 2}},
	}
	if _, err := queues.SendMessage(t.Context(), &sqs.SendMessageInput{ // whose MD5s the SDK verifies
		QueueUrl: made.QueueUrl, MessageBody: aws.String("one & only"), MessageAttributes: attributes,
	}); err != nil {
		t.Fatal(err)
	}
	received, err := queues.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{
		QueueUrl: made.QueueUrl, WaitTimeSeconds: 1, MessageAttributeNames: []string{"All"},
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
	})
	if err != nil || len(received.Messages) != 1 {
		t.Fatal(received, err)
	}
	message := received.Messages[0]
	if aws.ToString(message.Body) != "one & only" || message.Attributes["ApproximateReceiveCount"] != "1" ||
		string(message.MessageAttributes["bytes"].BinaryValue) != "\x01\x02" {
		t.Errorf("received %+v", message)
	}
	if _, err := queues.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{
		QueueUrl: made.QueueUrl, ReceiptHandle: message.ReceiptHandle,
	}); err != nil {
		t.Fatal(err)
	}
	left, err := queues.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: made.QueueUrl, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll},
	})
	if err != nil || left.Attributes["ApproximateNumberOfMessages"] != "0" {
		t.Error(left, err)
	}
}

func TestQueuesThatDoNotExistAreToldByTypeAndCode(t *testing.T) {
	t.Parallel()
	queues := clientsOf(awssimtest.Start(t).URL()).SQS
	_, err := queues.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String("none")})
	if missing, ok := errors.AsType[*types.QueueDoesNotExist](err); !ok || missing.ErrorMessage() != "The specified queue does not exist." {
		t.Errorf("got %v", err)
	}
}

func TestTheCommandLineAndBoto3ReachQueues(t *testing.T) {
	t.Parallel()
	sim := awssimtest.Start(t)
	// Version 1 of the command line takes no endpoint from the environment for queues.
	url := program(t, sim, "aws", "--endpoint-url", sim.URL(), "sqs", "create-queue", "--queue-name", "cli", "--query", "QueueUrl", "--output", "text")
	if url != sim.URL()+"/123456789012/cli" {
		t.Errorf("the queue's URL is %s", url)
	}
	program(t, sim, "aws", "--endpoint-url", sim.URL(), "sqs", "send-message", "--queue-url", url, "--message-body", "hello")
	got := program(t, sim, "python3", "-c", `
import boto3, botocore.exceptions
queues = boto3.client("sqs")
url = queues.get_queue_url(QueueName="cli")["QueueUrl"]
message = queues.receive_message(QueueUrl=url, WaitTimeSeconds=1)["Messages"][0]
queues.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
try:
    queues.get_queue_url(QueueName="none")
except queues.exceptions.QueueDoesNotExist as e:
    print(message["Body"], e.response["Error"]["Code"])
`)
	if got != "hello AWS.SimpleQueueService.NonExistentQueue" {
		t.Errorf("got %s", got)
	}
}
