package devenv

import "syscall"

// ownGroup keeps Ctrl-C in the terminal from the child, so that it ends in order, and ends it with its parent.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
