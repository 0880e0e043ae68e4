// Package schemas embeds the registry schemas of the CloudFormation resource types that the project knows.
// Package schema reads them.
package schemas

import (
	"embed"
	"strings"
)

//go:embed *.json
var files embed.FS

const extension = ".json"

// Read returns the schema of a resource type such as "AWS::EC2::VPC" as JSON, and false for an unknown type.
func Read(typeName string) ([]byte, bool) {
	if strings.ContainsAny(typeName, "-/") {
		return nil, false
	}
	content, err := files.ReadFile(strings.ReplaceAll(typeName, "::", "-") + extension)
	return content, err == nil
}

// Types returns the names of all resource types, sorted.
func Types() []string {
	entries, err := files.ReadDir(".")
	if err != nil {
		return nil // An embedded directory can always be read.
	}
	types := make([]string, 0, len(entries))
	for _, entry := range entries {
		types = append(types, strings.ReplaceAll(strings.TrimSuffix(entry.Name(), extension), "-", "::"))
	}
	return types
}
