package ecr

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// maxManifest bounds a manifest's size, as registries do.
const maxManifest = 4 << 20

// registryHost is a real registry's name: account and region.
var registryHost = regexp.MustCompile(`^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com$`)

// refusal is an error answer of the OCI distribution protocol.
type refusal struct {
	status        int
	code, message string
}

func (r *refusal) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(r.status)
	answer := map[string][]map[string]string{"errors": {{"code": r.code, "message": r.message}}}
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		return // the client went away
	}
}

// ServeHTTP serves the OCI registry below /v2/. Blobs and uploads are go-containerregistry's; manifests and tags
// are ours, so that the API and the registry tell the same truth.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Docker-Distribution-Api-Version", "registry/2.0")
	path := strings.Trim(strings.TrimPrefix(r.URL.Path, "/v2"), "/")
	if path == "" {
		w.WriteHeader(http.StatusOK)
		return
	}
	if refused := s.route(w, r, path); refused != nil {
		refused.write(w)
	}
}

func (s *Service) route(w http.ResponseWriter, r *http.Request, path string) *refusal {
	place := s.home
	if match := registryHost.FindStringSubmatch(r.Host); match != nil {
		place = resource.Place{Account: match[1], Region: match[2]}
	}
	if name, _, ok := cutLast(path, "/blobs/"); ok {
		if _, refused := s.pushable(repositoryKey{place, name}); refused != nil {
			return refused
		}
		if refused := s.makeRoom(); refused != nil {
			return refused
		}
		s.inner.ServeHTTP(w, r)
		return nil
	}
	if name, reference, ok := cutLast(path, "/manifests/"); ok {
		return s.manifest(w, r, repositoryKey{place, name}, reference)
	}
	if name, _, ok := cutLast(path+"/", "/tags/list/"); ok {
		return s.tagList(w, repositoryKey{place, name})
	}
	return &refusal{http.StatusNotFound, "UNSUPPORTED", "awssim does not implement this operation of a registry"}
}

// makeRoom makes the folder of the blobs, which the registry takes for granted.
func (s *Service) makeRoom() *refusal {
	if s.folder == "" {
		return nil
	}
	if err := os.MkdirAll(s.folder, 0o755); err != nil { //nolint:gosec // images are no secrets
		return &refusal{http.StatusInternalServerError, "UNKNOWN", err.Error()}
	}
	return nil
}

// cutLast splits around the last separator: names of repositories may contain anything that paths do.
func cutLast(path, separator string) (string, string, bool) {
	at := strings.LastIndex(path, separator)
	if at < 0 {
		return "", "", false
	}
	return path[:at], path[at+len(separator):], true
}

// pushable returns the repository if it exists.
func (s *Service) pushable(key repositoryKey) (*repository, *refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if found, ok := s.repositories[key]; ok {
		return found, nil
	}
	return nil, &refusal{http.StatusNotFound, "NAME_UNKNOWN", errNoRepository(key).Message}
}

func (s *Service) manifest(w http.ResponseWriter, r *http.Request, key repositoryKey, reference string) *refusal {
	into, refused := s.pushable(key)
	if refused != nil {
		return refused
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		return s.getManifest(w, r, into, reference)
	case http.MethodPut:
		return s.putManifest(w, r, into, reference)
	default:
		return &refusal{http.StatusMethodNotAllowed, "UNSUPPORTED", "The operation is unsupported."}
	}
}

func (s *Service) getManifest(w http.ResponseWriter, r *http.Request, from *repository, reference string) *refusal {
	s.mu.Lock()
	found, ok := from.find(reference)
	s.mu.Unlock()
	if !ok {
		return &refusal{http.StatusNotFound, "MANIFEST_UNKNOWN", "Requested image not found"}
	}
	w.Header().Set("Docker-Content-Digest", found.digest)
	w.Header().Set("Content-Type", found.mediaType)
	w.Header().Set("Content-Length", strconv.Itoa(len(found.manifest)))
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodGet {
		_, _ = w.Write(found.manifest)
	}
	return nil
}

func (s *Service) putManifest(w http.ResponseWriter, r *http.Request, into *repository, reference string) *refusal {
	content, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxManifest))
	if err != nil {
		return &refusal{http.StatusRequestEntityTooLarge, "MANIFEST_INVALID", err.Error()}
	}
	digest, _, err := v1.SHA256(bytes.NewReader(content))
	if err != nil {
		return &refusal{http.StatusInternalServerError, "UNKNOWN", err.Error()}
	}
	pushed := &image{
		digest: digest.String(), mediaType: r.Header.Get("Content-Type"), manifest: content, pushed: time.Now().UTC(),
	}
	if strings.HasPrefix(reference, "sha256:") && reference != pushed.digest {
		return &refusal{http.StatusBadRequest, "DIGEST_INVALID", "The manifest's digest is " + pushed.digest}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if refused := s.complete(r.Context(), into, pushed); refused != nil {
		return refused
	}
	if refused := into.store(pushed, reference); refused != nil {
		return refused
	}
	w.Header().Set("Docker-Content-Digest", pushed.digest)
	w.Header().Set("Location", fmt.Sprintf("/v2/%s/manifests/%s", into.key.name, pushed.digest))
	w.WriteHeader(http.StatusCreated)
	return nil
}

// complete checks that everything the manifest refers to was pushed before, and adds its size up.
func (s *Service) complete(ctx context.Context, into *repository, pushed *image) *refusal {
	if types.MediaType(pushed.mediaType).IsIndex() {
		index, err := v1.ParseIndexManifest(bytes.NewReader(pushed.manifest))
		if err != nil {
			return &refusal{http.StatusBadRequest, "MANIFEST_INVALID", err.Error()}
		}
		for _, child := range index.Manifests {
			if _, ok := into.images[child.Digest.String()]; !ok {
				return &refusal{http.StatusNotFound, "MANIFEST_UNKNOWN", "The index refers to " + child.Digest.String() +
					", which was not pushed"}
			}
		}
		return nil
	}
	manifest, err := v1.ParseManifest(bytes.NewReader(pushed.manifest))
	if err != nil {
		return &refusal{http.StatusBadRequest, "MANIFEST_INVALID", err.Error()}
	}
	for _, blob := range append(slices.Clone(manifest.Layers), manifest.Config) {
		if !s.hasBlob(ctx, blob) {
			return &refusal{http.StatusBadRequest, "BLOB_UNKNOWN", "The manifest refers to " + blob.Digest.String() +
				", which was not pushed"}
		}
		pushed.size += blob.Size
	}
	return nil
}

func (s *Service) hasBlob(ctx context.Context, blob v1.Descriptor) bool {
	stat, ok := s.blobs.(registry.BlobStatHandler)
	if !ok {
		return false
	}
	_, err := stat.Stat(ctx, "", blob.Digest)
	return err == nil || len(blob.Data) > 0
}

// store adds the image and moves the tag. Call it locked.
func (r *repository) store(pushed *image, reference string) *refusal {
	if strings.HasPrefix(reference, "sha256:") {
		r.keep(pushed)
		return nil
	}
	if digest, exists := r.tagged[reference]; exists && r.immutable && digest != pushed.digest {
		return &refusal{http.StatusBadRequest, "TAG_INVALID", fmt.Sprintf("The image tag '%s' already exists in the '%s' "+
			"repository and cannot be overwritten because the tag is immutable.", reference, r.key.name)}
	}
	r.keep(pushed)
	r.tagged[reference] = pushed.digest
	return nil
}

func (r *repository) keep(pushed *image) {
	if _, exists := r.images[pushed.digest]; !exists {
		r.images[pushed.digest] = pushed
	}
}

func (s *Service) tagList(w http.ResponseWriter, key repositoryKey) *refusal {
	from, refused := s.pushable(key)
	if refused != nil {
		return refused
	}
	s.mu.Lock()
	tags := slices.Sorted(maps.Keys(from.tagged))
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	answer := struct {
		Name string   `json:"name"`
		Tags []string `json:"tags"`
	}{key.name, tags}
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		return nil // the client went away
	}
	return nil
}
