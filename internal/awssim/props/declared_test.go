package props_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

func TestWhatWasDeclaredIsReadBackUnlessItChanged(t *testing.T) {
	t.Parallel()
	declared := props.DeclaredBy(resource.Request{
		Properties: resource.Properties{
			"Password": "hidden", "Days": "7", "Name": "items",
			"Tags": []any{map[string]any{"Key": "team", "Value": "a"}, map[string]any{"Key": "app", "Value": "b"}},
		},
		Tags: map[string]string{"aws:cloudformation:stack-name": "demo"},
	})
	tests := map[string]struct {
		now  resource.Properties
		tags map[string]string
		want resource.Properties
	}{
		"nothing changed": {
			resource.Properties{"Days": 7, "Name": "items"},
			map[string]string{"team": "a", "app": "b", "aws:cloudformation:stack-name": "demo"},
			declared.Properties,
		},
		"a value changed, one is gone, tags too": {
			resource.Properties{"Days": 14, "Name": nil},
			map[string]string{"app": "c", "zone": "d", "aws:cloudformation:stack-name": "demo"},
			resource.Properties{
				"Password": "hidden", "Days": 14,
				"Tags": []any{map[string]any{"Key": "app", "Value": "c"}, map[string]any{"Key": "zone", "Value": "d"}},
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, declared.Read(test.now, test.tags)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
