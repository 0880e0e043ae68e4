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

func TestDriftTellsNoSecrets(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		t := s.t
		s.create(`
Parameters:
  Secret: {Type: String, NoEcho: true, Default: hush}
Resources:
  First:
    Type: AWS::SNS::Topic
    Properties: {TopicName: a, DisplayName: !Ref Secret, Tags: [{Key: open, Value: one}, {Key: closed, Value: !Ref Secret}]}
`)
		s.settle("demo")
		s.edit("First", topic, resource.Properties{
			"DisplayName": "other secret",
			"Tags":        []any{map[string]any{"Key": "open", "Value": "two"}, map[string]any{"Key": "closed", "Value": "hush"}},
		})
		found, err := s.client.DetectStackResourceDrift(t.Context(), &cfn.DetectStackResourceDriftInput{
			StackName: aws.String("demo"), LogicalResourceId: aws.String("First"),
		})
		if err != nil {
			t.Fatal(err)
		}
		drift := found.StackResourceDrift
		got := map[string]string{
			"expected": aws.ToString(drift.ExpectedProperties), "actual": aws.ToString(drift.ActualProperties),
			"status": string(drift.StackResourceDriftStatus),
		}
		for _, each := range drift.PropertyDifferences {
			got[aws.ToString(each.PropertyPath)] = strings.Join([]string{
				string(each.DifferenceType), aws.ToString(each.ExpectedValue), aws.ToString(each.ActualValue),
			}, " ")
		}
		want := map[string]string{
			"expected":      `{"DisplayName":"****","Tags":[{"Key":"open","Value":"one"},{"Key":"closed","Value":"****"}],"TopicName":"a"}`,
			"actual":        `{"DisplayName":"****","Tags":[{"Key":"open","Value":"two"},{"Key":"closed","Value":"****"}],"TopicName":"a"}`,
			"status":        string(types.StackResourceDriftStatusModified),
			"/DisplayName":  "NOT_EQUAL **** ****",
			"/Tags/0/Value": "NOT_EQUAL one two",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}
