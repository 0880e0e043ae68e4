package ecs

import (
	"fmt"
	"slices"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/elb"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// Options of the awslogs log driver.
const (
	logGroup  = "awslogs-group"
	logRegion = "awslogs-region"
	logPrefix = "awslogs-stream-prefix"
)

// live is a task's whole life.
func (s *Service) live(t *task) {
	if err := s.bringUp(t); err != nil {
		s.mu.Lock()
		t.requestStop(failedToStart, err.Error()) // unless it failed because it was asked to stop
		s.mu.Unlock()
	}
	<-t.asked.Done()
	s.takeDown(t)
}

// advance moves the task to a status and lets the scheduler know.
func (s *Service) advance(t *task, status string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t.last = status
	switch status {
	case pending:
		t.pullStarted = time.Now().UTC()
	case activating:
		t.pullStopped = time.Now().UTC()
	case running:
		t.started = time.Now().UTC()
	case stopping:
		t.leftAt = time.Now().UTC()
	case stopped:
		t.stoppedAt = time.Now().UTC()
	}
	t.tell()
	t.fleet.kick()
}

// bringUp starts the task's containers and registers it with its target groups.
func (s *Service) bringUp(t *task) error {
	if err := s.Clock.Sleep(t.asked, provisioningTime); err != nil {
		return fmt.Errorf("provisioning: %w", err)
	}
	s.advance(t, pending)
	if err := s.fetchSecrets(t); err != nil {
		return err
	}
	if err := s.fetchFiles(t); err != nil {
		return err
	}
	if err := s.openVolumes(t); err != nil {
		return err
	}
	if err := s.meet(t); err != nil {
		return err
	}
	if err := s.pull(t); err != nil {
		return err
	}
	s.advance(t, activating)
	if err := s.startContainers(t); err != nil {
		return err
	}
	if err := s.join(t); err != nil {
		return err
	}
	if err := s.enlist(t); err != nil {
		return err
	}
	if err := s.Clock.Sleep(t.asked, activatingTime); err != nil {
		return fmt.Errorf("activating: %w", err)
	}
	s.mu.Lock()
	gone := t.stopping()
	s.mu.Unlock()
	if !gone {
		s.advance(t, running)
	}
	return nil
}

// pull makes the log streams and fetches the images.
func (s *Service) pull(t *task) error {
	for _, one := range t.containers {
		if err := s.openLog(t, one); err != nil {
			return err
		}
		if err := s.Clock.Sleep(t.asked, pullingTime); err != nil {
			return fmt.Errorf("pulling: %w", err)
		}
		image, err := s.Containers.Pull(t.asked, one.spec.Image)
		s.mu.Lock()
		one.image = image
		if image != nil {
			t.deployment.served.digests[one.spec.Name] = image.Digest()
		}
		if err != nil && !t.stopping() {
			one.reason = err.Error()
		}
		if special, ok := image.(interface{ Notice() string }); ok {
			t.fleet.sayf("(task %s) %s", t.id, special.Notice())
		}
		s.mu.Unlock()
		if err != nil {
			return err
		}
	}
	return nil
}

// stream is where a container's output goes: prefix/container/task.
func (t *task) stream(one *container) (resource.Place, string, string, bool) {
	config := one.spec.LogConfiguration
	if config == nil || config.LogDriver != awslogs {
		return resource.Place{}, "", "", false
	}
	place := resource.Place{Account: t.fleet.place.Account, Region: config.Options[logRegion]}
	return place, config.Options[logGroup], fmt.Sprintf("%s/%s/%s", config.Options[logPrefix], one.spec.Name, t.id), true
}

func (s *Service) openLog(t *task, one *container) error {
	place, group, stream, ok := t.stream(one)
	if !ok {
		return nil
	}
	if err := s.Logs.CreateStream(place, group, stream); err != nil {
		return fmt.Errorf("ResourceInitializationError: failed to validate logger args: create stream has been retried 1 "+
			"times: failed to create Cloudwatch log stream: %w : exit status 1", err)
	}
	return nil
}

// startContainers starts the containers in the order of their dependencies.
func (s *Service) startContainers(t *task) error {
	order, _ := t.definition.startOrder() // cycles were refused
	for _, name := range order {
		one := t.container(name)
		if err := s.awaitDependencies(t, one); err != nil {
			return err
		}
		if err := s.startContainer(t, one); err != nil {
			return err
		}
	}
	return nil
}

func (t *task) container(name string) *container {
	return t.containers[slices.IndexFunc(t.containers, func(c *container) bool { return c.spec.Name == name })]
}

func (s *Service) startContainer(t *task, one *container) error {
	started, err := one.image.Start(one.started(), t.mounts(one), s.output(t, one))
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		one.reason = err.Error()
		return err
	}
	one.running, one.last, one.begun = started, running, time.Now().UTC()
	s.work.Go(func() { s.follow(t, one) })
	if one.spec.HealthCheck != nil {
		s.work.Go(func() { s.checkContainer(t, one, started) })
	}
	return nil
}

// output takes a container's lines.
func (s *Service) output(t *task, one *container) func(line string) {
	if one.spec.routed() {
		return s.route(t, one)
	}
	place, group, stream, ok := t.stream(one)
	return func(line string) {
		if ok && line != "" { // an event must have a message
			s.Logs.Append(place, group, stream, line)
		}
	}
}

// follow waits for a container's end. A task ends with its essential containers.
func (s *Service) follow(t *task, one *container) {
	for goesOn := true; goesOn; {
		s.mu.Lock()
		living := one.running
		s.mu.Unlock()
		<-living.Done()
		s.mu.Lock()
		goesOn = s.restarts(t, one, time.Now().UTC())
		s.mu.Unlock()
		goesOn = goesOn && s.restart(t, one) == nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	one.last, one.exit = stopped, new(one.running.ExitCode())
	close(one.ready)
	if one.spec.essential() && !t.stopping() {
		t.fleet.noteFailure(t, time.Now().UTC())
		t.requestStop(essentialExit, "Essential container in task exited")
	}
	t.fleet.kick()
}

// join registers the task with its target groups.
func (s *Service) join(t *task) error {
	for _, balancer := range t.deployment.served.balancers {
		address := t.container(balancer.ContainerName).running.Address()
		err := s.Balancers.Register(balancer.TargetGroupArn, elb.Target{
			ID: t.address.String(), Port: balancer.ContainerPort, AvailabilityZone: t.subnet.AvailabilityZone,
			Address: address, AddressOf: t.portsOf(address),
			Changed: t.fleet.poke,
		})
		if err != nil {
			return fmt.Errorf("registering the task: %w", err)
		}
		s.mu.Lock()
		t.registered = append(t.registered, balancer)
		t.fleet.notices.registered[balancer.TargetGroupArn]++
		s.mu.Unlock()
	}
	return nil
}
