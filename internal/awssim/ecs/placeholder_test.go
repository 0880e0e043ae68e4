package ecs_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/ecr"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/ecs"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/process"
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

func TestPlaceholderAnswersCallsOfGRPC(t *testing.T) {
	t.Parallel()
	containers := ecs.WithPlaceholders(ecs.NewContainers(ecr.New(here()), process.NewRunner(t.TempDir())))
	defer func() {
		if err := containers.Close(); err != nil {
			t.Error(err)
		}
	}()
	image, err := containers.Pull(t.Context(), "calls:1")
	if err != nil {
		t.Fatal(err)
	}
	started, err := image.Start(&ecs.ContainerSpec{Name: "calls"}, nil, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	client := &http.Client{Transport: &http.Transport{Protocols: protocols}}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+started.Address()+"/AWS.ALB/healthcheck", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/grpc")
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if status := response.Header.Get("Grpc-Status"); status != "12" || response.ProtoMajor != 2 {
		t.Errorf("the status is %q, by %s", status, response.Proto)
	}
}
