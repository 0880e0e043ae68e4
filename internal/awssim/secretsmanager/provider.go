package secretsmanager

import (
	"context"
	"encoding/json"
	"reflect"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// createTime is how long CloudFormation takes for a secret, rounded from event logs that people publish.
const createTime = 2 * time.Second

// nameLength is how many random characters end the name that CloudFormation gives to a secret without one.
const nameLength = 12

// Providers makes AWS::SecretsManager::Secret real. SecretTargetAttachment is of the databases: see package rds.
func (s *Service) Providers() map[string]resource.Provider {
	return map[string]resource.Provider{"AWS::SecretsManager::Secret": &secretProvider{s}}
}

type secretProvider struct{ *Service }

var _ resource.Reader = (*secretProvider)(nil)

// generation is a value that is made up: a password, alone or as a member of a JSON object.
type generation struct {
	ExcludeCharacters, GenerateStringKey, SecretStringTemplate string
	PasswordLength                                             *int
	ExcludeLowercase, ExcludeUppercase, ExcludeNumbers         bool
	ExcludePunctuation, IncludeSpace                           bool
	RequireEachIncludedType                                    *bool
}

// secretProperties are the properties of AWS::SecretsManager::Secret that are acted on.
type secretProperties struct {
	Name, KmsKeyID       string
	Description          *string
	SecretString         *string
	GenerateSecretString *generation
	Tags                 []props.Tag
}

// Create makes the secret and its first value.
func (p *secretProvider) Create(ctx context.Context, r resource.Request) (resource.Result, error) {
	wanted, content, err := readSecret(r)
	if err != nil {
		return resource.Result{}, err
	}
	if wanted.Name == "" {
		wanted.Name = r.LogicalID + "-" + props.RandomID(nameLength)
	}
	arn, err := p.make(r, wanted, content)
	if err != nil {
		return resource.Result{}, handlerFailure(err)
	}
	if r.Initiated != nil {
		r.Initiated(arn)
	}
	if err := p.clock.Sleep(ctx, createTime); err != nil {
		return resource.Result{}, err
	}
	return result(arn), nil
}

func (p *secretProvider) make(r resource.Request, wanted secretProperties, content value) (string, error) {
	if err := checkName(wanted.Name); err != nil {
		return "", err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	made, err := p.add(secretKey{r.Place, wanted.Name})
	if err != nil {
		return "", err
	}
	made.kmsKeyID, made.tags, made.declared = wanted.KmsKeyID, props.MergeTags(r.Tags, wanted.Tags), props.DeclaredBy(r)
	if wanted.Description != nil {
		made.description = *wanted.Description
	}
	if !content.isEmpty() {
		if _, err := made.put("", content, nil, made.created); err != nil {
			return "", err
		}
	}
	return made.arn(), nil
}

// Update changes the secret. A new version is made if the template's value, or the recipe for it, changed. A description
// that is no longer given stays (recorded).
func (p *secretProvider) Update(_ context.Context, r resource.Request) (resource.Result, error) {
	wanted, content, err := readSecret(r)
	if err != nil {
		return resource.Result{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	found, err := p.usable(r.Place, r.PhysicalID)
	if err != nil {
		return resource.Result{}, handlerFailure(err)
	}
	changed := !reflect.DeepEqual(r.Properties["SecretString"], r.Previous["SecretString"]) ||
		!reflect.DeepEqual(r.Properties["GenerateSecretString"], r.Previous["GenerateSecretString"])
	if changed && !content.isEmpty() {
		if _, err := found.put("", content, nil, p.clock.Now()); err != nil {
			return resource.Result{}, handlerFailure(err)
		}
	}
	if wanted.Description != nil {
		found.description = *wanted.Description
	}
	found.kmsKeyID, found.tags, found.declared = wanted.KmsKeyID, props.MergeTags(r.Tags, wanted.Tags), props.DeclaredBy(r)
	return result(found.arn()), nil
}

// Delete removes the secret at once: CloudFormation leaves no recovery window
// (github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1999).
func (p *secretProvider) Delete(_ context.Context, r resource.Request) error {
	p.Remove(r.Place, r.PhysicalID)
	return nil
}

// Read returns what can be read of a secret: CloudFormation does not compare values.
func (p *secretProvider) Read(r resource.Request) (resource.Properties, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	found, err := p.usable(r.Place, r.PhysicalID)
	if err != nil {
		return nil, false
	}
	now := resource.Properties{"Id": found.arn(), "Name": found.key.name, "Description": nil, "KmsKeyId": nil}
	for name, text := range map[string]string{"Description": found.description, "KmsKeyId": found.kmsKeyID} {
		if text != "" {
			now[name] = text
		}
	}
	return found.declared.Read(now, found.tags), true
}

func result(arn string) resource.Result {
	return resource.Result{PhysicalID: arn, Attributes: map[string]any{"Id": arn}}
}

// readSecret decodes the properties and makes the value that they ask for.
func readSecret(r resource.Request) (secretProperties, value, error) {
	var wanted secretProperties
	if err := props.Decode(r.Properties, &wanted); err != nil {
		return wanted, value{}, err
	}
	switch {
	case wanted.SecretString != nil && wanted.GenerateSecretString != nil:
		return wanted, value{}, props.Invalid("You can't specify both SecretString and GenerateSecretString.") // believed
	case wanted.GenerateSecretString != nil:
		text, err := wanted.GenerateSecretString.text()
		return wanted, value{text: &text}, err
	default:
		return wanted, value{text: wanted.SecretString}, nil
	}
}

func (g *generation) text() (string, error) {
	if (g.GenerateStringKey == "") != (g.SecretStringTemplate == "") {
		return "", props.Invalid("You must specify both SecretStringTemplate and GenerateStringKey, or none of them.") // believed
	}
	made, err := (&recipe{
		PasswordLength: g.PasswordLength, ExcludeCharacters: g.ExcludeCharacters, ExcludeNumbers: g.ExcludeNumbers,
		ExcludePunctuation: g.ExcludePunctuation, ExcludeUppercase: g.ExcludeUppercase, ExcludeLowercase: g.ExcludeLowercase,
		IncludeSpace: g.IncludeSpace, RequireEachIncludedType: g.RequireEachIncludedType,
	}).password()
	if err != nil {
		return "", handlerFailure(err)
	}
	if g.GenerateStringKey == "" {
		return made, nil
	}
	var members map[string]any
	if err := json.Unmarshal([]byte(g.SecretStringTemplate), &members); err != nil {
		return "", props.Invalid("Invalid SecretStringTemplate: it is not a JSON object.") // believed
	}
	members[g.GenerateStringKey] = made
	text, err := json.Marshal(members)
	if err != nil {
		return "", props.Invalid("Invalid SecretStringTemplate: %v", err)
	}
	return string(text), nil
}

// handlerFailure words an API error as the resource's handler does.
func handlerFailure(err error) error {
	return props.Refusal(err, map[string]string{
		"ResourceNotFoundException": "NotFound", "ResourceExistsException": "AlreadyExists",
	})
}
