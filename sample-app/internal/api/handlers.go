package api

import (
	_ "embed"
	"errors"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/gorilla/mux"

	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/items"
	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/pyjson"
	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/validation"
)

// document describes the API in OpenAPI.
//
//go:embed openapi.json
var document []byte

func openAPI(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, document)
}

func (a *api) root(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, appendTexts(
		"service", a.Service, "version", a.Version, "docs", "/docs", "health", "/health"))
}

func (a *api) list(w http.ResponseWriter, r *http.Request) {
	all, err := a.Store.List(r.Context())
	if err != nil {
		a.writeFailure(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, appendItems(all))
}

func (a *api) create(w http.ResponseWriter, r *http.Request) {
	content, ok := readBody(w, r)
	if !ok {
		return
	}
	draft, problems := draftOf(content)
	if len(problems) > 0 {
		writeProblems(w, problems)
		return
	}
	item, err := a.Store.Create(r.Context(), draft)
	a.writeItem(w, r, item, err)
}

func (a *api) read(w http.ResponseWriter, r *http.Request) {
	id, problems := idOf(r)
	if len(problems) > 0 {
		writeProblems(w, problems)
		return
	}
	item, err := a.Store.Get(r.Context(), id)
	a.writeItem(w, r, item, err)
}

func (a *api) replace(w http.ResponseWriter, r *http.Request) {
	content, ok := readBody(w, r)
	if !ok {
		return
	}
	id, problems := idOf(r)
	draft, more := draftOf(content)
	if problems = append(problems, more...); len(problems) > 0 {
		writeProblems(w, problems)
		return
	}
	item, err := a.Store.Replace(r.Context(), id, draft)
	a.writeItem(w, r, item, err)
}

func (a *api) remove(w http.ResponseWriter, r *http.Request) {
	id, problems := idOf(r)
	if len(problems) > 0 {
		writeProblems(w, problems)
		return
	}
	if err := a.Store.Delete(r.Context(), id); err != nil {
		a.writeFailure(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, appendTexts("message", "Item "+strconv.FormatInt(id, 10)+" deleted"))
}

func idOf(r *http.Request) (int64, []validation.Problem) {
	return validation.ID(mux.Vars(r)[itemID], itemID)
}

// draftOf reads an item from a body. To FastAPI null is no body.
func draftOf(content pyjson.Value) (items.Draft, []validation.Problem) {
	if content.Kind == pyjson.Null {
		return items.Draft{}, []validation.Problem{validation.NoBody()}
	}
	return validation.Draft(content)
}

func (a *api) writeItem(w http.ResponseWriter, r *http.Request, item items.Item, err error) {
	if err != nil {
		a.writeFailure(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, appendItem(nil, item))
}

// writeFailure answers for the store. The client does not learn why it failed, the log does.
func (a *api) writeFailure(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, items.ErrNotFound) {
		writeDetail(w, http.StatusNotFound, "Item not found")
		return
	}
	if unstorable, ok := errors.AsType[*items.UnstorableError](err); ok {
		writeProblems(w, []validation.Problem{validation.Unstorable(unstorable)})
		return
	}
	level := slog.LevelError
	if r.Context().Err() != nil {
		// The client went away, and the store stopped working for it.
		level = slog.LevelInfo
	}
	a.Logger.LogAttrs(r.Context(), level, "The store failed",
		slog.String("request_id", requestID(w)), slog.Any("error", err))
	writeServerError(w)
}
