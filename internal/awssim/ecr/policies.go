package ecr

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// Policies are kept and answered. Nobody asks them: every credential is welcome, and images live until they are
// deleted.

type repositoryInput struct {
	RegistryID     string `json:"registryId"`
	RepositoryName string `json:"repositoryName"`
}

// inRepository does something with a repository while nobody else does.
func inRepository[T any](s *Service, call *wire.Call, in repositoryInput, do func(*repository) (*T, error)) (*T, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.repository(call, in.RegistryID, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	return do(found)
}

type putLifecyclePolicyInput struct {
	repositoryInput

	LifecyclePolicyText string `json:"lifecyclePolicyText"`
}

type lifecyclePolicyOutput struct {
	RegistryID          string `json:"registryId"`
	RepositoryName      string `json:"repositoryName"`
	LifecyclePolicyText string `json:"lifecyclePolicyText"`
}

func (s *Service) putLifecyclePolicy(
	_ context.Context, call *wire.Call, in *putLifecyclePolicyInput,
) (*lifecyclePolicyOutput, error) {
	var document struct {
		Rules []json.RawMessage `json:"rules"`
	}
	if err := json.Unmarshal([]byte(in.LifecyclePolicyText), &document); err != nil || len(document.Rules) == 0 {
		return nil, wire.Errorf("InvalidParameterException", "Invalid parameter at 'LifecyclePolicyText' failed to satisfy "+
			"constraint: 'Lifecycle policy validation failure: the policy is not a JSON object with rules'")
	}
	return inRepository(s, call, in.repositoryInput, func(found *repository) (*lifecyclePolicyOutput, error) {
		found.lifecycle = in.LifecyclePolicyText
		return found.answerLifecycle()
	})
}

func (s *Service) getLifecyclePolicy(_ context.Context, call *wire.Call, in *repositoryInput) (*lifecyclePolicyOutput, error) {
	return inRepository(s, call, *in, (*repository).answerLifecycle)
}

func (s *Service) deleteLifecyclePolicy(_ context.Context, call *wire.Call, in *repositoryInput) (*lifecyclePolicyOutput, error) {
	return inRepository(s, call, *in, func(found *repository) (*lifecyclePolicyOutput, error) {
		out, err := found.answerLifecycle()
		found.lifecycle = ""
		return out, err
	})
}

func (r *repository) answerLifecycle() (*lifecyclePolicyOutput, error) {
	if r.lifecycle == "" {
		return nil, wire.Errorf("LifecyclePolicyNotFoundException", "Lifecycle policy does not exist for the repository with name "+
			"'%s' in the registry with id '%s'", r.key.name, r.key.Account)
	}
	return &lifecyclePolicyOutput{RegistryID: r.key.Account, RepositoryName: r.key.name, LifecyclePolicyText: r.lifecycle}, nil
}

type setRepositoryPolicyInput struct {
	repositoryInput

	PolicyText string `json:"policyText"`
	Force      bool   `json:"force"` // allows a policy that locks its author out; nobody is locked out here
}

type repositoryPolicyOutput struct {
	RegistryID     string `json:"registryId"`
	RepositoryName string `json:"repositoryName"`
	PolicyText     string `json:"policyText"`
}

func (s *Service) setRepositoryPolicy(
	_ context.Context, call *wire.Call, in *setRepositoryPolicyInput,
) (*repositoryPolicyOutput, error) {
	if !json.Valid([]byte(in.PolicyText)) {
		return nil, wire.Errorf("InvalidParameterException", "Invalid parameter at 'PolicyText' failed to satisfy constraint: "+
			"'Invalid repository policy provided'")
	}
	return inRepository(s, call, in.repositoryInput, func(found *repository) (*repositoryPolicyOutput, error) {
		found.policy = in.PolicyText
		return found.answerPolicy()
	})
}

func (s *Service) getRepositoryPolicy(_ context.Context, call *wire.Call, in *repositoryInput) (*repositoryPolicyOutput, error) {
	return inRepository(s, call, *in, (*repository).answerPolicy)
}

func (s *Service) deleteRepositoryPolicy(
	_ context.Context, call *wire.Call, in *repositoryInput,
) (*repositoryPolicyOutput, error) {
	return inRepository(s, call, *in, func(found *repository) (*repositoryPolicyOutput, error) {
		out, err := found.answerPolicy()
		found.policy = ""
		return out, err
	})
}

func (r *repository) answerPolicy() (*repositoryPolicyOutput, error) {
	if r.policy == "" {
		return nil, wire.Errorf("RepositoryPolicyNotFoundException", "Repository policy does not exist for the repository with name "+
			"'%s' in the registry with id '%s'", r.key.name, r.key.Account)
	}
	return &repositoryPolicyOutput{RegistryID: r.key.Account, RepositoryName: r.key.name, PolicyText: r.policy}, nil
}

type putScanningInput struct {
	repositoryInput

	ImageScanningConfiguration scanning `json:"imageScanningConfiguration"`
}

type scanningOutput struct {
	RegistryID                 string   `json:"registryId"`
	RepositoryName             string   `json:"repositoryName"`
	ImageScanningConfiguration scanning `json:"imageScanningConfiguration"`
}

func (s *Service) putImageScanningConfiguration(
	_ context.Context, call *wire.Call, in *putScanningInput,
) (*scanningOutput, error) {
	return inRepository(s, call, in.repositoryInput, func(found *repository) (*scanningOutput, error) {
		found.scanOnPush = in.ImageScanningConfiguration.ScanOnPush
		return &scanningOutput{found.key.Account, found.key.name, in.ImageScanningConfiguration}, nil
	})
}

type scanFindingsInput struct {
	repositoryInput

	ImageID    imageID `json:"imageId"`
	NextToken  string  `json:"nextToken"`
	MaxResults int     `json:"maxResults"`
}

// describeImageScanFindings finds no scan: nothing is ever scanned here.
func (s *Service) describeImageScanFindings(_ context.Context, call *wire.Call, in *scanFindingsInput) (*wire.None, error) {
	return inRepository(s, call, in.repositoryInput, func(from *repository) (*wire.None, error) {
		found, ok := from.identify(in.ImageID)
		if !ok {
			return nil, errNoImage(from, in.ImageID)
		}
		return nil, wire.Errorf("ScanNotFoundException", "Image scan does not exist for the image with '{imageDigest:'%s', "+
			"imageTag:'%s'}' in the repository with name '%s' in the registry with id '%s'",
			found.digest, in.ImageID.ImageTag, from.key.name, from.key.Account)
	})
}

type tagResourceInput struct {
	ResourceArn string `json:"resourceArn"`
	Tags        []tag  `json:"tags"`
}

func (s *Service) tagResource(_ context.Context, call *wire.Call, in *tagResourceInput) (*wire.None, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.named(call, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	if found.tags == nil {
		found.tags = make(map[string]string)
	}
	for _, given := range in.Tags {
		found.tags[given.Key] = given.Value
	}
	return &wire.None{}, nil
}

type untagResourceInput struct {
	ResourceArn string   `json:"resourceArn"`
	TagKeys     []string `json:"tagKeys"`
}

func (s *Service) untagResource(_ context.Context, call *wire.Call, in *untagResourceInput) (*wire.None, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.named(call, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	for _, key := range in.TagKeys {
		delete(found.tags, key)
	}
	return &wire.None{}, nil
}

// named returns the repository of an ARN. Call it locked.
func (s *Service) named(call *wire.Call, arn string) (*repository, error) {
	_, name, _ := strings.Cut(arn, ":repository/")
	return s.repository(call, "", name)
}
