package main

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// asApp tells the test binary to be the application.
const asApp = "BE_THE_SAMPLE_APP"

func TestMain(m *testing.M) {
	if os.Getenv(asApp) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// app prepares a process of the application.
func app(ctx context.Context, environment []string, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, os.Args[0], args...)
	command.Env = append([]string{asApp + "=1", "HOST=127.0.0.1"}, environment...)
	return command
}

func TestAProcessLivesAsAContainerShould(t *testing.T) {
	t.Parallel()
	process := startTask(t, "DRAIN_PAUSE=0s")
	if err := process.healthcheck(t); err != nil {
		t.Errorf("the health check of a running process fails: %v", err)
	}
	process.terminate(t)
	process.awaitEnd(t)
	if err := process.healthcheck(t); err == nil {
		t.Error("the health check of a process that ended succeeds")
	}
}

// awaitPort reads lines until one names the port.
func awaitPort(t *testing.T, lines *bufio.Scanner) string {
	t.Helper()
	running := regexp.MustCompile(`Running on http://127\.0\.0\.1:(\d+) `)
	for lines.Scan() {
		if match := running.FindStringSubmatch(lines.Text()); match != nil {
			return match[1]
		}
	}
	t.Fatal("the process ended without a port")
	return ""
}

func TestAProcessThatIsStoppedBeforeItsStartEndsWell(t *testing.T) {
	t.Parallel()
	process := app(t.Context(), []string{"DATABASE_URL=postgres://127.0.0.1:1/items"})
	stdout, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	if !lines.Scan() || !strings.HasPrefix(lines.Text(), "WARN:     Waiting for the database") {
		t.Errorf("the first line is %q", lines.Text())
	}
	if err := process.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if !lines.Scan() || !strings.HasPrefix(lines.Text(), "INFO:     Told to stop before the start") {
		t.Errorf("the last line is %q", lines.Text())
	}
	if err := process.Wait(); err != nil {
		t.Errorf("the process ends with %v", err)
	}
}

func TestAProcessThatCannotStartSaysWhy(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		environment []string
		args        []string
		want        string
	}{
		"an unknown command":   {nil, []string{"crash"}, "usage"},
		"a port of letters":    {[]string{"PORT=http"}, nil, `PORT: "http" is not a port number`},
		"an address of no one": {[]string{"HOST=192.0.2.1"}, nil, "listening"},
		"half a database":      {[]string{"DB_HOST=db"}, nil, "reading DB_NAME, DB_USER, DB_PASSWORD: not set"},
		"a database of no one": {
			[]string{"DATABASE_URL=postgres://127.0.0.1:1/items", "DATABASE_WAIT=300ms"}, nil, "waiting for the database",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			output, err := app(t.Context(), test.environment, test.args...).CombinedOutput()
			exit, ok := errors.AsType[*exec.ExitError](err)
			if !ok || exit.ExitCode() != 1 || !strings.Contains(string(output), test.want) {
				t.Errorf("the process says %q and ends with %v, want 1 and %q", output, err, test.want)
			}
		})
	}
}
