// The application that TestTheCDKManagesAService deploys: the cloud assembly that the command line asks for, and beside it
// two later versions, since starting node takes longer than making them.
const cdk = require('aws-cdk-lib');
const {
  aws_ec2: ec2, aws_ecr: ecr, aws_ecs: ecs, aws_ecs_patterns: patterns, aws_secretsmanager: secrets, aws_sqs: sqs,
  aws_ssm: ssm,
} = cdk;

const env = { account: '123456789012', region: 'us-east-1' };

class Shop extends cdk.Stack {
  constructor(scope, { tag, name }) {
    super(scope, 'Shop', { env, description: 'A web service, as the CDK makes it' });
    const vpc = new ec2.Vpc(this, 'Vpc', { maxAzs: 2, natGateways: 1 });
    const key = new secrets.Secret(this, 'Key', {
      generateSecretString: { secretStringTemplate: JSON.stringify({ user: 'items' }), generateStringKey: 'password' },
    });
    const orders = new sqs.Queue(this, 'Orders');
    const web = new patterns.ApplicationLoadBalancedFargateService(this, 'Web', {
      vpc, cpu: 256, memoryLimitMiB: 512, desiredCount: 1, minHealthyPercent: 100, circuitBreaker: { rollback: true },
      taskImageOptions: {
        image: ecs.ContainerImage.fromEcrRepository(ecr.Repository.fromRepositoryName(this, 'Items', 'items'), tag),
        containerPort: 8080,
        environment: { ORDERS: orders.queueUrl, SERVICE_NAME: name },
        secrets: { PASSWORD: ecs.Secret.fromSecretsManager(key, 'password') },
      },
    });
    web.targetGroup.configureHealthCheck({ path: '/health' });
    web.service.autoScaleTaskCount({ maxCapacity: 3 }).scaleOnCpuUtilization('Cpu', { targetUtilizationPercent: 60 });
    orders.grantSendMessages(web.taskDefinition.taskRole);
    new ssm.StringParameter(this, 'Address', { parameterName: '/shop/address', stringValue: web.loadBalancer.loadBalancerDnsName });
  }
}

function assemble(outdir, version) {
  const app = new cdk.App({ outdir });
  new Shop(app, version);
  app.synth();
}

assemble(undefined, { tag: '1.0.0', name: 'first' }); // where the command line wants it
assemble('changed', { tag: '1.0.0', name: 'second' });
assemble('broken', { tag: 'none', name: 'third' });
