package main

import (
	"os"
	"strings"
	"testing"
)

func TestTheCodeInTheWalkthroughIsInTheFilesThatItNames(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/sample-app.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(page), "```go\n")[1:]
	if len(blocks) == 0 {
		t.Fatal("the page has no Go in it")
	}
	for _, block := range blocks {
		block, _, _ = strings.Cut(block, "```")
		first, code, _ := strings.Cut(block, "\n")
		file := strings.TrimPrefix(first, "// ")
		content, err := os.ReadFile(file)
		if err != nil {
			t.Errorf("a block begins with %q: %v", first, err)
			continue
		}
		if !strings.Contains(string(content), code) {
			t.Errorf("%s does not have\n%s", file, code)
		}
	}
}
