package status

import (
	"fmt"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/stack"
)

const (
	// maxMessage bounds a condition's message, in bytes; the API server refuses more than 32,768 characters.
	maxMessage = 2000
	// maxNote bounds an event's note, in bytes; the API server refuses more than 1,024.
	maxNote = 1000
)

// cut shortens a text to so many bytes.
func cut(text string, limit int) string {
	const more = " ..."
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit-len(more)], "") + more
}

// sentence joins parts into sentences, leaving empty ones out.
func sentence(parts ...string) string {
	var kept []string
	for _, part := range parts {
		if part = strings.TrimRight(strings.TrimSpace(part), "."); part != "" {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, ". ")
}

// why says what is known to have failed: in the words of the stack's events, and of the tasks.
func why(r Report) string {
	tasks := r.Failure
	if tasks == "" && r.Seen.Rollout != nil {
		tasks = r.Seen.Rollout.Diagnosis
	}
	if tasks != "" {
		tasks = "Tasks failed: " + tasks
	}
	return sentence(r.Seen.Failure, tasks)
}

func stackSentence(seen *stack.Observation) string {
	if seen.Status == "" {
		return "There is no stack"
	}
	return "Stack is " + seen.Status
}

func tasksSentence(rollout *stack.Rollout) string {
	return sentence(tasksRunning(rollout), rollout.Diagnosis)
}

func tasksRunning(rollout *stack.Rollout) string {
	if rollout.Desired == 0 && rollout.Running == 0 {
		return "Scaled to zero"
	}
	if rollout.Desired == 1 {
		return fmt.Sprintf("%d of 1 task running", rollout.Running)
	}
	return fmt.Sprintf("%d of %d tasks running", rollout.Running, rollout.Desired)
}

func containsRollback(status string) bool { return strings.Contains(status, "ROLLBACK") }

// inSync says whether the stack was deployed from the wanted template.
func inSync(r Report) bool {
	if r.Seen == nil || r.Goal.Digest == "" {
		return false
	}
	updated := r.Seen.Phase == stack.Steady || r.Seen.Phase == stack.RolledBack
	return updated && (r.Seen.Digest == r.Goal.Digest || r.Goal.Attempt.Unchanged)
}
