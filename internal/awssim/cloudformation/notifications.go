package cloudformation

import (
	"fmt"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// Topics are what NotificationARNs name.
type Topics interface {
	// Publish sends a message to a topic of SNS.
	Publish(place resource.Place, topicARN, subject, message string) error
}

const notificationSubject = "AWS CloudFormation Notification"

// notify sends an event to the stack's topics, which take it by mail and refuse nothing. The caller holds mu.
func (st *stack) notify(e event) {
	if st.topics == nil || st.deployed == nil {
		return
	}
	for _, arn := range st.deployed.notificationARNs {
		_ = st.topics.Publish(st.Place, arn, notificationSubject, st.notification(e)) // see above
	}
}

// notification is an event as notifications have it: a line for each member, its value in single quotes. Source: messages
// that people publish; the order of the lines is theirs.
func (st *stack) notification(e event) string {
	token := e.token
	if token == "" {
		token = "null"
	}
	properties := "null"
	if e.properties != nil {
		properties = st.shownProperties(&e)
	}
	var out strings.Builder
	for _, line := range [][2]string{
		{"StackId", st.id},
		{"Timestamp", e.at.UTC().Format("2006-01-02T15:04:05.000Z")},
		{"EventId", e.id},
		{"LogicalResourceId", e.logicalID},
		{"Namespace", st.Account},
		{"PhysicalResourceId", e.physicalID},
		{"ResourceProperties", properties},
		{"ResourceStatus", string(e.status)},
		{"ResourceStatusReason", e.reason},
		{"ResourceType", e.typeOfThing},
		{"StackName", st.name},
		{"ClientRequestToken", token},
	} {
		fmt.Fprintf(&out, "%s='%s'\n", line[0], line[1])
	}
	return out.String()
}
