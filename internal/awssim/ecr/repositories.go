package ecr

import (
	"context"
	"encoding/base64"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/paging"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// Whether a tag may be moved to another image.
const (
	mutable   = "MUTABLE"
	immutable = "IMMUTABLE"
)

const (
	aes256 = "AES256" // the encryption of a repository that asks for none
	// defaultPage is the size of a page unless maxResults is given (API reference).
	defaultPage = 100
	maxPage     = 1000
	// tokenLife is how long an authorization token is good for (GetAuthorizationToken, API reference).
	tokenLife = 12 * time.Hour
)

// repositoryName is what a repository may be called (CreateRepository, API reference).
var repositoryName = regexp.MustCompile(`^(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*$`)

type tag struct {
	Key   string `json:"Key"`
	Value string `json:"Value"`
}

type scanning struct {
	ScanOnPush bool `json:"scanOnPush"`
}

type encryption struct {
	EncryptionType string `json:"encryptionType"`
}

type createRepositoryInput struct {
	RegistryID                 string     `json:"registryId"`
	RepositoryName             string     `json:"repositoryName"`
	Tags                       []tag      `json:"tags"`
	ImageTagMutability         string     `json:"imageTagMutability"`
	ImageScanningConfiguration scanning   `json:"imageScanningConfiguration"`
	EncryptionConfiguration    encryption `json:"encryptionConfiguration"`
}

type repositoryOutput struct {
	Repository described `json:"repository"`
}

// described is a repository as the API describes it.
type described struct {
	RepositoryArn              string     `json:"repositoryArn"`
	RegistryID                 string     `json:"registryId"`
	RepositoryName             string     `json:"repositoryName"`
	RepositoryURI              string     `json:"repositoryUri"`
	CreatedAt                  wire.Time  `json:"createdAt"`
	ImageTagMutability         string     `json:"imageTagMutability"`
	ImageScanningConfiguration scanning   `json:"imageScanningConfiguration"`
	EncryptionConfiguration    encryption `json:"encryptionConfiguration"`
}

func (r *repository) describe() described {
	mutability := mutable
	if r.immutable {
		mutability = immutable
	}
	return described{
		RepositoryArn: r.arn(), RegistryID: r.key.Account, RepositoryName: r.key.name, RepositoryURI: r.uri(),
		CreatedAt: wire.At(r.created), ImageTagMutability: mutability,
		ImageScanningConfiguration: scanning{ScanOnPush: r.scanOnPush},
		EncryptionConfiguration:    encryption{EncryptionType: aes256},
	}
}

func (s *Service) createRepository(_ context.Context, call *wire.Call, in *createRepositoryInput) (*repositoryOutput, error) {
	if kind := in.EncryptionConfiguration.EncryptionType; kind != "" && kind != aes256 {
		return nil, wire.Unsupported(call, "encryptionType "+kind)
	}
	isImmutable, err := readMutability(call, in.ImageTagMutability)
	if err != nil {
		return nil, err
	}
	tags := make(map[string]string, len(in.Tags))
	for _, given := range in.Tags {
		tags[given.Key] = given.Value
	}
	created, err := s.create(&repository{
		key: repositoryKey{call.Place(), in.RepositoryName}, immutable: isImmutable,
		scanOnPush: in.ImageScanningConfiguration.ScanOnPush, tags: tags,
	})
	if err != nil {
		return nil, err
	}
	return &repositoryOutput{Repository: created}, nil
}

func (s *Service) create(wanted *repository) (described, error) {
	const shortest, longest = 2, 256
	key := wanted.key
	if len(key.name) < shortest || len(key.name) > longest || !repositoryName.MatchString(key.name) {
		return described{}, wire.Errorf("InvalidParameterException", "Invalid parameter at 'repositoryName' failed to "+
			"satisfy constraint: 'must satisfy regular expression "+
			"'(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*''")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, exists := s.repositories[key]; exists {
		return described{}, wire.Errorf("RepositoryAlreadyExistsException",
			"The repository with name '%s' already exists in the registry with id '%s'", key.name, key.Account)
	}
	wanted.created = time.Now().UTC()
	wanted.images, wanted.tagged = make(map[string]*image), make(map[string]string)
	s.repositories[key] = wanted
	return wanted.describe(), nil
}

func readMutability(call *wire.Call, value string) (bool, error) {
	switch value {
	case "", mutable:
		return false, nil
	case immutable:
		return true, nil
	default:
		return false, wire.Unsupported(call, "imageTagMutability "+value)
	}
}

type describeRepositoriesInput struct {
	RegistryID      string   `json:"registryId"`
	RepositoryNames []string `json:"repositoryNames"`
	NextToken       string   `json:"nextToken"`
	MaxResults      int      `json:"maxResults"`
}

type describeRepositoriesOutput struct {
	Repositories []described `json:"repositories"`
	NextToken    string      `json:"nextToken,omitempty"`
}

func (s *Service) describeRepositories(
	_ context.Context, call *wire.Call, in *describeRepositoriesInput,
) (*describeRepositoriesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := []described{}
	for _, name := range in.RepositoryNames {
		named, err := s.repository(call, in.RegistryID, name)
		if err != nil {
			return nil, err
		}
		found = append(found, named.describe())
	}
	if len(in.RepositoryNames) > 0 {
		return &describeRepositoriesOutput{Repositories: found}, nil
	}
	for key, candidate := range s.repositories {
		if key.Place == call.Place() {
			found = append(found, candidate.describe())
		}
	}
	slices.SortFunc(found, func(a, b described) int { return strings.Compare(a.RepositoryName, b.RepositoryName) })
	page, next, err := pageOf(found, in.NextToken, in.MaxResults, func(d described) string { return d.RepositoryName })
	return &describeRepositoriesOutput{Repositories: page, NextToken: next}, err
}

func pageOf[T any](items []T, token string, limit int, key func(T) string) ([]T, string, error) {
	if limit == 0 {
		limit = defaultPage
	}
	page, next, err := paging.Page(items, token, min(limit, maxPage), key)
	if err != nil {
		return nil, "", wire.Errorf("InvalidParameterException", "Invalid parameter at 'nextToken'")
	}
	return page, next, nil
}

type deleteRepositoryInput struct {
	RegistryID     string `json:"registryId"`
	RepositoryName string `json:"repositoryName"`
	Force          bool   `json:"force"`
}

func (s *Service) deleteRepository(_ context.Context, call *wire.Call, in *deleteRepositoryInput) (*repositoryOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.repository(call, in.RegistryID, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	if err := s.remove(found, in.Force); err != nil {
		return nil, err
	}
	return &repositoryOutput{Repository: found.describe()}, nil
}

// remove deletes a repository. Call it locked.
func (s *Service) remove(found *repository, force bool) error {
	if len(found.images) > 0 && !force {
		return wire.Errorf("RepositoryNotEmptyException", "The repository with name '%s' in registry with id '%s' "+
			"cannot be deleted because it still contains images", found.key.name, found.key.Account)
	}
	delete(s.repositories, found.key)
	return nil
}

type putImageTagMutabilityInput struct {
	repositoryInput

	ImageTagMutability string `json:"imageTagMutability"`
}

type putImageTagMutabilityOutput struct {
	RegistryID         string `json:"registryId"`
	RepositoryName     string `json:"repositoryName"`
	ImageTagMutability string `json:"imageTagMutability"`
}

func (s *Service) putImageTagMutability(
	_ context.Context, call *wire.Call, in *putImageTagMutabilityInput,
) (*putImageTagMutabilityOutput, error) {
	isImmutable, err := readMutability(call, in.ImageTagMutability)
	if err != nil {
		return nil, err
	}
	return inRepository(s, call, in.repositoryInput, func(found *repository) (*putImageTagMutabilityOutput, error) {
		found.immutable = isImmutable
		return &putImageTagMutabilityOutput{
			RegistryID: found.key.Account, RepositoryName: found.key.name, ImageTagMutability: in.ImageTagMutability,
		}, nil
	})
}

type getAuthorizationTokenInput struct {
	RegistryIDs []string `json:"registryIds"`
}

type authorization struct {
	AuthorizationToken string    `json:"authorizationToken"`
	ExpiresAt          wire.Time `json:"expiresAt"`
	ProxyEndpoint      string    `json:"proxyEndpoint"`
}

type getAuthorizationTokenOutput struct {
	AuthorizationData []authorization `json:"authorizationData"`
}

// getAuthorizationToken hands out a password that the registry does not ask for.
func (s *Service) getAuthorizationToken(
	_ context.Context, call *wire.Call, in *getAuthorizationTokenInput,
) (*getAuthorizationTokenOutput, error) {
	registries := in.RegistryIDs
	if len(registries) == 0 {
		registries = []string{call.Account}
	}
	out := &getAuthorizationTokenOutput{}
	for _, id := range registries {
		place := call.Place()
		place.Account = id
		out.AuthorizationData = append(out.AuthorizationData, authorization{
			AuthorizationToken: base64.StdEncoding.EncodeToString([]byte("AWS:" + uuid.NewString())),
			ExpiresAt:          wire.At(time.Now().Add(tokenLife)), ProxyEndpoint: "https://" + host(place),
		})
	}
	return out, nil
}

type arnInput struct {
	ResourceArn string `json:"resourceArn"`
}

type tagsOutput struct {
	Tags []tag `json:"tags"`
}

func (s *Service) listTagsForResource(_ context.Context, call *wire.Call, in *arnInput) (*tagsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.named(call, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	out := &tagsOutput{Tags: []tag{}}
	for _, sorted := range props.SortedTags(maps.Clone(found.tags)) {
		out.Tags = append(out.Tags, tag(sorted))
	}
	return out, nil
}
