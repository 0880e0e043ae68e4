package process

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// tmpfsFlags are the mount options of a file system in memory that are flags of the kernel.
func tmpfsFlags() map[string]uintptr {
	return map[string]uintptr{
		"ro": unix.MS_RDONLY, "nosuid": unix.MS_NOSUID, "nodev": unix.MS_NODEV, "noexec": unix.MS_NOEXEC,
		"sync": unix.MS_SYNCHRONOUS, "dirsync": unix.MS_DIRSYNC, "noatime": unix.MS_NOATIME, "nodiratime": unix.MS_NODIRATIME,
		"relatime": unix.MS_RELATIME, "strictatime": unix.MS_STRICTATIME,
		"rw": 0, "suid": 0, "dev": 0, "exec": 0, "async": 0, "atime": 0, "diratime": 0, "defaults": 0,
	}
}

// mount puts the image's files and then the mounts below the root. Call it on the launcher's thread.
func (l *launcher) mount(image string, root *Root, mounts []Mount, readOnly bool) error {
	if err := l.separate(); err != nil {
		return err
	}
	if err := unix.Mount(image, root.Path, "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("%w: %w", errCannotMount, err)
	}
	for _, each := range mounts {
		if err := root.mount(each); err != nil {
			return fmt.Errorf("mounting %s: %w", each.Target, err)
		}
	}
	if !readOnly {
		return nil
	}
	if err := unix.Mount("", root.Path, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		return fmt.Errorf("making the root read-only: %w", err)
	}
	return nil
}

// separate gives the launcher's thread, and so what it starts, a table of mounts of its own.
func (l *launcher) separate() error {
	if l.separated {
		return nil
	}
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return fmt.Errorf("%w: %w", errCannotMount, err)
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("%w: %w", errCannotMount, err)
	}
	l.separated = true
	return nil
}

func (r *Root) mount(each Mount) error {
	resolved, err := r.resolve(each.Target)
	if err != nil {
		return err
	}
	if err := r.makePlace(resolved, each.Source); err != nil {
		return err
	}
	target := r.outside(resolved)
	if each.Source == "" {
		return mountMemory(target, each)
	}
	if _, declared := r.Config.Volumes[each.Target]; declared && each.Seeded {
		if err := seed(each.Source, target); err != nil {
			return err
		}
	}
	if err := unix.Mount(each.Source, target, "", unix.MS_BIND, ""); err != nil {
		return err //nolint:wrapcheck // mount names the path
	}
	if !each.ReadOnly {
		return nil
	}
	return unix.Mount("", target, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, "") //nolint:wrapcheck // mount names the path
}

// seed copies a directory with owners and permissions, unless there is something already where it is to go.
func seed(into, from string) error {
	if entries, err := os.ReadDir(into); err != nil || len(entries) > 0 {
		return err //nolint:wrapcheck // names the path
	}
	if err := os.CopyFS(into, os.DirFS(from)); err != nil {
		return err //nolint:wrapcheck // names the path
	}
	return filepath.WalkDir(from, func(name string, entry fs.DirEntry, err error) error { //nolint:wrapcheck // names the path
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err //nolint:wrapcheck // names the path
		}
		copied := filepath.Join(into, strings.TrimPrefix(name, from))
		if status, ok := info.Sys().(*syscall.Stat_t); ok {
			err = os.Lchown(copied, int(status.Uid), int(status.Gid))
		}
		if err != nil || entry.Type()&fs.ModeSymlink != 0 {
			return err //nolint:wrapcheck // names the path
		}
		return os.Chmod(copied, info.Mode())
	})
}

// makePlace makes what is to be mounted over: a directory, or a file if the source is one.
func (r *Root) makePlace(resolved, source string) error {
	root, err := os.OpenRoot(r.Path)
	if err != nil {
		return err //nolint:wrapcheck // names the path
	}
	defer func() { _ = root.Close() }()
	name := strings.TrimPrefix(resolved, "/")
	if name == "" {
		return errors.New("invalid mount target, must be an absolute path other than /")
	}
	if info, err := os.Stat(source); source == "" || err != nil || info.IsDir() {
		return root.MkdirAll(filepath.FromSlash(name), dirMode) //nolint:wrapcheck // names the path
	}
	if err := root.MkdirAll(path.Dir(name), dirMode); err != nil {
		return err //nolint:wrapcheck // names the path
	}
	file, err := root.OpenFile(name, os.O_CREATE|os.O_RDONLY, fileMode)
	if err != nil {
		return err //nolint:wrapcheck // names the path
	}
	return file.Close() //nolint:wrapcheck // names the path
}

func mountMemory(target string, each Mount) error {
	known, flags, data := tmpfsFlags(), uintptr(0), []string{}
	if each.Size > 0 {
		data = append(data, fmt.Sprintf("size=%dm", each.Size))
	}
	for _, option := range each.Options {
		if flag, ok := known[option]; ok {
			flags |= flag
		} else {
			data = append(data, option)
		}
	}
	return unix.Mount("tmpfs", target, "tmpfs", flags, strings.Join(data, ",")) //nolint:wrapcheck // mount names the path
}

// unmount takes a container's root away with all that is mounted in it. Call it on the launcher's thread.
func unmount(dir string) { _ = unix.Unmount(dir, unix.MNT_DETACH) } // fails if nothing was mounted
