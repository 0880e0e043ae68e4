// Package s3 is as much of S3 as deployments need: buckets, and objects that fit into memory. CloudFormation reads
// templates from it, and command lines upload them to it.
//
// What a bucket is besides its objects - its properties, attributes and who owns it - is a record of another package.
package s3

import (
	"crypto/md5" //nolint:gosec // S3's entity tags are MD5 sums, of no secret
	"encoding/hex"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/clock"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

const (
	bucketType = "AWS::S3::Bucket"
	// namespace is that of all answers. Source: the API reference.
	namespace = "http://s3.amazonaws.com/doc/2006-03-01/"
)

// Records keeps what a bucket is as a resource.
type Records interface {
	resource.Provider
	resource.Reader
}

// Service is the simulated S3.
type Service struct {
	clock   clock.Clock
	records Records

	mu      sync.RWMutex
	buckets map[string]*bucket // names are taken once, wherever they are
}

// New returns an S3 without buckets, whose buckets are records of another provider as well.
func New(pace clock.Clock, records Records) *Service {
	return &Service{clock: pace, records: records, buckets: make(map[string]*bucket)}
}

// API returns the operations of S3.
func (s *Service) API() wire.Service {
	return wire.Service{
		Name: "s3", Protocol: wire.RESTXML, Namespace: namespace, BareErrors: true, Path: pathOf,
		Routes: []wire.Route{
			{Operation: "ListBuckets", Method: http.MethodGet, Path: "/"},
			{Operation: "CreateBucket", Method: http.MethodPut, Path: "/{Bucket}"},
			{Operation: "HeadBucket", Method: http.MethodHead, Path: "/{Bucket}"},
			{Operation: "DeleteBucket", Method: http.MethodDelete, Path: "/{Bucket}", Status: http.StatusNoContent},
			{Operation: "GetBucketLocation", Method: http.MethodGet, Path: "/{Bucket}?location"},
			{Operation: "GetBucketEncryption", Method: http.MethodGet, Path: "/{Bucket}?encryption"},
			{Operation: "ListObjectsV2", Method: http.MethodGet, Path: "/{Bucket}?list-type=2"},
			{Operation: "DeleteObjects", Method: http.MethodPost, Path: "/{Bucket}?delete"},
			{Operation: "CreateMultipartUpload", Method: http.MethodPost, Path: "/{Bucket}/{Key+}?uploads"},
			{Operation: "UploadPart", Method: http.MethodPut, Path: "/{Bucket}/{Key+}?uploadId"},
			{Operation: "CompleteMultipartUpload", Method: http.MethodPost, Path: "/{Bucket}/{Key+}?uploadId"},
			{
				Operation: "AbortMultipartUpload", Method: http.MethodDelete, Path: "/{Bucket}/{Key+}?uploadId",
				Status: http.StatusNoContent,
			},
			{Operation: "GetObjectTagging", Method: http.MethodGet, Path: "/{Bucket}/{Key+}?tagging"},
			{Operation: "PutObjectTagging", Method: http.MethodPut, Path: "/{Bucket}/{Key+}?tagging"},
			{Operation: "DeleteObjectTagging", Method: http.MethodDelete, Path: "/{Bucket}/{Key+}?tagging", Status: http.StatusNoContent},
			{Operation: "PutObject", Method: http.MethodPut, Path: "/{Bucket}/{Key+}"},
			{Operation: "GetObject", Method: http.MethodGet, Path: "/{Bucket}/{Key+}"},
			{Operation: "HeadObject", Method: http.MethodHead, Path: "/{Bucket}/{Key+}"},
			{Operation: "DeleteObject", Method: http.MethodDelete, Path: "/{Bucket}/{Key+}", Status: http.StatusNoContent},
		},
		Operations: map[string]wire.Handler{
			"ListBuckets":             wire.Op(s.listBuckets),
			"CreateBucket":            wire.Op(s.createBucket),
			"HeadBucket":              wire.Op(s.headBucket),
			"DeleteBucket":            wire.Op(s.deleteBucket),
			"GetBucketLocation":       wire.Op(s.getBucketLocation),
			"ListObjectsV2":           wire.Op(s.listObjects),
			"PutObject":               wire.Op(s.putObject),
			"GetObject":               wire.Op(s.getObject),
			"HeadObject":              wire.Op(s.headObject),
			"DeleteObject":            wire.Op(s.deleteObject),
			"DeleteObjects":           wire.Op(s.deleteObjects),
			"GetBucketEncryption":     wire.Op(s.getBucketEncryption),
			"CreateMultipartUpload":   wire.Op(s.createUpload),
			"UploadPart":              wire.Op(s.uploadPart),
			"CompleteMultipartUpload": wire.Op(s.completeUpload),
			"AbortMultipartUpload":    wire.Op(s.abortUpload),
			"GetObjectTagging":        wire.Op(s.getTagging),
			"PutObjectTagging":        wire.Op(s.putTagging),
			"DeleteObjectTagging":     wire.Op(s.deleteTagging),
		},
	}
}

var virtualHost = regexp.MustCompile(`^(.+)\.(?:s3[.-][a-z0-9.-]*amazonaws\.com|localhost)$`)

// pathOf returns the path of a request as if its bucket were in the path, where clients put it into the host.
func pathOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = r.Host
	}
	if found := virtualHost.FindStringSubmatch(host); found != nil && found[1] != "s3" {
		return "/" + url.PathEscape(found[1]) + r.URL.EscapedPath()
	}
	return r.URL.EscapedPath()
}

// Object returns an object, for those who read without a request. Its errors are S3's.
func (s *Service) Object(bucketName, key string) ([]byte, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	found, err := s.object(bucketName, key)
	if err != nil {
		return nil, err
	}
	return found.Body, nil
}

// object finds an object. The caller holds s.mu.
func (s *Service) object(bucketName, key string) (*object, error) {
	in, err := s.bucket(bucketName)
	if err != nil {
		return nil, err
	}
	found, ok := in.Objects[key]
	if !ok {
		return nil, &wire.Error{Code: "NoSuchKey", Message: "The specified key does not exist.", Status: http.StatusNotFound}
	}
	return found, nil
}

// bucket finds a bucket that is still there. The caller holds s.mu.
func (s *Service) bucket(name string) (*bucket, error) {
	found, ok := s.buckets[name]
	if ok {
		_, ok = s.records.Read(resource.Request{Place: found.Place, Type: bucketType, PhysicalID: name})
	}
	if !ok {
		return nil, &wire.Error{Code: "NoSuchBucket", Message: "The specified bucket does not exist", Status: http.StatusNotFound}
	}
	return found, nil
}

// errSchema refuses a body that is XML, but not what the operation takes.
func errSchema() error {
	return wire.Errorf("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
}

func tagOf(body []byte) string {
	sum := md5.Sum(body) //nolint:gosec // as above
	return `"` + hex.EncodeToString(sum[:]) + `"`
}

// below returns the prefix under which a listing shows a key together with others, or false if it shows the key itself.
func below(key, prefix, delimiter string) (string, bool) {
	rest := strings.TrimPrefix(key, prefix)
	if delimiter == "" {
		return "", false
	}
	before, _, found := strings.Cut(rest, delimiter)
	return prefix + before + delimiter, found
}
