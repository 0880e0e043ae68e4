package awssimtest_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"

	"github.com/ecsapp-dev/ecsapp-operator/awssimtest"
)

const topics = `
Resources:
  Orders:
    Type: AWS::SNS::Topic
    Properties: {TopicName: orders}
Outputs:
  Orders: {Value: !GetAtt Orders.TopicName}
`

// client is CloudFormation on a simulator.
func client(sim *awssimtest.Simulator) *cloudformation.Client {
	return cloudformation.New(cloudformation.Options{
		Region: awssimtest.Region, BaseEndpoint: aws.String(sim.URL()),
		Credentials: credentials(),
	})
}

func credentials() aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: awssimtest.AccessKey, SecretAccessKey: awssimtest.SecretKey}, nil
	})
}

// quickly makes a waiter of the SDK, which is made for the real AWS, poll a simulator.
func quickly(o *cloudformation.StackCreateCompleteWaiterOptions) {
	o.MinDelay, o.MaxDelay = time.Millisecond, 100*time.Millisecond
}

// A program, or TestMain, has no test that a simulator could end with.
func ExampleNew() {
	sim := awssimtest.New()
	defer func() { _ = sim.Close() }()
	stacks, ctx := client(sim), context.Background()
	_, err := stacks.CreateStack(ctx, &cloudformation.CreateStackInput{
		StackName: aws.String("shop"), TemplateBody: aws.String(topics),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	created, err := cloudformation.NewStackCreateCompleteWaiter(stacks, quickly).WaitForOutput(ctx,
		&cloudformation.DescribeStacksInput{StackName: aws.String("shop")}, time.Minute)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(created.Stacks[0].StackStatus, aws.ToString(created.Stacks[0].Outputs[0].OutputValue))
	// Output: CREATE_COMPLETE orders
}

// What is throttled is tried again by the SDK, so that the stack is created nevertheless.
func TestAThrottledStackIsCreatedNevertheless(t *testing.T) {
	t.Parallel()
	sim := awssimtest.Start(t)
	sim.AddFault(t, awssimtest.Fault{
		Call:   &awssimtest.Call{Service: "cloudformation", Operation: "CreateStack"},
		Effect: awssimtest.Throttling, Count: 1,
	})
	_, err := client(sim).CreateStack(t.Context(), &cloudformation.CreateStackInput{
		StackName: aws.String("shop"), TemplateBody: aws.String(topics),
	})
	if err != nil {
		t.Fatal(err)
	}
}
