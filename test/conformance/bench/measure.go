package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/ecsapp-dev/ecsapp-operator/test/conformance/sturdy"
)

// rate is how often a call is served.
type rate struct {
	call      string
	perSecond float64
}

// template has 45 resources of types that moto serves, with references between them.
func template() string {
	var out strings.Builder
	out.WriteString("Resources:\n  VPC: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}\n")
	for i := range 22 {
		fmt.Fprintf(&out, "  Subnet%d: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref VPC, CidrBlock: 10.0.%d.0/24}}\n", i, i)
		fmt.Fprintf(&out, "  Group%d:\n    Type: AWS::EC2::SecurityGroup\n    Properties: {VpcId: !Ref VPC, GroupDescription: "+
			"!Sub 'for ${Subnet%d}'}\n", i, i)
	}
	out.WriteString("Outputs:\n  Id: {Value: !Ref VPC}\n")
	return out.String()
}

func clientOf(url string) *cloudformation.Client {
	return cloudformation.New(cloudformation.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(url), Retryer: aws.NopRetryer{}, HTTPClient: sturdy.Client(),
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
}

// create makes a stack and waits until it is there.
func create(ctx context.Context, client *cloudformation.Client, name, body string) error {
	if _, err := client.CreateStack(ctx, &cloudformation.CreateStackInput{
		StackName: aws.String(name), TemplateBody: aws.String(body),
	}); err != nil {
		return fmt.Errorf("creating %s: %w", name, err)
	}
	for {
		out, err := client.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: aws.String(name)})
		if err != nil {
			return fmt.Errorf("describing %s: %w", name, err)
		}
		switch status := out.Stacks[0].StackStatus; status {
		case types.StackStatusCreateComplete:
			return nil
		case types.StackStatusCreateInProgress:
		default:
			return fmt.Errorf("%s is %s", name, status)
		}
	}
}

// measureRates measures the three calls: a creation ends when the stack is there.
func measureRates(ctx context.Context, period time.Duration, start starter) ([]rate, error) {
	endpoint, err := start(ctx)
	if err != nil {
		return nil, err
	}
	defer endpoint.stop()
	client, body, number := clientOf(endpoint.url), template(), 0
	calls := []struct {
		name string
		call func() error
	}{
		{"CreateStack", func() error {
			number++
			return create(ctx, client, "stack-"+strconv.Itoa(number), body)
		}},
		{"DescribeStacks", func() error { return call(ctx, endpoint.url, "DescribeStacks") }},
		{"DescribeStackEvents", func() error { return call(ctx, endpoint.url, "DescribeStackEvents") }},
	}
	var rates []rate
	for _, c := range calls {
		perSecond, err := repeat(period, c.call)
		if err != nil {
			return nil, fmt.Errorf("calling %s: %w", c.name, err)
		}
		rates = append(rates, rate{c.name, perSecond})
	}
	return rates, nil
}

// call reads the answer of a description of the first stack, but does not look into it: the SDK's decoder takes longer for a
// hundred events than awssim.
func call(ctx context.Context, url, action string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url,
		strings.NewReader("Version=2010-05-15&StackName=stack-1&Action="+action))
	if err != nil {
		return fmt.Errorf("asking %s: %w", url, err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/cloudformation/aws4_request, "+
		"SignedHeaders=host, Signature=none")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("asking %s: %w", url, err)
	}
	_, err = io.Copy(io.Discard, response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil || response.StatusCode != http.StatusOK {
		return errors.Join(fmt.Errorf("%s: %s", action, response.Status), err)
	}
	return nil
}

// repeat returns how often a second the call is served.
func repeat(period time.Duration, call func() error) (float64, error) {
	if err := call(); err != nil { // the first one opens the connection
		return 0, err
	}
	started, count := time.Now(), 0
	for ; time.Since(started) < period; count++ {
		if err := call(); err != nil {
			return 0, err
		}
	}
	return float64(count) / time.Since(started).Seconds(), nil
}

// measureMemory returns the resident bytes of a program that holds many stacks.
func measureMemory(ctx context.Context, start starter) (int64, error) {
	endpoint, err := start(ctx)
	if err != nil {
		return 0, err
	}
	defer endpoint.stop()
	client, body := clientOf(endpoint.url), template()
	for i := range manyStacks {
		if err := create(ctx, client, "stack-"+strconv.Itoa(i), body); err != nil {
			return 0, err
		}
	}
	return resident(endpoint.pid)
}

// resident returns a process's resident bytes.
func resident(pid int) (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("looking at the process: %w", err)
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kilobytes, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
			if err != nil {
				return 0, fmt.Errorf("reading %q: %w", line, err)
			}
			return kilobytes << 10, nil
		}
	}
	return 0, fmt.Errorf("the status of process %d has no VmRSS", pid)
}

// measureStart returns the median time from start to the first answer.
func measureStart(ctx context.Context, start starter) (time.Duration, error) {
	const tries = 9
	var times []time.Duration
	for range tries {
		endpoint, err := start(ctx)
		if err != nil {
			return 0, err
		}
		endpoint.stop()
		times = append(times, endpoint.ready)
	}
	slices.Sort(times)
	return times[tries/2], nil
}
