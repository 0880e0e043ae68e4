package awssimtest_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/ecsapp-dev/ecsapp-operator/awssimtest"
)

// within is CloudFormation on a simulator in the same process.
func within(sim *awssimtest.Simulator) *cloudformation.Client {
	return cloudformation.New(cloudformation.Options{
		Region: awssimtest.Region, HTTPClient: sim.HTTPClient(), Credentials: credentials(),
	})
}

// A stack that hangs fails after its three hours. The test takes milliseconds, and always the same three hours.
func TestAStackThatHangsTimesOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := awssimtest.Start(t, awssimtest.Speed(1))
		sim.AddFault(t, awssimtest.Fault{
			Resource: &awssimtest.Resource{Type: "AWS::SNS::Topic", Deed: awssimtest.Create}, Effect: awssimtest.Stuck,
		})
		stacks := within(sim)
		started := time.Now()
		_, err := stacks.CreateStack(t.Context(), &cloudformation.CreateStackInput{
			StackName: aws.String("shop"), TemplateBody: aws.String(topics), TimeoutInMinutes: aws.Int32(180),
		})
		if err != nil {
			t.Fatal(err)
		}
		err = cloudformation.NewStackCreateCompleteWaiter(stacks).Wait(t.Context(), // as patient as on AWS
			&cloudformation.DescribeStacksInput{StackName: aws.String("shop")}, 4*time.Hour)
		if err == nil || statusOf(t, stacks) != types.StackStatusRollbackComplete {
			t.Errorf("the stack is %s, %v", statusOf(t, stacks), err)
		}
		if took := time.Since(started); took < 3*time.Hour || took > 4*time.Hour {
			t.Errorf("it took %s", took)
		}
	})
}

func statusOf(t *testing.T, stacks *cloudformation.Client) types.StackStatus {
	t.Helper()
	out, err := stacks.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: aws.String("shop")})
	if err != nil {
		t.Fatal(err)
	}
	return out.Stacks[0].StackStatus
}

func TestTwoRunsInVirtualTimeAreEqual(t *testing.T) {
	t.Parallel()
	var stories [2][]string
	for i := range stories {
		synctest.Test(t, func(t *testing.T) {
			stacks := within(awssimtest.Start(t, awssimtest.Speed(1)))
			_, err := stacks.CreateStack(t.Context(), &cloudformation.CreateStackInput{
				StackName: aws.String("shop"), TemplateBody: aws.String(topics),
			})
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Hour)
			out, err := stacks.DescribeStackEvents(t.Context(), &cloudformation.DescribeStackEventsInput{StackName: aws.String("shop")})
			if err != nil {
				t.Fatal(err)
			}
			for _, event := range out.StackEvents {
				stories[i] = append(stories[i], event.Timestamp.Format(time.RFC3339Nano)+" "+
					aws.ToString(event.LogicalResourceId)+" "+string(event.ResourceStatus))
			}
		})
	}
	if len(stories[0]) == 0 || !slices.Equal(stories[0], stories[1]) {
		t.Errorf("one: %q\nthe other: %q", stories[0], stories[1])
	}
}

func TestConnectionsAreCutInProcessToo(t *testing.T) {
	t.Parallel()
	sim := awssimtest.Start(t)
	sim.AddFault(t, awssimtest.Fault{Call: &awssimtest.Call{}, Effect: awssimtest.ConnectionReset})
	_, err := within(sim).DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{},
		func(o *cloudformation.Options) { o.Retryer = aws.NopRetryer{} })
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("got %v", err)
	}
}

func TestAnImpatientCallerStopsWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := awssimtest.Start(t)
		sim.AddFault(t, awssimtest.Fault{Call: &awssimtest.Call{}, Effect: awssimtest.Delay, Delay: time.Hour})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		started := time.Now()
		_, err := within(sim).DescribeStacks(ctx, &cloudformation.DescribeStacksInput{})
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(started) != time.Minute {
			t.Errorf("after %s: %v", time.Since(started), err)
		}
	})
}

func TestAnyRequestIsServedInProcess(t *testing.T) {
	t.Parallel()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://anywhere/_awssim/health", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := awssimtest.Start(t).HTTPClient().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK || !strings.Contains(string(body), "ok") {
		t.Errorf("%s: %s, %v", response.Status, body, err)
	}
}
