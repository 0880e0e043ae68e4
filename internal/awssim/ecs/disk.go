package ecs

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/process"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// Records is where file systems, their mount targets and access points are known.
type Records interface {
	Read(r resource.Request) (resource.Properties, bool)
	List(place resource.Place, resourceType string) map[string]resource.Properties
}

// volumeMode is that of a new volume, which root owns ("Bind mounts", developer guide).
const volumeMode fs.FileMode = 0o755

// disk is where volumes are directories.
type disk struct {
	folder string // of file systems, which outlive the simulator there; empty if they end with it

	mu      sync.Mutex
	scratch string // made at first use
}

// dir returns a directory of what ends with the simulator, or with a task.
func (d *disk) dir(parts ...string) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.scratch == "" {
		made, err := os.MkdirTemp("", "awssim-volumes-")
		if err != nil {
			return "", fmt.Errorf("making a directory for volumes: %w", err)
		}
		d.scratch = made
	}
	return makeDir(append([]string{d.scratch}, parts...)...)
}

// fileSystem returns the root of a file system of EFS.
func (d *disk) fileSystem(place resource.Place, id string) (string, error) {
	if d.folder == "" {
		return d.dir("files", place.Account, place.Region, id)
	}
	return makeDir(d.folder, place.Account, place.Region, id)
}

func makeDir(parts ...string) (string, error) {
	dir := filepath.Join(parts...)
	if err := os.MkdirAll(dir, volumeMode); err != nil {
		return "", fmt.Errorf("making a volume: %w", err)
	}
	return dir, nil
}

// drop removes the volumes of a task.
func (d *disk) drop(task string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.scratch != "" {
		_ = os.RemoveAll(filepath.Join(d.scratch, "tasks", task)) // close tries once more
	}
}

// close removes what ends with the simulator.
func (d *disk) close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.scratch == "" {
		return nil
	}
	if err := os.RemoveAll(d.scratch); err != nil {
		return fmt.Errorf("removing volumes: %w", err)
	}
	return nil
}

// openVolumes makes the task's volumes before anything is pulled.
func (s *Service) openVolumes(t *task) error {
	for _, volume := range t.definition.Volumes {
		var (
			source string
			err    error
		)
		if files := volume.EFSVolumeConfiguration; files != nil {
			source, err = s.openFiles(t.fleet.place, files)
		} else {
			source, err = s.disk.dir("tasks", t.id, volume.Name)
		}
		if err != nil {
			return err
		}
		t.volumes[volume.Name] = source
	}
	return nil
}

// errFiles words a failure of EFS as tasks do (recorded in github.com/aws/copilot-cli/issues/5419).
func errFiles(code int, format string, args ...any) error {
	return fmt.Errorf("ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: %s : "+
		"unsuccessful EFS utils command execution; code: %d", fmt.Sprintf(format, args...), code)
}

// openFiles returns the directory of a file system that a volume asks for.
func (s *Service) openFiles(place resource.Place, volume *EFSVolume) (string, error) {
	const unresolved, refused = 1, 32 // exit codes of the mount helper
	host := fmt.Sprintf("%s.efs.%s.amazonaws.com", volume.FileSystemID, place.Region)
	if !s.reachable(place, volume.FileSystemID) {
		return "", errFiles(unresolved, "Failed to resolve %q - check that your file system ID is correct, and ensure that the VPC "+
			"has an EFS mount target for this file system ID. See https://docs.aws.amazon.com/console/efs/mount-dns-name for more detail.",
			host)
	}
	root, err := s.disk.fileSystem(place, volume.FileSystemID)
	if err != nil {
		return "", err
	}
	if access := volume.AuthorizationConfig; access != nil && access.AccessPointID != "" {
		return s.openAccessPoint(place, volume, root)
	}
	inside, err := os.OpenRoot(root)
	if err != nil {
		return "", fmt.Errorf("opening the file system: %w", err)
	}
	defer func() { _ = inside.Close() }()
	relative := filepath.Join(".", filepath.FromSlash("/"+volume.RootDirectory))
	if info, err := inside.Stat(relative); err != nil || !info.IsDir() {
		return "", errFiles(refused, "mount.nfs4: mounting %s:%s failed, reason given by server: No such file or directory",
			host, volume.RootDirectory)
	}
	return filepath.Join(root, relative), nil
}

// reachable says whether the file system exists and has a mount target.
func (s *Service) reachable(place resource.Place, id string) bool {
	if s.Records == nil {
		return false
	}
	if _, ok := s.Records.Read(resource.Request{Place: place, Type: "AWS::EFS::FileSystem", PhysicalID: id}); !ok {
		return false
	}
	for _, target := range s.Records.List(place, "AWS::EFS::MountTarget") {
		if target["FileSystemId"] == id {
			return true
		}
	}
	return false
}

// openAccessPoint returns the directory of an access point. If there is none it is made as the access point says.
func (s *Service) openAccessPoint(place resource.Place, volume *EFSVolume, root string) (string, error) {
	const denied = 32
	point, ok := s.Records.Read(resource.Request{
		Place: place, Type: "AWS::EFS::AccessPoint", PhysicalID: volume.AuthorizationConfig.AccessPointID,
	})
	if !ok || point["FileSystemId"] != volume.FileSystemID {
		return "", errFiles(denied, "b'mount.nfs4: access denied by server while mounting 127.0.0.1:/'")
	}
	described, _ := point["RootDirectory"].(map[string]any)
	name, _ := described["Path"].(string)
	inside, err := os.OpenRoot(root)
	if err != nil {
		return "", fmt.Errorf("opening the file system: %w", err)
	}
	defer func() { _ = inside.Close() }()
	relative := filepath.Join(".", filepath.FromSlash("/"+name))
	if _, err := inside.Stat(relative); err == nil {
		return filepath.Join(root, relative), nil
	}
	creation, ok := described["CreationInfo"].(map[string]any)
	if !ok {
		return "", errFiles(denied, "b'mount.nfs4: access denied by server while mounting 127.0.0.1:/'")
	}
	if err := create(inside, relative, creation); err != nil {
		return "", fmt.Errorf("making the access point's directory: %w", err)
	}
	return filepath.Join(root, relative), nil
}

// create makes a directory with the owner and the permissions of an access point.
func create(inside *os.Root, relative string, creation map[string]any) error {
	const octal, bits = 8, 32
	mode, err := strconv.ParseUint(fmt.Sprint(creation["Permissions"]), octal, bits)
	if err != nil {
		return fmt.Errorf("reading its permissions: %w", err)
	}
	owner, ownerErr := strconv.Atoi(fmt.Sprint(creation["OwnerUid"]))
	group, groupErr := strconv.Atoi(fmt.Sprint(creation["OwnerGid"]))
	if ownerErr != nil || groupErr != nil {
		return fmt.Errorf("reading its owner: %v:%v", creation["OwnerUid"], creation["OwnerGid"])
	}
	if err := inside.MkdirAll(relative, volumeMode); err != nil {
		return err //nolint:wrapcheck // names the path
	}
	if err := inside.Chmod(relative, fs.FileMode(mode)&fs.ModePerm); err != nil {
		return err //nolint:wrapcheck // names the path
	}
	if os.Geteuid() != 0 {
		return nil // who is not root can mount nothing either
	}
	return inside.Chown(relative, owner, group) //nolint:wrapcheck // names the path
}

// mounts are where the container has the task's volumes. What an image declares as VOLUME is the first content of an empty
// one.
func (t *task) mounts(one *container) []process.Mount {
	var mounts []process.Mount
	for _, point := range t.definition.mountPoints(one.spec) {
		seeded := slices.ContainsFunc(t.definition.Volumes, func(v Volume) bool {
			return v.Name == point.SourceVolume && v.EFSVolumeConfiguration == nil
		})
		mounts = append(mounts, process.Mount{
			Source: t.volumes[point.SourceVolume], Target: point.ContainerPath, ReadOnly: point.ReadOnly, Seeded: seeded,
		})
	}
	return append(mounts, t.hostsMount()...)
}
