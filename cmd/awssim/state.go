package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// saveEvery is how much is lost at most if the program is killed.
const saveEvery = 10 * time.Second

// keeper is what a state file is of: awssim.Server.
type keeper interface {
	Save(w io.Writer) error
	Restore(r io.Reader) error
}

// stateFile is where the simulator's state outlives it. The zero stateFile keeps nothing.
type stateFile struct{ path string }

// folder is where lies what the file has no room for.
func (f stateFile) folder() string {
	if f.path == "" {
		return ""
	}
	return f.path + ".d"
}

// load restores what the file has. A file that does not exist yet is none.
func (f stateFile) load(into keeper) error {
	if f.path == "" {
		return nil
	}
	content, err := os.Open(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return f.save(into) // so that a file that cannot be written is found now
	}
	if err != nil {
		return fmt.Errorf("reading the state: %w", err)
	}
	defer content.Close() //nolint:errcheck // it was only read
	if err := into.Restore(bufio.NewReader(content)); err != nil {
		return fmt.Errorf("%s: %w", f.path, err)
	}
	return nil
}

// save replaces the file in one step.
func (f stateFile) save(from keeper) error {
	if f.path == "" {
		return nil
	}
	written, err := os.CreateTemp(filepath.Dir(f.path), filepath.Base(f.path)+".*") // for its owner only: it has secrets
	if err != nil {
		return fmt.Errorf("saving the state: %w", err)
	}
	buffered := bufio.NewWriter(written)
	err = from.Save(buffered)
	err = errors.Join(err, buffered.Flush(), written.Sync(), written.Close())
	if err == nil {
		err = os.Rename(written.Name(), f.path)
	}
	if err != nil {
		return fmt.Errorf("saving the state: %w", errors.Join(err, os.Remove(written.Name())))
	}
	return nil
}

// watch saves now and then until ctx ends.
func (f stateFile) watch(ctx context.Context, from keeper, complaints io.Writer) {
	if f.path == "" {
		return
	}
	ticks := time.NewTicker(saveEvery)
	defer ticks.Stop()
	for {
		select {
		case <-ticks.C:
			if err := f.save(from); err != nil {
				_, _ = fmt.Fprintln(complaints, "awssim:", err)
			}
		case <-ctx.Done():
			return
		}
	}
}
