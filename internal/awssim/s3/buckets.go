package s3

import (
	"context"
	"encoding/xml"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// bucket is a bucket and what is in it.
type bucket struct {
	resource.Place

	Created time.Time
	Objects map[string]*object
	Uploads map[string]*upload // by id
}

// defaultRegion is the region whose buckets have no location, and where a bucket can be created twice.
const defaultRegion = "us-east-1"

var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

type bucketInput struct {
	Bucket string `path:"Bucket"`
	// Owner is the account that the caller believes to own the bucket.
	Owner string `header:"X-Amz-Expected-Bucket-Owner"`
}

// owned finds a bucket that belongs to whom the caller expects. The caller holds s.mu.
func (s *Service) owned(in *bucketInput) (*bucket, error) {
	found, err := s.bucket(in.Bucket)
	if err == nil && in.Owner != "" && in.Owner != found.Account {
		return nil, &wire.Error{Code: "AccessDenied", Message: "Access Denied", Status: http.StatusForbidden}
	}
	return found, err
}

type createBucketInput struct {
	Bucket        string              `path:"Bucket"`
	Configuration bucketConfiguration `body:"xml"`
}

type bucketConfiguration struct{ LocationConstraint string }

type createBucketOutput struct {
	Location string `header:"Location"`
}

func (s *Service) createBucket(ctx context.Context, call *wire.Call, in *createBucketInput) (*createBucketOutput, error) {
	if !bucketName.MatchString(in.Bucket) {
		return nil, wire.Errorf("InvalidBucketName", "The specified bucket is not valid.")
	}
	if wanted := in.Configuration.LocationConstraint; wanted != call.Region && (wanted != "" || call.Region != defaultRegion) {
		if wanted == "" {
			wanted = "unspecified"
		}
		return nil, wire.Errorf("IllegalLocationConstraintException",
			"The %s location constraint is incompatible for the region specific endpoint this request was sent to.", wanted)
	}
	s.mu.Lock()
	existing, err := s.bucket(in.Bucket)
	s.mu.Unlock()
	if err == nil {
		if existing.Region == defaultRegion && call.Region == defaultRegion {
			return &createBucketOutput{Location: "/" + in.Bucket}, nil
		}
		return nil, &wire.Error{
			Code: "BucketAlreadyOwnedByYou", Status: http.StatusConflict,
			Message: "Your previous request to create the named bucket succeeded and you already own it.",
		}
	}
	_, err = s.Providers()[bucketType].Create(ctx, resource.Request{
		Place: call.Place(), Type: bucketType, Properties: resource.Properties{"BucketName": in.Bucket}, Express: true,
	})
	if err != nil {
		return nil, wire.Errorf("BucketAlreadyExists", "%v", err)
	}
	return &createBucketOutput{Location: "/" + in.Bucket}, nil
}

type headBucketOutput struct {
	Region string `header:"X-Amz-Bucket-Region"`
}

func (s *Service) headBucket(_ context.Context, _ *wire.Call, in *bucketInput) (*headBucketOutput, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	found, err := s.owned(in)
	if err != nil {
		return nil, err
	}
	return &headBucketOutput{Region: found.Region}, nil
}

func (s *Service) deleteBucket(ctx context.Context, _ *wire.Call, in *bucketInput) (*wire.None, error) {
	s.mu.RLock()
	found, err := s.owned(in)
	s.mu.RUnlock()
	if err != nil {
		return nil, err
	}
	doomed := resource.Request{Place: found.Place, Type: bucketType, PhysicalID: in.Bucket, Express: true}
	if err := s.remove(ctx, doomed); err != nil {
		return nil, err
	}
	return new(wire.None), nil
}

// locationOutput is the answer of GetBucketLocation, which is one element with a text.
type locationOutput struct {
	XMLName  xml.Name `xml:"LocationConstraint"`
	Location string   `xml:",chardata"`
}

func (s *Service) getBucketLocation(_ context.Context, _ *wire.Call, in *bucketInput) (*locationOutput, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	found, err := s.owned(in)
	if err != nil {
		return nil, err
	}
	if found.Region == defaultRegion {
		return new(locationOutput), nil
	}
	return &locationOutput{Location: found.Region}, nil
}

type listBucketsOutput struct {
	XMLName xml.Name       `xml:"ListAllMyBucketsResult"`
	Owner   owner          `xml:"Owner"`
	Buckets []listedBucket `xml:"Buckets>Bucket"`
}

type owner struct{ ID string }

type listedBucket struct {
	Name         string
	CreationDate wire.Time
}

func (s *Service) listBuckets(_ context.Context, call *wire.Call, _ *struct{}) (*listBucketsOutput, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := &listBucketsOutput{Owner: owner{ID: call.Account}}
	for name := range s.buckets {
		if found, err := s.bucket(name); err == nil {
			out.Buckets = append(out.Buckets, listedBucket{Name: name, CreationDate: wire.At(found.Created)})
		}
	}
	slices.SortFunc(out.Buckets, func(a, b listedBucket) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}
