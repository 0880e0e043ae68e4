package ssm

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/paging"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// describedParameter is a parameter with its value.
type describedParameter struct {
	Name             string    `json:"Name"`
	Type             string    `json:"Type"`
	Value            string    `json:"Value"`
	Version          int       `json:"Version"`
	Selector         string    `json:"Selector,omitempty"`
	LastModifiedDate wire.Time `json:"LastModifiedDate"`
	ARN              string    `json:"ARN"`
	DataType         string    `json:"DataType"`
}

func (p *parameter) describe(v *version, selector string, decrypt bool) describedParameter {
	return describedParameter{
		Name: p.key.name, Type: v.kind, Value: v.shown(decrypt), Version: v.number, Selector: selector,
		LastModifiedDate: wire.At(v.modified), ARN: p.arn(), DataType: v.dataType,
	}
}

// shown is the value, or of a SecureString that is not to be decrypted something that looks like ciphertext.
func (v *version) shown(decrypt bool) string {
	if v.kind != secure || decrypt {
		return v.value
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %s", v.number, v.value))
	return "AQICAH" + base64.StdEncoding.EncodeToString(sum[:])
}

type getParameterInput struct {
	Name           string `json:"Name"`
	WithDecryption bool   `json:"WithDecryption"`
}

type getParameterOutput struct {
	Parameter describedParameter `json:"Parameter"`
}

func (s *Service) getParameter(_ context.Context, call *wire.Call, in *getParameterInput) (*getParameterOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, picked, selector, err := s.selected(call.Place(), in.Name)
	if err != nil {
		return nil, err
	}
	return &getParameterOutput{Parameter: found.describe(picked, selector, in.WithDecryption)}, nil
}

type getParametersInput struct {
	Names          []string `json:"Names"`
	WithDecryption bool     `json:"WithDecryption"`
}

type getParametersOutput struct {
	Parameters        []describedParameter `json:"Parameters"`
	InvalidParameters []string             `json:"InvalidParameters"`
}

func (s *Service) getParameters(_ context.Context, call *wire.Call, in *getParametersInput) (*getParametersOutput, error) {
	if err := checkCount(in.Names); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &getParametersOutput{Parameters: []describedParameter{}, InvalidParameters: []string{}}
	for _, name := range in.Names {
		found, picked, selector, err := s.selected(call.Place(), name)
		if err != nil {
			out.InvalidParameters = append(out.InvalidParameters, name)
			continue
		}
		out.Parameters = append(out.Parameters, found.describe(picked, selector, in.WithDecryption))
	}
	slices.SortFunc(out.Parameters, func(a, b describedParameter) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

type getParametersByPathInput struct {
	Path             string   `json:"Path"`
	Recursive        bool     `json:"Recursive"`
	ParameterFilters []filter `json:"ParameterFilters"`
	WithDecryption   bool     `json:"WithDecryption"`
	MaxResults       *int     `json:"MaxResults"`
	NextToken        string   `json:"NextToken"`
}

type getParametersByPathOutput struct {
	Parameters []describedParameter `json:"Parameters"`
	NextToken  string               `json:"NextToken,omitempty"`
}

// Page sizes (API reference).
const (
	maxByPath    = 10
	maxDescribed = 50
)

func (s *Service) getParametersByPath(
	_ context.Context, call *wire.Call, in *getParametersByPathInput,
) (*getParametersByPathOutput, error) {
	if !strings.HasPrefix(in.Path, "/") {
		return nil, errValidation(`The parameter doesn't meet the parameter name requirements. The parameter name must begin ` +
			`with a forward slash "/". It can't be prefixed with "aws" or "ssm" (case-insensitive). It must use only letters, ` +
			`numbers, or the following symbols: . (period), - (hyphen), _ (underscore). Special characters are not allowed. ` +
			`All sub-paths, if specified, must use the forward slash symbol "/". Valid example: /get/parameters2-/by1./path0_.`)
	}
	limit, err := limitOf(in.MaxResults, maxByPath)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	below := strings.TrimSuffix(in.Path, "/") + "/"
	found, err := s.matching(call, in.ParameterFilters, func(name string) bool {
		rest, ok := strings.CutPrefix(name, below)
		return ok && (in.Recursive || !strings.Contains(rest, "/"))
	})
	if err != nil {
		return nil, err
	}
	page, next, err := pageOf(found, in.NextToken, limit, (*parameter).name)
	if err != nil {
		return nil, err
	}
	out := &getParametersByPathOutput{Parameters: []describedParameter{}, NextToken: next}
	for _, each := range page {
		out.Parameters = append(out.Parameters, each.describe(each.latest(), "", in.WithDecryption))
	}
	return out, nil
}

func (p *parameter) name() string { return p.key.name }

type getParameterHistoryInput struct {
	Name           string `json:"Name"`
	WithDecryption bool   `json:"WithDecryption"`
	MaxResults     *int   `json:"MaxResults"`
	NextToken      string `json:"NextToken"`
}

type historyEntry struct {
	metadata

	Value  string   `json:"Value"`
	Labels []string `json:"Labels"`
}

type getParameterHistoryOutput struct {
	Parameters []historyEntry `json:"Parameters"`
	NextToken  string         `json:"NextToken,omitempty"`
}

func (s *Service) getParameterHistory(
	_ context.Context, call *wire.Call, in *getParameterHistoryInput,
) (*getParameterHistoryOutput, error) {
	limit, err := limitOf(in.MaxResults, maxDescribed)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.find(call.Place(), in.Name)
	if !ok {
		return nil, errNotFound()
	}
	page, next, err := pageOf(found.versions, in.NextToken, limit, func(v *version) string { return fmt.Sprintf("%09d", v.number) })
	if err != nil {
		return nil, err
	}
	out := &getParameterHistoryOutput{Parameters: []historyEntry{}, NextToken: next}
	for _, each := range page {
		entry := historyEntry{metadata: found.metadata(each), Value: each.shown(in.WithDecryption), Labels: each.labels}
		entry.ARN = "" // is not in a history
		if entry.Labels == nil {
			entry.Labels = []string{}
		}
		out.Parameters = append(out.Parameters, entry)
	}
	return out, nil
}

func limitOf(given *int, most int) (int, error) {
	switch {
	case given == nil:
		return most, nil
	case *given < 1 || *given > most:
		return 0, errConstraint(*given, "maxResults", fmt.Sprintf("Member must have value between 1 and %d", most))
	default:
		return *given, nil
	}
}

func pageOf[T any](items []T, token string, limit int, key func(T) string) ([]T, string, error) {
	page, next, err := paging.Page(items, token, limit, key)
	if errors.Is(err, paging.ErrToken) {
		return nil, "", wire.Errorf("InvalidNextToken", "The specified token is not valid.")
	}
	return page, next, err
}
