package secretsmanager

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/paging"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

const maxListed = 100

// filter selects secrets: those of which one of the values is a prefix, or with a leading "!" those of which it is none.
type filter struct {
	Key    string   `json:"Key"`
	Values []string `json:"Values"`
}

type listSecretsInput struct {
	IncludePlannedDeletion bool     `json:"IncludePlannedDeletion"`
	MaxResults             *int     `json:"MaxResults"`
	NextToken              string   `json:"NextToken"`
	Filters                []filter `json:"Filters"`
	SortOrder              string   `json:"SortOrder"`
	SortBy                 string   `json:"SortBy"`
}

type listedSecret struct {
	description

	SecretVersionsToStages map[string][]string `json:"SecretVersionsToStages,omitempty"`
}

type listSecretsOutput struct {
	SecretList []listedSecret `json:"SecretList"`
	NextToken  string         `json:"NextToken,omitempty"`
}

func (s *Service) listSecrets(_ context.Context, call *wire.Call, in *listSecretsInput) (*listSecretsOutput, error) {
	limit, err := limitOf(in.MaxResults, maxListed, maxListed)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	page, next, err := s.list(call, in, limit)
	if err != nil {
		return nil, err
	}
	out := &listSecretsOutput{SecretList: []listedSecret{}, NextToken: next}
	for _, found := range page {
		out.SecretList = append(out.SecretList, listedSecret{description: found.describe(), SecretVersionsToStages: found.stages()})
	}
	return out, nil
}

// list returns a page of the secrets that match. Call it locked.
func (s *Service) list(call *wire.Call, in *listSecretsInput, limit int) ([]*secret, string, error) {
	order, err := orderOf(in.SortBy, in.SortOrder)
	if err != nil {
		return nil, "", err
	}
	var matching []*secret
	for key := range s.secrets {
		found, ok := s.alive(key)
		if !ok || key.Place != call.Place() || (!found.deletion.IsZero() && !in.IncludePlannedDeletion) {
			continue
		}
		selected, err := found.matches(call, in.Filters)
		if err != nil {
			return nil, "", err
		}
		if selected {
			matching = append(matching, found)
		}
	}
	return pageOf(matching, in.NextToken, limit, order)
}

// orderOf returns the text by which a listing is sorted.
func orderOf(by, direction string) (func(*secret) string, error) {
	var key func(*secret) string
	switch by {
	case "", "created-date":
		key = func(s *secret) string { return moment(s.created) + s.key.name }
	case "last-changed-date":
		key = func(s *secret) string { return moment(s.changed) + s.key.name }
	case "last-accessed-date":
		key = func(s *secret) string { return moment(s.accessed) + s.key.name }
	case "name":
		key = func(s *secret) string { return s.key.name }
	default:
		return nil, errValidation(by, "sortBy", "Member must satisfy enum value set: "+
			"[created-date, last-accessed-date, last-changed-date, name]")
	}
	switch direction {
	case "", "asc":
		return key, nil
	case "desc":
		return func(s *secret) string { return paging.Inverted(key(s)) }, nil
	default:
		return nil, errValidation(direction, "sortOrder", "Member must satisfy enum value set: [asc, desc]")
	}
}

// moment writes a time so that texts sort as times.
func moment(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000000") + " " }

// matches reports whether a secret passes all filters.
func (s *secret) matches(call *wire.Call, filters []filter) (bool, error) {
	for _, each := range filters {
		candidates, fold, err := s.candidates(call, each.Key)
		if err != nil {
			return false, err
		}
		passes := slices.ContainsFunc(each.Values, func(wanted string) bool {
			wanted, negated := strings.CutPrefix(wanted, "!")
			found := slices.ContainsFunc(candidates, func(candidate string) bool { return hasPrefix(candidate, wanted, fold) })
			return found != negated
		})
		if !passes {
			return false, nil
		}
	}
	return true, nil
}

func hasPrefix(text, prefix string, fold bool) bool {
	if fold {
		text, prefix = strings.ToLower(text), strings.ToLower(prefix)
	}
	return strings.HasPrefix(text, prefix)
}

// candidates returns what a filter's key looks at, and whether upper and lower case are the same to it.
func (s *secret) candidates(call *wire.Call, key string) ([]string, bool, error) {
	switch key {
	case "name":
		return []string{s.key.name}, false, nil
	case "description":
		return strings.Fields(s.description), true, nil
	case "owning-service":
		return []string{s.owner}, false, nil
	case "tag-key", "tag-value":
		var found []string
		for name, content := range s.tags {
			if key == "tag-value" {
				name = content
			}
			found = append(found, name)
		}
		return found, false, nil
	case "primary-region", "all":
		return nil, false, wire.Unsupported(call, "filters by "+key)
	default:
		return nil, false, errValidation(key, "filters.1.member.key", "Member must satisfy enum value set: "+
			"[all, name, tag-key, description, tag-value, primary-region, owning-service]")
	}
}

func limitOf(given *int, usual, most int) (int, error) {
	switch {
	case given == nil:
		return usual, nil
	case *given < 1:
		return 0, errValidation(*given, "maxResults", "Member must have value greater than or equal to 1")
	default:
		return min(*given, most), nil
	}
}

func pageOf[T any](items []T, token string, limit int, key func(T) string) ([]T, string, error) {
	slices.SortFunc(items, func(a, b T) int { return strings.Compare(key(a), key(b)) })
	page, next, err := paging.Page(items, token, limit, key)
	if err != nil {
		return nil, "", wire.Errorf("InvalidNextTokenException", "Invalid or expired token.")
	}
	return page, next, nil
}
