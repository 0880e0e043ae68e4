//go:build unix && !linux

package process

import "os"

// makeDevices makes none: processes that are not confined to their root see the machine's.
func makeDevices(*os.Root) error { return nil }
