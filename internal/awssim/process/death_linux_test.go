package process_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/process"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/process/testimage"
)

// hostVariable makes TestHost, in a process of its own, the simulator that TestProcessesDieWithTheSimulator kills.
const hostVariable = "PROCESS_TEST_HOST"

func TestHost(t *testing.T) { //nolint:paralleltest // the only test of its process
	if os.Getenv(hostVariable) == "" {
		return // nobody asked for a host
	}
	runner := process.NewRunner(t.TempDir())
	root, err := runner.Unpack(t.Context(), testimage.Build(t, v1.Config{Entrypoint: []string{"/" + testimage.Program}}))
	if err != nil {
		t.Fatal(err)
	}
	_, err = runner.Start(process.Spec{
		Root: root, Env: map[string]string{"ROLE": "pid"}, Output: func(line string) { _, _ = fmt.Fprintln(os.Stdout, "child", line) },
	})
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Hour)
}

func TestProcessesDieWithTheSimulator(t *testing.T) {
	t.Parallel()
	host := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^TestHost$")
	host.Path = os.Args[0]
	host.Env = append(os.Environ(), hostVariable+"=yes", "TMPDIR="+t.TempDir()) // it cannot tidy up: it is killed
	output, err := host.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := host.Start(); err != nil {
		t.Fatal(err)
	}
	child := 0
	for lines := bufio.NewScanner(output); child == 0 && lines.Scan(); {
		if text, ok := strings.CutPrefix(lines.Text(), "child "); ok {
			child, err = strconv.Atoi(text)
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if child == 0 || syscall.Kill(child, 0) != nil {
		t.Fatalf("the host started no process (%d)", child)
	}
	if err := host.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = host.Wait() // it was killed
	for range 200 {
		if syscall.Kill(child, 0) != nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("process %d outlived the simulator that started it", child)
}
