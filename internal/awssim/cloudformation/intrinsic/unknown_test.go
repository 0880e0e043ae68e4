package intrinsic_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Change sets show what is made of a value that is not known yet as unknown (quoted: joined ARNs in public reports).
func TestWhatIsMadeOfUnknownValuesIsUnknown(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		expression string
		want       any
	}{
		"a reference":              {"!Ref Other", "?"},
		"within an object":         {"{a: !Ref Other, b: x}", map[string]any{"a": "?", "b": "x"}},
		"joined":                   {"!Join ['-', [a, !Ref Other]]", "?"},
		"substituted":              {"!Sub 'a-${Other.Arn}'", "?"},
		"substituted by a map":     {"!Sub ['a-${B}', {B: !Ref Other}]", "?"},
		"encoded":                  {"!Base64 {Ref: Other}", "?"},
		"split and joined":         {"!Join ['_', !Split ['-', !GetAtt Other.Arn]]", "?"},
		"selected of a list":       {"!Select [0, [!Ref Other, b]]", "?"},
		"another one of a list":    {"!Join ['', [!Select [1, [!Ref Other, b]], c]]", "bc"},
		"selected of what":         {"!Select [0, !GetAtt Other.List]", "?"},
		"chosen":                   {"!If [Yes, !Ref Other, b]", "?"},
		"not chosen":               {"!Join ['', [!If [No, !Ref Other, b], c]]", "bc"},
		"beside what is not known": {"[!Ref Other, !Sub '${Name}']", []any{"?", "x"}},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scope := scopeOf(t, around(test.expression))
			scope.Unknown = "?"
			scope.Resource = func(string) (string, error) { return "?", nil }
			scope.Attribute = func(string, string) (any, error) { return "?", nil }
			got, err := scope.Value(scope.Template.Resources["Subject"].Properties["Value"])
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
