package ecs_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

const inSubnet = `"networkConfiguration":{"awsvpcConfiguration":{"subnets":["subnet-a"]}}`

type ranTask struct {
	TaskArn, Group, StartedBy, LastStatus, StopCode, CapacityProviderName string
	Overrides                                                             struct {
		ContainerOverrides []struct{ Name string }
	}
	Tags []struct{ Key, Value string }
}

func TestTasksRunWithoutAService(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		th := newTheatre(t)
		defer func() { _ = th.Close() }()
		th.cast(t, nil, "web=job")
		const body = `{"cluster":"main","taskDefinition":"web","count":2,"launchType":"FARGATE",` + inSubnet + `,"startedBy":"me",
			"clientToken":"once","tags":[{"key":"a","value":"b"}],"overrides":{"containerOverrides":[{"name":"web","command":["go"]}]}}`
		ran, problem := ask[struct{ Tasks []ranTask }](t, th.API(), "RunTask", body)
		if problem != "" || len(ran.Tasks) != 2 {
			t.Fatalf("got %+v %s", ran, problem)
		}
		first := ran.Tasks[0]
		if first.Group != "family:web" || first.StartedBy != "me" || first.LastStatus != "PROVISIONING" || first.Tags[0].Key != "a" ||
			first.Overrides.ContainerOverrides[0].Name != "web" {
			t.Errorf("got %+v", first)
		}
		again, _ := ask[struct{ Tasks []ranTask }](t, th.API(), "RunTask", body)
		if len(again.Tasks) != 2 || again.Tasks[0].TaskArn != first.TaskArn {
			t.Errorf("the same client token ran %+v", again)
		}
		describe := func() ranTask {
			found, problem := ask[struct{ Tasks []ranTask }](t, th.API(), "DescribeTasks",
				fmt.Sprintf(`{"cluster":"main","tasks":[%q]}`, first.TaskArn))
			if problem != "" || len(found.Tasks) != 1 {
				t.Fatalf("got %+v %s", found, problem)
			}
			return found.Tasks[0]
		}
		time.Sleep(time.Minute)
		if seen := describe(); seen.LastStatus != "RUNNING" {
			t.Errorf("after a minute the task is %s", seen.LastStatus)
		}
		type described struct {
			Clusters []struct{ RunningTasksCount, ActiveServicesCount int }
		}
		clusters, _ := ask[described](t, th.API(), "DescribeClusters", `{"clusters":["main"]}`)
		if clusters.Clusters[0].RunningTasksCount != 2 || clusters.Clusters[0].ActiveServicesCount != 0 {
			t.Errorf("got %+v", clusters)
		}
		_, problem = ask[struct{}](t, th.API(), "DeleteCluster", `{"cluster":"main"}`)
		if problem != "ClusterContainsTasksException: The Cluster cannot be deleted while Tasks are active." {
			t.Errorf("got %s", problem)
		}
		time.Sleep(3 * time.Minute)
		if seen := describe(); seen.LastStatus != "STOPPED" || seen.StopCode != "EssentialContainerExited" {
			t.Errorf("after its job the task is %+v", seen)
		}
		listed, _ := ask[struct{ TaskArns []string }](t, th.API(), "ListTasks", `{"cluster":"main","startedBy":"me","desiredStatus":"STOPPED"}`)
		if len(listed.TaskArns) != 2 {
			t.Errorf("listed %v", listed)
		}
	})
}

func TestWhatRunTaskAndExecuteCommandRefuse(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ operation, body, want string }{
		"too many": {
			"RunTask", `{"cluster":"main","taskDefinition":"web","count":11}`,
			"InvalidParameterException: Count must be between 1 and 10.",
		},
		"no definition": {
			"RunTask", `{"cluster":"main","taskDefinition":"absent"}`, "ClientException: TaskDefinition not found.",
		},
		"a definition that was deregistered": {
			"RunTask", `{"cluster":"main","taskDefinition":"web:1","launchType":"FARGATE",` + inSubnet + `}`,
			"ClientException: TaskDefinition is inactive",
		},
		"an override of nobody": {
			"RunTask", `{"cluster":"main","taskDefinition":"web","launchType":"FARGATE",` + inSubnet +
				`,"overrides":{"containerOverrides":[{"name":"x"}]}}`,
			"InvalidParameterException: Override for container named x is not a container in the TaskDefinition.",
		},
		"two ways of placing": {
			"RunTask", `{"cluster":"main","taskDefinition":"web","launchType":"FARGATE",` + inSubnet +
				`,"capacityProviderStrategy":[{"capacityProvider":"FARGATE","weight":1}]}`,
			"InvalidParameterException: Specifying both a launch type and capacity provider strategy is not supported. " +
				"Remove one and try again.",
		},
		"commands without a role": {
			"RunTask", `{"cluster":"main","taskDefinition":"web","launchType":"FARGATE","enableExecuteCommand":true,` + inSubnet + `}`,
			"InvalidParameterException: The service couldn't be created because a valid taskRoleArn is not being used. " +
				"Specify a valid task role in your task definition and try again.",
		},
		"a command in a task that runs nowhere": {
			"ExecuteCommand", `{"cluster":"main","task":"absent","command":"sh","interactive":true}`,
			"InvalidParameterException: The specified task is not running. Verify that the task ID is correct and try again.",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				th := newTheatre(t)
				defer func() { _ = th.Close() }()
				th.cast(t, nil, "web=good")
				th.cast(t, nil, "web=good")
				if _, problem := ask[struct{}](t, th.API(), "DeregisterTaskDefinition", `{"taskDefinition":"web:1"}`); problem != "" {
					t.Fatal(problem)
				}
				_, problem := ask[struct{}](t, th.API(), test.operation, test.body)
				if diff := cmp.Diff(test.want, problem); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestTasksAreSpreadOverCapacityProvidersByBaseAndWeight(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		th := newTheatre(t)
		defer func() { _ = th.Close() }()
		th.cast(t, nil, "web=good")
		if _, problem := ask[struct{}](t, th.API(), "PutClusterCapacityProviders", `{"cluster":"main",
			"capacityProviders":["FARGATE","FARGATE_SPOT"],"defaultCapacityProviderStrategy":[
			{"capacityProvider":"FARGATE","base":2,"weight":1},{"capacityProvider":"FARGATE_SPOT","weight":3}]}`); problem != "" {
			t.Fatal(problem)
		}
		ran, problem := ask[struct{ Tasks []ranTask }](t, th.API(), "RunTask",
			`{"cluster":"main","taskDefinition":"web","count":10,`+inSubnet+`}`)
		if problem != "" {
			t.Fatal(problem)
		}
		counts := map[string]int{}
		for _, each := range ran.Tasks {
			counts[each.CapacityProviderName]++
		}
		if diff := cmp.Diff(map[string]int{"FARGATE": 4, "FARGATE_SPOT": 6}, counts); diff != "" { // 2 + 8/4, and 8*3/4
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestCapacityProvidersOfClusters(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		th := newTheatre(t)
		defer func() { _ = th.Close() }()
		request := resource.Request{Place: here(), PhysicalID: "main", Properties: resource.Properties{
			"Cluster": "main", "CapacityProviders": []any{"FARGATE", "FARGATE_SPOT"},
			"DefaultCapacityProviderStrategy": []any{map[string]any{"CapacityProvider": "FARGATE_SPOT", "Weight": 1.0}},
		}}
		associations := th.Providers()["AWS::ECS::ClusterCapacityProviderAssociations"]
		made, err := associations.Create(t.Context(), request)
		if err != nil || made.PhysicalID != "main" {
			t.Fatal(made, err)
		}
		th.cast(t, nil, "web=good")
		service := th.request(1)
		service.Properties["CapacityProviderStrategy"] = []any{}
		created, err := th.Providers()["AWS::ECS::Service"].Create(t.Context(), service)
		if err != nil {
			t.Fatal(err)
		}
		if got := th.tasks(t, "RUNNING")[0].CapacityProviderName; got != "FARGATE_SPOT" {
			t.Errorf("the task runs on %s", got)
		}
		want := "Out of retries. Last encountered error was: The specified capacity provider is in use and cannot be removed."
		if err := associations.Delete(t.Context(), request); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v", err)
		}
		type described struct {
			CapacityProviders []struct{ Name, Status string }
			Failures          []struct{ Reason string }
		}
		found, problem := ask[described](t, th.API(), "DescribeCapacityProviders", `{"capacityProviders":["FARGATE","mine"]}`)
		if problem != "" || len(found.CapacityProviders) != 1 || found.CapacityProviders[0].Status != "ACTIVE" || found.Failures[0].Reason != "MISSING" {
			t.Errorf("got %+v %s", found, problem)
		}
		if _, problem := ask[struct{}](t, th.API(), "UpdateClusterSettings",
			`{"cluster":"main","settings":[{"name":"containerInsights","value":"enhanced"}]}`); problem != "" {
			t.Error(problem)
		}
		type settings struct {
			Clusters []struct {
				Settings []struct{ Name, Value string }
			}
		}
		plain, _ := ask[settings](t, th.API(), "DescribeClusters", `{"clusters":["main"]}`)
		full, _ := ask[settings](t, th.API(), "DescribeClusters", `{"clusters":["main"],"include":["SETTINGS"]}`)
		if len(plain.Clusters[0].Settings) != 0 || full.Clusters[0].Settings[0].Value != "enhanced" {
			t.Errorf("got %+v and %+v", plain, full)
		}

		service.PhysicalID = created.PhysicalID
		gone := make(chan error)
		go func() { gone <- th.Providers()["AWS::ECS::Service"].Delete(t.Context(), service) }()
		if err := associations.Delete(t.Context(), request); err != nil {
			t.Errorf("while the service is deleted: %v", err)
		}
		if err := <-gone; err != nil {
			t.Error(err)
		}
	})
}

func TestFamiliesAreListedByStatus(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		th := newTheatre(t)
		defer func() { _ = th.Close() }()
		th.cast(t, nil, "web=good")
		const other = `{"family":"other","networkMode":"awsvpc","requiresCompatibilities":["FARGATE"],"cpu":"256","memory":"512",
			"containerDefinitions":[{"name":"a","image":"good"}]}`
		for _, call := range [][2]string{{"RegisterTaskDefinition", other}, {"DeregisterTaskDefinition", `{"taskDefinition":"other:1"}`}} {
			if _, problem := ask[struct{}](t, th.API(), call[0], call[1]); problem != "" {
				t.Fatal(problem)
			}
		}
		for status, want := range map[string][]string{"ACTIVE": {"web"}, "INACTIVE": {"other"}, "ALL": {"other", "web"}} {
			listed, problem := ask[struct{ Families []string }](t, th.API(), "ListTaskDefinitionFamilies", fmt.Sprintf(`{"status":%q}`, status))
			if problem != "" || !slices.Equal(listed.Families, want) {
				t.Errorf("%s families are %v %s", status, listed.Families, problem)
			}
		}
	})
}

func TestForcedUpdateOfAStackReplacesTheTasks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		th := newTheatre(t)
		defer func() { _ = th.Close() }()
		th.cast(t, nil, "web=good")
		if err := th.open(t, 1); err != nil {
			t.Fatal(err)
		}
		before := th.tasks(t, "RUNNING")[0].TaskArn
		request := th.request(1)
		request.Properties["ForceNewDeployment"] = map[string]any{"EnableForceNewDeployment": true, "ForceNewDeploymentNonce": "2"}
		if _, err := th.Providers()["AWS::ECS::Service"].Update(t.Context(), request); err != nil {
			t.Fatal(err)
		}
		if after := th.tasks(t, "RUNNING"); len(after) != 1 || after[0].TaskArn == before {
			t.Errorf("the task was not replaced: %+v", after)
		}
	})
}
