package ecr

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// Providers makes AWS::ECR::Repository real.
func (s *Service) Providers() map[string]resource.Provider {
	return map[string]resource.Provider{"AWS::ECR::Repository": &repositoryProvider{s}}
}

type repositoryProvider struct{ *Service }

var _ resource.Reader = (*repositoryProvider)(nil)

// repositoryProperties are the properties of AWS::ECR::Repository that are acted on.
type repositoryProperties struct {
	RepositoryName             string
	EmptyOnDelete              bool
	ImageTagMutability         string
	ImageScanningConfiguration struct{ ScanOnPush bool }
	EncryptionConfiguration    struct{ EncryptionType string }
	LifecyclePolicy            *lifecyclePolicy
	RepositoryPolicyText       any
	Tags                       []props.Tag
}

type lifecyclePolicy struct {
	LifecyclePolicyText, RegistryID string
}

// apply writes what can be changed into a repository.
func (w *repositoryProperties) apply(to *repository, r resource.Request) error {
	to.immutable = w.ImageTagMutability == immutable
	to.scanOnPush = w.ImageScanningConfiguration.ScanOnPush
	to.tags, to.declared = props.MergeTags(r.Tags, w.Tags), props.DeclaredBy(r)
	to.lifecycle, to.policy = "", ""
	if w.LifecyclePolicy != nil {
		to.lifecycle = w.LifecyclePolicy.LifecyclePolicyText
	}
	switch policy := w.RepositoryPolicyText.(type) {
	case nil:
	case string:
		to.policy = policy
	default:
		text, err := json.Marshal(policy)
		if err != nil {
			return props.Invalid("RepositoryPolicyText: %v", err)
		}
		to.policy = string(text)
	}
	return nil
}

func (p *repositoryProvider) Create(_ context.Context, r resource.Request) (resource.Result, error) {
	wanted, err := readRepository(r)
	if err != nil {
		return resource.Result{}, err
	}
	key := repositoryKey{r.Place, wanted.RepositoryName}
	if key.name == "" {
		key.name = strings.ToLower(props.GeneratedName(r.StackName, r.LogicalID))
	}
	created := &repository{key: key}
	if err := wanted.apply(created, r); err != nil {
		return resource.Result{}, err
	}
	if _, err := p.create(created); err != nil {
		return resource.Result{}, handlerFailure(err, r.Type, key.name)
	}
	return created.result(), nil
}

func (p *repositoryProvider) Update(_ context.Context, r resource.Request) (resource.Result, error) {
	wanted, err := readRepository(r)
	if err != nil {
		return resource.Result{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	found, ok := p.repositories[repositoryKey{r.Place, r.PhysicalID}]
	if !ok {
		return resource.Result{}, props.NotFound(r.Type, r.PhysicalID)
	}
	if err := wanted.apply(found, r); err != nil {
		return resource.Result{}, err
	}
	return found.result(), nil
}

func (p *repositoryProvider) Delete(_ context.Context, r resource.Request) error {
	wanted, err := readRepository(r)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	found, ok := p.repositories[repositoryKey{r.Place, r.PhysicalID}]
	if !ok {
		return nil
	}
	if err := p.remove(found, wanted.EmptyOnDelete); err != nil {
		return handlerFailure(err, r.Type, r.PhysicalID)
	}
	return nil
}

// Read returns the repository as it is.
func (p *repositoryProvider) Read(r resource.Request) (resource.Properties, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	found, ok := p.repositories[repositoryKey{r.Place, r.PhysicalID}]
	if !ok {
		return nil, false
	}
	now := resource.Properties{
		"RepositoryName": found.key.name, "ImageTagMutability": mutable,
		"ImageScanningConfiguration": map[string]any{"ScanOnPush": found.scanOnPush},
	}
	if found.immutable {
		now["ImageTagMutability"] = immutable
	}
	if declared, ok := found.declared.Properties["LifecyclePolicy"].(map[string]any); ok {
		policy := maps.Clone(declared)
		policy["LifecyclePolicyText"] = found.lifecycle
		now["LifecyclePolicy"] = policy
	}
	if text, ok := found.declared.Properties["RepositoryPolicyText"].(string); ok && text != found.policy {
		now["RepositoryPolicyText"] = found.policy
	}
	return found.declared.Read(now, found.tags), true
}

func (r *repository) result() resource.Result {
	return resource.Result{
		PhysicalID: r.key.name, Attributes: map[string]any{"Arn": r.arn(), "RepositoryUri": r.uri()},
	}
}

func readRepository(r resource.Request) (repositoryProperties, error) {
	var wanted repositoryProperties
	if err := props.Decode(r.Properties, &wanted); err != nil {
		return wanted, err
	}
	switch wanted.ImageTagMutability {
	case "", mutable, immutable:
	default:
		return wanted, props.Unsupported("ImageTagMutability " + wanted.ImageTagMutability)
	}
	if kind := wanted.EncryptionConfiguration.EncryptionType; kind != "" && kind != aes256 {
		return wanted, props.Unsupported("EncryptionType " + kind)
	}
	return wanted, nil
}

// handlerFailure words an API error as the resource's handler does.
func handlerFailure(err error, resourceType, name string) error {
	refused, ok := errors.AsType[*wire.Error](err)
	if !ok {
		return err
	}
	if refused.Code == "RepositoryAlreadyExistsException" {
		return props.AlreadyExists(resourceType, name)
	}
	return &resource.Failure{Message: refused.Message, HandlerErrorCode: "GeneralServiceException"}
}
