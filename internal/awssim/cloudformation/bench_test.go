package cloudformation_test

import (
	"fmt"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/clock"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/generic"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// fortyFive is a template with as many resources as a whole web service has.
func fortyFive() string {
	var out strings.Builder
	out.WriteString("Resources:\n  VPC: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}\n")
	for i := range 22 {
		fmt.Fprintf(&out, "  Subnet%d:\n    Type: AWS::EC2::Subnet\n    Properties: {VpcId: !Ref VPC, CidrBlock: !Select [%d, !Cidr [!GetAtt VPC.CidrBlock, 22, 8]]}\n", i, i)
		fmt.Fprintf(&out, "  Group%d:\n    Type: AWS::EC2::SecurityGroup\n    Properties: {VpcId: !Ref VPC, GroupDescription: !Sub 'for ${Subnet%d}'}\n", i, i)
	}
	out.WriteString("Outputs:\n  Id: {Value: !Ref VPC}\n")
	return out.String()
}

// bench serves calls in process, as a server would after reading them.
func bench(b *testing.B) func(region, action, form string) {
	b.Helper()
	service := cloudformation.New(cloudformation.Config{Providers: generic.New(clock.Clock{}).Providers()})
	b.Cleanup(func() { _ = service.Close() })
	api := service.API()
	return func(region, action, form string) {
		body := "Version=2010-05-15&Action=" + action + form
		call := &wire.Call{
			Service: "cloudformation", Account: "123456789012", Region: region, Body: []byte(body),
			HTTP: httptest.NewRequestWithContext(b.Context(), "POST", "/", nil),
		}
		answer := api.Serve(b.Context(), call)
		if answer.Err != nil {
			b.Fatal(answer.Err)
		}
		answer.Release()
	}
}

func BenchmarkCreateStack(b *testing.B) {
	call := bench(b)
	template := url.QueryEscape(fortyFive())
	number := 0
	for b.Loop() {
		call("region-"+strconv.Itoa(number/1000), "CreateStack", "&StackName=stack-"+strconv.Itoa(number)+"&TemplateBody="+template)
		number++
	}
}

func BenchmarkDescribeStacks(b *testing.B) {
	call := bench(b)
	call("us-east-1", "CreateStack", "&StackName=demo&TemplateBody="+url.QueryEscape(fortyFive()))
	for b.Loop() {
		call("us-east-1", "DescribeStacks", "&StackName=demo")
	}
}

func BenchmarkDescribeStackEvents(b *testing.B) {
	call := bench(b)
	call("us-east-1", "CreateStack", "&StackName=demo&TemplateBody="+url.QueryEscape(fortyFive()))
	time.Sleep(time.Second)
	for b.Loop() {
		call("us-east-1", "DescribeStackEvents", "&StackName=demo")
	}
}

// BenchmarkMemoryOfAThousandStacks reports how many megabytes they keep.
func BenchmarkMemoryOfAThousandStacks(b *testing.B) {
	const stacks = 1000
	template := url.QueryEscape(fortyFive())
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		call := bench(b)
		for number := range stacks {
			call("us-east-1", "CreateStack", fmt.Sprintf("&StackName=stack-%d&TemplateBody=%s", number, template))
		}
		time.Sleep(time.Second)
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "MB")
		call("us-east-1", "DescribeStacks", "&StackName=stack-0")
	}
}
