package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// curlWithoutCurl understands as much of curl's arguments as the tour uses.
func (d *demo) curlWithoutCurl(ctx context.Context, args []string) error {
	method, url, body := http.MethodGet, "", ""
	for i := 0; i < len(args); i++ {
		switch args[i] {
		case "-X":
			i++
			method = args[i]
		case "-H":
			i++ // all bodies of the tour are JSON
		case "-d":
			i++
			body = args[i]
		default:
			url = args[i]
		}
	}
	request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return fmt.Errorf("making a request: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("asking %s: %w", url, err)
	}
	answer, err := io.ReadAll(response.Body)
	if response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answered %s: %s", url, response.Status, answer)
	}
	d.output(indentJSON(answer))
	return errors.Join(err, response.Body.Close())
}

func indentJSON(raw []byte) string {
	var indented bytes.Buffer
	if json.Indent(&indented, bytes.TrimSpace(raw), "", "  ") != nil {
		return string(raw)
	}
	return indented.String()
}

func withoutComments(manifest string) string {
	var kept []string
	for line := range strings.SplitSeq(strings.TrimSpace(manifest), "\n") {
		if !strings.HasPrefix(line, "#") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n")
}
