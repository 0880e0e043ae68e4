package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/postgres/pgtest"
)

// task is a process of the application.
type task struct {
	url     string
	command *exec.Cmd
	// last has the last line of the log, once the process has closed it.
	last <-chan string
}

// startTask starts a process that listens on a free port, and ends it by force with the test, if nobody did before.
func startTask(t *testing.T, environment ...string) *task {
	t.Helper()
	command := app(t.Context(), append(environment, "PORT=0"))
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// Both fail if the test has ended the process itself.
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	lines := bufio.NewScanner(stdout)
	port := awaitPort(t, lines)
	last := make(chan string, 1)
	go func() {
		line := ""
		for lines.Scan() {
			line = lines.Text()
		}
		last <- line
	}()
	return &task{url: "http://127.0.0.1:" + port, command: command, last: last}
}

// terminate tells the process to stop, as ECS does.
func (p *task) terminate(t *testing.T) {
	t.Helper()
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
}

// awaitEnd waits for the end of a process that should end well.
func (p *task) awaitEnd(t *testing.T) {
	t.Helper()
	if line := <-p.last; line != "INFO:     Finished server process" {
		t.Errorf("the last line is %q", line)
	}
	if err := p.command.Wait(); err != nil {
		t.Errorf("after SIGTERM the process ends with %v", err)
	}
}

// healthcheck runs the command that checks the process.
func (p *task) healthcheck(t *testing.T) error {
	t.Helper()
	_, port, _ := strings.Cut(strings.TrimPrefix(p.url, "http://"), ":")
	_, err := app(t.Context(), []string{"PORT=" + port}, "healthcheck").Output()
	return err
}

// ask returns status and body of an answer.
func ask(ctx context.Context, method, url, body string) (int, string, error) {
	request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, "", err
	}
	content, err := io.ReadAll(response.Body)
	return response.StatusCode, string(content), errors.Join(err, response.Body.Close())
}

// expect asks and compares.
func (p *task) expect(t *testing.T, method, path, body string, status int, answer string) {
	t.Helper()
	gotStatus, gotAnswer, err := ask(t.Context(), method, p.url+path, body)
	if err != nil || gotStatus != status || !strings.HasPrefix(gotAnswer, answer) {
		t.Errorf("%s %s = %d %s, %v; want %d %s", method, path, gotStatus, gotAnswer, err, status, answer)
	}
}

// awaitStatus asks until an answer has the status. No request may go without an answer.
func (p *task) awaitStatus(t *testing.T, path string, status int) {
	t.Helper()
	const patience, interval = 20 * time.Second, 5 * time.Millisecond
	for begin := time.Now(); time.Since(begin) < patience; time.Sleep(interval) {
		got, _, err := ask(t.Context(), http.MethodGet, p.url+path, "")
		if err != nil {
			t.Fatalf("GET %s: %v", path, err)
		}
		if got == status {
			return
		}
	}
	t.Fatalf("GET %s never answers %d", path, status)
}

// inPieces is an environment that leads to a database of the server, as ECS injects it.
func inPieces(t *testing.T, server *pgtest.Server) []string {
	t.Helper()
	url := server.Database(t)
	name := url[strings.LastIndex(url, "/")+1 : strings.LastIndex(url, "?")]
	return []string{
		"DB_HOST=127.0.0.1", "DB_PORT=" + server.Port(), "DB_NAME=" + name,
		"DB_USER=" + pgtest.User, "DB_PASSWORD=" + pgtest.Password,
	}
}

func TestAProcessIsNotReadyBeforeItEnds(t *testing.T) {
	t.Parallel()
	process := startTask(t)
	process.expect(t, "GET", "/readyz", "", http.StatusOK, `{"status":"ready"}`)
	process.terminate(t)
	process.awaitStatus(t, "/readyz", http.StatusServiceUnavailable)
	process.expect(t, "GET", "/health", "", http.StatusServiceUnavailable, `{"status":"unhealthy"`)
	process.expect(t, "GET", "/livez", "", http.StatusOK, `{"status":"alive"}`)
	process.expect(t, "GET", "/items/1", "", http.StatusOK, `{"id":1,"name":"Widget"`)
	process.awaitEnd(t)
}

func TestItemsInADatabaseOutliveTheProcessAndTheDatabaseServer(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	environment := inPieces(t, server)
	const doodad = `{"id":3,"name":"Doodad","description":null,"price":39.99}`

	first := startTask(t, environment...)
	first.expect(t, "POST", "/items", `{"name":"Doodad","price":39.99}`, http.StatusOK, doodad)
	first.expect(t, "POST", "/items", `{"name":"\u0000","price":1}`, http.StatusUnprocessableEntity, `{"detail":[{"type":"value_error"`)
	first.terminate(t)
	first.awaitEnd(t)

	second := startTask(t, environment...)
	second.expect(t, "GET", "/items/3", "", http.StatusOK, doodad)
	server.Stop(t)
	second.expect(t, "GET", "/health", "", http.StatusServiceUnavailable, `{"status":"unhealthy","timestamp":"`)
	second.expect(t, "GET", "/readyz", "", http.StatusServiceUnavailable, `{"status":"not ready"}`)
	second.expect(t, "GET", "/livez", "", http.StatusOK, `{"status":"alive"}`)
	second.expect(t, "GET", "/items", "", http.StatusInternalServerError, "Internal Server Error")
	if err := second.healthcheck(t); err == nil {
		t.Error("the health check succeeds without a database")
	}
	server.Resume(t)
	second.awaitStatus(t, "/health", http.StatusOK)
	second.expect(t, "GET", "/items/3", "", http.StatusOK, doodad)
	if err := second.healthcheck(t); err != nil {
		t.Errorf("the health check fails with a database: %v", err)
	}
	second.terminate(t)
	second.awaitEnd(t)
}
