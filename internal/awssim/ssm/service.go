// Package ssm is the Parameter Store of AWS Systems Manager: parameters with their versions and labels, in memory.
// Nothing is encrypted; a SecureString is answered as ciphertext unless its decryption is asked for.
//
// Texts of errors are those of the service as they are quoted in public; limits are those of the API reference
// (https://docs.aws.amazon.com/systems-manager/latest/APIReference/).
package ssm

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// Types of parameters.
const (
	plain  = "String"
	list   = "StringList"
	secure = "SecureString"
)

// Tiers of parameters.
const (
	standard    = "Standard"
	advanced    = "Advanced"
	intelligent = "Intelligent-Tiering"
)

// maxVersions is how many versions a parameter keeps (PutParameter, API reference).
const maxVersions = 100

// Service is the parameters of all accounts and regions.
type Service struct {
	mu         sync.Mutex
	parameters map[parameterKey]*parameter
}

type parameterKey struct {
	resource.Place

	name string
}

type parameter struct {
	key      parameterKey
	versions []*version // in order; never empty
	tags     map[string]string
	declared props.Declared
}

// version is a parameter as it was put; it does not change, but for its labels.
type version struct {
	number         int
	value          string
	kind           string // String, StringList or SecureString
	description    string
	keyID          string
	allowedPattern string
	tier           string
	dataType       string
	labels         []string
	modified       time.Time
}

// New returns a service without parameters.
func New() *Service { return &Service{parameters: make(map[parameterKey]*parameter)} }

// API returns the operations of the Parameter Store.
func (s *Service) API() wire.Service {
	return wire.Service{
		Name: "ssm", Protocol: wire.JSON11, TargetPrefix: "AmazonSSM",
		Operations: map[string]wire.Handler{
			"PutParameter":            wire.Op(s.putParameter),
			"GetParameter":            wire.Op(s.getParameter),
			"GetParameters":           wire.Op(s.getParameters),
			"GetParametersByPath":     wire.Op(s.getParametersByPath),
			"GetParameterHistory":     wire.Op(s.getParameterHistory),
			"DescribeParameters":      wire.Op(s.describeParameters),
			"DeleteParameter":         wire.Op(s.deleteParameter),
			"DeleteParameters":        wire.Op(s.deleteParameters),
			"LabelParameterVersion":   wire.Op(s.labelParameterVersion),
			"UnlabelParameterVersion": wire.Op(s.unlabelParameterVersion),
			"AddTagsToResource":       wire.Op(s.addTagsToResource),
			"RemoveTagsFromResource":  wire.Op(s.removeTagsFromResource),
			"ListTagsForResource":     wire.Op(s.listTagsForResource),
		},
	}
}

func arnPrefix(place resource.Place) string {
	return fmt.Sprintf("arn:aws:ssm:%s:%s:parameter", place.Region, place.Account)
}

// arn joins names that are paths without a second slash, as the service does.
func (p *parameter) arn() string {
	return arnPrefix(p.key.Place) + "/" + strings.TrimPrefix(p.key.name, "/")
}

func (p *parameter) latest() *version { return p.versions[len(p.versions)-1] }

// Errors of the service. A parameter that is not found is reported without a word (recorded).
func errNotFound() *wire.Error { return wire.Errorf("ParameterNotFound", "") }

func errValidation(format string, args ...any) *wire.Error {
	return wire.Errorf("ValidationException", format, args...)
}

func errConstraint(value any, member, constraint string) *wire.Error {
	return errValidation("1 validation error detected: Value '%v' at '%s' failed to satisfy constraint: %s",
		value, member, constraint)
}

// find returns the parameter of a name or an ARN. Call it locked.
func (s *Service) find(place resource.Place, id string) (*parameter, bool) {
	name, isARN := strings.CutPrefix(id, arnPrefix(place)+"/")
	found, ok := s.parameters[parameterKey{place, name}]
	if !ok && isARN {
		found, ok = s.parameters[parameterKey{place, "/" + name}]
	}
	return found, ok
}

// selected returns the version that a name with an optional selector names, such as "/items/url:3" or "/items/url:live",
// and the selector. Call it locked.
func (s *Service) selected(place resource.Place, id string) (*parameter, *version, string, error) {
	if found, ok := s.find(place, id); ok {
		return found, found.latest(), "", nil
	}
	at := strings.LastIndex(id, ":")
	if at < 0 {
		return nil, nil, "", errNotFound()
	}
	found, ok := s.find(place, id[:at])
	if !ok {
		return nil, nil, "", errNotFound()
	}
	selector := id[at+1:]
	for _, each := range found.versions {
		if each.has(selector) {
			return found, each, ":" + selector, nil
		}
	}
	if _, isNumber := number(selector); isNumber {
		return nil, nil, "", wire.Errorf("ParameterVersionNotFound",
			"Systems Manager could not find version %s of %s. Verify the version and try again.", selector, found.key.name)
	}
	return nil, nil, "", wire.Errorf("ParameterVersionLabelNotFound",
		"Systems Manager could not find label %s of %s. Verify the label and try again.", selector, found.key.name)
}

// Parameter returns the value and type of a parameter, whose name may have a version or label behind a colon, and may be
// an ARN. A SecureString is returned decrypted.
func (s *Service) Parameter(place resource.Place, id string) (string, string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, found, _, err := s.selected(place, id)
	if err != nil {
		return "", "", false
	}
	return found.value, found.kind, true
}
