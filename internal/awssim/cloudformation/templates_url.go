package cloudformation

import (
	"errors"
	"net/url"
	"regexp"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/document"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// Objects is where templates and policies lie that are given by URL.
type Objects interface {
	// Object returns an object. Its errors are those of S3, *wire.Error.
	Object(bucket, key string) ([]byte, error)
}

// Limits of what is given by URL, in bytes. Source: "CloudFormation quotas" and the API reference.
const (
	maxTemplateByURL = 1_000_000
	maxPolicyByURL   = 16 << 10
)

// bodyOf returns a template that is given as text or by its URL.
func (s *Service) bodyOf(call *wire.Call, body *string, address string) (string, error) {
	switch {
	case address != "" && body != nil:
		return "", invalid("Exactly one of TemplateBody or TemplateURL must be specified.") // believed
	case address != "":
		text, err := s.fetchObject(call, "TemplateURL", address)
		if err == nil && len(text) > maxTemplateByURL {
			return "", invalid("Template may not exceed %d bytes in size.", maxTemplateByURL)
		}
		return text, err
	case body == nil || *body == "":
		return "", invalid("Either Template URL or Template Body must be specified.")
	default:
		return *body, nil
	}
}

// policyOf returns a stack policy that is given as text or by its URL; nil if there is none.
func (s *Service) policyOf(call *wire.Call, body *string, member, address string) (*stackPolicy, error) {
	if address == "" {
		return givenPolicy(body)
	}
	if body != nil {
		return nil, invalid("You cannot specify both %s and %s", member, strings.TrimSuffix(member, "URL")+"Body") // recorded
	}
	text, err := s.fetchObject(call, member, address)
	if err != nil {
		return nil, err
	}
	if len(text) > maxPolicyByURL {
		return nil, invalid("Stack policy may not exceed %d bytes in size.", maxPolicyByURL) // believed
	}
	return givenPolicy(&text)
}

// fetchObject reads what a URL of S3 names.
func (s *Service) fetchObject(call *wire.Call, member, address string) (string, error) {
	if s.objects == nil {
		return "", wire.Unsupported(call, member+" without S3")
	}
	if bucket, found := strings.CutPrefix(address, "s3://"); found { // recorded
		host, _, _ := strings.Cut(bucket, "/")
		return "", invalid("S3 error: Domain name specified in %s is not a valid S3 domain", host)
	}
	bucket, key, ok := objectAt(address)
	if !ok {
		return "", invalid("%s must be a supported URL.", member)
	}
	content, err := s.objects.Object(bucket, key)
	if refused, isRefusal := errors.AsType[*wire.Error](err); isRefusal {
		return "", invalid("S3 error: %s\nFor more information check "+
			"http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html", refused.Message)
	}
	return string(content), err
}

var (
	bucketHost = regexp.MustCompile(`^(.+)\.(?:s3[.-][a-z0-9.-]*amazonaws\.com|localhost)$`)
	plainHost  = regexp.MustCompile(`^(?:s3[.-][a-z0-9.-]*amazonaws\.com|localhost|[0-9.]+|\[[0-9a-f:]+\])$`)
)

// objectAt takes a URL apart: the bucket is in the host, or in the path of S3's or the simulator's own host.
func objectAt(address string) (string, string, bool) {
	parsed, err := url.Parse(address)
	if err != nil || (parsed.Scheme != "https" && parsed.Scheme != "http") {
		return "", "", false
	}
	path := strings.TrimPrefix(parsed.Path, "/")
	host := parsed.Hostname()
	if found := bucketHost.FindStringSubmatch(host); found != nil {
		return found[1], path, path != ""
	}
	if !plainHost.MatchString(host) {
		return "", "", false
	}
	bucket, key, found := strings.Cut(path, "/")
	return bucket, key, found && bucket != "" && key != ""
}

// template parses a template that is given as text or by its URL.
func (s *Service) template(call *wire.Call, body *string, address string) (*document.Template, error) {
	text, err := s.bodyOf(call, body, address)
	if err != nil {
		return nil, err
	}
	return s.templates.parse(text)
}
