// Package pgtest starts real PostgreSQL servers for tests.
package pgtest

import (
	"context"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ecsapp-dev/ecsapp-operator/internal/postgresql"
)

// User and Password are those of the servers' one role, which may do everything.
const (
	User     = "items"
	Password = "a p@ss/word:?"
)

const (
	startTimeout = 30 * time.Second
	pollInterval = 20 * time.Millisecond
)

// Server is a PostgreSQL server on loopback.
type Server struct {
	installed postgresql.Installation
	directory string
	port      int
	process   *exec.Cmd
	databases atomic.Int64
}

// Start makes a database cluster and serves it until the test ends. Where PostgreSQL is not installed, the test is
// skipped, but in CI it fails.
func Start(t *testing.T) *Server {
	t.Helper()
	server := &Server{installed: installed(t), directory: directory(t), port: freePort(t)}
	if err := server.installed.Initialize(t.Context(), server.directory, server.data(), User, Password); err != nil {
		t.Fatal(err)
	}
	server.Resume(t)
	t.Cleanup(func() { server.Stop(t) })
	return server
}

// Database makes an empty database and returns its URL.
func (s *Server) Database(t *testing.T) string {
	t.Helper()
	name := "test" + strconv.FormatInt(s.databases.Add(1), 10)
	connection, err := pgx.Connect(t.Context(), s.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := connection.Exec(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	if err := connection.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s.URL(name)
}

// URL is the address of a database.
func (s *Server) URL(database string) string {
	address := url.URL{
		Scheme: "postgres", User: url.UserPassword(User, Password), Path: "/" + database,
		Host: net.JoinHostPort("127.0.0.1", s.Port()), RawQuery: "sslmode=disable",
	}
	return address.String()
}

// Port is the TCP port on 127.0.0.1, which stays the same after Stop and Resume.
func (s *Server) Port() string {
	return strconv.Itoa(s.port)
}

// Stop ends the server at once: clients see their connections break. A stopped server stays so.
func (s *Server) Stop(t *testing.T) {
	t.Helper()
	if s.process == nil {
		return
	}
	if err := s.process.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := s.process.Wait(); err != nil {
		t.Errorf("PostgreSQL ended with %v", err)
	}
	s.process = nil
}

// Resume starts the server again, with the databases that it had, and waits until it answers.
func (s *Server) Resume(t *testing.T) {
	t.Helper()
	// The cleanup of Start needs the server when the test's own context is over.
	s.process = s.installed.Command(context.WithoutCancel(t.Context()), s.directory, "postgres", "-D", s.data(), "-p", s.Port(),
		"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off",
		"-c", "shared_buffers=16MB", "-c", "max_connections=60")
	var output strings.Builder
	s.process.Stdout, s.process.Stderr = &output, &output
	if err := s.process.Start(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
	defer cancel()
	for {
		connection, err := pgx.Connect(ctx, s.URL("postgres"))
		if err == nil {
			if err := connection.Close(ctx); err != nil {
				t.Fatal(err)
			}
			return
		}
		if ctx.Err() != nil {
			s.Stop(t)
			t.Fatalf("PostgreSQL does not answer: %v\n%s", err, output.String())
		}
		time.Sleep(pollInterval)
	}
}

func (s *Server) data() string {
	return filepath.Join(s.directory, "data")
}

func installed(t *testing.T) postgresql.Installation {
	t.Helper()
	found, err := postgresql.Find()
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatal(err)
	}
	if err != nil {
		t.Skip(err)
	}
	return found
}

// directory makes a folder that the server's user may reach, other than that of t.TempDir.
func directory(t *testing.T) string {
	t.Helper()
	folder, err := postgresql.NewFolder("", "pgtest-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(folder); err != nil {
			t.Error(err)
		}
	})
	return folder
}

// freePort returns a port that nobody listens on, below those from which outgoing connections get theirs: the server
// needs it later, and once more after a stop.
func freePort(t *testing.T) int {
	t.Helper()
	const first, count, attempts = 20000, 12000, 100
	for range attempts {
		port := first + rand.IntN(count) //nolint:gosec // chance will do
		listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			continue
		}
		if err := listener.Close(); err != nil {
			t.Fatal(err)
		}
		return port
	}
	t.Fatal("there is no free port")
	return 0
}
