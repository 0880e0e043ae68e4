package conformance

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/ecsapp-dev/ecsapp-operator/awssimtest"
)

func TestTheTemplateOfTheManualServes(t *testing.T) {
	t.Parallel()
	template, err := os.ReadFile("../../docs/simulator/web.yaml")
	if err != nil {
		t.Fatal(err)
	}
	sim := awssimtest.Start(t)
	client := clientsOf(sim.URL())
	pushSample(t, sim, client, "items:1.0.0")
	outputs := createStack(t, client, "demo", string(template))
	if _, listed := get(t, http.DefaultClient, outputs["URL"]+"/items"); !strings.Contains(listed, `"name":"Widget"`) {
		t.Errorf("the items are %s", listed)
	}
}
