//go:build !linux

package devenv

import "syscall"

// ownGroup keeps Ctrl-C in the terminal from the child, so that it ends in order.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
