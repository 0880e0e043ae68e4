package cloudformation_test

import (
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/clock"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// notices remember what topics are told: by topic, the logical id and the status of each event.
type notices struct {
	mu   sync.Mutex
	told map[string][]string
}

// Publish keeps a notification.
func (n *notices) Publish(_ resource.Place, topicARN, _, message string) error {
	members := make(map[string]string)
	for line := range strings.Lines(message) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		members[name] = strings.Trim(value, "'")
	}
	id := members["LogicalResourceId"]
	if id == members["StackName"] {
		id = "THE STACK"
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.told[topicARN] = append(n.told[topicARN], id+" "+members["ResourceStatus"])
	return nil
}

// telling makes Child a stack that tells another topic.
func telling(topic string) string {
	return strings.Replace(family, "      TemplateURL:", "      NotificationARNs: ['"+topic+"']\n      TemplateURL:", 1)
}

func TestANestedStackTellsItsOwnTopics(t *testing.T) {
	t.Parallel()
	const rootTopic, childTopic = "arn:aws:sns:us-east-1:123456789012:root", "arn:aws:sns:us-east-1:123456789012:child"
	play(t, func(s *stage) {
		news := &notices{told: make(map[string][]string)}
		s.openWith(cloudformation.Config{
			Clock: clock.Clock{Speed: 1}, Providers: s.providers, Topics: news,
			Objects: &shelf{bodies: map[string]string{"child.yaml": child("a")}},
		})
		root := s.create(telling(childTopic), func(in *cfn.CreateStackInput) { in.NotificationARNs = []string{rootTopic} })
		s.settle("demo")
		s.delete()
		s.settle(root)
		want := map[string][]string{
			rootTopic: {
				"THE STACK CREATE_IN_PROGRESS", "Base CREATE_IN_PROGRESS", "Base CREATE_IN_PROGRESS", "Base CREATE_COMPLETE",
				"Child CREATE_IN_PROGRESS", "Child CREATE_IN_PROGRESS", "Child CREATE_COMPLETE",
				"Last CREATE_IN_PROGRESS", "Last CREATE_IN_PROGRESS", "Last CREATE_COMPLETE", "THE STACK CREATE_COMPLETE",
				"THE STACK DELETE_IN_PROGRESS", "Last DELETE_IN_PROGRESS", "Last DELETE_COMPLETE",
				"Child DELETE_IN_PROGRESS", "Child DELETE_COMPLETE", "Base DELETE_IN_PROGRESS", "Base DELETE_COMPLETE",
				"THE STACK DELETE_COMPLETE",
			},
			childTopic: {
				"THE STACK CREATE_IN_PROGRESS", "First CREATE_IN_PROGRESS", "First CREATE_IN_PROGRESS", "First CREATE_COMPLETE",
				"Second CREATE_IN_PROGRESS", "Second CREATE_IN_PROGRESS", "Second CREATE_COMPLETE", "THE STACK CREATE_COMPLETE",
				"THE STACK DELETE_IN_PROGRESS", "Second DELETE_IN_PROGRESS", "Second DELETE_COMPLETE",
				"First DELETE_IN_PROGRESS", "First DELETE_COMPLETE", "THE STACK DELETE_COMPLETE",
			},
		}
		news.mu.Lock()
		defer news.mu.Unlock()
		if diff := cmp.Diff(want, news.told); diff != "" {
			s.t.Error(diff)
		}
	})
}

func TestEventBridgeIsToldOfANestedStackInItsOwnNameAndInItsParents(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		nest(s).put("child.yaml", child("a"))
		s.create(family)
		s.settle("demo")
		name := aws.ToString(s.describe(s.childID()).StackName)
		synctest.Wait()
		s.told.mu.Lock()
		defer s.told.mu.Unlock()
		var stacks, resources []string
		for i, told := range s.told.told {
			of := "demo"
			if strings.Contains(s.told.of[i], ":stack/"+name+"/") {
				of = "child"
			}
			_, status, _ := strings.Cut(told, `"status":"`)
			status, _, _ = strings.Cut(status, `"`)
			switch {
			case strings.HasPrefix(told, "CloudFormation Stack Status Change "):
				stacks = append(stacks, of+" "+status)
			case strings.Contains(told, `"resource-type":"AWS::CloudFormation::Stack"`):
				resources = append(resources, of+" "+status)
			}
		}
		wantStacks := []string{"demo CREATE_IN_PROGRESS", "child CREATE_IN_PROGRESS", "child CREATE_COMPLETE", "demo CREATE_COMPLETE"}
		if diff := cmp.Diff(wantStacks, stacks); diff != "" {
			s.t.Error(diff)
		}
		wantResources := []string{"demo CREATE_IN_PROGRESS", "demo CREATE_IN_PROGRESS", "demo CREATE_COMPLETE"}
		if diff := cmp.Diff(wantResources, resources); diff != "" {
			s.t.Error(diff)
		}
	})
}
