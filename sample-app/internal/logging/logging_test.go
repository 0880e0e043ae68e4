package logging_test

import (
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/logging"
)

func TestTextLinesLookLikeUvicorns(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	logger := logging.New(&out, logging.Text)
	logger.Debug("not shown")
	logger.Info("Started server process [1]")
	logger.With("store", "memory").WithGroup("http").Warn("slow", "status", 200)
	logger.Info("said", slog.Group("http", slog.Int("status", 200)), slog.Any("user", lazy{}))
	logger.Info("failed", "error", "first\nsecond")
	logger.WithGroup("a").With("b", 1).Error("failed", slog.String("c", "d"))
	want := "INFO:     Started server process [1]\n" +
		"WARN:     slow store=memory http.status=200\n" +
		"INFO:     said\n" +
		`INFO:     failed error="first\nsecond"` + "\n" +
		"ERROR:    failed a.b=1 a.c=d\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}

func TestJSONLinesAreObjects(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	logging.New(&out, logging.JSON).Info("hello", "status", 200)
	var line struct {
		Msg    string `json:"msg"`
		Status int    `json:"status"`
	}
	if err := json.Unmarshal([]byte(out.String()), &line); err != nil || line.Msg != "hello" || line.Status != 200 {
		t.Errorf("line %q = %+v, %v", out.String(), line, err)
	}
}

// lazy must not be asked for its value by the text format.
type lazy struct{}

func (lazy) LogValue() slog.Value { panic("asked") }
