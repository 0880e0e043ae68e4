// Package template renders an EcsApp as a CloudFormation template: network, load balancer, ECS service and all
// around it. It is pure: equal specs give equal bytes, whatever the order of what has no order.
package template

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"

	"github.com/ecsapp-dev/ecsapp-operator/api/v1alpha1"
	"github.com/ecsapp-dev/ecsapp-operator/internal/cfn"
)

// Template is what CloudFormation is asked for. Its resources need CAPABILITY_IAM.
type Template struct {
	// Body is the template as canonical JSON.
	Body []byte
	// Digest is the SHA-256 of body and tags in hexadecimal. The body shows it as OutputDigest, which is left out
	// of its own computation.
	Digest string
	// Tags are the user's tags of the stack; nil if there are none.
	Tags map[string]string
}

// Build renders an app whose defaults are filled in. The image is the resolved reference that the tasks run, such
// as "repository@sha256:...". An error says which field of the spec to change.
func Build(app *v1alpha1.EcsApp, image string) (Template, error) {
	if err := check(&app.Spec, image); err != nil {
		return Template{}, fmt.Errorf("building the template: %w", err)
	}
	document := build(&app.Spec, image)
	tags := maps.Clone(app.Spec.Stack.Tags)
	digest, err := digestOf(document, tags)
	if err != nil {
		return Template{}, err
	}
	document.Output(OutputDigest, "Digest of the template and the stack's tags", cfn.S(digest))
	body, err := document.JSON()
	if err != nil {
		return Template{}, fmt.Errorf("rendering the template: %w", err)
	}
	return Template{Body: body, Digest: digest, Tags: tags}, nil
}

// parts are the resources that others refer to.
type parts struct {
	network  network
	groups   securityGroups
	balancer loadBalancer
	task     task
	cluster  cfn.Handle
	service  cfn.Handle
}

// build is the list of contents. What it gets has been checked.
func build(spec *v1alpha1.EcsAppSpec, image string) *cfn.Document {
	document := cfn.New("An HTTP service on ECS Fargate, kept by the EcsApp operator (ecsapp.dev)")
	var p parts
	p.network = addNetwork(document, spec.Network.VPC)
	p.groups = addSecurityGroups(document, p.network, spec)
	p.balancer = addLoadBalancer(document, p.network, p.groups, spec.LoadBalancer)
	p.task = addTaskDefinition(document, spec, image)
	p.cluster = addCluster(document)
	p.service = addService(document, spec, p)
	addOutputs(document, spec, p)
	return document
}

// digestOf hashes the document without its own digest, and the tags. Stack tags are no part of a template, but a
// change of them is a change of the stack.
func digestOf(document *cfn.Document, tags map[string]string) (string, error) {
	body, err := document.JSON()
	if err != nil {
		return "", fmt.Errorf("rendering the template: %w", err)
	}
	encodedTags, err := json.Marshal(tags)
	if err != nil {
		return "", fmt.Errorf("encoding the stack's tags: %w", err)
	}
	hash := sha256.New()
	hash.Write(body)
	hash.Write([]byte{'\n'}) // No JSON text has a raw line break: the two parts cannot run into each other.
	hash.Write(encodedTags)
	return hex.EncodeToString(hash.Sum(nil)), nil
}
