// Package state is how what the simulator knows survives its end: each service writes its own truth down, and takes
// it up again in another process.
//
// What runs is not written down, only what should: a service of ECS starts its tasks anew, a load balancer listens
// again. What only passes by is lost: messages that nobody fetched, datapoints, stopped tasks.
package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Version is that of the file's form. A file of another version is refused.
const Version = 1

// Keeper is a service that can be kept.
type Keeper interface {
	// Keep returns the state in JSON. The service may be in use meanwhile.
	Keep() ([]byte, error)
	// Restore takes up what Keep returned. Nobody has used the service yet.
	Restore(content json.RawMessage) error
}

// Named is a keeper and the name of its part of the file.
type Named struct {
	Keeper

	Name string
}

// Write is what Keep ends with: it writes a value down, while the service's lock is held.
func Write(value any) ([]byte, error) {
	content, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("writing the state: %w", err)
	}
	return content, nil
}

// Read is what Restore begins with.
func Read(content json.RawMessage, into any) error {
	if err := json.Unmarshal(content, into); err != nil {
		return fmt.Errorf("reading the state: %w", err)
	}
	return nil
}

// file is the form of a state file.
type file struct {
	Version  int                        `json:"version"`
	Services map[string]json.RawMessage `json:"services"`
}

// Save writes the state of the keepers.
func Save(w io.Writer, keepers []Named) error {
	content := file{Version: Version, Services: make(map[string]json.RawMessage, len(keepers))}
	for _, keeper := range keepers {
		part, err := keeper.Keep()
		if err != nil {
			return fmt.Errorf("keeping %s: %w", keeper.Name, err)
		}
		content.Services[keeper.Name] = part
	}
	if err := json.NewEncoder(w).Encode(content); err != nil {
		return fmt.Errorf("writing the state: %w", err)
	}
	return nil
}

// Restore gives the keepers, in their order, what Save wrote. A part that no keeper takes is an error: it would be
// lost with the next Save.
func Restore(r io.Reader, keepers []Named) error {
	var content file
	if err := json.NewDecoder(r).Decode(&content); err != nil {
		return fmt.Errorf("reading the state: %w", err)
	}
	if content.Version != Version {
		return fmt.Errorf("the state is of version %d, and this program knows %d: remove the file to start without it",
			content.Version, Version)
	}
	var failures []error
	for _, keeper := range keepers {
		part, ok := content.Services[keeper.Name]
		if !ok {
			continue
		}
		delete(content.Services, keeper.Name)
		if err := keeper.Restore(part); err != nil {
			failures = append(failures, fmt.Errorf("restoring %s: %w", keeper.Name, err))
		}
	}
	for name := range content.Services {
		failures = append(failures, fmt.Errorf("this program has no service %s, which the state has", name))
	}
	return errors.Join(failures...)
}
