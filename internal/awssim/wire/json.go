package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
)

func (c *Call) decodeJSON(into any) error {
	body := bytes.TrimSpace(c.Body)
	if len(body) == 0 {
		body = []byte("{}")
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return c.jsonError(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Errorf(c.Protocol.malformed(), "unexpected data after the request's JSON object")
	}
	return nil
}

func (c *Call) jsonError(err error) error {
	if wrongType, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return Errorf(c.Protocol.malformed(), "%s: a JSON %s cannot be its value", wrongType.Field, wrongType.Value)
	}
	// encoding/json has no type for this error.
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return Unsupported(c, "the parameter "+name)
	}
	return Errorf(c.Protocol.malformed(), "the request is not well-formed JSON: %v", err)
}

// jsonFailure is the body of an error in AWS JSON 1.1.
type jsonFailure struct {
	Type    string `json:"__type"`
	Message string `json:"message,omitempty"`
	Capital string `json:"Message,omitempty"`
}

func encodeJSON(value any) ([]byte, error) {
	if _, none := value.(*None); none {
		return nil, nil
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err //nolint:wrapcheck // the caller names the operation
	}
	return bytes.TrimRight(out.Bytes(), "\n"), nil
}
