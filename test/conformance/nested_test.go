package conformance

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

const (
	nestedService = `
Parameters:
  LogGroup: {Type: String}
Resources:
  Cluster: {Type: AWS::ECS::Cluster}
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      Cpu: "256"
      Memory: "512"
      NetworkMode: awsvpc
      RequiresCompatibilities: [FARGATE]
      ContainerDefinitions:
        - Name: web
          Image: public.ecr.aws/nginx/nginx:latest
          Environment: [{Name: LOGS, Value: !Ref LogGroup}]
Outputs:
  Cluster: {Value: !Ref Cluster}
`
	nestedLogs = `
Resources:
  Logs: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: 7}}
Outputs:
  Logs: {Value: !Ref Logs}
`
	nestedRoot = `
Resources:
  Logs: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: logs.yaml}}
  Service:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: service.yaml
      Parameters: {LogGroup: !GetAtt Logs.Outputs.Logs}
Outputs:
  Cluster: {Value: !GetAtt Service.Outputs.Cluster}
`
)

func TestACommandLinePackagesAndDeploysNestedStacks(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.aws("s3api create-bucket --bucket templates")
	s.file("logs.yaml", nestedLogs)
	s.file("service.yaml", nestedService)
	s.file("root.yaml", nestedRoot)
	deploy := func() {
		packaged := filepath.Join(s.dir, "packaged.yaml")
		s.aws("cloudformation package --s3-bucket templates --template-file " + filepath.Join(s.dir, "root.yaml") +
			" --output-template-file " + packaged)
		s.aws("cloudformation deploy --stack-name shop --capabilities CAPABILITY_IAM --template-file " + packaged)
	}
	deploy()
	nested := "describe-stacks --query sort_by(Stacks[?ParentId],&StackName)[].StackStatus --output text"
	if got := s.aws("cloudformation " + nested); got != "CREATE_COMPLETE\tCREATE_COMPLETE" { //nolint:dupword // of two stacks
		t.Errorf("nested stacks: %q", got)
	}
	cluster := s.aws("cloudformation describe-stacks --stack-name shop --query Stacks[0].Outputs[0].OutputValue --output text")
	if names := s.aws("ecs list-clusters --output text"); !strings.Contains(names, "/"+cluster) {
		t.Errorf("%q is not among %q", cluster, names)
	}

	s.file("logs.yaml", strings.Replace(nestedLogs, "7", "14", 1))
	deploy()
	s.want("cloudformation describe-stacks --stack-name shop", "Stacks[0].StackStatus", "UPDATE_COMPLETE")
	if got := s.aws("cloudformation " + nested); got != "UPDATE_COMPLETE\tCREATE_COMPLETE" { // sorted: Logs, Service
		t.Errorf("nested stacks: %q", got)
	}
	s.want("logs describe-log-groups", "logGroups[].retentionInDays", "14")

	s.aws("cloudformation delete-stack --stack-name shop")
	s.aws("cloudformation wait stack-delete-complete --stack-name shop")
	s.want("cloudformation describe-stacks", "length(Stacks)", "0")
	s.want("ecs list-clusters", "length(clusterArns)", "0")
}

func TestACommandLineWaitsForASignal(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	template := s.file("wait.yaml", `
Resources:
  Handle: {Type: AWS::CloudFormation::WaitConditionHandle}
  Wait: {Type: AWS::CloudFormation::WaitCondition, Properties: {Handle: !Ref Handle, Timeout: "60"}}
Outputs:
  Data: {Value: !GetAtt Wait.Data}
`)
	s.aws("cloudformation create-stack --stack-name wait --template-body file://" + template)
	const query = "StackResources[?LogicalResourceId=='Handle'].PhysicalResourceId"
	handle := ""
	for handle == "" {
		handle = s.aws("cloudformation describe-stack-resources --stack-name wait --output text --query " + query)
	}
	signal, err := http.NewRequestWithContext(t.Context(), http.MethodPut, handle, strings.NewReader(
		`{"Status": "SUCCESS", "Reason": "done", "UniqueId": "one", "Data": "ready"}`))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(signal)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%v, %v", answer, err)
	}
	_ = answer.Body.Close() // it is empty
	s.aws("cloudformation wait stack-create-complete --stack-name wait")
	s.want("cloudformation describe-stacks --stack-name wait", "Stacks[0].Outputs[0].OutputValue", `{"one":"ready"}`)
}
