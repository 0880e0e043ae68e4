package api

import (
	"net/http"
	"strconv"

	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/items"
	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/pyjson"
	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/validation"
)

// itemSize is about the length of one item in JSON, in bytes.
const itemSize = 96

func writeJSON(w http.ResponseWriter, status int, content []byte) {
	write(w, status, "application/json", content)
}

// write sends an answer. A client that went away is no error of ours, so the result of the write is of no use.
func write(w http.ResponseWriter, status int, mediaType string, content []byte) {
	header := w.Header()
	header.Set("Content-Type", mediaType)
	header.Set("Content-Length", strconv.Itoa(len(content)))
	w.WriteHeader(status)
	_, _ = w.Write(content) //nolint:gosec // nothing of a client goes into a page
}

func writeDetail(w http.ResponseWriter, status int, detail string) {
	writeJSON(w, status, appendTexts("detail", detail))
}

func writeProblems(w http.ResponseWriter, problems []validation.Problem) {
	list := pyjson.Value{Kind: pyjson.Array}
	for _, problem := range problems {
		list.Items = append(list.Items, problem.Value())
	}
	answer := pyjson.Value{Kind: pyjson.Object, Fields: []pyjson.Field{{Name: "detail", Value: list}}}
	writeJSON(w, http.StatusUnprocessableEntity, pyjson.Append(nil, answer))
}

// writeServerError answers in plain text, as FastAPI does when it did not expect the error.
func writeServerError(w http.ResponseWriter) {
	write(w, http.StatusInternalServerError, "text/plain; charset=utf-8", []byte("Internal Server Error"))
}

// appendTexts makes an object from names and texts in turn.
func appendTexts(namesAndTexts ...string) []byte {
	content := []byte{'{'}
	for i, text := range namesAndTexts {
		switch {
		case i%2 == 1:
			content = append(content, ':')
		case i > 0:
			content = append(content, ',')
		}
		content = pyjson.AppendString(content, text)
	}
	return append(content, '}')
}

func appendItems(list []items.Item) []byte {
	content := append(make([]byte, 0, itemSize*(len(list)+1)), '[')
	for i, item := range list {
		if i > 0 {
			content = append(content, ',')
		}
		content = appendItem(content, item)
	}
	return append(content, ']')
}

func appendItem(to []byte, item items.Item) []byte {
	to = append(to, `{"id":`...)
	to = strconv.AppendInt(to, item.ID, 10)
	to = append(to, `,"name":`...)
	to = pyjson.AppendString(to, item.Name)
	to = append(to, `,"description":`...)
	if item.Description == nil {
		to = append(to, "null"...)
	} else {
		to = pyjson.AppendString(to, *item.Description)
	}
	to = append(to, `,"price":`...)
	to = pyjson.AppendFloat(to, item.Price)
	return append(to, '}')
}
