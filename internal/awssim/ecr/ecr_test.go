package ecr_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/ecr"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

const registryName = "123456789012.dkr.ecr.us-east-1.amazonaws.com"

func here() resource.Place { return resource.Place{Account: "123456789012", Region: "us-east-1"} }

func ask(t *testing.T, service *ecr.Service, operation, body string) (map[string]any, string) {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), "POST", "/", nil)
	request.Header.Set("X-Amz-Target", "AmazonEC2ContainerRegistry_V20150921."+operation)
	answer := service.API().Serve(t.Context(), &wire.Call{
		Service: "ecr", Account: here().Account, Region: here().Region, HTTP: request, Body: []byte(body),
	})
	fields := map[string]any{}
	if err := json.Unmarshal(answer.Body, &fields); err != nil {
		t.Fatalf("%s answers %s: %v", operation, answer.Body, err)
	}
	if answer.Status != 200 {
		return nil, fmt.Sprintf("%v: %v", fields["__type"], fields["message"])
	}
	return fields, ""
}

// serve starts the registry and returns its address.
func serve(t *testing.T, service *ecr.Service) string {
	t.Helper()
	server := httptest.NewServer(service)
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

func push(t *testing.T, reference string, image v1.Image) error {
	t.Helper()
	parsed, err := name.ParseReference(reference)
	if err != nil {
		t.Fatal(err)
	}
	return remote.Write(parsed, image, remote.WithContext(t.Context()))
}

func randomImage(t *testing.T) (v1.Image, string) {
	t.Helper()
	image, err := random.Image(1000, 2)
	if err != nil {
		t.Fatal(err)
	}
	digest, err := image.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return image, digest.String()
}

func TestWhatIsPushedIsListedAndPulled(t *testing.T) {
	t.Parallel()
	service := ecr.New(here())
	address := serve(t, service)
	ask(t, service, "CreateRepository", `{"repositoryName":"team/items"}`)
	image, digest := randomImage(t)
	if err := push(t, address+"/team/items:1.0.0", image); err != nil {
		t.Fatal(err)
	}

	listed, _ := ask(t, service, "ListImages", `{"repositoryName":"team/items"}`)
	want := map[string]any{"imageIds": []any{map[string]any{"imageDigest": digest, "imageTag": "1.0.0"}}}
	if diff := cmp.Diff(want, listed); diff != "" {
		t.Errorf("listed (-want +got):\n%s", diff)
	}
	for _, reference := range []string{":1.0.0", "@" + digest} {
		pulled, err := service.Pull(t.Context(), registryName+"/team/items"+reference)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := pulled.Digest(); err != nil || got.String() != digest {
			t.Errorf("%s: pulled %s, %v", reference, got, err)
		}
		if layers, err := pulled.Layers(); err != nil || len(layers) != 2 {
			t.Errorf("%s: %d layers, %v", reference, len(layers), err)
		}
	}
	got, _ := ask(t, service, "BatchGetImage", `{"repositoryName":"team/items","imageIds":[{"imageTag":"1.0.0"},{"imageTag":"2"}]}`)
	failure := map[string]any{
		"imageId": map[string]any{"imageTag": "2"}, "failureCode": "ImageNotFound", "failureReason": "Requested image not found",
	}
	if diff := cmp.Diff([]any{failure}, got["failures"]); diff != "" {
		t.Errorf("failures (-want +got):\n%s", diff)
	}
}

func TestAFolderOfImagesIsMadeByTheFirstPush(t *testing.T) {
	t.Parallel()
	service := ecr.NewOnDisk(here(), filepath.Join(t.TempDir(), "state.d", "images"))
	address := serve(t, service)
	ask(t, service, "CreateRepository", `{"repositoryName":"items"}`)
	image, _ := randomImage(t)
	if err := push(t, address+"/items:1", image); err != nil {
		t.Error(err)
	}
}

func TestPullTellsWhyItFails(t *testing.T) {
	t.Parallel()
	service := ecr.New(here())
	ask(t, service, "CreateRepository", `{"repositoryName":"items"}`)
	tests := map[string]struct {
		reference string
		want      error
	}{
		"a tag that is missing":        {registryName + "/items:2", ecr.ErrNotFound},
		"a repository that is missing": {registryName + "/absent:1", ecr.ErrNotFound},
		"a repository elsewhere":       {"123456789012.dkr.ecr.eu-west-1.amazonaws.com/items:1", ecr.ErrNotFound},
		"a registry that is not ours":  {"nginx:latest", ecr.ErrUnreachable},
		"no reference":                 {"Not An Image", ecr.ErrReference},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := service.Pull(t.Context(), test.reference); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

func TestPullTakesThisMachinesImageOfAnIndex(t *testing.T) {
	t.Parallel()
	service := ecr.New(here())
	address := serve(t, service)
	ask(t, service, "CreateRepository", `{"repositoryName":"items"}`)
	ours, digest := randomImage(t)
	theirs, _ := randomImage(t)
	platform := func(architecture string) v1.Descriptor {
		return v1.Descriptor{Platform: &v1.Platform{OS: runtime.GOOS, Architecture: architecture}}
	}
	for tag, addenda := range map[string][]mutate.IndexAddendum{
		"both":   {{Add: theirs, Descriptor: platform("mips")}, {Add: ours, Descriptor: platform(runtime.GOARCH)}},
		"theirs": {{Add: theirs, Descriptor: platform("mips")}},
	} {
		reference, err := name.ParseReference(address + "/items:" + tag)
		if err != nil {
			t.Fatal(err)
		}
		if err := remote.WriteIndex(reference, mutate.AppendManifests(empty.Index, addenda...)); err != nil {
			t.Fatal(err)
		}
	}
	pulled, err := service.Pull(t.Context(), registryName+"/items:both")
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := pulled.Digest(); got.String() != digest {
		t.Errorf("pulled %s, want %s", got, digest)
	}
	if _, err := service.Pull(t.Context(), registryName+"/items:theirs"); !errors.Is(err, ecr.ErrPlatform) {
		t.Errorf("got %v", err)
	}
}

func TestErrorsReadAsTheServices(t *testing.T) {
	t.Parallel()
	service := ecr.New(here())
	address := serve(t, service)
	ask(t, service, "CreateRepository", `{"repositoryName":"items"}`)
	image, _ := randomImage(t)
	if err := push(t, address+"/items:1", image); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct{ operation, body, want string }{
		"a repository that exists": {
			"CreateRepository", `{"repositoryName":"items"}`, "RepositoryAlreadyExistsException: " +
				"The repository with name 'items' already exists in the registry with id '123456789012'",
		},
		"a repository that is absent": {
			"DescribeRepositories", `{"repositoryNames":["absent"]}`, "RepositoryNotFoundException: " +
				"The repository with name 'absent' does not exist in the registry with id '123456789012'",
		},
		"a repository that is not empty": {
			"DeleteRepository", `{"repositoryName":"items"}`, "RepositoryNotEmptyException: " +
				"The repository with name 'items' in registry with id '123456789012' cannot be deleted because it still contains images",
		},
		"an image that is absent": {
			"DescribeImages", `{"repositoryName":"items","imageIds":[{"imageTag":"2"}]}`, "ImageNotFoundException: " +
				"The image with imageId {imageDigest:'null', imageTag:'2'} does not exist within the repository " +
				"with name 'items' in the registry with id '123456789012'",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, got := ask(t, service, test.operation, test.body)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestPushIsRefused(t *testing.T) {
	t.Parallel()
	service := ecr.New(here())
	address := serve(t, service)
	ask(t, service, "CreateRepository", `{"repositoryName":"fixed","imageTagMutability":"IMMUTABLE"}`)
	first, _ := randomImage(t)
	if err := push(t, address+"/fixed:1", first); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct{ repository, want string }{
		"to a repository that does not exist": {"/absent:1", "NAME_UNKNOWN"},
		"over an immutable tag":               {"/fixed:1", "TAG_INVALID"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			image, _ := randomImage(t)
			err := push(t, address+test.repository, image)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

func TestRepositoryResourceGoesOnlyWhenEmpty(t *testing.T) {
	t.Parallel()
	service := ecr.New(here())
	address := serve(t, service)
	provider := service.Providers()["AWS::ECR::Repository"]
	request := resource.Request{
		Place: here(), Type: "AWS::ECR::Repository", LogicalID: "Repository", StackName: "Items", Properties: resource.Properties{},
	}
	created, err := provider.Create(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	if got := created.Attributes["RepositoryUri"]; got != registryName+"/"+created.PhysicalID {
		t.Errorf("got URI %v", got)
	}
	image, _ := randomImage(t)
	if err := push(t, address+"/"+created.PhysicalID+":1", image); err != nil {
		t.Fatal(err)
	}
	request.PhysicalID = created.PhysicalID
	if err := provider.Delete(t.Context(), request); err == nil || !strings.Contains(err.Error(), "still contains images") {
		t.Errorf("got %v", err)
	}
	request.Properties = resource.Properties{"EmptyOnDelete": "true"}
	if err := provider.Delete(t.Context(), request); err != nil {
		t.Error(err)
	}
}
