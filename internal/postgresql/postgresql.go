// Package postgresql runs the programs of the PostgreSQL that is installed on this machine. PostgreSQL refuses to work
// for root: its programs then run as another user.
package postgresql

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// ErrNotInstalled is returned where there is no PostgreSQL.
var ErrNotInstalled = errors.New("PostgreSQL is not installed: there is no initdb in PATH or below /usr/lib/postgresql")

// Installation is a PostgreSQL on this machine.
type Installation struct {
	folder string // of its programs
}

// Find returns the newest PostgreSQL, where Debian puts it or in PATH.
func Find() (Installation, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return Installation{}, fmt.Errorf("looking for PostgreSQL: %w", err)
	}
	if onPath, err := exec.LookPath("initdb"); err == nil {
		found = append(found, onPath)
	}
	if len(found) == 0 {
		return Installation{}, ErrNotInstalled
	}
	initdb, err := filepath.EvalSymlinks(slices.MaxFunc(found, byVersion)) // the other programs are where the file is
	if err != nil {
		return Installation{}, fmt.Errorf("looking for PostgreSQL: %w", err)
	}
	return Installation{folder: filepath.Dir(initdb)}, nil
}

// byVersion compares paths such as /usr/lib/postgresql/15/bin/initdb. One without a version is the newest: somebody
// put it into PATH.
func byVersion(a, b string) int {
	version := func(path string) int {
		number, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
		if err != nil {
			return int(^uint(0) >> 1)
		}
		return number
	}
	return version(a) - version(b)
}

// Version returns the version, such as "15.8".
func (i Installation) Version(ctx context.Context) (string, error) {
	output, err := i.Command(ctx, os.TempDir(), "postgres", "--version").Output() // postgres (PostgreSQL) 15.8 (Debian ...)
	if err != nil {
		return "", fmt.Errorf("asking PostgreSQL for its version: %w", err)
	}
	_, text, _ := strings.Cut(string(output), ") ")
	version, _, _ := strings.Cut(strings.TrimSpace(text), " ")
	return version, nil
}

// Command is one of its programs, in a folder that its user may enter.
func (i Installation) Command(ctx context.Context, folder, name string, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, filepath.Join(i.folder, name), args...) //nolint:gosec // what is installed
	command.Dir = folder
	command.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
	command.SysProcAttr = Unprivileged()
	return command
}

// Initialize makes the files of a server whose one role may do everything, below a folder that [NewFolder] made.
func (i Installation) Initialize(ctx context.Context, folder, data, role, password string) error {
	secret := filepath.Join(folder, "password")
	if err := os.WriteFile(secret, []byte(password+"\n"), 0o600); err != nil {
		return fmt.Errorf("writing the password: %w", err)
	}
	defer func() { _ = os.Remove(secret) }()
	if err := Own(secret); err != nil {
		return err
	}
	command := i.Command(ctx, folder, "initdb", "-D", data, "--username="+role, "--pwfile="+secret,
		"--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions")
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, output)
	}
	return nil
}

// NewFolder makes a folder that its user may write to, below parent or, if that is empty, where temporary files are.
func NewFolder(parent, pattern string) (string, error) {
	folder, err := os.MkdirTemp(parent, pattern)
	if err != nil {
		return "", fmt.Errorf("making a folder for PostgreSQL: %w", err)
	}
	return folder, Own(folder)
}

// Own gives a file or folder to the user as whom PostgreSQL runs.
func Own(path string) error {
	who := Unprivileged()
	if who == nil {
		return nil
	}
	if err := os.Chown(path, int(who.Credential.Uid), int(who.Credential.Gid)); err != nil {
		return fmt.Errorf("giving %s to PostgreSQL: %w", path, err)
	}
	return nil
}

// Unprivileged is how root becomes somebody that PostgreSQL works for. Others stay who they are: nil.
func Unprivileged() *syscall.SysProcAttr {
	if os.Geteuid() != 0 {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		account, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(account.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(account.Gid, 10, 32)
		if uidErr == nil && gidErr == nil {
			return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
		}
	}
	return nil
}
