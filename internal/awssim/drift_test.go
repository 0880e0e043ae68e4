package awssim_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/fault"
)

// drifting is a stack whose group and bucket are changed out of band.
const drifting = `
Resources:
  Group:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: one
      VpcId: vpc-1
      SecurityGroupIngress: [{IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: 0.0.0.0/0}]
  Bucket: {Type: AWS::S3::Bucket, Properties: {BucketName: parcels}}
  Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: same}}
  Cluster: {Type: AWS::ECS::Cluster}
`

func (b *bench) createDrifting() string {
	b.Helper()
	_, err := b.stacks.CreateStack(b.Context(), &cfn.CreateStackInput{StackName: aws.String("demo"), TemplateBody: aws.String(drifting)})
	if err != nil {
		b.Fatal(err)
	}
	b.await(types.StackStatusCreateComplete)
	found, err := b.stacks.DescribeStackResource(b.Context(), &cfn.DescribeStackResourceInput{
		StackName: aws.String("demo"), LogicalResourceId: aws.String("Group"),
	})
	if err != nil {
		b.Fatal(err)
	}
	return aws.ToString(found.StackResourceDetail.PhysicalResourceId)
}

// detect looks for drift and returns what was found, without ids and times.
func (b *bench) detect() cfn.DescribeStackDriftDetectionStatusOutput {
	b.Helper()
	begun, err := b.stacks.DetectStackDrift(b.Context(), &cfn.DetectStackDriftInput{StackName: aws.String("demo")})
	if err != nil {
		b.Fatal(err)
	}
	const patience = 5 * time.Second
	for started := time.Now(); time.Since(started) < patience; time.Sleep(time.Millisecond) {
		out, err := b.stacks.DescribeStackDriftDetectionStatus(b.Context(), &cfn.DescribeStackDriftDetectionStatusInput{
			StackDriftDetectionId: begun.StackDriftDetectionId,
		})
		if err != nil {
			b.Fatal(err)
		}
		if out.DetectionStatus == types.StackDriftDetectionStatusDetectionComplete {
			return *out
		}
	}
	b.Fatal("the detection does not end")
	return cfn.DescribeStackDriftDetectionStatusOutput{}
}

func (b *bench) resource(method, resourceType, id, body string) {
	b.Helper()
	query := url.Values{"type": {resourceType}, "id": {id}}
	if status, text := b.admin(method, awssim.ResourcesPath+"?"+query.Encode(), body); status != http.StatusNoContent {
		b.Fatalf("%d: %s", status, text)
	}
}

func TestWhatIsDoneBehindCloudFormationsBackIsFoundAsDrift(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	group := b.createDrifting()
	if found := b.detect(); found.StackDriftStatus != types.StackDriftStatusInSync || aws.ToInt32(found.DriftedStackResourceCount) != 0 {
		t.Fatalf("before all is %+v", found)
	}
	b.resource(http.MethodPatch, "AWS::EC2::SecurityGroup", group, `{"GroupDescription": "two", "VpcId": null, "GroupName": "unasked",
		"SecurityGroupIngress": [{"IpProtocol": "tcp", "FromPort": 80, "ToPort": 81, "CidrIp": "0.0.0.0/0"}, {"IpProtocol": "-1"}]}`)
	b.resource(http.MethodDelete, "AWS::S3::Bucket", "parcels", "")
	if found := b.detect(); found.StackDriftStatus != types.StackDriftStatusDrifted || aws.ToInt32(found.DriftedStackResourceCount) != 2 {
		t.Errorf("found %+v", found)
	}
	out, err := b.stacks.DescribeStackResourceDrifts(t.Context(), &cfn.DescribeStackResourceDriftsInput{StackName: aws.String("demo")})
	if err != nil {
		t.Fatal(err)
	}
	statuses := make(map[string]types.StackResourceDriftStatus)
	for _, drift := range out.StackResourceDrifts {
		statuses[aws.ToString(drift.LogicalResourceId)] = drift.StackResourceDriftStatus
	}
	if diff := cmp.Diff(map[string]types.StackResourceDriftStatus{"Bucket": "DELETED", "Cluster": "IN_SYNC", "Group": "MODIFIED", "Topic": "IN_SYNC"}, statuses); diff != "" {
		t.Error(diff)
	}
	modified, err := b.stacks.DescribeStackResourceDrifts(t.Context(), &cfn.DescribeStackResourceDriftsInput{
		StackName: aws.String("demo"), MaxResults: aws.Int32(1),
		StackResourceDriftStatusFilters: []types.StackResourceDriftStatus{types.StackResourceDriftStatusModified},
	})
	if err != nil {
		t.Fatal(err)
	}
	var differences []string
	for _, each := range modified.StackResourceDrifts[0].PropertyDifferences {
		differences = append(differences, aws.ToString(each.PropertyPath)+" "+string(each.DifferenceType)+" "+
			aws.ToString(each.ExpectedValue)+" -> "+aws.ToString(each.ActualValue))
	}
	want := []string{
		"/GroupDescription NOT_EQUAL one -> two",
		"/SecurityGroupIngress/0/ToPort NOT_EQUAL 80 -> 81",
		`/SecurityGroupIngress/1 ADD null -> {"IpProtocol":"-1"}`,
		"/VpcId REMOVE vpc-1 -> null",
	}
	if diff := cmp.Diff(want, differences); diff != "" {
		t.Error(diff)
	}
	described, err := b.stacks.DescribeStacks(t.Context(), &cfn.DescribeStacksInput{StackName: aws.String("demo")})
	if err != nil {
		t.Fatal(err)
	}
	if seen := described.Stacks[0].DriftInformation; seen.StackDriftStatus != types.StackDriftStatusDrifted || seen.LastCheckTimestamp == nil {
		t.Errorf("the stack shows %+v", seen)
	}
}

func TestOneResourceIsLookedAtAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.createDrifting()
	b.resource(http.MethodPatch, "AWS::S3::Bucket", "parcels", `{"BucketName": "letters"}`)
	out, err := b.stacks.DetectStackResourceDrift(t.Context(), &cfn.DetectStackResourceDriftInput{
		StackName: aws.String("demo"), LogicalResourceId: aws.String("Bucket"),
	})
	if err != nil {
		t.Fatal(err)
	}
	drift := out.StackResourceDrift
	got := []string{string(drift.StackResourceDriftStatus), aws.ToString(drift.ExpectedProperties), aws.ToString(drift.ActualProperties)}
	if diff := cmp.Diff([]string{"MODIFIED", `{"BucketName":"parcels"}`, `{"BucketName":"letters"}`}, got); diff != "" {
		t.Error(diff)
	}
	status, body := b.admin(http.MethodGet, awssim.ResourcesPath+"?type=AWS::S3::Bucket&id=parcels", "")
	if diff := cmp.Diff(`{"BucketName":"letters"}`+"\n", body); status != http.StatusOK || diff != "" {
		t.Error(status, diff)
	}
}

func TestDriftIsRefusedWhereItMakesNoSense(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.createDrifting()
	demo, text := aws.String("demo"), func(err error) string { return tell(t, err).Message }
	_, unknownStack := b.stacks.DetectStackDrift(t.Context(), &cfn.DetectStackDriftInput{StackName: aws.String("none")})
	_, unknownResource := b.stacks.DetectStackDrift(t.Context(), &cfn.DetectStackDriftInput{StackName: demo, LogicalResourceIds: []string{"None"}})
	_, unknownDetection := b.stacks.DescribeStackDriftDetectionStatus(t.Context(),
		&cfn.DescribeStackDriftDetectionStatusInput{StackDriftDetectionId: aws.String("none")})
	_, tooMany := b.stacks.DescribeStackResourceDrifts(t.Context(), &cfn.DescribeStackResourceDriftsInput{StackName: demo, MaxResults: aws.Int32(101)})
	want := []string{
		"Stack [none] does not exist",
		"Resource None does not exist for stack demo",
		"Drift detection [none] does not exist",
		"1 validation error detected: Value '101' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 100",
	}
	got := []string{text(unknownStack), text(unknownResource), text(unknownDetection), text(tooMany)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, method := range []string{http.MethodGet, http.MethodPatch, http.MethodDelete} {
		if status, body := b.admin(method, awssim.ResourcesPath+"?type=AWS::S3::Bucket&id=none", "{}"); status != http.StatusNotFound {
			t.Errorf("%s: %d %s", method, status, body)
		}
	}
}

func TestWhatARollbackSkippedIsNotLookedAt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if err := b.create(); err != nil {
		t.Fatal(err)
	}
	b.await(types.StackStatusCreateComplete)
	b.fault(fault.Rule{Resource: &fault.Resource{Deed: fault.Update}, Effect: fault.Failure})
	demo := aws.String("demo")
	update := func(template string) {
		if _, err := b.stacks.UpdateStack(t.Context(), &cfn.UpdateStackInput{StackName: demo, TemplateBody: &template}); err != nil {
			t.Fatal(err)
		}
	}
	update(strings.ReplaceAll(topic, "one", "two"))
	b.await(types.StackStatusUpdateRollbackFailed)
	_, err := b.stacks.ContinueUpdateRollback(t.Context(), &cfn.ContinueUpdateRollbackInput{StackName: demo, ForceRollback: aws.Bool(true)})
	if err != nil {
		t.Fatal(err)
	}
	b.await(types.StackStatusUpdateRollbackComplete)
	drifts := func() int {
		b.detect()
		out, err := b.stacks.DescribeStackResourceDrifts(t.Context(), &cfn.DescribeStackResourceDriftsInput{StackName: demo})
		if err != nil {
			t.Fatal(err)
		}
		return len(out.StackResourceDrifts)
	}
	if found := drifts(); found != 0 {
		t.Errorf("%d resources were looked at", found)
	}
	b.simulator.ClearFaults()
	update(strings.ReplaceAll(topic, "one", "three"))
	b.await(types.StackStatusUpdateComplete)
	if found := drifts(); found != 1 {
		t.Errorf("after the next update %d resources were looked at", found)
	}
}
