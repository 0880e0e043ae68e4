package elb

import (
	"strings"
	"testing"
)

func TestHealthFollowsTheThresholds(t *testing.T) {
	t.Parallel()
	// + is a check that passes, - one that fails; i, h and u are the states initial, healthy and unhealthy. The group's thresholds are 3 to get healthy and 2 to get unhealthy.
	tests := map[string]struct{ checks, want string }{
		"one success makes a new target healthy":          {"+", "h"},
		"a new target may fail once":                      {"-", "i"},
		"a new target that keeps failing is unhealthy":    {"- -", "iu"},
		"a healthy target may fail once in a row":         {"+ - + - +", "hhhhh"},
		"a healthy target that fails twice is unhealthy":  {"+ - -", "hhu"},
		"an unhealthy target needs three successes":       {"- - + + +", "iuuuh"},
		"a failure in between starts the count once more": {"- - + + - + +", "iuuuuuu"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checked := &target{health: Health{State: Initial}}
			var got strings.Builder
			for check := range strings.FieldsSeq(test.checks) {
				outcome := verdict{ok: check == "+", failed: Health{State: Unhealthy, Reason: "Target.FailedHealthChecks"}}
				checked.observe(outcome, &healthCheck{healthy: 3, unhealthy: 2})
				got.WriteByte(checked.health.State[0])
			}
			if got.String() != test.want {
				t.Errorf("got %s, want %s", got.String(), test.want)
			}
		})
	}
}

func TestPatternsMatch(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		pattern, text string
		want          bool
	}{
		"equal text":                   {"/items", "/items", true},
		"more text":                    {"/items", "/items/1", false},
		"a star for the rest":          {"/items/*", "/items/1/parts", true},
		"a star for nothing":           {"/items*", "/items", true},
		"a star in the middle":         {"/*/parts", "/items/1/parts", true},
		"a star that must try again":   {"*ab", "aab", true},
		"a question mark for one":      {"/item?", "/items", true},
		"a question mark for none":     {"/items?", "/items", false},
		"case matters unless folded":   {"/Items", "/items", false},
		"no text against stars":        {"**", "", true},
		"a pattern longer than a text": {"/items/x", "/items/", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := matches(test.pattern, test.text); got != test.want {
				t.Errorf("matches(%q, %q) = %t", test.pattern, test.text, got)
			}
		})
	}
}

func TestMatchersAcceptCodes(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		matcher string
		accepts []int
		refuses []int
		invalid bool
	}{
		"one code":    {matcher: "200", accepts: []int{200}, refuses: []int{201, 404}},
		"a list":      {matcher: "200,404", accepts: []int{200, 404}, refuses: []int{302}},
		"a range":     {matcher: "200-299", accepts: []int{200, 250, 299}, refuses: []int{300}},
		"a word":      {matcher: "ok", invalid: true},
		"out of 499":  {matcher: "200-599", invalid: true},
		"upside down": {matcher: "299-200", invalid: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			codes, err := parseCodes(test.matcher, lowestHTTP, highestHTTP)
			if (err != nil) != test.invalid {
				t.Fatalf("got error %v", err)
			}
			check := &healthCheck{codes: codes}
			for _, code := range test.accepts {
				if !check.accepts(code) {
					t.Errorf("%d is refused", code)
				}
			}
			for _, code := range test.refuses {
				if check.accepts(code) {
					t.Errorf("%d is accepted", code)
				}
			}
		})
	}
}
