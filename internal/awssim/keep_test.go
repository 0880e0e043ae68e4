package awssim_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim"
)

// open starts a simulator with what an earlier one saved, if it saved anything.
func open(t *testing.T, saved string) (*awssim.Server, *cfn.Client) {
	t.Helper()
	simulator := awssim.New(awssim.Options{PlaceholderImages: true})
	t.Cleanup(func() { _ = simulator.Close() })
	if saved != "" {
		if err := simulator.Restore(strings.NewReader(saved)); err != nil {
			t.Fatal(err)
		}
	}
	server := httptest.NewServer(simulator)
	t.Cleanup(server.Close)
	return simulator, cfn.New(cfn.Options{Region: "us-east-1", Credentials: credentials(), BaseEndpoint: &server.URL})
}

// rested waits until stack demo rests, and returns its status and outputs.
func rested(t *testing.T, stacks *cfn.Client, name *string) (types.StackStatus, map[string]string) {
	t.Helper()
	for {
		found, err := stacks.DescribeStacks(t.Context(), &cfn.DescribeStacksInput{StackName: name})
		if err != nil {
			t.Fatal(err)
		}
		if status := found.Stacks[0].StackStatus; !strings.HasSuffix(string(status), "_IN_PROGRESS") {
			outputs := make(map[string]string)
			for _, each := range found.Stacks[0].Outputs {
				outputs[aws.ToString(each.OutputKey)] = aws.ToString(each.OutputValue)
			}
			return status, outputs
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestAServiceServesAgainAfterARestart(t *testing.T) {
	t.Parallel()
	golden, err := os.ReadFile("../template/testdata/minimal.golden.json")
	if err != nil {
		t.Fatal(err)
	}
	// An image of a registry that cannot be reached is replaced by a web server.
	template := regexp.MustCompile(`"Image": "[^"]*"`).ReplaceAllString(string(golden), `"Image": "registry.example.com/items:1"`)
	before, stacks := open(t, "")
	made, err := stacks.CreateStack(t.Context(), &cfn.CreateStackInput{
		StackName: aws.String("demo"), TemplateBody: aws.String(template),
		Capabilities: []types.Capability{types.CapabilityCapabilityNamedIam},
	})
	if err != nil {
		t.Fatal(err)
	}
	status, outputs := rested(t, stacks, made.StackId)
	if status != types.StackStatusCreateComplete {
		t.Fatalf("the stack is %s", status)
	}
	var saved strings.Builder
	if err := before.Settle(); err != nil {
		t.Fatal(err)
	}
	if err := before.Save(&saved); err != nil {
		t.Fatal(err)
	}
	if err := before.Close(); err != nil {
		t.Fatal(err)
	}

	_, stacks = open(t, saved.String())
	if _, again := rested(t, stacks, made.StackId); !cmp.Equal(outputs, again) {
		t.Errorf("outputs (-before +after):\n%s", cmp.Diff(outputs, again))
	}
	awaitOK(t, outputs["LoadBalancerURL"])
	_, err = stacks.UpdateStack(t.Context(), &cfn.UpdateStackInput{
		StackName: aws.String("demo"), TemplateBody: aws.String(template),
		Capabilities: []types.Capability{types.CapabilityCapabilityNamedIam},
	})
	if err == nil || !strings.Contains(err.Error(), "No updates are to be performed.") {
		t.Errorf("an update without a change: %v", err)
	}
	if _, err := stacks.DeleteStack(t.Context(), &cfn.DeleteStackInput{StackName: aws.String("demo")}); err != nil {
		t.Fatal(err)
	}
	if status, _ := rested(t, stacks, made.StackId); status != types.StackStatusDeleteComplete {
		t.Errorf("after its deletion the stack is %s", status)
	}
}

// awaitOK waits until an address answers 200.
func awaitOK(t *testing.T, address string) {
	t.Helper()
	for {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode == http.StatusOK {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}
