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
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"golang.org/x/sync/errgroup"

	"github.com/ecsapp-dev/ecsapp-operator/test/conformance/sturdy"
)

// rate is how often a call is served.
type rate struct {
	call      string
	clients   int // that call at once
	perSecond float64
	cpu       time.Duration // of the server for one call: on a busy machine this says more
	bytes     int           // of the answer, where it is read and not decoded
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

// create begins to make a stack.
func create(ctx context.Context, client *cloudformation.Client, name, body string) error {
	if _, err := client.CreateStack(ctx, &cloudformation.CreateStackInput{
		StackName: aws.String(name), TemplateBody: aws.String(body),
	}); err != nil {
		return fmt.Errorf("creating %s: %w", name, err)
	}
	return nil
}

// await waits until a stack is there.
func await(ctx context.Context, client *cloudformation.Client, name string) error {
	for ; ; time.Sleep(time.Millisecond) {
		out, err := client.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: aws.String(name)})
		if err != nil {
			return fmt.Errorf("describing %s: %w", name, err)
		}
		switch status := out.Stacks[0].StackStatus; status { //nolint:exhaustive // the others are failures
		case types.StackStatusCreateComplete:
			return nil
		case types.StackStatusCreateInProgress:
		default:
			return fmt.Errorf("%s is %s", name, status)
		}
	}
}

// measureRates measures the three calls with one client and with several at once. What creations leave to do afterwards counts.
func measureRates(ctx context.Context, period time.Duration, start starter) ([]rate, error) {
	endpoint, err := start(ctx)
	if err != nil {
		return nil, err
	}
	defer endpoint.stop()
	made := &creator{client: clientOf(endpoint.url), body: template()}
	if _, err := made.create(ctx); err != nil {
		return nil, err
	}
	if err := made.finish(ctx); err != nil {
		return nil, err
	}
	describe := func(action string) job {
		return job{call: action, do: func(ctx context.Context) (int, error) { return call(ctx, endpoint.url, action) }}
	}
	creations := job{call: "CreateStack", do: made.create, finish: made.finish, most: mostStacks / 2}
	var rates []rate
	for _, job := range []job{describe("DescribeStacks"), describe("DescribeStackEvents"), creations} {
		for _, clients := range []int{1, manyClients} {
			measured, err := job.measure(ctx, period, endpoint.pid, clients)
			if err != nil {
				return nil, fmt.Errorf("calling %s: %w", job.call, err)
			}
			rates = append(rates, measured)
		}
	}
	return rates, nil
}

// creator makes stack-1, stack-2 and so on.
type creator struct {
	client *cloudformation.Client
	body   string
	number atomic.Int64
}

func (c *creator) create(ctx context.Context) (int, error) {
	return 0, create(ctx, c.client, "stack-"+strconv.FormatInt(c.number.Add(1), 10), c.body)
}

// finish waits until all stacks are there.
func (c *creator) finish(ctx context.Context) error {
	const last = 32 // those before have long been made
	number := c.number.Load()
	for i := number; i > max(number-last, 0); i-- {
		if err := await(ctx, c.client, "stack-"+strconv.FormatInt(i, 10)); err != nil {
			return err
		}
	}
	return nil
}

// call reads the answer to a description of the first stack and returns its size. It does not look into it: the SDK's decoder
// takes longer for a hundred events than awssim.
func call(ctx context.Context, url, action string) (int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url,
		strings.NewReader("Version=2010-05-15&StackName=stack-1&Action="+action))
	if err != nil {
		return 0, fmt.Errorf("asking %s: %w", url, err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/cloudformation/aws4_request, "+
		"SignedHeaders=host, Signature=none")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, fmt.Errorf("asking %s: %w", url, err)
	}
	size, err := io.Copy(io.Discard, response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil || response.StatusCode != http.StatusOK {
		return 0, errors.Join(fmt.Errorf("%s: %s", action, response.Status), err)
	}
	return int(size), nil
}

const (
	manyClients = 4    // more than this machine has processors
	mostStacks  = 1900 // a region takes 2,000
	patience    = time.Minute
)

// job is a call that is made again and again.
type job struct {
	call   string
	do     func(context.Context) (bytes int, err error)
	finish func(context.Context) error // waits for what the calls began; may be nil
	most   int                         // calls; 0 is no limit
}

// measure makes the call for a while, by several clients at once, and returns how often a second a process served it.
func (j job) measure(ctx context.Context, period time.Duration, pid, clients int) (rate, error) {
	ctx, cancel := context.WithTimeout(ctx, period+patience)
	defer cancel()
	size, err := j.do(ctx) // the first one opens a connection
	if err != nil {
		return rate{}, err
	}
	before, err := cpuOf(pid)
	if err != nil {
		return rate{}, err
	}
	started := time.Now()
	count, err := j.repeat(ctx, started.Add(period), clients)
	if err == nil && j.finish != nil {
		err = j.finish(ctx)
	}
	if err != nil {
		return rate{}, err
	}
	took := time.Since(started)
	after, err := cpuOf(pid)
	return rate{
		call: j.call, clients: clients, perSecond: float64(count) / took.Seconds(),
		cpu: (after - before) / time.Duration(count), bytes: size,
	}, err
}

// repeat returns how many calls the clients made until the end.
func (j job) repeat(ctx context.Context, end time.Time, clients int) (int64, error) {
	var count atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	for range clients {
		group.Go(func() error {
			for time.Now().Before(end) && (j.most == 0 || count.Load() < int64(j.most)) {
				if _, err := j.do(ctx); err != nil {
					return err
				}
				count.Add(1)
			}
			return nil
		})
	}
	err := group.Wait()
	return count.Load(), err
}

// cpuOf returns the time that a process has spent on processors.
func cpuOf(pid int) (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, fmt.Errorf("looking at the process: %w", err)
	}
	const user, system, tick = 11, 12, 10 * time.Millisecond // of the fields after the name, and what they count
	_, rest, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest)
	var sum time.Duration
	for _, field := range []int{user, system} {
		ticks, err := strconv.ParseInt(fields[field], 10, 64)
		if err != nil {
			return 0, fmt.Errorf("reading the time of process %d: %w", pid, err)
		}
		sum += time.Duration(ticks) * tick
	}
	return sum, nil
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
		name := "stack-" + strconv.Itoa(i)
		if err := errors.Join(create(ctx, client, name, body), await(ctx, client, name)); err != nil {
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
