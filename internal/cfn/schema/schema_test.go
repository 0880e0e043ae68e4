package schema_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/cfn/schema"
)

type object = map[string]any

func mustFor(t testing.TB, typeName string) *schema.Schema {
	t.Helper()
	s, ok := schema.For(typeName)
	if !ok {
		t.Fatalf("no schema for %s", typeName)
	}
	return s
}

func TestEveryListedTypeHasASchemaThatCompiles(t *testing.T) {
	t.Parallel()
	listed := listedTypes(t)
	if diff := cmp.Diff(listed, schema.Types()); diff != "" {
		t.Errorf("types.txt and the schema files differ; run hack/schemas/import.py (-listed +files):\n%s", diff)
	}
	for _, typeName := range listed {
		s := mustFor(t, typeName)
		if s.TypeName != typeName {
			t.Errorf("the schema of %s says it is %q", typeName, s.TypeName)
		}
		if len(s.PrimaryIdentifier) == 0 && typeName != "AWS::CDK::Metadata" { // AWS publishes nothing of it but its name
			t.Errorf("%s has no primary identifier", typeName)
		}
		if _, err := s.Coerce(object{}); err != nil {
			t.Errorf("%s: %v", typeName, err)
		}
	}
}

func listedTypes(t *testing.T) []string {
	t.Helper()
	var types []string
	for line := range strings.Lines(read(t, "../../../hack/schemas/types.txt")) {
		if fields := strings.Fields(line); len(fields) > 0 && fields[0] != "#" {
			types = append(types, fields[0])
		}
	}
	return slices.Sorted(slices.Values(types))
}

// The linter of the golden files and the schemas that validate them must know the same AWS.
func TestTheSchemasComeFromThePinnedLinter(t *testing.T) {
	t.Parallel()
	source, requirements := read(t, "../schemas/SOURCE"), read(t, "../../../hack/requirements.txt")
	_, rest, found := strings.Cut(requirements, "cfn-lint==")
	version, _, _ := strings.Cut(rest, "\n")
	if !found || !strings.Contains(source, "cfn-lint "+version+" ") {
		t.Errorf("hack/requirements.txt pins cfn-lint %q; the schemas' SOURCE says:\n%s", version, source)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestATypeThatTheProjectDoesNotKnowHasNoSchema(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"AWS::Lambda::Function", "", "AWS-EC2-VPC", "../schemas/AWS-EC2-VPC", "SOURCE"} {
		if s, ok := schema.For(name); ok {
			t.Errorf("For(%q) = %v, want none", name, s.TypeName)
		}
	}
}

func TestSchemaKnowsWhatATemplateNeedsToKnowAboutAService(t *testing.T) {
	t.Parallel()
	s := mustFor(t, "AWS::ECS::Service")
	type facts struct {
		CreateOnly, Conditional, ReadOnly, PrimaryIdentifier, Attributes []string
		Tagging                                                          schema.Tagging
	}
	got := facts{
		names(s.CreateOnly), names(s.ConditionalCreateOnly), names(s.ReadOnly), names(s.PrimaryIdentifier), s.Attributes(), s.Tagging,
	}
	want := facts{
		CreateOnly:        []string{"Cluster", "Role", "SchedulingStrategy", "ServiceName"},
		Conditional:       []string{"LaunchType"},
		ReadOnly:          []string{"Name", "ServiceArn"},
		PrimaryIdentifier: []string{"Cluster", "ServiceArn"},
		Attributes:        []string{"Name", "ServiceArn"},
		Tagging:           schema.Tagging{Property: "Tags", Updatable: true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("facts about AWS::ECS::Service (-want +got):\n%s", diff)
	}
}

func names(pointers []schema.Pointer) []string {
	var all []string
	for _, pointer := range pointers {
		all = append(all, pointer.String())
	}
	slices.Sort(all)
	return all
}

func TestAttributesIncludeNestedAndWritableOnesButNoSecrets(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		typeName, attribute string
		want                bool
	}{
		"a read-only property":                   {"AWS::ElasticLoadBalancingV2::LoadBalancer", "DNSName", true},
		"a nested read-only property":            {"AWS::RDS::DBInstance", "Endpoint.Address", true},
		"a property of the template, as of VPCs": {"AWS::EC2::VPC", "CidrBlock", true},
		"a password":                             {"AWS::RDS::DBInstance", "MasterUserPassword", false},
		"an unknown name":                        {"AWS::EC2::VPC", "CidrBlok", false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := mustFor(t, c.typeName)
			if got := s.HasAttribute(c.attribute); got != c.want {
				t.Errorf("HasAttribute(%q) = %v, want %v; there are %q", c.attribute, got, c.want, s.Attributes())
			}
		})
	}
}

func TestRequiresReplacementComparesCreateOnlyProperties(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		typeName string
		old, new object
		want     []string
	}{
		"nothing changed": {"AWS::EC2::VPC", object{"CidrBlock": "10.0.0.0/16"}, object{"CidrBlock": "10.0.0.0/16"}, nil},
		"a createOnly property changed": {
			"AWS::EC2::VPC", object{"CidrBlock": "10.0.0.0/16"}, object{"CidrBlock": "10.1.0.0/16"}, []string{"CidrBlock"},
		},
		"a createOnly property was removed": {
			"AWS::ECS::Service", object{"ServiceName": "a"}, object{}, []string{"ServiceName"},
		},
		"a property that can change in place": {
			"AWS::ECS::Service", object{"DesiredCount": 2}, object{"DesiredCount": 4}, nil,
		},
		"a number that is written as a string": {
			"AWS::ElasticLoadBalancingV2::TargetGroup", object{"Port": 80}, object{"Port": "80"}, nil,
		},
		"several, in order": {
			"AWS::ElasticLoadBalancingV2::TargetGroup",
			object{"Port": 80, "Protocol": "HTTP"},
			object{"Port": 81, "Protocol": "HTTPS"},
			[]string{"Port", "Protocol"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := mustFor(t, c.typeName).RequiresReplacement(c.old, c.new)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("createOnly differences (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMayRequireReplacementComparesConditionalProperties(t *testing.T) {
	t.Parallel()
	s := mustFor(t, "AWS::ECS::Service")
	got := s.MayRequireReplacement(object{"LaunchType": "FARGATE"}, object{})
	if diff := cmp.Diff([]string{"LaunchType"}, got); diff != "" {
		t.Errorf("conditional differences (-want +got):\n%s", diff)
	}
}

func TestPointerRefusesOtherForms(t *testing.T) {
	t.Parallel()
	var pointer schema.Pointer
	if err := pointer.UnmarshalText([]byte("/definitions/X")); err == nil {
		t.Errorf("read %q from a pointer to a definition, want an error", pointer)
	}
}

func BenchmarkValidate(b *testing.B) {
	s := mustFor(b, "AWS::ECS::Service")
	props := object{"DesiredCount": 2, "Cluster": object{"Ref": "Cluster"}, "TaskDefinition": object{"Ref": "TaskDefinition"}}
	for b.Loop() {
		if problems := s.ValidateTemplate(props); len(problems) > 0 {
			b.Fatal(problems)
		}
	}
}
