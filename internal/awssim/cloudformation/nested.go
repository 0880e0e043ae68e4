package cloudformation

import (
	"context"
	"errors"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/document"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// nested makes AWS::CloudFormation::Stack real: each is a stack of its own, which its parent leads. A nested stack that was
// updated or rolled back waits with its clean-up for its parent, which may yet turn back (nested_settle.go).
//
// A stack's lock is only ever waited for while that of its parent is held, never the other way around.
type nested struct{ *Service }

var _ resource.Provider = nested{}

// nesting is where a nested stack belongs; empty for others.
type nesting struct{ parentID, rootID, logicalID string }

// Create makes the nested stack. One that fails stays as it is: the parent deletes it.
func (n nested) Create(ctx context.Context, r resource.Request) (resource.Result, error) {
	child, current, err := n.beginNested(r) //nolint:contextcheck // it outlives the call
	if err != nil {
		return resource.Result{}, plainly(err)
	}
	r.Initiated(child.id)
	await(ctx, current)
	child.mu.Lock()
	defer child.mu.Unlock()
	switch {
	case child.status == createComplete:
		return child.result(), nil
	case ctx.Err() != nil:
		return resource.Result{}, ctx.Err()
	default:
		return resource.Result{}, refusal("Embedded stack %s was not successfully created: %s", child.id, child.reason)
	}
}

// Update brings the nested stack to what its template, wherever that changed, and its parameters want; while the parent is
// led back it leads the nested stack back.
func (n nested) Update(ctx context.Context, r resource.Request) (resource.Result, error) {
	child, ok := n.store.find(r.Place, r.PhysicalID)
	if !ok {
		return resource.Result{}, refusal("Stack [%s] does not exist", r.PhysicalID)
	}
	if r.Undoing {
		return n.leadBack(ctx, child)
	}
	current, err := n.beginNestedUpdate(child, r) //nolint:contextcheck // it outlives the call
	if err != nil {
		return resource.Result{}, plainly(err)
	}
	if current != nil {
		await(ctx, current)
	}
	child.mu.Lock()
	defer child.mu.Unlock()
	switch {
	case current == nil, child.status == updateCompleteCleanup, child.status == updateComplete:
		return child.result(), nil
	case ctx.Err() != nil:
		return resource.Result{}, ctx.Err()
	default:
		return resource.Result{}, child.notUpdated()
	}
}

// Delete deletes the nested stack and what it has.
func (n nested) Delete(ctx context.Context, r resource.Request) error {
	child, ok := n.store.find(r.Place, r.PhysicalID)
	if !ok {
		return nil
	}
	blocked := n.blockedDeletion(child)
	child.mu.Lock()
	if child.status == deleteComplete {
		child.mu.Unlock()
		return nil
	}
	if child.status != deleteInProgress || child.operation == nil {
		n.startDelete(child, &deleteStackInput{DeploymentConfig: modeOf(r)}, blocked) //nolint:contextcheck // it outlives the call
	}
	current := child.operation
	child.mu.Unlock()
	select {
	case <-current.done:
	case <-ctx.Done():
		return ctx.Err()
	}
	child.mu.Lock()
	defer child.mu.Unlock()
	if child.status == deleteComplete {
		return nil
	}
	if child.status == deleteFailed {
		blocked = child.reason
	}
	return refusal("Embedded stack %s was not successfully deleted: %s", child.id, blocked)
}

// await waits until an operation of a nested stack has ended or turned back; one whose parent's ends, ends as well.
func await(ctx context.Context, current *operation) {
	select {
	case <-current.done:
	case <-current.turned:
	case <-ctx.Done():
		current.cancel(context.Cause(ctx))
		select {
		case <-current.done:
		case <-current.turned:
		}
	}
}

// result is what the parent knows of the stack. The caller holds mu.
func (st *stack) result() resource.Result {
	attributes := make(map[string]any, len(st.outputs))
	for name, output := range st.outputs {
		attributes["Outputs."+name] = output.Value
	}
	return resource.Result{PhysicalID: st.id, Attributes: attributes}
}

// notUpdated says why the parent's resource fails. The caller holds mu.
func (st *stack) notUpdated() error {
	return refusal("Embedded stack %s was not successfully updated. Currently in %s with reason: %s", st.id, st.status, st.reason)
}

// plainly is an error of the API as the reason of a resource: its message alone.
func plainly(err error) error {
	if refused, ok := errors.AsType[*wire.Error](err); ok {
		return errors.New(refused.Message)
	}
	return err
}

// nestedCall is the call that the parent makes for its nested stack.
func nestedCall(r resource.Request, name string) *wire.Call {
	return &wire.Call{Service: "cloudformation", Operation: name, Account: r.Account, Region: r.Region}
}

// parentOf is what a nested stack takes from the parent that asks for it.
func (s *Service) parentOf(r resource.Request) (*stack, inherited, error) {
	parent, ok := s.store.find(r.Place, r.StackID)
	if !ok {
		return nil, inherited{}, refusal("Stack [%s] does not exist", r.StackID)
	}
	parent.mu.Lock()
	defer parent.mu.Unlock()
	from := inherited{
		capabilities: parent.deployed.capabilities, roleARN: parent.deployed.roleARN, disableRollback: parent.disableRollback,
		rootID: parent.id,
	}
	if parent.nesting.rootID != "" {
		from.rootID = parent.nesting.rootID
	}
	if parent.unfinished != nil {
		from.retainExceptOnCreate = parent.unfinished.retainExceptOnCreate
	}
	return parent, from, nil
}

// inherited is what a nested stack takes from its parent.
type inherited struct {
	capabilities                          []string
	roleARN, rootID                       string
	disableRollback, retainExceptOnCreate bool
}

// nestedProperties are the properties of AWS::CloudFormation::Stack.
type nestedProperties struct {
	templateURL      string
	parameters       []parameter
	tags             []tag
	notificationARNs []string
	timeout          *int // minutes
}

// readNested reads properties that were checked against the schema.
func readNested(r resource.Request) (nestedProperties, error) {
	read := nestedProperties{tags: nestedTags(r), notificationARNs: []string{}}
	read.templateURL, _ = r.Properties["TemplateURL"].(string)
	given, _ := r.Properties["Parameters"].(map[string]any)
	for _, name := range sortedKeys(given) {
		switch given[name].(type) {
		case map[string]any, []any:
			return read, refusal("Value of property Parameters must be an object with String (or simple type) properties")
		}
		text := document.Text(given[name])
		read.parameters = append(read.parameters, parameter{ParameterKey: name, ParameterValue: &text})
	}
	arns, _ := r.Properties["NotificationARNs"].([]any)
	for _, arn := range arns {
		read.notificationARNs = append(read.notificationARNs, document.Text(arn))
	}
	read.timeout = minutes(r.Properties["TimeoutInMinutes"])
	return read, nil
}

func minutes(value any) *int {
	number, ok := value.(float64)
	if !ok {
		return nil
	}
	whole := int(number)
	return &whole
}

// nestedTags are the stack's own tags over those of its parent, by name; those of CloudFormation itself are no stack's.
func nestedTags(r resource.Request) []tag {
	tags := make(map[string]string, len(r.Tags))
	for name, value := range r.Tags {
		if !strings.HasPrefix(name, "aws:") {
			tags[name] = value
		}
	}
	own, _ := r.Properties["Tags"].([]any)
	for _, each := range own {
		if member, ok := each.(map[string]any); ok {
			tags[document.Text(member["Key"])] = document.Text(member["Value"])
		}
	}
	all := make([]tag, 0, len(tags))
	for _, name := range sortedKeys(tags) {
		all = append(all, tag{name, tags[name]})
	}
	return all
}

// modeOf is the mode of the parent's operation.
func modeOf(r resource.Request) *deploymentConfig {
	if !r.Express {
		return nil
	}
	return &deploymentConfig{Mode: modeExpress}
}

// nests reports whether a deployment may have nested stacks.
func (d *deployment) nests() bool {
	for _, definition := range d.template.Resources {
		if definition.Type == stackType {
			return true
		}
	}
	return false
}
