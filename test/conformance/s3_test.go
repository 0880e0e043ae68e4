package conformance

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/awssimtest"
)

func codeOf(err error) string {
	if refused, ok := errors.AsType[smithy.APIError](err); ok {
		return refused.ErrorCode()
	}
	return ""
}

// put makes a bucket, if it is not there, and an object.
func put(t *testing.T, client clients, bucket, key, body string) {
	t.Helper()
	if _, err := client.S3.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &bucket}); err != nil {
		t.Fatal(err)
	}
	_, err := client.S3.PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: &bucket, Key: &key, Body: strings.NewReader(body), ContentType: aws.String("text/plain"), Metadata: map[string]string{"team": "shop"},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestObjectsArePutFoundAndDeleted(t *testing.T) {
	t.Parallel()
	client := clientsOf(awssimtest.Start(t).URL())
	put(t, client, "files", "a/one.txt", "one")
	put(t, client, "files", "a/two words.txt", "two")
	put(t, client, "files", "b.txt", "three")
	got, err := client.S3.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("files"), Key: aws.String("a/two words.txt")})
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(got.Body)
	if err != nil || string(body) != "two" || aws.ToString(got.ContentType) != "text/plain" || got.Metadata["team"] != "shop" {
		t.Errorf("%q, %s, %v, %v", body, aws.ToString(got.ContentType), got.Metadata, err)
	}
	head, err := client.S3.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String("files"), Key: aws.String("b.txt")})
	if err != nil || aws.ToInt64(head.ContentLength) != 5 || aws.ToString(head.ETag) != `"35d6d33467aae9a2e3dccb4b6b027878"` {
		t.Errorf("%d bytes, %s, %v", aws.ToInt64(head.ContentLength), aws.ToString(head.ETag), err)
	}
	listed, err := client.S3.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("files"), Delimiter: aws.String("/")})
	if err != nil || len(listed.Contents) != 1 || len(listed.CommonPrefixes) != 1 || aws.ToString(listed.CommonPrefixes[0].Prefix) != "a/" {
		t.Errorf("%v, %v", listed, err)
	}
	var keys []string
	pages := s3.NewListObjectsV2Paginator(client.S3, &s3.ListObjectsV2Input{Bucket: aws.String("files"), MaxKeys: aws.Int32(1)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, each := range page.Contents {
			keys = append(keys, aws.ToString(each.Key))
		}
	}
	if diff := cmp.Diff([]string{"a/one.txt", "a/two words.txt", "b.txt"}, keys); diff != "" {
		t.Error(diff)
	}
	_, err = client.S3.DeleteBucket(t.Context(), &s3.DeleteBucketInput{Bucket: aws.String("files")})
	if codeOf(err) != "BucketNotEmpty" {
		t.Error(err)
	}
	for _, key := range append(keys, "none") {
		if _, err := client.S3.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("files"), Key: &key}); err != nil {
			t.Error(err)
		}
	}
	if _, err := client.S3.DeleteBucket(t.Context(), &s3.DeleteBucketInput{Bucket: aws.String("files")}); err != nil {
		t.Error(err)
	}
	buckets, err := client.S3.ListBuckets(t.Context(), &s3.ListBucketsInput{})
	if err != nil || len(buckets.Buckets) != 0 {
		t.Errorf("%v, %v", buckets, err)
	}
}

func TestS3RefusesInItsOwnWords(t *testing.T) {
	t.Parallel()
	client := clientsOf(awssimtest.Start(t).URL())
	put(t, client, "files", "a.txt", "one")
	cases := map[string]struct {
		call func() error
		want string
	}{
		"no such bucket": {func() error {
			_, err := client.S3.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("none"), Key: aws.String("a.txt")})
			return err
		}, "NoSuchBucket"},
		"no such key": {func() error {
			_, err := client.S3.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("files"), Key: aws.String("b.txt")})
			return err
		}, "NoSuchKey"},
		"no such key, asked without a body": {func() error {
			_, err := client.S3.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String("files"), Key: aws.String("b.txt")})
			return err
		}, "NotFound"},
		"no such bucket, asked without a body": {func() error {
			_, err := client.S3.HeadBucket(t.Context(), &s3.HeadBucketInput{Bucket: aws.String("none")})
			return err
		}, "NotFound"},
		"a bad name": {func() error {
			_, err := client.S3.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("No")})
			return err
		}, "InvalidBucketName"},
		"a part that an object does not have": {func() error {
			_, err := client.S3.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("files"), Key: aws.String("a.txt"), Range: aws.String("bytes=90-91")})
			return err
		}, "InvalidRange"},
		"an object unless it is known": {func() error {
			_, err := client.S3.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("files"), Key: aws.String("a.txt"), IfNoneMatch: aws.String("x")})
			return err
		}, "InvalidInput"},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := test.call(); codeOf(err) != test.want {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

func TestABucketOfAStackTakesObjectsAndIsDeletedEmpty(t *testing.T) {
	t.Parallel()
	client := clientsOf(awssimtest.Start(t).URL())
	createStack(t, client, "files", "Resources: {Files: {Type: AWS::S3::Bucket, Properties: {BucketName: files}}}")
	put(t, client, "files", "a.txt", "one")
	remove := func() cfntypes.StackStatus {
		if _, err := client.CloudFormation.DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: aws.String("files")}); err != nil {
			t.Fatal(err)
		}
		stacks, err := client.CloudFormation.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: aws.String("files")})
		if err != nil || stacks.Stacks[0].StackStatus == cfntypes.StackStatusDeleteComplete {
			return cfntypes.StackStatusDeleteComplete
		}
		return awaitStack(t, client, aws.ToString(stacks.Stacks[0].StackId)).StackStatus
	}
	if got := remove(); got != cfntypes.StackStatusDeleteFailed {
		t.Errorf("status %s", got)
	}
	if _, err := client.S3.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("files"), Key: aws.String("a.txt")}); err != nil {
		t.Fatal(err)
	}
	if got := remove(); got != cfntypes.StackStatusDeleteComplete {
		t.Errorf("status %s", got)
	}
}

// bulky is a template that is too long for a request.
func bulky() string {
	return "Resources:\n  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: bulky}}\n" + strings.Repeat("# padding\n", 6000)
}

func TestATemplateIsReadFromItsURL(t *testing.T) {
	t.Parallel()
	sim := awssimtest.Start(t)
	client := clientsOf(sim.URL())
	put(t, client, "templates", "stacks/demo.yaml", bulky())
	urls := map[string]string{
		"demo-local":   sim.URL() + "/templates/stacks/demo.yaml",
		"demo-virtual": "https://templates.s3.amazonaws.com/stacks/demo.yaml",
		"demo-region":  "https://s3.us-east-1.amazonaws.com/templates/stacks/demo.yaml",
	}
	for name, url := range urls {
		out, err := client.CloudFormation.GetTemplateSummary(t.Context(), &cloudformation.GetTemplateSummaryInput{TemplateURL: &url})
		if err != nil || len(out.ResourceTypes) != 1 {
			t.Errorf("%s: %v", name, err)
		}
	}
	url := urls["demo-local"]
	if _, err := client.CloudFormation.CreateStack(t.Context(), &cloudformation.CreateStackInput{StackName: aws.String("demo"), TemplateURL: &url}); err != nil {
		t.Fatal(err)
	}
	if got := awaitStack(t, client, "demo").StackStatus; got != cfntypes.StackStatusCreateComplete {
		t.Errorf("status %s", got)
	}
	put(t, client, "templates", "huge.yaml", bulky()+strings.Repeat(" ", 1_000_000))
	refusals := map[string]string{
		sim.URL() + "/templates/none.yaml":                "S3 error: The specified key does not exist.",
		sim.URL() + "/none/demo.yaml":                     "S3 error: The specified bucket does not exist",
		"https://example.org/demo.yaml":                   "TemplateURL must be a supported URL.",
		"s3://templates/stacks/demo.yaml":                 "S3 error: Domain name specified in templates is not a valid S3 domain",
		"https://templates.s3.amazonaws.com/huge.yaml":    "Template may not exceed 1000000 bytes in size.",
		"ftp://templates.s3.amazonaws.com/stacks/demo.it": "TemplateURL must be a supported URL.",
	}
	for url, want := range refusals {
		_, err := client.CloudFormation.ValidateTemplate(t.Context(), &cloudformation.ValidateTemplateInput{TemplateURL: &url})
		refused, ok := errors.AsType[smithy.APIError](err)
		if !ok || refused.ErrorCode() != "ValidationError" || !strings.HasPrefix(refused.ErrorMessage(), want) {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestTheCommandLineDeploysThroughABucket(t *testing.T) {
	t.Parallel()
	sim := awssimtest.Start(t)
	client := clientsOf(sim.URL())
	if _, err := client.S3.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("deployments")}); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "template.yaml")
	if err := os.WriteFile(file, []byte(bulky()), 0o600); err != nil {
		t.Fatal(err)
	}
	program(t, sim, "aws", "cloudformation", "deploy", "--stack-name", "demo", "--template-file", file, "--s3-bucket", "deployments")
	if got := awaitStack(t, client, "demo").StackStatus; got != cfntypes.StackStatusCreateComplete {
		t.Errorf("status %s", got)
	}
	program(t, sim, "aws", "s3", "cp", file, "s3://deployments/copy.yaml")
	if got := program(t, sim, "aws", "s3", "cp", "s3://deployments/copy.yaml", "-"); got != strings.TrimSpace(bulky()) {
		t.Errorf("the copy has %d bytes", len(got))
	}
}

// A file of more than eight megabytes comes in parts, each with a checksum.
func TestTheCommandLineUploadsLargeFiles(t *testing.T) {
	t.Parallel()
	sim := awssimtest.Start(t)
	client := clientsOf(sim.URL())
	if _, err := client.S3.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("files")}); err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	large, copied := filepath.Join(folder, "large"), filepath.Join(folder, "copy")
	content := []byte(strings.Repeat("0123456789abcdef", 9<<20/16))
	if err := os.WriteFile(large, content, 0o600); err != nil {
		t.Fatal(err)
	}
	program(t, sim, "aws", "s3", "cp", large, "s3://files/a/large")
	head, err := client.S3.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String("files"), Key: aws.String("a/large")})
	if err != nil || !strings.HasSuffix(aws.ToString(head.ETag), `-2"`) {
		t.Errorf("%s, %v", aws.ToString(head.ETag), err)
	}
	program(t, sim, "aws", "s3", "cp", "s3://files/a/large", copied)
	if got, err := os.ReadFile(copied); err != nil || !bytes.Equal(got, content) {
		t.Errorf("the copy has %d bytes (%v)", len(got), err)
	}
	program(t, sim, "aws", "s3", "rb", "s3://files", "--force")
}

func TestTheCommandLineAssumesARole(t *testing.T) {
	t.Parallel()
	sim := awssimtest.Start(t)
	const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}]}`
	role := program(t, sim, "aws", "iam", "create-role", "--role-name", "deploy", "--assume-role-policy-document", trust,
		"--query", "Role.Arn", "--output", "text")
	config := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(config, []byte("[profile deploy]\nrole_arn = "+role+"\ncredential_source = Environment\nrole_session_name = me\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), tool(t, "aws"), "--profile", "deploy", "sts", "get-caller-identity", "--query", "Arn", "--output", "text")
	command.Env = append(os.Environ(), sim.Env()...)
	command.Env = append(command.Env, "AWS_CONFIG_FILE="+config, "HOME="+t.TempDir()) // where it keeps sessions
	got, err := command.CombinedOutput()
	if err != nil || strings.TrimSpace(string(got)) != "arn:aws:sts::123456789012:assumed-role/deploy/me" {
		t.Errorf("it is %s (%v)", got, err)
	}
}
