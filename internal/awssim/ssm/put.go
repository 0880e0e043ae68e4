package ssm

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// Limits (PutParameter, API reference).
const (
	longestStandard = 4096
	longestAdvanced = 8192
	longestName     = 1011
	deepestPath     = 15
)

// parameterName is what a parameter may be called (PutParameter, API reference).
var parameterName = regexp.MustCompile(`^[a-zA-Z0-9_.\-/]+$`)

type tag struct {
	Key   string `json:"Key"`
	Value string `json:"Value"`
}

type putParameterInput struct {
	Name           string `json:"Name"`
	Description    string `json:"Description"`
	Value          string `json:"Value"`
	Type           string `json:"Type"`
	KeyID          string `json:"KeyId"`
	Overwrite      bool   `json:"Overwrite"`
	AllowedPattern string `json:"AllowedPattern"`
	Tags           []tag  `json:"Tags"`
	Tier           string `json:"Tier"`
	DataType       string `json:"DataType"`
}

type putParameterOutput struct {
	Version int    `json:"Version"`
	Tier    string `json:"Tier"`
}

func (s *Service) putParameter(_ context.Context, call *wire.Call, in *putParameterInput) (*putParameterOutput, error) {
	wanted := &version{
		value: in.Value, kind: in.Type, description: in.Description, keyID: in.KeyID, allowedPattern: in.AllowedPattern,
		tier: in.Tier, dataType: in.DataType,
	}
	key := parameterKey{call.Place(), in.Name}
	if err := checkName(in.Name); err != nil {
		return nil, err
	}
	if in.Overwrite && len(in.Tags) > 0 {
		return nil, errValidation("Invalid request: tags and overwrite can't be used together. To create a parameter with tags, " +
			"please remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or " +
			"RemoveTagsFromResource.")
	}
	tags := make(map[string]string, len(in.Tags))
	for _, given := range in.Tags {
		tags[given.Key] = given.Value
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, exists := s.parameters[key]; exists && !in.Overwrite {
		return nil, wire.Errorf("ParameterAlreadyExists",
			"The parameter already exists. To overwrite this value, set the overwrite option in the request to true.")
	}
	made, err := s.put(key, wanted, tags, props.Declared{})
	if err != nil {
		return nil, err
	}
	return &putParameterOutput{Version: made.number, Tier: made.tier}, nil
}

// put makes a parameter, or adds a version to the one that exists, whose type, pattern and description stay unless
// others are given. Call it locked.
func (s *Service) put(key parameterKey, wanted *version, tags map[string]string, declared props.Declared) (*version, error) {
	found, exists := s.parameters[key]
	switch {
	case exists:
		wanted.inherit(found.latest())
	case wanted.kind == "":
		return nil, errValidation("A parameter type is required when you create a parameter.")
	}
	if err := wanted.check(); err != nil {
		return nil, err
	}
	wanted.number, wanted.modified = 1, time.Now().UTC()
	if !exists {
		s.parameters[key] = &parameter{key: key, versions: []*version{wanted}, tags: maps.Clone(tags), declared: declared}
		return wanted, nil
	}
	wanted.number = found.latest().number + 1
	found.versions = append(found.versions, wanted)
	if len(found.versions) > maxVersions {
		if oldest := found.versions[0]; len(oldest.labels) > 0 {
			found.versions = found.versions[:maxVersions]
			return nil, wire.Errorf("ParameterMaxVersionLimitExceeded", "You attempted to create a new version of %s by calling "+
				"the PutParameter API with the overwrite flag. Version %d, the oldest version, can't be deleted because it has a "+
				"label associated with it. Move the label to another version of the parameter, and try again.",
				key.name, oldest.number)
		}
		found.versions = slices.Delete(found.versions, 0, 1)
	}
	return wanted, nil
}

func (v *version) inherit(from *version) {
	for _, pair := range []struct {
		to   *string
		from string
	}{
		{&v.kind, from.kind},
		{&v.description, from.description},
		{&v.allowedPattern, from.allowedPattern},
		{&v.tier, from.tier},
		{&v.dataType, from.dataType},
		{&v.keyID, from.keyID},
	} {
		if *pair.to == "" {
			*pair.to = pair.from
		}
	}
}

// check refuses what the service refuses, and settles what was left open.
func (v *version) check() error {
	if !slices.Contains([]string{plain, list, secure}, v.kind) {
		return errConstraint(v.kind, "type", "Member must satisfy enum value set: [SecureString, StringList, String]")
	}
	if err := v.settleTier(); err != nil {
		return err
	}
	switch v.dataType {
	case "":
		v.dataType = "text"
	case "text":
	default:
		return errValidation("awssim does not implement parameters of the data type %s", v.dataType)
	}
	if v.kind == secure && v.keyID == "" {
		v.keyID = "alias/aws/ssm"
	}
	return v.checkPattern()
}

// settleTier chooses the tier and refuses values that it does not take.
func (v *version) settleTier() error {
	if v.value == "" {
		return errConstraint("", "value", "Member must have length greater than or equal to 1")
	}
	switch v.tier {
	case "", intelligent:
		if v.tier == intelligent && len(v.value) > longestStandard {
			v.tier = advanced
			break
		}
		v.tier = standard
	case standard, advanced:
	default:
		return errConstraint(v.tier, "tier", "Member must satisfy enum value set: [Standard, Advanced, Intelligent-Tiering]")
	}
	if v.tier == standard && len(v.value) > longestStandard {
		return errValidation("Standard tier parameters support a maximum parameter value of 4096 characters. To create a larger " +
			"parameter value, upgrade the parameter to use the advanced-parameter tier. For more information, see " +
			"https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html")
	}
	if len(v.value) > longestAdvanced {
		return errValidation("Advanced tier parameters support a maximum parameter value of 8192 characters.") // believed
	}
	return nil
}

func (v *version) checkPattern() error {
	if v.allowedPattern == "" {
		return nil
	}
	pattern, err := regexp.Compile(v.allowedPattern)
	if err != nil {
		return wire.Errorf("InvalidAllowedPatternException",
			"Parameter pattern, %s, is not a valid regular expression.", v.allowedPattern)
	}
	if !pattern.MatchString(v.value) {
		return wire.Errorf("ParameterPatternMismatchException",
			"Parameter value, cannot be validated against allowedPattern: %s", v.allowedPattern)
	}
	return nil
}

func checkName(name string) error {
	lower := strings.ToLower(strings.TrimPrefix(name, "/"))
	switch {
	case name == "" || len(name) > longestName:
		return errConstraint(name, "name", "Member must have length between 1 and 1011")
	case strings.Contains(name, "/") && !strings.HasPrefix(name, "/"):
		return errValidation("Parameter name must be a fully qualified name.")
	case strings.HasPrefix(lower, "aws"):
		return wire.Errorf("AccessDeniedException", "No access to reserved parameter name: %s.", name)
	case strings.HasPrefix(lower, "ssm"), !parameterName.MatchString(name),
		strings.Contains(name, "//"), strings.HasSuffix(name, "/"):
		return errValidation(`Parameter name: can't be prefixed with "ssm" (case-insensitive). If formed as a path, it can ` +
			"consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the " +
			"following 3 symbols .-_")
	case strings.Count(name, "/") > deepestPath:
		return wire.Errorf("HierarchyLevelLimitExceededException", "Parameter name must not exceed %d levels.", deepestPath)
	}
	return nil
}

func number(text string) (int, bool) {
	value, err := strconv.Atoi(text)
	return value, err == nil && value > 0
}

// has reports whether a selector, a number or a label, names the version.
func (v *version) has(selector string) bool {
	if value, ok := number(selector); ok {
		return value == v.number
	}
	return slices.Contains(v.labels, selector)
}

type nameInput struct {
	Name string `json:"Name"`
}

func (s *Service) deleteParameter(_ context.Context, call *wire.Call, in *nameInput) (*wire.None, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.find(call.Place(), in.Name)
	if !ok {
		return nil, errNotFound()
	}
	delete(s.parameters, found.key)
	return &wire.None{}, nil
}

type namesInput struct {
	Names []string `json:"Names"`
}

type deleteParametersOutput struct {
	DeletedParameters []string `json:"DeletedParameters"`
	InvalidParameters []string `json:"InvalidParameters"`
}

func (s *Service) deleteParameters(_ context.Context, call *wire.Call, in *namesInput) (*deleteParametersOutput, error) {
	if err := checkCount(in.Names); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &deleteParametersOutput{DeletedParameters: []string{}, InvalidParameters: []string{}}
	for _, name := range in.Names {
		found, ok := s.find(call.Place(), name)
		if !ok {
			out.InvalidParameters = append(out.InvalidParameters, name)
			continue
		}
		delete(s.parameters, found.key)
		out.DeletedParameters = append(out.DeletedParameters, name)
	}
	return out, nil
}

// maxNames is how many parameters a request may name (API reference).
const maxNames = 10

func checkCount(names []string) error {
	if len(names) == 0 || len(names) > maxNames {
		return errConstraint("["+strings.Join(names, ", ")+"]", "names", "Member must have length between 1 and 10")
	}
	return nil
}
