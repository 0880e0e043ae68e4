package conformance

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func callStories() []story {
	return []story{
		{"a change set is made and executed", changeSetStory},
		{"templates and parameters are checked", checkedStory},
		{"capabilities are asked for", capabilityStory},
		{"templates are looked at", templateStory},
		{"a service runs behind a load balancer", serviceStory},
		{"repositories", repositoryStory},
		{"log groups", logStory},
		{"the caller", func(t *teller) {
			out, err := t.aws.STS.GetCallerIdentity(t.ctx, &sts.GetCallerIdentityInput{})
			t.must("asking who it is", err)
			t.fact("its account", aws.ToString(out.Account), "123456789012")
		}},
	}
}

func pairs(parameters []types.Parameter) string {
	var texts []string
	for _, p := range parameters {
		texts = append(texts, aws.ToString(p.ParameterKey)+"="+aws.ToString(p.ParameterValue))
	}
	slices.Sort(texts)
	return strings.Join(texts, " ")
}

func changeSetStory(t *teller) {
	made := stack{teller: t, name: "shop", id: "shop"}
	first := made.changeSet("first", types.ChangeSetTypeCreate, topic)
	t.fact("the stack before", made.describe().StackStatus, "REVIEW_IN_PROGRESS")
	t.fact("the changes of a new stack", changes(first), "Add Orders")
	made.execute("first")
	t.fact("the stack after", made.describe().StackStatus, "CREATE_COMPLETE")

	second := made.changeSet("second", types.ChangeSetTypeUpdate, strings.Replace(topic, "TopicName: orders", "TopicName: invoices", 1))
	t.fact("the changes of another name", changes(second), "Modify Orders True Properties.TopicName")
	third := made.changeSet("third", types.ChangeSetTypeUpdate, topic)
	t.fact("an empty one", fmt.Sprint(third.Status, " ", third.ExecutionStatus, ": ", aws.ToString(third.StatusReason)),
		"FAILED UNAVAILABLE: The submitted information didn't contain changes. Submit different information to create a change set.")
	_, err := t.aws.CloudFormation.ExecuteChangeSet(t.ctx, &cloudformation.ExecuteChangeSetInput{
		StackName: aws.String("shop"), ChangeSetName: aws.String("third"),
	})
	t.refusal("executing it", err, "InvalidChangeSetStatus: ChangeSet ["+settled(aws.ToString(third.ChangeSetId))+
		"] cannot be executed in its current status of [FAILED]")
	made.execute("second")
	t.fact("the stack at last", made.describe().StackStatus, "UPDATE_COMPLETE")
	_, err = t.aws.CloudFormation.DescribeChangeSet(t.ctx, &cloudformation.DescribeChangeSetInput{
		StackName: aws.String("shop"), ChangeSetName: aws.String("unknown"),
	})
	t.refusal("one that does not exist", err, "ChangeSetNotFound: ChangeSet [unknown] does not exist")
}

// changeSet makes a change set and waits until it is made.
func (s stack) changeSet(name string, kind types.ChangeSetType, template string) *cloudformation.DescribeChangeSetOutput {
	_, err := s.aws.CloudFormation.CreateChangeSet(s.ctx, &cloudformation.CreateChangeSetInput{
		StackName: aws.String(s.name), ChangeSetName: aws.String(name), ChangeSetType: kind, TemplateBody: aws.String(template),
	})
	s.must("creating change set "+name, err)
	for {
		out, err := s.aws.CloudFormation.DescribeChangeSet(s.ctx, &cloudformation.DescribeChangeSetInput{
			StackName: aws.String(s.name), ChangeSetName: aws.String(name),
		})
		s.must("describing change set "+name, err)
		if out.Status == types.ChangeSetStatusCreateComplete || out.Status == types.ChangeSetStatusFailed {
			return out
		}
	}
}

func (s stack) execute(name string) {
	_, err := s.aws.CloudFormation.ExecuteChangeSet(s.ctx, &cloudformation.ExecuteChangeSetInput{
		StackName: aws.String(s.name), ChangeSetName: aws.String(name),
	})
	s.must("executing change set "+name, err)
	s.end()
}

// changes says what a change set would do.
func changes(set *cloudformation.DescribeChangeSetOutput) string {
	var texts []string
	for _, change := range set.Changes {
		words := []string{string(change.ResourceChange.Action), aws.ToString(change.ResourceChange.LogicalResourceId)}
		if change.ResourceChange.Replacement != "" {
			words = append(words, string(change.ResourceChange.Replacement))
		}
		for _, detail := range change.ResourceChange.Details {
			words = append(words, string(detail.Target.Attribute)+"."+aws.ToString(detail.Target.Name))
		}
		texts = append(texts, strings.Join(words, " "))
	}
	return strings.Join(texts, "\n")
}

func checkedStory(t *teller) {
	const parameters = `
Parameters:
  Size: {Type: Number, Default: 1, MaxValue: 3}
  Stage: {Type: String, Default: test, AllowedValues: [test, live]}
  Word: {Type: String, AllowedPattern: '[a-z]+'}
Resources: {T: {Type: AWS::SNS::Topic}}
`
	const resources = "Resources: {T: {Type: AWS::SNS::Topic}}"
	for _, try := range []struct{ name, template, key, value, onAWS string }{
		{"a value is missing", parameters, "Stage", "test", "ValidationError: Parameters: [Word] must have values"},
		{
			"a value that is not allowed", parameters, "Stage", "none",
			"ValidationError: Parameter 'Stage' must be one of AllowedValues",
		},
		{
			"a value that does not match", parameters, "Word", "UPPER",
			"ValidationError: Parameter 'Word' must match pattern [a-z]+",
		},
		{"a number that is none", parameters, "Size", "big", "ValidationError: Parameter 'Size' must be a number."},
		{"an unknown parameter", resources, "What", "is", "ValidationError: Parameters: [What] do not exist in the template"},
		{
			"no resources", "Outputs: {}", "", "",
			"ValidationError: Template format error: At least one Resources member must be defined.",
		},
		{
			"no such resource", resources + "\nOutputs: {A: {Value: !Ref Nobody}}", "", "",
			"ValidationError: Template format error: Unresolved resource dependencies [Nobody] in the Outputs block of the template",
		},
		{"no YAML", "Resources: [", "", "", "ValidationError: Template format error: YAML not well-formed. (line 1, column 13)"},
		{
			"no such type", "Resources: {T: {Type: AWS::SNS::Tropic}}", "", "",
			"ValidationError: Template format error: Unrecognized resource types: [AWS::SNS::Tropic]",
		},
	} {
		in := &cloudformation.CreateStackInput{StackName: aws.String("checked"), TemplateBody: aws.String(try.template)}
		if try.key != "" {
			in.Parameters = []types.Parameter{{ParameterKey: aws.String(try.key), ParameterValue: aws.String(try.value)}}
			if try.key != "Word" && try.name != "a value is missing" && strings.Contains(try.template, "Word") {
				in.Parameters = append(in.Parameters, types.Parameter{ParameterKey: aws.String("Word"), ParameterValue: aws.String("a")})
			}
		}
		_, err := t.aws.CloudFormation.CreateStack(t.ctx, in)
		t.refusal(try.name, err, try.onAWS)
		_, _ = t.aws.CloudFormation.DeleteStack(t.ctx, &cloudformation.DeleteStackInput{StackName: aws.String("checked")})
	}
}

const role = `
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties: {%s AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Action: 'sts:AssumeRole', Principal: {Service: ecs.amazonaws.com}}]}}
`

func capabilityStory(t *teller) {
	_, err := t.aws.CloudFormation.CreateStack(t.ctx, &cloudformation.CreateStackInput{
		StackName: aws.String("one"), TemplateBody: aws.String(fmt.Sprintf(role, "")),
	})
	t.refusal("of a role", err, "InsufficientCapabilitiesException: Requires capabilities : [CAPABILITY_IAM]")
	_, err = t.aws.CloudFormation.CreateStack(t.ctx, &cloudformation.CreateStackInput{
		StackName: aws.String("two"), TemplateBody: aws.String(fmt.Sprintf(role, "RoleName: named,")),
	})
	t.refusal("of a role with a name", err, "InsufficientCapabilitiesException: Requires capabilities : [CAPABILITY_NAMED_IAM]")
}

func templateStory(t *teller) {
	valid, err := t.aws.CloudFormation.ValidateTemplate(t.ctx, &cloudformation.ValidateTemplateInput{TemplateBody: aws.String(topic)})
	t.must("validating", err)
	t.fact("the parameters of a valid one", len(valid.Parameters), "2")
	summary, err := t.aws.CloudFormation.GetTemplateSummary(t.ctx, &cloudformation.GetTemplateSummaryInput{TemplateBody: aws.String(topic)})
	t.must("summing up", err)
	t.fact("its resource types", summary.ResourceTypes, "[AWS::SNS::Topic]")
	t.create("shop", topic)
	got, err := t.aws.CloudFormation.GetTemplate(t.ctx, &cloudformation.GetTemplateInput{StackName: aws.String("shop")})
	t.must("getting it back", err)
	t.fact("what comes back is what was sent", aws.ToString(got.TemplateBody) == topic, "true")
}

const web = `
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  A: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24, AvailabilityZone: us-east-1a}}
  B: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.1.0/24, AvailabilityZone: us-east-1b}}
  Balancer: {Type: AWS::ElasticLoadBalancingV2::LoadBalancer, Properties: {Scheme: internal, Subnets: [!Ref A, !Ref B]}}
  Group:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties: {VpcId: !Ref Vpc, Port: 80, Protocol: HTTP, TargetType: ip}
  Listener:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties:
      LoadBalancerArn: !Ref Balancer
      Port: 80
      Protocol: HTTP
      DefaultActions: [{Type: forward, TargetGroupArn: !Ref Group}]
  Cluster: {Type: AWS::ECS::Cluster, Properties: {ClusterName: web}}
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      Family: web
      Cpu: '256'
      Memory: '512'
      NetworkMode: awsvpc
      RequiresCompatibilities: [FARGATE]
      ContainerDefinitions: [{Name: web, Image: 'registry.invalid/web:1', PortMappings: [{ContainerPort: 80}]}]
  Service:
    Type: AWS::ECS::Service
    DependsOn: Listener
    Properties:
      ServiceName: web
      Cluster: !Ref Cluster
      TaskDefinition: !Ref Task
      LaunchType: FARGATE
      DesiredCount: 1
      NetworkConfiguration: {AwsvpcConfiguration: {Subnets: [!Ref A, !Ref B]}}
      LoadBalancers: [{ContainerName: web, ContainerPort: 80, TargetGroupArn: !Ref Group}]
Outputs:
  Group: {Value: !Ref Group}
  Address: {Value: !GetAtt Balancer.DNSName}
`

func serviceStory(t *teller) {
	made := t.create("web", web)
	t.fact("the stack", made.describe().StackStatus, "CREATE_COMPLETE")
	service := t.service()
	t.fact("it runs", service, "1 of 1, web:1, PRIMARY COMPLETED")
	group := aws.ToString(made.describe().Outputs[1].OutputValue)
	if !strings.Contains(group, "targetgroup") {
		group = aws.ToString(made.describe().Outputs[0].OutputValue)
	}
	health, err := t.aws.Balancing.DescribeTargetHealth(t.ctx, &elasticloadbalancingv2.DescribeTargetHealthInput{TargetGroupArn: &group})
	t.must("describing health", err)
	var states []string
	for _, target := range health.TargetHealthDescriptions {
		states = append(states, string(target.TargetHealth.State))
	}
	t.fact("its targets", states, "[healthy]")
	changed, err := made.update(strings.Replace(web, "web:1", "web:2", 1))
	t.must("an update of the image", err)
	t.fact("the stack afterwards", changed.StackStatus, "UPDATE_COMPLETE")
	t.fact("it runs the new image", t.service(), "1 of 1, web:2, PRIMARY COMPLETED")
	t.fact("the stack at last", made.delete().StackStatus, "DELETE_COMPLETE")
}

// service tells of the only service.
func (t *teller) service() string {
	out, err := t.aws.ECS.DescribeServices(t.ctx, &ecs.DescribeServicesInput{Cluster: aws.String("web"), Services: []string{"web"}})
	t.must("describing the service", err)
	if len(out.Services) == 0 || len(out.Services[0].Deployments) == 0 {
		return "nothing"
	}
	s := out.Services[0]
	definition := aws.ToString(s.TaskDefinition)
	return fmt.Sprintf("%d of %d, %s, %s %s", s.RunningCount, s.DesiredCount, definition[strings.LastIndex(definition, "/")+1:],
		aws.ToString(s.Deployments[0].Status), s.Deployments[0].RolloutState)
}

func repositoryStory(t *teller) {
	made, err := t.aws.ECR.CreateRepository(t.ctx, &ecr.CreateRepositoryInput{RepositoryName: aws.String("items")})
	t.must("creating one", err)
	t.fact("its address", aws.ToString(made.Repository.RepositoryUri), "123456789012.dkr.ecr.us-east-1.amazonaws.com/items")
	_, err = t.aws.ECR.CreateRepository(t.ctx, &ecr.CreateRepositoryInput{RepositoryName: aws.String("items")})
	t.refusal("creating it again", err, "RepositoryAlreadyExistsException: The repository with name 'items' already exists in the "+
		"registry with id '123456789012'")
	_, err = t.aws.ECR.DescribeRepositories(t.ctx, &ecr.DescribeRepositoriesInput{RepositoryNames: []string{"none"}})
	t.refusal("one that does not exist", err, "RepositoryNotFoundException: The repository with name 'none' does not exist in the "+
		"registry with id '123456789012'")
	_, err = t.aws.ECR.DeleteRepository(t.ctx, &ecr.DeleteRepositoryInput{RepositoryName: aws.String("items")})
	t.must("deleting it", err)
}

func logStory(t *teller) {
	t.takeLogGroup()
	_, err := t.aws.Logs.CreateLogGroup(t.ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("taken")})
	t.refusal("creating one again", err, "ResourceAlreadyExistsException: The specified log group already exists")
	_, err = t.aws.Logs.CreateLogStream(t.ctx, &cloudwatchlogs.CreateLogStreamInput{
		LogGroupName: aws.String("taken"), LogStreamName: aws.String("one"),
	})
	t.must("creating a stream", err)
	_, err = t.aws.Logs.PutLogEvents(t.ctx, &cloudwatchlogs.PutLogEventsInput{
		LogGroupName: aws.String("taken"), LogStreamName: aws.String("one"),
		LogEvents: []logtypes.InputLogEvent{{Message: aws.String("ERROR it fails"), Timestamp: now()}, {Message: aws.String("fine"), Timestamp: now()}},
	})
	t.must("putting events", err)
	out, err := t.aws.Logs.FilterLogEvents(t.ctx, &cloudwatchlogs.FilterLogEventsInput{
		LogGroupName: aws.String("taken"), FilterPattern: aws.String("ERROR"),
	})
	t.must("filtering", err)
	t.fact("the events with ERROR", len(out.Events), "1")
	_, err = t.aws.Logs.PutLogEvents(t.ctx, &cloudwatchlogs.PutLogEventsInput{
		LogGroupName: aws.String("none"), LogStreamName: aws.String("one"),
		LogEvents: []logtypes.InputLogEvent{{Message: aws.String("lost"), Timestamp: now()}},
	})
	t.refusal("putting into nothing", err, "ResourceNotFoundException: The specified log group does not exist.")
}

func (t *teller) takeLogGroup() {
	_, err := t.aws.Logs.CreateLogGroup(t.ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("taken")})
	t.must("creating a log group", err)
}
