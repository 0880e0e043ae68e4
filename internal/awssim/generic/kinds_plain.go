package generic

import (
	"strings"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// How long these services take, rounded from event logs that people publish.
const (
	bucketCreate = 20 * time.Second
	topicCreate  = 11 * time.Second
)

func plainKinds() map[string]kind {
	return map[string]kind{
		"AWS::S3::Bucket":         {identify: identifyBucket, create: bucketCreate},
		"AWS::SNS::Topic":         {identify: identifyTopic, create: topicCreate},
		"AWS::RDS::DBSubnetGroup": {identify: identifySubnetGroup},

		"AWS::RDS::DBParameterGroup":        {identify: identifyParameterGroup("DBParameterGroupName")},
		"AWS::RDS::DBClusterParameterGroup": {identify: identifyParameterGroup("DBClusterParameterGroupName")},
	}
}

func identifyBucket(r resource.Request) (string, map[string]any) {
	const longest = 63
	named := text(r.Properties["BucketName"])
	if named == "" {
		named = strings.ToLower(name(r, longest))
	}
	return named, map[string]any{
		"Arn": "arn:aws:s3:::" + named, "DomainName": named + ".s3.amazonaws.com",
		"RegionalDomainName":  named + ".s3." + r.Region + ".amazonaws.com",
		"DualStackDomainName": named + ".s3.dualstack." + r.Region + ".amazonaws.com",
		"WebsiteURL":          "http://" + named + ".s3-website-" + r.Region + ".amazonaws.com",
	}
}

func identifyTopic(r resource.Request) (string, map[string]any) {
	named := text(r.Properties["TopicName"])
	if named == "" {
		named = name(r, usualNameLength)
	}
	id := "arn:aws:sns:" + r.Region + ":" + r.Account + ":" + named
	return id, map[string]any{"TopicArn": id, "TopicName": named}
}

// identifyParameterGroup names a parameter group as RDS keeps it: in lower case (CreateDBParameterGroup, API reference).
func identifyParameterGroup(property string) func(resource.Request) (string, map[string]any) {
	return func(r resource.Request) (string, map[string]any) {
		named := text(r.Properties[property])
		if named == "" {
			named = name(r, usualNameLength)
		}
		named = strings.ToLower(named)
		return named, map[string]any{property: named}
	}
}

func identifySubnetGroup(r resource.Request) (string, map[string]any) {
	named := text(r.Properties["DBSubnetGroupName"])
	if named == "" {
		named = strings.ToLower(name(r, usualNameLength))
	}
	return named, map[string]any{}
}
