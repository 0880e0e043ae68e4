package conformance

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/ecsapp-dev/ecsapp-operator/awssimtest"
)

// attempt runs a client of AWS, such as the aws command line, against a simulator. It returns what the client prints, and
// what it complains about.
func attempt(t *testing.T, sim *awssimtest.Simulator, name string, arguments ...string) (string, string) {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is missing", name)
	}
	var out, problems bytes.Buffer
	command := exec.CommandContext(t.Context(), path, arguments...)
	command.Env = append(os.Environ(), sim.Env()...)
	command.Stdout, command.Stderr = &out, &problems
	if err := command.Run(); err != nil {
		return strings.TrimSpace(out.String()), strings.TrimSpace(err.Error() + ": " + problems.String())
	}
	return strings.TrimSpace(out.String()), ""
}

// program is attempt for what has to succeed.
func program(t *testing.T, sim *awssimtest.Simulator, name string, arguments ...string) string {
	t.Helper()
	out, problems := attempt(t, sim, name, arguments...)
	if problems != "" {
		t.Fatalf("%s %s: %s", name, strings.Join(arguments, " "), problems)
	}
	return out
}
