package api

import (
	"crypto/rand"
	"net/http"
)

const (
	// requestIDHeader is in the form that net/http gives to names: it is looked up without being formed again.
	requestIDHeader = "X-Request-Id"
	// longestRequestID is more than a UUID or a trace id has.
	longestRequestID = 128
)

// setRequestID puts the id of a request into its answer: the client's, if it sent a sane one, or a new one. There it
// is found by requestID, so that the id needs no context.
func setRequestID(w http.ResponseWriter, r *http.Request) {
	id := idIn(r.Header)
	if !sane(id) {
		id = rand.Text()
	}
	w.Header()[requestIDHeader] = []string{id}
}

// requestID returns the id of the request that w answers.
func requestID(w http.ResponseWriter) string {
	return idIn(w.Header())
}

func idIn(header http.Header) string {
	if ids := header[requestIDHeader]; len(ids) > 0 {
		return ids[0]
	}
	return ""
}

// sane tells whether an id may go into log lines and answers: letters, digits and what stands between them in the ids
// of UUIDs, of AWS and of W3C traces.
func sane(id string) bool {
	if id == "" || len(id) > longestRequestID {
		return false
	}
	for i := range len(id) {
		switch c := id[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '-', c == '_', c == '.', c == ':', c == '=', c == '+', c == '/':
		default:
			return false
		}
	}
	return true
}
