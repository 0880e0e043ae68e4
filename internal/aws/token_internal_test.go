package aws

import (
	"regexp"
	"testing"

	"github.com/ecsapp-dev/ecsapp-operator/internal/stack"
)

func TestTokensAreEqualForEqualStepsOnly(t *testing.T) {
	t.Parallel()
	order := Order{
		Action: stack.ContinueRollback, Target: Target{Name: "items", Owner: "owner"},
		Seen: stack.Observation{ID: "arn", Revision: "then"}, Digest: "digest", Salt: "1/0",
	}
	if again := order; again.token() != order.token() {
		t.Error("the same step has two tokens: a lost answer would double it")
	}
	if !regexp.MustCompile(`^[a-zA-Z0-9][-a-zA-Z0-9]{0,127}$`).MatchString(order.token()) {
		t.Errorf("CloudFormation refuses the token %q", order.token())
	}
	for name, change := range map[string]func(*Order){
		"action":       func(o *Order) { o.Action = stack.Update },
		"stack":        func(o *Order) { o.Seen.ID = "another" },
		"operation":    func(o *Order) { o.Seen.Revision = "later" },
		"template":     func(o *Order) { o.Digest = "another" },
		"last attempt": func(o *Order) { o.Salt = "1/1" },
		"owner":        func(o *Order) { o.Target.Owner = "another" },
	} {
		other := order
		change(&other)
		if other.token() == order.token() {
			t.Errorf("another %s has the same token: AWS would take the step for done", name)
		}
	}
}
