package conformance

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// story is what a client of AWS does, and what it learns.
type story struct {
	name string
	tell func(*teller)
}

// teller tells a story to an endpoint and notes the facts.
type teller struct {
	ctx   context.Context //nolint:containedctx // a teller lives as long as its story
	aws   clients
	facts []fact
}

// fact is one thing that a client learns.
type fact struct {
	name string
	got  string // without what is another one in each run
	aws  string // what AWS answers
}

// tell tells a story to an endpoint and returns its facts. A story that cannot go on ends with one that says why.
func tell(t *testing.T, s story, endpoint string) []fact {
	t.Helper()
	teller := &teller{ctx: t.Context(), aws: impatient(endpoint)}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.tell(teller)
	}()
	<-ended
	return teller.facts
}

// fact notes what a client learned, and what AWS would have told it.
func (t *teller) fact(name string, got any, onAWS string) {
	t.facts = append(t.facts, fact{name: name, got: settled(fmt.Sprint(got)), aws: onAWS})
}

// refusal notes the error of a call that AWS refuses.
func (t *teller) refusal(name string, err error, onAWS string) { t.fact(name, words(err), onAWS) }

// must ends the story if a call fails that AWS serves.
func (t *teller) must(deed string, err error) {
	if err != nil {
		t.fact(deed, words(err), "is done")
		runtime.Goexit()
	}
}

// words are the code and the text of an error, without the SDK's.
func words(err error) string {
	if err == nil {
		return "is done"
	}
	if refused, ok := errors.AsType[smithy.APIError](err); ok {
		return refused.ErrorCode() + ": " + refused.ErrorMessage()
	}
	if answer, ok := errors.AsType[*smithyhttp.ResponseError](err); ok {
		return fmt.Sprintf("status %d", answer.HTTPStatusCode())
	}
	return "fails: " + err.Error()
}

var changing = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|RequestToken: [^,]*`)

// settled is a text without ids.
func settled(text string) string { return changing.ReplaceAllString(text, "ID") }

// stack is a stack of the story.
type stack struct {
	*teller

	name string
	id   string
}

// create makes a stack and waits for its end.
func (t *teller) create(name, template string, change ...func(*cloudformation.CreateStackInput)) stack {
	in := &cloudformation.CreateStackInput{StackName: aws.String(name), TemplateBody: aws.String(template)}
	for _, apply := range change {
		apply(in)
	}
	out, err := t.aws.CloudFormation.CreateStack(t.ctx, in)
	t.must("creating stack "+name, err)
	made := stack{teller: t, name: name, id: aws.ToString(out.StackId)}
	made.end()
	return made
}

// end waits until the stack's operation has ended.
func (s stack) end() types.Stack {
	const patience = 30 * time.Second
	for started := time.Now(); ; time.Sleep(2 * time.Millisecond) {
		found := s.describe()
		if !strings.HasSuffix(string(found.StackStatus), "_IN_PROGRESS") || found.StackStatus == types.StackStatusReviewInProgress {
			return found
		}
		if time.Since(started) > patience {
			s.fact("the stack "+s.name, found.StackStatus, "ends its operation")
			runtime.Goexit()
		}
	}
}

func (s stack) describe() types.Stack {
	out, err := s.aws.CloudFormation.DescribeStacks(s.ctx, &cloudformation.DescribeStacksInput{StackName: aws.String(s.id)})
	s.must("describing stack "+s.name, err)
	return out.Stacks[0]
}

// delete deletes the stack and waits for its end.
func (s stack) delete() types.Stack {
	_, err := s.aws.CloudFormation.DeleteStack(s.ctx, &cloudformation.DeleteStackInput{StackName: aws.String(s.name)})
	s.must("deleting stack "+s.name, err)
	return s.end()
}

// update changes the stack and waits for its end.
func (s stack) update(template string, change ...func(*cloudformation.UpdateStackInput)) (types.Stack, error) {
	in := &cloudformation.UpdateStackInput{StackName: aws.String(s.name), TemplateBody: aws.String(template)}
	for _, apply := range change {
		apply(in)
	}
	if _, err := s.aws.CloudFormation.UpdateStack(s.ctx, in); err != nil {
		return types.Stack{}, fmt.Errorf("updating: %w", err)
	}
	return s.end(), nil
}

// events are the stack's events, the oldest first, one a line.
func (s stack) events() string {
	out, err := s.aws.CloudFormation.DescribeStackEvents(s.ctx, &cloudformation.DescribeStackEventsInput{StackName: aws.String(s.id)})
	s.must("describing events of stack "+s.name, err)
	lines := make([]string, len(out.StackEvents))
	for i, event := range out.StackEvents {
		line := aws.ToString(event.LogicalResourceId) + " " + string(event.ResourceStatus)
		if reason := aws.ToString(event.ResourceStatusReason); reason != "" {
			line += " (" + reason + ")"
		}
		lines[len(lines)-1-i] = line
	}
	return strings.Join(lines, "\n")
}

// lines joins what a fact tells in several lines.
func lines(text ...string) string { return strings.Join(text, "\n") }
