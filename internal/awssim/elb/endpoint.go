package elb

import (
	"net"
	"slices"
	"strconv"
	"strings"
)

// Endpoint tells where a listener is reached.
type Endpoint struct {
	LoadBalancer string `json:"loadBalancer"` // its name
	ListenerArn  string `json:"listenerArn"`
	Protocol     string `json:"protocol"`
	Port         int    `json:"port"`    // the listener's, as on AWS
	Address      string `json:"address"` // host:port on this machine
}

// Endpoints returns where all listeners of an account and region are reached, by load balancer and port.
func (s *Service) Endpoints(account, region string) []Endpoint {
	s.mu.Lock()
	defer s.mu.Unlock()
	endpoints := []Endpoint{}
	for _, each := range s.listeners {
		if each.place.Account == account && each.place.Region == region {
			endpoints = append(endpoints, Endpoint{
				s.balancers[each.LoadBalancerArn].Name, each.arn, each.Protocol, each.Port, each.address(),
			})
		}
	}
	slices.SortFunc(endpoints, func(a, b Endpoint) int {
		if order := strings.Compare(a.LoadBalancer, b.LoadBalancer); order != 0 {
			return order
		}
		return a.Port - b.Port
	})
	return endpoints
}

// address is the load balancer's own if that leads to the listener, and the listener's else.
func (l *listener) address() string {
	front := l.own.balancer.front
	if front.leadsTo(l.secure()) == l {
		return front.address
	}
	return l.own.address
}

// isPortOf says whether clients reach a load balancer at a port: whether they know where it really is. Call it locked.
func (s *Service) isPortOf(b *balancer, port string) bool {
	if port == b.front.port {
		return true
	}
	for _, each := range s.listenersOf(b.arn) {
		if each.own.port == port {
			return true
		}
	}
	return false
}

// seenPort is the port of a load balancer's listener as a client knows it who knows where the load balancer really is.
func (s *Service) seenPort(b *balancer, port string) string {
	for _, each := range s.listenersOf(b.arn) {
		if strconv.Itoa(each.Port) == port {
			_, seen, _ := net.SplitHostPort(each.address()) // an address has a port
			return seen
		}
	}
	return port
}
