package conformance

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/awssimtest"
)

const recorded = `
Resources:
  Images:
    Type: AWS::ECR::Repository
    Properties:
      RepositoryName: items
      ImageTagMutability: IMMUTABLE
      ImageScanningConfiguration: {ScanOnPush: true}
      LifecyclePolicy: {LifecyclePolicyText: '{"rules":[{"rulePriority":1,"selection":{"tagStatus":"untagged","countType":"imageCountMoreThan","countNumber":5},"action":{"type":"expire"}}]}'}
      RepositoryPolicyText: {Version: '2012-10-17', Statement: []}
      Tags: [{Key: team, Value: a}]
  Lines:
    Type: AWS::Logs::LogGroup
    Properties: {LogGroupName: /items, RetentionInDays: 7, Tags: [{Key: team, Value: a}]}
  Stream: {Type: AWS::Logs::LogStream, Properties: {LogGroupName: !Ref Lines, LogStreamName: batch}}
Outputs:
  Stream: {Value: !Ref Stream}
`

func TestDriftOfRepositoriesAndLogGroupsIsFound(t *testing.T) {
	t.Parallel()
	client := clientsOf(awssimtest.Start(t).URL())
	if outputs := createStack(t, client, "recorded", recorded); outputs["Stream"] != "batch" {
		t.Errorf("got %v", outputs)
	}
	if found := drifts(t, client, "recorded"); len(found) > 0 {
		t.Errorf("a new stack drifted: %v", found)
	}
	items := aws.String("items")
	_, err := client.ECR.PutImageTagMutability(t.Context(), &ecr.PutImageTagMutabilityInput{
		RepositoryName: items, ImageTagMutability: types.ImageTagMutabilityMutable,
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.ECR.PutImageScanningConfiguration(t.Context(), &ecr.PutImageScanningConfigurationInput{
		RepositoryName: items, ImageScanningConfiguration: &types.ImageScanningConfiguration{ScanOnPush: false},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.ECR.TagResource(t.Context(), &ecr.TagResourceInput{
		ResourceArn: aws.String("arn:aws:ecr:us-east-1:123456789012:repository/items"),
		Tags:        []types.Tag{{Key: aws.String("team"), Value: aws.String("b")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.Logs.PutRetentionPolicy(t.Context(), &cloudwatchlogs.PutRetentionPolicyInput{
		LogGroupName: aws.String("/items"), RetentionInDays: aws.Int32(14),
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"Images/ImageScanningConfiguration/ScanOnPush: true -> false",
		"Images/ImageTagMutability: IMMUTABLE -> MUTABLE",
		"Images/Tags/0/Value: a -> b",
		"Lines/RetentionInDays: 7 -> 14",
	}
	if diff := cmp.Diff(want, drifts(t, client, "recorded")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRepositoriesKeepTheirPolicies(t *testing.T) {
	t.Parallel()
	client := clientsOf(awssimtest.Start(t).URL()).ECR
	items := aws.String("items")
	if _, err := client.CreateRepository(t.Context(), &ecr.CreateRepositoryInput{RepositoryName: items}); err != nil {
		t.Fatal(err)
	}
	_, err := client.GetLifecyclePolicy(t.Context(), &ecr.GetLifecyclePolicyInput{RepositoryName: items})
	const noLifecycle = "LifecyclePolicyNotFoundException: Lifecycle policy does not exist for the repository with name 'items' " +
		"in the registry with id '123456789012'"
	if got := problem(err); got != noLifecycle {
		t.Errorf("got %s", got)
	}
	_, err = client.GetRepositoryPolicy(t.Context(), &ecr.GetRepositoryPolicyInput{RepositoryName: items})
	if got := problem(err); !strings.HasPrefix(got, "RepositoryPolicyNotFoundException: ") {
		t.Errorf("got %s", got)
	}
	const rules = `{"rules":[{"rulePriority":1}]}`
	if _, err := client.PutLifecyclePolicy(t.Context(), &ecr.PutLifecyclePolicyInput{
		RepositoryName: items, LifecyclePolicyText: aws.String(rules),
	}); err != nil {
		t.Fatal(err)
	}
	kept, err := client.GetLifecyclePolicy(t.Context(), &ecr.GetLifecyclePolicyInput{RepositoryName: items})
	if err != nil || aws.ToString(kept.LifecyclePolicyText) != rules {
		t.Errorf("got %v, %v", kept, err)
	}
	layers, err := client.BatchCheckLayerAvailability(t.Context(), &ecr.BatchCheckLayerAvailabilityInput{
		RepositoryName: items, LayerDigests: []string{"sha256:" + strings.Repeat("0", 64)},
	})
	if err != nil || layers.Layers[0].LayerAvailability != types.LayerAvailabilityUnavailable {
		t.Errorf("got %v, %v", layers, err)
	}
}

func TestImagesGetFurtherTags(t *testing.T) {
	t.Parallel()
	sim := awssimtest.Start(t)
	client := clientsOf(sim.URL())
	pushSample(t, sim, client, "shop:1")
	shop := aws.String("shop")
	pushed, err := client.ECR.BatchGetImage(t.Context(), &ecr.BatchGetImageInput{
		RepositoryName: shop, ImageIds: []types.ImageIdentifier{{ImageTag: aws.String("1")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	put := func(tag string) error {
		_, err := client.ECR.PutImage(t.Context(), &ecr.PutImageInput{
			RepositoryName: shop, ImageManifest: pushed.Images[0].ImageManifest, ImageTag: &tag,
		})
		return err
	}
	if err := put("live"); err != nil {
		t.Fatal(err)
	}
	if got := problem(put("live")); !strings.HasPrefix(got, "ImageAlreadyExistsException: Image with digest 'sha256:") {
		t.Errorf("got %s", got)
	}
	found, err := client.ECR.DescribeImages(t.Context(), &ecr.DescribeImagesInput{RepositoryName: shop})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"1", "live"}, found.ImageDetails[0].ImageTags); diff != "" {
		t.Error(diff)
	}
	_, err = client.ECR.DescribeImageScanFindings(t.Context(), &ecr.DescribeImageScanFindingsInput{
		RepositoryName: shop, ImageId: &types.ImageIdentifier{ImageTag: aws.String("live")},
	})
	if got := problem(err); !strings.HasPrefix(got, "ScanNotFoundException: Image scan does not exist") {
		t.Errorf("got %s", got)
	}
}
