package stack_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/stack"
)

var update = flag.Bool("update", false, "write the state diagram again")

const diagramFile = "../../docs/states.md"

// outcomes says to which phases an action leads in AWS.
func outcomes(action stack.Action) []stack.Phase {
	switch action {
	case stack.Create:
		return []stack.Phase{stack.Steady, stack.Broken}
	case stack.Update:
		return []stack.Phase{stack.Steady, stack.RolledBack, stack.RollbackFailed}
	case stack.ContinueRollback:
		return []stack.Phase{stack.RolledBack, stack.RollbackFailed}
	case stack.Delete:
		return []stack.Phase{stack.Absent, stack.DeleteFailed}
	case stack.None, stack.Wait, stack.Protect, stack.Release, stack.Hold:
	}
	return nil
}

func TestTheStateDiagramIsUpToDate(t *testing.T) {
	t.Parallel()
	want := diagram()
	if *update {
		if err := os.WriteFile(diagramFile, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(diagramFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("docs/states.md is not what Next does; run `go test ./internal/stack -update` (-want +got):\n%s", diff)
	}
}

func diagram() string {
	var text strings.Builder
	text.WriteString("# What the operator does in each state of a stack\n\n" +
		"<!-- Generated from internal/stack by `go test ./internal/stack -update`. -->\n\n" +
		"CloudFormation's statuses fold into eight phases. While a stack is Busy the operator waits, except that a deletion\n" +
		"ends a creation; from every other phase one action leads on. A new spec, or a new value of annotation `ecsapp.dev/reconcile-at`, ends every hold.\n\n")
	section(&text, "The EcsApp is there", []situation{
		{"new spec", stack.Goal{Digest: current}},
		{"spec tried, repairs left", tried(attempt(1, true))},
		{"spec tried, repairs spent", tried(attempt(stack.RepairBudget, true))},
		{"suspended", stack.Goal{Digest: current, Suspended: true}},
	})
	section(&text, "The EcsApp is being deleted", []situation{
		{"deleting", stack.Goal{Delete: true}},
		{"retries spent", stack.Goal{Delete: true, Attempt: attempt(stack.RepairBudget, true)}},
		{"deletionPolicy Retain", stack.Goal{Delete: true, Retain: true}},
		{"suspended", stack.Goal{Delete: true, Suspended: true}},
	})
	return text.String()
}

type situation struct {
	name string
	goal stack.Goal
}

func section(text *strings.Builder, title string, situations []situation) {
	fmt.Fprintf(text, "## %s\n\n| Phase |", title)
	for _, s := range situations {
		fmt.Fprintf(text, " %s |", s.name)
	}
	text.WriteString("\n|---|" + strings.Repeat("---|", len(situations)) + "\n")
	for _, phase := range stack.Phases() {
		fmt.Fprintf(text, "| %s |", phase)
		for _, s := range situations {
			fmt.Fprintf(text, " %s |", stack.Next(s.goal, seen(phase, older)))
		}
		text.WriteString("\n")
	}
	text.WriteString("\n```mermaid\nstateDiagram-v2\n")
	for _, edge := range edges(situations[0].goal) {
		text.WriteString("    " + edge + "\n")
	}
	text.WriteString("```\n\n")
}

// edges draws where the first situation leads to, phase by phase.
func edges(goal stack.Goal) []string {
	var all []string
	for _, phase := range stack.Phases() {
		action := stack.Next(goal, seen(phase, older))
		if action == stack.Release {
			all = append(all, fmt.Sprintf("%s --> [*]: %s", phase, action))
		}
		for _, to := range outcomes(action) {
			all = append(all, fmt.Sprintf("%s --> %s: %s", phase, to, action))
		}
	}
	slices.Sort(all)
	return all
}
