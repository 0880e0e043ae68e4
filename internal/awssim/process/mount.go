package process

import (
	"errors"
	"fmt"
	"os"
)

// Mount puts a directory, or a file, of this machine at a path inside a container's root. Only root on Linux can do so.
type Mount struct {
	// Source is a path of this machine; empty for a file system in memory that the container has for itself.
	Source string
	// Target is a path inside the root. Directories that lead to it are made.
	Target   string
	ReadOnly bool
	// Seeded lets an empty source take the files at the target, and their owner, if the image declares it as VOLUME.
	Seeded bool
	// Size limits a file system in memory, in MiB; 0 is half of the machine's memory.
	Size int
	// Options are further options of a file system in memory, such as "noexec".
	Options []string
}

// errCannotMount says why containers with mounts do not start.
var errCannotMount = errors.New("awssim mounts volumes only if it runs as root on Linux, with the capability SYS_ADMIN")

// mounted returns the spec with a root of its own if it has mounts. Processes started from the launcher's thread see
// what is mounted there, and nobody else does: with the simulator it is gone, however that ends.
func (r *Runner) mounted(spec Spec) (Spec, error) {
	if len(spec.Mounts) == 0 && (!spec.ReadOnly || !confines()) {
		return spec, nil
	}
	if !confines() {
		return spec, errCannotMount
	}
	dir, err := os.MkdirTemp(r.dir, "container-")
	if err != nil {
		return spec, fmt.Errorf("making a directory for the container: %w", err)
	}
	image := spec.Root
	spec.Root = &Root{Path: dir, Digest: image.Digest, Config: image.Config}
	spec.Root.leave = func() {
		r.launch.do(func() { unmount(dir) })
		_ = os.Remove(dir) // Close removes what is left
	}
	r.launch.do(func() { err = r.launch.mount(image.Path, spec.Root, spec.Mounts, spec.ReadOnly) })
	if err != nil {
		spec.Root.leave()
		spec.Root = image
	}
	if errors.Is(err, errCannotMount) && len(spec.Mounts) == 0 {
		return spec, nil // what cannot be kept from writing may write
	}
	if err != nil {
		return spec, err
	}
	return spec, nil
}
