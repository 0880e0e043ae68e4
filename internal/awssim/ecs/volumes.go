package ecs

import (
	"path"
	"slices"
	"strings"
)

// Volume is a directory that the containers of a task share: one that lives as long as the task, or one of a file system
// of EFS.
type Volume struct {
	Name                   string      `json:"name"`
	Host                   *HostVolume `json:"host,omitempty"`
	EFSVolumeConfiguration *EFSVolume  `json:"efsVolumeConfiguration,omitempty"`
}

// HostVolume has no path on Fargate.
type HostVolume struct {
	SourcePath string `json:"sourcePath,omitempty"`
}

// EFSVolume is a directory of a file system. How its traffic is encrypted is told and has no effect here.
type EFSVolume struct {
	FileSystemID          string            `json:"fileSystemId"`
	RootDirectory         string            `json:"rootDirectory,omitempty"`
	TransitEncryption     string            `json:"transitEncryption,omitempty"`
	TransitEncryptionPort int               `json:"transitEncryptionPort,omitempty"`
	AuthorizationConfig   *EFSAuthorization `json:"authorizationConfig,omitempty"`
}

// EFSAuthorization names the access point, which decides about the directory.
type EFSAuthorization struct {
	AccessPointID string `json:"accessPointId,omitempty"`
	IAM           string `json:"iam,omitempty"`
}

// MountPoint is where a container has a volume.
type MountPoint struct {
	SourceVolume  string `json:"sourceVolume,omitempty"`
	ContainerPath string `json:"containerPath,omitempty"`
	ReadOnly      bool   `json:"readOnly,omitempty"`
}

// VolumeFrom gives a container the mount points of another one.
type VolumeFrom struct {
	SourceContainer string `json:"sourceContainer,omitempty"`
	ReadOnly        bool   `json:"readOnly,omitempty"`
}

// checkVolumes refuses volumes that Fargate does not have, and mount points without a volume. The texts about unknown
// names are believed.
func (t *TaskSpec) checkVolumes() error {
	names := make(map[string]bool)
	for _, volume := range t.Volumes {
		if names[volume.Name] {
			return errClient("Volume.name contains duplicates.")
		}
		names[volume.Name] = true
		if err := volume.check(); err != nil {
			return err
		}
	}
	for _, container := range t.ContainerDefinitions {
		for _, point := range container.MountPoints {
			if !names[point.SourceVolume] {
				return errClient("Unknown volume '%s'.", point.SourceVolume)
			}
			if !path.IsAbs(point.ContainerPath) || path.Clean(point.ContainerPath) == "/" {
				return errClient("Invalid 'containerPath' setting for the volume '%s': %s.", point.SourceVolume, point.ContainerPath)
			}
		}
		for _, from := range container.VolumesFrom {
			if !slices.ContainsFunc(t.ContainerDefinitions, func(c ContainerSpec) bool { return c.Name == from.SourceContainer }) {
				return errClient("Unknown container '%s' in 'volumesFrom'.", from.SourceContainer)
			}
		}
	}
	return nil
}

func (v *Volume) check() error {
	files := v.EFSVolumeConfiguration
	switch {
	case !entityName.MatchString(v.Name):
		return errClient("Volume.name contains invalid characters.")
	case v.Host != nil && v.Host.SourcePath != "":
		return errClient("host.sourcePath should not be set for volumes in Fargate.")
	case files == nil:
		return nil
	case files.FileSystemID == "":
		return errClient("EFS Volume: fileSystemId must not be empty.")
	}
	encrypted, access := files.TransitEncryption == "ENABLED", files.AuthorizationConfig
	switch {
	case access == nil:
		return nil
	case access.AccessPointID != "" && !slices.Contains([]string{"", "/"}, files.RootDirectory):
		return errClient("EFS Volume: rootDirectory must be / or omitted if an access point is specified.")
	case !encrypted && (access.AccessPointID != "" || access.IAM == "ENABLED"):
		return errClient("EFS Volume: transitEncryption must be ENABLED if an access point or IAM authorization is used.")
	}
	return nil
}

// mountPoints are a container's own and those that it takes from others, directories before what lies below them.
func (t *TaskSpec) mountPoints(of *ContainerSpec) []MountPoint {
	points := slices.Clone(of.MountPoints)
	for _, from := range of.VolumesFrom {
		for i := range t.ContainerDefinitions {
			if t.ContainerDefinitions[i].Name != from.SourceContainer {
				continue
			}
			for _, taken := range t.ContainerDefinitions[i].MountPoints {
				taken.ReadOnly = taken.ReadOnly || from.ReadOnly
				points = append(points, taken)
			}
		}
	}
	depth := func(p MountPoint) int { return strings.Count(path.Clean(p.ContainerPath), "/") }
	slices.SortStableFunc(points, func(a, b MountPoint) int { return depth(a) - depth(b) })
	return points
}

// describedVolumes are volumes with what the service fills in.
func describedVolumes(given []Volume) []Volume {
	described := append([]Volume{}, given...)
	for i := range described {
		if described[i].EFSVolumeConfiguration == nil {
			described[i].Host = &HostVolume{}
			continue
		}
		files := *described[i].EFSVolumeConfiguration
		if files.RootDirectory == "" {
			files.RootDirectory = "/"
		}
		described[i].EFSVolumeConfiguration = &files
	}
	return described
}
