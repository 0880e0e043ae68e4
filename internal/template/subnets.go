package template

import (
	"encoding/binary"
	"net/netip"
)

const (
	// blockBits cut the VPC into 16 blocks, one for each subnet.
	blockBits = 4
	// firstPrivateBlock leaves the lower half of the blocks to public subnets.
	firstPrivateBlock = 8
	addressBits       = 32
)

// block returns the n-th of the 16 equal blocks of an IPv4 range of /28 or larger. The same n is the same block
// in every version of a template, so that no subnet ever has to move for another.
func block(vpc netip.Prefix, n int) netip.Prefix {
	bits := vpc.Bits() + blockBits
	first := vpc.Masked().Addr().As4()
	number := binary.BigEndian.Uint32(first[:]) | uint32(n)<<(addressBits-bits) //nolint:gosec // n is less than 16.
	var address [4]byte
	binary.BigEndian.PutUint32(address[:], number)
	return netip.PrefixFrom(netip.AddrFrom4(address), bits)
}
