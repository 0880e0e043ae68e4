package generic

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

const (
	vpcBlockType    = "AWS::EC2::VPCCidrBlock"
	subnetBlockType = "AWS::EC2::SubnetCidrBlock"
	sixthBlocks     = "Ipv6CidrBlocks"
	sixthBlock      = "Ipv6CidrBlock"
)

var _ resource.Viewer = (*Provider)(nil)

// Attribute returns the attributes of networks that other resources change: blocks that are associated later. Templates
// cut the blocks of subnets out of a VPC's Ipv6CidrBlocks, which it has from an AWS::EC2::VPCCidrBlock (the type's
// examples in the template reference).
func (p *Provider) Attribute(place resource.Place, resourceType, id, name string) (any, bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	at := key{Place: place, resourceType: resourceType, id: id}
	found := p.instances[at]
	if found == nil {
		return nil, false
	}
	switch {
	case resourceType == vpcType && name == sixthBlocks:
		return p.attachedBlocks(at, vpcBlockType, nil), true
	case resourceType == subnetType && name == sixthBlocks:
		return p.attachedBlocks(at, subnetBlockType, found.properties[sixthBlock]), true
	case resourceType == vpcType && name == "CidrBlockAssociations":
		own, _ := found.generated[name].([]any)
		return append(slices.Clone(own), p.attached(at, vpcBlockType)...), true
	default:
		return nil, false
	}
}

// attachedBlocks are the IPv6 blocks of a network: its own, if it has one, and those of its associations. The caller
// holds p.mu.
func (p *Provider) attachedBlocks(to key, resourceType string, own any) []any {
	blocks := []any{}
	if text(own) != "" {
		blocks = append(blocks, own)
	}
	for _, id := range p.attached(to, resourceType) {
		association := p.instances[key{Place: to.Place, resourceType: resourceType, id: text(id)}]
		for _, of := range []map[string]any{association.generated, association.properties} {
			if block := text(of[sixthBlock]); block != "" {
				blocks = append(blocks, block)
				break
			}
		}
	}
	return blocks
}

// attached are the ids of the associations of a type with a network, sorted. The caller holds p.mu.
func (p *Provider) attached(to key, resourceType string) []any {
	var ids []string
	for at := range p.users[value{Place: to.Place, text: to.id}] {
		if at.resourceType == resourceType {
			ids = append(ids, at.id)
		}
	}
	slices.Sort(ids)
	found := make([]any, len(ids))
	for i, id := range ids {
		found[i] = id
	}
	return found
}

// identifyBlock gives a VPC a block of Amazon's if it asks for one: /56 of a range of us-east-1.
func identifyBlock(r resource.Request) (string, map[string]any) {
	id := ec2("vpc-cidr-assoc")
	made := map[string]any{"Id": id}
	if r.Properties["AmazonProvidedIpv6CidrBlock"] == true {
		const groups, bytes = 1 << 16, 1 << 8
		made[sixthBlock] = fmt.Sprintf("2600:1f18:%x:%x00::/56", rand.IntN(groups), rand.IntN(bytes-1)+1) //nolint:gosec // not a secret
	}
	return id, made
}
