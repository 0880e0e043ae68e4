package cloudformation

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Limits of the API. Source: the botocore model and the quotas page of the user guide.
const (
	maxTemplateBody = 51200
	maxStackName    = 128 // of change sets, too
	maxTags         = 50
	maxToken        = 128
)

var (
	stackNamePattern = regexp.MustCompile(`^([a-zA-Z][-a-zA-Z0-9]*|arn:[-a-zA-Z0-9:/._+]*)$`)
	newNamePattern   = regexp.MustCompile(`^[a-zA-Z][-a-zA-Z0-9]*$`)
	tokenPattern     = regexp.MustCompile(`^[a-zA-Z0-9][-a-zA-Z0-9]*$`)
)

// violations collects what is wrong with a request, to report it all at once as AWS does.
type violations struct {
	constraints []string
	tagging     error // is told if the constraints are satisfied
}

func (v *violations) add(value, member, constraint string) {
	v.constraints = append(v.constraints,
		fmt.Sprintf("Value %s at '%s' failed to satisfy constraint: %s", value, member, constraint))
}

func (v *violations) err() error {
	switch len(v.constraints) {
	case 0:
		return v.tagging
	case 1:
		return invalid("1 validation error detected: %s", v.constraints[0])
	default:
		return invalid("%d validation errors detected: %s", len(v.constraints), strings.Join(v.constraints, "; "))
	}
}

func (v *violations) name(value string) {
	switch {
	case value == "":
		v.add("null", "stackName", "Member must not be null")
	case !stackNamePattern.MatchString(value):
		v.add(quote(value), "stackName", "Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*|arn:[-a-zA-Z0-9:/._+]*")
	}
}

func (v *violations) newName(value string) {
	v.name(value)
	if value == "" || !stackNamePattern.MatchString(value) {
		return
	}
	if !newNamePattern.MatchString(value) {
		v.add(quote(value), "stackName", "Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*")
	}
	if len(value) > maxStackName {
		v.add(quote(value), "stackName", fmt.Sprintf("Member must have length less than or equal to %d", maxStackName))
	}
}

func (v *violations) newChangeSet(name string) {
	if name == "" {
		v.add("null", "changeSetName", "Member must not be null")
		return
	}
	if len(name) > maxStackName {
		v.add(quote(name), "changeSetName", fmt.Sprintf("Member must have length less than or equal to %d", maxStackName))
	}
	if !newNamePattern.MatchString(name) {
		v.add(quote(name), "changeSetName", "Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*")
	}
}

func (v *violations) token(value string) {
	if value == "" {
		return
	}
	if len(value) > maxToken {
		v.add(quote(value), "clientRequestToken", fmt.Sprintf("Member must have length less than or equal to %d", maxToken))
	}
	if !tokenPattern.MatchString(value) {
		v.add(quote(value), "clientRequestToken", "Member must satisfy regular expression pattern: [a-zA-Z0-9][-a-zA-Z0-9]*")
	}
}

func (v *violations) body(value string) {
	if len(value) > maxTemplateBody {
		v.add(quote(value), "templateBody", fmt.Sprintf("Member must have length less than or equal to %d", maxTemplateBody))
	}
}

func (v *violations) tags(tags []tag) {
	if len(tags) > maxTags {
		v.add(quote(fmt.Sprintf("[%d tags]", len(tags))), "tags",
			fmt.Sprintf("Member must have length less than or equal to %d", maxTags))
	}
	seen := map[string]bool{}
	for _, tag := range tags {
		switch { // the words are quoted in aws-quickstart/quickstart-amazon-eks #42 and cilium #44695
		case strings.HasPrefix(strings.ToLower(tag.Key), "aws:"):
			v.tagging = invalid("aws: prefixed tag key names are not allowed for external use.")
		case seen[tag.Key]:
			v.tagging = invalid("Tags contain duplicate keys; tag keys must be unique")
		}
		seen[tag.Key] = true
	}
}

func (v *violations) oneOf(value, member string, allowed ...string) {
	if value == "" || slices.Contains(allowed, value) {
		return
	}
	v.add(quote(value), member, "Member must satisfy enum value set: ["+strings.Join(allowed, ", ")+"]")
}

func quote(value string) string { return "'" + value + "'" }

func (v *violations) between(value int, member string, least, most int) {
	switch {
	case value < least:
		v.add(quote(strconv.Itoa(value)), member, fmt.Sprintf("Member must have value greater than or equal to %d", least))
	case value > most:
		v.add(quote(strconv.Itoa(value)), member, fmt.Sprintf("Member must have value less than or equal to %d", most))
	}
}
