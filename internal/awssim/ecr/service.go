// Package ecr is the Elastic Container Registry: its API, and the OCI registry behind it, on one store.
//
// A repository's URI has the real form, 123456789012.dkr.ecr.us-east-1.amazonaws.com/items. Clients on this
// machine push to the simulator's own address instead, 127.0.0.1:4566/items, which stands for the default region;
// a request whose Host header is a real registry name reaches that registry. As in ECR a repository must exist
// before anything is pushed to it.
//
// Texts of errors are those of the service as public recordings of it have them.
package ecr

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// Service is the registries of all accounts and regions.
type Service struct {
	home   resource.Place
	blobs  registry.BlobHandler
	folder string       // of the blobs; empty if they are in memory
	inner  http.Handler // serves blobs and uploads

	mu           sync.Mutex
	repositories map[repositoryKey]*repository
}

type repositoryKey struct {
	resource.Place

	name string
}

type repository struct {
	key        repositoryKey
	created    time.Time
	immutable  bool
	scanOnPush bool
	lifecycle  string            // JSON; empty without a policy
	policy     string            // JSON; empty without a policy
	tags       map[string]string // of the resource
	declared   props.Declared
	images     map[string]*image // by digest
	tagged     map[string]string // image tag to digest
}

// image is a pushed manifest, of an image or of an index.
type image struct {
	digest    string
	mediaType string
	manifest  []byte
	size      int64 // bytes, compressed
	pushed    time.Time
}

// New returns empty registries. What is pushed to an address that names no registry goes to home.
func New(home resource.Place) *Service { return newService(home, registry.NewInMemoryBlobHandler()) }

// NewOnDisk returns empty registries that keep the blobs of images in a folder, and those that are there already.
// The folder is made by the first push.
func NewOnDisk(home resource.Place, folder string) *Service {
	service := newService(home, registry.NewDiskBlobHandler(folder))
	service.folder = folder
	return service
}

func newService(home resource.Place, blobs registry.BlobHandler) *Service {
	return &Service{
		home: home, blobs: blobs, repositories: make(map[repositoryKey]*repository),
		inner: registry.New(registry.WithBlobHandler(blobs), registry.Logger(log.New(io.Discard, "", 0))),
	}
}

// API returns the operations of ECR.
func (s *Service) API() wire.Service {
	return wire.Service{
		Name: "ecr", Protocol: wire.JSON11, TargetPrefix: "AmazonEC2ContainerRegistry_V20150921",
		Operations: map[string]wire.Handler{
			"CreateRepository":              wire.Op(s.createRepository),
			"DescribeRepositories":          wire.Op(s.describeRepositories),
			"DeleteRepository":              wire.Op(s.deleteRepository),
			"PutImageTagMutability":         wire.Op(s.putImageTagMutability),
			"GetAuthorizationToken":         wire.Op(s.getAuthorizationToken),
			"BatchGetImage":                 wire.Op(s.batchGetImage),
			"BatchDeleteImage":              wire.Op(s.batchDeleteImage),
			"DescribeImages":                wire.Op(s.describeImages),
			"ListImages":                    wire.Op(s.listImages),
			"ListTagsForResource":           wire.Op(s.listTagsForResource),
			"TagResource":                   wire.Op(s.tagResource),
			"UntagResource":                 wire.Op(s.untagResource),
			"PutLifecyclePolicy":            wire.Op(s.putLifecyclePolicy),
			"GetLifecyclePolicy":            wire.Op(s.getLifecyclePolicy),
			"DeleteLifecyclePolicy":         wire.Op(s.deleteLifecyclePolicy),
			"SetRepositoryPolicy":           wire.Op(s.setRepositoryPolicy),
			"GetRepositoryPolicy":           wire.Op(s.getRepositoryPolicy),
			"DeleteRepositoryPolicy":        wire.Op(s.deleteRepositoryPolicy),
			"PutImageScanningConfiguration": wire.Op(s.putImageScanningConfiguration),
			"DescribeImageScanFindings":     wire.Op(s.describeImageScanFindings),
			"PutImage":                      wire.Op(s.putImage),
			"BatchCheckLayerAvailability":   wire.Op(s.batchCheckLayerAvailability),
		},
	}
}

// host is the name of the registry of an account and region.
func host(place resource.Place) string {
	return fmt.Sprintf("%s.dkr.ecr.%s.amazonaws.com", place.Account, place.Region)
}

func (r *repository) arn() string {
	return fmt.Sprintf("arn:aws:ecr:%s:%s:repository/%s", r.key.Region, r.key.Account, r.key.name)
}

func (r *repository) uri() string { return host(r.key.Place) + "/" + r.key.name }

// find returns the image that a reference (a tag or a digest) names.
func (r *repository) find(reference string) (*image, bool) {
	if digest, ok := r.tagged[reference]; ok {
		reference = digest
	}
	found, ok := r.images[reference]
	return found, ok
}

// repository returns the repository that a request names. Call it locked.
func (s *Service) repository(call *wire.Call, registryID, name string) (*repository, error) {
	key := repositoryKey{call.Place(), name}
	if registryID != "" {
		key.Account = registryID
	}
	if found, ok := s.repositories[key]; ok {
		return found, nil
	}
	return nil, errNoRepository(key)
}

func errNoRepository(key repositoryKey) *wire.Error {
	return wire.Errorf("RepositoryNotFoundException",
		"The repository with name '%s' does not exist in the registry with id '%s'", key.name, key.Account)
}
