package state_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/state"
)

// note is a keeper of one text.
type note struct {
	text string
	fail error
}

func (n *note) Keep() ([]byte, error) {
	if n.fail != nil {
		return nil, n.fail
	}
	return state.Write(n.text)
}

func (n *note) Restore(content json.RawMessage) error { return state.Read(content, &n.text) }

func TestWhatWasSavedIsRestored(t *testing.T) {
	t.Parallel()
	var file strings.Builder
	err := state.Save(&file, []state.Named{{Name: "a", Keeper: &note{text: "one"}}, {Name: "b", Keeper: &note{text: "two"}}})
	if err != nil {
		t.Fatal(err)
	}
	var a, b, c note
	keepers := []state.Named{{Name: "b", Keeper: &b}, {Name: "c", Keeper: &c}, {Name: "a", Keeper: &a}}
	if err := state.Restore(strings.NewReader(file.String()), keepers); err != nil {
		t.Fatal(err)
	}
	if a.text != "one" || b.text != "two" || c.text != "" {
		t.Errorf("restored %q, %q and %q", a.text, b.text, c.text)
	}
}

func TestAFileThatWouldBeLostIsRefused(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ file, want string }{
		"of another version":     {`{"version": 2, "services": {}}`, "the state is of version 2"},
		"of an unknown service":  {`{"version": 1, "services": {"z": "x"}}`, "no service z"},
		"of another form":        {`{"version": 1, "services": {"a": {}}}`, "restoring a: reading the state"},
		"that is cut":            {`{"version": 1, "serv`, "reading the state: unexpected EOF"},
		"that is something else": {`hello`, "reading the state: invalid character"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := state.Restore(strings.NewReader(test.file), []state.Named{{Name: "a", Keeper: &note{}}})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error = %v, want %q in it", err, test.want)
			}
		})
	}
}

func TestAServiceThatCannotBeKeptIsNamed(t *testing.T) {
	t.Parallel()
	err := state.Save(&strings.Builder{}, []state.Named{{Name: "a", Keeper: &note{fail: errors.New("no room")}}})
	if err == nil || err.Error() != "keeping a: no room" {
		t.Errorf("error = %v", err)
	}
}
