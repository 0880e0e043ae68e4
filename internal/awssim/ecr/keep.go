package ecr

import (
	"encoding/json"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/state"
)

var _ state.Keeper = (*Service)(nil)

// keptRepository is a repository as a state file has it. The blobs of its images are not in there: a service that is
// kept needs a folder for them.
type keptRepository struct {
	resource.Place

	Name       string
	Created    time.Time
	Immutable  bool
	ScanOnPush bool
	Lifecycle  string
	Policy     string
	Declared   props.Declared
	Tags       map[string]string
	Tagged     map[string]string
	Images     []keptImage
}

type keptImage struct {
	Digest, MediaType string
	Manifest          []byte
	Size              int64
	Pushed            time.Time
}

// Keep returns all repositories.
func (s *Service) Keep() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]keptRepository, 0, len(s.repositories))
	for _, found := range s.repositories {
		kept := keptRepository{
			Place: found.key.Place, Name: found.key.name, Created: found.created, Immutable: found.immutable,
			ScanOnPush: found.scanOnPush, Tags: found.tags, Tagged: found.tagged, Lifecycle: found.lifecycle,
			Policy: found.policy, Declared: found.declared,
		}
		for _, each := range found.images {
			kept.Images = append(kept.Images, keptImage{each.digest, each.mediaType, each.manifest, each.size, each.pushed})
		}
		all = append(all, kept)
	}
	return state.Write(all)
}

// Restore takes up the repositories that Keep returned.
func (s *Service) Restore(content json.RawMessage) error {
	var all []keptRepository
	if err := state.Read(content, &all); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, from := range all {
		key := repositoryKey{from.Place, from.Name}
		made := &repository{
			key: key, created: from.Created, immutable: from.Immutable, scanOnPush: from.ScanOnPush, tags: from.Tags,
			lifecycle: from.Lifecycle, policy: from.Policy, declared: from.Declared,
			tagged: from.Tagged, images: make(map[string]*image, len(from.Images)),
		}
		if made.tagged == nil {
			made.tagged = make(map[string]string)
		}
		for _, each := range from.Images {
			made.images[each.Digest] = &image{
				digest: each.Digest, mediaType: each.MediaType, manifest: each.Manifest, size: each.Size, pushed: each.Pushed,
			}
		}
		s.repositories[key] = made
	}
	return nil
}
