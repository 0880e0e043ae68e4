package cloudformation_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/google/go-cmp/cmp"
)

func TestTheTemplateOfAChangeSetCanBeRead(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		planned := s.propose("first", oneTopic, creating)
		out, err := s.client.GetTemplate(s.t.Context(), &cfn.GetTemplateInput{ChangeSetName: planned.ChangeSetId})
		if err != nil {
			s.t.Fatal(err)
		}
		if diff := cmp.Diff(oneTopic, aws.ToString(out.TemplateBody)); diff != "" {
			s.t.Error(diff)
		}
	})
}

func TestASummaryTellsMetadataAndIdentifiers(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		out, err := s.client.GetTemplateSummary(s.t.Context(), &cfn.GetTemplateSummaryInput{TemplateBody: aws.String(`
Metadata: {Owner: team}
Parameters: {Name: {Type: String, Default: a}}
Resources:
  Second: {Type: AWS::SNS::Topic}
  First: {Type: AWS::SNS::Topic}
  Bucket: {Type: AWS::S3::Bucket}
`)})
		if err != nil {
			s.t.Fatal(err)
		}
		got := []any{aws.ToString(out.Metadata), out.ResourceTypes}
		for _, each := range out.ResourceIdentifierSummaries {
			got = append(got, aws.ToString(each.ResourceType), each.LogicalResourceIds, each.ResourceIdentifiers)
		}
		want := []any{
			"{'Owner': 'team'}",
			[]string{"AWS::SNS::Topic", "AWS::S3::Bucket", "AWS::SNS::Topic"},
			"AWS::S3::Bucket",
			[]string{"Bucket"},
			[]string{"BucketName"},
			"AWS::SNS::Topic",
			[]string{"First", "Second"},
			[]string{"TopicArn"},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			s.t.Error(diff)
		}
		if out.Parameters[0].ParameterConstraints.AllowedValues == nil {
			s.t.Error("no list of allowed values") // recorded: an empty one
		}
	})
}

// Recorded: localstack's test_invalid_getatt_fails.
func TestAnAttributeThatATypeLacksFailsTheStackBeforeAnyResource(t *testing.T) {
	t.Parallel()
	const template = `{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}, "Outputs": {"Bad": {"Value": {"Fn::GetAtt": ["Topic", "Colour"]}}}}`
	const reason = "[Error] /Outputs/Bad/Value/Fn::GetAtt: Resource type AWS::SNS::Topic does not support attribute {Colour}."
	play(t, func(s *stage) {
		id := s.create(template)
		s.settle("demo")
		want := "\ndemo CREATE_IN_PROGRESS | User Initiated\n" +
			"demo ROLLBACK_IN_PROGRESS | " + reason + " Rollback requested by user.\ndemo ROLLBACK_COMPLETE\n"
		if diff := cmp.Diff(want, s.story("demo")); diff != "" {
			s.t.Error(diff)
		}
		s.delete()
		s.settle(id)
		s.create(oneTopic)
		s.settle("demo")
		s.update(template)
		s.settle("demo")
		if diff := cmp.Diff([]string{"demo UPDATE_ROLLBACK_IN_PROGRESS | " + reason}, matching(s.story("demo"), "ROLLBACK_IN_PROGRESS")); diff != "" {
			s.t.Error(diff)
		}
	})
}

func TestAPlannedImportBindsNothing(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		t := s.t
		s.create(`{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}, "Outputs": {"O": {"Value": "x", "Export": {"Name": "shared"}}}}`)
		s.settle("demo")
		_, err := s.client.CreateChangeSet(t.Context(), &cfn.CreateChangeSetInput{
			StackName: aws.String("other"), ChangeSetName: aws.String("c"), ChangeSetType: "CREATE",
			TemplateBody: aws.String(`{"Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Fn::ImportValue": "shared"}}}}}`),
		})
		if err != nil {
			t.Fatal(err)
		}
		id := aws.ToString(s.settle("demo").StackId)
		s.delete()
		if got := s.settle(id).StackStatus; got != "DELETE_COMPLETE" {
			t.Errorf("status %s", got)
		}
	})
}
