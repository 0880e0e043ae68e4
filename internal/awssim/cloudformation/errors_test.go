package cloudformation_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
)

const oneTopic = `{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}`

// answer is an error as clients see it.
type answer struct{ Code, Message string }

func answerOf(err error) answer {
	failure, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return answer{Message: fmt.Sprint(err)}
	}
	return answer{Code: failure.ErrorCode(), Message: stackARN.ReplaceAllString(failure.ErrorMessage(), "ARN")}
}

func TestTemplatesAreRefusedInTheWordsOfAWS(t *testing.T) {
	t.Parallel()
	topic := func(members string) string {
		return `{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"` + members + `}}}`
	}
	with := func(sections string) string {
		return `{` + sections + `, "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}`
	}
	cases := map[string]struct{ body, want string }{
		"no resources":                {`{"Resources": {}}`, "Template format error: At least one Resources member must be defined."},
		"no object":                   {`hello`, "Template format error: unsupported structure."},
		"bad JSON":                    {"{\n\"Resources\": }", "Template format error: JSON not well-formed. (line 2, column 15)"},
		"bad YAML":                    {"a: [", "Template format error: YAML not well-formed. (line 1, column 5)"},
		"a key that does not end":     {"\nResources:\nTopic\n", "Template format error: YAML not well-formed. (line 4, column 1)"},
		"a key outside of the map":    {"\n      A:\n  B:\n      C: 1\n", "Template format error: YAML not well-formed. (line 3, column 3)"},
		"a key that is not aligned":   {"A:\n    B: 1\n  C: 2\n", "Template format error: YAML not well-formed. (line 3, column 3)"},
		"a key within a value":        {"A: 1\nB: c: d\n", "Template format error: YAML not well-formed. (line 2, column 5)"},
		"a tab":                       {"A:\n\t- B\n", "Template format error: YAML not well-formed. (line 2, column 1)"},
		"an unknown tag":              {"Resources: {A: !What x}", "Template format error: YAML not well-formed. (line 1, column 16)"},
		"an unknown section":          {with(`"Extras": {}`), "Invalid template property or properties [Extras]"},
		"a rule that asserts nothing": {with(`"Rules": {"R": {}}`), "Template format error: [/Rules/R] Every Rules object must contain an Assertions list."},
		"a rule with a resource":      {with(`"Rules": {"R": {"Assertions": [{"Assert": {"Fn::Equals": [{"Ref": "Topic"}, "x"]}}]}}`), "Template format error: Unresolved dependencies [Topic]. Cannot reference resources in the Rules block of the template"},
		"resources that are a string": {`{"Resources": "", "Outputs": ""}`, "Template format error: Any Resources member must be an object."},
		"a resource that is a string": {`{"Resources": {"Topic": "x"}}`, "Template format error: [/Resources/Topic] resource definition is malformed"},
		"a resource that is empty":    {"Resources:\n  Topic:\n", "Template format error: [/Resources/Topic] resource definition is malformed"},
		"a loop without its transform": {
			`{"Resources": {"Fn::ForEach::Topics": ["X", ["a"], {}]}}`,
			"Template format error: [/Resources/Fn::ForEach::Topics] resource definition is malformed",
		},
		"no type":              {`{"Resources": {"A": {}}}`, "Template format error: [/Resources/A] Every Resources object must contain a Type member."},
		"an unknown type":      {`{"Resources": {"A": {"Type": "AWS::No::Such"}}}`, "Template format error: Unrecognized resource types: [AWS::No::Such]"},
		"a custom resource":    {`{"Resources": {"A": {"Type": "Custom::Thing"}}}`, "awssim does not implement Custom::Thing (A): custom resources are made by Lambda functions"},
		"an unknown attribute": {topic(`, "Invalid": 1`), "Invalid template resource property 'Invalid'"},
		"the first of nulls":   {`{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},` + "\t" + `"Outputs": {"O": {"Value": [null], "Export": null}}}`, "[/Outputs/O/Value/0] 'null' values are not allowed in templates"},
		"a null":               {topic(`, "Properties": {"TopicName": null}`), "[/Resources/Topic/Properties/TopicName] 'null' values are not allowed in templates"},
		"a name with a hyphen": {`{"Resources": {"a-b": {"Type": "AWS::SNS::Topic"}}}`, "Template format error: Resource name a-b is non alphanumeric."},
		"a missing reference": {
			topic(`, "Properties": {"TopicName": {"Ref": "Nobody"}}`),
			"Template format error: Unresolved resource dependencies [Nobody] in the Resources block of the template",
		},
		"a missing dependency": {
			topic(`, "DependsOn": "NonExistingResource"`),
			"Template format error: Unresolved resource dependencies [NonExistingResource] in the Resources block of the template",
		},
		"a missing reference of an output": {
			with(`"Outputs": {"O": {"Value": {"Ref": "Nobody"}}}`),
			"Template format error: Unresolved resource dependencies [Nobody] in the Outputs block of the template",
		},
		"an output of a resource that is left out": {
			`{"Conditions": {"No": {"Fn::Equals": ["a", "b"]}}, "Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Condition": "No"}},
				"Outputs": {"O": {"Value": {"Fn::GetAtt": ["Topic", "TopicName"]}}}}`,
			"Unresolved resource dependencies [Topic] in the Outputs block of the template",
		},
		"a resource that needs one that is left out": {
			`{"Conditions": {"No": {"Fn::Equals": ["a", "b"]}}, "Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Condition": "No"},
				"Other": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "Topic"}}}}}`,
			"Template format error: Unresolved resource dependencies [Topic] in the Resources block of the template",
		},
		"an attribute of a missing resource": {
			with(`"Outputs": {"O": {"Value": {"Fn::GetAtt": ["Nobody", "Arn"]}}}`),
			"Template error: instance of Fn::GetAtt references undefined resource Nobody",
		},
		"an attribute of a missing resource in a text": {
			with(`"Outputs": {"O": {"Value": {"Fn::Sub": "${Nobody.Arn}"}}}`),
			"Template error: instance of Fn::Sub references invalid resource attribute Nobody.Arn",
		},
		"a name that no variable can have": {
			topic(`, "Properties": {"DisplayName": {"Fn::Sub": "${A-B}"}}`),
			"Template error: variable names in Fn::Sub syntax must contain only alphanumeric characters, underscores, periods, and colons",
		},
		"a missing condition of Fn::If": {
			topic(`, "Properties": {"DisplayName": {"Fn::If": ["Nope", "a", "b"]}}`),
			"Template error: unresolved condition dependency Nope in Fn::If",
		},
		"a missing condition": {
			topic(`, "Condition": "Nope"`),
			"Template format error: Unresolved condition dependency Nope in the Resources block of the template",
		},
		"a function in lower case": {
			topic(`, "Properties": {"DisplayName": {"fn::GetAtt": ["Topic", "Arn"]}}`),
			"Template Error: Encountered unsupported function: fn::GetAtt Supported functions are: [Fn::Base64, Fn::GetAtt, Fn::GetAZs, " +
				"Fn::ImportValue, Fn::Join, Fn::Split, Fn::FindInMap, Fn::Select, Ref, Fn::Equals, Fn::If, Fn::Not, Condition, Fn::And, Fn::Or, " +
				"Fn::Contains, Fn::EachMemberEquals, Fn::EachMemberIn, Fn::ValueOf, Fn::ValueOfAll, Fn::RefAll, Fn::Sub, Fn::Cidr]",
		},
		"an output with a hyphen": {with(`"Outputs": {"a-b": {"Value": "x"}}`), "Template format error: Outputs name 'a-b' is non alphanumeric."},
		"a missing mapping": {
			topic(`, "Properties": {"DisplayName": {"Fn::FindInMap": ["M", "a", "b"]}}`),
			"Template error: Mapping named 'M' is not present in the 'Mappings' section of template",
		},
		"a resource in a condition": {
			with(`"Conditions": {"C": {"Fn::Equals": [{"Ref": "Topic"}, "x"]}}`),
			"Template format error: Unresolved dependencies [Topic]. Cannot reference resources in the Conditions block of the template",
		},
		"an output without a value":  {with(`"Outputs": {"O": {}}`), "Template format error: Every Outputs member must contain a Value object"},
		"a mapping that is too flat": {with(`"Mappings": {"A": {"B": "c"}}`), "Template format error: Every Mappings member B must be a map"},
		"a mapping that is too deep": {with(`"Mappings": {"A": {"B": {"C": {}}}}`), "Template format error: Every Mappings attribute must be a String or a List."},
		"a key of a mapping with a slash": {
			with(`"Mappings": {"A": {"10.0.0.0/8": {"C": "d"}}}`),
			"Template format error: Mappings element name '10.0.0.0/8' must be non-empty and can contain only alphanumerics, '-' or '.'",
		},
		"an attribute of a mapping with a hyphen": {
			with(`"Mappings": {"A": {"eu-west-1": {"x86-64": "d"}}}`),
			"Template format error: Mappings attribute name 'x86-64' must contain only alphanumeric characters.",
		},
		"a default that is a function": {
			with(`"Parameters": {"Input": {"Type": "String", "Default": {"Ref": "AWS::Region"}}}`),
			"Template format error: Every Default member must be a string.",
		},
		"an output that is a list": {
			with(`"Outputs": {"O": {"Value": ["a", "b"]}}`), "Template format error: Every Value member must be a string.",
		},
		"an export with a slash": {
			with(`"Outputs": {"O": {"Value": "x", "Export": {"Name": "a/b"}}}`),
			"Template format error: Output O is malformed. The Name field of every Export member must be specified and consist only of " +
				"alphanumeric characters, colons, or hyphens.",
		},
		"a missing key of a mapping": {
			`{"Mappings": {"M": {"A": {"B": "c"}}}, "Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Fn::FindInMap": ["M", "X", "B"]}}}}}`,
			"Template error: Unable to get mapping for M::X::B",
		},
		"two resources that wait for each other": {
			`{"Resources": {"A": {"Type": "AWS::SNS::Topic", "DependsOn": "B"}, "B": {"Type": "AWS::SNS::Topic", "DependsOn": "A"}}}`,
			"Circular dependency between resources: [A, B]",
		},
		"a parameter without a value": {with(`"Parameters": {"Input": {"Type": "String"}}`), "Parameters: [Input] must have values"},
		"a default that is no number": {with(`"Parameters": {"Value": {"Type": "Number", "Default": "x"}}`), "Parameter 'Value' must be a number."},
		"a macro":                     {with(`"Transform": "AWS::Serverless-2016-10-31"`), "awssim does not implement the transform AWS::Serverless-2016-10-31"},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := newStage(t).client.CreateStack(t.Context(), &cfn.CreateStackInput{
				StackName: aws.String("demo"), TemplateBody: aws.String(test.body),
			})
			if diff := cmp.Diff(answer{"ValidationError", test.want}, answerOf(err)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCallsAreRefusedInTheWordsOfAWS(t *testing.T) {
	t.Parallel()
	role := `{"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": {%s"AssumeRolePolicyDocument": {}}}}}`
	absent := aws.String("absent")
	cases := map[string]struct {
		call func(s *stage) error
		want answer
	}{
		"describe what is not there": {func(s *stage) error {
			_, err := s.client.DescribeStacks(s.t.Context(), &cfn.DescribeStacksInput{StackName: absent})
			return err
		}, answer{"ValidationError", "Stack with id absent does not exist"}},
		"tags that belong to AWS": {func(s *stage) error {
			return s.tag("aws:mine")
		}, answer{"ValidationError", "aws: prefixed tag key names are not allowed for external use."}},
		"a tag twice": {func(s *stage) error {
			return s.tag("team", "team")
		}, answer{"ValidationError", "Tags contain duplicate keys; tag keys must be unique"}},
		"events of what is not there": {func(s *stage) error {
			_, err := s.client.DescribeStackEvents(s.t.Context(), &cfn.DescribeStackEventsInput{StackName: absent})
			return err
		}, answer{"ValidationError", "Stack [absent] does not exist"}},
		"a resource of what is not there": {func(s *stage) error {
			_, err := s.client.DescribeStackResource(s.t.Context(), &cfn.DescribeStackResourceInput{StackName: absent, LogicalResourceId: absent})
			return err
		}, answer{"ValidationError", "Stack 'absent' does not exist"}},
		"a resource that is not there": {func(s *stage) error {
			id := s.create(oneTopic)
			_, err := s.client.DescribeStackResource(s.t.Context(), &cfn.DescribeStackResourceInput{StackName: aws.String(id), LogicalResourceId: absent})
			return err
		}, answer{"ValidationError", "Resource absent does not exist for stack ARN"}},
		"the template of what is not there": {func(s *stage) error {
			_, err := s.client.GetTemplate(s.t.Context(), &cfn.GetTemplateInput{StackName: absent})
			return err
		}, answer{"ValidationError", "Stack with id absent does not exist"}},
		"the template of a change set without its stack": {func(s *stage) error {
			_, err := s.client.GetTemplate(s.t.Context(), &cfn.GetTemplateInput{ChangeSetName: absent})
			return err
		}, answer{"ValidationError", "StackName is a required parameter."}},
		"the summary of a stack under review": {func(s *stage) error {
			s.propose("c", oneTopic, creating)
			_, err := s.client.GetTemplateSummary(s.t.Context(), &cfn.GetTemplateSummaryInput{StackName: aws.String("demo")})
			return err
		}, answer{"ValidationError", "GetTemplateSummary cannot be called on REVIEW_IN_PROGRESS stacks."}},
		"a previous value beside a new one": {func(s *stage) error {
			s.create(oneTopic)
			s.settle("demo")
			_, err := s.client.UpdateStack(s.t.Context(), &cfn.UpdateStackInput{
				StackName: aws.String("demo"), TemplateBody: aws.String(`{"Parameters": {"P": {"Type": "String"}}, "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}`),
				Parameters: []types.Parameter{{ParameterKey: aws.String("P"), ParameterValue: aws.String("x"), UsePreviousValue: aws.Bool(true)}},
			})
			return err
		}, answer{
			"ValidationError",
			"Invalid input for parameter key P. Cannot specify usePreviousValue as true and non empty value for a parameter",
		}},
		"continue a rollback in two ways": {func(s *stage) error {
			_, err := s.client.ContinueUpdateRollback(s.t.Context(), &cfn.ContinueUpdateRollbackInput{
				StackName: absent, ForceRollback: aws.Bool(true), ResourcesToSkip: []string{"Topic"},
			})
			return err
		}, answer{"ValidationError", "ForceRollback and ResourcesToSkip are mutually exclusive"}},
		"delete what is not there": {func(s *stage) error {
			_, err := s.client.DeleteStack(s.t.Context(), &cfn.DeleteStackInput{StackName: absent})
			return err
		}, answer{Message: "<nil>"}},
		"a bad name": {func(s *stage) error {
			return s.tryCreate("9x", oneTopic)
		}, answer{"ValidationError", "1 validation error detected: Value '9x' at 'stackName' failed to satisfy constraint: " +
			"Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*|arn:[-a-zA-Z0-9:/._+]*"}},
		"no template": {func(s *stage) error {
			_, err := s.client.CreateStack(s.t.Context(), &cfn.CreateStackInput{StackName: absent})
			return err
		}, answer{"ValidationError", "Either Template URL or Template Body must be specified."}},
		"a name that is taken": {func(s *stage) error {
			s.create(oneTopic)
			return s.tryCreate("demo", oneTopic)
		}, answer{"AlreadyExistsException", "Stack [demo] already exists"}},
		"a role without acknowledgement": {func(s *stage) error {
			return s.tryCreate("demo", fmt.Sprintf(role, ""))
		}, answer{"InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_IAM]"}},
		"a named role with too little acknowledgement": {func(s *stage) error {
			return s.tryCreate("demo", fmt.Sprintf(role, `"RoleName": "r", `), types.CapabilityCapabilityIam)
		}, answer{"InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_NAMED_IAM]"}},
		"a protected stack": {func(s *stage) error {
			s.create(oneTopic, func(in *cfn.CreateStackInput) { in.EnableTerminationProtection = aws.Bool(true) })
			_, err := s.client.DeleteStack(s.t.Context(), &cfn.DeleteStackInput{StackName: aws.String("demo")})
			return err
		}, answer{"ValidationError", "Stack [demo] cannot be deleted while TerminationProtection is enabled"}},
		"an update while another operation runs": {func(s *stage) error {
			s.create(oneTopic)
			return s.tryUpdate(named("a", "b"))
		}, answer{"ValidationError", "Stack:ARN is in CREATE_IN_PROGRESS state and can not be updated."}},
		"an update of a rolled back stack": {func(s *stage) error {
			s.fail("Create", "Topic", "no")
			s.create(oneTopic)
			s.settle("demo")
			return s.tryUpdate(named("a", "b"))
		}, answer{"ValidationError", "Stack:ARN is in ROLLBACK_COMPLETE state and can not be updated."}},
		"an update of a stack that failed without rollback": {func(s *stage) error {
			s.fail("Create", "Topic", "no")
			s.create(oneTopic, func(in *cfn.CreateStackInput) { in.OnFailure = types.OnFailureDoNothing })
			s.settle("demo")
			return s.tryUpdate(named("a", "b"))
		}, answer{"ValidationError", "This stack is currently in a non-terminal [CREATE_FAILED] state. To update the stack from this state, please use the " +
			"disable-rollback parameter with update-stack API. To rollback to the last known good state, use the rollback-stack API"}},
		"an update that changes nothing": {func(s *stage) error {
			s.create(oneTopic)
			s.settle("demo")
			return s.tryUpdate(`{"Description": "new", "Metadata": {"a": "b"}, "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}`)
		}, answer{"ValidationError", "No updates are to be performed."}},
		"an update of a policy alone is one": {func(s *stage) error {
			s.create(oneTopic)
			s.settle("demo")
			return s.tryUpdate(`{"Resources": {"Topic": {"Type": "AWS::SNS::Topic", "DeletionPolicy": "Retain"}}}`)
		}, answer{Message: "<nil>"}},
		"an update of outputs alone is one": {func(s *stage) error {
			s.create(oneTopic)
			s.settle("demo")
			return s.tryUpdate(`{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}, "Outputs": {"O": {"Value": "x"}}}`)
		}, answer{Message: "<nil>"}},
		"a type that changes": {func(s *stage) error {
			s.create(oneTopic)
			s.settle("demo")
			return s.tryUpdate(`{"Resources": {"Topic": {"Type": "AWS::S3::Bucket"}}}`)
		}, answer{"ValidationError", "Update of resource type is not permitted. The new template modifies resource type of the following resources: [Topic]"}},
		"resources to retain without a failed deletion": {func(s *stage) error {
			s.create(oneTopic)
			s.settle("demo")
			_, err := s.client.DeleteStack(s.t.Context(), &cfn.DeleteStackInput{StackName: aws.String("demo"), RetainResources: []string{"Topic"}})
			return err
		}, answer{"ValidationError", "Invalid operation on stack [ARN When you delete a stack, specify which resources to retain only when " +
			"the stack is in the DELETE_FAILED state."}},
		"a rollback of what did not fail": {func(s *stage) error {
			s.create(oneTopic)
			s.settle("demo")
			_, err := s.client.RollbackStack(s.t.Context(), &cfn.RollbackStackInput{StackName: aws.String("demo")})
			return err
		}, answer{"ValidationError", "RollbackStack cannot be called from current stack status"}},
		"a rollback that did not stop": {func(s *stage) error {
			s.create(oneTopic)
			s.settle("demo")
			_, err := s.client.ContinueUpdateRollback(s.t.Context(), &cfn.ContinueUpdateRollbackInput{StackName: aws.String("demo")})
			return err
		}, answer{"ValidationError", "ContinueUpdateRollback cannot be called from current stack status"}},
		"drift of what was rolled back": {func(s *stage) error {
			s.fail("Create", "Topic", "no")
			s.create(oneTopic)
			s.settle("demo")
			_, err := s.client.DetectStackDrift(s.t.Context(), &cfn.DetectStackDriftInput{StackName: aws.String("demo")})
			return err
		}, answer{"ValidationError", "Drift detection cannot be performed on stack [ARN while it is in [ROLLBACK_COMPLETE] state"}},
		"the previous template and another one": {func(s *stage) error {
			s.create(oneTopic)
			s.settle("demo")
			_, err := s.client.UpdateStack(s.t.Context(), &cfn.UpdateStackInput{
				StackName: aws.String("demo"), TemplateBody: aws.String(oneTopic), UsePreviousTemplate: aws.Bool(true),
			})
			return err
		}, answer{"ValidationError", "You cannot specify both usePreviousTemplate and Template Body/Template URL."}},
		"a deletion by force that need not be": {func(s *stage) error {
			s.create(oneTopic)
			s.settle("demo")
			_, err := s.client.DeleteStack(s.t.Context(), &cfn.DeleteStackInput{
				StackName: aws.String("demo"), DeletionMode: types.DeletionModeForceDeleteStack,
			})
			return err
		}, answer{"ValidationError", "Invalid operation on stack [ARN You can activate DeletionMode FORCE_DELETE_STACK in a delete stack " +
			"operation only when the stack is in the DELETE_FAILED state."}},
		"two words about failures": {func(s *stage) error {
			_, err := s.client.CreateStack(s.t.Context(), &cfn.CreateStackInput{
				StackName: aws.String("demo"), TemplateBody: aws.String(oneTopic), OnFailure: types.OnFailureDelete, DisableRollback: aws.Bool(true),
			})
			return err
		}, answer{"ValidationError", "Either DisableRollback or OnFailure can be specified, not both."}},
		"a name that no stack can have": {func(s *stage) error {
			_, err := s.client.DescribeStacks(s.t.Context(), &cfn.DescribeStacksInput{StackName: aws.String("a_b")})
			return err
		}, answer{"ValidationError", "1 validation error detected: Value 'a_b' at 'stackName' failed to satisfy constraint: " +
			"Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*|arn:[-a-zA-Z0-9:/._+]*"}},
		"a policy of a stack without a name": {func(s *stage) error {
			_, err := s.client.SetStackPolicy(s.t.Context(), &cfn.SetStackPolicyInput{StackName: aws.String("")})
			return err
		}, answer{"ValidationError", "1 validation error detected: Value null at 'stackName' failed to satisfy constraint: Member must not be null"}},
		"a creation without time": {func(s *stage) error {
			_, err := s.client.CreateStack(s.t.Context(), &cfn.CreateStackInput{
				StackName: aws.String("demo"), TemplateBody: aws.String(oneTopic), TimeoutInMinutes: aws.Int32(0),
			})
			return err
		}, answer{"ValidationError", "1 validation error detected: Value '0' at 'timeoutInMinutes' failed to satisfy constraint: " +
			"Member must have value greater than or equal to 1"}},
		"a parameter that the template lacks": {func(s *stage) error {
			_, err := s.client.CreateStack(s.t.Context(), &cfn.CreateStackInput{
				StackName: aws.String("demo"), TemplateBody: aws.String(oneTopic),
				Parameters: []types.Parameter{{ParameterKey: aws.String("X"), ParameterValue: aws.String("y")}},
			})
			return err
		}, answer{"ValidationError", "Parameters: [X] do not exist in the template"}},
		"a token of another operation": {func(s *stage) error {
			s.create(oneTopic, func(in *cfn.CreateStackInput) { in.ClientRequestToken = aws.String("once") })
			s.settle("demo")
			_, err := s.client.UpdateStack(s.t.Context(), &cfn.UpdateStackInput{
				StackName: aws.String("demo"), TemplateBody: aws.String(named("a", "b")), ClientRequestToken: aws.String("once"),
			})
			return err
		}, answer{"TokenAlreadyExistsException", "Token once was already used by CreateStack"}},
		"a parameter of the API that awssim lacks": {func(s *stage) error {
			_, err := s.client.GetTemplateSummary(s.t.Context(), &cfn.GetTemplateSummaryInput{StackSetName: aws.String("demo")})
			return err
		}, answer{"ValidationError", `awssim does not implement the parameter "StackSetName" of cloudformation:GetTemplateSummary`}},
		"too long a time of monitoring": {func(s *stage) error {
			_, err := s.client.CreateStack(s.t.Context(), &cfn.CreateStackInput{
				StackName: aws.String("demo"), TemplateBody: aws.String(oneTopic),
				RollbackConfiguration: &types.RollbackConfiguration{MonitoringTimeInMinutes: aws.Int32(181)},
			})
			return err
		}, answer{"ValidationError", "1 validation error detected: Value '181' at 'rollbackConfiguration.monitoringTimeInMinutes' failed to satisfy constraint: Member must have value less than or equal to 180"}},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, func(s *stage) {
				t := s.t
				got := answerOf(test.call(s))
				if strings.HasSuffix(test.want.Message, "[ARN") {
					got.Message = got.Message[:min(len(got.Message), len(test.want.Message))]
				}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

// tag asks for a stack with tags of these keys.
func (s *stage) tag(keys ...string) error {
	var tags []types.Tag
	for _, key := range keys {
		tags = append(tags, types.Tag{Key: aws.String(key), Value: aws.String("x")})
	}
	_, err := s.client.CreateStack(s.t.Context(), &cfn.CreateStackInput{
		StackName: aws.String("demo"), TemplateBody: aws.String(oneTopic), Tags: tags,
	})
	return err
}

func TestTemplatesAreLimited(t *testing.T) {
	t.Parallel()
	body := oneTopic + strings.Repeat(" ", 51200)
	got := answerOf(newStage(t).tryCreate("demo", body))
	want := answer{"ValidationError", "1 validation error detected: Value '" + body +
		"' at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to 51200"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func (s *stage) tryCreate(name, body string, capabilities ...types.Capability) error {
	_, err := s.client.CreateStack(s.t.Context(), &cfn.CreateStackInput{
		StackName: aws.String(name), TemplateBody: aws.String(body), Capabilities: capabilities,
	})
	return err
}

func (s *stage) tryUpdate(body string) error {
	_, err := s.client.UpdateStack(s.t.Context(), &cfn.UpdateStackInput{StackName: aws.String("demo"), TemplateBody: aws.String(body)})
	return err
}
