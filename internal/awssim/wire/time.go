package wire

import (
	"encoding/xml"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// xmlTime is the layout of timestamps in Query answers: ISO 8601 with milliseconds.
const xmlTime = "2006-01-02T15:04:05.000Z"

// Time is a timestamp on the wire: seconds since 1970 with milliseconds in JSON, ISO 8601 in XML.
// The zero Time is left out of XML answers; in JSON structs tag it omitzero.
type Time struct{ time.Time }

// At returns t for the wire.
func At(t time.Time) Time { return Time{Time: t} }

// MarshalJSON writes seconds since 1970 with at most three decimals.
func (t Time) MarshalJSON() ([]byte, error) {
	seconds := float64(t.UnixMilli()) / float64(time.Second/time.Millisecond)
	return strconv.AppendFloat(nil, seconds, 'f', -1, 64), nil
}

// MarshalXML writes ISO 8601 with milliseconds.
func (t Time) MarshalXML(encoder *xml.Encoder, start xml.StartElement) error {
	if t.IsZero() {
		return nil
	}
	return encoder.EncodeElement(t.UTC().Format(xmlTime), start) //nolint:wrapcheck // the caller names the operation
}

// UnmarshalJSON reads seconds since 1970, or an ISO 8601 string as some clients send it.
func (t *Time) UnmarshalJSON(data []byte) error {
	text := string(data)
	if text == "null" {
		return nil
	}
	if strings.HasPrefix(text, `"`) {
		return t.UnmarshalText([]byte(strings.Trim(text, `"`)))
	}
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(seconds) || math.Abs(seconds) > math.MaxInt32*1e3 {
		return fmt.Errorf("%s is not a timestamp in seconds since 1970", text)
	}
	t.Time = time.UnixMilli(int64(math.Round(seconds * float64(time.Second/time.Millisecond)))).UTC()
	return nil
}

// UnmarshalText reads ISO 8601.
func (t *Time) UnmarshalText(text []byte) error {
	parsed, err := time.Parse(time.RFC3339Nano, string(text))
	if err != nil {
		return fmt.Errorf("%s is not a timestamp in ISO 8601", text)
	}
	t.Time = parsed.UTC()
	return nil
}
