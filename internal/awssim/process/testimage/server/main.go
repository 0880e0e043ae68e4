// Command server is the program in the images of the simulator's tests. ROLE says what it does:
//
//	web     (default) serves HTTP until SIGTERM, then finishes what is under way
//	env     prints its environment and arguments and exits with code 3
//	crash   prints a line and exits with code EXIT_CODE (1)
//	polite  exits on SIGTERM
//	deaf    ignores SIGTERM
//	pid     prints its process id and ignores SIGTERM
//	scribe  writes TEXT to FILE, and exits with code 9 if it cannot
//	parent  starts a deaf child, prints its process id and exits
//
// The web server answers VERSION on every path, HEALTH (a status code, 200) on /health, the request's
// headers on /headers, its port on /who, the file of the query's "path" on /file (PUT writes it), what the query's "url"
// answers on /get, after the query's "for" (a duration) on /slow, and exits with code 7 on /crash.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() { os.Exit(play(os.Getenv("ROLE"))) }

func play(role string) int {
	switch role {
	case "env":
		return tell()
	case "crash":
		fmt.Println("about to crash")
		return number("EXIT_CODE", 1)
	case "polite":
		asked := make(chan os.Signal, 1)
		signal.Notify(asked, syscall.SIGTERM)
		fmt.Println("ready")
		<-asked
		fmt.Println("bye")
		return 0
	case "deaf":
		signal.Ignore(syscall.SIGTERM)
		fmt.Println("ready")
		time.Sleep(time.Hour)
		return 0
	case "pid":
		signal.Ignore(syscall.SIGTERM)
		fmt.Println(os.Getpid())
		time.Sleep(time.Hour)
		return 0
	case "parent":
		return bear()
	case "scribe":
		if err := os.WriteFile(os.Getenv("FILE"), []byte(os.Getenv("TEXT")), 0o644); err != nil {
			fmt.Println(err)
			return 9
		}
		return 0
	default:
		return serve()
	}
}

func tell() int {
	for _, name := range []string{"FROM_IMAGE", "FROM_TASK", "HOST"} {
		fmt.Println(name + "=" + os.Getenv(name))
	}
	dir, err := os.Getwd()
	fmt.Println("dir="+filepath.Base(dir), err)
	fmt.Println("args=" + strings.Join(os.Args[1:], " "))
	fmt.Fprint(os.Stderr, "no newline at the end")
	return 3
}

func bear() int {
	self, err := os.Executable()
	if err != nil { // without /proc, in a root of our own
		self = os.Args[0]
	}
	child := exec.Command(self)
	child.Env = append(os.Environ(), "ROLE=deaf")
	child.Stdout = os.Stdout
	if err := child.Start(); err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println(child.Process.Pid)
	return 0
}

func serve() int {
	listener, err := net.Listen("tcp", net.JoinHostPort(os.Getenv("HOST"), os.Getenv("PORT")))
	if err != nil {
		fmt.Println(err)
		return 1
	}
	server := &http.Server{Handler: routes(), ReadHeaderTimeout: time.Minute}
	ended := make(chan error, 1)
	asked, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	go func() {
		<-asked.Done()
		ended <- server.Shutdown(context.Background())
	}()
	fmt.Println("serving", os.Getenv("VERSION"))
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		fmt.Println(err)
		return 1
	}
	if err := <-ended; err != nil {
		return 1
	}
	fmt.Println("served")
	return 0
}

func routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, os.Getenv("VERSION")) })
	mux.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(number("HEALTH", http.StatusOK))
	})
	mux.HandleFunc("/headers", func(w http.ResponseWriter, r *http.Request) {
		headers := r.Header.Clone()
		headers.Set("Host", r.Host)
		_ = json.NewEncoder(w).Encode(headers)
	})
	mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
		wait, err := time.ParseDuration(r.URL.Query().Get("for"))
		if err == nil {
			time.Sleep(wait)
		}
		fmt.Fprint(w, os.Getenv("VERSION"))
	})
	mux.HandleFunc("GET /file", func(w http.ResponseWriter, r *http.Request) {
		content, err := os.ReadFile(r.URL.Query().Get("path"))
		answer(w, string(content), err)
	})
	mux.HandleFunc("PUT /file", func(w http.ResponseWriter, r *http.Request) {
		content, err := io.ReadAll(r.Body)
		if err == nil {
			err = os.WriteFile(r.URL.Query().Get("path"), content, 0o644)
		}
		answer(w, "", err)
	})
	mux.HandleFunc("/who", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, os.Getenv("PORT")) })
	mux.HandleFunc("/get", func(w http.ResponseWriter, r *http.Request) {
		content, err := fetch(r.Context(), r.URL.Query().Get("url"))
		answer(w, content, err)
	})
	mux.HandleFunc("/crash", func(http.ResponseWriter, *http.Request) { os.Exit(7) })
	return mux
}

// fetch returns what a URL answers, after its status if that is not 200.
func fetch(ctx context.Context, url string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", fmt.Errorf("asking: %w", err)
	}
	found, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", fmt.Errorf("asking: %w", err)
	}
	defer func() { _ = found.Body.Close() }()
	content, err := io.ReadAll(found.Body)
	if found.StatusCode != http.StatusOK {
		return fmt.Sprintf("%d %s", found.StatusCode, content), err
	}
	if err != nil {
		return "", fmt.Errorf("reading: %w", err)
	}
	return string(content), nil
}

func answer(w http.ResponseWriter, content string, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	fmt.Fprint(w, content)
}

func number(variable string, otherwise int) int {
	if value, err := strconv.Atoi(os.Getenv(variable)); err == nil {
		return value
	}
	return otherwise
}
