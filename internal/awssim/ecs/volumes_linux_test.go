package ecs_test

import (
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/ecs"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// skipUnlessMounting skips where nothing can be mounted.
func skipUnlessMounting(t *testing.T) {
	t.Helper()
	var held unix.CapUserData
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_1}
	if err := unix.Capget(&header, &held); err != nil || held.Effective&(1<<unix.CAP_SYS_ADMIN) == 0 {
		t.Skip("mounting needs root with the capability SYS_ADMIN")
	}
}

// defineWith registers a task definition of containers, which are all of the image web:1, with volumes.
func (w *world) defineWith(t *testing.T, volumes []any, containers ...map[string]any) {
	t.Helper()
	list := []any{}
	for _, container := range containers {
		container["Image"] = repository + ":1"
		list = append(list, container)
	}
	w.td = w.provide(t, w.Providers(), "AWS::ECS::TaskDefinition", resource.Properties{
		"Family": "web", "Cpu": "256", "Memory": "512", "NetworkMode": "awsvpc", "RequiresCompatibilities": []any{"FARGATE"},
		"ExecutionRoleArn": "arn:aws:iam::123456789012:role/x", "ContainerDefinitions": list, "Volumes": volumes,
	}).PhysicalID
}

func web(more map[string]any) map[string]any {
	container := map[string]any{"Name": "web", "PortMappings": []any{map[string]any{"ContainerPort": 8000.0}}}
	maps.Copy(container, more)
	return container
}

func (w *world) put(t *testing.T, path, content string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, w.url+path, strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

func TestContainersOfATaskShareItsVolumes(t *testing.T) {
	t.Parallel()
	skipUnlessMounting(t)
	w := newWorld(t)
	w.defineWith(t, []any{map[string]any{"Name": "data"}}, web(map[string]any{
		"User": "0", "VolumesFrom": []any{map[string]any{"SourceContainer": "writer", "ReadOnly": true}},
		"DependsOn": []any{map[string]any{"ContainerName": "writer", "Condition": "SUCCESS"}},
	}), map[string]any{
		"Name": "writer", "Essential": false, "User": "0",
		"MountPoints": []any{map[string]any{"SourceVolume": "data", "ContainerPath": "/srv/data"}},
		"Environment": []any{
			map[string]any{"Name": "ROLE", "Value": "scribe"},
			map[string]any{"Name": "FILE", "Value": "/srv/data/note"},
			map[string]any{"Name": "TEXT", "Value": "from the writer"},
		},
	})
	if err := w.create(t, 1); err != nil {
		t.Fatal(err)
	}
	if code, body := w.get(t, "/file?path=/srv/data/note"); code != http.StatusOK || body != "from the writer" {
		t.Errorf("got %d %q", code, body)
	}
	if _, body := w.put(t, "/file?path=/srv/data/note", "x"); !strings.Contains(body, "read-only file system") {
		t.Errorf("what is mounted to read is written: %q", body)
	}
	described, problem := ask[struct{ TaskDefinition ecs.TaskSpec }](t, w.API(), "DescribeTaskDefinition", `{"taskDefinition":"web"}`)
	if got := described.TaskDefinition; problem != "" || len(got.Volumes) != 1 || got.Volumes[0].Host == nil ||
		got.ContainerDefinitions[1].MountPoints[0].ContainerPath != "/srv/data" {
		t.Errorf("described as %+v %s", got, problem)
	}
}

func TestFileSystemsOutliveTheirTasks(t *testing.T) {
	t.Parallel()
	skipUnlessMounting(t)
	folder := t.TempDir()
	w := newWorldOf(t, func(plain ecs.Containers) ecs.Containers { return plain }, func(d *ecs.Deps) {
		d.Records, d.Folder = newFiles(), folder
	})
	w.defineWith(t, []any{map[string]any{"Name": "media", "EFSVolumeConfiguration": map[string]any{
		"FilesystemId": "fs-1", "TransitEncryption": "ENABLED",
		"AuthorizationConfig": map[string]any{"AccessPointId": "fsap-1", "IAM": "ENABLED"},
	}}}, web(map[string]any{"MountPoints": []any{map[string]any{"SourceVolume": "media", "ContainerPath": "/media"}}}))
	if err := w.create(t, 1); err != nil {
		t.Fatal(err)
	}
	if code, body := w.put(t, "/file?path=/media/photo", "smile"); code != http.StatusOK {
		t.Fatalf("writing answers %d %s", code, body)
	}
	before := w.tasks(t, "RUNNING")[0].TaskArn
	if _, problem := ask[struct{}](t, w.API(), "StopTask", `{"cluster":"main","task":"`+before+`"}`); problem != "" {
		t.Fatal(problem)
	}
	eventually(t, "another task has the file", func() bool {
		running := w.tasks(t, "RUNNING")
		if len(running) == 0 || running[0].TaskArn == before {
			return false
		}
		code, body := w.get(t, "/file?path=/media/photo")
		return code == http.StatusOK && body == "smile"
	})
	kept, err := os.ReadFile(filepath.Join(folder, here().Account, here().Region, "fs-1", "media", "photo"))
	if err != nil || string(kept) != "smile" {
		t.Errorf("the folder has %q, %v", kept, err)
	}
}
