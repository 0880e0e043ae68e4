package template_test

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"sigs.k8s.io/yaml"

	"github.com/ecsapp-dev/ecsapp-operator/api/v1alpha1"
)

const (
	crdFile = "../../config/crd/bases/ecsapp.dev_ecsapps.yaml"
	image   = "123456789012.dkr.ecr.us-east-1.amazonaws.com/items" +
		"@sha256:6c3c624b58dbbcd3c0dd82b4c53f04194d1247c6eebdaab7c610cf7d66709b3b"
)

// load reads a manifest of testdata as the API server would store it: with the defaults of the CRD.
func load(t testing.TB, path string) *v1alpha1.EcsApp {
	t.Helper()
	manifest, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	object := make(map[string]any)
	if err := yaml.Unmarshal(manifest, &object); err != nil {
		t.Fatalf("reading %s: %v", path, err)
	}
	schema := structural(t)
	if unknown := pruning.PruneWithOptions(object, schema, true, structuralschema.UnknownFieldPathOptions{
		TrackUnknownFieldPaths: true,
	}); len(unknown) > 0 {
		t.Fatalf("%s has unknown fields: %q", path, unknown)
	}
	defaulting.Default(object, schema)
	stored, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	app := new(v1alpha1.EcsApp)
	decoder := json.NewDecoder(bytes.NewReader(stored))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(app); err != nil {
		t.Fatalf("decoding %s: %v", path, err)
	}
	return app
}

// structural returns the schema of the CRD.
func structural(t testing.TB) *structuralschema.Structural {
	t.Helper()
	text, err := os.ReadFile(crdFile)
	if err != nil {
		t.Fatal(err)
	}
	var crd apiextensionsv1.CustomResourceDefinition
	if err := yaml.Unmarshal(text, &crd); err != nil {
		t.Fatalf("reading the CRD: %v", err)
	}
	var validation apiextensions.CustomResourceValidation
	if err := apiextensionsv1.Convert_v1_CustomResourceValidation_To_apiextensions_CustomResourceValidation(
		crd.Spec.Versions[0].Schema, &validation, nil,
	); err != nil {
		t.Fatalf("converting the CRD: %v", err)
	}
	schema, err := structuralschema.NewStructural(validation.OpenAPIV3Schema)
	if err != nil {
		t.Fatalf("reading the CRD's schema: %v", err)
	}
	return schema
}
