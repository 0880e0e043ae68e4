package cloudformation_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/go-cmp/cmp"
)

const expressly = " | Resource operation completed using Express Mode. It may continue becoming available in the background."

func express() *types.DeploymentConfig {
	return &types.DeploymentConfig{Mode: types.DeploymentConfigModeExpress}
}

func creatingExpressly(in *cfn.CreateStackInput) { in.DeploymentConfig = express() }

func TestExpressModeDoesNotWaitForResources(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		t := s.t
		started := time.Now()
		s.create(named("a", "one"), creatingExpressly)
		got := s.settle("demo")
		if took := time.Since(started); took > time.Second || got.StackStatus != types.StackStatusCreateComplete {
			t.Errorf("%s after %s", got.StackStatus, took)
		}
		if got.DeploymentConfig == nil || got.DeploymentConfig.Mode != types.DeploymentConfigModeExpress || !aws.ToBool(got.DisableRollback) {
			t.Errorf("%v, rollback disabled: %t", got.DeploymentConfig, aws.ToBool(got.DisableRollback))
		}
		if diff := cmp.Diff([]string{"First CREATE_COMPLETE" + expressly}, matching(s.story("demo"), "First CREATE_COMPLETE")); diff != "" {
			t.Error(diff)
		}
		s.update(named("a", "two"))
		s.settle("demo")
		if diff := cmp.Diff([]string{"First UPDATE_COMPLETE"}, matching(s.story("demo"), "First UPDATE_COMPLETE")); diff != "" {
			t.Error(diff)
		}
	})
}

func TestExpressModeDoesNotRollBackUnlessItIsAskedTo(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		disable *bool
		want    types.StackStatus
	}{
		"by itself":  {nil, types.StackStatusCreateFailed},
		"on request": {aws.Bool(false), types.StackStatusRollbackComplete},
		"on refusal": {aws.Bool(true), types.StackStatusCreateFailed},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, func(s *stage) {
				s.fail("Create", "Second", "no")
				s.create(named("a", "one"), func(in *cfn.CreateStackInput) {
					in.DeploymentConfig = express()
					in.DeploymentConfig.DisableRollback = test.disable
				})
				if got := s.settle("demo").StackStatus; got != test.want {
					s.t.Errorf("status %s", got)
				}
			})
		})
	}
}

func TestWhatFollowsAFailureInExpressModeIsInExpressMode(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		t := s.t
		s.failOnce("Create", "Second", "no")
		s.create(named("a", "one"), creatingExpressly)
		s.settle("demo")
		_, err := s.client.RollbackStack(t.Context(), &cfn.RollbackStackInput{StackName: aws.String("demo")})
		want := answer{"ValidationError", "RollbackStack is not supported for stacks that were last updated using EXPRESS deployment mode"}
		if diff := cmp.Diff(want, answerOf(err)); diff != "" {
			t.Error(diff)
		}
		_, err = s.client.UpdateStack(t.Context(), &cfn.UpdateStackInput{
			StackName: aws.String("demo"), TemplateBody: aws.String(named("a", "two")), DisableRollback: aws.Bool(true),
		})
		want = answer{"ValidationError", "Follow-up operations must use the same DeploymentConfig (mode=EXPRESS)"}
		if diff := cmp.Diff(want, answerOf(err)); diff != "" {
			t.Error(diff)
		}
		planned := s.propose("express", named("a", "two"), func(in *cfn.CreateChangeSetInput) { in.DeploymentConfig = express() })
		if planned.DeploymentConfig == nil || planned.DeploymentConfig.Mode != types.DeploymentConfigModeExpress {
			t.Errorf("deployment config %v", planned.DeploymentConfig)
		}
		if err := s.execute(planned.ChangeSetId); err != nil {
			t.Fatal(err)
		}
		if got := s.settle("demo").StackStatus; got != types.StackStatusUpdateComplete {
			t.Errorf("status %s", got)
		}
		s.delete(func(in *cfn.DeleteStackInput) { in.DeploymentConfig = express() })
	})
}

// Known of AWS: cloudformation-coverage-roadmap #2538.
func TestExpressModeForgetsAServiceWhoseImageIsAParameter(t *testing.T) {
	t.Parallel()
	const template = `
Parameters: {Image: {Type: String}}
Resources:
  Definition:
    Type: AWS::ECS::TaskDefinition
    Properties: {Family: items, ContainerDefinitions: [{Name: app, Image: !Ref Image}]}
  Service:
    Type: AWS::ECS::Service
    Properties: {TaskDefinition: !Ref Definition}
`
	with := func(image string) []types.Parameter {
		return []types.Parameter{{ParameterKey: aws.String("Image"), ParameterValue: aws.String(image)}}
	}
	cases := map[string]struct {
		config *types.DeploymentConfig
		next   string
		want   bool
	}{
		"forgotten in EXPRESS mode":          {express(), template, false},
		"not in STANDARD mode":               {nil, template, true},
		"not if the template says the image": {express(), strings.Replace(template, "!Ref Image", "two", 1), true},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			play(t, func(s *stage) {
				t := s.t
				s.providers["AWS::ECS::TaskDefinition"], s.providers["AWS::ECS::Service"] = s, s
				s.open()
				s.create(template, func(in *cfn.CreateStackInput) { in.Parameters = with("one") })
				s.settle("demo")
				s.update(test.next, func(in *cfn.UpdateStackInput) {
					in.Parameters, in.DeploymentConfig = with("two"), test.config
				})
				if got := s.settle("demo").StackStatus; got != types.StackStatusUpdateComplete {
					t.Errorf("status %s", got)
				}
				if updated := len(matching(s.story("demo"), "Service UPDATE_COMPLETE")) == 1; updated != test.want {
					t.Errorf("updated: %t\n%s", updated, s.story("demo"))
				}
			})
		})
	}
}
