package cfn

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSubstitutionsFindsNamesAndLeavesLiterals(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		text string
		want []string
	}{
		"plain text":                   {"a $ b } c", nil},
		"names and attributes":         {"${A}-${B.C.D}", []string{"A", "B.C.D"}},
		"a literal":                    {"${!A} ${B}", []string{"B"}},
		"a literal that stays open":    {"${!A", nil},
		"a literal before a reference": {"${!${A}", []string{"A"}},
		"spaces around a name":         {"${ A }", []string{"A"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := substitutions(c.text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("names in %q (-want +got):\n%s", c.text, diff)
			}
		})
	}
}

// Whatever a user writes must reach AWS as it is: no part of a literal may become a reference.
func FuzzLiteralsHaveNoSubstitutions(f *testing.F) {
	f.Add("${A}", "!B}")
	f.Add("$", "{A}")
	f.Add("$$", "{")
	f.Fuzz(func(t *testing.T, left, right string) {
		text := Concat(S(left), S(right)).Text
		names, err := substitutions(text)
		if err != nil || len(names) > 0 {
			t.Errorf("%q and %q become %q with names %q (error %v)", left, right, text, names, err)
		}
		if got := strings.ReplaceAll(text, "${!", "${"); left+right != got && !strings.Contains(left+right, "${!") {
			t.Errorf("%q and %q become %q", left, right, got)
		}
	})
}
