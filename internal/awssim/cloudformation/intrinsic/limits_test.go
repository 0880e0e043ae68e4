package intrinsic_test

import (
	"strings"
	"testing"
)

func TestNestedSubstitutionsAreEvaluatedOnce(t *testing.T) {
	t.Parallel()
	const levels = 60
	nested := strings.Repeat("{'Fn::Sub': ['${a}${a}', {a: ", levels) + "''" + strings.Repeat("}]}", levels)
	scope := scopeOf(t, around(nested))
	got, err := scope.Properties(scope.Template.Resources["Subject"].Properties)
	if err != nil || got["Value"] != "" {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestNestedFunctionsCannotBlowUpAText(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ begin, end string }{
		"Base64": {"{'Fn::Base64': ", "}"},
		"Sub":    {"{'Fn::Sub': ['${a}${a}', {a: ", "}]}"},
		"Join":   {"{'Fn::Join': [" + strings.Repeat("-", 30_000) + ", [a, ", "]]}"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const levels = 60
			scope := scopeOf(t, around(strings.Repeat(test.begin, levels)+"x"+strings.Repeat(test.end, levels)))
			_, err := scope.Properties(scope.Template.Resources["Subject"].Properties)
			if err == nil || !strings.Contains(err.Error(), "longer than 1048576 bytes") {
				t.Errorf("got %v", err)
			}
		})
	}
}
