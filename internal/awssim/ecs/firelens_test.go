package ecs_test

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// routed is a log configuration whose lines go through a router to the group /app.
func routed(more map[string]any) map[string]any {
	options := map[string]any{"Name": "cloudwatch_logs", "region": "us-east-1", "log_group_name": "/app", "log_stream_prefix": "from-"}
	maps.Copy(options, more)
	return map[string]any{"LogDriver": "awsfirelens", "Options": options}
}

// router is the log router, with a log of its own.
func router() map[string]any {
	return map[string]any{
		"Name": "router", "Image": repository + ":1", "FirelensConfiguration": map[string]any{"Type": "fluentbit"},
		"LogConfiguration": map[string]any{"LogDriver": "awslogs", "Options": map[string]any{
			"awslogs-group": "/ecs/web", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "web",
		}},
	}
}

// messages are those of a log group.
func (w *world) messages(t *testing.T, group string) []string {
	t.Helper()
	found, problem := ask[struct {
		Events []struct{ Message, LogStreamName string }
	}](t, w.logs.API(), "FilterLogEvents", `{"logGroupName":"`+group+`"}`)
	if problem != "" {
		return []string{problem}
	}
	lines := []string{}
	for _, each := range found.Events {
		stream, _, _ := strings.Cut(each.LogStreamName, "-firelens-")
		lines = append(lines, stream+" "+each.Message)
	}
	return lines
}

func (w *world) route(t *testing.T, containers ...any) error {
	t.Helper()
	made, err := w.Providers()["AWS::ECS::TaskDefinition"].Create(t.Context(), resource.Request{
		Place: here(), Type: "AWS::ECS::TaskDefinition", StackName: "stack", LogicalID: "Task", Properties: resource.Properties{
			"Family": "web", "Cpu": "256", "Memory": "512", "NetworkMode": "awsvpc", "RequiresCompatibilities": []any{"FARGATE"},
			"ExecutionRoleArn": "arn:aws:iam::123456789012:role/x", "ContainerDefinitions": containers,
		},
	})
	w.td = made.PhysicalID
	return err
}

// app is the web server, whose lines are routed.
func app(options map[string]any) map[string]any {
	return web(map[string]any{
		"Image": repository + ":1", "LogConfiguration": routed(options),
		"Environment": []any{map[string]any{"Name": "VERSION", "Value": "1"}},
	})
}

func TestLinesGoThroughTheLogRouter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.route(t, app(map[string]any{"auto_create_group": "true"}), router()); err != nil {
		t.Fatal(err)
	}
	if err := w.create(t, 1); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the line arrives", func() bool { return strings.HasPrefix(w.messages(t, "/app")[0], "from-web ") })
	_, content, _ := strings.Cut(w.messages(t, "/app")[0], " ")
	var record map[string]string
	if err := json.Unmarshal([]byte(content), &record); err != nil {
		t.Fatal(err)
	}
	task := w.tasks(t, "RUNNING")[0].TaskArn
	if !strings.HasPrefix(record["container_id"], task[strings.LastIndex(task, "/")+1:]+"-") {
		t.Errorf("the container is %s", record["container_id"])
	}
	delete(record, "container_id")
	if diff := cmp.Diff(map[string]string{
		"container_name": "web", "ecs_cluster": "main", "ecs_task_arn": task, "ecs_task_definition": "web:1", "log": "serving 1", "source": "stdout",
	}, record); diff != "" {
		t.Error(diff)
	}
	if err := w.route(t, app(map[string]any{"log_key": "log", "log_stream_prefix": "bare-"}), router()); err != nil {
		t.Fatal(err)
	}
	if err := w.update(t, 1); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the bare line arrives", func() bool {
		return strings.Contains(strings.Join(w.messages(t, "/app"), "\n")+"\n", "bare-web serving 1\n")
	})
}

func TestTheLogRouterTellsWhatItCannotDo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.route(t, app(nil), router()); err != nil {
		t.Fatal(err)
	}
	if err := w.create(t, 1); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the router complains", func() bool {
		return strings.Contains(strings.Join(w.messages(t, "/ecs/web"), "\n"), "CreateLogStream failed: ResourceNotFoundException")
	})
}

func TestRoutesThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	strange := router()
	strange["FirelensConfiguration"] = map[string]any{"Type": "fluentbit", "Options": map[string]any{"config-file-type": "file"}}
	for name, test := range map[string]struct {
		containers []any
		want       string
	}{
		"no router":           {[]any{app(nil)}, "one container has to have a firelensConfiguration"},
		"nothing to route":    {[]any{web(map[string]any{"Image": "x"}), router()}, "at least one container has to be configured with the awsfirelens log driver"},
		"another destination": {[]any{app(map[string]any{"Name": "firehose"}), router()}, `the destination "firehose"`},
		"an unknown option":   {[]any{app(map[string]any{"net.keepalive": "off"}), router()}, "the option net.keepalive"},
		"no stream":           {[]any{app(map[string]any{"log_stream_prefix": ""}), router()}, "one of log_stream_prefix and log_stream_name"},
		"a file of settings":  {[]any{app(nil), strange}, "the option config-file-type"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := (&world{Service: w.Service}).route(t, test.containers...); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error = %v", err)
			}
		})
	}
}
