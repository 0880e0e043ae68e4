package devenv

import (
	"context"
	"fmt"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ecsapp-dev/ecsapp-operator/internal/ociimage"
)

// PushImage pushes an image to the simulated ECR, into a repository that is created if need be.
func (e *Env) PushImage(ctx context.Context, repository, tag string, image v1.Image) error {
	_, err := e.call(ctx, "ecr", map[string]string{
		"Content-Type": "application/x-amz-json-1.1",
		"X-Amz-Target": "AmazonEC2ContainerRegistry_V20150921.CreateRepository",
	}, fmt.Sprintf(`{"repositoryName":%q}`, repository))
	if err != nil && !strings.Contains(err.Error(), "RepositoryAlreadyExistsException") {
		return err
	}
	ref := strings.TrimPrefix(e.AWSEndpoint, "http://") + "/" + repository + ":" + tag
	if err := ociimage.Push(ctx, ref, image); err != nil {
		return fmt.Errorf("pushing to the simulated ECR: %w", err)
	}
	return nil
}
