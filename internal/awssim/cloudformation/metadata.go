package cloudformation

import (
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/document"
)

// summarizeMetadata writes a template's metadata as GetTemplateSummary does: those of YAML in its flow style, in single
// quotes (recorded; all but objects of strings is believed), those of JSON as JSON (believed).
func summarizeMetadata(template *document.Template) string {
	metadata, ok := template.Metadata.(map[string]any)
	switch {
	case !ok:
		return ""
	case strings.HasPrefix(strings.TrimSpace(template.Body), "{"):
		return encodeProperties(metadata)
	default:
		return flowStyle(metadata)
	}
}

func flowStyle(value any) string {
	switch typed := value.(type) {
	case map[string]any:
		members := make([]string, 0, len(typed))
		for _, name := range sortedKeys(typed) {
			members = append(members, singleQuoted(name)+": "+flowStyle(typed[name]))
		}
		return "{" + strings.Join(members, ", ") + "}"
	case []any:
		items := make([]string, len(typed))
		for i, item := range typed {
			items[i] = flowStyle(item)
		}
		return "[" + strings.Join(items, ", ") + "]"
	case string:
		return singleQuoted(typed)
	default:
		return document.Text(value)
	}
}

func singleQuoted(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
