package controllers

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/api/v1alpha1"
	"github.com/ecsapp-dev/ecsapp-operator/internal/aws"
	"github.com/ecsapp-dev/ecsapp-operator/internal/stack"
	"github.com/ecsapp-dev/ecsapp-operator/internal/template"
)

const (
	maxStackName = 128
	hashBytes    = 4
	// goalDelete is the name of the goal to delete; all other goals are named by their digest.
	goalDelete = "delete"
)

// targetOf names the stack of an EcsApp.
func targetOf(app *v1alpha1.EcsApp, clusterUID string) aws.Target {
	target := aws.Target{
		Region: app.Spec.Region, Name: StackName(clusterUID, app.Namespace, app.Name),
		Owner: string(app.UID), Cluster: clusterUID, App: app.Namespace + "/" + app.Name,
		Service: template.ServiceID, DigestOutput: template.OutputDigest,
	}
	if app.Status.Stack != nil {
		target.ID = app.Status.Stack.ID
	}
	if target.Region == "" { // a stack stays where it was made, whatever the operator's own region becomes
		target.Region = aws.RegionOf(target.ID)
	}
	return target
}

// StackName returns <namespace>-<name>-<hash>, at most 128 characters. The hash covers the cluster too, so that neither
// two namespaces nor two clusters can mean the same stack.
func StackName(clusterUID, namespace, name string) string {
	sum := sha256.Sum256([]byte(clusterUID + "\n" + namespace + "\n" + name))
	hash := "-" + hex.EncodeToString(sum[:hashBytes])
	readable := strings.ReplaceAll(namespace+"-"+name, ".", "-")
	if readable[0] >= '0' && readable[0] <= '9' {
		readable = "n" + readable // a stack's name starts with a letter
	}
	return strings.TrimRight(readable[:min(len(readable), maxStackName-len(hash))], "-") + hash
}

// goalOf is what is wanted of the stack, with what is remembered of it.
func goalOf(app *v1alpha1.EcsApp, digest string, repairDue bool) stack.Goal {
	return stack.Goal{
		Digest:    digest,
		Delete:    !app.DeletionTimestamp.IsZero(),
		Retain:    app.Spec.DeletionPolicy == v1alpha1.DeletionPolicyRetain,
		Suspended: app.Spec.Suspend,
		Protected: app.Spec.Stack.TerminationProtection,
		Attempt:   recall(app, goalName(app, digest), repairDue),
	}
}

// goalName tells goals apart.
func goalName(app *v1alpha1.EcsApp, digest string) string {
	if !app.DeletionTimestamp.IsZero() {
		return goalDelete
	}
	return digest
}
