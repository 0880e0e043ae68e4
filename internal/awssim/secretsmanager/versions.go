package secretsmanager

import (
	"bytes"
	"slices"
	"time"

	"github.com/google/uuid"
)

// Staging labels that the service moves by itself.
const (
	current  = "AWSCURRENT"
	previous = "AWSPREVIOUS"
)

// maxVersions is about how many versions a secret keeps; the oldest without a label go (Quotas, user guide).
const maxVersions = 100

// value is the content of a version: text or bytes.
type value struct {
	text   *string
	binary []byte
}

func (v value) isEmpty() bool { return v.text == nil && v.binary == nil }

func (v value) equal(other value) bool {
	if (v.text == nil) != (other.text == nil) || v.text != nil && *v.text != *other.text {
		return false
	}
	return bytes.Equal(v.binary, other.binary)
}

type version struct {
	value

	id       string
	stages   []string // sorted
	created  time.Time
	accessed time.Time
}

// version returns a version by its id.
func (s *secret) version(id string) (*version, bool) {
	at := slices.IndexFunc(s.versions, func(v *version) bool { return v.id == id })
	if at < 0 {
		return nil, false
	}
	return s.versions[at], true
}

// staged returns the version that has a label.
func (s *secret) staged(stage string) (*version, bool) {
	at := slices.IndexFunc(s.versions, func(v *version) bool { return slices.Contains(v.stages, stage) })
	if at < 0 {
		return nil, false
	}
	return s.versions[at], true
}

// put adds a version with labels. A token that made the same version before is a retry; the first version gets
// AWSCURRENT whatever is asked.
func (s *secret) put(token string, content value, stages []string, now time.Time) (*version, error) {
	if token == "" {
		token = uuid.NewString()
	}
	if made, exists := s.version(token); exists {
		if !made.equal(content) {
			return nil, errExists(s.key.name + " version " + token) // believed
		}
		return made, nil
	}
	if len(stages) == 0 {
		stages = []string{current}
	}
	if len(s.versions) == 0 && !slices.Contains(stages, current) {
		stages = append(slices.Clone(stages), current)
	}
	made := &version{value: content, id: token, created: now}
	s.versions = append(s.versions, made)
	for _, stage := range stages {
		s.move(stage, made)
	}
	s.changed = now
	s.prune()
	return made, nil
}

// move gives a label to a version and takes it from the one that had it, which becomes AWSPREVIOUS if the label is
// AWSCURRENT.
func (s *secret) move(stage string, to *version) {
	from, had := s.staged(stage)
	if had && from == to {
		return
	}
	if had {
		from.unlabel(stage)
	}
	to.stages = append(to.stages, stage)
	slices.Sort(to.stages)
	if stage == current && had {
		if before, ok := s.staged(previous); ok {
			before.unlabel(previous)
		}
		from.stages = append(from.stages, previous)
		slices.Sort(from.stages)
	}
}

func (v *version) unlabel(stage string) {
	v.stages = slices.DeleteFunc(v.stages, func(s string) bool { return s == stage })
}

func (s *secret) prune() {
	for len(s.versions) > maxVersions {
		oldest := slices.IndexFunc(s.versions, func(v *version) bool { return len(v.stages) == 0 })
		if oldest < 0 {
			return
		}
		s.versions = slices.Delete(s.versions, oldest, oldest+1)
	}
}

// pick returns the version that an id, a label or both name; AWSCURRENT without any.
func (s *secret) pick(id, stage string) (*version, error) {
	if id != "" {
		found, ok := s.version(id)
		if !ok {
			return nil, errNoVersion("VersionId: " + id)
		}
		if stage != "" && !slices.Contains(found.stages, stage) {
			return nil, errRequest("You provided a VersionStage that is not associated to the provided VersionId.")
		}
		return found, nil
	}
	if stage == "" {
		stage = current
	}
	found, ok := s.staged(stage)
	if !ok {
		return nil, errNoVersion("staging label: " + stage)
	}
	return found, nil
}

func errNoVersion(what string) error {
	refused := errNotFound()
	refused.Message = "Secrets Manager can't find the specified secret value for " + what
	return refused
}
