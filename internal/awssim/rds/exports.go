package rds

import (
	"slices"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// Types of logs that can be published to CloudWatch Logs ("Publishing PostgreSQL logs to Amazon CloudWatch Logs", user
// guide). Nothing is ever upgraded here, so that there is nothing to tell of it.
const (
	serverLog  = "postgresql"
	upgradeLog = "upgrade"
)

// linePrefix is what RDS begins the lines of servers with (parameter log_line_prefix).
const linePrefix = "%t:%r:%u@%d:[%p]:"

// Logs is where servers tell what they do: [logs.Service].
type Logs interface {
	CreateGroup(place resource.Place, name string)
	CreateStream(place resource.Place, group, stream string) error
	Append(place resource.Place, group, stream, message string)
}

// exportChange is which logs are to be published, and which not any more (CloudwatchLogsExportConfiguration).
type exportChange struct{ EnableLogTypes, DisableLogTypes []string }

// to are the types that are published after the change; nil changes nothing.
func (e *exportChange) to(now []string) []string {
	if e == nil {
		return now
	}
	kept := slices.DeleteFunc(slices.Clone(now), func(each string) bool { return slices.Contains(e.DisableLogTypes, each) })
	kept = append(kept, e.EnableLogTypes...)
	slices.Sort(kept)
	return slices.Compact(kept)
}

// allOf is the change to exactly these types, as templates say it.
func allOf(types []string) *exportChange {
	return &exportChange{EnableLogTypes: types, DisableLogTypes: []string{serverLog, upgradeLog}}
}

// listOf is a list as properties have it.
func listOf(texts []string) []any {
	list := make([]any, 0, len(texts))
	for _, each := range texts {
		list = append(list, each)
	}
	return list
}

// check refuses types of logs that there are not.
func (e *exportChange) check(engine string) error {
	if e == nil {
		return nil
	}
	return checkExports(engine, e.EnableLogTypes)
}

func checkExports(engine string, types []string) error {
	for _, each := range types {
		if each != serverLog && (each != upgradeLog || engine == aurora) {
			return errCombination("You cannot use the log types '%s' with engine version %s. For supported log types, see the "+
				"documentation.", each, engine) // believed, without the version; awssim publishes no others
		}
	}
	return nil
}

// publish lets an instance's server tell what it does as its exports say. Its group is made by the first line, and stays.
// The one server of a cluster has one stream.
func (s *Service) publish(of *instance) {
	s.mu.Lock()
	to, exported := of.server, slices.Contains(of.exports, serverLog)
	s.mu.Unlock()
	if to == nil {
		return
	}
	if !exported || s.Logs == nil {
		to.tellTo(nil)
		return
	}
	place, stream := of.key.Place, of.key.id+".0"
	group := "/aws/rds/instance/" + of.key.id + "/" + serverLog
	if of.kind == clusterKind {
		group = "/aws/rds/cluster/" + of.key.id + "/" + serverLog
	}
	to.tellTo(func(line string) {
		s.Logs.CreateGroup(place, group)
		if s.Logs.CreateStream(place, group, stream) == nil {
			s.Logs.Append(place, group, stream, line)
		}
	})
}

// tellTo lets the server's lines go to somebody as well; nil is nobody.
func (d *server) tellTo(listener func(line string)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.listener = listener
}
