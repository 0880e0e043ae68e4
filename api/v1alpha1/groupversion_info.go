// Package v1alpha1 is the API of the EcsApp operator: one EcsApp describes one HTTP service on AWS ECS Fargate
// and everything around it.
//
// +kubebuilder:object:generate=true
// +groupName=ecsapp.dev
package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// GroupVersion is the group and version of this package's kinds.
var GroupVersion = schema.GroupVersion{Group: "ecsapp.dev", Version: "v1alpha1"}

// AddToScheme registers this package's kinds with a scheme.
func AddToScheme(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(GroupVersion, &EcsApp{}, &EcsAppList{})
	metav1.AddToGroupVersion(scheme, GroupVersion)
	return nil
}
