package document

import (
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

var (
	parserLine = regexp.MustCompile(`line (\d+)`)
	// colon is what ends a key.
	colon = regexp.MustCompile(`:(\s|$)`)
)

// notYAML refuses a template that is not YAML. CloudFormation's parser names where it stopped; the parser used here knows
// at most the line, and often that of the block around it, so the place is found again.
func notYAML(body string, cause error) *Error {
	lines := strings.Split(body, "\n")
	number, reason := 1, cause.Error()
	if found := parserLine.FindStringSubmatch(reason); found != nil {
		number, _ = strconv.Atoi(found[1])
	}
	number = min(max(number, 1), len(lines))
	column := firstColumn(lines[number-1])
	switch {
	case strings.Contains(reason, "mapping values are not allowed"):
		if colons := colon.FindAllStringIndex(lines[number-1], -1); colons != nil {
			column = colons[min(1, len(colons)-1)][0] + 1
		}
	case strings.Contains(reason, "could not find expected ':'"):
		number, column = nextLine(lines, number)
	case strings.Contains(reason, "cannot start any token"):
		if at := strings.IndexAny(lines[number-1], "\t@%`"); at >= 0 {
			column = at + 1
		}
	case strings.Contains(reason, "did not find expected node content"):
		number, column = len(lines), len(lines[len(lines)-1])+1
	case strings.Contains(reason, "did not find expected"):
		if at := misplaced(lines); at > 0 {
			number, column = at, firstColumn(lines[at-1])
		}
	}
	return malformed("YAML not well-formed. (line %d, column %d)", number, column)
}

// firstColumn is the column of the first character that is no blank.
func firstColumn(line string) int {
	return len(line) - len(strings.TrimLeft(line, " ")) + 1
}

// nextLine is where the first token after a line begins, or the end of the body.
func nextLine(lines []string, number int) (int, int) {
	for at := number; at < len(lines); at++ {
		if hasToken(lines[at]) {
			return at + 1, firstColumn(lines[at])
		}
	}
	return len(lines), firstColumn(lines[len(lines)-1])
}

// misplaced is the number of the first line that returns to an indentation that no line above it has, 0 if there is none.
func misplaced(lines []string) int {
	var open []int
	for at, line := range lines {
		if !hasToken(line) {
			continue
		}
		column, deeper := firstColumn(line), false
		for len(open) > 0 && open[len(open)-1] > column {
			open, deeper = open[:len(open)-1], true
		}
		if deeper && (len(open) == 0 || open[len(open)-1] != column) {
			return at + 1
		}
		if len(open) == 0 || open[len(open)-1] != column {
			open = append(open, column)
		}
	}
	return 0
}

func hasToken(line string) bool {
	text := strings.TrimSpace(line)
	return text != "" && !strings.HasPrefix(text, "#")
}

// nullIn refuses a template, JSON or YAML, for the first null that is written in it (recorded).
func nullIn(body string) *Error {
	var document yaml.Node
	path := ""
	if strings.HasPrefix(strings.TrimSpace(body), "{") {
		body = strings.ReplaceAll(body, "\t", " ") // JSON, which is YAML but for its tabs
	}
	if yaml.Unmarshal([]byte(body), &document) == nil && len(document.Content) > 0 {
		path, _ = firstNull(document.Content[0], "")
	}
	if name, ok := strings.CutPrefix(path, "/Resources/"); ok && !strings.Contains(name, "/") {
		return malformed("[%s] resource definition is malformed", path)
	}
	return refuse("[%s] 'null' values are not allowed in templates", path)
}

// firstNull returns the path of the first null at or below a node.
func firstNull(node *yaml.Node, path string) (string, bool) {
	if name, ok := strings.CutPrefix(node.Tag, "!"); ok && !strings.HasPrefix(name, "!") {
		path += "/Fn::" + name
	}
	switch node.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			if found, ok := firstNull(node.Content[i+1], path+"/"+node.Content[i].Value); ok {
				return found, true
			}
		}
	case yaml.SequenceNode:
		for i, item := range node.Content {
			if found, ok := firstNull(item, path+"/"+itoa(i)); ok {
				return found, true
			}
		}
	case yaml.ScalarNode:
		return path, node.ShortTag() == "!!null"
	case yaml.DocumentNode, yaml.AliasNode: // neither is below the root of a template that was read
	}
	return "", false
}
