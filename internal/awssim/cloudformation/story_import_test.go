package cloudformation_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

const bucketType = "AWS::S3::Bucket"

// orphan makes a bucket, named logs, that no stack knows.
func (s *stage) orphan() {
	s.t.Helper()
	_, err := s.inner.Create(s.t.Context(), resource.Request{
		Place: resource.Place{Account: "123456789012", Region: "us-east-1"}, Type: bucketType,
		Properties: resource.Properties{"BucketName": "logs"},
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// bucket is a template with a topic that is in the stack, and a bucket.
func bucket(name, policy string) string {
	return `
Resources:
  First: {Type: AWS::SNS::Topic, Properties: {TopicName: a}}
  Kept: {Type: AWS::S3::Bucket, ` + policy + `Properties: {BucketName: ` + name + `}}
`
}

func importing(logicalID, resourceType, key, value string) func(*cfn.CreateChangeSetInput) {
	return func(in *cfn.CreateChangeSetInput) {
		in.ChangeSetType = types.ChangeSetTypeImport
		in.ResourcesToImport = append(in.ResourcesToImport, types.ResourceToImport{
			LogicalResourceId: aws.String(logicalID), ResourceType: aws.String(resourceType), ResourceIdentifier: map[string]string{key: value},
		})
	}
}

const retain = "DeletionPolicy: Retain, "

func TestAnImportTakesAResourceOver(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		t := s.t
		s.create("Resources: {First: {Type: AWS::SNS::Topic, Properties: {TopicName: a}}}")
		s.settle("demo")
		s.orphan()
		planned := s.propose("adopt", bucket("logs", retain), importing("Kept", bucketType, "BucketName", "logs"))
		if planned.Status != types.ChangeSetStatusCreateComplete || !strings.HasPrefix(aws.ToString(planned.StatusReason), "Verify that resources") {
			t.Fatalf("%s: %s", planned.Status, aws.ToString(planned.StatusReason))
		}
		if diff := cmp.Diff("\nImport Kept \n", flags(planned)); diff != "" {
			t.Error(diff)
		}
		if err := s.execute(planned.ChangeSetId); err != nil {
			t.Fatal(err)
		}
		if got := s.settle("demo").StackStatus; got != types.StackStatusImportComplete {
			t.Errorf("status %s", got)
		}
		want := `demo IMPORT_IN_PROGRESS | User Initiated
Kept IMPORT_IN_PROGRESS | Resource import started.
Kept IMPORT_IN_PROGRESS
Kept IMPORT_COMPLETE | Resource import completed.
Kept UPDATE_IN_PROGRESS | Apply stack-level tags to imported resource if applicable.
Kept UPDATE_COMPLETE
demo IMPORT_COMPLETE
`
		if _, story, _ := strings.Cut(s.story("demo"), "demo CREATE_COMPLETE\n"); story != want {
			t.Error(cmp.Diff(want, story))
		}
		if got := s.physicalID("Kept"); got != "logs" {
			t.Errorf("the bucket is %s", got)
		}
		s.update(bucket("logs", retain) + "Outputs: {Arn: {Value: !GetAtt Kept.Arn}}")
		if got := s.settle("demo"); aws.ToString(got.Outputs[0].OutputValue) != "arn:aws:s3:::logs" {
			t.Errorf("%s: %s", got.StackStatus, aws.ToString(got.Outputs[0].OutputValue))
		}
	})
}

func TestAnImportMakesAStack(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		t := s.t
		s.orphan()
		template := "Resources: {Kept: {Type: AWS::S3::Bucket, DeletionPolicy: Retain, Properties: {BucketName: logs}}}"
		planned := s.propose("adopt", template, importing("Kept", bucketType, "BucketName", "logs"))
		if got := s.describe("demo").StackStatus; got != types.StackStatusReviewInProgress {
			t.Errorf("status %s", got)
		}
		if err := s.execute(planned.ChangeSetId); err != nil {
			t.Fatal(err)
		}
		if got := s.settle("demo").StackStatus; got != types.StackStatusImportComplete {
			t.Errorf("status %s", got)
		}
		if got := s.changeSet(aws.ToString(planned.ChangeSetId)).ExecutionStatus; got != types.ExecutionStatusExecuteComplete {
			t.Errorf("execution %s", got)
		}
	})
}

func TestAnImportThatFailsLetsGo(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		t := s.t
		s.create("Resources: {First: {Type: AWS::SNS::Topic, Properties: {TopicName: a}}}")
		s.settle("demo")
		s.orphan()
		planned := s.propose("adopt", bucket("logs", retain), importing("Kept", bucketType, "BucketName", "logs"))
		s.fail("Update", "Kept", "no")
		if err := s.execute(planned.ChangeSetId); err != nil {
			t.Fatal(err)
		}
		if got := s.settle("demo").StackStatus; got != types.StackStatusImportRollbackComplete {
			t.Errorf("status %s", got)
		}
		want := []string{
			"demo IMPORT_IN_PROGRESS | User Initiated", "Kept IMPORT_IN_PROGRESS | Resource import started.", "Kept IMPORT_IN_PROGRESS",
			"demo IMPORT_ROLLBACK_IN_PROGRESS | The following resource(s) failed to import: [Kept].",
			"Kept IMPORT_ROLLBACK_IN_PROGRESS", "Kept IMPORT_ROLLBACK_COMPLETE", "demo IMPORT_ROLLBACK_COMPLETE",
		}
		var got []string
		for _, line := range matching(s.story("demo"), "IMPORT_") {
			if !strings.Contains(line, "IMPORT_COMPLETE") {
				got = append(got, line)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if s.update(strings.Replace(bucket("other", ""), "a}", "b}", 1)); s.settle("demo").StackStatus != types.StackStatusUpdateComplete {
			t.Error("the stack cannot be updated any more")
		}
	})
}

func TestImportsAreRefusedInTheWordsOfAWS(t *testing.T) {
	t.Parallel()
	kept := importing("Kept", bucketType, "BucketName", "logs")
	cases := map[string]struct {
		template string
		list     func(*cfn.CreateChangeSetInput)
		want     string
	}{
		"nothing to import": {bucket("logs", retain), func(in *cfn.CreateChangeSetInput) { in.ChangeSetType = types.ChangeSetTypeImport }, "Must Provide at least one resource to import"},
		"not in the template": {
			bucket("logs", retain), importing("Other", bucketType, "BucketName", "logs"),
			"The logical resource ids [Other] provided in ResourceToImport do not exist in the template.",
		},
		"another identifier": {
			bucket("logs", retain), importing("Kept", bucketType, "Name", "logs"),
			"Invalid resource identifier for resource type AWS::S3::Bucket. Expected [BucketName]",
		},
		"another type": {
			bucket("logs", retain), importing("Kept", topic, "TopicArn", "logs"),
			"Resource type of [Kept] passed in ResourceToImport does not match with resource type defined in the template. " +
				"Resource type in ResourceToImport: AWS::SNS::Topic; Resource type in Template: AWS::S3::Bucket.",
		},
		"in the stack already": {
			bucket("logs", retain), importing("First", topic, "TopicArn", "a"),
			"Resources [First] passed in ResourceToImport are already in a stack and cannot be imported.",
		},
		"another addition": {
			bucket("logs", retain) + "  More: {Type: AWS::SNS::Topic}\n", kept, "Resources [More] is missing from ResourceToImport list",
		},
		"a modification": {
			strings.Replace(bucket("logs", retain), "a}", "b}", 1), kept,
			"You have modified resources [First] in your template that are not being imported. " +
				"Update, create or delete operations cannot be executed during import operations.",
		},
		"no deletion policy": {
			bucket("logs", ""), kept, "The following resources to import [Kept] must have DeletionPolicy attribute specified in the template.",
		},
		"an output": {
			bucket("logs", retain) + "Outputs: {Name: {Value: !Ref Kept}}\n", kept, "As part of the import operation, you cannot modify or add [Outputs]",
		},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, func(s *stage) {
				s.create("Resources: {First: {Type: AWS::SNS::Topic, Properties: {TopicName: a}}}")
				s.settle("demo")
				in := &cfn.CreateChangeSetInput{StackName: aws.String("demo"), ChangeSetName: aws.String("adopt"), TemplateBody: aws.String(test.template)}
				test.list(in)
				_, err := s.client.CreateChangeSet(s.t.Context(), in)
				if diff := cmp.Diff(answer{Code: "ValidationError", Message: test.want}, answerOf(err)); diff != "" {
					s.t.Error(diff)
				}
			})
		})
	}
}

func TestImportsOfWhatIsNotToBeHadFailTheChangeSet(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		t := s.t
		id := s.create("Resources: {Mine: {Type: AWS::S3::Bucket, Properties: {BucketName: logs}}}")
		s.settle("demo")
		cases := map[string]string{"none": "Bucket not found", "logs": "logs already exists in stack " + id}
		for name, want := range cases {
			template := `
Resources:
  Mine: {Type: AWS::S3::Bucket, Properties: {BucketName: logs}}
  Kept: {Type: AWS::S3::Bucket, DeletionPolicy: Retain, Properties: {BucketName: ` + name + `}}
`
			planned := s.propose("adopt-"+name, template, importing("Kept", bucketType, "BucketName", name))
			if planned.Status != types.ChangeSetStatusFailed || aws.ToString(planned.StatusReason) != want {
				t.Errorf("%s: %s", planned.Status, aws.ToString(planned.StatusReason))
			}
		}
	})
}

func TestWhatExistsIsImportedOnRequest(t *testing.T) {
	t.Parallel()
	existing := func(in *cfn.CreateChangeSetInput) { in.ImportExistingResources = aws.Bool(true) }
	play(t, func(s *stage) {
		t := s.t
		s.orphan()
		unsafe := s.propose("unsafe", bucket("logs", ""), creating, existing)
		want := "CloudFormation is attempting to import some resources because they already exist in your account. " +
			"The resources must have the DeletionPolicy attribute set to 'Retain' or 'RetainExceptOnCreate' in the template for " +
			"successful import. The affected resources are Kept ({BucketName=logs})"
		if diff := cmp.Diff(want, aws.ToString(unsafe.StatusReason)); diff != "" {
			t.Error(diff)
		}
		planned := s.propose("safe", bucket("logs", retain), creating, existing)
		if diff := cmp.Diff("\nAdd First \nImport Kept \n", flags(planned)); diff != "" {
			t.Error(diff)
		}
		s.failOnce("Create", "First", "no")
		if err := s.execute(planned.ChangeSetId); err != nil {
			t.Fatal(err)
		}
		if got := s.settle("demo").StackStatus; got != types.StackStatusRollbackComplete {
			t.Errorf("status %s\n%s", got, s.story("demo"))
		}
		if _, exists := s.Read(resource.Request{
			Place: resource.Place{Account: "123456789012", Region: "us-east-1"}, Type: bucketType, PhysicalID: "logs",
		}); !exists {
			t.Error("the rollback deleted what was imported")
		}
	})
}

func TestASummaryTellsHowResourcesAreIdentified(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		out, err := s.client.GetTemplateSummary(s.t.Context(), &cfn.GetTemplateSummaryInput{TemplateBody: aws.String(bucket("logs", ""))})
		if err != nil {
			s.t.Fatal(err)
		}
		got := make(map[string][]string)
		for _, each := range out.ResourceIdentifierSummaries {
			got[aws.ToString(each.ResourceType)] = append(each.LogicalResourceIds, each.ResourceIdentifiers...)
		}
		want := map[string][]string{bucketType: {"Kept", "BucketName"}, topic: {"First", "TopicArn"}}
		if diff := cmp.Diff(want, got); diff != "" {
			s.t.Error(diff)
		}
	})
}
