package process_test

import (
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sys/unix"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/process"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/process/testimage"
)

// skipUnlessMounting skips where nothing can be mounted.
func skipUnlessMounting(t *testing.T) {
	t.Helper()
	var held unix.CapUserData
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_1}
	if err := unix.Capget(&header, &held); err != nil || held.Effective&(1<<unix.CAP_SYS_ADMIN) == 0 {
		t.Skip("mounting needs root with the capability SYS_ADMIN")
	}
}

// startWeb starts the web server of an image that declares the volume /state, and which nobody runs.
func startWeb(t *testing.T, runner *process.Runner, mounts ...process.Mount) *process.Process {
	t.Helper()
	root, err := runner.Unpack(t.Context(), testimage.Of(t, v1.Config{
		Entrypoint: []string{"/app/server"}, User: "65532:65532", Volumes: map[string]struct{}{"/state": {}},
	}, webFiles(t)...))
	if err != nil {
		t.Fatal(err)
	}
	running, err := runner.Start(process.Spec{Root: root, Mounts: mounts})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(running.Kill)
	return running
}

func webFiles(t *testing.T) []testimage.File {
	t.Helper()
	return []testimage.File{
		testimage.Server(t), {Name: "state/", Type: '5', Mode: 0o1777}, {Name: "state/seed", Content: "planted", Mode: 0o600, Owner: 65532},
	}
}

// file reads, or writes, a file inside the process's root.
func file(t *testing.T, of *process.Process, method, path, content string) (int, string) {
	t.Helper()
	for attempt := 0; ; attempt++ {
		request, err := http.NewRequestWithContext(t.Context(), method, "http://"+of.Address()+"/file?path="+path, strings.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(request)
		if errors.Is(err, syscall.ECONNREFUSED) && attempt < 3000 {
			time.Sleep(10 * time.Millisecond) // it is about to listen
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = answer.Body.Close() }()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, string(body)
	}
}

func TestMountsAreSharedAndGoWithTheirProcess(t *testing.T) {
	t.Parallel()
	skipUnlessMounting(t)
	runner, shared := newRunner(t), t.TempDir()
	writer := startWeb(t, runner, process.Mount{Source: shared, Target: "/state", Seeded: true})
	reader := startWeb(t, runner, process.Mount{Source: shared, Target: "/deep/in/side", ReadOnly: true})
	bare := startWeb(t, runner)
	if code, body := file(t, writer, http.MethodGet, "/state/seed", ""); code != http.StatusOK || body != "planted" {
		t.Errorf("what the image declares as its volume is %d %q", code, body)
	}
	if code, body := file(t, writer, http.MethodPut, "/state/note", "hello"); code != http.StatusOK {
		t.Fatalf("writing answers %d %s", code, body)
	}
	if code, body := file(t, reader, http.MethodGet, "/deep/in/side/note", ""); code != http.StatusOK || body != "hello" {
		t.Errorf("the other one reads %d %q", code, body)
	}
	if code, body := file(t, reader, http.MethodPut, "/deep/in/side/note", "mine"); !strings.Contains(body, "read-only file system") {
		t.Errorf("writing to a read-only mount answers %d %q", code, body)
	}
	if code, body := file(t, bare, http.MethodGet, "/state/note", ""); code == http.StatusOK {
		t.Errorf("a process without mounts reads %q", body)
	}
	writer.Kill()
	<-writer.Done()
	content, err := os.ReadFile(filepath.Join(shared, "note"))
	if err != nil || string(content) != "hello" {
		t.Errorf("the source has %q %v", content, err)
	}
}

func TestMemoryIsMounted(t *testing.T) {
	t.Parallel()
	skipUnlessMounting(t)
	running := startWeb(t, newRunner(t), process.Mount{Target: "/scratch", Size: 1, Options: []string{"noexec", "mode=1777"}})
	if code, body := file(t, running, http.MethodPut, "/scratch/small", "x"); code != http.StatusOK {
		t.Errorf("%d %s", code, body)
	}
	large := strings.Repeat("x", 2<<20)
	if code, body := file(t, running, http.MethodPut, "/scratch/large", large); !strings.Contains(body, "no space left") {
		t.Errorf("two MiB in one: %d %s", code, body)
	}
}

func TestMountsThatCannotBeFail(t *testing.T) {
	t.Parallel()
	skipUnlessMounting(t)
	runner := newRunner(t)
	root, err := runner.Unpack(t.Context(), testimage.Build(t, v1.Config{Entrypoint: []string{"/app/server"}}))
	if err != nil {
		t.Fatal(err)
	}
	for target, source := range map[string]string{"/": t.TempDir(), "/a": "/absent-source", "/app/server/x": t.TempDir()} {
		if _, err := runner.Start(process.Spec{Root: root, Mounts: []process.Mount{{Source: source, Target: target}}}); err == nil {
			t.Errorf("%s at %s was mounted", source, target)
		}
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(root.Path), "container-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestReadOnlyRootsTakeNothing(t *testing.T) {
	t.Parallel()
	skipUnlessMounting(t)
	runner, shared := newRunner(t), t.TempDir()
	if err := os.Chmod(shared, 0o777); err != nil {
		t.Fatal(err)
	}
	root, err := runner.Unpack(t.Context(), testimage.Of(t, v1.Config{Entrypoint: []string{"/app/server"}, User: "65532:65532"}, webFiles(t)...))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := runner.Start(process.Spec{Root: root, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(plain.Kill)
	mounted, err := runner.Start(process.Spec{Root: root, ReadOnly: true, Mounts: []process.Mount{{Source: shared, Target: "/shared"}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(mounted.Kill)
	for _, each := range []*process.Process{plain, mounted} {
		if code, body := file(t, each, http.MethodPut, "/state/note", "x"); !strings.Contains(body, "read-only file system") {
			t.Errorf("writing to the root answers %d %s", code, body)
		}
	}
	if code, body := file(t, mounted, http.MethodPut, "/shared/note", "x"); code != http.StatusOK {
		t.Errorf("writing to what is mounted answers %d %s", code, body)
	}
}
