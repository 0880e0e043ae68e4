package process_test

import (
	"archive/tar"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/process"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/process/testimage"
)

// lines collects output and lets a test wait for a line.
type lines struct {
	mu   sync.Mutex
	all  []string
	more chan struct{}
}

func newLines() *lines { return &lines{more: make(chan struct{}, 1000)} }

func (l *lines) add(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, line)
	l.more <- struct{}{}
}

func (l *lines) next(t *testing.T) {
	t.Helper()
	select {
	case <-l.more:
	case <-time.After(30 * time.Second):
		t.Fatal("no further line of output within 30 s")
	}
}

func (l *lines) get() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.all...)
}

func newRunner(t *testing.T) *process.Runner {
	t.Helper()
	runner := process.NewRunner(t.TempDir())
	t.Cleanup(func() {
		if err := runner.Close(); err != nil {
			t.Error(err)
		}
	})
	return runner
}

func startRole(t *testing.T, runner *process.Runner, role string, spec process.Spec, output *lines) *process.Process {
	t.Helper()
	root, err := runner.Unpack(t.Context(), testimage.Build(t, v1.Config{
		Entrypoint: []string{"/app/server"}, Cmd: []string{"from", "image"},
		Env: []string{"FROM_IMAGE=yes", "FROM_TASK=no"}, WorkingDir: "/app", User: "65532:65532",
	}))
	if err != nil {
		t.Fatal(err)
	}
	spec.Root, spec.Output = root, output.add
	if spec.Env == nil {
		spec.Env = map[string]string{}
	}
	spec.Env["ROLE"] = role
	running, err := runner.Start(spec)
	if err != nil {
		t.Fatal(err)
	}
	return running
}

func waitFor(t *testing.T, running *process.Process) process.Exit {
	t.Helper()
	select {
	case <-running.Done():
		return running.Exit()
	case <-time.After(30 * time.Second):
		t.Fatal("the process did not end within 30 s")
		return process.Exit{}
	}
}

func TestProcessRunsAsItsImageAndTaskSay(t *testing.T) {
	t.Parallel()
	output := newLines()
	running := startRole(t, newRunner(t), "env", process.Spec{
		Env: map[string]string{"FROM_TASK": "yes"},
	}, output)
	exit := waitFor(t, running)
	want := []string{
		"FROM_IMAGE=yes", "FROM_TASK=yes", "HOST=127.0.0.1", "dir=app <nil>", "args=from image", "no newline at the end",
	}
	if diff := cmp.Diff(want, output.get()); diff != "" {
		t.Errorf("output (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(process.Exit{Code: 3}, exit); diff != "" {
		t.Errorf("exit (-want +got):\n%s", diff)
	}
}

func TestArgumentsFollowTheRulesOfContainers(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		entryPoint, command []string
		want                string
	}{
		"the image's own":                             {want: "args=from image"},
		"a command replaces the image's command":      {command: []string{"mine"}, want: "args=mine"},
		"an entry point drops the image's command":    {entryPoint: []string{"server"}, want: "args="},
		"an entry point takes its own command":        {entryPoint: []string{"./server", "-x"}, command: []string{"y"}, want: "args=-x y"},
		"a program without a slash is found by $PATH": {entryPoint: []string{"server", "z"}, want: "args=z"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			output := newLines()
			waitFor(t, startRole(t, newRunner(t), "env", process.Spec{
				EntryPoint: test.entryPoint, Command: test.command, Env: map[string]string{"PATH": "/nowhere:/app"},
			}, output))
			if got := output.get()[4]; got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestProcessListensWhereItIsTold(t *testing.T) {
	t.Parallel()
	running := startRole(t, newRunner(t), "web", process.Spec{Env: map[string]string{"VERSION": "here"}}, newLines())
	var body string
	for range 200 {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+running.Address(), http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			time.Sleep(20 * time.Millisecond)
			continue
		}
		content, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		body = string(content)
		break
	}
	if body != "here" {
		t.Errorf("got body %q", body)
	}
}

func TestStopAsksFirstAndKillsLater(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		role    string
		timeout time.Duration
		want    process.Exit
		says    []string
	}{
		"a process that listens ends by itself":    {"polite", 30 * time.Second, process.Exit{}, []string{"ready", "bye"}},
		"a process that does not listen is killed": {"deaf", 50 * time.Millisecond, process.Exit{Code: 137, Signal: syscall.SIGKILL}, []string{"ready"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			output := newLines()
			running := startRole(t, newRunner(t), test.role, process.Spec{}, output)
			output.next(t)
			running.Stop(test.timeout)
			if diff := cmp.Diff(test.want, running.Exit()); diff != "" {
				t.Errorf("exit (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.says, output.get()); diff != "" {
				t.Errorf("output (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCloseLeavesNoProcessBehind(t *testing.T) {
	t.Parallel()
	runner := process.NewRunner(t.TempDir())
	output := newLines()
	running := startRole(t, runner, "deaf", process.Spec{}, output)
	output.next(t)
	if err := runner.Close(); err != nil {
		t.Fatal(err)
	}
	if got := waitFor(t, running).Signal; got != syscall.SIGKILL {
		t.Errorf("ended by %v, want SIGKILL", got)
	}
	if _, err := runner.Start(process.Spec{}); err == nil {
		t.Error("a closed runner still starts processes")
	}
}

func TestWhatAProcessStartedEndsWithIt(t *testing.T) {
	t.Parallel()
	output := newLines()
	waitFor(t, startRole(t, newRunner(t), "parent", process.Spec{}, output))
	said := slices.DeleteFunc(output.get(), func(line string) bool { return line == "ready" }) // the child says so, if it has time to
	pid, err := strconv.Atoi(strings.Join(said, " "))
	if err != nil {
		t.Fatalf("the parent said %q, want its child's id", said)
	}
	for range 100 {
		if syscall.Kill(pid, 0) != nil {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("process %d still lives", pid)
}

func TestStartReportsWhatCannotBeStarted(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		config v1.Config
		want   string
	}{
		"no command at all":        {v1.Config{}, "no command specified"},
		"a program that is absent": {v1.Config{Entrypoint: []string{"/absent"}}, `exec: "/absent": stat /absent: no such file or directory`},
		"a program outside $PATH":  {v1.Config{Entrypoint: []string{"absent"}}, `exec: "absent": executable file not found in $PATH`},
		"a file without x":         {v1.Config{Entrypoint: []string{"/data"}}, `exec: "/data": permission denied`},
		"an unknown user":          {v1.Config{Entrypoint: []string{"/data"}, User: "nobody"}, "unable to find user nobody: no matching entries in the image"},
		"a loop of links":          {v1.Config{Entrypoint: []string{"/loop"}}, `exec: "/loop": too many levels of symbolic links`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			runner := newRunner(t)
			root, err := runner.Unpack(t.Context(), testimage.Of(t, test.config,
				testimage.File{Name: "data", Mode: 0o644, Content: "x"},
				testimage.File{Name: "loop", Type: tar.TypeSymlink, Link: "loop"}))
			if err != nil {
				t.Fatal(err)
			}
			_, err = runner.Start(process.Spec{Root: root})
			if err == nil || err.Error() != test.want {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

func TestUnpackTellsLinksAndModes(t *testing.T) {
	t.Parallel()
	root, err := newRunner(t).Unpack(t.Context(), testimage.Of(t, v1.Config{},
		testimage.File{Name: "bin/tool", Mode: 0o4755, Content: "tool"},
		testimage.File{Name: "bin/alias", Type: tar.TypeSymlink, Link: "/bin/tool"},
		testimage.File{Name: "bin/twin", Type: tar.TypeLink, Link: "bin/tool"}))
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(root.Path, "bin/twin"))
	if err != nil || info.Mode() != 0o755 {
		t.Errorf("twin: %v, %v; want mode 0755 without set-user-id", info, err)
	}
	if link, err := os.Readlink(filepath.Join(root.Path, "bin/alias")); err != nil || link != "/bin/tool" {
		t.Errorf("alias leads to %q, %v", link, err)
	}
}

func TestUnpackHappensOncePerDigest(t *testing.T) {
	t.Parallel()
	runner, image := newRunner(t), testimage.Of(t, v1.Config{}, testimage.File{Name: "a", Content: "x"})
	var group sync.WaitGroup
	roots := make([]*process.Root, 8)
	for i := range roots {
		group.Go(func() { roots[i], _ = runner.Unpack(t.Context(), image) })
	}
	group.Wait()
	for _, root := range roots {
		if root == nil || root != roots[0] {
			t.Fatalf("got different roots: %v", roots)
		}
	}
}

func TestUnpackCanBeTriedAgainAfterItWasCancelled(t *testing.T) {
	t.Parallel()
	runner, image := newRunner(t), testimage.Of(t, v1.Config{}, testimage.File{Name: "a", Content: "x"})
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := runner.Unpack(cancelled, image); err == nil {
		t.Fatal("a cancelled unpacking succeeded")
	}
	if _, err := runner.Unpack(t.Context(), image); err != nil {
		t.Errorf("the second attempt failed: %v", err)
	}
}
