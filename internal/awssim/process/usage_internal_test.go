//go:build linux

package process

import (
	"os"
	"os/exec"
	"testing"
	"time"
)

func TestUsageCountsDescendants(t *testing.T) {
	t.Parallel()
	shell := exec.CommandContext(t.Context(), "sh", "-c", "(while :; do :; done) & wait")
	if err := shell.Start(); err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() {
		for _, pid := range childrenOf(shell.Process.Pid) {
			if child, err := os.FindProcess(pid); err == nil {
				_ = child.Kill()
			}
		}
		_ = shell.Process.Kill()
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
