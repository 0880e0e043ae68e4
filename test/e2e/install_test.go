package e2e_test

import (
	"encoding/json"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/ecsapp-dev/ecsapp-operator/internal/devenv"
)

const operatorUser = "system:serviceaccount:" + devenv.Namespace + ":ecsapp-operator"

// TestTheOperatorsPodIsAdmitted asks the API server, whose namespace enforces the restricted profile.
func TestTheOperatorsPodIsAdmitted(t *testing.T) {
	t.Parallel()
	out, err := shared.Kubectl(t.Context(), "--namespace", devenv.Namespace, "get", "deployment", "ecsapp-operator", "-o", "json")
	if err != nil {
		t.Fatal(err)
	}
	var deployment appsv1.Deployment
	if err := json.Unmarshal([]byte(out), &deployment); err != nil {
		t.Fatal(err)
	}
	admin, err := client.New(shared.Admin, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	pod := corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: devenv.Namespace, GenerateName: "operator-"},
		Spec:       deployment.Spec.Template.Spec,
	}
	if err := admin.Create(t.Context(), &pod, client.DryRunAll); err != nil {
		t.Errorf("the operator's pod is refused: %v", err)
	}
	pod = corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: devenv.Namespace, GenerateName: "operator-"},
		Spec:       deployment.Spec.Template.Spec,
	}
	pod.Spec.Containers[0].SecurityContext.AllowPrivilegeEscalation = nil
	if err := admin.Create(t.Context(), &pod, client.DryRunAll); err == nil {
		t.Error("a pod with fewer restrictions is admitted: the profile is not enforced")
	}
}

func TestTheOperatorMayDoWhatItNeedsAndNoMore(t *testing.T) {
	t.Parallel()
	for question, want := range map[string]bool{
		"watch ecsapps.ecsapp.dev":                      true,
		"patch ecsapps.ecsapp.dev --subresource=status": true,
		"create events.events.k8s.io":                   true,
		"update leases.coordination.k8s.io/ecsapp-operator.ecsapp.dev -n " + devenv.Namespace: true,
		"create ecsapps.ecsapp.dev": false,
		"delete ecsapps.ecsapp.dev": false,
		"get secrets":               false,
		"list namespaces":           false,
		"create pods":               false,
		"update leases.coordination.k8s.io/of-somebody-else -n " + devenv.Namespace: false,
	} {
		args := append([]string{"auth", "can-i", "--as", operatorUser}, strings.Fields(question)...)
		if _, err := shared.Kubectl(t.Context(), args...); (err == nil) != want {
			t.Errorf("kubectl auth can-i %s: %v, want it to be %t", question, err, want)
		}
	}
}
