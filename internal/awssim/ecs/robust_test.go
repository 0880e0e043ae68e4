package ecs_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/clock"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/ecs"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// newCrowdedTheatre is a theatre that passes in real time, ten thousand times as fast.
func newCrowdedTheatre(t *testing.T) *theatre {
	t.Helper()
	w := &world{Service: ecs.New(ecs.Deps{
		Clock: clock.Clock{Speed: 10_000}, Containers: &stage{}, Logs: nowhere{}, Balancers: nowhere{}, Subnets: subnets,
	})}
	w.provide(t, w.Providers(), "AWS::ECS::Cluster", resource.Properties{"ClusterName": "main", "CapacityProviders": []any{"FARGATE"}})
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return &theatre{world: w, began: time.Now()}
}

func TestManyClientsChangeAServiceAtOnce(t *testing.T) {
	t.Parallel()
	th := newCrowdedTheatre(t)
	th.cast(t, nil, "web=good")
	th.cast(t, nil, "web=better")
	if err := th.open(t, 3); err != nil {
		t.Fatal(err)
	}
	const clients, rounds = 64, 2
	const gone = "InvalidParameterException: The referenced task was not found." // another client was faster
	strategies := []string{"ROLLING", "BLUE_GREEN", "CANARY", "LINEAR"}
	var crowd sync.WaitGroup
	for client := range clients {
		crowd.Go(func() {
			run := `{"cluster":"main","taskDefinition":"web","launchType":"FARGATE",` + inSubnet + `}`
			if _, problem := ask[struct{}](t, th.API(), "RunTask", run); problem != "" {
				t.Error(problem)
			}
			for round := range rounds {
				calls := [][2]string{
					{"UpdateService", fmt.Sprintf(`{"cluster":"main","service":"web","taskDefinition":"web:%d","desiredCount":%d,
						"deploymentConfiguration":{"strategy":%q}}`, 1+(client+round)%2, 1+round%4, strategies[client%4])},
					{"UpdateService", `{"cluster":"main","service":"web","forceNewDeployment":true}`},
					{"DescribeServices", `{"cluster":"main","services":["web"]}`},
				}
				for _, call := range calls {
					if _, problem := ask[struct{}](t, th.API(), call[0], call[1]); problem != "" {
						t.Error(call[0], problem)
					}
				}
				for _, running := range th.tasks(t, "RUNNING") {
					body := fmt.Sprintf(`{"cluster":"main","task":%q}`, running.TaskArn)
					_, problem := ask[struct{}](t, th.API(), "StopTask", body)
					if problem != "" && problem != gone {
						t.Error(problem)
					}
					break
				}
			}
		})
	}
	crowd.Wait()
	body := `{"cluster":"main","service":"web","taskDefinition":"web:2","desiredCount":2,"deploymentConfiguration":{"strategy":"ROLLING"}}`
	if _, problem := ask[struct{}](t, th.API(), "UpdateService", body); problem != "" {
		t.Fatal(problem)
	}
	eventually(t, "two tasks of the last revision, and no others", func() bool {
		described := th.describe(t)
		return len(described.Deployments) == 1 && described.Deployments[0].RolloutState == "COMPLETED" && described.RunningCount == 2 &&
			described.PendingCount == 0 && strings.HasSuffix(described.Deployments[0].TaskDefinition, "web:2")
	})
}

func TestAServiceGoesOnWithADefinitionThatWasDeregistered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		th := newTheatre(t)
		defer func() { _ = th.Close() }()
		th.cast(t, nil, "web=good")
		if err := th.open(t, 1); err != nil {
			t.Fatal(err)
		}
		if _, problem := ask[struct{}](t, th.API(), "DeregisterTaskDefinition", `{"taskDefinition":"web:1"}`); problem != "" {
			t.Fatal(problem)
		}
		victim := th.tasks(t, "RUNNING")[0].TaskArn
		if _, problem := ask[struct{}](t, th.API(), "StopTask", fmt.Sprintf(`{"cluster":"main","task":%q}`, victim)); problem != "" {
			t.Fatal(problem)
		}
		time.Sleep(2 * time.Minute)
		if running := th.tasks(t, "RUNNING"); len(running) != 1 || running[0].TaskArn == victim {
			t.Errorf("got %+v", running)
		}
		_, problem := ask[struct{}](t, th.API(), "UpdateService", `{"cluster":"main","service":"web","taskDefinition":"web:1"}`)
		if problem != "ClientException: TaskDefinition is inactive or does not exist: web:1" {
			t.Errorf("got %s", problem)
		}
	})
}

func TestAServiceIsDeletedByForceInTheMiddleOfADeployment(t *testing.T) {
	t.Parallel()
	for _, strategy := range []string{"ROLLING", "BLUE_GREEN"} {
		t.Run(strategy, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				th := newTheatre(t)
				defer func() { _ = th.Close() }()
				th.cast(t, nil, "web=good")
				if err := th.open(t, 2); err != nil {
					t.Fatal(err)
				}
				done := th.deploy(t, "better", map[string]any{"Strategy": strategy, "BakeTimeInMinutes": 60.0})
				time.Sleep(10 * time.Second)
				_, problem := ask[struct{}](t, th.API(), "DeleteService", `{"cluster":"main","service":"web"}`)
				if problem != "InvalidParameterException: The service cannot be stopped while it is scaled above 0." {
					t.Errorf("got %s", problem)
				}
				if _, problem := ask[struct{}](t, th.API(), "DeleteService", `{"cluster":"main","service":"web","force":true}`); problem != "" {
					t.Fatal(problem)
				}
				if err := <-done; err == nil {
					t.Error("the update of what was deleted succeeded")
				}
				time.Sleep(2 * time.Minute)
				if left := th.describe(t); left.Status != "INACTIVE" || left.RunningCount+left.PendingCount != 0 {
					t.Errorf("got %+v", left)
				}
				if _, problem := ask[struct{}](t, th.API(), "DeleteCluster", `{"cluster":"main"}`); problem != "" {
					t.Error(problem)
				}
			})
		})
	}
}

func TestNothingDesiredIsDeployedAtOnce(t *testing.T) {
	t.Parallel()
	for _, strategy := range []string{"ROLLING", "BLUE_GREEN", "CANARY"} {
		t.Run(strategy, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				th := newTheatre(t)
				defer func() { _ = th.Close() }()
				th.cast(t, nil, "web=good")
				request := th.request(0)
				request.Properties["DeploymentConfiguration"] = map[string]any{"Strategy": strategy}
				if _, err := th.Providers()["AWS::ECS::Service"].Create(t.Context(), request); err != nil {
					t.Fatal(err)
				}
				if only := th.rollouts(t); len(only) != 1 || only[0].Status != "SUCCESSFUL" {
					t.Errorf("got %+v", only)
				}
			})
		})
	}
}
