package controllers_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/ecsapp-dev/ecsapp-operator/controllers"
)

func TestStackNamesAreWhatCloudFormationTakes(t *testing.T) {
	t.Parallel()
	valid := regexp.MustCompile(`^[a-zA-Z][-a-zA-Z0-9]{0,127}$`)
	for name, app := range map[string]struct{ namespace, name, want string }{
		"plain":                  {"shop", "items", "shop-items-"},
		"a dot in the name":      {"shop", "items.v2", "shop-items-v2-"},
		"a namespace of digits":  {"42", "items", "n42-items-"},
		"as long as it may be":   {strings.Repeat("n", 63), strings.Repeat("a", 63), strings.Repeat("n", 63) + "-" + strings.Repeat("a", 55)},
		"a dash before the hash": {strings.Repeat("n", 63), strings.Repeat("a", 54) + "-b", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := controllers.StackName("cluster", app.namespace, app.name)
			if !valid.MatchString(got) || !strings.HasPrefix(got, app.want) {
				t.Errorf("StackName(%q, %q) = %q, want a valid name that starts with %q", app.namespace, app.name, got, app.want)
			}
		})
	}
}

func TestStackNamesDoNotCollide(t *testing.T) {
	t.Parallel()
	seen := map[string][3]string{}
	for _, app := range [][3]string{
		{"one", "a", "b-c"},
		{"one", "a-b", "c"},
		{"two", "a", "b-c"},
		{"one", "a", "b.c"},
		{"one", strings.Repeat("n", 63), strings.Repeat("a", 62) + "1"},
		{"one", strings.Repeat("n", 63), strings.Repeat("a", 62) + "2"},
	} {
		name := controllers.StackName(app[0], app[1], app[2])
		if other, taken := seen[name]; taken {
			t.Errorf("%v and %v share the stack %q", app, other, name)
		}
		seen[name] = app
	}
}
