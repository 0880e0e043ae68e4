package generic

import "maps"

// moves reports whether a type has, or must get, a provider of its own: making it a mere record would
// pretend a behaviour that it does not have.
func moves(resourceType string) bool {
	switch resourceType {
	case "AWS::ECS::Cluster", "AWS::ECS::ClusterCapacityProviderAssociations", "AWS::ECS::Service", "AWS::ECS::TaskDefinition",
		"AWS::ElasticLoadBalancingV2::Listener", "AWS::ElasticLoadBalancingV2::ListenerRule",
		"AWS::ElasticLoadBalancingV2::LoadBalancer", "AWS::ElasticLoadBalancingV2::TargetGroup",
		"AWS::ECR::Repository", "AWS::Logs::LogGroup", "AWS::ApplicationAutoScaling::ScalableTarget",
		"AWS::ApplicationAutoScaling::ScalingPolicy", "AWS::RDS::DBInstance", "AWS::SecretsManager::Secret", "AWS::SSM::Parameter",
		"AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm", "AWS::CloudWatch::Dashboard",
		"AWS::CertificateManager::Certificate", "AWS::SQS::Queue",
		"AWS::ElasticLoadBalancingV2::ListenerCertificate", "AWS::Events::Rule", "AWS::Logs::LogStream", "AWS::Logs::MetricFilter",
		"AWS::Logs::SubscriptionFilter", "AWS::RDS::DBCluster", "AWS::Route53::HostedZone", "AWS::Route53::RecordSet",
		"AWS::Route53::RecordSetGroup",
		"AWS::SNS::Subscription", "AWS::SecretsManager::SecretTargetAttachment", "AWS::CloudFormation::Stack",
		"AWS::CloudFormation::WaitCondition", "AWS::CloudFormation::WaitConditionHandle":
		return true
	default:
		return false
	}
}

// kinds returns what is known about types beyond their schemas.
func kinds() map[string]kind {
	all := ec2Kinds()
	maps.Copy(all, iamKinds())
	maps.Copy(all, plainKinds())
	maps.Copy(all, moreKinds())
	maps.Copy(all, dataKinds())
	return all
}
