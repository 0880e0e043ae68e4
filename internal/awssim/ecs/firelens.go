package ecs

import (
	"encoding/json"
	"fmt"
	"hash/crc32"
	"slices"
	"sync"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// awsfirelens is the log driver of containers whose output goes through a log router.
const awsfirelens = "awsfirelens"

// FirelensConfiguration makes a container the task's log router. It is started as it is; the lines are routed by the simulator
// itself, which knows the destinations that are CloudWatch Logs.
type FirelensConfiguration struct {
	Type    string            `json:"type"`
	Options map[string]string `json:"options,omitempty"`
}

// Options of the awsfirelens log driver for the plugins cloudwatch and cloudwatch_logs (Fluent Bit manual), and of the router.
const (
	routeName    = "Name"
	routeRegion  = "region"
	routeGroup   = "log_group_name"
	routePrefix  = "log_stream_prefix"
	routeStream  = "log_stream_name"
	routeKey     = "log_key"
	routeCreate  = "auto_create_group"
	routeRetries = "retry_limit"
	ecsMetadata  = "enable-ecs-log-metadata"
)

// yes is how options are turned on.
const yes = "true"

// routed says whether a container's output goes through the router.
func (c *ContainerSpec) routed() bool {
	return c.LogConfiguration != nil && c.LogConfiguration.LogDriver == awsfirelens
}

// checkRouting refuses routers without containers and the other way round (the first text is quoted in public issues, the
// others are believed).
func (t *TaskSpec) checkRouting() error {
	routers := slices.DeleteFunc(slices.Clone(t.ContainerDefinitions), func(c ContainerSpec) bool {
		return c.FirelensConfiguration == nil
	})
	routed := slices.ContainsFunc(t.ContainerDefinitions, func(c ContainerSpec) bool { return c.routed() })
	switch {
	case len(routers) > 1:
		return errClient("Only one container of a task can have a firelensConfiguration.")
	case len(routers) == 1 && !routed:
		return errClient("When a firelensConfiguration object is specified, at least one container has to be configured with the " +
			"awsfirelens log driver.")
	case len(routers) == 0 && routed:
		return errClient("When a container is configured with the awsfirelens log driver, one container has to have a " +
			"firelensConfiguration.")
	case len(routers) == 0:
		return nil
	}
	return routers[0].FirelensConfiguration.check()
}

func (f *FirelensConfiguration) check() error {
	if f.Type != "fluentbit" && f.Type != "fluentd" {
		return errClient("Invalid 'type' setting for firelensConfiguration: %s.", f.Type)
	}
	for option, value := range f.Options {
		if option != ecsMetadata || (value != yes && value != "false") {
			return errClient("awssim does not implement the option %s: %s of firelensConfiguration.", option, value)
		}
	}
	return nil
}

// checkRoute refuses destinations other than CloudWatch Logs.
func (l *LogConfiguration) checkRoute() error {
	given := l.Options
	if name := given[routeName]; name != "cloudwatch" && name != "cloudwatch_logs" {
		return errClient("awssim does not implement the destination %q of the log driver awsfirelens: it knows cloudwatch_logs and "+
			"cloudwatch.", name)
	}
	for option := range given {
		known := []string{
			routeName, routeRegion, routeGroup, routePrefix, routeStream, routeKey, routeCreate, routeRetries, "log-driver-buffer-limit",
		}
		if !slices.Contains(known, option) {
			return errClient("awssim does not implement the option %s of the log driver awsfirelens.", option)
		}
	}
	if given[routeRegion] == "" || given[routeGroup] == "" || (given[routePrefix] == "") == (given[routeStream] == "") {
		return errClient("awssim needs the options region, log_group_name, and one of log_stream_prefix and log_stream_name of the " +
			"log driver awsfirelens.")
	}
	return nil
}

// route takes the lines of a container whose log driver is awsfirelens. The router makes the stream with the first one; what it
// cannot do it tells in its own log.
func (s *Service) route(t *task, one *container) func(line string) {
	given := one.spec.LogConfiguration.Options
	place := resource.Place{Account: t.fleet.place.Account, Region: given[routeRegion]}
	stream := given[routeStream]
	if stream == "" {
		stream = given[routePrefix] + one.spec.Name + "-firelens-" + t.id
	}
	open := sync.OnceValue(func() bool {
		if given[routeCreate] == yes || given[routeCreate] == "On" {
			s.Logs.CreateGroup(place, given[routeGroup])
		}
		err := s.Logs.CreateStream(place, given[routeGroup], stream)
		if err != nil {
			s.complain(t, fmt.Sprintf("[error] [output:%s:%s.1] CreateLogStream failed: %v", given[routeName], given[routeName], err))
		}
		return err == nil
	})
	return func(line string) {
		if line != "" && open() {
			s.Logs.Append(place, given[routeGroup], stream, t.logRecord(one, line))
		}
	}
}

// complain writes a line to the router's own log.
func (s *Service) complain(t *task, line string) {
	for _, each := range t.containers {
		if each.spec.FirelensConfiguration == nil {
			continue
		}
		if place, group, stream, ok := t.stream(each); ok {
			s.Logs.Append(place, group, stream, line)
		}
	}
}

// logRecord is a line as routers send it, or the line alone if only that is wanted ("FireLens", developer guide; the record is
// quoted in public notes). What a process writes to standard error is told as standard output, too.
func (t *task) logRecord(one *container, line string) string {
	if one.spec.LogConfiguration.Options[routeKey] == "log" {
		return line
	}
	record := map[string]string{
		"container_id": t.runtimeID(one), "container_name": one.spec.Name, "log": line, "source": "stdout",
	}
	for _, each := range t.containers {
		if router := each.spec.FirelensConfiguration; router != nil && router.Options[ecsMetadata] != "false" {
			record["ecs_cluster"], record["ecs_task_arn"] = t.fleet.cluster.name, t.arn
			record["ecs_task_definition"] = fmt.Sprintf("%s:%d", t.definition.Family, t.definition.revision)
		}
	}
	content, _ := json.Marshal(record) //nolint:errchkjson // texts
	return string(content)
}

// runtimeID is what Fargate calls a container: the task's id and a number.
func (t *task) runtimeID(one *container) string {
	return fmt.Sprintf("%s-%010d", t.id, crc32.ChecksumIEEE([]byte(one.arn)))
}
