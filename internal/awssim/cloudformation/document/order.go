package document

import (
	"encoding/json"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// names collects the names of members as they come, each once.
type names struct {
	seen    map[string]bool
	ordered []string
}

func (n *names) add(name string) {
	if n.seen == nil {
		n.seen = make(map[string]bool)
	}
	if !n.seen[name] {
		n.seen[name] = true
		n.ordered = append(n.ordered, name)
	}
}

// readOrders tells each resource in which order the body names its members.
func (t *Template) readOrders(orders map[string]*names) {
	for logicalID, resource := range t.Resources {
		if found := orders[logicalID]; found != nil {
			resource.Order = found.ordered
		}
	}
}

// below notes a member's name, and returns the way to its value. Only two levels of the way matter: the section and the
// resource.
func below(way []string, name string, orders map[string]*names) []string {
	const level = 2
	if len(way) < level {
		return append(slices.Clip(way), name)
	}
	isFunction := name == "Ref" || strings.HasPrefix(name, "Fn::")
	if way[0] == "Resources" && !isFunction {
		if orders[way[1]] == nil {
			orders[way[1]] = new(names)
		}
		orders[way[1]].add(name)
	}
	return way
}

func orderYAML(node *yaml.Node, way []string, orders map[string]*names) {
	if node.Kind != yaml.MappingNode {
		for _, item := range node.Content {
			orderYAML(item, way, orders)
		}
		return
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		orderYAML(node.Content[i+1], below(way, node.Content[i].Value, orders), orders)
	}
}

// orderJSON reads one value.
func orderJSON(decoder *json.Decoder, way []string, orders map[string]*names) {
	token, err := decoder.Token()
	if err != nil {
		return
	}
	delimiter, opens := token.(json.Delim)
	if !opens {
		return
	}
	for decoder.More() {
		inner := way
		if delimiter == '{' {
			name, err := decoder.Token()
			text, isText := name.(string)
			if err != nil || !isText {
				return
			}
			inner = below(way, text, orders)
		}
		orderJSON(decoder, inner, orders)
	}
	_, _ = decoder.Token() // what closes it
}
