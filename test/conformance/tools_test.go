package conformance

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// tool is a program that these tests need. `make test` finds or installs it; where it is missing nevertheless, the test
// is skipped on a developer's machine and fails in CI, which sets the variable CI.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	switch {
	case err == nil:
		return path
	case os.Getenv("CI") != "":
		t.Fatalf("%s is missing: hack/python.sh or hack/cdk/setup.sh installs it", name)
	default:
		t.Skipf("%s is missing: `make test` installs it, and so does hack/python.sh or hack/cdk/setup.sh, which print the folder for your PATH", name)
	}
	return ""
}

// startMoto starts moto_server on a free port and returns its URL. It ends with the test.
func startMoto(t *testing.T) string {
	t.Helper()
	path := tool(t, "moto_server")
	address := freeAddress(t)
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	var output bytes.Buffer
	server := exec.Command(path, "-H", "127.0.0.1", "-p", port) //nolint:noctx // it is ended below, with its children
	server.Stdout, server.Stderr = &output, &output
	server.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-server.Process.Pid, syscall.SIGKILL)
		_ = server.Wait()
	})
	url := "http://" + address
	const patience = time.Minute
	for started := time.Now(); !answers(t.Context(), url+"/moto-api/data.json"); time.Sleep(50 * time.Millisecond) {
		if time.Since(started) > patience {
			t.Fatalf("moto_server does not answer:\n%s", output.String())
		}
	}
	return url
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	return listener.Addr().String()
}

func answers(ctx context.Context, url string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	return response.Body.Close() == nil && response.StatusCode == http.StatusOK
}

// forget empties a moto_server.
func forget(t *testing.T, url string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/moto-api/reset", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	if err := response.Body.Close(); err != nil || response.StatusCode != http.StatusOK {
		t.Fatal(fmt.Errorf("moto_server answers %s: %w", response.Status, err))
	}
}

func now() *int64 { return aws.Int64(time.Now().UnixMilli()) }
