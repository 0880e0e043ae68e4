// What TestTheCDKDeploysLargeTemplatesAndImports deploys.
const cdk = require('aws-cdk-lib');
const { aws_logs: logs, aws_ssm: ssm } = cdk;

const app = new cdk.App();

// A template of more than 51,200 bytes, which CloudFormation takes from a bucket only.
const large = new cdk.Stack(app, 'Large');
const count = 60;
for (let i = 0; i < count; i++) {
  new ssm.CfnParameter(large, `P${i}`, { name: `/large/${i}`, type: 'String', value: String(i), description: 'a long story '.repeat(70) });
}
new cdk.CfnOutput(large, 'Last', { value: large.node.findChild(`P${count - 1}`).attrValue });

// What somebody made by hand.
const byHand = new cdk.Stack(app, 'ByHand');
new logs.CfnLogGroup(byHand, 'Audit', { logGroupName: 'audit' }).applyRemovalPolicy(cdk.RemovalPolicy.RETAIN);
