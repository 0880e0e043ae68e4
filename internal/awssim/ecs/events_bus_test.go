package ecs_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/event"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// bus remembers what it was told.
type bus struct {
	mu   sync.Mutex
	told []event.Event
}

func (b *bus) Put(_ resource.Place, e event.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.told = append(b.told, e)
}

// details returns the details of one type as JSON has them.
func (b *bus) details(t *testing.T, detailType string) []map[string]any {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	var found []map[string]any
	for _, told := range b.told {
		if told.DetailType != detailType {
			continue
		}
		encoded, err := json.Marshal(told.Detail)
		if err != nil {
			t.Fatal(err)
		}
		var detail map[string]any
		if err := json.Unmarshal(encoded, &detail); err != nil {
			t.Fatal(err)
		}
		found = append(found, detail)
	}
	return found
}

// lines returns members of the details, one line each.
func lines(details []map[string]any, names ...string) []string {
	var all []string
	for _, detail := range details {
		var words []string
		for _, name := range names {
			words = append(words, fmt.Sprint(detail[name]))
		}
		all = append(all, strings.Join(words, " "))
	}
	return all
}

func TestTheLifeOfAServiceIsToldToEventBridge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		told := &bus{}
		th := newTheatre(t)
		defer func() { _ = th.Close() }()
		th.Events = told
		th.cast(t, nil, "web=good")
		if err := th.open(t, 1); err != nil {
			t.Fatal(err)
		}
		tasks := told.details(t, "ECS Task State Change")
		want := []string{
			"PROVISIONING 1 RUNNING", "PENDING 2 RUNNING", "ACTIVATING 3 RUNNING", "RUNNING 4 RUNNING",
		}
		if diff := cmp.Diff(want, lines(tasks, "lastStatus", "version", "desiredStatus")); diff != "" {
			t.Error(diff)
		}
		last := tasks[len(tasks)-1]
		if _, err := time.Parse(event.TimeLayout, fmt.Sprint(last["startedAt"])); err != nil {
			t.Error(err)
		}
		rollouts := told.details(t, "ECS Deployment State Change")
		if diff := cmp.Diff([]string{
			"INFO SERVICE_DEPLOYMENT_IN_PROGRESS", "INFO SERVICE_DEPLOYMENT_COMPLETED",
		}, lines(rollouts, "eventType", "eventName")); diff != "" {
			t.Error(diff)
		}
		actions := told.details(t, "ECS Service Action")
		if diff := cmp.Diff([]string{"INFO SERVICE_STEADY_STATE"}, lines(actions, "eventType", "eventName")); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAFailedDeploymentIsToldBeforeItsRollback(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		told := &bus{}
		th := newTheatre(t)
		defer func() { _ = th.Close() }()
		th.cast(t, nil, "web=good")
		if err := th.open(t, 1); err != nil {
			t.Fatal(err)
		}
		th.Events = told
		th.cast(t, nil, "web=crash")
		if err := th.change(t, 1); err == nil || !strings.Contains(err.Error(), "Circuit Breaker was triggered") {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		rollouts := told.details(t, "ECS Deployment State Change")
		if diff := cmp.Diff([]string{
			"INFO SERVICE_DEPLOYMENT_IN_PROGRESS", "ERROR SERVICE_DEPLOYMENT_FAILED",
			"INFO SERVICE_DEPLOYMENT_IN_PROGRESS", "INFO SERVICE_DEPLOYMENT_COMPLETED",
		}, lines(rollouts, "eventType", "eventName")); diff != "" {
			t.Error(diff)
		}
	})
}
