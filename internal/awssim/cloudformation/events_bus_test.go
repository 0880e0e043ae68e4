package cloudformation_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/event"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// bus remembers what it was told, as JSON, and of what.
type bus struct {
	mu   sync.Mutex
	told []string
	of   []string // the resource of each
}

var varying = regexp.MustCompile(`arn:aws:cloudformation:[^"]*|demo-Topic-\w+|"[0-9a-f-]{36}"`)

func (b *bus) Put(_ resource.Place, e event.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	detail, err := json.Marshal(e.Detail)
	if err != nil {
		panic(err) // not with our own types
	}
	b.of = append(b.of, strings.Join(e.Resources, " "))
	b.told = append(b.told, e.DetailType+" "+varying.ReplaceAllString(string(detail), "X"))
}

func TestEventBridgeIsToldOfStatuses(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		t := s.t
		s.create("Resources: {Topic: {Type: AWS::SNS::Topic}}", func(in *cfn.CreateStackInput) {
			in.ClientRequestToken = aws.String("once")
		})
		s.settle("demo")
		if _, err := s.client.DetectStackDrift(t.Context(), &cfn.DetectStackDriftInput{StackName: aws.String("demo")}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		const stack, thing, drift = "CloudFormation Stack Status Change ", "CloudFormation Resource Status Change ",
			"CloudFormation Drift Detection Status Change "
		const resource = `{"stack-id":"X","logical-resource-id":"Topic","physical-resource-id":`
		want := []string{
			stack + `{"stack-id":"X","status-details":{"status":"CREATE_IN_PROGRESS","status-reason":"User Initiated"},"client-request-token":"once"}`,
			thing + resource + `"","status-details":{"status":"CREATE_IN_PROGRESS","status-reason":""},"resource-type":"AWS::SNS::Topic","client-request-token":"once"}`,
			thing + resource + `"arn:aws:sns:us-east-1:123456789012:X","status-details":{"status":"CREATE_IN_PROGRESS","status-reason":"Resource creation Initiated"},"resource-type":"AWS::SNS::Topic","client-request-token":"once"}`,
			thing + resource + `"arn:aws:sns:us-east-1:123456789012:X","status-details":{"status":"CREATE_COMPLETE","status-reason":""},"resource-type":"AWS::SNS::Topic","client-request-token":"once"}`,
			stack + `{"stack-id":"X","status-details":{"status":"CREATE_COMPLETE","status-reason":""},"client-request-token":"once"}`,
			drift + `{"stack-id":"X","stack-drift-detection-id":X,"status-details":{"stack-drift-status":"NOT_CHECKED","detection-status":"DETECTION_IN_PROGRESS"},"drift-detection-details":{"drifted-stack-resource-count":-1},"client-request-token":""}`,
			drift + `{"stack-id":"X","stack-drift-detection-id":X,"status-details":{"stack-drift-status":"IN_SYNC","detection-status":"DETECTION_COMPLETE"},"drift-detection-details":{"drifted-stack-resource-count":0},"client-request-token":""}`,
		}
		s.told.mu.Lock()
		defer s.told.mu.Unlock()
		if diff := cmp.Diff(want, s.told.told); diff != "" {
			t.Error(diff)
		}
	})
}
