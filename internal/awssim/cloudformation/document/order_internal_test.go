package document

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestResourcesKeepTheOrderInWhichTheirTextNamesMembers(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"JSON": `{"Resources": {"B": {"Type": "T", "Properties": {"Z": 1, "Y": [{"X": {"W": 2}}, {"Z": 3}]}}, "A": {"Type": "T"}}, "Outputs": {"O": {"Value": "v"}}}`,
		"YAML": "Resources:\n  B:\n    Type: T\n    Properties: {Z: 1, Y: [{X: {W: 2}}, {Z: 3}]}\n  A: {Type: T}\nOutputs: {O: {Value: v}}\n",
	}
	for name, body := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			template, err := Parse(body)
			if err != nil {
				t.Fatal(err)
			}
			got := map[string][]string{"A": template.Resources["A"].Order, "B": template.Resources["B"].Order}
			want := map[string][]string{"A": {"Type"}, "B": {"Type", "Properties", "Z", "Y", "X", "W"}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
