package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/ecsapp-dev/ecsapp-operator/awssimtest"
	"github.com/ecsapp-dev/ecsapp-operator/internal/ociimage"
)

// shop is the sample application with its items in a database whose password RDS keeps.
const shop = `
Parameters:
  Version: {Type: String}
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  A: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24, AvailabilityZone: !Select [0, !GetAZs '']}}
  B: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.1.0/24, AvailabilityZone: !Select [1, !GetAZs '']}}
  Places:
    Type: AWS::RDS::DBSubnetGroup
    Properties: {DBSubnetGroupDescription: private, SubnetIds: [!Ref A, !Ref B]}
  Guard: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: the database, VpcId: !Ref Vpc}}
  Database:
    Type: AWS::RDS::DBInstance
    DeletionPolicy: Delete
    Properties:
      Engine: postgres
      DBInstanceClass: db.t4g.micro
      AllocatedStorage: '20'
      DBName: items
      MasterUsername: items
      ManageMasterUserPassword: true
      DBSubnetGroupName: !Ref Places
      VPCSecurityGroups: [!Ref Guard]
  Pool:
    Type: AWS::SSM::Parameter
    Properties: {Name: /shop/log-format, Type: String, Value: json}
  Balancer: {Type: AWS::ElasticLoadBalancingV2::LoadBalancer, Properties: {Subnets: [!Ref A, !Ref B]}}
  Group:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties:
      VpcId: !Ref Vpc
      Port: 8000
      Protocol: HTTP
      TargetType: ip
      HealthCheckPath: /readyz
      HealthCheckIntervalSeconds: 5
      HealthCheckTimeoutSeconds: 2
      HealthyThresholdCount: 2
      TargetGroupAttributes: [{Key: deregistration_delay.timeout_seconds, Value: '0'}]
  Listener:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties: {LoadBalancerArn: !Ref Balancer, Port: 80, Protocol: HTTP, DefaultActions: [{Type: forward, TargetGroupArn: !Ref Group}]}
  Lines: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: /ecs/shop}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Action: 'sts:AssumeRole', Principal: {Service: ecs-tasks.amazonaws.com}}]
  Cluster: {Type: AWS::ECS::Cluster}
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      Family: shop
      Cpu: '256'
      Memory: '512'
      NetworkMode: awsvpc
      RequiresCompatibilities: [FARGATE]
      ExecutionRoleArn: !GetAtt Role.Arn
      ContainerDefinitions:
        - Name: web
          Image: !Sub '${AWS::AccountId}.dkr.ecr.${AWS::Region}.amazonaws.com/shop:1'
          PortMappings: [{ContainerPort: 8000}]
          Environment:
            - {Name: APP_VERSION, Value: !Ref Version}
            - {Name: DB_HOST, Value: !GetAtt Database.Endpoint.Address}
            - {Name: DB_PORT, Value: !GetAtt Database.Endpoint.Port}
            - {Name: DB_NAME, Value: items}
          Secrets:
            - {Name: DB_USER, ValueFrom: !Sub '${Database.MasterUserSecret.SecretArn}:username::'}
            - {Name: DB_PASSWORD, ValueFrom: !Sub '${Database.MasterUserSecret.SecretArn}:password::'}
            - {Name: LOG_FORMAT, ValueFrom: !Ref Pool}
          LogConfiguration:
            LogDriver: awslogs
            Options: {awslogs-group: !Ref Lines, awslogs-region: !Ref 'AWS::Region', awslogs-stream-prefix: web}
  Service:
    Type: AWS::ECS::Service
    DependsOn: Listener
    Properties:
      ServiceName: shop
      Cluster: !Ref Cluster
      TaskDefinition: !Ref Task
      LaunchType: FARGATE
      DesiredCount: 1
      DeploymentConfiguration: {MinimumHealthyPercent: 100, MaximumPercent: 200}
      NetworkConfiguration: {AwsvpcConfiguration: {Subnets: [!Ref A, !Ref B]}}
      LoadBalancers: [{ContainerName: web, ContainerPort: 8000, TargetGroupArn: !Ref Group}]
Outputs:
  URL: {Value: !Sub 'http://${Balancer.DNSName}'}
  Secret: {Value: !GetAtt Database.MasterUserSecret.SecretArn}
  Cluster: {Value: !Ref Cluster}
`

// versioned is the template for a version of the application.
func versioned(version string) string {
	return strings.Replace(shop, "Version: {Type: String}", "Version: {Type: String, Default: '"+version+"'}", 1)
}

func TestItemsSurviveAnUpdateOfTheApplication(t *testing.T) {
	t.Parallel()
	needPostgreSQL(t)
	sim := awssimtest.Start(t)
	client := clientsOf(sim.URL())
	pushSample(t, sim, client, "shop:1")
	outputs := createStack(t, client, "shop", versioned("1.0.0"))

	posted := send(t, http.MethodPost, outputs["URL"]+"/items", `{"name": "Widget", "price": 9.5}`)
	id := fmt.Sprint(posted["id"])
	if posted["name"] != "Widget" {
		t.Fatalf("the answer is %v", posted)
	}
	again := updateStack(t, client, "shop", versioned("2.0.0"))
	if again["URL"] != outputs["URL"] || again["Secret"] != outputs["Secret"] {
		t.Errorf("the update moved something: %v, %v", outputs, again)
	}
	if root := send(t, http.MethodGet, again["URL"]+"/", ""); root["version"] != "2.0.0" {
		t.Errorf("the new version does not serve: %v", root)
	}
	if kept := send(t, http.MethodGet, again["URL"]+"/items/"+id, ""); kept["name"] != "Widget" {
		t.Errorf("the item is %v", kept)
	}
	definition, err := client.ECS.DescribeTaskDefinition(t.Context(), &ecs.DescribeTaskDefinitionInput{TaskDefinition: aws.String("shop")})
	if err != nil {
		t.Fatal(err)
	}
	for _, variable := range definition.TaskDefinition.ContainerDefinitions[0].Environment {
		if name := aws.ToString(variable.Name); name == "DB_PASSWORD" || name == "DB_USER" {
			t.Errorf("the definition tells %s", name)
		}
	}
}

// pushSample builds the sample application and pushes it.
func pushSample(t *testing.T, sim *awssimtest.Simulator, client clients, as string) {
	t.Helper()
	repository, _, _ := strings.Cut(as, ":")
	if _, err := client.ECR.CreateRepository(t.Context(), &ecr.CreateRepositoryInput{RepositoryName: &repository}); err != nil {
		t.Fatal(err)
	}
	image, err := ociimage.Build(t.Context(), ociimage.Options{Package: "./sample-app", Dir: filepath.Join("..", "..")})
	if err != nil {
		t.Fatal(err)
	}
	if err := ociimage.Push(t.Context(), sim.Registry()+"/"+as, image); err != nil {
		t.Fatal(err)
	}
}

// send calls the application and decodes its answer.
func send(t *testing.T, method, address, body string) map[string]any {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	var answer map[string]any
	if err := json.Unmarshal(content, &answer); err != nil || response.StatusCode >= http.StatusBadRequest {
		t.Fatalf("%s %s answers %d: %s", method, address, response.StatusCode, content)
	}
	return answer
}
