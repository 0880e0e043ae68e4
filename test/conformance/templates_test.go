package conformance

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"
	"sigs.k8s.io/yaml"

	"github.com/ecsapp-dev/ecsapp-operator/awssimtest"
)

// Templates of others are not in the repository: who has them names their folder.
var folder = flag.String("templates", filepath.Join("testdata", "templates"), "folder with cases (*.case.yaml) of templates")

// templateCase says how the stacks of one case are made. Its file's name ends in ".case.yaml".
type templateCase struct {
	// Source is the address of the templates.
	Source string `json:"source"`
	// Stacks in the order of their creation; they are deleted in the opposite one.
	Stacks []templateStack `json:"stacks"`
}

type templateStack struct {
	// Name of the stack; without it the case's.
	Name string `json:"name"`
	// Template is a file beside the case's.
	Template string `json:"template"`
	// Parameters of the creation. Parameters without a default whose type is a VPC's or subnet's are filled in, and so
	// is "{Output}" by that output of the stack that all cases share, see network.yaml, and "{stack.Output}" by another's.
	Parameters map[string]string `json:"parameters"`
	// Update holds the parameters that the update changes. Without them a tag is changed.
	Update map[string]string `json:"update"`
}

// Each template is created, updated without a change, updated with one, and deleted.
func TestTemplatesOfWebServices(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(*folder, "*.case.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatalf("there are no cases in %s", *folder)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".case.yaml")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stage := newStage(t)
			stage.run(name, readCase(t, file), filepath.Dir(file))
		})
	}
}

func readCase(t *testing.T, file string) templateCase {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var found templateCase
	if err := yaml.UnmarshalStrict(text, &found); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return found
}

// stage is a simulator with the network that the cases share.
type stage struct {
	*testing.T

	aws     clients
	network map[string]string // outputs of network.yaml, and of the case's stacks
}

func newStage(t *testing.T) *stage {
	t.Helper()
	sim := awssimtest.Start(t, awssimtest.PlaceholderImages())
	s := &stage{T: t, aws: clientsOf(sim.URL())}
	template, err := os.ReadFile(filepath.Join("testdata", "network.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	s.create("network", string(template), nil)
	s.network = s.outputs("network")
	return s
}

func (s *stage) run(name string, c templateCase, dir string) {
	s.Helper()
	var made []string
	for _, stack := range c.Stacks {
		if stack.Name == "" {
			stack.Name = name
		}
		text, err := os.ReadFile(filepath.Join(dir, stack.Template))
		if err != nil {
			s.Fatal(err)
		}
		s.through(stack, string(text))
		for output, value := range s.outputs(stack.Name) {
			s.network[stack.Name+"."+output] = value
		}
		made = append(made, stack.Name)
	}
	for _, stack := range slices.Backward(made) {
		s.remove(stack)
	}
}

// through creates and updates one stack.
func (s *stage) through(stack templateStack, template string) {
	s.Helper()
	parameters := s.parameters(template, stack.Parameters)
	s.create(stack.Name, template, parameters)
	if err := s.update(stack.Name, template, parameters); !saysNoUpdates(err) {
		s.Errorf("%s: an update without a change: %v", stack.Name, err)
	}
	changed := maps.Clone(parameters)
	maps.Copy(changed, s.fill(stack.Update))
	var tags []types.Tag
	if len(stack.Update) == 0 {
		tags = []types.Tag{{Key: aws.String("changed"), Value: aws.String("yes")}}
	}
	if err := s.update(stack.Name, template, changed, tags...); err != nil {
		s.Fatalf("updating %s: %v", stack.Name, err)
	}
	s.await(stack.Name, types.StackStatusUpdateComplete)
}

func (s *stage) create(name, template string, parameters map[string]string) {
	s.Helper()
	_, err := s.aws.CloudFormation.CreateStack(s.Context(), &cloudformation.CreateStackInput{
		StackName: aws.String(name), TemplateBody: aws.String(template), Parameters: listed(parameters), Capabilities: all(),
	})
	if err != nil {
		s.Fatalf("creating %s: %v", name, err)
	}
	s.await(name, types.StackStatusCreateComplete)
}

func (s *stage) update(name, template string, parameters map[string]string, tags ...types.Tag) error {
	_, err := s.aws.CloudFormation.UpdateStack(s.Context(), &cloudformation.UpdateStackInput{
		StackName: aws.String(name), TemplateBody: aws.String(template), Parameters: listed(parameters), Capabilities: all(), Tags: tags,
	})
	return err
}

func (s *stage) remove(name string) {
	s.Helper()
	id := aws.ToString(s.describe(name).StackId)
	if _, err := s.aws.CloudFormation.DeleteStack(s.Context(), &cloudformation.DeleteStackInput{StackName: aws.String(name)}); err != nil {
		s.Fatal(err)
	}
	s.await(id, types.StackStatusDeleteComplete)
}

// await waits until the stack's operation has ended, which has to be in the wanted status.
func (s *stage) await(name string, wanted types.StackStatus) {
	s.Helper()
	const patience = time.Minute
	for started := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		status := s.describe(name).StackStatus
		switch {
		case status == wanted:
			return
		case !strings.HasSuffix(string(status), "_IN_PROGRESS") || time.Since(started) > patience:
			s.Fatalf("%s is %s, not %s:\n%s", name, status, wanted, s.failures(name))
		}
	}
}

func (s *stage) describe(name string) types.Stack {
	s.Helper()
	out, err := s.aws.CloudFormation.DescribeStacks(s.Context(), &cloudformation.DescribeStacksInput{StackName: aws.String(name)})
	if err != nil {
		s.Fatal(err)
	}
	return out.Stacks[0]
}

func (s *stage) outputs(name string) map[string]string {
	s.Helper()
	found := make(map[string]string)
	for _, output := range s.describe(name).Outputs {
		found[aws.ToString(output.OutputKey)] = aws.ToString(output.OutputValue)
	}
	return found
}

// failures are the events that say why an operation failed.
func (s *stage) failures(name string) string {
	s.Helper()
	var lines []string
	pages := cloudformation.NewDescribeStackEventsPaginator(s.aws.CloudFormation, &cloudformation.DescribeStackEventsInput{StackName: aws.String(name)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(s.Context())
		if err != nil {
			return err.Error()
		}
		for _, event := range page.StackEvents {
			if strings.HasSuffix(string(event.ResourceStatus), "_FAILED") {
				lines = append(lines, fmt.Sprintf("  %s (%s) %s: %s", aws.ToString(event.LogicalResourceId), aws.ToString(event.ResourceType),
					event.ResourceStatus, aws.ToString(event.ResourceStatusReason)))
			}
		}
	}
	slices.Reverse(lines)
	return strings.Join(lines, "\n")
}

// parameters fills in what the case leaves out and the shared network has.
func (s *stage) parameters(template string, given map[string]string) map[string]string {
	s.Helper()
	values := s.fill(given)
	summary, err := s.aws.CloudFormation.GetTemplateSummary(s.Context(), &cloudformation.GetTemplateSummaryInput{
		TemplateBody: aws.String(template),
	})
	if err != nil {
		s.Fatalf("summing the template up: %v", err)
	}
	subnets := []string{"SubnetA", "SubnetB", "SubnetC"}
	for _, parameter := range summary.Parameters {
		key := aws.ToString(parameter.ParameterKey)
		if _, ok := values[key]; ok || parameter.DefaultValue != nil {
			continue
		}
		switch aws.ToString(parameter.ParameterType) {
		case "AWS::EC2::VPC::Id":
			values[key] = s.network["Vpc"]
		case "AWS::EC2::SecurityGroup::Id":
			values[key] = s.network["Group"]
		case "List<AWS::EC2::Subnet::Id>":
			values[key] = s.network["SubnetA"] + "," + s.network["SubnetB"]
		case "AWS::EC2::Subnet::Id":
			values[key], subnets = s.network[subnets[0]], subnets[1:]
		}
	}
	return values
}

// fill replaces "{Output}" by that output of the shared network.
func (s *stage) fill(given map[string]string) map[string]string {
	values := make(map[string]string, len(given))
	for key, value := range given {
		for output, id := range s.network {
			value = strings.ReplaceAll(value, "{"+output+"}", id)
		}
		values[key] = value
	}
	return values
}

func listed(parameters map[string]string) []types.Parameter {
	var list []types.Parameter
	for _, key := range slices.Sorted(maps.Keys(parameters)) {
		list = append(list, types.Parameter{ParameterKey: aws.String(key), ParameterValue: aws.String(parameters[key])})
	}
	return list
}

func all() []types.Capability { return types.Capability("").Values() }

func saysNoUpdates(err error) bool {
	refused, ok := errors.AsType[smithy.APIError](err)
	return ok && refused.ErrorMessage() == "No updates are to be performed."
}
