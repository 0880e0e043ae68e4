package rds

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/process"
	"github.com/ecsapp-dev/ecsapp-operator/internal/postgresql"
)

// admin is the superuser of every server, as on RDS. Nobody is told its password.
const admin = "rdsadmin"

// Real time that PostgreSQL may take.
const (
	startPatience = time.Minute
	startPoll     = 20 * time.Millisecond
	stopPatience  = 10 * time.Second
)

// server is a PostgreSQL server and its files. Its methods must not be called concurrently, other than close.
type server struct {
	installed postgresql.Installation
	runner    *process.Runner
	folder    string // of its own
	secret    string // the password of admin
	endpoint  process.Endpoint
	security  security

	mu      sync.Mutex
	process *process.Process // nil while it is stopped
	until   time.Time        // when its certificate ends; zero without TLS
	output  []string         // the last lines that it wrote

	listener func(line string) // hears all lines; nil if nobody does
}

func (d *server) data() string { return filepath.Join(d.folder, "data") }

// initialize makes the files of a new server.
func (d *server) initialize(ctx context.Context) error {
	return d.installed.Initialize(ctx, d.folder, d.data(), admin, d.secret)
}

// copyFrom takes the files of another server, which is stopped.
func (d *server) copyFrom(ctx context.Context, data string) error {
	output, err := copyCommand(ctx, d.folder, data, d.data()).CombinedOutput()
	if err != nil {
		return fmt.Errorf("copying the database: %w\n%s", err, output)
	}
	return nil
}

// start starts the server and returns when it answers.
func (d *server) start(ctx context.Context) error {
	secured, err := d.secure()
	if err != nil {
		return err
	}
	command := d.installed.Command(ctx, d.folder, "postgres", append([]string{
		"-D", d.data(), "-p", strconv.Itoa(d.endpoint.Port()),
		"-c", "listen_addresses=" + d.endpoint.Host(), "-c", "unix_socket_directories=", "-c", "fsync=off",
		"-c", "shared_buffers=32MB", "-c", "max_connections=100", "-c", "log_line_prefix=" + linePrefix,
	}, secured...)...)
	d.forget()
	started, err := d.runner.Serve(command, syscall.SIGINT, d.note)
	if err != nil {
		return fmt.Errorf("starting the database: %w", err)
	}
	d.mu.Lock()
	d.process = started
	d.mu.Unlock()
	return d.answers(ctx, started)
}

// answers returns when a server that was started answers.
func (d *server) answers(ctx context.Context, started *process.Process) error {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	ticks := time.NewTicker(startPoll)
	defer ticks.Stop()
	for {
		if d.do(ctx, "postgres", "SELECT 1") == nil {
			return nil
		}
		select {
		case <-ticks.C:
		case <-started.Done():
			return d.ended(started.Exit().Code)
		case <-ctx.Done():
			return fmt.Errorf("the database does not answer: %w: %s", ctx.Err(), d.said())
		}
	}
}

// errInUse is returned by start while another server has the files.
var errInUse = errors.New("another server has the files")

// ended is why a server ended at once, by PostgreSQL's words for files that another server has, or has not given up yet.
func (d *server) ended(code int) error {
	said := d.said()
	if strings.Contains(said, `lock file "postmaster.pid" already exists`) ||
		strings.Contains(said, "pre-existing shared memory block") {
		return fmt.Errorf("%w: %s", errInUse, said)
	}
	return fmt.Errorf("the database ended with code %d: %s", code, said)
}

// takeOver is start for files that a server of an earlier program may still have: one that was killed ends a little later
// than its program.
func (d *server) takeOver(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	ticks := time.NewTicker(startPoll)
	defer ticks.Stop()
	for {
		err := d.start(ctx)
		if !errors.Is(err, errInUse) {
			return err
		}
		select {
		case <-ticks.C:
		case <-ctx.Done():
			return err
		}
	}
}

const keptLines = 20

func (d *server) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.output = nil
}

func (d *server) note(line string) {
	d.mu.Lock()
	d.output = append(d.output, line)
	d.output = d.output[max(0, len(d.output)-keptLines):]
	listener := d.listener
	d.mu.Unlock()
	if listener != nil {
		listener(line)
	}
}

func (d *server) said() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.Join(d.output, "\n")
}

// stop ends the server; connections break. A server that does not run is left alone.
func (d *server) stop() {
	d.mu.Lock()
	running := d.process
	d.process = nil
	d.mu.Unlock()
	if running != nil {
		running.Stop(stopPatience)
	}
}

// close stops the server for good.
func (d *server) close() {
	d.stop()
	d.endpoint.Release()
}

// do runs statements as admin.
func (d *server) do(ctx context.Context, database string, statements ...string) error {
	address := url.URL{
		Scheme: "postgres", User: url.UserPassword(admin, d.secret), Path: "/" + database,
		Host: net.JoinHostPort(d.endpoint.Host(), strconv.Itoa(d.endpoint.Port())), RawQuery: "sslmode=disable",
	}
	connection, err := pgx.Connect(ctx, address.String())
	if err != nil {
		return fmt.Errorf("connecting to the database: %w", err)
	}
	for _, statement := range statements {
		if _, err := connection.Exec(ctx, statement); err != nil {
			return errors.Join(fmt.Errorf("setting up the database: %w", err), connection.Close(ctx))
		}
	}
	if err := connection.Close(ctx); err != nil {
		return fmt.Errorf("leaving the database: %w", err)
	}
	return nil
}

// grant makes the master user, what it may do and, if it has a name, the database of the instance.
func (d *server) grant(ctx context.Context, user, password, database string) error {
	who := pgx.Identifier{user}.Sanitize()
	statements := []string{
		"CREATE ROLE rds_superuser",
		"GRANT pg_monitor, pg_signal_backend TO rds_superuser WITH ADMIN OPTION",
		"CREATE ROLE " + who + " LOGIN CREATEDB CREATEROLE PASSWORD " + literal(password) + " IN ROLE rds_superuser",
		"ALTER DATABASE postgres OWNER TO " + who,
	}
	if database != "" && database != "postgres" {
		statements = append(statements, "CREATE DATABASE "+pgx.Identifier{database}.Sanitize()+" OWNER "+who)
	}
	return d.do(ctx, "postgres", statements...)
}

func (d *server) setPassword(ctx context.Context, user, password string) error {
	return d.do(ctx, "postgres", "ALTER ROLE "+pgx.Identifier{user}.Sanitize()+" PASSWORD "+literal(password))
}

// backUp copies the running server's files to a folder that does not exist.
func (d *server) backUp(ctx context.Context, to string) error {
	command := d.installed.Command(ctx, d.folder, "pg_basebackup", "-D", to, "-h", d.endpoint.Host(),
		"-p", strconv.Itoa(d.endpoint.Port()), "-U", admin, "--checkpoint=fast", "--no-sync", "--wal-method=stream")
	command.Env = append(command.Env, "PGPASSWORD="+d.secret)
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("pg_basebackup: %w\n%s", err, output)
	}
	return nil
}

// literal quotes a text for SQL.
func literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// copyCommand copies a folder as the user of PostgreSQL.
func copyCommand(ctx context.Context, folder, from, to string) *exec.Cmd {
	command := exec.CommandContext(ctx, "cp", "-a", from, to) //nolint:gosec // folders of our own
	command.Dir, command.SysProcAttr = folder, postgresql.Unprivileged()
	return command
}
