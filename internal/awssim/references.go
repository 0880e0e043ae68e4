package awssim

import (
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/secretsmanager"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/ssm"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// references finds the values that templates and task definitions keep elsewhere.
type references struct {
	secrets    *secretsmanager.Service
	parameters *ssm.Service
}

// unresolved is why a dynamic reference has no value, in CloudFormation's words, which are sentences.
type unresolved string

// Error returns the sentence.
func (u unresolved) Error() string { return string(u) }

// Parameter returns the value and type of a parameter, whose name may have a version behind a colon.
func (f references) Parameter(place resource.Place, name string) (string, string, bool) {
	return f.parameters.Parameter(place, name)
}

// Resolve returns the value of a dynamic reference, {{resolve:service:key}}. Its errors are worded as CloudFormation
// words them, as somebody who tried published it.
func (f references) Resolve(place resource.Place, service, key string) (string, error) {
	switch service {
	case "ssm", "ssm-secure":
		return f.resolveParameter(place, service, key)
	case "secretsmanager":
		return f.resolveSecret(place, key)
	default:
		return "", fmt.Errorf("awssim does not implement dynamic references to %s", service)
	}
}

func (f references) resolveParameter(place resource.Place, service, key string) (string, error) {
	name, version, hasVersion := strings.Cut(key, ":")
	value, kind, ok := f.parameters.Parameter(place, key)
	isSecure := kind == "SecureString"
	switch {
	case hasVersion && strings.Trim(version, "0123456789") != "": // labels are refused
		return "", unresolved(fmt.Sprintf("Incorrect format is used in the following SSM reference: [{{resolve:%s:%s}}]", service, key))
	case !ok:
		return "", unresolved(fmt.Sprintf("Parameters: [%s:%s] cannot be found.", service, key)) // believed
	case service == "ssm" && isSecure:
		return "", unresolved("Non-secure ssm prefix was used for secure parameter " + name)
	case service == "ssm-secure" && !isSecure:
		return "", unresolved("Secure ssm prefix was used for non-secure parameter " + name) // believed
	default:
		return value, nil
	}
}

// resolveSecret reads secret-id:SecretString:json-key:version-stage:version-id, of which all but the id may be missing
// and the id may be an ARN.
func (f references) resolveSecret(place resource.Place, key string) (string, error) {
	id, rest := cutSecret(key)
	kind, rest, _ := strings.Cut(rest, ":")
	if kind != "" && kind != "SecretString" {
		return "", fmt.Errorf("awssim does not implement %s of dynamic references to secretsmanager", kind)
	}
	value, err := f.secretField(place, id, rest)
	switch {
	case errors.Is(err, secretsmanager.ErrNoKey):
		return "", unresolved("Could not find a value associated with JSONKey in SecretString")
	case errors.Is(err, secretsmanager.ErrNotJSON):
		return "", unresolved("Could not parse SecretString JSON")
	}
	if refused, ok := errors.AsType[*wire.Error](err); ok {
		return "", fmt.Errorf("%s (Service: AWSSecretsManager; Status Code: 400; Error Code: %s; Request ID: %s; Proxy: null)",
			refused.Message, refused.Code, uuid.NewString())
	}
	return value, err
}

// secretField returns what json-key:version-stage:version-id selects; each may be empty.
func (f references) secretField(place resource.Place, id, selection string) (string, error) {
	const parts = 3
	selected := append(strings.SplitN(selection, ":", parts), "", "", "")
	return f.secrets.Field(place, id, selected[0], selected[1], selected[2])
}

// secretARNColons is how many colons an ARN of a secret has: arn:aws:secretsmanager:region:account:secret:name.
const secretARNColons = 6

// cutSecret cuts the id of a secret, a name or an ARN, from what follows it.
func cutSecret(text string) (string, string) {
	if !strings.HasPrefix(text, "arn:") {
		id, rest, _ := strings.Cut(text, ":")
		return id, rest
	}
	pieces := strings.SplitN(text, ":", secretARNColons+2)
	if len(pieces) < secretARNColons+2 {
		return text, ""
	}
	return strings.Join(pieces[:secretARNColons+1], ":"), pieces[secretARNColons+1]
}

// SecretValue returns the value that a container's secret comes from: the ARN of a secret, perhaps followed by
// :json-key:version-stage:version-id, or the name or ARN of a parameter. Its errors are worded as Fargate words them
// (quoted in public issues; "Stopped tasks error messages", developer guide).
func (f references) SecretValue(place resource.Place, valueFrom string) (string, error) {
	const before = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "
	if !strings.HasPrefix(valueFrom, "arn:aws:secretsmanager:") {
		value, _, ok := f.parameters.Parameter(placeOfARN(place, valueFrom), valueFrom)
		if !ok {
			return "", fmt.Errorf("%sunable to retrieve secrets from ssm: service call has been retried 1 time(s): "+
				"invalid ssm parameters: %s", before, valueFrom)
		}
		return value, nil
	}
	id, selection := cutSecret(valueFrom)
	value, err := f.secretField(placeOfARN(place, valueFrom), id, selection)
	const asm = before + "unable to retrieve secret from asm: service call has been retried 1 time(s): "
	key, _, _ := strings.Cut(selection, ":")
	switch {
	case errors.Is(err, secretsmanager.ErrNoKey):
		return "", fmt.Errorf("%sretrieved secret from Secrets Manager did not contain json key %s", asm, key)
	case errors.Is(err, secretsmanager.ErrNotJSON):
		return "", fmt.Errorf("%sinvalid character looking for beginning of value", asm)
	}
	if refused, ok := errors.AsType[*wire.Error](err); ok {
		return "", fmt.Errorf("%sfailed to fetch secret %s from secrets manager: operation error Secrets Manager: GetSecretValue, "+
			"https response error StatusCode: 400, RequestID: %s, %s: %s", asm, id, uuid.NewString(), refused.Code, refused.Message)
	}
	return value, err
}

// placeOfARN returns where an ARN is, or the given place for a name.
func placeOfARN(place resource.Place, id string) resource.Place {
	const region, account, parts = 3, 4, 6
	pieces := strings.SplitN(id, ":", parts)
	if len(pieces) < parts || pieces[0] != "arn" {
		return place
	}
	return resource.Place{Account: pieces[account], Region: pieces[region]}
}
