package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim"
)

// program is a simulator that runs.
type program struct {
	address string
	stop    func()
	ended   chan error
}

// begin runs the program until the test ends, or stop is called.
func begin(t *testing.T, args ...string) *program {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	reader, writer := io.Pipe()
	begun := &program{stop: stop, ended: make(chan error, 1)}
	go func() {
		err := run(ctx, append([]string{"--listen", "127.0.0.1:0", "--quiet"}, args...), writer, io.Discard)
		_ = writer.Close()
		begun.ended <- err
	}()
	line, err := bufio.NewReader(reader).ReadString('\n')
	if err != nil {
		t.Fatal(errors.Join(err, <-begun.ended))
	}
	go func() { _, _ = io.Copy(io.Discard, reader) }()
	begun.address = regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(line)
	return begun
}

// end asks the program to stop, and expects that it does so without an error.
func (p *program) end(t *testing.T) {
	t.Helper()
	p.stop()
	select {
	case err := <-p.ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(drain):
		t.Error("it does not stop")
	}
}

// ask sends a request as the SDK for a service does, and returns the answer.
func (p *program) ask(t *testing.T, method, path, service, form string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, p.address+path, strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Authorization",
		"AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/"+service+"/aws4_request, SignedHeaders=host, Signature=0")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

func TestItServesUntilItIsAskedToStop(t *testing.T) {
	t.Parallel()
	simulator := begin(t)
	if status, _ := simulator.ask(t, http.MethodGet, awssim.HealthPath, "", ""); status != http.StatusOK {
		t.Errorf("status %d", status)
	}
	simulator.end(t)
}

func TestAStateFileOutlivesTheProgram(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "aws.json")
	const create = "Action=CreateStack&Version=2010-05-15&StackName=demo" +
		"&TemplateBody=%7B%22Resources%22%3A%7B%22Topic%22%3A%7B%22Type%22%3A%22AWS%3A%3ASNS%3A%3ATopic%22%7D%7D%7D"
	const describe = "Action=DescribeStacks&Version=2010-05-15&StackName=demo"
	simulator := begin(t, "--speed", "0", "--state", file)
	if status, body := simulator.ask(t, http.MethodPost, "/", "cloudformation", create); status != http.StatusOK {
		t.Fatalf("%d: %s", status, body)
	}
	var before string
	for !strings.Contains(before, "CREATE_COMPLETE") {
		_, before = simulator.ask(t, http.MethodPost, "/", "cloudformation", describe)
	}
	simulator.end(t)
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the state file: %v, %v", info, err)
	}
	simulator = begin(t, "--state", file)
	_, after := simulator.ask(t, http.MethodPost, "/", "cloudformation", describe)
	id := regexp.MustCompile(`<RequestId>[^<]*`)
	if id.ReplaceAllString(after, "") != id.ReplaceAllString(before, "") {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
	simulator.end(t)
}

func TestAStateFileThatCannotBeUsedIsAnErrorAtOnce(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	broken := filepath.Join(folder, "broken")
	if err := os.WriteFile(broken, []byte(`{"version": 0}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{
		broken:                              broken + ": the state is of version 0",
		filepath.Join(folder, "no", "such"): "saving the state: open ",
		folder:                              "reading the state",
	} {
		err := run(t.Context(), []string{"--listen", "127.0.0.1:0", "--quiet", "--state", file}, io.Discard, io.Discard)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q in it", file, err, want)
		}
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
