//go:build unix && !linux

package process

import (
	"os/exec"
	"syscall"
)

// launcher starts processes. Only Linux can tie their life to the simulator's; elsewhere a simulator that is
// killed leaves them behind.
type launcher struct{}

func newLauncher() *launcher { return &launcher{} }

func (*launcher) start(template *exec.Cmd) (*exec.Cmd, error) { return startCopy(template) }

func (*launcher) close() {}

// confines says whether processes are confined to their unpacked root.
func confines() bool { return false }

// attributes puts a process in a group of its own.
func attributes(string, identity) *syscall.SysProcAttr { return attached(nil) }

// attached returns attributes with which a process has a group of its own.
func attached(given *syscall.SysProcAttr) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{}
	if given != nil {
		*attr = *given
	}
	attr.Setpgid = true
	return attr
}
