package eventbridge

import (
	"encoding/json"
	"strconv"
	"strings"
)

// input returns what a target gets: the event, a part of it, a constant, or a template filled with parts of it.
func (t *Target) input(by *rule, event map[string]any, whole string) string {
	switch {
	case t.Input != "":
		return t.Input
	case t.InputPath != "":
		found, _ := lookUp(event, t.InputPath)
		return encode(found)
	case t.InputTransformer != nil:
		return t.InputTransformer.fill(by, event, whole)
	default:
		return whole
	}
}

// Transformer makes text of an event.
type Transformer struct {
	InputPathsMap map[string]string `json:",omitempty"`
	InputTemplate string
}

// fill replaces <name> in the template: as text inside quotes, as JSON outside ("Transforming Amazon EventBridge
// target input", user guide).
func (t *Transformer) fill(by *rule, event map[string]any, whole string) string {
	var out strings.Builder
	quoted := false
	for i := 0; i < len(t.InputTemplate); i++ {
		letter := t.InputTemplate[i]
		switch {
		case letter == '\\' && i+1 < len(t.InputTemplate):
			out.WriteString(t.InputTemplate[i : i+2])
			i++
		case letter == '"':
			quoted = !quoted
			out.WriteByte(letter)
		case letter == '<' && strings.Contains(t.InputTemplate[i:], ">"):
			name := t.InputTemplate[i+1 : i+strings.Index(t.InputTemplate[i:], ">")]
			i += len(name) + 1
			out.WriteString(place(t.variable(name, by, event, whole), quoted))
		default:
			out.WriteByte(letter)
		}
	}
	return out.String()
}

// variable returns a variable's value; one that the event does not have is empty (believed).
func (t *Transformer) variable(name string, by *rule, event map[string]any, whole string) any {
	switch name {
	case "aws.events.rule-arn":
		return by.arn()
	case "aws.events.rule-name":
		return by.name
	case "aws.events.event.ingestion-time":
		return event["time"]
	case "aws.events.event.json":
		return json.RawMessage(whole)
	case "aws.events.event":
		without := make(map[string]any, len(event))
		for member, value := range event {
			if member != "detail" {
				without[member] = value
			}
		}
		return without
	}
	if found, ok := lookUp(event, t.InputPathsMap[name]); ok {
		return found
	}
	return ""
}

// place writes a value into a template.
func place(value any, quoted bool) string {
	text, isText := value.(string)
	switch {
	case !quoted:
		return encode(value)
	case isText:
		encoded := encode(text)
		return encoded[1 : len(encoded)-1]
	default:
		return strings.ReplaceAll(encode(value), `"`, `\"`)
	}
}

func encode(value any) string {
	var out strings.Builder
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(value) //nolint:errchkjson // it was JSON
	return strings.TrimSuffix(out.String(), "\n")
}

// lookUp follows a path such as $.detail.containers[0].name.
func lookUp(event map[string]any, path string) (any, bool) {
	var at any = event
	path, ok := strings.CutPrefix(path, "$")
	if !ok {
		return nil, false
	}
	for _, step := range strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' }) {
		switch typed := at.(type) {
		case map[string]any:
			if at, ok = typed[strings.Trim(step, `'"`)]; !ok {
				return nil, false
			}
		case []any:
			index, err := strconv.Atoi(step)
			if err != nil || index < 0 || index >= len(typed) {
				return nil, false
			}
			at = typed[index]
		default:
			return nil, false
		}
	}
	return at, true
}
