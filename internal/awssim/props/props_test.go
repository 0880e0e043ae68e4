package props_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

type sample struct {
	Name   string
	Count  *int
	On     bool
	Items  []inner
	Labels map[string]string
	Raw    any
}

type inner struct{ Size float64 }

func TestDecode(t *testing.T) {
	t.Parallel()
	two := 2
	tests := map[string]struct {
		properties resource.Properties
		want       sample
		failure    string
	}{
		"scalars may be written as strings": {
			properties: resource.Properties{"Name": 8000.0, "Count": "2", "On": "true"},
			want:       sample{Name: "8000", Count: &two, On: true},
		},
		"objects, lists and maps nest": {
			properties: resource.Properties{"Items": []any{map[string]any{"Size": 0.5}}, "Labels": map[string]any{"a": 1.0}},
			want:       sample{Items: []inner{{Size: 0.5}}, Labels: map[string]string{"a": "1"}},
		},
		"an unknown property is named": {
			properties: resource.Properties{"Items": []any{map[string]any{"Colour": "red"}}},
			failure:    "awssim does not implement the property Items/0/Colour",
		},
		"a wrong type is named": {
			properties: resource.Properties{"Count": "many"},
			failure:    "Model validation failed (#/Count: expected an integer, found string)",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got sample
			err := props.Decode(test.properties, &got)
			if test.failure != "" {
				if err == nil || err.Error() != test.failure {
					t.Errorf("got error %v, want %s", err, test.failure)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
