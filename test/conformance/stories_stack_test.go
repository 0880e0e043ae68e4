package conformance

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

const topic = `
Parameters:
  Title: {Type: String, Default: first}
  Password: {Type: String, NoEcho: true, Default: secret}
Resources:
  Orders: {Type: AWS::SNS::Topic, Properties: {TopicName: orders, DisplayName: !Ref Title}}
Outputs:
  Name: {Value: !GetAtt Orders.TopicName, Description: Its name}
`

// titled sets the parameter of the template above.
func titled(title string) []types.Parameter {
	return []types.Parameter{{ParameterKey: aws.String("Title"), ParameterValue: aws.String(title)}}
}

func stackStories() []story {
	return []story{
		{"a stack is created", createdStory},
		{"a stack is updated", updatedStory},
		{"a stack is deleted", deletedStory},
		{"a stack rolls back", rolledBackStory},
		{"a stack fails and stays", staysStory},
		{"a stack is protected", protectedStory},
		{"a stack drifts", driftStory},
		{"one stack uses another", exportStory},
	}
}

func createdStory(t *teller) {
	made := t.create("shop", topic, func(in *cloudformation.CreateStackInput) {
		in.Tags = []types.Tag{{Key: aws.String("team"), Value: aws.String("a")}}
	})
	found := made.describe()
	t.fact("its id", made.id, "arn:aws:cloudformation:us-east-1:123456789012:stack/shop/ID")
	t.fact("its status", found.StackStatus, "CREATE_COMPLETE")
	t.fact("its parameters", pairs(found.Parameters), "Password=**** Title=first")
	t.fact("its output", aws.ToString(found.Outputs[0].OutputKey)+"="+aws.ToString(found.Outputs[0].OutputValue), "Name=orders")
	t.fact("rollback is disabled", aws.ToBool(found.DisableRollback), "false")
	t.fact("it has drift information", found.DriftInformation != nil, "true")
	t.fact("its events", made.events(), lines(
		"shop CREATE_IN_PROGRESS (User Initiated)",
		"Orders CREATE_IN_PROGRESS", "Orders CREATE_IN_PROGRESS (Resource creation Initiated)", "Orders CREATE_COMPLETE",
		"shop CREATE_COMPLETE"))
	_, err := t.aws.CloudFormation.CreateStack(t.ctx, &cloudformation.CreateStackInput{
		StackName: aws.String("shop"), TemplateBody: aws.String(topic),
	})
	t.refusal("creating it again", err, "AlreadyExistsException: Stack [shop] already exists")
}

func updatedStory(t *teller) {
	made := t.create("shop", topic)
	_, err := made.update(topic)
	t.refusal("an update without a change", err, "ValidationError: No updates are to be performed.")
	before := made.events()
	changed, err := made.update(topic, func(in *cloudformation.UpdateStackInput) { in.Parameters = titled("second") })
	t.must("an update", err)
	t.fact("its status", changed.StackStatus, "UPDATE_COMPLETE")
	t.fact("its new events", made.events()[len(before):], lines("",
		"shop UPDATE_IN_PROGRESS (User Initiated)", "Orders UPDATE_IN_PROGRESS", "Orders UPDATE_COMPLETE",
		"shop UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "shop UPDATE_COMPLETE"))
	_, err = t.aws.CloudFormation.UpdateStack(t.ctx, &cloudformation.UpdateStackInput{
		StackName: aws.String("unknown"), TemplateBody: aws.String(topic),
	})
	t.refusal("updating a stack that does not exist", err, "ValidationError: Stack [unknown] does not exist")
}

func deletedStory(t *teller) {
	made := t.create("shop", topic)
	t.fact("its last status", made.delete().StackStatus, "DELETE_COMPLETE")
	_, err := t.aws.CloudFormation.DescribeStacks(t.ctx, &cloudformation.DescribeStacksInput{StackName: aws.String("shop")})
	t.refusal("describing it by name", err, "ValidationError: Stack with id shop does not exist")
	_, err = t.aws.CloudFormation.DescribeStackEvents(t.ctx, &cloudformation.DescribeStackEventsInput{StackName: aws.String("shop")})
	t.refusal("its events by name", err, "ValidationError: Stack [shop] does not exist")
	listed, err := t.aws.CloudFormation.ListStacks(t.ctx, &cloudformation.ListStacksInput{
		StackStatusFilter: []types.StackStatus{types.StackStatusDeleteComplete},
	})
	t.must("listing deleted stacks", err)
	t.fact("it is listed as deleted", len(listed.StackSummaries), "1")
	_, err = t.aws.CloudFormation.DeleteStack(t.ctx, &cloudformation.DeleteStackInput{StackName: aws.String("shop")})
	t.refusal("deleting it again", err, "is done")
}

// taken makes a log group whose name another one has.
const taken = `
Resources:
  Before: {Type: AWS::SNS::Topic}
  Lines: {Type: AWS::Logs::LogGroup, DependsOn: Before, Properties: {LogGroupName: taken}}
`

func rolledBackStory(t *teller) {
	t.takeLogGroup()
	made := t.create("shop", taken)
	t.fact("its status", made.describe().StackStatus, "ROLLBACK_COMPLETE")
	t.fact("its reason", aws.ToString(made.describe().StackStatusReason), "")
	t.fact("its events", made.events(), lines(
		"shop CREATE_IN_PROGRESS (User Initiated)",
		"Before CREATE_IN_PROGRESS", "Before CREATE_IN_PROGRESS (Resource creation Initiated)", "Before CREATE_COMPLETE",
		"Lines CREATE_IN_PROGRESS",
		`Lines CREATE_FAILED (Resource handler returned message: "Resource of type 'AWS::Logs::LogGroup' with identifier `+
			`'{"/properties/LogGroupName":"taken"}' already exists." (ID, HandlerErrorCode: AlreadyExists))`,
		"shop ROLLBACK_IN_PROGRESS (The following resource(s) failed to create: [Lines]. Rollback requested by user.)",
		"Lines DELETE_COMPLETE",
		"Before DELETE_IN_PROGRESS", "Before DELETE_COMPLETE", "shop ROLLBACK_COMPLETE"))
	_, err := made.update(topic)
	t.refusal("updating it", err, "ValidationError: Stack:"+settled(made.id)+
		" is in ROLLBACK_COMPLETE state and can not be updated.")
}

func staysStory(t *teller) {
	t.takeLogGroup()
	made := t.create("shop", taken, func(in *cloudformation.CreateStackInput) { in.OnFailure = types.OnFailureDoNothing })
	t.fact("its status", made.describe().StackStatus, "CREATE_FAILED")
	gone := t.create("gone", taken, func(in *cloudformation.CreateStackInput) { in.OnFailure = types.OnFailureDelete })
	t.fact("with OnFailure DELETE its status", gone.describe().StackStatus, "DELETE_COMPLETE")
}

func protectedStory(t *teller) {
	made := t.create("shop", topic, func(in *cloudformation.CreateStackInput) { in.EnableTerminationProtection = aws.Bool(true) })
	_, err := t.aws.CloudFormation.DeleteStack(t.ctx, &cloudformation.DeleteStackInput{StackName: aws.String("shop")})
	t.refusal("deleting it", err, "ValidationError: Stack [shop] cannot be deleted while TerminationProtection is enabled")
	_, err = t.aws.CloudFormation.UpdateTerminationProtection(t.ctx, &cloudformation.UpdateTerminationProtectionInput{
		StackName: aws.String("shop"), EnableTerminationProtection: aws.Bool(false),
	})
	t.must("lifting the protection", err)
	t.fact("its last status", made.delete().StackStatus, "DELETE_COMPLETE")
}

func driftStory(t *teller) {
	made := t.create("shop", topic)
	out, err := t.aws.CloudFormation.DetectStackDrift(t.ctx, &cloudformation.DetectStackDriftInput{StackName: aws.String("shop")})
	t.must("detecting drift", err)
	t.fact("the detection has an id", len(aws.ToString(out.StackDriftDetectionId)), "36")
	made.delete()
}

const (
	exporting = `
Resources: {Orders: {Type: AWS::SNS::Topic, Properties: {TopicName: orders}}}
Outputs: {Topic: {Value: !GetAtt Orders.TopicName, Export: {Name: shared}}}
`
	importing = `
Resources: {Other: {Type: AWS::SNS::Topic, Properties: {DisplayName: !ImportValue shared}}}
`
)

func exportStory(t *teller) {
	made := t.create("maker", exporting)
	user := t.create("user", importing)
	imports, err := t.aws.CloudFormation.ListImports(t.ctx, &cloudformation.ListImportsInput{ExportName: aws.String("shared")})
	t.must("listing imports", err)
	t.fact("its users", imports.Imports, "[user]")
	_, err = t.aws.CloudFormation.CreateStack(t.ctx, &cloudformation.CreateStackInput{
		StackName: aws.String("third"), TemplateBody: aws.String(`
Resources: {Other: {Type: AWS::SNS::Topic, Properties: {DisplayName: !ImportValue missing}}}`),
	})
	t.must("creating a stack that imports what is not there", err)
	third := stack{teller: t, name: "third", id: "third"}
	t.fact("it becomes", third.end().StackStatus, "ROLLBACK_COMPLETE")
	t.fact("the maker in use", made.delete().StackStatus, "CREATE_COMPLETE")
	t.fact("the user's last status", user.delete().StackStatus, "DELETE_COMPLETE")
	t.fact("the maker's last status", made.delete().StackStatus, "DELETE_COMPLETE")
}
