// Command schemas generates the typed resources of internal/cfn from the embedded registry schemas.
//
// It reads types.txt beside it and writes one file per type that names a Go package there. `go generate
// ./internal/cfn` runs it from internal/cfn. The output depends on the list and the schemas only.
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"go/format"
	"log"
	"os"
	"path/filepath"
	"strings"
)

const (
	list       = "../../hack/schemas/types.txt"
	fileMode   = 0o644
	folderMode = 0o755
)

func main() {
	log.SetFlags(0)
	if err := generate("."); err != nil {
		log.Fatal(err)
	}
}

// generate writes the packages below a folder, which is internal/cfn.
func generate(folder string) error {
	chosen, err := readList(filepath.Join(folder, list))
	if err != nil {
		return err
	}
	for _, c := range chosen {
		source, err := goFile(c.typeName, c.packageName, resourceNames(chosen, c.packageName))
		if err != nil {
			return fmt.Errorf("generating %s: %w", c.typeName, err)
		}
		name := "zz_generated." + strings.ToLower(shortName(c.typeName)) + ".go"
		if err := write(filepath.Join(folder, c.packageName, name), source); err != nil {
			return err
		}
	}
	return nil
}

type choice struct{ typeName, packageName string }

// readList returns the lines of types.txt that name a package.
func readList(path string) ([]choice, error) {
	content, err := os.ReadFile(path) //nolint:gosec // The list lies beside this program.
	if err != nil {
		return nil, fmt.Errorf("reading the list of types: %w", err)
	}
	var chosen []choice
	for lines := bufio.NewScanner(bytes.NewReader(content)); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) == 2 && !strings.HasPrefix(fields[0], "#") {
			chosen = append(chosen, choice{typeName: fields[0], packageName: fields[1]})
		}
	}
	return chosen, nil
}

// resourceNames returns the names of a package's resources.
func resourceNames(chosen []choice, packageName string) map[string]bool {
	names := make(map[string]bool)
	for _, c := range chosen {
		if c.packageName == packageName {
			names[shortName(c.typeName)] = true
		}
	}
	return names
}

func write(path string, source []byte) error {
	formatted, err := format.Source(source)
	if err != nil {
		return fmt.Errorf("formatting %s: %w", path, err)
	}
	if err := os.MkdirAll(filepath.Dir(path), folderMode); err != nil {
		return fmt.Errorf("making the package's folder: %w", err)
	}
	if err := os.WriteFile(path, formatted, fileMode); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}

// shortName returns the last part of a type's name: "VPC" of "AWS::EC2::VPC".
func shortName(typeName string) string {
	return typeName[strings.LastIndex(typeName, ":")+1:]
}
