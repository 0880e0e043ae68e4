package cloudformation

import (
	"regexp"
	"slices"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/cfn/schema"
)

// invalidProperties is the failure of a resource whose properties are not as its schema says.
func invalidProperties(resourceType, logicalID string, problems []schema.Problem) error {
	if reason, ok := olderWords(resourceType, problems); ok {
		return refusal("%s", reason)
	}
	lines := make([]string, len(problems))
	for i, problem := range problems {
		lines[i] = problem.String()
	}
	return refusal("Properties validation failed for resource %s with message:\n%s", logicalID, strings.Join(lines, "\n"))
}

// foundLater tells the problems that CloudFormation only finds once it makes a resource (recorded): that nobody has an inline
// policy.
func foundLater(resourceType string) func(schema.Problem) bool {
	return func(problem schema.Problem) bool {
		return resourceType == "AWS::IAM::Policy" && strings.HasPrefix(problem.Message, "required key not found: at least one of")
	}
}

var (
	missingKey    = regexp.MustCompile(`^required key \[(.+)\] not found$`)
	extraneousKey = regexp.MustCompile(`^extraneous key \[(.+)\] is not permitted$`)
	otherType     = regexp.MustCompile(`^expected type: (?:JSON)?(\w+), found: \w+$`)
)

// olderWords explains problems as CloudFormation does for types that it validates by older means: that SSM parameters are
// such a type is recorded, and what it says of missing properties; the rest is quoted of other types. What it says of
// other problems is not known: then there are no such words.
func olderWords(resourceType string, problems []schema.Problem) (string, bool) {
	if resourceType != "AWS::SSM::Parameter" {
		return "", false
	}
	var words, unknown []string
	for _, problem := range problems {
		if found := missingKey.FindStringSubmatch(problem.Message); found != nil {
			words = append(words, "The property {"+problem.Path+"/"+found[1]+"} is required")
		} else if found := otherType.FindStringSubmatch(problem.Message); found != nil {
			words = append(words, "Value of property {"+problem.Path+"} does not match type {"+found[1]+"}")
		} else if found := extraneousKey.FindStringSubmatch(problem.Message); found != nil && problem.Path == "" {
			unknown = append(unknown, found[1])
		} else {
			return "", false
		}
	}
	if len(unknown) > 0 {
		words = slices.Insert(words, 0, "Encountered unsupported properties in {/}: ["+strings.Join(unknown, ", ")+"]")
	}
	return "Property validation failure: [" + strings.Join(words, ", ") + "]", true
}
