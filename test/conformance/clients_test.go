// Package conformance holds the simulator against clients that know AWS only: the SDK for Go, the aws command line
// and boto3; and where they can be compared, against moto.
package conformance

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/ecsapp-dev/ecsapp-operator/test/conformance/sturdy"
)

// clients are the SDK's clients of one endpoint.
type clients struct {
	ACM            *acm.Client
	AutoScaling    *applicationautoscaling.Client
	CloudFormation *cloudformation.Client
	CloudWatch     *cloudwatch.Client
	Logs           *cloudwatchlogs.Client
	ECR            *ecr.Client
	ECS            *ecs.Client
	Balancing      *elasticloadbalancingv2.Client
	Events         *eventbridge.Client
	IAM            *iam.Client
	RDS            *rds.Client
	Route53        *route53.Client
	S3             *s3.Client
	Secrets        *secretsmanager.Client
	SNS            *sns.Client
	SQS            *sqs.Client
	SSM            *ssm.Client
	STS            *sts.Client
}

// clientsOf returns clients of the endpoint at a URL.
func clientsOf(url string) clients { return clientsWith(configOf(url)) }

// impatient returns clients that try each call once.
func impatient(url string) clients {
	config := configOf(url)
	config.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	return clientsWith(config)
}

func configOf(url string) aws.Config {
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(url), HTTPClient: sturdy.Client(),
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	}
}

func clientsWith(config aws.Config) clients {
	return clients{
		ACM:            acm.NewFromConfig(config),
		AutoScaling:    applicationautoscaling.NewFromConfig(config),
		CloudFormation: cloudformation.NewFromConfig(config),
		CloudWatch:     cloudwatch.NewFromConfig(config),
		Logs:           cloudwatchlogs.NewFromConfig(config),
		ECR:            ecr.NewFromConfig(config),
		ECS:            ecs.NewFromConfig(config),
		Balancing:      elasticloadbalancingv2.NewFromConfig(config),
		Events:         eventbridge.NewFromConfig(config),
		IAM:            iam.NewFromConfig(config),
		RDS:            rds.NewFromConfig(config),
		Route53:        route53.NewFromConfig(config),
		S3:             s3.NewFromConfig(config, func(o *s3.Options) { o.UsePathStyle = true }),
		Secrets:        secretsmanager.NewFromConfig(config),
		SNS:            sns.NewFromConfig(config),
		SQS:            sqs.NewFromConfig(config),
		SSM:            ssm.NewFromConfig(config),
		STS:            sts.NewFromConfig(config),
	}
}
