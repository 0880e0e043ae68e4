package cloudformation_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/go-cmp/cmp"
)

// proposeAll makes a change set of demo and what is nested in it.
func (s *stage) proposeAll(kind types.ChangeSetType, template string, nested bool) {
	s.t.Helper()
	_, err := s.client.CreateChangeSet(s.t.Context(), &cfn.CreateChangeSetInput{
		StackName: aws.String("demo"), ChangeSetName: aws.String("next"), TemplateBody: aws.String(template), ChangeSetType: kind,
		IncludeNestedStacks: aws.Bool(nested),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	time.Sleep(time.Minute)
}

// tree tells a change set and those below it, a line for each change.
func (s *stage) tree(stack, name, indent string) string {
	s.t.Helper()
	in := &cfn.DescribeChangeSetInput{ChangeSetName: aws.String(name)}
	if stack != "" {
		in.StackName = aws.String(stack)
	}
	set, err := s.client.DescribeChangeSet(s.t.Context(), in)
	if err != nil {
		s.t.Fatal(err)
	}
	var told strings.Builder
	fmt.Fprintf(&told, "%s%s %s | %s\n", indent, set.Status, set.ExecutionStatus, aws.ToString(set.StatusReason))
	for _, each := range set.Changes {
		change := each.ResourceChange
		fmt.Fprintf(&told, "%s- %s %s %s", indent, change.Action, aws.ToString(change.LogicalResourceId), change.Replacement)
		for _, detail := range change.Details {
			fmt.Fprintf(&told, " %s:%s:%s", aws.ToString(detail.Target.Name), detail.Evaluation, detail.ChangeSource)
		}
		told.WriteString("\n")
		if id := aws.ToString(change.ChangeSetId); id != "" {
			told.WriteString(s.tree("", id, indent+"  "))
		}
	}
	return told.String()
}

func TestAChangeSetOfAHierarchyTellsWhatChangesBelow(t *testing.T) {
	t.Parallel()
	renamed := strings.Replace(family, "{TopicName: base}", "{TopicName: base, DisplayName: x}", 1)
	for name, test := range map[string]struct {
		child    string
		template string
		nested   bool
		want     string
	}{
		"alone, it only says that the nested stack may change": {child("a"), family, false, `
CREATE_COMPLETE AVAILABLE | 
- Modify Child False :Dynamic:Automatic
- Modify Last False DisplayName:Dynamic:ResourceAttribute
`},
		"a template below that is the same": {child("a"), family, true, `
FAILED UNAVAILABLE | The submitted information didn't contain changes. Submit different information to create a change set.
`},
		"a change above alone": {child("a"), renamed, true, `
CREATE_COMPLETE AVAILABLE | 
- Modify Base False DisplayName:Static:DirectModification
`},
		"a change below": {strings.Replace(child("a"), "!Ref Display", "other", 1), family, true, `
CREATE_COMPLETE AVAILABLE | 
- Modify Child False :Dynamic:Automatic
  CREATE_COMPLETE UNAVAILABLE | Only executable from the root change set.
  - Modify First False DisplayName:Static:DirectModification
  - Modify Second False DisplayName:Dynamic:ResourceAttribute
- Modify Last False DisplayName:Dynamic:ResourceAttribute
`},
		"a template below that is wrong": {strings.Replace(child("a"), "Type: AWS::SNS::Topic", "Type: AWS::No::Thing", 1), family, true, `
FAILED UNAVAILABLE | Template format error: Unrecognized resource types: [AWS::No::Thing]
- Modify Child False :Dynamic:Automatic
- Modify Last False DisplayName:Dynamic:ResourceAttribute
`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, func(s *stage) {
				templates := nest(s)
				templates.put("child.yaml", child("a"))
				s.create(family)
				s.settle("demo")
				templates.put("child.yaml", test.child)
				s.proposeAll(types.ChangeSetTypeUpdate, test.template, test.nested)
				if diff := cmp.Diff(test.want, "\n"+s.tree("demo", "next", "")); diff != "" {
					s.t.Error(diff)
				}
			})
		})
	}
}

func TestAChangeSetMakesAHierarchyAsItWasSeen(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		templates := nest(s)
		templates.put("child.yaml", child("a"))
		templates.put("family.yaml", family)
		s.proposeAll(types.ChangeSetTypeCreate, grandparent, true)
		want := `
CREATE_COMPLETE AVAILABLE | 
- Add After 
- Add Middle 
  CREATE_COMPLETE UNAVAILABLE | Only executable from the root change set.
  - Add Base 
  - Add Child 
    CREATE_COMPLETE UNAVAILABLE | Only executable from the root change set.
    - Add First 
    - Add Second 
  - Add Last 
`
		if diff := cmp.Diff(want, "\n"+s.tree("demo", "next", "")); diff != "" {
			s.t.Fatal(diff)
		}
		s.restart()
		if diff := cmp.Diff(want, "\n"+s.tree("demo", "next", "")); diff != "" {
			s.t.Errorf("after a restart: %s", diff)
		}
		templates.put("child.yaml", child("b")) // too late
		under := s.stacks("REVIEW_IN_PROGRESS")
		s.executeNext()
		if got := s.settle("demo"); outputs(got) != "Name=base-a" {
			s.t.Errorf("%s %s\n%s", got.StackStatus, outputs(got), s.story("demo"))
		}
		if diff := cmp.Diff(under, s.stacks("CREATE_COMPLETE")); diff != "" {
			s.t.Error(diff)
		}
		templates.put("child.yaml", child("c"))
		s.proposeAll(types.ChangeSetTypeUpdate, grandparent, true)
		s.executeNext()
		if got := s.settle("demo"); outputs(got) != "Name=base-c" {
			s.t.Errorf("%s %s\n%s", got.StackStatus, outputs(got), s.story("demo"))
		}
		middle := s.describe(s.idIn("demo", "Middle"))
		set, err := s.client.DescribeChangeSet(s.t.Context(), &cfn.DescribeChangeSetInput{ChangeSetName: middle.ChangeSetId})
		if err != nil || set.ExecutionStatus != types.ExecutionStatusExecuteComplete || set.ParentChangeSetId == nil {
			s.t.Errorf("the nested change set: %v, %v", set, err)
		}
	})
}

func (s *stage) executeNext() {
	s.t.Helper()
	_, err := s.client.ExecuteChangeSet(s.t.Context(), &cfn.ExecuteChangeSetInput{
		StackName: aws.String("demo"), ChangeSetName: aws.String("next"),
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// stacks returns the names of the stacks in a status.
func (s *stage) stacks(status types.StackStatus) []string {
	s.t.Helper()
	out, err := s.client.ListStacks(s.t.Context(), &cfn.ListStacksInput{StackStatusFilter: []types.StackStatus{status}})
	if err != nil {
		s.t.Fatal(err)
	}
	var names []string
	for _, summary := range out.StackSummaries {
		names = append(names, aws.ToString(summary.StackName))
	}
	return names
}

func TestAChangeSetOfAHierarchyGoesWithAllBelow(t *testing.T) {
	t.Parallel()
	for name, drop := range map[string]func(s *stage) error{
		"with itself": func(s *stage) error {
			_, err := s.client.DeleteChangeSet(s.t.Context(), &cfn.DeleteChangeSetInput{
				StackName: aws.String("demo"), ChangeSetName: aws.String("next"),
			})
			return err
		},
		"with its stack": func(s *stage) error {
			_, err := s.client.DeleteStack(s.t.Context(), &cfn.DeleteStackInput{StackName: aws.String("demo")})
			return err
		},
		"with what takes its place": func(s *stage) error {
			_, err := s.client.CreateStack(s.t.Context(), &cfn.CreateStackInput{
				StackName: aws.String("demo"), TemplateBody: aws.String(named("a", "b")),
			})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, func(s *stage) {
				nest(s).put("child.yaml", child("a"))
				s.proposeAll(types.ChangeSetTypeCreate, family, true)
				below := s.stacks("REVIEW_IN_PROGRESS")[0]
				sets, err := s.client.ListChangeSets(s.t.Context(), &cfn.ListChangeSetsInput{StackName: aws.String(below)})
				if err != nil || len(sets.Summaries) != 1 || sets.Summaries[0].RootChangeSetId == nil {
					s.t.Fatalf("%v, %v", sets, err)
				}
				id := sets.Summaries[0].ChangeSetId
				if _, err := s.client.DeleteChangeSet(s.t.Context(), &cfn.DeleteChangeSetInput{ChangeSetName: id}); err == nil {
					s.t.Error("the nested change set can be deleted")
				}
				if _, err := s.client.ExecuteChangeSet(s.t.Context(), &cfn.ExecuteChangeSetInput{ChangeSetName: id}); err == nil {
					s.t.Error("the nested change set can be executed")
				}
				if err := drop(s); err != nil {
					s.t.Fatal(err)
				}
				time.Sleep(time.Minute)
				if _, err := s.client.DescribeStacks(s.t.Context(), &cfn.DescribeStacksInput{StackName: aws.String(below)}); err == nil {
					s.t.Error("the nested stack is still under review")
				}
			})
		})
	}
}
