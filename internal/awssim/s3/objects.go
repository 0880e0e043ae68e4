package s3

import (
	"context"
	"encoding/xml"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/paging"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// object is an object and what was said of it.
type object struct {
	description

	Body     []byte
	ETag     string
	Modified time.Time
	Tags     map[string]string
}

// description is what who puts an object says of it, and whoever gets it is told.
type description struct {
	encryption

	ContentType        string            `header:"Content-Type"`
	CacheControl       string            `header:"Cache-Control"`
	ContentDisposition string            `header:"Content-Disposition"`
	ContentEncoding    string            `header:"Content-Encoding"`
	ContentLanguage    string            `header:"Content-Language"`
	Metadata           map[string]string `header:"X-Amz-Meta-*"`
}

type putObjectInput struct {
	description
	checks

	Bucket string `path:"Bucket"`
	Key    string `path:"Key"`
	Tags   string `header:"X-Amz-Tagging"`
	Body   []byte `body:"raw"`
}

type putObjectOutput struct {
	encryption

	ETag string            `header:"ETag"`
	Sums map[string]string `header:"X-Amz-Checksum-*"`
}

func (s *Service) putObject(_ context.Context, call *wire.Call, in *putObjectInput) (*putObjectOutput, error) {
	if err := in.verify(call, in.Body); err != nil {
		return nil, err
	}
	tags, err := parseTags(in.Tags)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	into, err := s.bucket(in.Bucket)
	if err != nil {
		return nil, err
	}
	made := &object{description: in.description, Body: slices.Clone(in.Body), ETag: tagOf(in.Body), Tags: tags}
	if err := s.store(call, into, in.Bucket, in.Key, made); err != nil {
		return nil, err
	}
	return &putObjectOutput{encryption: made.encryption, ETag: made.ETag, Sums: in.Sums}, nil
}

// store puts an object into a bucket, and completes its description. The caller holds s.mu.
func (s *Service) store(call *wire.Call, into *bucket, bucketName, key string, made *object) error {
	encrypted, err := s.encryptionFor(call, made.encryption, into, bucketName)
	if err != nil {
		return err
	}
	made.encryption, made.Modified = encrypted, s.clock.Now()
	if made.ContentType == "" {
		made.ContentType = "binary/octet-stream"
	}
	into.Objects[key] = made
	return nil
}

const maxKeys = 1000

type listObjectsInput struct {
	Bucket            string `path:"Bucket"`
	Prefix            string `param:"prefix"`
	Delimiter         string `param:"delimiter"`
	MaxKeys           *int   `param:"max-keys"`
	StartAfter        string `param:"start-after"`
	ContinuationToken string `param:"continuation-token"`
	EncodingType      string `param:"encoding-type"`
}

type listObjectsOutput struct {
	XMLName               xml.Name `xml:"ListBucketResult"`
	Name                  string
	Prefix                string
	Delimiter             string `xml:",omitempty"`
	MaxKeys               int
	EncodingType          string `xml:",omitempty"`
	KeyCount              int
	IsTruncated           bool
	NextContinuationToken string `xml:",omitempty"`
	Contents              []listedObject
	CommonPrefixes        []commonPrefix
}

type listedObject struct {
	Key          string
	LastModified wire.Time
	ETag         string
	Size         int
	StorageClass string
}

type commonPrefix struct{ Prefix string }

// entry is a line of a listing: an object, or all objects below a prefix.
type entry struct {
	name string
	of   *object // nil for a prefix
}

// entries lists a bucket's objects in order, those below a prefix as one.
func (b *bucket) entries(prefix, delimiter, after string) []entry {
	var all []entry
	for _, key := range slices.Sorted(maps.Keys(b.Objects)) {
		if !strings.HasPrefix(key, prefix) || key <= after {
			continue
		}
		next := entry{name: key, of: b.Objects[key]}
		if shared, folded := below(key, prefix, delimiter); folded {
			next = entry{name: shared}
		}
		if len(all) == 0 || all[len(all)-1].name != next.name {
			all = append(all, next)
		}
	}
	return all
}

func (s *Service) listObjects(_ context.Context, _ *wire.Call, in *listObjectsInput) (*listObjectsOutput, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	found, err := s.bucket(in.Bucket)
	if err != nil {
		return nil, err
	}
	limit := maxKeys
	if in.MaxKeys != nil {
		limit = min(*in.MaxKeys, maxKeys)
	}
	all := found.entries(in.Prefix, in.Delimiter, in.StartAfter)
	shown, next, err := paging.Page(all, in.ContinuationToken, limit, func(e entry) string { return e.name })
	if err != nil {
		return nil, wire.Errorf("InvalidArgument", "The continuation token provided is incorrect")
	}
	encode := func(key string) string { return key }
	if in.EncodingType == "url" {
		encode = func(key string) string { return strings.ReplaceAll(url.QueryEscape(key), "%2F", "/") }
	}
	out := &listObjectsOutput{
		Name: in.Bucket, Prefix: encode(in.Prefix), Delimiter: encode(in.Delimiter), MaxKeys: limit, EncodingType: in.EncodingType,
		KeyCount: len(shown), IsTruncated: next != "", NextContinuationToken: next,
	}
	for _, each := range shown {
		if each.of == nil {
			out.CommonPrefixes = append(out.CommonPrefixes, commonPrefix{encode(each.name)})
			continue
		}
		out.Contents = append(out.Contents, listedObject{
			Key: encode(each.name), LastModified: wire.At(each.of.Modified), ETag: each.of.ETag, Size: len(each.of.Body),
			StorageClass: "STANDARD",
		})
	}
	return out, nil
}
