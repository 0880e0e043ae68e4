package s3

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/state"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

var (
	_ resource.Provider = (*bucketProvider)(nil)
	_ resource.Reader   = (*bucketProvider)(nil)
	_ state.Keeper      = (*Service)(nil)
)

// Providers returns the provider of buckets.
func (s *Service) Providers() map[string]resource.Provider {
	return map[string]resource.Provider{bucketType: &bucketProvider{s}}
}

// Lengths of the ids of S3's requests.
const requestIDLength, extendedIDLength = 16, 76

type bucketProvider struct{ *Service }

// Create makes a bucket that takes objects as soon as it has a name.
func (p *bucketProvider) Create(ctx context.Context, r resource.Request) (resource.Result, error) {
	if name, _ := r.Properties["BucketName"].(string); name != "" {
		p.mu.RLock()
		_, err := p.bucket(name)
		p.mu.RUnlock()
		if err == nil {
			return resource.Result{}, &resource.Failure{ // quoted: aws-samples/iam-identity-center-team #157
				Message: name + " already exists (Service: S3, Status Code: 0, Request ID: null)", HandlerErrorCode: "AlreadyExists",
			}
		}
	}
	told := r.Initiated
	r.Initiated = func(name string) {
		p.mu.Lock()
		p.buckets[name] = &bucket{Place: r.Place, Created: p.clock.Now(), Objects: make(map[string]*object)}
		p.mu.Unlock()
		if told != nil {
			told(name)
		}
	}
	return p.records.Create(ctx, r)
}

// Update changes a bucket's properties.
func (p *bucketProvider) Update(ctx context.Context, r resource.Request) (resource.Result, error) {
	return p.records.Update(ctx, r)
}

// Delete removes a bucket that is empty.
func (p *bucketProvider) Delete(ctx context.Context, r resource.Request) error {
	err := p.remove(ctx, r)
	if refused, ok := err.(*wire.Error); ok { //nolint:errorlint // remove wraps nothing
		return &resource.Failure{
			Message: fmt.Sprintf("%s (Service: S3, Status Code: 409, Request ID: %s, Extended Request ID: %s) (SDK Attempt Count: 1)",
				refused.Message, strings.ToUpper(props.RandomID(requestIDLength)), props.RandomID(extendedIDLength)),
			HandlerErrorCode: "GeneralServiceException",
		}
	}
	return err
}

// remove deletes a bucket and its record.
func (s *Service) remove(ctx context.Context, r resource.Request) error {
	s.mu.RLock()
	found := s.buckets[r.PhysicalID]
	full := found != nil && found.Place == r.Place && len(found.Objects) > 0
	s.mu.RUnlock()
	if full {
		return &wire.Error{
			Code: "BucketNotEmpty", Message: "The bucket you tried to delete is not empty", Status: http.StatusConflict,
		}
	}
	if err := s.records.Delete(ctx, r); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.buckets[r.PhysicalID] == found {
		delete(s.buckets, r.PhysicalID)
	}
	return nil
}

// Read returns the properties of a bucket.
func (p *bucketProvider) Read(r resource.Request) (resource.Properties, bool) {
	return p.records.Read(r)
}

// Keep returns the buckets and their objects.
func (s *Service) Keep() ([]byte, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return state.Write(s.buckets)
}

// Restore takes up what Keep returned.
func (s *Service) Restore(content json.RawMessage) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return state.Read(content, &s.buckets)
}
