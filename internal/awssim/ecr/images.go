package ecr

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// imageID names an image by digest, by tag or by both.
type imageID struct {
	ImageDigest string `json:"imageDigest,omitempty"`
	ImageTag    string `json:"imageTag,omitempty"`
}

type imageFailure struct {
	ImageID       imageID `json:"imageId"`
	FailureCode   string  `json:"failureCode"`
	FailureReason string  `json:"failureReason"`
}

func imageNotFound(id imageID) imageFailure {
	return imageFailure{ImageID: id, FailureCode: "ImageNotFound", FailureReason: "Requested image not found"}
}

// identify returns the image of an id; a digest and a tag that are both given must agree.
func (r *repository) identify(id imageID) (*image, bool) {
	if id.ImageTag == "" {
		found, ok := r.images[id.ImageDigest]
		return found, ok
	}
	found, ok := r.images[r.tagged[id.ImageTag]]
	if !ok || (id.ImageDigest != "" && id.ImageDigest != found.digest) {
		return nil, false
	}
	return found, true
}

func (r *repository) tagsOf(digest string) []string {
	var tags []string
	for name, tagged := range r.tagged {
		if tagged == digest {
			tags = append(tags, name)
		}
	}
	slices.Sort(tags)
	return tags
}

type batchGetImageInput struct {
	RegistryID         string    `json:"registryId"`
	RepositoryName     string    `json:"repositoryName"`
	ImageIDs           []imageID `json:"imageIds"`
	AcceptedMediaTypes []string  `json:"acceptedMediaTypes"`
}

type gotImage struct {
	RegistryID             string  `json:"registryId"`
	RepositoryName         string  `json:"repositoryName"`
	ImageID                imageID `json:"imageId"`
	ImageManifest          string  `json:"imageManifest"`
	ImageManifestMediaType string  `json:"imageManifestMediaType"`
}

type batchGetImageOutput struct {
	Images   []gotImage     `json:"images"`
	Failures []imageFailure `json:"failures"`
}

// batchGetImage answers manifests as they were pushed: the real service converts between media types on
// acceptedMediaTypes, which clients that list all types never see.
func (s *Service) batchGetImage(_ context.Context, call *wire.Call, in *batchGetImageInput) (*batchGetImageOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from, err := s.repository(call, in.RegistryID, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	out := &batchGetImageOutput{Images: []gotImage{}, Failures: []imageFailure{}}
	for _, id := range in.ImageIDs {
		found, ok := from.identify(id)
		if !ok {
			out.Failures = append(out.Failures, imageNotFound(id))
			continue
		}
		if len(in.AcceptedMediaTypes) > 0 && !slices.Contains(in.AcceptedMediaTypes, found.mediaType) {
			return nil, wire.Unsupported(call, "acceptedMediaTypes without the image's own, "+found.mediaType)
		}
		out.Images = append(out.Images, gotImage{
			RegistryID: from.key.Account, RepositoryName: from.key.name,
			ImageID:       imageID{ImageDigest: found.digest, ImageTag: id.ImageTag},
			ImageManifest: string(found.manifest), ImageManifestMediaType: found.mediaType,
		})
	}
	return out, nil
}

type batchDeleteImageInput struct {
	RegistryID     string    `json:"registryId"`
	RepositoryName string    `json:"repositoryName"`
	ImageIDs       []imageID `json:"imageIds"`
}

type batchDeleteImageOutput struct {
	ImageIDs []imageID      `json:"imageIds"`
	Failures []imageFailure `json:"failures"`
}

func (s *Service) batchDeleteImage(
	_ context.Context, call *wire.Call, in *batchDeleteImageInput,
) (*batchDeleteImageOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from, err := s.repository(call, in.RegistryID, in.RepositoryName)
	if err != nil {
		return nil, err
	}
	out := &batchDeleteImageOutput{ImageIDs: []imageID{}, Failures: []imageFailure{}}
	for _, id := range in.ImageIDs {
		found, ok := from.identify(id)
		if !ok {
			out.Failures = append(out.Failures, imageNotFound(id))
			continue
		}
		out.ImageIDs = append(out.ImageIDs, from.forget(found, id.ImageTag)...)
	}
	return out, nil
}

// forget removes a tag, and the image with its last one; without a tag the image with all of them.
func (r *repository) forget(found *image, tagged string) []imageID {
	if tagged != "" {
		delete(r.tagged, tagged)
		if len(r.tagsOf(found.digest)) == 0 {
			delete(r.images, found.digest)
		}
		return []imageID{{ImageDigest: found.digest, ImageTag: tagged}}
	}
	removed := []imageID{}
	for _, name := range r.tagsOf(found.digest) {
		delete(r.tagged, name)
		removed = append(removed, imageID{ImageDigest: found.digest, ImageTag: name})
	}
	delete(r.images, found.digest)
	if len(removed) == 0 {
		removed = append(removed, imageID{ImageDigest: found.digest})
	}
	return removed
}

// tagFilter selects images that have tags or have none.
type tagFilter struct {
	TagStatus string `json:"tagStatus"`
}

func (f tagFilter) matches(hasTags bool) bool {
	switch f.TagStatus {
	case "TAGGED":
		return hasTags
	case "UNTAGGED":
		return !hasTags
	default:
		return true
	}
}

func (f tagFilter) check() error {
	if slices.Contains([]string{"", "TAGGED", "UNTAGGED", "ANY"}, f.TagStatus) {
		return nil
	}
	return wire.Errorf("InvalidParameterException", "Invalid parameter at 'filter.tagStatus' failed to satisfy constraint: "+
		"'Member must satisfy enum value set: [TAGGED, UNTAGGED, ANY]'")
}

// listed returns the repository whose images a request lists, or refuses its filter. Call it locked.
func (s *Service) listed(call *wire.Call, registryID, name string, filter tagFilter) (*repository, error) {
	if err := filter.check(); err != nil {
		return nil, err
	}
	return s.repository(call, registryID, name)
}

type describeImagesInput struct {
	RegistryID     string    `json:"registryId"`
	RepositoryName string    `json:"repositoryName"`
	ImageIDs       []imageID `json:"imageIds"`
	NextToken      string    `json:"nextToken"`
	MaxResults     int       `json:"maxResults"`
	Filter         tagFilter `json:"filter"`
}

type imageDetail struct {
	RegistryID             string    `json:"registryId"`
	RepositoryName         string    `json:"repositoryName"`
	ImageDigest            string    `json:"imageDigest"`
	ImageTags              []string  `json:"imageTags,omitempty"`
	ImageSizeInBytes       int64     `json:"imageSizeInBytes"`
	ImagePushedAt          wire.Time `json:"imagePushedAt"`
	ImageManifestMediaType string    `json:"imageManifestMediaType"`
}

type describeImagesOutput struct {
	ImageDetails []imageDetail `json:"imageDetails"`
	NextToken    string        `json:"nextToken,omitempty"`
}

func (s *Service) describeImages(_ context.Context, call *wire.Call, in *describeImagesInput) (*describeImagesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from, err := s.listed(call, in.RegistryID, in.RepositoryName, in.Filter)
	if err != nil {
		return nil, err
	}
	wanted := make(map[string]*image)
	for _, id := range in.ImageIDs {
		found, ok := from.identify(id)
		if !ok {
			return nil, errNoImage(from, id)
		}
		wanted[found.digest] = found
	}
	if len(in.ImageIDs) == 0 {
		wanted = from.images
	}
	details := []imageDetail{}
	for _, found := range wanted {
		if detail := from.detail(found); in.Filter.matches(len(detail.ImageTags) > 0) {
			details = append(details, detail)
		}
	}
	slices.SortFunc(details, func(a, b imageDetail) int { return strings.Compare(a.ImageDigest, b.ImageDigest) })
	page, next, err := pageOf(details, in.NextToken, in.MaxResults, func(d imageDetail) string { return d.ImageDigest })
	return &describeImagesOutput{ImageDetails: page, NextToken: next}, err
}

func (r *repository) detail(found *image) imageDetail {
	return imageDetail{
		RegistryID: r.key.Account, RepositoryName: r.key.name,
		ImageDigest: found.digest, ImageTags: r.tagsOf(found.digest), ImageSizeInBytes: found.size,
		ImagePushedAt: wire.At(found.pushed), ImageManifestMediaType: found.mediaType,
	}
}

// errNoImage writes the id as the service does: what is not given is null.
func errNoImage(in *repository, id imageID) error {
	quoted := func(value string) string {
		if value == "" {
			return "'null'"
		}
		return "'" + value + "'"
	}
	return wire.Errorf("ImageNotFoundException", "The image with imageId {imageDigest:%s, imageTag:%s} does not exist "+
		"within the repository with name '%s' in the registry with id '%s'",
		quoted(id.ImageDigest), quoted(id.ImageTag), in.key.name, in.key.Account)
}

type listImagesInput struct {
	RegistryID     string    `json:"registryId"`
	RepositoryName string    `json:"repositoryName"`
	NextToken      string    `json:"nextToken"`
	MaxResults     int       `json:"maxResults"`
	Filter         tagFilter `json:"filter"`
}

type listImagesOutput struct {
	ImageIDs  []imageID `json:"imageIds"`
	NextToken string    `json:"nextToken,omitempty"`
}

func (s *Service) listImages(_ context.Context, call *wire.Call, in *listImagesInput) (*listImagesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from, err := s.listed(call, in.RegistryID, in.RepositoryName, in.Filter)
	if err != nil {
		return nil, err
	}
	ids := []imageID{}
	for digest := range from.images {
		tags := from.tagsOf(digest)
		if !in.Filter.matches(len(tags) > 0) {
			continue
		}
		for _, name := range tags {
			ids = append(ids, imageID{ImageDigest: digest, ImageTag: name})
		}
		if len(tags) == 0 {
			ids = append(ids, imageID{ImageDigest: digest})
		}
	}
	order := func(id imageID) string { return fmt.Sprintf("%s %s", id.ImageDigest, id.ImageTag) }
	slices.SortFunc(ids, func(a, b imageID) int { return strings.Compare(order(a), order(b)) })
	page, next, err := pageOf(ids, in.NextToken, in.MaxResults, order)
	return &listImagesOutput{ImageIDs: page, NextToken: next}, err
}
