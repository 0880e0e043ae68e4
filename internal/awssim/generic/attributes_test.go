package generic_test

import (
	"regexp"
	"testing"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/clock"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/generic"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/cfn/schema"
)

func TestEveryAttributeAnswersSomething(t *testing.T) {
	t.Parallel()
	for name, provider := range generic.New(clock.Clock{}).Providers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			known, _ := schema.For(name)
			made, err := provider.Create(t.Context(), request(name, resource.Properties{"Name": "items.example.org.", "Roles": []any{"r"}}))
			if err != nil {
				t.Fatal(err)
			}
			for _, attribute := range known.Attributes() {
				value, ok := made.Attributes[attribute]
				if !ok {
					t.Errorf("%s has no value", attribute)
				}
				if arn, _ := value.(string); attribute == "Arn" && !regexp.MustCompile(`^arn:aws:[a-z0-9-]+:`).MatchString(arn) {
					t.Errorf("Arn is %q", arn)
				}
			}
		})
	}
}
