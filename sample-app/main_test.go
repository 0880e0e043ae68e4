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
	"time"
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
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	process := app(ctx, []string{"PORT=0"})
	stdout, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	port := awaitPort(t, lines)

	if output, err := app(ctx, []string{"PORT=" + port}, "healthcheck").CombinedOutput(); err != nil {
		t.Errorf("the health check of a running process fails: %v\n%s", err, output)
	}
	if err := process.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	var last string
	for lines.Scan() {
		last = lines.Text()
	}
	if err := process.Wait(); err != nil {
		t.Errorf("after SIGTERM the process ends with %v", err)
	}
	if want := "INFO:     Finished server process"; last != want {
		t.Errorf("the last line is %q, want %q", last, want)
	}
	if output, err := app(ctx, []string{"PORT=" + port}, "healthcheck").CombinedOutput(); err == nil {
		t.Errorf("the health check of a process that ended succeeds:\n%s", output)
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
