package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim"
)

func TestItServesUntilItIsAskedToStop(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	reader, writer := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, []string{"--listen", "127.0.0.1:0", "--quiet"}, writer, io.Discard) }()

	line, err := bufio.NewReader(reader).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = io.Copy(io.Discard, reader) }()
	address := regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(line)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address+awssim.HealthPath, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		t.Errorf("status %d", response.StatusCode)
	}
	stop()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(drain):
		t.Error("it does not stop")
	}
}

func TestFlagsAreCheckedAndExplained(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		args []string
		want string
	}{
		"an argument":      {[]string{"extra"}, `unexpected argument "extra"`},
		"a negative speed": {[]string{"--speed", "-1"}, "--speed must not be negative"},
		"an unknown flag":  {[]string{"--what"}, "flag provided but not defined"},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := parse(test.args, io.Discard); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v", err)
			}
		})
	}
	var help strings.Builder
	if _, err := parse([]string{"--help"}, &help); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("got %v", err)
	}
	for _, name := range []string{"-listen", "-speed", "-quiet", "Signatures are not verified"} {
		if !strings.Contains(help.String(), name) {
			t.Errorf("the help lacks %q", name)
		}
	}
}
