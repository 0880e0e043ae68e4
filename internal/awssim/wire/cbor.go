package wire

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/fxamacker/cbor/v2"
)

const (
	// cborHeader says in requests and answers that a body is CBOR of Smithy's RPC protocol.
	cborHeader = "Smithy-Protocol"
	cborName   = "rpc-v2-cbor"
	// maxCBORDepth bounds nesting; no API of AWS comes near it.
	maxCBORDepth = 32
	// epochTag marks a number as seconds since 1970 (RFC 8949, section 3.4.2).
	epochTag = 1
)

// cborFailure is the body of an error in CBOR. Type is the error's shape, of which clients take what follows the "#".
type cborFailure struct {
	Type    string `json:"__type"`
	Message string `json:"message"`
}

// cborModes are how Smithy's RPC protocol writes and reads CBOR.
type cborModes struct {
	read  cbor.DecMode
	write cbor.EncMode
}

// modesOfCBOR are made once.
var modesOfCBOR = sync.OnceValues(newCBORModes) //nolint:gochecknoglobals // options that never change

func newCBORModes() (cborModes, error) {
	read, err := cbor.DecOptions{
		DupMapKey: cbor.DupMapKeyEnforcedAPF, MaxNestedLevels: maxCBORDepth,
		DefaultMapType: reflect.TypeFor[map[string]any](), TimeTag: cbor.DecTagOptional,
	}.DecMode()
	if err != nil {
		return cborModes{}, fmt.Errorf("reading CBOR: %w", err)
	}
	write, err := cbor.EncOptions{Sort: cbor.SortBytewiseLexical}.EncMode()
	if err != nil {
		return cborModes{}, fmt.Errorf("writing CBOR: %w", err)
	}
	return cborModes{read: read, write: write}, nil
}

// cborOperation finds the operation in a path that ends with /service/NAME/operation/OPERATION.
func cborOperation(path string) string {
	_, operation, ok := strings.Cut(path, "/operation/")
	if !ok {
		return path
	}
	return operation
}

// decodeCBOR reads a request's map. What the protocol carries is what JSON carries, besides timestamps, and so the
// JSON decoder's strictness serves for both.
func (c *Call) decodeCBOR(into any) error {
	if len(c.Body) == 0 {
		c.Body = []byte("{}")
		return c.decodeJSON(into)
	}
	modes, err := modesOfCBOR()
	if err != nil {
		return err
	}
	var value any
	if err := modes.read.Unmarshal(c.Body, &value); err != nil {
		return Errorf(c.Protocol.malformed(), "the request is not well-formed CBOR: %v", err)
	}
	plain, err := plainJSON(value)
	if err != nil {
		return Errorf(c.Protocol.malformed(), "%v", err)
	}
	body, err := json.Marshal(plain)
	if err != nil {
		return Errorf(c.Protocol.malformed(), "the request is not well-formed: %v", err)
	}
	c.Body = body
	return c.decodeJSON(into)
}

// plainJSON replaces what JSON does not have.
func plainJSON(value any) (any, error) {
	switch given := value.(type) {
	case map[string]any:
		for name, member := range given {
			plain, err := plainJSON(member)
			if err != nil {
				return nil, err
			}
			if plain == nil {
				delete(given, name) // null is absent
				continue
			}
			given[name] = plain
		}
		return given, nil
	case []any:
		for i, item := range given {
			plain, err := plainJSON(item)
			if err != nil {
				return nil, err
			}
			given[i] = plain
		}
		return given, nil
	case time.Time:
		return At(given), nil
	case float64:
		return plainFloat(given)
	case nil, string, bool, int64, uint64, []byte:
		return given, nil
	default:
		return nil, fmt.Errorf("the request has a value that its protocol lacks: %T", value)
	}
}

// plainFloat writes whole numbers as integers, which JSON does not tell apart.
func plainFloat(given float64) (any, error) {
	if math.IsNaN(given) || math.IsInf(given, 0) {
		return nil, fmt.Errorf("awssim does not implement the number %v", given)
	}
	return json.Number(strconv.FormatFloat(given, 'f', -1, 64)), nil
}

// MarshalCBOR writes seconds since 1970 with milliseconds.
func (t Time) MarshalCBOR() ([]byte, error) {
	seconds := float64(t.UnixMilli()) / float64(time.Second/time.Millisecond)
	data, err := cbor.Marshal(cbor.Tag{Number: epochTag, Content: seconds})
	if err != nil {
		return nil, fmt.Errorf("writing a timestamp: %w", err)
	}
	return data, nil
}

func encodeCBOR(value any) ([]byte, error) {
	if _, none := value.(*None); none {
		return []byte{0xa0}, nil // an empty map
	}
	modes, err := modesOfCBOR()
	if err != nil {
		return nil, err
	}
	data, err := modes.write.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("writing CBOR: %w", err)
	}
	return data, nil
}
