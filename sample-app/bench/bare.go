package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/mux"

	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/server"
)

// bareCommand is the argument with which this program is the bare handler.
const bareCommand = "serve-bare"

// item is what the items API has, without a word on what it may be.
type item struct {
	ID          int     `json:"id"`
	Name        string  `json:"name"`
	Description *string `json:"description"`
	Price       float64 `json:"price"`
}

// serveBare is the least that one could write: gorilla/mux, encoding/json and a list. The server around it is that of
// the items API, with the same timeouts: nobody may deploy one without.
func serveBare(ctx context.Context, address string) error {
	var mu sync.RWMutex
	useful, amazing := "A useful widget", "An amazing gadget"
	list := []item{{1, "Widget", &useful, 19.99}, {2, "Gadget", &amazing, 29.99}}

	router := mux.NewRouter()
	router.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) { answer(w, "healthy") })
	router.HandleFunc("/items", func(w http.ResponseWriter, _ *http.Request) {
		mu.RLock()
		defer mu.RUnlock()
		answer(w, list)
	}).Methods(http.MethodGet)
	router.HandleFunc("/items", func(w http.ResponseWriter, r *http.Request) {
		var one item
		if err := json.NewDecoder(r.Body).Decode(&one); err != nil {
			panic(err)
		}
		mu.Lock()
		one.ID = len(list) + 1
		list = append(list, one)
		mu.Unlock()
		answer(w, one)
	}).Methods(http.MethodPost)

	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	return server.Serve(ctx, listener, router, server.Options{
		StopTimeout: time.Second, Logger: slog.New(slog.DiscardHandler),
	})
}

func answer(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(value); err != nil {
		panic(err)
	}
}
