package cloudformation_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

func TestAnUpdateThatStaysFailedIsTriedAgainOrRolledBack(t *testing.T) {
	t.Parallel()
	keepFailed := func(in *cfn.UpdateStackInput) { in.DisableRollback = aws.Bool(true) }
	for name, test := range map[string]struct {
		next func(s *stage)
		want string // statuses of the parent and of its nested stack
		name string // the output of the parent
	}{
		"tried again": {
			func(s *stage) { s.update(family, keepFailed) }, "UPDATE_COMPLETE", "base-b",
		},
		"rolled back": {func(s *stage) {
			if _, err := s.client.RollbackStack(s.t.Context(), &cfn.RollbackStackInput{StackName: aws.String("demo")}); err != nil {
				s.t.Fatal(err)
			}
		}, "UPDATE_ROLLBACK_COMPLETE", "base-a"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, func(s *stage) {
				templates := nest(s)
				templates.put("child.yaml", child("a"))
				s.create(family)
				s.settle("demo")
				templates.put("child.yaml", child("b"))
				s.failOnce("Update", "Last", "cannot")
				s.update(family, keepFailed)
				if got := s.settle("demo").StackStatus; got != types.StackStatusUpdateFailed {
					s.t.Errorf("status %s:\n%s", got, s.story("demo"))
				}
				if got := s.describe(s.childID()).StackStatus; got != types.StackStatusUpdateCompleteCleanupInProgress {
					s.t.Errorf("the nested stack does not wait, it is %s", got)
				}
				test.next(s)
				rested := s.settle("demo")
				if got := s.statuses("demo", s.childID()); got != test.want || !strings.HasSuffix(outputs(rested), "Name="+test.name) {
					s.t.Errorf("%s, %s:\n%s\n%s", got, outputs(rested), s.story("demo"), s.story(s.childID()))
				}
			})
		})
	}
}

func TestWhatFailsANestedStackBeforeItIsOne(t *testing.T) {
	t.Parallel()
	nesting := func(properties string) string {
		return "Resources: {Child: {Type: AWS::CloudFormation::Stack, Properties: {" + properties + "}}}"
	}
	const address = "TemplateURL: https://s3.amazonaws.com/templates/child.yaml"
	for name, test := range map[string]struct{ template, child, reason string }{
		"a role that nobody acknowledged": {
			nesting(address),
			"Resources: {Role: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {}}}}",
			"Requires capabilities : [CAPABILITY_IAM]",
		},
		"no template":          {nesting("TemplateURL: https://s3.amazonaws.com/templates/none.yaml"), "", "S3 error: The specified key does not exist."},
		"an address elsewhere": {nesting("TemplateURL: https://example.com/child.yaml"), "", "TemplateURL must be a supported URL."},
		"a missing parameter":  {nesting(address), child("a"), "Parameters: [Base, Display] must have values"},
		"a list as a parameter": {
			nesting(address + ", Parameters: {Base: [a, b]}"), child("a"),
			"Value of property Parameters must be an object with String (or simple type) properties",
		},
		"no property": {nesting(""), "", "Properties validation failed for resource Child with message:"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, func(s *stage) {
				nest(s).put("child.yaml", test.child)
				s.create(test.template, func(in *cfn.CreateStackInput) { in.Capabilities = nil })
				s.settle("demo")
				if story := s.story("demo"); !strings.Contains(story, "Child CREATE_FAILED | "+test.reason) {
					s.t.Error(story)
				}
				if names := s.stacks(types.StackStatusRollbackComplete); len(names) != 1 {
					s.t.Errorf("stacks: %v", names)
				}
			})
		})
	}
}

func TestWhatOnlyARootMay(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		nest(s).put("child.yaml", child("a"))
		s.create(family, func(in *cfn.CreateStackInput) { in.EnableTerminationProtection = aws.Bool(true) })
		s.settle("demo")
		id := aws.String(s.childID())
		if !aws.ToBool(s.describe(*id).EnableTerminationProtection) {
			s.t.Error("the nested stack is not protected")
		}
		ctx := s.t.Context()
		_, deletion := s.client.DeleteStack(ctx, &cfn.DeleteStackInput{StackName: id})
		_, protection := s.client.UpdateTerminationProtection(ctx, &cfn.UpdateTerminationProtectionInput{
			StackName: id, EnableTerminationProtection: aws.Bool(false),
		})
		_, back := s.client.RollbackStack(ctx, &cfn.RollbackStackInput{StackName: id})
		for name, err := range map[string]error{"DeleteStack": deletion, "UpdateTerminationProtection": protection, "RollbackStack": back} {
			if err == nil {
				s.t.Errorf("%s is not refused", name)
			}
		}
	})
}

func TestAStackPolicyProtectsANestedStack(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		templates := nest(s)
		templates.put("child.yaml", child("a"))
		s.create(family, func(in *cfn.CreateStackInput) {
			in.StackPolicyBody = aws.String(`{"Statement": [
				{"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"},
				{"Effect": "Deny", "Action": "Update:Modify", "Principal": "*", "Resource": "LogicalResourceId/Child"}
			]}`)
		})
		s.settle("demo")
		templates.put("child.yaml", child("b"))
		s.update(family)
		if got := s.settle("demo").StackStatus; got != types.StackStatusUpdateRollbackComplete {
			s.t.Errorf("status %s", got)
		}
		if got := s.describe(s.childID()).StackStatus; got != types.StackStatusCreateComplete {
			s.t.Errorf("the nested stack is %s", got)
		}
	})
}

func TestANestedStackThatCannotGoKeepsItsParent(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		nest(s).put("child.yaml", child("a"))
		s.create(family)
		s.settle("demo")
		s.failOnce("Delete", "First", "in use")
		s.delete()
		if got := s.statuses("demo", s.childID()); got != "DELETE_FAILED" {
			s.t.Errorf("%s:\n%s", got, s.story("demo"))
		}
		const want = "Child DELETE_FAILED | Embedded stack ARN was not successfully deleted: The following resource(s) failed to delete: [First]. \n"
		if story := s.story("demo"); !strings.Contains(story, want) {
			s.t.Error(story)
		}
		root, below := aws.ToString(s.describe("demo").StackId), s.childID()
		s.delete()
		if got := s.statuses(root, below); got != "DELETE_COMPLETE" {
			s.t.Errorf("%s:\n%s", got, s.story(root))
		}
	})
}
