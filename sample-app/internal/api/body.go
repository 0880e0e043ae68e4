package api

import (
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/pyjson"
	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/validation"
)

// maxBody is the largest request body in bytes.
const maxBody = 1 << 20

// readBody reads a request's body: null where there is none, one string where it is not said to be JSON.
// If it cannot, it has answered and returns false.
func readBody(w http.ResponseWriter, r *http.Request) (pyjson.Value, bool) {
	content, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
			writeDetail(w, http.StatusRequestEntityTooLarge, "Request body is larger than 1 MiB")
			return pyjson.Value{}, false
		}
		writeUnreadable(w)
		return pyjson.Value{}, false
	}
	if len(content) == 0 {
		return pyjson.Value{}, true
	}
	if !isJSON(r.Header.Get("Content-Type")) {
		return pyjson.Text(strings.ToValidUTF8(string(content), "\ufffd")), true
	}
	value, err := pyjson.Decode(content)
	if err == nil {
		return value, true
	}
	if syntax, ok := errors.AsType[*pyjson.SyntaxError](err); ok {
		writeProblems(w, []validation.Problem{validation.NotJSON(syntax.Msg, syntax.Pos)})
	} else {
		writeUnreadable(w)
	}
	return pyjson.Value{}, false
}

func writeUnreadable(w http.ResponseWriter) {
	writeDetail(w, http.StatusBadRequest, "There was an error parsing the body")
}

// isJSON tells whether a body of this media type is read as JSON. It is where no type is given.
func isJSON(mediaType string) bool {
	if mediaType == "" {
		return true
	}
	name, _, _ := strings.Cut(mediaType, ";")
	subtype, found := strings.CutPrefix(strings.ToLower(strings.TrimSpace(name)), "application/")
	return found && (subtype == "json" || strings.HasSuffix(subtype, "+json")) && !strings.Contains(subtype, "/")
}
