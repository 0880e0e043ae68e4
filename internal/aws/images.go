package aws

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"strings"
	"sync"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
)

// Image names a container image.
type Image struct {
	// Repository without tag and digest.
	Repository string
	// Tag or Digest; one of them is empty.
	Tag, Digest string
}

// String returns the image as container tools write it.
func (i Image) String() string {
	if i.Digest != "" {
		return i.Repository + "@" + i.Digest
	}
	return i.Repository + ":" + i.Tag
}

// ecrRepository has the account, the region and the name of the repository as groups.
var ecrRepository = regexp.MustCompile(`^([0-9]{12})\.dkr\.ecr(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/(.+)$`)

// ResolveImage pins an image of ECR to the digest that its tag points to. An image of another registry is returned as
// it is. An answer is kept for a few minutes. The error's class is NotFound if repository or tag do not exist.
func (c *Cloud) ResolveImage(ctx context.Context, image Image) (Image, error) {
	parts := ecrRepository.FindStringSubmatch(image.Repository)
	if parts == nil {
		return image, nil
	}
	return c.images.get(image, func() (Image, error) {
		return c.in(parts[2]).resolve(ctx, image, parts[1], parts[3])
	})
}

func (r *region) resolve(ctx context.Context, image Image, account, repository string) (Image, error) {
	id := ecrtypes.ImageIdentifier{}
	if image.Digest != "" {
		id.ImageDigest = &image.Digest
	} else {
		id.ImageTag = &image.Tag
	}
	out, err := r.images.DescribeImages(ctx, &ecr.DescribeImagesInput{
		RegistryId: &account, RepositoryName: &repository, ImageIds: []ecrtypes.ImageIdentifier{id},
	})
	if err != nil {
		return Image{}, fmt.Errorf("resolving image %s: %w", image, err)
	}
	if len(out.ImageDetails) == 0 || !strings.HasPrefix(awssdk.ToString(out.ImageDetails[0].ImageDigest), "sha256:") {
		return Image{}, fmt.Errorf("resolving image %s: %w", image, &ecrtypes.ImageNotFoundException{
			Message: awssdk.String("ECR answered without a digest"),
		})
	}
	return Image{Repository: image.Repository, Digest: *out.ImageDetails[0].ImageDigest}, nil
}

// imageCache keeps what tags point to.
type imageCache struct {
	freshness time.Duration
	mu        sync.Mutex
	entries   map[Image]imageEntry
}

type imageEntry struct {
	resolved Image
	until    time.Time
}

func newImageCache(freshness time.Duration) *imageCache {
	return &imageCache{freshness: freshness, entries: map[Image]imageEntry{}}
}

// get returns what is known of an image, or asks. Errors are not kept: a missing tag may be pushed any moment. If ECR
// cannot be asked, what was known before stands: an app that runs is not disturbed by that.
func (c *imageCache) get(image Image, ask func() (Image, error)) (Image, error) {
	now := time.Now()
	c.mu.Lock()
	entry, known := c.entries[image]
	c.mu.Unlock()
	if known && now.Before(entry.until) {
		return entry.resolved, nil
	}
	resolved, err := ask()
	if err != nil && known && ClassOf(err) != NotFound {
		return entry.resolved, nil
	}
	if err != nil {
		return Image{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.entries, func(_ Image, entry imageEntry) bool { return now.After(entry.until.Add(c.freshness)) })
	c.entries[image] = imageEntry{resolved: resolved, until: now.Add(c.freshness)}
	return resolved, nil
}
