package conformance

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/ecsapp-dev/ecsapp-operator/awssimtest"
)

// The cases are boto3_cases.py, which says one line of JSON for each.
func TestPythonProgramsWork(t *testing.T) {
	t.Parallel()
	runPython(t, "boto3_cases.py")
}

// The cases are recorded_cases.py: what real AWS was recorded to answer.
func TestAnswersAreThoseThatWereRecorded(t *testing.T) {
	t.Parallel()
	runPython(t, "recorded_cases.py")
}

func runPython(t *testing.T, script string) {
	t.Helper()
	python := filepath.Join(filepath.Dir(tool(t, "moto_server")), "python3") // moto needs boto3
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "web.yaml"), []byte(web), 0o600); err != nil {
		t.Fatal(err)
	}
	sim := awssimtest.Start(t, awssimtest.PlaceholderImages())
	command := exec.CommandContext(t.Context(), python, script, dir)
	command.Env = append(os.Environ(), sim.Env()...)
	var problems bytes.Buffer
	command.Stderr = &problems
	output, err := command.Output()
	if err != nil {
		t.Fatalf("%v\n%s%s", err, output, problems.String())
	}
	told := 0
	for scanner := bufio.NewScanner(bytes.NewReader(output)); scanner.Scan(); told++ {
		var line struct {
			Case    string `json:"case"`
			Problem string `json:"problem"`
		}
		if err := json.Unmarshal(scanner.Bytes(), &line); err != nil {
			t.Fatalf("%s: %v", scanner.Text(), err)
		}
		t.Run(line.Case, func(t *testing.T) {
			t.Parallel()
			if line.Problem != "" {
				t.Error(line.Problem)
			}
		})
	}
	if told == 0 {
		t.Errorf("no case was told\n%s", problems.String())
	}
}
