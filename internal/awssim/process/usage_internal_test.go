//go:build linux

package process

import (
	"os/exec"
	"syscall"
	"testing"
	"time"
)

func TestUsageCountsDescendants(t *testing.T) {
	t.Parallel()
	shell := exec.Command("sh", "-c", "(while :; do :; done) & wait") //nolint:noctx // it is ended with its child below
	shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := shell.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-shell.Process.Pid, syscall.SIGKILL)
		_ = shell.Wait()
	})
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		used, memory, ok := usageOf(shell.Process.Pid)
		if !ok {
			t.Fatal("the process is gone")
		}
		if used >= 50*time.Millisecond && memory > 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("a busy process uses no processor time")
}
