package ecs_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/ecs"
)

func TestPlaceholderStandsInForImagesThatCannotBeReached(t *testing.T) {
	t.Parallel()
	w := newWorldOf(t, ecs.WithPlaceholders)
	w.define(t, "nginx:1.29", nil)
	if err := w.create(t, 1); err != nil {
		t.Fatal(err)
	}
	if status, body := w.get(t, "/any/path"); status != http.StatusOK || !strings.Contains(body, "nginx:1.29") {
		t.Errorf("got %d %q", status, body)
	}
	const notice = "awssim runs a placeholder instead of the image nginx:1.29, whose registry it cannot reach."
	if described := w.describe(t); !hasEvent(described, notice) {
		t.Errorf("no event says so: %+v", described.Events)
	}
	w.define(t, repository+":absent", nil)
	if err := w.update(t, 1); err == nil {
		t.Error("a tag that is missing in a registry that can be reached was replaced as well")
	}
	if err := w.Providers()["AWS::ECS::Service"].Delete(t.Context(), w.serviceRequest(0)); err != nil {
		t.Error(err)
	}
}
