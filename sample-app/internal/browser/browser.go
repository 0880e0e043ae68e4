// Package browser drives a headless Chromium in tests. It speaks the DevTools protocol over two pipes, which takes no
// library: each message is a JSON object and a zero byte.
package browser

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"
)

// timeout is for all that a test does in its browser.
const timeout = 90 * time.Second

// Page is a page of a browser that ends with the test. It is for one goroutine.
type Page struct {
	commands *os.File
	messages *bufio.Reader
	session  string
	lastID   int
	// Requested are the URLs that the page asked for.
	Requested []string
	// Complaints are the errors in the browser's log, such as breaches of the content security policy.
	Complaints []string
}

// Open starts Chromium with a page at the address. Where there is no Chromium, the test is skipped, but in CI it fails.
func Open(t *testing.T, address string) *Page {
	t.Helper()
	page := start(t, find(t))
	created := page.call(t, "Target.createTarget", map[string]any{"url": "about:blank"})
	attached := page.call(t, "Target.attachToTarget", map[string]any{"targetId": created["targetId"], "flatten": true})
	session, ok := attached["sessionId"].(string)
	if !ok {
		t.Fatalf("Chromium attaches with %v", attached)
	}
	page.session = session
	page.call(t, "Log.enable", nil)
	page.call(t, "Network.enable", nil)
	page.call(t, "Page.navigate", map[string]any{"url": address})
	return page
}

// Run evaluates a script in the page, waits for the promise that it yields, and returns the text of it.
func (p *Page) Run(t *testing.T, script string) string {
	t.Helper()
	answer := p.call(t, "Runtime.evaluate", map[string]any{
		"expression": script, "awaitPromise": true, "returnByValue": true,
	})
	if exception, thrown := answer["exceptionDetails"]; thrown {
		t.Fatalf("the script failed: %v\nthe log of the page: %q", exception, p.Complaints)
	}
	result, _ := answer["result"].(map[string]any)
	text, ok := result["value"].(string)
	if !ok {
		t.Fatalf("the script yields %v, want a text", result)
	}
	return text
}

// find returns the path of Chromium: CHROMIUM, or one of its names in PATH.
func find(t *testing.T) string {
	t.Helper()
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	const missing = "Chromium is not installed; hack/debian.sh chromium installs it"
	if os.Getenv("CI") == "true" {
		t.Fatal(missing)
	}
	t.Skip(missing)
	return ""
}

// start runs Chromium. It reads commands from file 3 and writes messages to file 4.
func start(t *testing.T, path string) *Page {
	t.Helper()
	// The context of the test ends before its cleanup, which is when the browser should end.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), timeout)
	t.Cleanup(cancel)
	commandReader, commandWriter := pipe(t)
	messageReader, messageWriter := pipe(t)
	args := []string{
		"--headless", "--remote-debugging-pipe", "--user-data-dir=" + t.TempDir(), "--no-first-run", "--disable-gpu",
		"--disable-dev-shm-usage", "--disable-extensions", "--disable-background-networking", "--disable-sync",
	}
	if os.Geteuid() == 0 {
		// The sandbox refuses to work for root. The only page that is opened is our own.
		args = append(args, "--no-sandbox")
	}
	command := exec.CommandContext(ctx, path, append(args, "about:blank")...) //nolint:gosec // what is installed
	command.ExtraFiles = []*os.File{commandReader, messageWriter}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	page := &Page{commands: commandWriter, messages: bufio.NewReader(messageReader)}
	t.Cleanup(func() {
		page.session = ""
		page.call(t, "Browser.close", nil)
		if err := command.Wait(); err != nil && ctx.Err() == nil {
			t.Errorf("Chromium ended with %v", err)
		}
	})
	// With its own ends closed here, a browser that dies ends the messages.
	for _, end := range []*os.File{commandReader, messageWriter} {
		if err := end.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return page
}

func pipe(t *testing.T) (*os.File, *os.File) {
	t.Helper()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	return reader, writer
}

// message is an answer, if it has an id, or an event.
type message struct {
	ID     int             `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result map[string]any  `json:"result"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// call sends a command and returns the result of it. It takes note of the events in between.
func (p *Page) call(t *testing.T, method string, params map[string]any) map[string]any {
	t.Helper()
	p.lastID++
	command := map[string]any{"id": p.lastID, "method": method}
	if params != nil {
		command["params"] = params
	}
	if p.session != "" {
		command["sessionId"] = p.session
	}
	content, err := json.Marshal(command)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.commands.Write(append(content, 0)); err != nil {
		t.Fatalf("telling Chromium to %s: %v", method, err)
	}
	for {
		got, err := p.read()
		if err != nil {
			t.Fatalf("waiting for the answer to %s: %v", method, err)
		}
		if got.Error != nil && got.ID == p.lastID {
			t.Fatalf("%s: %s", method, got.Error.Message)
		}
		if got.ID == p.lastID {
			return got.Result
		}
		p.note(t, got)
	}
}

func (p *Page) read() (message, error) {
	var got message
	content, err := p.messages.ReadBytes(0)
	if err != nil {
		return got, fmt.Errorf("reading from Chromium: %w", err)
	}
	if err := json.Unmarshal(bytes.TrimSuffix(content, []byte{0}), &got); err != nil {
		return got, fmt.Errorf("understanding Chromium: %w", err)
	}
	return got, nil
}

// note remembers what an event tells.
func (p *Page) note(t *testing.T, event message) {
	t.Helper()
	var params struct {
		Request struct {
			URL string `json:"url"`
		} `json:"request"`
		Entry struct {
			Level string `json:"level"`
			Text  string `json:"text"`
		} `json:"entry"`
	}
	if event.Method != "Network.requestWillBeSent" && event.Method != "Log.entryAdded" {
		return
	}
	if err := json.Unmarshal(event.Params, &params); err != nil {
		t.Fatalf("understanding %s: %v", event.Method, err)
	}
	if params.Request.URL != "" {
		p.Requested = append(p.Requested, params.Request.URL)
	}
	if params.Entry.Level == "error" {
		p.Complaints = append(p.Complaints, params.Entry.Text)
	}
}
