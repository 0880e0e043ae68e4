package template_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/api/v1alpha1"
	"github.com/ecsapp-dev/ecsapp-operator/internal/template"
)

const (
	minimal = "testdata/minimal.yaml"
	full    = "testdata/full.yaml"
)

func build(t testing.TB, app *v1alpha1.EcsApp) template.Template {
	t.Helper()
	built, err := template.Build(app, image)
	if err != nil {
		t.Fatal(err)
	}
	return built
}

func TestEqualSpecsGiveEqualBytes(t *testing.T) {
	t.Parallel()
	const builds = 10_000
	app := load(t, full)
	want := build(t, app)
	random := rand.New(rand.NewPCG(1, 2))
	for range builds {
		got := build(t, shuffled(app, random))
		if got.Digest != want.Digest || !bytes.Equal(got.Body, want.Body) || !maps.Equal(got.Tags, want.Tags) {
			t.Fatalf("the same spec in another order gives another template (-want +got):\n%s", cmp.Diff(want, got))
		}
	}
}

// shuffled returns the app with everything in another order that has no order.
func shuffled(app *v1alpha1.EcsApp, random *rand.Rand) *v1alpha1.EcsApp {
	other := app.DeepCopy()
	env, allowed := other.Spec.Container.Env, other.Spec.LoadBalancer.AllowedCIDRs
	random.Shuffle(len(env), func(i, j int) { env[i], env[j] = env[j], env[i] })
	random.Shuffle(len(allowed), func(i, j int) { allowed[i], allowed[j] = allowed[j], allowed[i] })
	keys := slices.Sorted(maps.Keys(other.Spec.Stack.Tags))
	random.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	tags := make(map[string]string)
	for _, key := range keys {
		tags[key] = other.Spec.Stack.Tags[key]
	}
	other.Spec.Stack.Tags = tags
	return other
}

func TestBuildDoesNotModifyTheApp(t *testing.T) {
	t.Parallel()
	app := load(t, full)
	before := app.DeepCopy()
	built := build(t, app)
	built.Tags["another"] = "tag"
	if diff := cmp.Diff(before, app); diff != "" {
		t.Errorf("the app (-before +after):\n%s", diff)
	}
}

func TestBodyIsCanonicalAndShowsTheDigest(t *testing.T) {
	t.Parallel()
	built := build(t, load(t, full))
	var value map[string]any
	if err := json.Unmarshal(built.Body, &value); err != nil {
		t.Fatal(err)
	}
	var canonical bytes.Buffer
	encoder := json.NewEncoder(&canonical)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.TrimSpace(canonical.String()), string(built.Body)); diff != "" {
		t.Errorf("the body is not in canonical form (-canonical +got):\n%s", diff)
	}
	outputs, _ := value["Outputs"].(map[string]any)
	shown, _ := outputs[template.OutputDigest].(map[string]any)
	if shown["Value"] != built.Digest || len(built.Digest) != 64 {
		t.Errorf("the output shows the digest %v, want %q", shown["Value"], built.Digest)
	}
}

func TestDigestTellsWhetherAWSHasToChange(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		edit    func(*v1alpha1.EcsApp)
		changes bool
	}{
		"the same spec":                   {func(*v1alpha1.EcsApp) {}, false},
		"another name of the app":         {func(app *v1alpha1.EcsApp) { app.Name = "other" }, false},
		"suspended":                       {func(app *v1alpha1.EcsApp) { app.Spec.Suspend = true }, false},
		"retained":                        {func(app *v1alpha1.EcsApp) { app.Spec.DeletionPolicy = v1alpha1.DeletionPolicyRetain }, false},
		"protected, which is no property": {func(app *v1alpha1.EcsApp) { app.Spec.Stack.TerminationProtection = new(true) }, false},
		"more replicas":                   {func(app *v1alpha1.EcsApp) { *app.Spec.Replicas++ }, true},
		"a tag of the stack":              {func(app *v1alpha1.EcsApp) { app.Spec.Stack.Tags = map[string]string{"a": "b"} }, true},
		"PORT as it would be anyway": {func(app *v1alpha1.EcsApp) {
			app.Spec.Container.Env = []v1alpha1.EnvVar{{Name: "PORT", Value: "8000"}}
		}, false},
		"the same range written twice": {func(app *v1alpha1.EcsApp) {
			app.Spec.LoadBalancer.AllowedCIDRs = []string{"0.0.0.0/0", "10.0.0.0/0"}
		}, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := build(t, load(t, minimal))
			app := load(t, minimal)
			c.edit(app)
			after := build(t, app)
			if changed := after.Digest != before.Digest; changed != c.changes {
				t.Errorf("the digest changed: %v, want %v", changed, c.changes)
			}
		})
	}
}

func TestAnotherImageIsAnotherTaskDefinitionAndNothingElse(t *testing.T) {
	t.Parallel()
	app := load(t, minimal)
	before := resources(t, build(t, app))
	built, err := template.Build(app, "other@sha256:0")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"TaskDefinition"}, changed(before, resources(t, built))); diff != "" {
		t.Errorf("changed resources (-want +got):\n%s", diff)
	}
}

func TestAnotherPortKeepsTheTargetGroupAndAddsARule(t *testing.T) {
	t.Parallel()
	before := resources(t, build(t, load(t, minimal)))
	after := resources(t, build(t, load(t, "testdata/port-9000.yaml")))
	want := []string{"Service", "TaskDefinition", "TasksFromLoadBalancer8000", "TasksFromLoadBalancer9000"}
	if diff := cmp.Diff(want, changed(before, after)); diff != "" {
		t.Errorf("changed resources (-want +got):\n%s", diff)
	}
}

func TestMoreNATGatewaysOnlyTurnRoutesAround(t *testing.T) {
	t.Parallel()
	before := resources(t, build(t, load(t, minimal)))
	after := resources(t, build(t, load(t, "testdata/nat-per-zone.yaml")))
	want := []string{"NatGateway2", "NatGateway2Address", "PrivateDefaultRoute2"}
	if diff := cmp.Diff(want, changed(before, after)); diff != "" {
		t.Errorf("changed resources (-want +got):\n%s", diff)
	}
}

func TestAThirdZoneLeavesTheSubnetsOfTheOthers(t *testing.T) {
	t.Parallel()
	before := resources(t, build(t, load(t, minimal)))
	after := resources(t, build(t, load(t, "testdata/three-zones.yaml")))
	want := []string{
		"LoadBalancer", "PrivateDefaultRoute3", "PrivateRouteTable3", "PrivateSubnet3", "PrivateSubnet3Routes",
		"PublicSubnet3", "PublicSubnet3Routes", "Service",
	}
	if diff := cmp.Diff(want, changed(before, after)); diff != "" {
		t.Errorf("changed resources (-want +got):\n%s", diff)
	}
}

func TestUserTextIsNeverTakenForAnExpression(t *testing.T) {
	t.Parallel()
	app := load(t, minimal)
	app.Spec.Container.Command = []string{"${AWS::Region}"}
	app.Spec.LoadBalancer.HealthCheck.Path = "/${AWS::Region}"
	built := build(t, app)
	if err := built.Validate(); err != nil {
		t.Error(err)
	}
	for _, want := range []string{
		`"Command":["${AWS::Region}"]`,
		`"HealthCheckPath":"/${AWS::Region}"`,
		`"Value":{"Fn::Sub":"http://${LoadBalancer.DNSName}/${!AWS::Region}"}`,
	} {
		if !strings.Contains(string(built.Body), want) {
			t.Errorf("the body lacks %s:\n%s", want, built.Body)
		}
	}
}

// resources returns each resource of a template as text.
func resources(t *testing.T, built template.Template) map[string]string {
	t.Helper()
	var body struct {
		Resources map[string]json.RawMessage `json:"Resources"`
	}
	if err := json.Unmarshal(built.Body, &body); err != nil {
		t.Fatal(err)
	}
	all := make(map[string]string)
	for id, resource := range body.Resources {
		all[id] = string(resource)
	}
	return all
}

// changed returns the logical ids that are new, gone or different.
func changed(before, after map[string]string) []string {
	ids := make(map[string]bool)
	for id := range before {
		ids[id] = before[id] != after[id]
	}
	for id := range after {
		ids[id] = before[id] != after[id]
	}
	maps.DeleteFunc(ids, func(_ string, differs bool) bool { return !differs })
	return slices.Sorted(maps.Keys(ids))
}

func BenchmarkBuild(b *testing.B) {
	app := load(b, full)
	b.ReportAllocs()
	for b.Loop() {
		build(b, app)
	}
}

func BenchmarkValidate(b *testing.B) {
	built := build(b, load(b, full))
	b.ReportAllocs()
	for b.Loop() {
		if err := built.Validate(); err != nil {
			b.Fatal(err)
		}
	}
}
