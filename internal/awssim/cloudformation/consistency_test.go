package cloudformation_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/go-cmp/cmp"
)

// The order is that of console output that users of the serverless application model's command line published.
func TestSomeTypesAreAnnouncedBeforeTheyAreStable(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		t := s.t
		s.create(`{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}, "Bucket": {"Type": "AWS::S3::Bucket", "DependsOn": "Topic"}}}`)
		time.Sleep(15 * time.Second) // the topic takes 11 seconds, the bucket another 20
		synctest.Wait()
		if got := s.describe("demo").DetailedStatus; got != types.DetailedStatusConfigurationComplete {
			t.Errorf("detailed status %q", got)
		}
		if got := s.settle("demo").DetailedStatus; got != "" {
			t.Errorf("detailed status %q of a stack that rests", got)
		}
		want := []string{
			"demo CREATE_IN_PROGRESS | User Initiated",
			"Bucket CREATE_IN_PROGRESS",
			"Bucket CREATE_IN_PROGRESS | Resource creation Initiated",
			"Bucket CREATE_IN_PROGRESS | Eventual consistency check initiated",
			"demo CREATE_IN_PROGRESS | Eventual consistency check initiated",
			"Bucket CREATE_COMPLETE",
			"demo CREATE_COMPLETE",
		}
		story := slices.DeleteFunc(strings.Split(strings.TrimSpace(s.story("demo")), "\n"), func(line string) bool {
			return strings.HasPrefix(line, "Topic")
		})
		if diff := cmp.Diff(want, story); diff != "" {
			t.Error(diff)
		}
		events, err := s.client.DescribeStackEvents(t.Context(), &cfn.DescribeStackEventsInput{StackName: aws.String("demo")})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events.StackEvents {
			checking := aws.ToString(e.ResourceStatusReason) == "Eventual consistency check initiated"
			if checking != (e.DetailedStatus == types.DetailedStatusConfigurationComplete) {
				t.Errorf("%s has detailed status %q", aws.ToString(e.EventId), e.DetailedStatus)
			}
		}
	})
}
