package template_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/template"
)

var update = flag.Bool("update", false, "write the golden files anew")

const goldenFileMode = 0o600

func TestManifestsRenderAsTheGoldenFiles(t *testing.T) {
	t.Parallel()
	for _, manifest := range manifests(t) {
		t.Run(strings.TrimSuffix(filepath.Base(manifest), ".yaml"), func(t *testing.T) {
			t.Parallel()
			built, err := template.Build(load(t, manifest), image)
			if err != nil {
				t.Fatal(err)
			}
			if err := built.Validate(); err != nil {
				t.Error(err)
			}
			compareWithGolden(t, strings.TrimSuffix(manifest, ".yaml")+".golden.json", indented(t, built.Body))
		})
	}
}

func compareWithGolden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, goldenFileMode); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; run the test with -update to write it", err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-golden +got), -update accepts it:\n%s", path, diff)
	}
}

func manifests(t testing.TB) []string {
	t.Helper()
	paths, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no manifests in testdata: %v", err)
	}
	return paths
}

func indented(t *testing.T, body []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := json.Indent(&out, body, "", "  "); err != nil {
		t.Fatal(err)
	}
	out.WriteByte('\n')
	return out.Bytes()
}

func TestCfnLintFindsNothingInTheGoldenFiles(t *testing.T) {
	t.Parallel()
	linter, err := exec.LookPath("cfn-lint")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("cfn-lint is missing; install hack/requirements.txt")
		}
		t.Skip("cfn-lint is not on PATH; hack/requirements.txt has it")
	}
	golden, err := filepath.Glob("testdata/*.golden.json")
	if err != nil || len(golden) != len(manifests(t)) {
		t.Fatalf("%d golden files for %d manifests: %v", len(golden), len(manifests(t)), err)
	}
	arguments := append([]string{"--regions", "us-east-1", "--format", "parseable", "--"}, golden...)
	output, err := exec.CommandContext(t.Context(), linter, arguments...).CombinedOutput()
	if err != nil || len(bytes.TrimSpace(output)) > 0 {
		t.Errorf("cfn-lint: %v\n%s", err, output)
	}
}
