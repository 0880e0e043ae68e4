package ecs_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/ecs"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// strategy is a base of one task on demand, and of each further four three on Spot.
func strategy() []any {
	return []any{
		map[string]any{"CapacityProvider": "FARGATE", "Base": 1.0, "Weight": 1.0},
		map[string]any{"CapacityProvider": "FARGATE_SPOT", "Weight": 3.0},
	}
}

func TestInterruptedSpotTaskIsReplaced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		th := newTheatre(t)
		defer func() { _ = th.Close() }()
		cluster := th.Providers()["AWS::ECS::Cluster"]
		if _, err := cluster.Update(t.Context(), resource.Request{Place: here(), PhysicalID: "main", Properties: resource.Properties{
			"CapacityProviders": []any{"FARGATE", "FARGATE_SPOT"},
		}}); err != nil {
			t.Fatal(err)
		}
		th.cast(t, nil, "web=good")
		request := th.request(5)
		request.Properties["CapacityProviderStrategy"] = strategy()
		if _, err := th.Providers()["AWS::ECS::Service"].Create(t.Context(), request); err != nil {
			t.Fatal(err)
		}
		spread := map[string]int{}
		var spot, onDemand string
		for _, task := range th.tasks(t, "RUNNING") {
			spread[task.CapacityProviderName]++
			if task.CapacityProviderName == "FARGATE" {
				onDemand = task.TaskArn
			} else {
				spot = task.TaskArn
			}
		}
		if diff := cmp.Diff(map[string]int{"FARGATE": 2, "FARGATE_SPOT": 3}, spread); diff != "" {
			t.Errorf("capacity providers (-want +got):\n%s", diff)
		}
		if err := th.InterruptSpot(onDemand); !errors.Is(err, ecs.ErrNoTask) {
			t.Errorf("a task on demand was interrupted: %v", err)
		}
		if err := th.InterruptSpot(spot); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		gone := th.tasks(t, "STOPPED")
		if len(gone) != 1 || gone[0].StopCode != "SpotInterruption" || gone[0].StoppedReason != "Your Spot Task was interrupted." {
			t.Errorf("got %+v", gone)
		}
		if running := th.describe(t).RunningCount; running != 5 {
			t.Errorf("%d tasks run", running)
		}
	})
}
