package ecs_test

import (
	"testing"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/ecs"
)

func TestWhatHasNoEffectIsTold(t *testing.T) {
	t.Parallel()
	service := ecs.New(ecs.Deps{}).API()
	const before = `{"family":"x","networkMode":"awsvpc","requiresCompatibilities":["FARGATE"],"cpu":"256","memory":"512",` +
		`"containerDefinitions":[{"name":"a","image":"b",`
	told, problem := ask[struct{ TaskDefinition ecs.TaskSpec }](t, service, "RegisterTaskDefinition", before+
		`"interactive":true,"pseudoTerminal":true,"privileged":false,"versionConsistency":"disabled",`+
		`"linuxParameters":{"capabilities":{"add":["SYS_PTRACE"],"drop":["ALL"]}}}]}`)
	if problem != "" {
		t.Fatal(problem)
	}
	if got := told.TaskDefinition.ContainerDefinitions[0]; !got.Interactive || !got.PseudoTerminal ||
		got.VersionConsistency != "disabled" || got.LinuxParameters.Capabilities.Drop[0] != "ALL" {
		t.Errorf("got %+v", got)
	}
	for body, want := range map[string]string{
		`"privileged":true}]}`: "ClientException: Fargate compatible task definitions do not support privileged",
		`"linuxParameters":{"capabilities":{"add":["NET_ADMIN"]}}}]}`: "ClientException: Fargate compatible task definitions do not " +
			"support adding the Linux capability NET_ADMIN",
	} {
		if _, problem := ask[struct{}](t, service, "RegisterTaskDefinition", before+body); problem != want {
			t.Errorf("got %s", problem)
		}
	}
}

func TestServiceConnectCanBeOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.define(t, repository+":1", nil)
	request := w.serviceRequest(0)
	connect := map[string]any{"Enabled": true}
	request.Properties["ServiceConnectConfiguration"] = connect
	provider := w.Providers()["AWS::ECS::Service"]
	if _, err := provider.Create(t.Context(), request); err == nil {
		t.Error("Service Connect was taken")
	}
	connect["Enabled"] = false
	if _, err := provider.Create(t.Context(), request); err != nil {
		t.Error(err)
	}
}
