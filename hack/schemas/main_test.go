package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const target = "../../internal/cfn"

func TestTheGeneratedFilesAreUpToDate(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "internal", "cfn")
	copyList(t, folder)
	if err := generate(folder); err != nil {
		t.Fatal(err)
	}
	want, got := sources(t, folder), sources(t, target)
	if len(want) == 0 {
		t.Fatal("nothing was generated")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("run `go generate ./internal/cfn` (-generated +committed):\n%s", diff)
	}
}

// copyList puts types.txt where the generator looks for it, seen from the folder.
func copyList(t *testing.T, folder string) {
	t.Helper()
	content, err := os.ReadFile("types.txt")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, list)
	if err := os.MkdirAll(filepath.Dir(path), folderMode); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, fileMode); err != nil {
		t.Fatal(err)
	}
}

// sources returns the generated files below a folder by name.
func sources(t *testing.T, folder string) map[string]string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "*", "zz_generated.*.go"))
	if err != nil {
		t.Fatal(err)
	}
	files := make(map[string]string)
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Join(filepath.Base(filepath.Dir(path)), filepath.Base(path))] = string(content)
	}
	return files
}

func TestATypeWithoutASchemaIsAnError(t *testing.T) {
	t.Parallel()
	if source, err := goFile("AWS::None::Such", "none", nil); err == nil {
		t.Errorf("generated %s, want an error", source)
	}
}

func TestStructsWithTheSameNameButOtherFieldsAreAnError(t *testing.T) {
	t.Parallel()
	m := &model{typeName: "AWS::A::B", structs: map[string]node{}}
	one := node{Properties: map[string]node{"X": {Type: oneOrMany{"string"}}}}
	other := node{Properties: map[string]node{"Y": {Type: oneOrMany{"string"}}}}
	if _, err := m.goType("C", one); err != nil {
		t.Fatal(err)
	}
	if name, err := m.goType("C", one); err != nil || name != "*BC" {
		t.Errorf("the same struct again is %q, %v, want *BC", name, err)
	}
	if name, err := m.goType("C", other); err == nil {
		t.Errorf("another struct of the same name is %q, want an error", name)
	}
}
