package s3

import (
	"context"
	"crypto/md5" //nolint:gosec // S3's entity tags are MD5 sums, of no secret
	"crypto/rand"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

const (
	// smallestPart is what each part but the last has at least, and mostParts how many there are at most.
	// Source: the user guide's quotas of multipart uploads.
	smallestPart = 5 << 20
	mostParts    = 10_000
)

// upload is an object that comes in parts.
type upload struct {
	description

	Key   string
	Parts map[int]part
}

type part struct {
	Body []byte
	ETag string
}

type createUploadInput struct {
	description

	Bucket string `path:"Bucket"`
	Key    string `path:"Key"`
	// What the SDKs will say of each part, and of the object that the parts become.
	Checksum     string `header:"X-Amz-Checksum-Algorithm"`
	ChecksumType string `header:"X-Amz-Checksum-Type"`
}

type createUploadOutput struct {
	encryption

	Result       createUploadResult `body:"xml"`
	Checksum     string             `header:"X-Amz-Checksum-Algorithm"`
	ChecksumType string             `header:"X-Amz-Checksum-Type"`
}

type createUploadResult struct {
	XMLName  xml.Name `xml:"InitiateMultipartUploadResult"`
	Bucket   string
	Key      string
	UploadID string `xml:"UploadId"`
}

func (s *Service) createUpload(_ context.Context, call *wire.Call, in *createUploadInput) (*createUploadOutput, error) {
	if name := strings.ToLower(in.Checksum); name != "" && hashOf(name) == nil {
		return nil, wire.Unsupported(call, "x-amz-checksum-algorithm "+in.Checksum)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	into, err := s.bucket(in.Bucket)
	if err != nil {
		return nil, err
	}
	encrypted, err := s.encryptionFor(call, in.encryption, into, in.Bucket)
	if err != nil {
		return nil, err
	}
	id := rand.Text() + rand.Text()
	if into.Uploads == nil {
		into.Uploads = make(map[string]*upload)
	}
	into.Uploads[id] = &upload{description: in.description, Key: in.Key, Parts: make(map[int]part)}
	return &createUploadOutput{
		Result: createUploadResult{Bucket: in.Bucket, Key: in.Key, UploadID: id}, encryption: encrypted,
		Checksum: in.Checksum, ChecksumType: in.ChecksumType,
	}, nil
}

// upload finds an upload under way. The caller holds s.mu.
func (s *Service) upload(bucketName, key, id string) (*bucket, *upload, error) {
	into, err := s.bucket(bucketName)
	if err != nil {
		return nil, nil, err
	}
	found := into.Uploads[id]
	if found == nil || found.Key != key {
		return nil, nil, &wire.Error{
			Code: "NoSuchUpload", Status: http.StatusNotFound, Message: "The specified upload does not exist. The upload ID may be " +
				"invalid, or the upload may have been aborted or completed.",
		}
	}
	return into, found, nil
}

type uploadPartInput struct {
	checks

	Bucket string `path:"Bucket"`
	Key    string `path:"Key"`
	ID     string `param:"uploadId"`
	Number int    `param:"partNumber"`
	Body   []byte `body:"raw"`
}

type uploadPartOutput struct {
	ETag string            `header:"ETag"`
	Sums map[string]string `header:"X-Amz-Checksum-*"`
}

func (s *Service) uploadPart(_ context.Context, call *wire.Call, in *uploadPartInput) (*uploadPartOutput, error) {
	if in.Number < 1 || in.Number > mostParts {
		return nil, wire.Errorf("InvalidArgument", "Part number must be an integer between 1 and %d, inclusive", mostParts)
	}
	if err := in.verify(call, in.Body); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_, into, err := s.upload(in.Bucket, in.Key, in.ID)
	if err != nil {
		return nil, err
	}
	made := part{Body: slices.Clone(in.Body), ETag: tagOf(in.Body)}
	into.Parts[in.Number] = made
	return &uploadPartOutput{ETag: made.ETag, Sums: in.Sums}, nil
}

type completeInput struct {
	Bucket string    `path:"Bucket"`
	Key    string    `path:"Key"`
	ID     string    `param:"uploadId"`
	Size   *int      `header:"X-Amz-Mp-Object-Size"`
	Upload completed `body:"xml"`
	// ChecksumType repeats what the upload was created with.
	ChecksumType string `header:"X-Amz-Checksum-Type"`
}

type completed struct {
	Parts []completedPart `xml:"Part"`
}

// completedPart is a part. Its checksums were compared when it came.
type completedPart struct {
	PartNumber                                                                     int
	ETag                                                                           string
	ChecksumCRC32, ChecksumCRC32C, ChecksumCRC64NVME, ChecksumSHA1, ChecksumSHA256 string
}

type completeOutput struct {
	XMLName  xml.Name `xml:"CompleteMultipartUploadResult"`
	Location string
	Bucket   string
	Key      string
	ETag     string
}

func (s *Service) completeUpload(_ context.Context, call *wire.Call, in *completeInput) (*completeOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	into, from, err := s.upload(in.Bucket, in.Key, in.ID)
	if err != nil {
		return nil, err
	}
	made, err := from.join(in.Upload.Parts)
	if err != nil {
		return nil, err
	}
	if in.Size != nil && *in.Size != len(made.Body) {
		return nil, wire.Errorf("InvalidRequest", "The provided 'x-amz-mp-object-size' header value %d does not match what was "+
			"computed: %d", *in.Size, len(made.Body))
	}
	if err := s.store(call, into, in.Bucket, in.Key, made); err != nil {
		return nil, err
	}
	delete(into.Uploads, in.ID)
	return &completeOutput{
		Location: "http://" + call.HTTP.Host + "/" + in.Bucket + "/" + in.Key, Bucket: in.Bucket, Key: in.Key, ETag: made.ETag,
	}, nil
}

// join makes an object of parts.
func (u *upload) join(parts []completedPart) (*object, error) {
	if err := u.check(parts); err != nil {
		return nil, err
	}
	made := &object{description: u.description}
	sums := md5.New() //nolint:gosec // as above
	for i, each := range parts {
		found := u.Parts[each.PartNumber]
		if i < len(parts)-1 && len(found.Body) < smallestPart {
			return nil, wire.Errorf("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size")
		}
		made.Body = append(made.Body, found.Body...)
		sum := md5.Sum(found.Body) //nolint:gosec // as above
		_, _ = sums.Write(sum[:])  // it never fails
	}
	made.ETag = fmt.Sprintf(`"%s-%d"`, hex.EncodeToString(sums.Sum(nil)), len(parts))
	return made, nil
}

// check compares the parts that a client names with those that came.
func (u *upload) check(parts []completedPart) error {
	if len(parts) == 0 {
		return errSchema()
	}
	for i, each := range parts {
		found, ok := u.Parts[each.PartNumber]
		switch {
		case i > 0 && each.PartNumber <= parts[i-1].PartNumber:
			return wire.Errorf("InvalidPartOrder", "The list of parts was not in ascending order. Parts must be ordered by part number.")
		case !ok || strings.Trim(each.ETag, `"`) != strings.Trim(found.ETag, `"`):
			return wire.Errorf("InvalidPart", "One or more of the specified parts could not be found.  The part may not have been "+
				"uploaded, or the specified entity tag may not match the part's entity tag.")
		}
	}
	return nil
}

type abortInput struct {
	Bucket string `path:"Bucket"`
	Key    string `path:"Key"`
	ID     string `param:"uploadId"`
}

func (s *Service) abortUpload(_ context.Context, _ *wire.Call, in *abortInput) (*wire.None, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	into, _, err := s.upload(in.Bucket, in.Key, in.ID)
	if err != nil {
		return nil, err
	}
	delete(into.Uploads, in.ID)
	return new(wire.None), nil
}
