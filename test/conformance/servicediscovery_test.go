package conformance

import "testing"

const discovered = `
Resources:
  Space:
    Type: AWS::ServiceDiscovery::PrivateDnsNamespace
    Properties: {Name: shop.local, Vpc: vpc-0123456789abcdef0}
  Registry:
    Type: AWS::ServiceDiscovery::Service
    Properties:
      Name: items
      NamespaceId: !Ref Space
      DnsConfig: {DnsRecords: [{Type: A, TTL: 10}]}
      HealthCheckCustomConfig: {FailureThreshold: 1}
  Cluster: {Type: AWS::ECS::Cluster, Properties: {ClusterName: main}}
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      Cpu: '256'
      Memory: '512'
      NetworkMode: awsvpc
      RequiresCompatibilities: [FARGATE]
      ContainerDefinitions: [{Name: web, Image: nginx, PortMappings: [{ContainerPort: 80}]}]
  Service:
    Type: AWS::ECS::Service
    Properties:
      ServiceName: items
      Cluster: !Ref Cluster
      TaskDefinition: !Ref Task
      LaunchType: FARGATE
      DesiredCount: 2
      NetworkConfiguration: {AwsvpcConfiguration: {Subnets: [subnet-1]}}
      ServiceRegistries: [{RegistryArn: !GetAtt Registry.Arn}]
Outputs:
  Registry: {Value: !Ref Registry}
  Zone: {Value: !GetAtt Space.HostedZoneId}
`

func TestACommandLineDiscoversTasks(t *testing.T) {
	t.Parallel()
	s := newShell(t)
	s.aws("cloudformation deploy --stack-name shop --template-file " + s.file("shop.yaml", discovered))
	output := func(key string) string {
		return s.aws("cloudformation describe-stacks --stack-name shop --output text --query", "Stacks[0].Outputs[?OutputKey=='"+key+"'].OutputValue")
	}
	registry := output("Registry")
	s.want("servicediscovery discover-instances --namespace-name shop.local --service-name items",
		"Instances[].[HealthStatus,Attributes.ECS_CLUSTER_NAME]", "HEALTHY\tmain\nHEALTHY\tmain")
	s.want("servicediscovery get-service --id "+registry, "Service.[Type,InstanceCount,DnsConfig.RoutingPolicy]", "DNS_HTTP\t2\tMULTIVALUE")
	s.want("route53 list-resource-record-sets --hosted-zone-id "+output("Zone"),
		"length(ResourceRecordSets[?Name=='items.shop.local.' && MultiValueAnswer])", "2")
	s.want("ecs describe-services --cluster main --services items",
		"contains(services[0].serviceRegistries[0].registryArn, '"+registry+"')", "True")

	s.aws("ecs update-service --cluster main --service items --desired-count 0")
	s.aws("ecs wait services-stable --cluster main --services items")
	s.want("servicediscovery list-instances --service-id "+registry, "length(Instances)", "0")
	space := s.aws("servicediscovery create-http-namespace --name plain --output text --query OperationId")
	s.want("servicediscovery get-operation --operation-id "+space, "Operation.[Type,Status]", "CREATE_NAMESPACE\tSUCCESS")
	s.aws("cloudformation delete-stack --stack-name shop")
	s.aws("cloudformation wait stack-delete-complete --stack-name shop")
	s.want("servicediscovery list-namespaces", "Namespaces[].[Name,Type]", "plain\tHTTP")
}
