package s3

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/xml"
	"hash/crc32"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/paging"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// object is an object and what was said of it.
type object struct {
	Body        []byte
	ETag        string
	Modified    time.Time
	ContentType string
	Encryption  string
	Metadata    map[string]string
}

type putObjectInput struct {
	Bucket      string            `path:"Bucket"`
	Key         string            `path:"Key"`
	ContentType string            `header:"Content-Type"`
	Encryption  string            `header:"X-Amz-Server-Side-Encryption"`
	Algorithm   string            `header:"X-Amz-Sdk-Checksum-Algorithm"`
	CRC32       string            `header:"X-Amz-Checksum-Crc32"`
	Metadata    map[string]string `header:"X-Amz-Meta-*"`
	Body        []byte            `body:"raw"`
}

type putObjectOutput struct {
	ETag       string `header:"ETag"`
	Encryption string `header:"X-Amz-Server-Side-Encryption"`
	CRC32      string `header:"X-Amz-Checksum-Crc32"`
}

func (s *Service) putObject(_ context.Context, call *wire.Call, in *putObjectInput) (*putObjectOutput, error) {
	if in.Algorithm != "" && in.Algorithm != "CRC32" {
		return nil, wire.Unsupported(call, "x-amz-sdk-checksum-algorithm "+in.Algorithm)
	}
	if in.CRC32 != "" && in.CRC32 != checksum(in.Body) {
		return nil, wire.Errorf("BadDigest", "The CRC32 you specified did not match the calculated checksum.")
	}
	if in.Encryption != "" && in.Encryption != "AES256" {
		return nil, wire.Unsupported(call, "x-amz-server-side-encryption "+in.Encryption)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	into, err := s.bucket(in.Bucket)
	if err != nil {
		return nil, err
	}
	made := &object{
		Body: slices.Clone(in.Body), ETag: tagOf(in.Body), Modified: s.clock.Now(), ContentType: in.ContentType,
		Encryption: "AES256", Metadata: in.Metadata, // S3 encrypts all objects
	}
	if made.ContentType == "" {
		made.ContentType = "binary/octet-stream"
	}
	into.Objects[in.Key] = made
	return &putObjectOutput{ETag: made.ETag, Encryption: made.Encryption, CRC32: in.CRC32}, nil
}

func checksum(body []byte) string {
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(body)))
}

type objectInput struct {
	Bucket string `path:"Bucket"`
	Key    string `path:"Key"`
	// Checksum is ENABLED by the SDKs; objects are answered without checksums, which is allowed.
	Checksum string `header:"X-Amz-Checksum-Mode"`
}

type objectOutput struct {
	ContentType   string            `header:"Content-Type"`
	ContentLength int64             `header:"Content-Length"`
	ETag          string            `header:"ETag"`
	LastModified  string            `header:"Last-Modified"`
	Encryption    string            `header:"X-Amz-Server-Side-Encryption"`
	Metadata      map[string]string `header:"X-Amz-Meta-*"`
	Body          []byte            `body:"raw"`
}

func (s *Service) getObject(_ context.Context, _ *wire.Call, in *objectInput) (*objectOutput, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	found, err := s.object(in.Bucket, in.Key)
	if err != nil {
		return nil, err
	}
	return &objectOutput{
		ContentType: found.ContentType, ContentLength: int64(len(found.Body)), ETag: found.ETag, Encryption: found.Encryption,
		LastModified: found.Modified.UTC().Format(http.TimeFormat), Metadata: found.Metadata, Body: found.Body,
	}, nil
}

func (s *Service) headObject(ctx context.Context, call *wire.Call, in *objectInput) (*objectOutput, error) {
	out, err := s.getObject(ctx, call, in)
	if err != nil {
		return nil, err
	}
	out.Body = nil
	return out, nil
}

type deleteObjectInput struct {
	Bucket string `path:"Bucket"`
	Key    string `path:"Key"`
}

func (s *Service) deleteObject(_ context.Context, _ *wire.Call, in *deleteObjectInput) (*wire.None, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from, err := s.bucket(in.Bucket)
	if err != nil {
		return nil, err
	}
	delete(from.Objects, in.Key) // what is not there is no error
	return new(wire.None), nil
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
