package ecr

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type putImageInput struct {
	repositoryInput

	ImageManifest          string `json:"imageManifest"`
	ImageManifestMediaType string `json:"imageManifestMediaType"`
	ImageTag               string `json:"imageTag"`
	ImageDigest            string `json:"imageDigest"`
}

type putImageOutput struct {
	Image gotImage `json:"image"`
}

// putImage keeps a manifest whose layers were pushed before, which is how an image gets one more tag.
func (s *Service) putImage(ctx context.Context, call *wire.Call, in *putImageInput) (*putImageOutput, error) {
	pushed, err := in.image()
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	into, err := s.repository(call, in.RegistryID, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	if _, known := into.images[pushed.digest]; known && (in.ImageTag == "" || into.tagged[in.ImageTag] == pushed.digest) {
		return nil, wire.Errorf("ImageAlreadyExistsException", "Image with digest '%s' and tag '%s' already exists in the repository "+
			"with name '%s' in registry with id '%s'", pushed.digest, in.ImageTag, into.key.name, into.key.Account)
	}
	if refused := s.complete(ctx, into, pushed); refused != nil {
		code := map[string]string{"BLOB_UNKNOWN": "LayersNotFoundException", "MANIFEST_UNKNOWN": "ReferencedImagesNotFoundException"}
		return nil, wire.Errorf(cmp.Or(code[refused.code], "InvalidParameterException"), "%s", refused.message)
	}
	if refused := into.store(pushed, cmp.Or(in.ImageTag, pushed.digest)); refused != nil {
		return nil, wire.Errorf("ImageTagAlreadyExistsException", "%s", refused.message)
	}
	return &putImageOutput{Image: gotImage{
		RegistryID: into.key.Account, RepositoryName: into.key.name,
		ImageID:       imageID{ImageDigest: pushed.digest, ImageTag: in.ImageTag},
		ImageManifest: in.ImageManifest, ImageManifestMediaType: pushed.mediaType,
	}}, nil
}

// image reads the manifest, which may name its media type itself.
func (in *putImageInput) image() (*image, error) {
	var named struct {
		MediaType string `json:"mediaType"`
	}
	if err := json.Unmarshal([]byte(in.ImageManifest), &named); err != nil {
		return nil, wire.Errorf("InvalidParameterException",
			"Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON syntax'")
	}
	digest, _, err := v1.SHA256(bytes.NewReader([]byte(in.ImageManifest)))
	if err != nil {
		return nil, err //nolint:wrapcheck // memory can be read
	}
	if in.ImageDigest != "" && in.ImageDigest != digest.String() {
		return nil, wire.Errorf("ImageDigestDoesNotMatchException",
			"The specified image digest does not match the digest that Amazon ECR calculated for the image")
	}
	return &image{
		digest: digest.String(), mediaType: cmp.Or(in.ImageManifestMediaType, named.MediaType), manifest: []byte(in.ImageManifest),
		pushed: time.Now().UTC(),
	}, nil
}

type layersInput struct {
	repositoryInput

	LayerDigests []string `json:"layerDigests"`
}

type layer struct {
	LayerDigest       string `json:"layerDigest"`
	LayerAvailability string `json:"layerAvailability"`
}

type layerFailure struct {
	LayerDigest   string `json:"layerDigest"`
	FailureCode   string `json:"failureCode"`
	FailureReason string `json:"failureReason"`
}

type layersOutput struct {
	Layers   []layer        `json:"layers"`
	Failures []layerFailure `json:"failures"`
}

func (s *Service) batchCheckLayerAvailability(ctx context.Context, call *wire.Call, in *layersInput) (*layersOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.repository(call, in.RegistryID, in.RepositoryName); err != nil {
		return nil, err
	}
	out := &layersOutput{Layers: []layer{}, Failures: []layerFailure{}}
	for _, text := range in.LayerDigests {
		digest, err := v1.NewHash(text)
		if err != nil {
			out.Failures = append(out.Failures, layerFailure{text, "InvalidLayerDigest", "Invalid layer digest"})
			continue
		}
		found := layer{text, "UNAVAILABLE"}
		if s.hasBlob(ctx, v1.Descriptor{Digest: digest}) {
			found.LayerAvailability = "AVAILABLE"
		}
		out.Layers = append(out.Layers, found)
	}
	return out, nil
}
