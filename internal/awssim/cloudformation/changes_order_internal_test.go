package cloudformation

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Orders that AWS answered: the user guide's "View property-level changes" and localstack's recordings of 2025.
func TestDetailsComeInTheOrderOfAHashSet(t *testing.T) {
	t.Parallel()
	text := func(value string) *string { return &value }
	direct := func(target changeTarget) changeDetail {
		return changeDetail{Target: target, Evaluation: evaluationStatic, ChangeSource: "DirectModification"}
	}
	byParameter := func(target changeTarget, name string) (changeDetail, changeDetail) {
		cause := changeDetail{Target: target, Evaluation: evaluationStatic, ChangeSource: "ParameterReference", CausingEntity: name}
		itself := direct(target)
		itself.Evaluation = evaluationDynamic
		return cause, itself
	}
	pair := func(first, second changeDetail) []changeDetail { return []changeDetail{first, second} }
	swapped := func(second, first changeDetail) []changeDetail { return []changeDetail{first, second} }
	cases := map[string][]changeDetail{
		"value and key of a tag": {
			direct(changeTarget{
				Attribute: "Tags", RequiresRecreation: "Never", Path: "/Properties/Tags/0/Value",
				BeforeValue: text("testing"), AfterValue: text("Test"), AttributeChangeType: "Modify",
			}),
			direct(changeTarget{
				Attribute: "Tags", RequiresRecreation: "Never", Path: "/Properties/Tags/0/Key",
				BeforeValue: text("Purpose"), AfterValue: text("Test"), AttributeChangeType: "Modify",
			}),
		},
		"of a network interface": {
			direct(changeTarget{
				Attribute: "Properties", Name: "Ipv4Prefixes", RequiresRecreation: "Never", Path: "/Properties/Ipv4Prefixes",
				BeforeValue: text("[]"), AttributeChangeType: "Remove",
			}),
			direct(changeTarget{
				Attribute: "Properties", Name: "Description", RequiresRecreation: "Never", Path: "/Properties/Description",
				BeforeValue: text(""), AfterValue: text("Description"), AttributeChangeType: "Modify",
			}),
			direct(changeTarget{
				Attribute: "Tags", RequiresRecreation: "Never", Path: "/Properties/Tags/0",
				AfterValue: text(`{"Key":"Test","Value":"Test"}`), AttributeChangeType: "Add",
			}),
		},
		"a parameter's new value": pair(byParameter(changeTarget{
			Attribute: "Properties", Name: "Value", RequiresRecreation: "Never", Path: "/Properties/Value",
			BeforeValue: text("value-1"), AfterValue: text("value-2"), AttributeChangeType: "Modify",
		}, "ParameterValue")),
		"a parameter that replaces": pair(byParameter(
			changeTarget{Attribute: "Properties", Name: "TopicName", RequiresRecreation: "Always"}, "TopicName",
		)),
		"another parameter, without its value": swapped(byParameter(
			changeTarget{Attribute: "Properties", Name: "DisplayName", RequiresRecreation: "Never"}, "ParameterDisplayName",
		)),
	}
	metadata, itself := byParameter(changeTarget{Attribute: "Metadata", RequiresRecreation: "Never"}, "SecretParameter")
	tags, themselves := byParameter(changeTarget{Attribute: "Properties", Name: "Tags", RequiresRecreation: "Never"}, "SecretParameter")
	cases["metadata and the tags of a bucket, without values"] = []changeDetail{metadata, tags, itself, themselves} // of 2024
	for name, want := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := slices.Clone(want)
			slices.Reverse(got)
			inSetOrder(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Two recordings of late 2025 and 2026 whose details share a bucket: without values the direct modification is first, with
// values they come as they do without.
func TestDetailsThatShareABucketComeAsTheyAreFound(t *testing.T) {
	t.Parallel()
	of := func(name, before, after, parameter string) plannedChange {
		base := direct("Properties")
		base.name, base.path, base.recreation, base.evaluation = name, "/Properties/"+name, "Never", evaluationDynamic
		base.before, base.after = before, after
		cause := base
		cause.evaluation, cause.source, cause.cause = evaluationStatic, "ParameterReference", parameter
		details := []plannedDetail{base, cause}
		return plannedChange{following: details, comparing: details}
	}
	const itself, cause = "DirectModification", "ParameterReference"
	cases := map[string]struct {
		change              plannedChange
		withValues, without []string
	}{
		"of a mapping": {
			of("DisplayName", "prod-aws-value", "dev-aws-value", "Environment"), []string{cause, itself}, []string{itself, cause},
		},
		"of a parameter": {of("Value", "123", "456", "Value"), []string{cause, itself}, []string{cause, itself}},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sources := func(values bool) []string {
				var all []string
				for _, detail := range test.change.describe(values).Details {
					all = append(all, detail.ChangeSource)
				}
				return all
			}
			if diff := cmp.Diff(test.withValues, sources(true)); diff != "" {
				t.Error("with values", diff)
			}
			if diff := cmp.Diff(test.without, sources(false)); diff != "" {
				t.Error("without values", diff)
			}
		})
	}
}

func TestScopesComeInTheOrderOfAHashSet(t *testing.T) {
	t.Parallel()
	var details []plannedDetail
	for _, attribute := range []string{"Tags", "Properties", "Metadata", "UpdatePolicy", "CreationPolicy", "Tags"} {
		details = append(details, direct(attribute))
	}
	want := []string{"UpdatePolicy", "Metadata", "CreationPolicy", "Properties", "Tags"} // as AWS answered in 2022
	if diff := cmp.Diff(want, scopes(details)); diff != "" {
		t.Error(diff)
	}
}
