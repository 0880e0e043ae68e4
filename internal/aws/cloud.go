// Package aws observes and acts: it is the only room that calls AWS. What it sees becomes a stack.Observation, what
// it is told is a stack.Action, and what goes wrong has a Class.
package aws

import (
	"context"
	"fmt"
	"sync"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
)

// imageFreshness is how long a tag's digest is believed.
const imageFreshness = 5 * time.Minute

// Cloud is AWS, all regions of it, with one set of credentials.
type Cloud struct {
	config  awssdk.Config
	images  *imageCache
	mu      sync.Mutex
	regions map[string]*region
}

// region has the clients of one region.
type region struct {
	stacks   stacksAPI
	services servicesAPI
	images   imagesAPI
	// located remembers the ECS service of a stack, by the stack's ARN. It never changes without a new look-up.
	located sync.Map
}

// New returns a Cloud with the SDK's standard configuration: environment, profiles, IRSA, Pod Identity,
// AWS_ENDPOINT_URL. It fails if that cannot be loaded or names no region.
func New(ctx context.Context) (*Cloud, error) {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("loading the AWS configuration: %w", err)
	}
	if cfg.Region == "" {
		return nil, errNoRegion
	}
	return NewFromConfig(cfg), nil
}

// NewFromConfig returns a Cloud with a configuration that was loaded elsewhere.
func NewFromConfig(cfg awssdk.Config) *Cloud {
	return &Cloud{config: cfg, images: newImageCache(imageFreshness), regions: map[string]*region{}}
}

// Region returns the region that is used where none is named.
func (c *Cloud) Region() string { return c.config.Region }

// in returns the clients of a region; of the default region for "".
func (c *Cloud) in(name string) *region {
	if name == "" {
		name = c.config.Region
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.regions[name] == nil {
		cfg := c.config.Copy()
		cfg.Region = name
		c.regions[name] = &region{
			stacks:   cloudformation.NewFromConfig(cfg),
			services: ecs.NewFromConfig(cfg),
			images:   ecr.NewFromConfig(cfg),
		}
	}
	return c.regions[name]
}
