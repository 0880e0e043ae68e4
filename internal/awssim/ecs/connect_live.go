package ecs

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/connect"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/process"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/servicediscovery"
)

// mesh is what listens for clients of Service Connect. Its fields are the Service's, under its lock.
type mesh struct {
	proxies map[aliasKey]*connect.Proxy
	turns   map[aliasKey]int // round robin
}

// hostsFile is where names are looked up first.
const hostsFile = "/etc/hosts"

// hostsMode lets everyone read a file.
const hostsMode fs.FileMode = 0o644

// meet writes the aliases that a task knows into a file that becomes its /etc/hosts: those that its namespace had when the
// deployment began. Later ones need a new deployment ("Service Connect", developer guide).
func (s *Service) meet(t *task) error {
	lines, err := s.hosts(t)
	if err != nil || len(lines) == 0 {
		return err
	}
	dir, err := s.disk.dir("tasks", t.id, ".connect") // no volume has such a name
	if err != nil {
		return err
	}
	t.hosts = filepath.Join(dir, "hosts")
	content := "127.0.0.1 localhost\n" + strings.Join(lines, "\n") + "\n"
	if err := os.WriteFile(t.hosts, []byte(content), hostsMode); err != nil {
		return fmt.Errorf("writing the names of Service Connect: %w", err)
	}
	return nil
}

// hosts are the lines for the aliases of a task's namespace, whose proxies listen.
func (s *Service) hosts(t *task) ([]string, error) {
	config := t.deployment.revision.connect
	if config == nil {
		return nil, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	space, ok := s.Registries.FindNamespace(t.fleet.place, config.Namespace)
	if !ok {
		return nil, errNoNamespace(config.Namespace)
	}
	served := t.deployment.served
	if !served.met {
		served.met, served.known = true, s.endpoints(space.ARN)
	}
	var lines []string
	for _, each := range served.known {
		proxy, err := s.proxy(each)
		if err != nil {
			return nil, fmt.Errorf("ResourceInitializationError: %w", err)
		}
		if line := proxy.Host() + " " + each.key.name; !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return lines, nil
}

// proxy returns what listens for an alias. All ports of a name are at one address. Call it locked.
func (s *Service) proxy(of endpoint) (*connect.Proxy, error) {
	if found := s.mesh.proxies[of.key]; found != nil {
		return found, nil
	}
	spec := connect.Spec{Port: of.key.port, Choose: func(tried []string) (string, bool) { return s.choose(of.key, tried) }}
	for key, other := range s.mesh.proxies {
		if key.namespace == of.key.namespace && key.name == of.key.name {
			spec.Host = other.Host()
		}
	}
	_, mapping, _ := of.fleet.deployments[0].revision.definition.namedPort(of.offers.PortName)
	spec.Protocol = mapping.AppProtocol
	if limits := of.offers.Timeout; limits != nil {
		spec.Idle, spec.Request = seconds(limits.IdleTimeoutSeconds), seconds(limits.PerRequestTimeoutSeconds)
	}
	made, err := connect.Listen(spec)
	if err != nil {
		return nil, err
	}
	s.mesh.proxies[of.key] = made
	return made, nil
}

// sweep ends the proxies of aliases that nobody has any more. Call it locked.
func (s *Service) sweep() {
	if len(s.mesh.proxies) == 0 {
		return
	}
	there := s.endpoints("")
	for key, proxy := range s.mesh.proxies {
		if !slices.ContainsFunc(there, func(e endpoint) bool { return e.key == key }) {
			_ = proxy.Close()
			delete(s.mesh.proxies, key)
			delete(s.mesh.turns, key)
		}
	}
}

// leaveMesh takes a service that is gone out of Service Connect. Call it locked.
func (s *Service) leaveMesh(gone *fleet) {
	if len(gone.offered) > 0 {
		s.Registries.DropServices(gone.arn)
	}
	s.sweep()
}

// choose returns where the next task behind an alias really listens.
func (s *Service) choose(key aliasKey, tried []string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, each := range s.endpoints(key.namespace) {
		if each.key != key {
			continue
		}
		candidates := each.fleet.reachable(each.offers.PortName)
		candidates = slices.DeleteFunc(candidates, func(address string) bool { return slices.Contains(tried, address) })
		if len(candidates) == 0 {
			return "", false
		}
		s.mesh.turns[key]++
		return candidates[s.mesh.turns[key]%len(candidates)], true
	}
	return "", false
}

// reachable are the addresses of the healthy tasks with a port, of the deployment whose turn it is if the strategy shifts
// traffic. Call it locked.
func (f *fleet) reachable(portName string) []string {
	serving := f.turn()
	var found []string
	for _, each := range f.tasks {
		name, _, ok := each.definition.namedPort(portName)
		if !ok || !each.running() || each.stopping() || each.health() != healthyStatus ||
			(serving != nil && each.deployment != serving) {
			continue
		}
		if living := each.container(name).running; living != nil {
			found = append(found, living.Address())
		}
	}
	return found
}

// turn chooses a deployment by its share of the production traffic; nil stands for all.
func (f *fleet) turn() *deployment {
	if !f.config.shifting() {
		return nil
	}
	share := rand.Float64() * allTraffic //nolint:gosec // spreading, not secrecy
	for _, each := range f.deployments {
		if share -= each.production; share < 0 {
			return each
		}
	}
	return f.serving()
}

// enter registers a task for each service that Service Connect offers, with the attributes of ECS (believed).
func (s *Service) enter(t *task) error {
	config := t.deployment.revision.connect
	if config == nil {
		return nil
	}
	for i, each := range config.Services {
		_, mapping, _ := t.definition.namedPort(each.PortName)
		err := s.record(t, t.deployment.served.offered[i].DiscoveryArn, map[string]string{
			servicediscovery.AttributeIPv4: t.address.String(), servicediscovery.AttributePort: strconv.Itoa(mapping.ContainerPort),
			"AvailabilityZone": t.subnet.AvailabilityZone, "DeploymentId": lastPart(t.deployment.id),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// hostsMount is the task's /etc/hosts, if it has one.
func (t *task) hostsMount() []process.Mount {
	if t.hosts == "" {
		return nil
	}
	return []process.Mount{{Source: t.hosts, Target: hostsFile}}
}
