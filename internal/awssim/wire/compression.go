package wire

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
)

// maxDecompressed bounds a body after decompression.
const maxDecompressed = 16 << 20

// decompress unpacks the body of a request that the SDKs compressed, as they do with large ones. A REST service keeps
// what it is sent.
func (c *Call) decompress() error {
	if c.Protocol == RESTXML || c.HTTP.Header.Get("Content-Encoding") != "gzip" {
		return nil
	}
	unpacked, err := gunzip(c.Body)
	if err != nil {
		return Errorf(c.Protocol.malformed(), "the request is not well-formed gzip: %v", err)
	}
	c.Body = unpacked
	return nil
}

func gunzip(body []byte) ([]byte, error) {
	reader, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err //nolint:wrapcheck // the caller says what it is about
	}
	unpacked, err := io.ReadAll(io.LimitReader(reader, maxDecompressed+1))
	if err != nil {
		return nil, err //nolint:wrapcheck // the caller says what it is about
	}
	if len(unpacked) > maxDecompressed {
		return nil, errors.New("it is too large")
	}
	return unpacked, nil
}
