package postgres_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/items"
	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/items/storetest"
	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/logging"
	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/postgres"
	"github.com/ecsapp-dev/ecsapp-operator/sample-app/internal/postgres/pgtest"
)

// patience is how long the tests wait for a database that is there.
const patience = 20 * time.Second

// open is a store that ends with its test.
func open(t *testing.T, url string) *postgres.Store {
	t.Helper()
	store, err := postgres.Open(t.Context(), url, patience, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	return store
}

// connect speaks to a database without a store.
func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	connection, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := connection.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return connection
}

func execute(t *testing.T, url, sql string) {
	t.Helper()
	if _, err := connect(t, url).Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

// query returns the one text that a query yields.
func query(t *testing.T, url, sql string) string {
	t.Helper()
	var text string
	if err := connect(t, url).QueryRow(t.Context(), sql).Scan(&text); err != nil {
		t.Fatal(err)
	}
	return text
}

func TestAgainstAServer(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	stories := map[string]func(*testing.T, string){
		"tasks that start at once migrate once":             tasksThatStartAtOnceMigrateOnce,
		"a second start finds what the first left":          aSecondStartFindsWhatTheFirstLeft,
		"a schema of a later release is left alone":         aSchemaOfALaterReleaseIsLeftAlone,
		"a migration that fails leaves nothing behind":      aMigrationThatFailsLeavesNothingBehind,
		"a text that cannot be stored is the client's":      aTextThatCannotBeStoredIsTheClients,
		"a busy store is well":                              aBusyStoreIsWell,
		"a caller that gives up is not waited for":          aCallerThatGivesUpIsNotWaitedFor,
		"the log tells of migrations, and of no passwords":  theLogTellsOfMigrations,
		"a wrong password is told when the waiting is over": aWrongPasswordIsTold,
	}
	for name, story := range stories {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			story(t, server.Database(t))
		})
	}
	t.Run("it is a store that", func(t *testing.T) {
		t.Parallel()
		storetest.Run(t, func(t *testing.T) items.Store {
			t.Helper()
			return open(t, server.Database(t))
		})
	})
}

func tasksThatStartAtOnceMigrateOnce(t *testing.T, url string) {
	t.Helper()
	var group sync.WaitGroup
	for range 6 {
		group.Go(func() {
			store, err := postgres.Open(t.Context(), url, patience, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Error(err)
				return
			}
			store.Close()
		})
	}
	group.Wait()
	if got := query(t, url, "SELECT string_agg(name, ',' ORDER BY id) FROM items"); got != "Widget,Gadget" {
		t.Errorf("the items are %s", got)
	}
}

func aSecondStartFindsWhatTheFirstLeft(t *testing.T, url string) {
	t.Helper()
	first := open(t, url)
	for _, id := range []int64{1, 2} {
		if err := first.Delete(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	created, err := first.Create(t.Context(), items.Draft{Name: "kept"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := open(t, url).List(t.Context())
	if diff := cmp.Diff([]items.Item{created}, got); err != nil || diff != "" {
		t.Errorf("items of the second start, %v (-want +got):\n%s", err, diff)
	}
}

func aSchemaOfALaterReleaseIsLeftAlone(t *testing.T, url string) {
	t.Helper()
	open(t, url)
	execute(t, url, "INSERT INTO schema_migrations (name) VALUES ('migrations/9999_later.sql')")
	if err := open(t, url).Ping(t.Context()); err != nil {
		t.Errorf("with a migration of tomorrow applied: %v", err)
	}
}

func aMigrationThatFailsLeavesNothingBehind(t *testing.T, url string) {
	t.Helper()
	execute(t, url, "CREATE VIEW items AS SELECT 1")
	_, err := postgres.Open(t.Context(), url, patience, slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), "applying migrations/0001_items.sql") {
		t.Errorf("Open = %v, want the migration named", err)
	}
	if got := query(t, url, "SELECT coalesce(to_regclass('schema_migrations')::text, 'nothing')"); got != "nothing" {
		t.Errorf("left behind: %s", got)
	}
}

func aTextThatCannotBeStoredIsTheClients(t *testing.T, url string) {
	t.Helper()
	store, nul := open(t, url), "a\x00b"
	tests := map[string]items.Draft{
		"name":        {Name: nul},
		"description": {Name: "fine", Description: &nul},
	}
	for field, draft := range tests {
		_, createErr := store.Create(t.Context(), draft)
		_, replaceErr := store.Replace(t.Context(), 1, draft)
		for _, err := range []error{createErr, replaceErr} {
			unstorable, ok := errors.AsType[*items.UnstorableError](err)
			if !ok || unstorable.Field != field || unstorable.Text != nul {
				t.Errorf("with U+0000 in %s: %v", field, err)
			}
		}
	}
}

func aCallerThatGivesUpIsNotWaitedFor(t *testing.T, url string) {
	t.Helper()
	store := open(t, url)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := store.List(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("List = %v, want canceled", err)
	}
	if err := store.Ping(t.Context()); err != nil {
		t.Errorf("the next caller finds %v", err)
	}
}

func aBusyStoreIsWell(t *testing.T, url string) {
	t.Helper()
	const connections = 2
	store := open(t, url+"&pool_max_conns="+strconv.Itoa(connections))
	lock, err := connect(t, url).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lock.Exec(t.Context(), "LOCK TABLE items IN ACCESS EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range connections {
		group.Go(func() {
			if _, err := store.List(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	const blocked = "SELECT count(*)::text FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
	for query(t, url, blocked) != strconv.Itoa(connections) {
		time.Sleep(time.Millisecond)
	}
	if err := store.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	if err := lock.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	group.Wait()
}

func theLogTellsOfMigrations(t *testing.T, url string) {
	t.Helper()
	var log strings.Builder
	store, err := postgres.Open(t.Context(), url, patience, logging.New(&log, logging.Text))
	if err != nil {
		t.Fatal(err)
	}
	store.Close()
	want := "INFO:     Migrated the database applied=migrations/0001_items.sql,migrations/0002_samples.sql\n"
	if diff := cmp.Diff(want, log.String()); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

func aWrongPasswordIsTold(t *testing.T, url string) {
	t.Helper()
	const wrong = "not-this-one"
	url = strings.Replace(url, "a%20p%40ss%2Fword%3A%3F", wrong, 1)
	var log strings.Builder
	_, err := postgres.Open(t.Context(), url, 2*time.Second, logging.New(&log, logging.Text))
	if err == nil || !strings.Contains(err.Error(), "password authentication failed") {
		t.Fatalf("Open = %v, want a failed authentication", err)
	}
	if said := err.Error() + log.String(); strings.Contains(said, wrong) {
		t.Errorf("the password is in %q", said)
	}
}

func TestOpenWaitsForAServerThatStartsLater(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	url := server.Database(t)
	server.Stop(t)
	lines := make(chan string, 1)
	opened := make(chan error, 1)
	go func() {
		store, err := postgres.Open(t.Context(), url, patience, logging.New(firstLine(lines), logging.Text))
		if err == nil {
			defer store.Close()
			err = store.Ping(t.Context())
		}
		opened <- err
	}()
	if line := <-lines; !strings.HasPrefix(line, "WARN:     Waiting for the database") {
		t.Errorf("the log begins with %q", line)
	}
	server.Resume(t)
	if err := <-opened; err != nil {
		t.Error(err)
	}
}

// firstLine sends the first thing written to it.
type firstLine chan<- string

var _ io.Writer = firstLine(nil)

// Write implements io.Writer.
func (f firstLine) Write(line []byte) (int, error) {
	select {
	case f <- string(line):
	default:
	}
	return len(line), nil
}

func TestAStoreOutlivesARestartOfItsServer(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	store := open(t, server.Database(t))
	server.Stop(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := store.Ping(ctx); err == nil {
		t.Error("a stopped server answers")
	}
	if _, err := store.List(ctx); err == nil {
		t.Error("a stopped server lists items")
	}
	server.Resume(t)
	if all, err := store.List(t.Context()); err != nil || len(all) != 2 {
		t.Errorf("after a restart List = %+v, %v", all, err)
	}
}

func TestOpenDoesNotWaitForever(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ url, want string }{
		"where nobody listens":    {"postgres://items:secret@127.0.0.1:1/items", "connection refused"},
		"with half an address":    {"postgres://items:secret@:port/items", "reading the address"},
		"with an unknown setting": {"postgres://items:secret@127.0.0.1:1/items?sslmode=perhaps", "sslmode"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := postgres.Open(t.Context(), test.url, 300*time.Millisecond, slog.New(slog.DiscardHandler))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("Open = %v, want %q", err, test.want)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the password is in %q", err)
			}
		})
	}
}
