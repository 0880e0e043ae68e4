package cloudformation_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/clock"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/generic"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// nestedTen is a template with ten nested stacks, each of which is made in no time.
func nestedTen() string {
	var body strings.Builder
	body.WriteString("Resources:\n")
	for i := range 10 {
		fmt.Fprintf(&body, "  Child%d: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: %q}}\n", i,
			"https://s3.amazonaws.com/templates/child.yaml")
	}
	return body.String()
}

// It is the race detector that judges this one; the calls may be refused, for they meet each other's stacks.
func TestManyClientsAtOnce(t *testing.T) {
	t.Parallel()
	const clients, rounds, stacks = 64, 12, 5
	service := cloudformation.New(cloudformation.Config{
		Providers: generic.New(clock.Clock{}).Providers(), Objects: &shelf{bodies: map[string]string{"child.yaml": oneTopic}},
	})
	api := service.API()
	call := func(form string) wire.Answer {
		body := "Version=2010-05-15&" + form
		return api.Serve(t.Context(), &wire.Call{
			Service: "cloudformation", Account: "123456789012", Region: "us-east-1", Body: []byte(body),
			HTTP: httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil),
		})
	}
	templates := []string{
		url.QueryEscape(twoTopics), url.QueryEscape(named("a", "one")), url.QueryEscape(named("b", "two")), url.QueryEscape(nestedTen()),
	}
	var running sync.WaitGroup
	for client := range clients {
		running.Go(func() {
			for round := range rounds {
				name := fmt.Sprintf("&StackName=stack-%d", (client+round)%stacks)
				body := "&TemplateBody=" + templates[(client*round)%len(templates)]
				for _, form := range []string{
					"Action=CreateStack" + name + body, "Action=DescribeStackEvents" + name, "Action=UpdateStack" + name + body,
					"Action=DescribeStacks", "Action=ListStackResources" + name, "Action=CancelUpdateStack" + name, "Action=ListExports",
					"Action=DescribeStackResources" + name, "Action=GetTemplate" + name, "Action=ListStacks", "Action=DeleteStack" + name,
				} {
					if answer := call(form); answer.Status >= http.StatusInternalServerError {
						t.Errorf("%s: %v", form, answer.Err)
					}
				}
			}
		})
	}
	running.Wait()
	if err := service.Close(); err != nil {
		t.Error(err)
	}
}
