package cloudformation_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// grandparent nests family, which nests child.
const grandparent = `
Resources:
  Middle: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: https://templates.s3.us-east-1.amazonaws.com/family.yaml}}
  After: {Type: AWS::SNS::Topic, Properties: {DisplayName: !GetAtt Middle.Outputs.Name}}
Outputs:
  Name: {Value: !GetAtt Middle.Outputs.Name}
`

// threeLevels makes demo of grandparent and returns the ids of what is nested in it, from above.
func threeLevels(s *stage) (*shelf, string, string) {
	s.t.Helper()
	templates := nest(s)
	templates.put("child.yaml", child("a"))
	templates.put("family.yaml", family)
	s.create(grandparent)
	if got := s.settle("demo"); got.StackStatus != types.StackStatusCreateComplete || outputs(got) != "Name=base-a" {
		s.t.Fatalf("%s %s:\n%s", got.StackStatus, outputs(got), s.story("demo"))
	}
	middle := s.idIn("demo", "Middle")
	return templates, middle, s.idIn(middle, "Child")
}

func (s *stage) idIn(stack, logicalID string) string {
	s.t.Helper()
	out, err := s.client.DescribeStackResource(s.t.Context(), &cfn.DescribeStackResourceInput{
		StackName: aws.String(stack), LogicalResourceId: aws.String(logicalID),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return aws.ToString(out.StackResourceDetail.PhysicalResourceId)
}

// statuses are the last words of stacks, from above; one if they are all the same.
func (s *stage) statuses(ids ...string) string {
	s.t.Helper()
	var all []string
	for _, id := range ids {
		all = append(all, string(s.settle(id).StackStatus))
	}
	if slices.Equal(all, slices.Repeat(all[:1], len(all))) {
		return all[0]
	}
	return strings.Join(all, " > ")
}

func TestAFailureAtTheTopLeadsAllLevelsBack(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		templates, middle, bottom := threeLevels(s)
		templates.put("child.yaml", child("b"))
		s.failOnce("Update", "After", "cannot")
		s.update(grandparent)
		const want = "UPDATE_ROLLBACK_COMPLETE"
		if got := s.statuses("demo", middle, bottom); got != want {
			s.t.Errorf("%s:\n%s\n%s\n%s", got, s.story("demo"), s.story(middle), s.story(bottom))
		}
		if got := outputs(s.describe("demo")); got != "Name=base-a" {
			s.t.Errorf("outputs: %s", got)
		}
		s.update(grandparent)
		if got := s.statuses("demo", middle, bottom); got != "UPDATE_COMPLETE" {
			s.t.Errorf("%s:\n%s\n%s\n%s", got, s.story("demo"), s.story(middle), s.story(bottom))
		}
		s.delete()
		if got := s.statuses(aws.ToString(s.describe(middle).ParentId), middle, bottom); got != "DELETE_COMPLETE" {
			s.t.Error(got)
		}
	})
}

func TestARollbackThatFailsBelowIsContinuedFromTheTop(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		skip  []string // BOTTOM stands for the nested stack's name
		force bool
		free  bool // the resource can be updated again
	}{
		"once it can be":                {free: true},
		"leaving out a nested resource": {skip: []string{"BOTTOM.Second"}},
		"by force":                      {force: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, func(s *stage) {
				templates, middle, bottom := threeLevels(s)
				templates.put("child.yaml", child("b"))
				s.fail("Update", "Second", "cannot")
				s.update(grandparent)
				const failed = "UPDATE_ROLLBACK_FAILED"
				if got := s.statuses("demo", middle, bottom); got != failed {
					s.t.Fatalf("%s:\n%s\n%s\n%s", got, s.story("demo"), s.story(middle), s.story(bottom))
				}
				for refused, in := range map[string]*cfn.ContinueUpdateRollbackInput{
					"cannot be invoked on child stacks":     {StackName: aws.String(middle)},
					"Nested stacks could not be skipped":    {StackName: aws.String("demo"), ResourcesToSkip: []string{"Middle"}},
					"Stack [NoSuchStack] does not exist":    {StackName: aws.String("demo"), ResourcesToSkip: []string{"NoSuchStack.Second"}},
					"Only the resources failed during Upda": {StackName: aws.String("demo"), ResourcesToSkip: []string{"After"}},
				} {
					if _, err := s.client.ContinueUpdateRollback(s.t.Context(), in); err == nil || !strings.Contains(err.Error(), refused) {
						s.t.Errorf("%v, want %q", err, refused)
					}
				}
				if test.free {
					s.fail("Update", "Second", "")
				}
				for i, name := range test.skip {
					test.skip[i] = strings.Replace(name, "BOTTOM", aws.ToString(s.describe(bottom).StackName), 1)
				}
				_, err := s.client.ContinueUpdateRollback(s.t.Context(), &cfn.ContinueUpdateRollbackInput{
					StackName: aws.String("demo"), ResourcesToSkip: test.skip, ForceRollback: aws.Bool(test.force),
				})
				if err != nil {
					s.t.Fatal(err)
				}
				const back = "UPDATE_ROLLBACK_COMPLETE"
				if got := s.statuses("demo", middle, bottom); got != back {
					s.t.Errorf("%s:\n%s\n%s\n%s", got, s.story("demo"), s.story(middle), s.story(bottom))
				}
			})
		})
	}
}

func TestOperationsOnAHierarchyAreLedBackAfterARestart(t *testing.T) {
	t.Parallel()
	for seconds := 0; seconds < 48; seconds += 3 {
		t.Run("after "+time.Duration(seconds*int(time.Second)).String(), func(t *testing.T) {
			t.Parallel()
			play(t, func(s *stage) {
				templates, middle, bottom := threeLevels(s)
				templates.put("child.yaml", child("b"))
				s.update(grandparent)
				time.Sleep(time.Duration(seconds) * time.Second)
				s.restart()
				got := s.statuses("demo", middle, bottom)
				if got != "UPDATE_ROLLBACK_COMPLETE" &&
					got != "UPDATE_ROLLBACK_COMPLETE > CREATE_COMPLETE > CREATE_COMPLETE" &&
					got != "UPDATE_ROLLBACK_COMPLETE > UPDATE_ROLLBACK_COMPLETE > CREATE_COMPLETE" &&
					got != "UPDATE_COMPLETE" {
					s.t.Errorf("%s:\n%s\n%s\n%s", got, s.story("demo"), s.story(middle), s.story(bottom))
				}
				s.delete()
				root := aws.ToString(s.describe(middle).ParentId)
				if got := s.statuses(root, middle, bottom); got != "DELETE_COMPLETE" {
					s.t.Errorf("%s:\n%s\n%s\n%s", got, s.story(root), s.story(middle), s.story(bottom))
				}
			})
		})
	}
}

func TestACreationOfAHierarchyThatARestartInterruptsLeavesNothing(t *testing.T) {
	t.Parallel()
	for seconds := 0; seconds < 36; seconds += 3 {
		t.Run("after "+time.Duration(seconds*int(time.Second)).String(), func(t *testing.T) {
			t.Parallel()
			play(t, func(s *stage) {
				templates := nest(s)
				templates.put("child.yaml", child("a"))
				templates.put("family.yaml", family)
				s.create(grandparent)
				time.Sleep(time.Duration(seconds) * time.Second)
				s.restart()
				s.settle("demo")
				s.delete()
				time.Sleep(time.Minute)
				out, err := s.client.DescribeStacks(s.t.Context(), &cfn.DescribeStacksInput{})
				if err != nil || len(out.Stacks) > 0 {
					s.t.Errorf("%v, %v", err, out.Stacks)
				}
				if len(s.living()) > 0 {
					s.t.Errorf("left behind: %v", s.living())
				}
			})
		})
	}
}
