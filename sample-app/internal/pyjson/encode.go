package pyjson

import (
	"bytes"
	"math"
	"strconv"
)

const (
	hexDigits = "0123456789abcdef"
	// Python writes an exponent for floats below 1e-4 and from 1e16 on.
	minPlain = 1e-4
	maxPlain = 1e16
)

// Append writes a value as FastAPI's JSON answers are written: no spaces, no escapes beyond the necessary.
// A float that is not finite becomes null, because JSON has no word for it.
func Append(to []byte, value Value) []byte {
	switch value.Kind {
	case Null:
		return append(to, "null"...)
	case Bool:
		return strconv.AppendBool(to, value.Truth)
	case Int:
		return append(to, value.Text...)
	case Float:
		return AppendFloat(to, value.Number)
	case String:
		return AppendString(to, value.Text)
	case Array:
		return appendArray(to, value.Items)
	case Object:
		return appendObject(to, value.Fields)
	default:
		panic("pyjson: no such kind: " + strconv.Itoa(int(value.Kind)))
	}
}

func appendArray(to []byte, items []Value) []byte {
	to = append(to, '[')
	for i := range items {
		if i > 0 {
			to = append(to, ',')
		}
		to = Append(to, items[i])
	}
	return append(to, ']')
}

func appendObject(to []byte, fields []Field) []byte {
	to = append(to, '{')
	for i := range fields {
		if i > 0 {
			to = append(to, ',')
		}
		to = AppendString(to, fields[i].Name)
		to = append(to, ':')
		to = Append(to, fields[i].Value)
	}
	return append(to, '}')
}

// AppendString writes a JSON string. Characters outside ASCII stay as they are.
func AppendString(to []byte, text string) []byte {
	to = append(to, '"')
	start := 0
	for i := range len(text) {
		c := text[i]
		if c >= firstPrintable && c != '"' && c != '\\' {
			continue
		}
		to = append(to, text[start:i]...)
		to = appendEscape(to, c)
		start = i + 1
	}
	to = append(to, text[start:]...)
	return append(to, '"')
}

func appendEscape(to []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(to, '\\', c)
	case '\b':
		return append(to, '\\', 'b')
	case '\f':
		return append(to, '\\', 'f')
	case '\n':
		return append(to, '\\', 'n')
	case '\r':
		return append(to, '\\', 'r')
	case '\t':
		return append(to, '\\', 't')
	default:
		return append(to, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
	}
}

// AppendFloat writes a float as Python's repr does: the shortest digits that read back equal, and ".0" after an
// integral value.
func AppendFloat(to []byte, number float64) []byte {
	if math.IsNaN(number) || math.IsInf(number, 0) {
		return append(to, "null"...)
	}
	if size := math.Abs(number); size != 0 && (size < minPlain || size >= maxPlain) {
		return strconv.AppendFloat(to, number, 'e', -1, 64)
	}
	start := len(to)
	to = strconv.AppendFloat(to, number, 'f', -1, 64)
	if bytes.IndexByte(to[start:], '.') < 0 {
		to = append(to, ".0"...)
	}
	return to
}
