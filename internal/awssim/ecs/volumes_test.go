package ecs_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/clock"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/ecs"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// files is the records of file systems: by type and id.
type files map[string]map[string]resource.Properties

func (d files) Read(r resource.Request) (resource.Properties, bool) {
	found, ok := d[r.Type][r.PhysicalID]
	return found, ok
}

func (d files) List(_ resource.Place, resourceType string) map[string]resource.Properties {
	return d[resourceType]
}

func newFiles() files {
	return files{
		"AWS::EFS::FileSystem":  {"fs-1": {}, "fs-2": {}},
		"AWS::EFS::MountTarget": {"fsmt-1": {"FileSystemId": "fs-1"}},
		"AWS::EFS::AccessPoint": {"fsap-2": {"FileSystemId": "fs-2"}, "fsap-1": {"FileSystemId": "fs-1", "RootDirectory": map[string]any{
			"Path": "/media", "CreationInfo": map[string]any{"OwnerUid": "65532", "OwnerGid": "65532", "Permissions": "0750"},
		}}},
	}
}

func TestTasksDoNotStartWithoutTheirFileSystems(t *testing.T) {
	t.Parallel()
	const prefix = "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: "
	records := newFiles()
	for name, test := range map[string]struct {
		volume map[string]any
		want   string
	}{
		"unknown file system": {
			map[string]any{"FilesystemId": "fs-9"}, `Failed to resolve "fs-9.efs.us-east-1.amazonaws.com" - check that your file system ID`,
		},
		"no mount target": {map[string]any{"FilesystemId": "fs-2"}, `Failed to resolve "fs-2.efs.us-east-1.amazonaws.com"`},
		"no such directory": {
			map[string]any{"FilesystemId": "fs-1", "RootDirectory": "/absent"},
			"mount.nfs4: mounting fs-1.efs.us-east-1.amazonaws.com:/absent failed, reason given by server: No such file or directory",
		},
		"access point of another": {map[string]any{
			"FilesystemId": "fs-1", "TransitEncryption": "ENABLED", "AuthorizationConfig": map[string]any{"AccessPointId": "fsap-2"},
		}, "b'mount.nfs4: access denied by server"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := &world{Service: ecs.New(ecs.Deps{
					Clock: clock.Clock{Speed: 1}, Containers: &stage{}, Logs: nowhere{}, Balancers: nowhere{}, Subnets: subnets, Records: records,
				})}
				th := &theatre{world: w, began: time.Now()}
				defer func() { _ = th.Close() }()
				w.provide(t, w.Providers(), "AWS::ECS::Cluster", resource.Properties{"ClusterName": "main", "CapacityProviders": []any{"FARGATE"}})
				th.td = th.provide(t, th.Providers(), "AWS::ECS::TaskDefinition", resource.Properties{
					"Family": "web", "Cpu": "256", "Memory": "512", "NetworkMode": "awsvpc", "RequiresCompatibilities": []any{"FARGATE"},
					"ContainerDefinitions": []any{map[string]any{"Name": "web", "Image": "good"}},
					"Volumes":              []any{map[string]any{"Name": "files", "EFSVolumeConfiguration": test.volume}},
				}).PhysicalID
				if err := th.open(t, 1); err == nil {
					t.Fatal("the service came up")
				}
				ended := th.tasks(t, "STOPPED")
				if len(ended) == 0 {
					t.Fatal("no task was tried")
				}
				if got := ended[0].StoppedReason; !strings.HasPrefix(got, prefix+test.want) || ended[0].StopCode != "TaskFailedToStart" {
					t.Errorf("got %s %s", ended[0].StopCode, got)
				}
			})
		})
	}
}

func TestVolumesAreChecked(t *testing.T) {
	t.Parallel()
	service := ecs.New(ecs.Deps{}).API()
	const before = `{"family":"x","networkMode":"awsvpc","requiresCompatibilities":["FARGATE"],"cpu":"256","memory":"512",`
	const plain = `"containerDefinitions":[{"name":"a","image":"b"}],`
	for body, want := range map[string]string{
		plain + `"volumes":[{"name":"a"},{"name":"a"}]}`:                                 "Volume.name contains duplicates.",
		plain + `"volumes":[{"name":"a","host":{"sourcePath":"/x"}}]}`:                   "host.sourcePath should not be set for volumes in Fargate.",
		plain + `"volumes":[{"name":"a","efsVolumeConfiguration":{"fileSystemId":""}}]}`: "EFS Volume: fileSystemId must not be empty.",
		plain + `"volumes":[{"name":"a","efsVolumeConfiguration":{"fileSystemId":"fs-1",` +
			`"authorizationConfig":{"accessPointId":"fsap-1"}}}]}`: "EFS Volume: transitEncryption must be ENABLED " +
			"if an access point or IAM authorization is used.",
		plain + `"volumes":[{"name":"a","efsVolumeConfiguration":{"fileSystemId":"fs-1","rootDirectory":"/x",` +
			`"authorizationConfig":{"accessPointId":"fsap-1"}}}]}`: "EFS Volume: rootDirectory must be / or omitted if an access point is specified.",
		`"containerDefinitions":[{"name":"a","image":"b","mountPoints":[{"sourceVolume":"c","containerPath":"/c"}]}]}`: "Unknown volume 'c'.",
		`"volumes":[{"name":"c"}],"containerDefinitions":[{"name":"a","image":"b",` +
			`"mountPoints":[{"sourceVolume":"c","containerPath":"c"}]}]}`: "Invalid 'containerPath' setting for the volume 'c': c.",
		`"containerDefinitions":[{"name":"a","image":"b","volumesFrom":[{"sourceContainer":"c"}]}]}`: "Unknown container 'c' in 'volumesFrom'.",
	} {
		if _, problem := ask[struct{}](t, service, "RegisterTaskDefinition", before+body); problem != "ClientException: "+want {
			t.Errorf("%s: got %s", body, problem)
		}
	}
}
