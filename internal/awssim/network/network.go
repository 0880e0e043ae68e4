// Package network is what load balancers and tasks need to know about subnets: where they are, and which
// addresses are free in them. Nothing here is reachable; traffic goes over the loopback interface.
package network

import (
	"fmt"
	"net/netip"
	"sync"
)

// Subnet is where a network interface is.
type Subnet struct {
	ID               string
	VpcID            string
	CIDR             string // such as 10.0.10.0/24
	AvailabilityZone string // such as us-east-1a
}

// Lookup returns the subnet with an id of an account and region; false if it does not exist.
type Lookup func(account, region, id string) (Subnet, bool)

// AWS keeps the first four addresses of a subnet and the last one to itself ("Subnet CIDR blocks", VPC user guide).
const reservedFirst = 4

// Pool hands out addresses of subnets. The zero Pool is ready to use.
type Pool struct {
	mu    sync.Mutex
	taken map[string]map[netip.Addr]bool
	last  map[string]netip.Addr
}

// Take returns a free address of the subnet. Addresses that were given back are used again only after all others.
func (p *Pool) Take(subnet Subnet) (netip.Addr, error) {
	prefix, err := netip.ParsePrefix(subnet.CIDR)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("the subnet %s has no usable CIDR block: %w", subnet.ID, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.taken == nil {
		p.taken, p.last = make(map[string]map[netip.Addr]bool), make(map[string]netip.Addr)
	}
	if p.taken[subnet.ID] == nil {
		p.taken[subnet.ID] = make(map[netip.Addr]bool)
	}
	start, ok := p.last[subnet.ID]
	if !ok || !prefix.Contains(start) {
		start = firstUsable(prefix).Prev()
	}
	for address, wrapped := start.Next(), false; ; address = address.Next() {
		if !prefix.Contains(address.Next()) { // the last one is reserved
			if wrapped {
				return netip.Addr{}, fmt.Errorf("the subnet %s has no free addresses", subnet.ID)
			}
			address, wrapped = firstUsable(prefix), true
		}
		if !p.taken[subnet.ID][address] {
			p.taken[subnet.ID][address], p.last[subnet.ID] = true, address
			return address, nil
		}
	}
}

// Release gives an address back.
func (p *Pool) Release(subnetID string, address netip.Addr) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.taken[subnetID], address)
}

func firstUsable(prefix netip.Prefix) netip.Addr {
	address := prefix.Masked().Addr()
	for range reservedFirst {
		address = address.Next()
	}
	return address
}
