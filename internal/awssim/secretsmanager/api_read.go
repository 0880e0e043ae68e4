package secretsmanager

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

const day = 24 * time.Hour

type getSecretValueInput struct {
	SecretID     string `json:"SecretId"`
	VersionID    string `json:"VersionId"`
	VersionStage string `json:"VersionStage"`
}

type secretValue struct {
	ARN           string    `json:"ARN"`
	Name          string    `json:"Name"`
	VersionID     string    `json:"VersionId"`
	SecretBinary  []byte    `json:"SecretBinary,omitempty"`
	SecretString  *string   `json:"SecretString,omitempty"`
	VersionStages []string  `json:"VersionStages"`
	CreatedDate   wire.Time `json:"CreatedDate"`
}

func (s *Service) getSecretValue(_ context.Context, call *wire.Call, in *getSecretValueInput) (*secretValue, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.usable(call.Place(), in.SecretID)
	if err != nil {
		return nil, err
	}
	picked, err := found.pick(in.VersionID, in.VersionStage)
	if err != nil {
		return nil, err
	}
	return s.read(found, picked), nil
}

// read notes the day of the access, as the service does, and returns the value. Call it locked.
func (s *Service) read(from *secret, picked *version) *secretValue {
	today := s.clock.Now().Truncate(day)
	from.accessed, picked.accessed = today, today
	return &secretValue{
		ARN: from.arn(), Name: from.key.name, VersionID: picked.id, SecretBinary: picked.binary, SecretString: picked.text,
		VersionStages: slices.Clone(picked.stages), CreatedDate: wire.At(picked.created),
	}
}

type batchGetSecretValueInput struct {
	SecretIDList []string `json:"SecretIdList"`
	Filters      []filter `json:"Filters"`
	MaxResults   *int     `json:"MaxResults"`
	NextToken    string   `json:"NextToken"`
}

type batchFailure struct {
	SecretID  string `json:"SecretId"`
	ErrorCode string `json:"ErrorCode"`
	Message   string `json:"Message"`
}

type batchGetSecretValueOutput struct {
	SecretValues []secretValue  `json:"SecretValues"`
	NextToken    string         `json:"NextToken,omitempty"`
	Errors       []batchFailure `json:"Errors"`
}

// maxBatch is how many secrets a batch may have (API reference).
const maxBatch = 20

func (s *Service) batchGetSecretValue(
	_ context.Context, call *wire.Call, in *batchGetSecretValueInput,
) (*batchGetSecretValueOutput, error) {
	if (len(in.SecretIDList) == 0) == (len(in.Filters) == 0) {
		return nil, errParameter("Either 'SecretIdList' or 'Filters' must be provided, but not both.")
	}
	limit, err := limitOf(in.MaxResults, maxBatch, maxBatch)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ids, next := in.SecretIDList, ""
	if len(ids) > maxBatch {
		return nil, errValidation(ids, "secretIdList", "Member must have length less than or equal to 20")
	}
	if len(ids) == 0 {
		if ids, next, err = s.filtered(call, in, limit); err != nil {
			return nil, err
		}
	}
	out := &batchGetSecretValueOutput{SecretValues: []secretValue{}, Errors: []batchFailure{}, NextToken: next}
	for _, id := range ids {
		found, err := s.usable(call.Place(), id)
		var picked *version
		if err == nil {
			picked, err = found.pick("", "")
		}
		if refused, ok := errors.AsType[*wire.Error](err); ok {
			out.Errors = append(out.Errors, batchFailure{SecretID: id, ErrorCode: refused.Code, Message: refused.Message})
			continue
		}
		out.SecretValues = append(out.SecretValues, *s.read(found, picked))
	}
	return out, nil
}

// filtered returns the names of a page of the secrets that match. Call it locked.
func (s *Service) filtered(call *wire.Call, in *batchGetSecretValueInput, limit int) ([]string, string, error) {
	page, next, err := s.list(call, &listSecretsInput{Filters: in.Filters, NextToken: in.NextToken}, limit)
	names := make([]string, 0, len(page))
	for _, found := range page {
		names = append(names, found.key.name)
	}
	return names, next, err
}

// description is what DescribeSecret and ListSecrets have in common.
type description struct {
	ARN              string    `json:"ARN"`
	Name             string    `json:"Name"`
	Description      string    `json:"Description,omitempty"`
	KmsKeyID         string    `json:"KmsKeyId,omitempty"`
	LastChangedDate  wire.Time `json:"LastChangedDate"`
	LastAccessedDate wire.Time `json:"LastAccessedDate,omitzero"`
	DeletedDate      wire.Time `json:"DeletedDate,omitzero"`
	Tags             []tag     `json:"Tags,omitzero"` // once it had any, an empty list tells that they are gone
	OwningService    string    `json:"OwningService,omitempty"`
	CreatedDate      wire.Time `json:"CreatedDate"`
}

func (s *secret) describe() description {
	described := description{
		ARN: s.arn(), Name: s.key.name, Description: s.description, KmsKeyID: s.kmsKeyID,
		LastChangedDate: wire.At(s.changed), LastAccessedDate: wire.At(s.accessed), DeletedDate: wire.At(s.deletion),
		OwningService: s.owner, CreatedDate: wire.At(s.created),
	}
	if s.tags != nil {
		described.Tags = []tag{}
	}
	for _, sorted := range props.SortedTags(s.tags) {
		described.Tags = append(described.Tags, tag(sorted))
	}
	return described
}

// stages are the labels of each version that has any.
func (s *secret) stages() map[string][]string {
	table := make(map[string][]string)
	for _, each := range s.versions {
		if len(each.stages) > 0 {
			table[each.id] = slices.Clone(each.stages)
		}
	}
	return table
}

type describeSecretOutput struct {
	description

	VersionIDsToStages map[string][]string `json:"VersionIdsToStages,omitempty"`
}

func (s *Service) describeSecret(_ context.Context, call *wire.Call, in *idInput) (*describeSecretOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.named(call.Place(), in.SecretID)
	if err != nil {
		return nil, err
	}
	return &describeSecretOutput{description: found.describe(), VersionIDsToStages: found.stages()}, nil
}

type listSecretVersionIDsInput struct {
	SecretID          string `json:"SecretId"`
	MaxResults        *int   `json:"MaxResults"`
	NextToken         string `json:"NextToken"`
	IncludeDeprecated bool   `json:"IncludeDeprecated"`
}

type versionEntry struct {
	VersionID        string    `json:"VersionId"`
	VersionStages    []string  `json:"VersionStages,omitempty"`
	LastAccessedDate wire.Time `json:"LastAccessedDate,omitzero"`
	CreatedDate      wire.Time `json:"CreatedDate"`
	KmsKeyIDs        []string  `json:"KmsKeyIds"`
}

type listSecretVersionIDsOutput struct {
	Versions  []versionEntry `json:"Versions"`
	NextToken string         `json:"NextToken,omitempty"`
	ARN       string         `json:"ARN"`
	Name      string         `json:"Name"`
}

func (s *Service) listSecretVersionIDs(
	_ context.Context, call *wire.Call, in *listSecretVersionIDsInput,
) (*listSecretVersionIDsOutput, error) {
	limit, err := limitOf(in.MaxResults, maxListed, maxListed)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.named(call.Place(), in.SecretID)
	if err != nil {
		return nil, err
	}
	entries := []versionEntry{}
	for _, each := range found.versions {
		if len(each.stages) > 0 || in.IncludeDeprecated {
			entries = append(entries, versionEntry{
				VersionID: each.id, VersionStages: slices.Clone(each.stages), LastAccessedDate: wire.At(each.accessed),
				CreatedDate: wire.At(each.created), KmsKeyIDs: []string{"DefaultEncryptionKey"},
			})
		}
	}
	order := func(e versionEntry) string { return moment(e.CreatedDate.Time) + e.VersionID }
	page, next, err := pageOf(entries, in.NextToken, limit, order)
	return &listSecretVersionIDsOutput{Versions: page, NextToken: next, ARN: found.arn(), Name: found.key.name}, err
}
