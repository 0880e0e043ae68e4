package ecs_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/ecs"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// bucket has objects by their names.
type bucket map[string]string

func (b bucket) Object(name, key string) ([]byte, error) {
	content, ok := b[name+"/"+key]
	if !ok {
		return nil, errors.New("NoSuchKey")
	}
	return []byte(content), nil
}

// definition registers a definition with one container, and returns what is wrong with it.
func (w *world) definition(t *testing.T, container map[string]any) error {
	t.Helper()
	container["Image"] = repository + ":1"
	made, err := w.Providers()["AWS::ECS::TaskDefinition"].Create(t.Context(), resource.Request{
		Place: here(), Type: "AWS::ECS::TaskDefinition", StackName: "stack", LogicalID: "Task", Properties: resource.Properties{
			"Family": "web", "Cpu": "256", "Memory": "512", "NetworkMode": "awsvpc", "RequiresCompatibilities": []any{"FARGATE"},
			"ExecutionRoleArn": "arn:aws:iam::123456789012:role/x", "ContainerDefinitions": []any{container},
		},
	})
	w.td = made.PhysicalID
	return err
}

func file(name string) map[string]any {
	return map[string]any{"Type": "s3", "Value": "arn:aws:s3:::settings/" + name}
}

func TestEnvironmentComesFromFiles(t *testing.T) {
	t.Parallel()
	objects := bucket{
		"settings/one.env": "# settings\nVERSION=file\n\nHEALTH=200\nbroken", "settings/two.env": "VERSION=second\nHEALTH=500",
	}
	w := newWorldOf(t, func(plain ecs.Containers) ecs.Containers { return plain }, func(d *ecs.Deps) { d.Objects = objects })
	if err := w.definition(t, web(map[string]any{"EnvironmentFiles": []any{file("one.env"), file("two.env")}})); err != nil {
		t.Fatal(err)
	}
	if err := w.create(t, 1); err != nil {
		t.Fatal(err)
	}
	if code, body := w.get(t, "/"); code != http.StatusOK || body != "file" {
		t.Errorf("it answers %d %q", code, body)
	}
	if err := w.definition(t, web(map[string]any{
		"EnvironmentFiles": []any{file("one.env")}, "Environment": []any{map[string]any{"Name": "VERSION", "Value": "own"}},
	})); err != nil {
		t.Fatal(err)
	}
	if err := w.update(t, 1); err != nil {
		t.Fatal(err)
	}
	if code, body := w.get(t, "/"); code != http.StatusOK || body != "own" {
		t.Errorf("it answers %d %q", code, body)
	}
	if err := w.definition(t, web(map[string]any{"EnvironmentFiles": []any{file("gone.env")}})); err != nil {
		t.Fatal(err)
	}
	if err := w.update(t, 1); err == nil {
		t.Error("tasks without their file started")
	}
	reasons := []string{}
	for _, each := range w.tasks(t, "STOPPED") {
		reasons = append(reasons, each.StopCode+" "+each.StoppedReason)
	}
	if !strings.Contains(strings.Join(reasons, "\n"), "TaskFailedToStart ResourceInitializationError: failed to download env files: service call has been retried "+
		"1 time(s): operation error S3: HeadObject, https response error StatusCode: 404,") {
		t.Errorf("they say %s", reasons)
	}
}

func TestContainersStartAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.definition(t, web(map[string]any{
		"RestartPolicy": map[string]any{"Enabled": true, "RestartAttemptPeriod": 60.0},
	})); err != nil {
		t.Fatal(err)
	}
	if err := w.create(t, 1); err != nil {
		t.Fatal(err)
	}
	before := w.tasks(t, "RUNNING")[0].TaskArn
	started := time.Now()
	eventually(t, "it has run for a second", func() bool { return time.Since(started) > time.Second })
	if answer, err := send(t.Context(), http.MethodGet, w.url+"/crash"); err == nil {
		_ = answer.Body.Close()
	}
	eventually(t, "it serves again", func() bool {
		code, _ := w.get(t, "/")
		return code == http.StatusOK
	})
	if after := w.tasks(t, "RUNNING"); len(after) != 1 || after[0].TaskArn != before || after[0].Containers[0].ExitCode != nil {
		t.Errorf("there is %+v, not %s", after, before)
	}
	if answer, err := send(t.Context(), http.MethodGet, w.url+"/crash"); err == nil { // too early for another start
		_ = answer.Body.Close()
	}
	eventually(t, "another task takes its place", func() bool {
		after := w.tasks(t, "RUNNING")
		return len(after) == 1 && after[0].TaskArn != before
	})
}

func TestDefinitionsThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, test := range map[string]struct {
		more map[string]any
		want string
	}{
		"a file that is no ARN": {map[string]any{"EnvironmentFiles": []any{map[string]any{"Type": "s3", "Value": "s3://a/b.env"}}}, "Invalid 'value' setting for the environment file"},
		"a file of another end": {map[string]any{"EnvironmentFiles": []any{file("a.txt")}}, "Invalid 'value' setting for the environment file"},
		"a period that is short": {
			map[string]any{"RestartPolicy": map[string]any{"Enabled": true, "RestartAttemptPeriod": 59.0}},
			"restartAttemptPeriod must be between 60 and 1800 seconds",
		},
		"a policy that is off": {map[string]any{"RestartPolicy": map[string]any{"Enabled": false, "IgnoredExitCodes": []any{1.0}}}, "restartPolicy must be enabled"},
		"kernel parameters": {
			map[string]any{"SystemControls": []any{map[string]any{"Namespace": "net.core.somaxconn", "Value": "1024"}}},
			"awssim does not implement the property ContainerDefinitions/0/SystemControls",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := (&world{Service: w.Service}).definition(t, web(test.more)); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error = %v", err)
			}
		})
	}
}
