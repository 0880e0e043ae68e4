package e2e_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/ecsapp-dev/ecsapp-operator/api/v1alpha1"
)

// app is an EcsApp in a namespace of its own.
type app struct {
	*testing.T

	namespace string
}

func newApp(t *testing.T, namespace string) *app {
	t.Helper()
	a := &app{T: t, namespace: namespace}
	a.kubectl("create", "namespace", namespace)
	return a
}

// kubectl runs in the app's namespace and must succeed.
func (a *app) kubectl(args ...string) string {
	a.Helper()
	out, err := shared.Kubectl(a.Context(), append([]string{"--namespace", a.namespace}, args...)...)
	if err != nil {
		a.Fatal(err)
	}
	return out
}

// apply sets the image's tag and more fields of the spec, given as lines of YAML.
func (a *app) apply(tag string, more ...string) {
	a.Helper()
	manifest := fmt.Sprintf(`apiVersion: ecsapp.dev/v1alpha1
kind: EcsApp
metadata: {name: items}
spec:
  image: {repository: %s/items, tag: %q}
`, registry, tag)
	if len(more) > 0 {
		manifest += "  " + strings.Join(more, "\n  ") + "\n"
	}
	file := filepath.Join(a.TempDir(), "items.yaml")
	if err := os.WriteFile(file, []byte(manifest), 0o600); err != nil {
		a.Fatal(err)
	}
	a.kubectl("apply", "-f", file)
}

func (a *app) get() *v1alpha1.EcsApp {
	a.Helper()
	var got v1alpha1.EcsApp
	if err := json.Unmarshal([]byte(a.kubectl("get", "ecsapp", "items", "-o", "json", "--show-managed-fields")), &got); err != nil {
		a.Fatal(err)
	}
	return &got
}

// waitFor waits until the app is as the question wants it; the question says why not yet.
func (a *app) waitFor(timeout time.Duration, what string, question func(*v1alpha1.EcsApp) error) *v1alpha1.EcsApp {
	a.Helper()
	var got *v1alpha1.EcsApp
	eventually(a.T, timeout, what, func() error {
		got = a.get()
		return question(got)
	})
	return got
}

func (a *app) waitReady() *v1alpha1.EcsApp {
	a.Helper()
	return a.waitFor(deploy, "Ready", func(got *v1alpha1.EcsApp) error {
		return is(got, v1alpha1.ConditionReady, v1alpha1.ReasonReady)
	})
}

// is says whether a condition of the current generation is True with a reason.
func is(got *v1alpha1.EcsApp, conditionType, reason string) error {
	condition := meta.FindStatusCondition(got.Status.Conditions, conditionType)
	if condition == nil || condition.Status != "True" || condition.Reason != reason ||
		condition.ObservedGeneration != got.Generation {
		return fmt.Errorf("generation %d: %s is not True for reason %s: %+v", got.Generation, conditionType, reason, got.Status.Conditions)
	}
	return nil
}

func eventually(t *testing.T, timeout time.Duration, what string, question func() error) {
	t.Helper()
	const pause = 100 * time.Millisecond
	deadline := time.Now().Add(timeout)
	for {
		err := question()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not %s after %s: %v", what, timeout, err)
		}
		time.Sleep(pause)
	}
}

// aws runs the aws command against the simulator and must succeed.
func (a *app) aws(args ...string) string {
	a.Helper()
	out, err := a.tryAWS(args...)
	if err != nil {
		a.Fatal(err)
	}
	return out
}

func (a *app) tryAWS(args ...string) (string, error) {
	command := exec.CommandContext(a.Context(), "aws", args...)
	command.Env = append(os.Environ(), shared.AWSEnv()...)
	out, err := command.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("aws %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out)), nil
}

// request returns the body of a 200, or fails the test.
func (a *app) request(method, url, body string) string {
	a.Helper()
	answer, err := request(a.Context(), http.DefaultClient, method, url, body)
	if err != nil {
		a.Fatal(err)
	}
	return answer
}

func request(ctx context.Context, client *http.Client, method, url, body string) (string, error) {
	call, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return "", fmt.Errorf("making a request: %w", err)
	}
	call.Header.Set("Content-Type", "application/json")
	response, err := client.Do(call)
	if err != nil {
		return "", fmt.Errorf("asking %s: %w", url, err)
	}
	answer, err := io.ReadAll(response.Body)
	if response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %s: %s", method, url, response.Status, answer)
	}
	return string(answer), errors.Join(err, response.Body.Close())
}

// load is a constant stream of requests.
type load struct {
	stop         context.CancelFunc
	done         sync.WaitGroup
	succeeded    atomic.Int64
	failed       atomic.Int64
	mu           sync.Mutex
	firstFailure error
}

// startLoad asks a URL from several clients, again and again.
func startLoad(ctx context.Context, url string) *load {
	const clients, pause = 4, 5 * time.Millisecond
	ctx, stop := context.WithCancel(ctx)
	l := &load{stop: stop}
	for range clients {
		l.done.Go(func() {
			client := &http.Client{Transport: &http.Transport{}, Timeout: soon}
			for ctx.Err() == nil {
				// The request outlives the end of the load: one that was cut short says nothing.
				_, err := request(context.WithoutCancel(ctx), client, http.MethodGet, url, "")
				l.count(err)
				time.Sleep(pause)
			}
		})
	}
	return l
}

func (l *load) count(err error) {
	if err == nil {
		l.succeeded.Add(1)
		return
	}
	l.failed.Add(1)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.firstFailure == nil {
		l.firstFailure = err
	}
}

// mustBeFlawless ends the load; not one request may have failed.
func (l *load) mustBeFlawless(t *testing.T) {
	t.Helper()
	l.stop()
	l.done.Wait()
	t.Logf("%d requests succeeded, %d failed", l.succeeded.Load(), l.failed.Load())
	if l.failed.Load() > 0 || l.succeeded.Load() == 0 {
		t.Errorf("%d of %d requests failed, the first with: %v", l.failed.Load(), l.failed.Load()+l.succeeded.Load(), l.firstFailure)
	}
}
