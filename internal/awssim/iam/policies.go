package iam

import (
	"context"
	"fmt"
	"hash/crc64"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/generic"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

const (
	awsPrefix = "arn:aws:iam::aws:policy/"

	versionPattern = `v[1-9][0-9]*(\.[A-Za-z0-9-]*)?`
)

var versionID = regexp.MustCompile("^" + versionPattern + "$")

// documents are those of AWS's policies that are known, by name (AWS managed policy reference).
func documents() map[string]string {
	return map[string]string{
		"AmazonECSTaskExecutionRolePolicy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":[` +
			`"ecr:GetAuthorizationToken","ecr:BatchCheckLayerAvailability","ecr:GetDownloadUrlForLayer","ecr:BatchGetImage",` +
			`"logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"}]}`,
		"AWSLambdaBasicExecutionRole": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:CreateLogGroup",` +
			`"logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"}]}`,
	}
}

// descriptions are those of the same policies.
func descriptions() map[string]string {
	return map[string]string{
		"AmazonECSTaskExecutionRolePolicy": "Provides access to other AWS service resources that are required to run Amazon ECS tasks",
		"AWSLambdaBasicExecutionRole":      "Provides write permissions to CloudWatch Logs.",
	}
}

// ofAWS are the policies of AWS that go with ECS, by ARN without the prefix.
func ofAWS() []string {
	return []string{
		"AdministratorAccess", "AmazonEC2ContainerRegistryPowerUser", "AmazonEC2ContainerRegistryReadOnly", "AmazonECS_FullAccess",
		"AmazonS3FullAccess", "AmazonS3ReadOnlyAccess", "AmazonSQSFullAccess", "AmazonSSMManagedInstanceCore",
		"AmazonSSMReadOnlyAccess",
		"CloudWatchAgentServerPolicy", "CloudWatchFullAccess", "CloudWatchLogsFullAccess", "PowerUserAccess", "ReadOnlyAccess",
		"SecretsManagerReadWrite", "AWSXRayDaemonWriteAccess", "aws-service-role/AmazonECSServiceRolePolicy",
		"service-role/AWSLambdaBasicExecutionRole", "service-role/AmazonEC2ContainerServiceAutoscaleRole",
		"service-role/AmazonEC2ContainerServiceEventsRole", "service-role/AmazonEC2ContainerServiceforEC2Role",
		"service-role/AmazonECSInfrastructureRolePolicyForVolumes", "service-role/AmazonECSTaskExecutionRolePolicy",
		"service-role/AmazonRDSEnhancedMonitoringRole", "AmazonECSInfrastructureRolePolicyForLoadBalancers",
	}
}

// pathOf returns the path in a policy's ARN: "/" or "/service-role/".
func pathOf(arn string) string {
	_, after, _ := strings.Cut(arn, ":policy")
	return after[:strings.LastIndex(after, "/")+1]
}

type policy struct {
	PolicyName                    string
	PolicyID                      string `query:"PolicyId"`
	Arn                           string
	Path                          string
	DefaultVersionID              string `query:"DefaultVersionId"`
	AttachmentCount               int
	PermissionsBoundaryUsageCount int
	IsAttachable                  bool
	Description                   string
	CreateDate                    wire.Time
	UpdateDate                    wire.Time
	Tags                          []Tag
}

// policy finds a managed policy by its ARN.
func (s *Service) policy(call *wire.Call, arn string) (policy, bool) {
	if name, ok := strings.CutPrefix(arn, awsPrefix); ok {
		if !slices.Contains(ofAWS(), name) {
			return policy{}, false
		}
		short, since := arn[strings.LastIndex(arn, "/")+1:], wire.At(time.Date(2015, 2, 6, 0, 0, 0, 0, time.UTC))
		return policy{
			PolicyName: short, Arn: arn, Description: descriptions()[short],
			PolicyID: fmt.Sprintf("ANPA%016X", crc64.Checksum([]byte(name), crc64.MakeTable(crc64.ISO))),
			Path:     pathOf(arn), DefaultVersionID: "v1", IsAttachable: true, AttachmentCount: s.attachments(call, arn),
			PermissionsBoundaryUsageCount: s.boundaries(call, arn), CreateDate: since, UpdateDate: since, Tags: []Tag{},
		}, true
	}
	found, ok := s.find(call, managedPolicyType, arn)
	if !ok {
		return policy{}, false
	}
	return s.describePolicy(call, &found), true
}

func (s *Service) describePolicy(call *wire.Call, r *generic.Record) policy {
	described := policy{
		PolicyName: r.ID[strings.LastIndex(r.ID, "/")+1:], PolicyID: r.Text("PolicyId"), Arn: r.ID, Path: pathOf(r.ID),
		DefaultVersionID: "v1", AttachmentCount: s.attachments(call, r.ID), IsAttachable: true, Description: r.Text("Description"),
		PermissionsBoundaryUsageCount: s.boundaries(call, r.ID), Tags: append([]Tag{}, tagsOf(r)...),
	}
	if created, err := time.Parse(time.RFC3339, r.Text("CreateDate")); err == nil {
		described.CreateDate, described.UpdateDate = wire.At(created), wire.At(created)
	}
	return described
}

// attachments counts the roles that have a managed policy.
func (s *Service) attachments(call *wire.Call, arn string) int {
	count := 0
	for _, each := range s.records.Everywhere(call.Account, roleType) {
		if slices.Contains(texts(each.Properties["ManagedPolicyArns"]), arn) || slices.Contains(s.attachedBy(call, each.ID), arn) {
			count++
		}
	}
	return count
}

// boundaries counts the roles whose boundary is a managed policy.
func (s *Service) boundaries(call *wire.Call, arn string) int {
	count := 0
	for _, each := range s.records.Everywhere(call.Account, roleType) {
		if each.Text("PermissionsBoundary") == arn {
			count++
		}
	}
	return count
}

type policyInput struct{ PolicyArn string }

type policyOutput struct{ Policy policy }

func (s *Service) getPolicy(_ context.Context, call *wire.Call, in *policyInput) (*policyOutput, error) {
	found, ok := s.policy(call, in.PolicyArn)
	if !ok {
		return nil, errMissing("Policy %s was not found.", in.PolicyArn)
	}
	return &policyOutput{found}, nil
}

type versionInput struct {
	PolicyArn string
	VersionID string `query:"VersionId"`
}

type version struct {
	Document         string
	VersionID        string `query:"VersionId"`
	IsDefaultVersion bool
	CreateDate       wire.Time
}

type versionOutput struct{ PolicyVersion version }

func (s *Service) getPolicyVersion(_ context.Context, call *wire.Call, in *versionInput) (*versionOutput, error) {
	if !versionID.MatchString(in.VersionID) {
		return nil, wire.Errorf("ValidationError", "1 validation error detected: Value at 'versionId' failed to satisfy constraint: "+
			"Member must satisfy regular expression pattern: %s", versionPattern)
	}
	found, ok := s.policy(call, in.PolicyArn)
	if !ok || in.VersionID != found.DefaultVersionID {
		return nil, errMissing("Policy %s version %s does not exist or is not attachable.", in.PolicyArn, in.VersionID)
	}
	out := version{VersionID: in.VersionID, IsDefaultVersion: true, CreateDate: found.CreateDate}
	record, own := s.find(call, managedPolicyType, in.PolicyArn)
	switch {
	case own:
		out.Document = encoded(record.Properties["PolicyDocument"])
	case documents()[found.PolicyName] != "":
		out.Document = encoded(documents()[found.PolicyName])
	default:
		return nil, wire.Unsupported(call, "the document of "+in.PolicyArn)
	}
	return &versionOutput{out}, nil
}

type listPoliciesInput struct {
	pageInput

	Scope, PathPrefix, PolicyUsageFilter string
	OnlyAttached                         bool
}

type listPoliciesOutput struct {
	pageOutput

	Policies []policy
}

func (s *Service) listPolicies(_ context.Context, call *wire.Call, in *listPoliciesInput) (*listPoliciesOutput, error) {
	if in.PolicyUsageFilter != "" {
		return nil, wire.Unsupported(call, "the parameter PolicyUsageFilter")
	}
	policies := []policy{}
	if in.Scope != "AWS" {
		for _, each := range s.records.Everywhere(call.Account, managedPolicyType) {
			policies = append(policies, s.describePolicy(call, &each))
		}
	}
	if in.Scope != "Local" {
		for _, name := range ofAWS() {
			known, _ := s.policy(call, awsPrefix+name)
			policies = append(policies, known)
		}
	}
	policies = slices.DeleteFunc(policies, func(p policy) bool {
		return !strings.HasPrefix(p.Path, in.PathPrefix) || (in.OnlyAttached && p.AttachmentCount == 0)
	})
	for i := range policies { // a listing has neither (API reference)
		policies[i].Description, policies[i].Tags = "", nil
	}
	page, more, err := pageOf(&in.pageInput, policies, func(p policy) string { return p.Arn })
	return &listPoliciesOutput{more, page}, err
}

type createPolicyInput struct {
	PolicyName, Path, PolicyDocument, Description string
	Tags                                          []Tag
}

func (s *Service) createPolicy(_ context.Context, call *wire.Call, in *createPolicyInput) (*policyOutput, error) {
	document, err := decoded(in.PolicyDocument)
	if err != nil {
		return nil, err
	}
	for _, each := range s.records.Everywhere(call.Account, managedPolicyType) {
		if strings.HasSuffix(each.ID, "/"+in.PolicyName) {
			return nil, errConflict("EntityAlreadyExists", "A policy called %s already exists. Duplicate names are not allowed.",
				in.PolicyName)
		}
	}
	properties := resource.Properties{"ManagedPolicyName": in.PolicyName, "PolicyDocument": document}
	if in.Path != "" {
		properties["Path"] = in.Path
	}
	if in.Description != "" {
		properties["Description"] = in.Description
	}
	if len(in.Tags) > 0 {
		properties["Tags"] = tagList(in.Tags)
	}
	made, err := s.make(call, managedPolicyType, properties)
	if err != nil {
		return nil, err
	}
	described := s.describePolicy(call, &made)
	described.Description, described.Tags = "", tagsOf(&made)
	return &policyOutput{described}, nil
}

func (s *Service) deletePolicy(_ context.Context, call *wire.Call, in *policyInput) (*wire.None, error) {
	found, ok := s.find(call, managedPolicyType, in.PolicyArn)
	switch {
	case !ok:
		return nil, errMissing("Policy %s was not found.", in.PolicyArn)
	case s.attachments(call, in.PolicyArn) > 0:
		return nil, errConflict("DeleteConflict", "Cannot delete a policy attached to entities.")
	}
	return s.drop(&found)
}
