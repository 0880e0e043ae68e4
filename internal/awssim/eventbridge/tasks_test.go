package eventbridge_test

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// runner takes requests for tasks.
type runner struct {
	mu    sync.Mutex
	asked []map[string]any
}

func (r *runner) StartTasks(_ resource.Place, request []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	asked := make(map[string]any)
	r.asked = append(r.asked, asked)
	return json.Unmarshal(request, &asked)
}

func (r *runner) all() []map[string]any {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]map[string]any{}, r.asked...)
}

const (
	mainCluster = "arn:aws:ecs:us-east-1:123456789012:cluster/main"
	runs        = `"Arn":"` + mainCluster + `","RoleArn":"arn:aws:iam::123456789012:role/events"`
)

func TestRulesRunTasks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		bus, _ := newBus(t, 1)
		tasks := &runner{}
		bus.RunTasksWith(tasks)
		ask(t, bus, "PutRule", `{"Name":"orders","EventPattern":"{\"source\":[\"shop\"]}"}`)
		ask(t, bus, "PutRule", `{"Name":"nightly","ScheduleExpression":"rate(1 hour)"}`)
		if said := ask(t, bus, "PutTargets", `{"Rule":"orders","Targets":[{"Id":"1",`+runs+`,
			"EcsParameters":{"TaskDefinitionArn":"work:1","TaskCount":2,"LaunchType":"FARGATE","Tags":[{"Key":"a","Value":"b"}],
				"NetworkConfiguration":{"awsvpcConfiguration":{"Subnets":["subnet-1"],"AssignPublicIp":"ENABLED"}}},
			"InputTransformer":{"InputPathsMap":{"n":"$.detail.n"},
				"InputTemplate":"{\"containerOverrides\":[{\"name\":\"work\",\"command\":[\"go\",\"<n>\"]}]}"}}]}`); !strings.Contains(said, `"FailedEntryCount":0`) {
			t.Fatal(said)
		}
		ask(t, bus, "PutTargets", `{"Rule":"nightly","Targets":[{"Id":"1",`+runs+`,"EcsParameters":{"TaskDefinitionArn":"sweep"}}]}`)
		ask(t, bus, "PutEvents", `{"Entries":[{"Source":"shop","DetailType":"order","Detail":"{\"n\":7}"}]}`)
		synctest.Wait()
		ordered := map[string]any{
			"cluster": mainCluster, "taskDefinition": "work:1", "count": 2.0, "launchType": "FARGATE", "startedBy": "events-rule/orders",
			"tags":                 []any{map[string]any{"key": "a", "value": "b"}},
			"networkConfiguration": map[string]any{"awsvpcConfiguration": map[string]any{"Subnets": []any{"subnet-1"}, "AssignPublicIp": "ENABLED"}},
			"overrides": map[string]any{"containerOverrides": []any{
				map[string]any{"name": "work", "command": []any{"go", "7"}},
			}},
		}
		if diff := cmp.Diff([]map[string]any{ordered}, tasks.all()); diff != "" {
			t.Error(diff)
		}
		time.Sleep(time.Hour + time.Minute)
		want := []map[string]any{ordered, {"cluster": mainCluster, "taskDefinition": "sweep", "startedBy": "events-rule/nightly"}}
		if diff := cmp.Diff(want, tasks.all()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestTasksThatCannotRunAreRefused(t *testing.T) {
	t.Parallel()
	bus, _ := newBus(t, 0)
	ask(t, bus, "PutRule", `{"Name":"r","EventPattern":"{\"source\":[\"shop\"]}"}`)
	for name, test := range map[string]struct{ target, want string }{
		"without a role":  {`"Arn":"` + mainCluster + `","EcsParameters":{"TaskDefinitionArn":"a"}`, "RoleArn is required for target " + mainCluster + "."},
		"without a task":  {runs, "Parameter(s) EcsParameters must be specified for target: 1."},
		"too many":        {runs + `,"EcsParameters":{"TaskDefinitionArn":"a","TaskCount":11}`, "TaskCount must be between 1 and 10"},
		"in a queue":      {`"Arn":"` + queue + `","EcsParameters":{"TaskDefinitionArn":"a"}`, "Parameter(s) EcsParameters not supported for target: 1."},
		"with placements": {runs + `,"EcsParameters":{"TaskDefinitionArn":"a","PlacementStrategy":[]}`, "PlacementStrategy"},
	} {
		if said := ask(t, bus, "PutTargets", `{"Rule":"r","Targets":[{"Id":"1",`+test.target+`}]}`); !strings.Contains(said, test.want) {
			t.Errorf("%s: %s", name, said)
		}
	}
}
