package cloudformation_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// shelf is the S3 that templates of nested stacks lie in: bodies by key.
type shelf struct {
	mu     sync.Mutex
	bodies map[string]string
}

// Object returns what put gave.
func (b *shelf) Object(_, key string) ([]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	body, ok := b.bodies[key]
	if !ok {
		return nil, wire.Errorf("NoSuchKey", "The specified key does not exist.")
	}
	return []byte(body), nil
}

func (b *shelf) put(key, body string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.bodies[key] = body
}

// nest is a stage whose templates may nest stacks.
func nest(s *stage) *shelf {
	b := &shelf{bodies: make(map[string]string)}
	s.objects = b
	s.open()
	return b
}

// family is a stack with a topic, a nested stack that has two more, and a topic that is named after one of these.
const family = `
Parameters:
  Display: {Type: String, Default: one}
Resources:
  Base: {Type: AWS::SNS::Topic, Properties: {TopicName: base}}
  Child:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: https://s3.amazonaws.com/templates/child.yaml
      Parameters: {Base: !GetAtt Base.TopicName, Display: !Ref Display}
      Tags: [{Key: own, Value: child}]
  Last: {Type: AWS::SNS::Topic, Properties: {DisplayName: !GetAtt Child.Outputs.Name}}
Outputs:
  Name: {Value: !GetAtt Child.Outputs.Name}
  Child: {Value: !Ref Child}
`

// child is what family nests; its topic has the name of the stack above and a suffix.
func child(suffix string) string {
	return `
Parameters:
  Base: {Type: String}
  Display: {Type: String}
Resources:
  First: {Type: AWS::SNS::Topic, Properties: {TopicName: !Sub "${Base}-` + suffix + `", DisplayName: !Ref Display}}
  Second: {Type: AWS::SNS::Topic, Properties: {DisplayName: !GetAtt First.TopicName}}
Outputs:
  Name: {Value: !GetAtt First.TopicName}
`
}

// childID returns the ARN of the nested stack.
func (s *stage) childID() string { return s.idIn("demo", "Child") }

// childStory is story with the nested stack's own name as CHILD.
func (s *stage) childStory(id string) string {
	s.t.Helper()
	return strings.ReplaceAll(s.story(id), aws.ToString(s.describe(id).StackName), "CHILD")
}

func TestANestedStackIsMadeBetweenWhatItNeedsAndWhatNeedsIt(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		t := s.t
		nest(s).put("child.yaml", child("a"))
		root := s.create(family, func(in *cfn.CreateStackInput) {
			in.Tags = []types.Tag{{Key: aws.String("team"), Value: aws.String("shop")}}
		})
		made := s.settle("demo")
		if diff := cmp.Diff(`
demo CREATE_IN_PROGRESS | User Initiated
Base CREATE_IN_PROGRESS
Base CREATE_IN_PROGRESS | Resource creation Initiated
Base CREATE_COMPLETE
Child CREATE_IN_PROGRESS
Child CREATE_IN_PROGRESS | Resource creation Initiated
Child CREATE_COMPLETE
Last CREATE_IN_PROGRESS
Last CREATE_IN_PROGRESS | Resource creation Initiated
Last CREATE_COMPLETE
demo CREATE_COMPLETE
`, s.story("demo")); diff != "" {
			t.Error(diff)
		}
		id := s.childID()
		if diff := cmp.Diff(`
CHILD CREATE_IN_PROGRESS | User Initiated
First CREATE_IN_PROGRESS
First CREATE_IN_PROGRESS | Resource creation Initiated
First CREATE_COMPLETE
Second CREATE_IN_PROGRESS
Second CREATE_IN_PROGRESS | Resource creation Initiated
Second CREATE_COMPLETE
CHILD CREATE_COMPLETE
`, s.childStory(id)); diff != "" {
			t.Error(diff)
		}
		if got := outputs(made); got != "Child="+id+" Name=base-a" {
			t.Errorf("outputs: %s", got)
		}
		nested := s.describe(id)
		if aws.ToString(nested.ParentId) != root || aws.ToString(nested.RootId) != root || !strings.HasPrefix(aws.ToString(nested.StackName), "demo-Child-") {
			t.Errorf("%s of %s in %s", aws.ToString(nested.StackName), aws.ToString(nested.ParentId), aws.ToString(nested.RootId))
		}
		if len(nested.Tags) != 2 || aws.ToString(nested.Tags[0].Key) != "own" || aws.ToString(nested.Tags[1].Key) != "team" {
			t.Errorf("tags: %v", nested.Tags)
		}
	})
}

func outputs(of types.Stack) string {
	var all []string
	for _, output := range of.Outputs {
		all = append(all, aws.ToString(output.OutputKey)+"="+aws.ToString(output.OutputValue))
	}
	return strings.Join(all, " ")
}

func TestANestedStackCleansUpWhenItsParentDoes(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		t := s.t
		templates := nest(s)
		templates.put("child.yaml", child("a"))
		s.create(family)
		s.settle("demo")
		templates.put("child.yaml", child("b"))
		s.update(family)
		updated := s.settle("demo")
		if got := outputs(updated); !strings.HasSuffix(got, "Name=base-b") || updated.StackStatus != types.StackStatusUpdateComplete {
			t.Errorf("%s: %s", updated.StackStatus, got)
		}
		if diff := cmp.Diff(`
demo UPDATE_IN_PROGRESS | User Initiated
Child UPDATE_IN_PROGRESS
Child UPDATE_COMPLETE
Last UPDATE_IN_PROGRESS
Last UPDATE_COMPLETE
demo UPDATE_COMPLETE_CLEANUP_IN_PROGRESS
Child UPDATE_COMPLETE
demo UPDATE_COMPLETE
`, s.lastUpdate()); diff != "" {
			t.Error(diff)
		}
		_, story, _ := strings.Cut(s.childStory(s.childID()), "CHILD CREATE_COMPLETE")
		if diff := cmp.Diff(`
CHILD UPDATE_IN_PROGRESS | User Initiated
First UPDATE_IN_PROGRESS | Requested update requires the creation of a new physical resource; hence creating one.
First UPDATE_IN_PROGRESS | Resource creation Initiated
First UPDATE_COMPLETE
Second UPDATE_IN_PROGRESS
Second UPDATE_COMPLETE
CHILD UPDATE_COMPLETE_CLEANUP_IN_PROGRESS
First DELETE_IN_PROGRESS
First DELETE_COMPLETE
CHILD UPDATE_COMPLETE
`, story); diff != "" {
			t.Error(diff)
		}
	})
}

func TestANestedStackThatWasUpdatedIsLedBackWithItsParent(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		t := s.t
		templates := nest(s)
		templates.put("child.yaml", child("a"))
		s.create(family)
		s.settle("demo")
		templates.put("child.yaml", child("b"))
		s.failOnce("Update", "Last", "cannot")
		s.update(family)
		updated := s.settle("demo")
		if got := outputs(updated); !strings.HasSuffix(got, "Name=base-a") || updated.StackStatus != types.StackStatusUpdateRollbackComplete {
			t.Errorf("%s: %s", updated.StackStatus, got)
		}
		if diff := cmp.Diff(`
demo UPDATE_IN_PROGRESS | User Initiated
Child UPDATE_IN_PROGRESS
Child UPDATE_COMPLETE
Last UPDATE_IN_PROGRESS
Last UPDATE_FAILED | Resource handler returned message: "cannot" (RequestToken: T, HandlerErrorCode: GeneralServiceException)
demo UPDATE_ROLLBACK_IN_PROGRESS | The following resource(s) failed to update: [Last]. 
Child UPDATE_IN_PROGRESS
Child UPDATE_COMPLETE
Last UPDATE_IN_PROGRESS
Last UPDATE_COMPLETE
demo UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS
Child UPDATE_COMPLETE
demo UPDATE_ROLLBACK_COMPLETE
`, s.lastUpdate()); diff != "" {
			t.Error(diff)
		}
		_, story, _ := strings.Cut(s.childStory(s.childID()), "CHILD UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
		if diff := cmp.Diff(`
CHILD UPDATE_ROLLBACK_IN_PROGRESS | User Initiated
First UPDATE_COMPLETE
Second UPDATE_IN_PROGRESS
Second UPDATE_COMPLETE
CHILD UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS
First DELETE_IN_PROGRESS
First DELETE_COMPLETE
CHILD UPDATE_ROLLBACK_COMPLETE
`, story); diff != "" {
			t.Error(diff)
		}
		if got := outputs(s.describe(s.childID())); got != "Name=base-a" {
			t.Errorf("the nested stack's outputs: %s", got)
		}
	})
}

func TestANestedStackThatFailsToUpdateFailsItsParent(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		t := s.t
		templates := nest(s)
		templates.put("child.yaml", child("a"))
		s.create(family)
		s.settle("demo")
		templates.put("child.yaml", child("b"))
		s.failOnce("Update", "Second", "cannot")
		s.update(family)
		s.settle("demo")
		if diff := cmp.Diff(`
demo UPDATE_IN_PROGRESS | User Initiated
Child UPDATE_IN_PROGRESS
Child UPDATE_FAILED | Embedded stack ARN was not successfully updated. Currently in UPDATE_ROLLBACK_IN_PROGRESS with reason: The following resource(s) failed to update: [Second]. 
demo UPDATE_ROLLBACK_IN_PROGRESS | The following resource(s) failed to update: [Child]. 
Child UPDATE_IN_PROGRESS
Child UPDATE_COMPLETE
demo UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS
Child UPDATE_COMPLETE
demo UPDATE_ROLLBACK_COMPLETE
`, s.lastUpdate()); diff != "" {
			t.Error(diff)
		}
	})
}
