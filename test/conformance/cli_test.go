package conformance

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ecsapp-dev/ecsapp-operator/awssimtest"
)

// shell is a person with the aws command.
type shell struct {
	*testing.T

	sim *awssimtest.Simulator
	dir string
}

func newShell(t *testing.T) *shell {
	t.Helper()
	tool(t, "aws")
	return &shell{T: t, sim: awssimtest.Start(t, awssimtest.PlaceholderImages()), dir: t.TempDir()}
}

// file writes a file and returns its path.
func (s *shell) file(name, content string) string {
	s.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		s.Fatal(err)
	}
	return path
}

// run runs the aws command and returns what it says, and whether it succeeds.
func (s *shell) run(words ...string) (string, bool) {
	s.Helper()
	command := exec.CommandContext(s.Context(), "aws", words...)
	command.Env = append(os.Environ(), s.sim.Env()...)
	command.Env = append(command.Env, "AWS_PAGER=", "AWS_MAX_ATTEMPTS=1", "HOME="+s.dir)
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	err := command.Run()
	return strings.TrimSpace(output.String()), err == nil
}

// aws runs the command, written as in a shell, and must succeed.
func (s *shell) aws(line string, more ...string) string {
	s.Helper()
	output, ok := s.run(append(strings.Fields(line), more...)...)
	if !ok {
		s.Fatalf("aws %s %s\n%s", line, strings.Join(more, " "), output)
	}
	return output
}

// want compares what a command says, as text, with what it has to.
func (s *shell) want(line, query, want string) {
	s.Helper()
	if got := s.aws(line+" --output text --query", query); got != want {
		s.Errorf("aws %s: %s is %q, not %q", line, query, got, want)
	}
}

func TestACommandLineManagesAStack(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	template := s.file("web.yaml", web)
	s.aws("cloudformation validate-template --template-body file://" + template)
	s.aws("cloudformation create-stack --stack-name web --template-body file://" + template + " --tags Key=team,Value=a")
	s.aws("cloudformation wait stack-create-complete --stack-name web")
	s.want("cloudformation describe-stacks --stack-name web", "Stacks[0].[StackStatus,Tags[0].Value]", "CREATE_COMPLETE\ta")
	s.want("cloudformation list-stack-resources --stack-name web", "length(StackResourceSummaries)", "9")
	s.want("cloudformation describe-stack-events --stack-name web", "StackEvents[-1].ResourceStatusReason", "User Initiated")

	s.aws("cloudformation deploy --stack-name web --no-fail-on-empty-changeset --template-file " + template)
	changed := s.file("changed.yaml", strings.Replace(web, "web:1", "web:2", 1))
	s.aws("cloudformation create-change-set --stack-name web --change-set-name image --template-body file://" + changed)
	s.aws("cloudformation wait change-set-create-complete --stack-name web --change-set-name image")
	s.want("cloudformation describe-change-set --stack-name web --change-set-name image",
		"Changes[].ResourceChange.[LogicalResourceId,Action,Replacement]", "Service\tModify\tFalse\nTask\tModify\tTrue")
	s.aws("cloudformation delete-change-set --stack-name web --change-set-name image")
	s.aws("cloudformation deploy --stack-name web --template-file " + changed) // with a change set of its own
	s.want("cloudformation describe-stacks --stack-name web", "Stacks[0].StackStatus", "UPDATE_COMPLETE")
	s.aws("cloudformation update-stack --stack-name web --template-body file://" + template)
	s.aws("cloudformation wait stack-update-complete --stack-name web")

	s.aws("cloudformation delete-stack --stack-name web")
	s.aws("cloudformation wait stack-delete-complete --stack-name web")
	if said, ok := s.run("cloudformation", "describe-stacks", "--stack-name", "web"); ok || !strings.Contains(said,
		"An error occurred (ValidationError) when calling the DescribeStacks operation: Stack with id web does not exist") {
		t.Errorf("it says %q", said)
	}
}

func TestACommandLineDeploysWhatIsNotThere(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	template := s.file("topic.yaml", topic)
	s.aws("cloudformation deploy --stack-name shop --template-file " + template + " --parameter-overrides Title=deployed")
	s.want("cloudformation describe-stacks --stack-name shop", "Stacks[0].Parameters[?ParameterKey=='Title'].ParameterValue", "deployed")
	if said, ok := s.run(strings.Fields("cloudformation deploy --stack-name shop --fail-on-empty-changeset --template-file " +
		template)...); ok || !strings.Contains(said, "No changes to deploy. Stack shop is up to date") {
		t.Errorf("it says %q", said)
	}
}

func TestACommandLineFindsDrift(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.aws("cloudformation deploy --stack-name shop --template-file " + s.file("files.yaml",
		"Resources: {Files: {Type: AWS::EFS::FileSystem, Properties: {ThroughputMode: bursting}}}"))
	files := s.aws("cloudformation describe-stack-resources --stack-name shop --output text --query StackResources[0].PhysicalResourceId")
	s.sim.EditResource(t, "AWS::EFS::FileSystem", files, map[string]any{"ThroughputMode": "elastic"})
	id := s.aws("cloudformation detect-stack-drift --stack-name shop --output text")
	s.want("cloudformation describe-stack-drift-detection-status --stack-drift-detection-id "+id,
		"[DetectionStatus,StackDriftStatus]", "DETECTION_COMPLETE\tDRIFTED")
	s.want("cloudformation describe-stack-resource-drifts --stack-name shop",
		"StackResourceDrifts[].PropertyDifferences[].[PropertyPath,ActualValue]", "/ThroughputMode\telastic")
}

func TestACommandLineLooksAtAService(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.aws("cloudformation deploy --stack-name web --template-file " + s.file("web.yaml", web))
	s.aws("ecs wait services-stable --cluster web --services web")
	s.want("ecs describe-services --cluster web --services web", "services[0].[status,runningCount,deployments[0].rolloutState]",
		"ACTIVE\t1\tCOMPLETED")
	group := s.aws("cloudformation describe-stacks --stack-name web --output text --query", "Stacks[0].Outputs[?OutputKey=='Group'].OutputValue")
	s.aws("elbv2 wait target-in-service --target-group-arn " + group)
	s.want("elbv2 describe-target-health --target-group-arn "+group, "TargetHealthDescriptions[].TargetHealth.State", "healthy")

	task := s.aws("ecs list-tasks --cluster web --service-name web --output text --query taskArns[0]")
	s.aws("ecs stop-task --cluster web --task " + task + " --reason testing")
	s.aws("ecs wait tasks-stopped --cluster web --tasks " + task)
	s.want("ecs describe-tasks --cluster web --tasks "+task, "tasks[0].[lastStatus,stoppedReason,stopCode]", "STOPPED\ttesting\tUserInitiated")
	s.aws("ecs wait services-stable --cluster web --services web")
	if next := s.aws("ecs list-tasks --cluster web --service-name web --output text --query taskArns[0]"); next == task || next == "None" {
		t.Errorf("the stopped task %s is followed by %s", task, next)
	}
}

func TestACommandLineReadsLogsAndRepositories(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.aws("logs create-log-group --log-group-name lines")
	s.aws("logs create-log-stream --log-group-name lines --log-stream-name one")
	events, err := json.Marshal([]map[string]any{
		{"timestamp": now(), "message": "ERROR it fails"}, {"timestamp": now(), "message": "fine"},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.aws("logs put-log-events --log-group-name lines --log-stream-name one --log-events", string(events))
	s.want("logs filter-log-events --log-group-name lines --filter-pattern ERROR", "events[].message", "ERROR it fails")

	s.aws("ecr create-repository --repository-name items --image-tag-mutability IMMUTABLE")
	s.want("ecr describe-repositories", "repositories[].[repositoryName,imageTagMutability]", "items\tIMMUTABLE")
	s.want("ecr list-images --repository-name items", "length(imageIds)", "0")
	if said := s.aws("ecr get-login-password"); said == "" {
		t.Error("there is no password")
	}
	s.aws("ecr delete-repository --repository-name items")
	s.want("sts get-caller-identity", "Account", "123456789012")
}
