package s3

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type objectInput struct {
	Bucket string `path:"Bucket"`
	Key    string `path:"Key"`
	// Checksum is ENABLED by the SDKs; objects are answered without checksums, which is allowed.
	Checksum string `header:"X-Amz-Checksum-Mode"`
	Range    string `header:"Range"`
	IfMatch  string `header:"If-Match"`
}

type objectOutput struct {
	description

	ContentLength int64  `header:"Content-Length"`
	ETag          string `header:"ETag"`
	LastModified  string `header:"Last-Modified"`
	ContentRange  string `header:"Content-Range"`
	AcceptRanges  string `header:"Accept-Ranges"`
	TagCount      *int   `header:"X-Amz-Tagging-Count"`
	Body          []byte `body:"raw"`
}

func (s *Service) getObject(_ context.Context, _ *wire.Call, in *objectInput) (*objectOutput, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	found, err := s.object(in.Bucket, in.Key)
	if err != nil {
		return nil, err
	}
	if in.IfMatch != "" && in.IfMatch != "*" && strings.Trim(in.IfMatch, `"`) != strings.Trim(found.ETag, `"`) {
		return nil, &wire.Error{
			Code: "PreconditionFailed", Status: http.StatusPreconditionFailed,
			Message: "At least one of the pre-conditions you specified did not hold",
		}
	}
	body, told, err := cut(found.Body, in.Range)
	if err != nil {
		return nil, err
	}
	out := &objectOutput{
		description: found.description, ContentLength: int64(len(body)), ETag: found.ETag, ContentRange: told, AcceptRanges: "bytes",
		LastModified: found.Modified.UTC().Format(http.TimeFormat), Body: body,
	}
	if count := len(found.Tags); count > 0 {
		out.TagCount = &count
	}
	return out, nil
}

func (s *Service) headObject(ctx context.Context, call *wire.Call, in *objectInput) (*objectOutput, error) {
	out, err := s.getObject(ctx, call, in)
	if err != nil {
		return nil, err
	}
	out.Body = nil
	return out, nil
}

// IsPartial reports whether only a range of the object is answered.
func (o *objectOutput) IsPartial() bool { return o.ContentRange != "" }

// cut returns the range of an object that a request asks for, and the Content-Range that says so; all of it, and nothing to
// say, if it asks for none or for one that cannot be read (RFC 9110, section 14.2).
func cut(body []byte, wanted string) ([]byte, string, error) {
	from, to, ok := strings.Cut(strings.TrimPrefix(wanted, "bytes="), "-")
	wants, known := span(from, to, len(body))
	if !ok || !known || !strings.HasPrefix(wanted, "bytes=") {
		return body, "", nil
	}
	if wants.first >= len(body) {
		return nil, "", &wire.Error{
			Code: "InvalidRange", Status: http.StatusRequestedRangeNotSatisfiable, Message: "The requested range is not satisfiable",
		}
	}
	last := min(wants.last, len(body)-1)
	return body[wants.first : last+1], fmt.Sprintf("bytes %d-%d/%d", wants.first, last, len(body)), nil
}

// ends are the first and the last byte of a range.
type ends struct{ first, last int }

// span reads the two ends of a range, of which one may be missing.
func span(from, to string, size int) (ends, bool) {
	first, noFirst := strconv.Atoi(from)
	last, noLast := strconv.Atoi(to)
	switch {
	case from == "" && noLast == nil: // the last so many bytes
		return ends{max(0, size-last), size - 1}, true
	case to == "" && noFirst == nil:
		return ends{first, size - 1}, true
	default:
		return ends{first, last}, noFirst == nil && noLast == nil && first <= last
	}
}
