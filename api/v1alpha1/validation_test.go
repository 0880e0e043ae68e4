package v1alpha1_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/yaml"

	"github.com/ecsapp-dev/ecsapp-operator/internal/devenv"
)

var update = flag.Bool("update", false, "write the golden files again")

var admin *rest.Config //nolint:gochecknoglobals // starting an API server for each test would take minutes

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (int, error) {
	assets, err := devenv.Assets(context.Background(), "../..")
	if err != nil {
		return 0, fmt.Errorf("finding the control plane: %w", err)
	}
	server := &envtest.Environment{
		BinaryAssetsDirectory: assets, ErrorIfCRDPathMissing: true,
		CRDDirectoryPaths: []string{filepath.Join("..", "..", "config", "crd", "bases")},
	}
	admin, err = server.Start()
	if err != nil {
		return 0, errors.Join(fmt.Errorf("starting the API server: %w", err), server.Stop())
	}
	return m.Run(), server.Stop()
}

// object reads an EcsApp whose spec is given as YAML; image is added unless the spec has one.
func object(t *testing.T, name, spec string) *unstructured.Unstructured {
	t.Helper()
	if !strings.Contains(spec, "image:") {
		spec = "image: {repository: registry.example/items, tag: \"1.0.0\"}\n" + spec
	}
	var fields map[string]any
	if err := yaml.Unmarshal([]byte(spec), &fields); err != nil {
		t.Fatal(err)
	}
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "ecsapp.dev/v1alpha1", "kind": "EcsApp",
		"metadata": map[string]any{"name": name, "namespace": "default"}, "spec": fields,
	}}
}

func connect(t *testing.T) client.Client {
	t.Helper()
	c, err := client.New(admin, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTheShortestManifestIsTheReferenceApplication(t *testing.T) {
	t.Parallel()
	app := object(t, "shortest", "")
	if err := connect(t).Create(t.Context(), app); err != nil {
		t.Fatal(err)
	}
	got, err := yaml.Marshal(app.Object["spec"])
	if err != nil {
		t.Fatal(err)
	}
	const file = "testdata/defaults.yaml"
	if *update {
		if err := os.WriteFile(file, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("the defaults differ (-want +got):\n%s", diff)
	}
}

// TestApplyingTwiceChangesNothing is what GitOps tools rely on.
func TestApplyingTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	c := connect(t)
	versions := map[string]bool{}
	for range 2 {
		app := object(t, "twice", "replicas: 3")
		apply := client.ApplyConfigurationFromUnstructured(app)
		if err := c.Apply(t.Context(), apply, client.FieldOwner("gitops")); err != nil {
			t.Fatal(err)
		}
		if err := c.Get(t.Context(), client.ObjectKeyFromObject(app), app); err != nil {
			t.Fatal(err)
		}
		versions[app.GetResourceVersion()] = true
	}
	if len(versions) != 1 {
		t.Errorf("the second apply made another version: %v", versions)
	}
}

func TestSpecsAreRefusedWithWhatToWriteInstead(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ spec, want string }{
		"a size that Fargate does not have":  {"cpu: 512\nmemory: 512", "with spec.cpu 512 write a spec.memory of 1024 to 4096"},
		"a size between the steps":           {"cpu: 8192\nmemory: 17408", "with spec.cpu 8192 write a spec.memory of 16384 to 61440 in steps of 4096"},
		"a cpu that Fargate does not have":   {"cpu: 300", "Unsupported value: 300"},
		"no image":                           {"image: {repository: items}", "write either spec.image.tag"},
		"a tag and a digest":                 {"image: {repository: items, tag: a, digest: \"sha256:" + strings.Repeat("0", 64) + "\"}", "write either spec.image.tag"},
		"a tag in the repository":            {"image: {repository: \"registry.example/items:1\", tag: \"1\"}", "write the repository alone"},
		"a digest that is none":              {"image: {repository: items, digest: latest}", "spec.image.digest"},
		"an odd network":                     {"network: {vpc: {cidr: 10.0.0.1/16}}", "starts at its first address"},
		"a network too small":                {"network: {vpc: {cidr: 10.0.0.0/24}}", "write an IPv4 range of /16 to /23"},
		"a network that is none":             {"network: {vpc: {cidr: everywhere}}", "write an IPv4 range of /16 to /23"},
		"one zone":                           {"network: {vpc: {zones: 1}}", "greater than or equal to 2"},
		"a source that is no range":          {"loadBalancer: {allowedCIDRs: [office]}", "must be an IPv4 range such as 203.0.113.0/24"},
		"a check that overlaps the next":     {"loadBalancer: {healthCheck: {intervalSeconds: 5}}", "timeoutSeconds must be less than intervalSeconds"},
		"a path that is none":                {"loadBalancer: {healthCheck: {path: health}}", "healthCheck.path"},
		"a retention that AWS does not have": {"observability: {logs: {retentionDays: 8}}", "Unsupported value: 8"},
		"a deployment that cannot move":      {"deployment: {maximumPercent: 100}", "maximumPercent must be greater than minimumHealthyPercent"},
		"too few replicas to move":           {"replicas: 1\ndeployment: {maximumPercent: 150}", "no task could ever be replaced"},
		"a reserved tag":                     {"stack: {tags: {\"aws:x\": \"y\"}}", "are reserved"},
		"a tag of ours":                      {"stack: {tags: {\"ecsapp.dev/owner-uid\": \"y\"}}", "are reserved"},
		"an unknown field":                   {"replicants: 2", "unknown field \"spec.replicants\""},
		"an environment variable twice":      {"container: {env: [{name: A, value: a}, {name: A, value: b}]}", "Duplicate value"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := object(t, strings.ReplaceAll(strings.ToLower(name), " ", "-"), test.spec)
			err := connect(t).Create(t.Context(), app, client.DryRunAll, client.FieldValidation("Strict"))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the answer is\n%v\nwant it to say %q", err, test.want)
			}
		})
	}
}

func TestWhatCannotBeChangedIsRefused(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		path []string
		to   string
		want string
	}{
		"region":  {[]string{"spec", "region"}, "eu-west-1", "a stack cannot move"},
		"network": {[]string{"spec", "network", "vpc", "cidr"}, "10.1.0.0/16", "it would replace the whole network"},
		"scheme":  {[]string{"spec", "loadBalancer", "scheme"}, "internal", "it would replace the load balancer"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := connect(t)
			app := object(t, "immutable-"+name, "")
			if err := c.Create(t.Context(), app); err != nil {
				t.Fatal(err)
			}
			if err := unstructured.SetNestedField(app.Object, test.to, test.path...); err != nil {
				t.Fatal(err)
			}
			if err := c.Update(t.Context(), app); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the answer is\n%v\nwant it to say %q", err, test.want)
			}
		})
	}
}

func TestTheSamplesAreAccepted(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../config/samples/items*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var app unstructured.Unstructured
		if err := yaml.Unmarshal(text, &app.Object); err != nil {
			t.Fatal(err)
		}
		app.SetNamespace("default")
		if err := connect(t).Create(t.Context(), &app, client.DryRunAll, client.FieldValidation("Strict")); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}
