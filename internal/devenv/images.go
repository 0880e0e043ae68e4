package devenv

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ecsapp-dev/ecsapp-operator/internal/ociimage"
)

// PushImage pushes an image to the simulated ECR, into a repository that is created if need be.
func (e *Env) PushImage(ctx context.Context, repository, tag string, image v1.Image) error {
	body := fmt.Sprintf(`{"repositoryName":%q}`, repository)
	err := e.call(ctx, "ecr", "AmazonEC2ContainerRegistry_V20150921.CreateRepository", body)
	if err != nil && !strings.Contains(err.Error(), "RepositoryAlreadyExistsException") {
		return err
	}
	ref := strings.TrimPrefix(e.AWSEndpoint, "http://") + "/" + repository + ":" + tag
	if err := ociimage.Push(ctx, ref, image); err != nil {
		return fmt.Errorf("pushing to the simulated ECR: %w", err)
	}
	return nil
}

// call makes a JSON call to the simulator, which does not verify signatures. It spares the demo the AWS SDK.
func (e *Env) call(ctx context.Context, service, target, body string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, e.AWSEndpoint, strings.NewReader(body))
	if err != nil {
		return fmt.Errorf("calling %s: %w", target, err)
	}
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	request.Header.Set("X-Amz-Target", target)
	request.Header.Set("Authorization",
		"AWS4-HMAC-SHA256 Credential=test/20260101/"+Region+"/"+service+"/aws4_request, SignedHeaders=host, Signature=none")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("calling %s: %w", target, err)
	}
	answer, err := io.ReadAll(response.Body)
	if response.StatusCode != http.StatusOK {
		err = fmt.Errorf("calling %s: %s: %s", target, response.Status, answer) //nolint:err113 // for people
	}
	return errors.Join(err, response.Body.Close())
}
