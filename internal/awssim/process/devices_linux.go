package process

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// memDevice is the major number of Linux's memory devices (admin-guide/devices.txt).
const memDevice = 1

// deviceMode lets everyone read and write a device.
const deviceMode fs.FileMode = 0o666

// makeDevices makes the devices without which common programs fail, if processes are confined to the root.
func makeDevices(root *os.Root) error {
	if !confines() {
		return nil
	}
	if err := root.MkdirAll("dev", dirMode); err != nil {
		return fmt.Errorf("making /dev: %w", err)
	}
	minors := map[string]uint32{"null": 3, "zero": 5, "random": 8, "urandom": 9} //nolint:mnd // device numbers
	for name, minor := range minors {
		if _, err := root.Lstat(filepath.Join("dev", name)); err == nil {
			continue
		}
		if err := makeDevice(root, filepath.Join("dev", name), minor); err != nil {
			return err
		}
	}
	return nil
}

func makeDevice(root *os.Root, name string, minor uint32) error {
	full := filepath.Join(root.Name(), name)
	err := syscall.Mknod(full, syscall.S_IFCHR|uint32(deviceMode), int(unix.Mkdev(memDevice, minor))) //nolint:gosec // small
	if errors.Is(err, fs.ErrPermission) {
		return nil // root of a container without the right to: many programs do without
	}
	if err != nil {
		return fmt.Errorf("making /%s: %w", name, err)
	}
	if err := root.Chmod(name, deviceMode); err != nil {
		return fmt.Errorf("making /%s: %w", name, err)
	}
	return nil
}
