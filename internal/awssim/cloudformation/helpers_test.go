package cloudformation_test

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// sorted puts the lines of a story in order where concurrent resources have none.
func sorted(story string) []string {
	lines := strings.Split(strings.TrimSpace(story), "\n")
	slices.Sort(lines)
	return lines
}

// matching returns the lines of a story with a word.
func matching(story, word string) []string {
	var found []string
	for line := range strings.Lines(story) {
		if strings.Contains(line, word) {
			found = append(found, strings.TrimSpace(line))
		}
	}
	return found
}

// operationTypes returns the types of a stack's last operations.
func operationTypes(of types.Stack) []types.OperationType {
	var found []types.OperationType
	for _, each := range of.LastOperations {
		found = append(found, each.OperationType)
	}
	return found
}
