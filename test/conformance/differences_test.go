package conformance

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/ecsapp-dev/ecsapp-operator/awssimtest"
)

var update = flag.Bool("update", false, "rewrite testdata/moto.yaml and the generated part of docs/conformance.md")

// difference is what moto answers where AWS and awssim agree with each other.
type difference struct {
	Moto string `json:"moto"`
	// Source says how we know what AWS answers.
	Source string `json:"source"`
}

// differences by story and fact.
type differences map[string]map[string]difference

func stories() []story { return slices.Concat(stackStories(), callStories()) }

// What a story expects is what AWS does.
func TestTheSimulatorTellsTheStoriesOfAWS(t *testing.T) {
	t.Parallel()
	for _, s := range stories() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			for _, f := range tell(t, s, awssimtest.Start(t, awssimtest.PlaceholderImages()).URL()) {
				if diff := cmp.Diff(f.aws, f.got); diff != "" {
					t.Errorf("%s:\n%s", f.name, diff)
				}
			}
		})
	}
}

// Where moto differs it is listed, with the source that says what AWS does.
func TestWhereMotoDiffersIsListed(t *testing.T) {
	t.Parallel()
	moto := startMoto(t)
	found := make(differences)
	expected := make(map[string]map[string]string)
	for _, s := range stories() {
		forget(t, moto)
		for _, f := range tell(t, s, moto) {
			if f.got == f.aws {
				continue
			}
			if found[s.name] == nil {
				found[s.name], expected[s.name] = make(map[string]difference), make(map[string]string)
			}
			found[s.name][f.name], expected[s.name][f.name] = difference{Moto: f.got}, f.aws
		}
	}
	file, page := filepath.Join("testdata", "moto.yaml"), filepath.Join("..", "..", "docs", "conformance.md")
	keepSources(t, found, file)
	checkFile(t, file, render(t, found))
	checkFile(t, page, withSection(t, page, table(found, expected)))
}

// keepSources takes over the sources that are listed. A difference without one fails the test.
func keepSources(t *testing.T, found differences, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var listed differences
	if err := yaml.UnmarshalStrict(text, &listed); err != nil {
		t.Fatal(err)
	}
	for name, facts := range found {
		for fact, seen := range facts {
			seen.Source = listed[name][fact].Source
			if seen.Source == "" {
				t.Errorf("%s: %s: moto answers something else, and %s has no source that says what AWS does:\n%s",
					name, fact, file, seen.Moto)
			}
			facts[fact] = seen
		}
	}
}

func render(t *testing.T, found differences) string {
	t.Helper()
	text, err := yaml.Marshal(found)
	if err != nil {
		t.Fatal(err)
	}
	return "# Where moto differs from AWS, by story and fact. `go test ./test/conformance -update` writes all but the sources.\n" + string(text)
}

// table is the generated part of the page.
func table(found differences, expected map[string]map[string]string) string {
	var text strings.Builder
	text.WriteString("| story | fact | AWS and awssim | moto | source |\n|---|---|---|---|---|\n")
	for _, name := range slices.Sorted(maps.Keys(found)) {
		for _, fact := range slices.Sorted(maps.Keys(found[name])) {
			seen := found[name][fact]
			fmt.Fprintf(&text, "| %s | %s | %s | %s | %s |\n", name, fact, cell(expected[name][fact]), cell(seen.Moto), cell(seen.Source))
		}
	}
	return text.String()
}

// cell is a text in one line of a table.
func cell(text string) string {
	return strings.NewReplacer("\n", "<br>", "|", `\|`, "<", "&lt;").Replace(text)
}

// withSection replaces the generated part of a page.
func withSection(t *testing.T, page, content string) string {
	t.Helper()
	const begin, end = "<!-- begin moto (generated) -->\n", "<!-- end moto -->\n"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, hasBegin := strings.Cut(string(text), begin)
	_, after, hasEnd := strings.Cut(rest, end)
	if !hasBegin || !hasEnd {
		t.Fatalf("%s has no generated section", page)
	}
	return before + begin + content + end + after
}

// checkFile compares a file with what it has to be, or makes it so.
func checkFile(t *testing.T, file, want string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(got), want); diff != "" {
		t.Errorf("%s: run go test ./test/conformance -update, and add the sources of new differences\n%s", file, diff)
	}
}
