package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/api/v1alpha1"
	"github.com/ecsapp-dev/ecsapp-operator/internal/devenv"
)

// deploy applies the manifest, watches it become an application and talks to it.
func (d *demo) deploy(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, deployTimeout)
	defer cancel()
	manifest, err := os.ReadFile(filepath.Join(d.root, sample))
	if err != nil {
		return fmt.Errorf("reading the manifest: %w", err)
	}
	d.blank()
	d.command("cat " + sample)
	d.output(withoutComments(string(manifest)))
	d.command("kubectl apply -f " + sample)
	applied := time.Now()
	out, err := d.env.Kubectl(ctx, "apply", "-f", filepath.Join(d.root, sample))
	if err != nil {
		return err
	}
	d.output(out)
	d.blank()
	url, err := d.followURL(ctx, applied)
	if err != nil {
		return err
	}
	if err := d.firstAnswer(ctx, url, applied); err != nil {
		return err
	}
	return d.tour(ctx)
}

// followURL tells each change of the app's readiness until it has a URL.
func (d *demo) followURL(ctx context.Context, since time.Time) (string, error) {
	const pause = 100 * time.Millisecond
	for {
		app, err := d.app(ctx)
		if err != nil {
			return "", err
		}
		for _, condition := range app.Status.Conditions {
			switch {
			case condition.Type == v1alpha1.ConditionReady:
				d.progress(time.Since(since), condition.Reason, condition.Message)
			case condition.Type == v1alpha1.ConditionStalled && condition.Status == "True":
				return "", fmt.Errorf("the deployment stalled: %s: %s", condition.Reason, condition.Message)
			}
		}
		if app.Status.URL != "" {
			return app.Status.URL, nil
		}
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("waiting for the URL: %w", ctx.Err())
		case <-time.After(pause):
		}
	}
}

func (d *demo) app(ctx context.Context) (*v1alpha1.EcsApp, error) {
	out, err := d.env.Kubectl(ctx, "get", "ecsapp", "items", "-o", "json")
	if err != nil {
		return nil, err
	}
	var app v1alpha1.EcsApp
	if err := json.Unmarshal([]byte(out), &app); err != nil {
		return nil, fmt.Errorf("reading the EcsApp: %w", err)
	}
	return &app, nil
}

// firstAnswer waits for the first 200 through the load balancer and says how long it took since the apply.
func (d *demo) firstAnswer(ctx context.Context, url string, since time.Time) error {
	const pause = 50 * time.Millisecond
	for {
		err := devenv.Get(ctx, url+"/health")
		if err == nil {
			d.progress(time.Since(since), "200 OK", "first answer through the load balancer")
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for an answer of %s: %w", url, errors.Join(ctx.Err(), err))
		case <-time.After(pause):
		}
	}
}

// tour shows what is there now, as a user would look at it.
func (d *demo) tour(ctx context.Context) error {
	if _, err := d.env.Kubectl(ctx, "wait", "--for=condition=Ready", "--timeout=60s", "ecsapp/items"); err != nil {
		return err
	}
	d.blank()
	d.command("kubectl get ecsapps")
	out, err := d.env.Kubectl(ctx, "get", "ecsapps")
	if err != nil {
		return err
	}
	d.output(out)
	app, err := d.app(ctx)
	if err != nil {
		return err
	}
	if err := d.inventory(ctx, app.Status.Stack.Name); err != nil {
		return err
	}
	d.complete(app.Status.URL, app.Status.HealthURL, app.Status.DocsURL)
	for _, args := range [][]string{
		{app.Status.HealthURL},
		{app.Status.URL + "/items"},
		{
			"-X", "POST", app.Status.URL + "/items", "-H", "Content-Type: application/json",
			"-d", `{"name": "Doodad", "description": "A fantastic doodad", "price": 39.99}`,
		},
	} {
		if err := d.curl(ctx, args); err != nil {
			return err
		}
	}
	return nil
}

// inventory lists what the stack is made of.
func (d *demo) inventory(ctx context.Context, stack string) error {
	counts, err := d.env.ResourceTypes(ctx, stack)
	if err != nil {
		return err
	}
	var parts []string
	all := 0
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		all += counts[name]
		short := strings.ReplaceAll(strings.TrimPrefix(name, "AWS::"), "::", " ")
		parts = append(parts, fmt.Sprintf("%d %s", counts[name], short))
	}
	d.blank()
	d.printf("  One CloudFormation stack, %s, with %d resources:\n", stack, all)
	d.wrapped(parts)
	return nil
}

// curl runs and shows one of the reference's curl commands; without curl the request is made all the same.
func (d *demo) curl(ctx context.Context, args []string) error {
	d.command("curl " + quoted(args))
	if _, err := exec.LookPath("curl"); err != nil {
		return d.curlWithoutCurl(ctx, args)
	}
	args = append([]string{"-sS", "--fail-with-body"}, args...)
	out, err := exec.CommandContext(ctx, "curl", args...).CombinedOutput() //nolint:gosec // our own
	if err != nil {
		return fmt.Errorf("curl: %w: %s", err, out)
	}
	d.output(indentJSON(out))
	return nil
}

func quoted(args []string) string {
	words := make([]string, len(args))
	for i, arg := range args {
		words[i] = arg
		if strings.ContainsAny(arg, " {") {
			words[i] = "'" + arg + "'"
		}
	}
	return strings.Join(words, " ")
}
