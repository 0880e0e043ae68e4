package main

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim"
)

var update = flag.Bool("update", false, "rewrite the generated parts of docs/simulator.md")

func TestTheManualSaysWhatTheCodeDoes(t *testing.T) {
	t.Parallel()
	page := filepath.Join("..", "..", "docs", "simulator.md")
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	simulator := awssim.New(awssim.Options{})
	support := simulator.Support()
	if err := simulator.Close(); err != nil {
		t.Fatal(err)
	}
	want := section(t, string(text), "help", help(t))
	want = section(t, want, "operations", operations(support))
	want = section(t, want, "types", resourceTypes(support))
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Errorf("run: go test ./cmd/awssim -update\n%s", diff)
	}
}

// section replaces what lies between a page's comments "begin NAME" and "end NAME".
func section(t *testing.T, page, name, content string) string {
	t.Helper()
	begin, end := "<!-- begin "+name+" (generated) -->\n", "<!-- end "+name+" -->\n"
	before, rest, hasBegin := strings.Cut(page, begin)
	_, after, hasEnd := strings.Cut(rest, end)
	if !hasBegin || !hasEnd {
		t.Fatalf("the page has no section %q", name)
	}
	return before + begin + content + end + after
}

func help(t *testing.T) string {
	t.Helper()
	var text strings.Builder
	if _, err := parse([]string{"--help"}, &text); !errors.Is(err, flag.ErrHelp) {
		t.Fatal(err)
	}
	return "```\n" + strings.ReplaceAll(text.String(), "\t", "      ") + "```\n"
}

func operations(support awssim.Support) string {
	var table strings.Builder
	table.WriteString("| service | operations |\n|---|---|\n")
	for _, service := range slices.Sorted(maps.Keys(support.Operations)) {
		fmt.Fprintf(&table, "| `%s` | %s |\n", service, strings.Join(support.Operations[service], ", "))
	}
	return table.String()
}

func resourceTypes(support awssim.Support) string {
	var table strings.Builder
	table.WriteString("| type | in the simulator |\n|---|---|\n")
	for _, row := range []struct {
		types []string
		does  string
	}{{support.Moving, "moves"}, {support.Plain, "exists"}, {support.Refused, "is refused"}} {
		for _, name := range row.types {
			fmt.Fprintf(&table, "| `%s` | %s |\n", name, row.does)
		}
	}
	return table.String()
}
