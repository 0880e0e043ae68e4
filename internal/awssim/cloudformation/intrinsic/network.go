package intrinsic

import (
	"encoding/binary"
	"math/big"
	"net/netip"
	"strconv"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/document"
)

// maxBlocks is the most CIDR blocks that Fn::Cidr makes.
const maxBlocks = 256

// Zones returns the names of a region's availability zones: six in us-east-1, four in us-west-2, three elsewhere.
func Zones(region string) []string {
	letters := "abc"
	switch region {
	case "us-east-1":
		letters = "abcdef"
	case "us-west-2":
		letters = "abcd"
	}
	zones := make([]string, len(letters))
	for i, letter := range letters {
		zones[i] = region + string(letter)
	}
	return zones
}

func (s *Scope) zones(argument any) (any, error) {
	value, err := s.evaluate(argument)
	if err != nil {
		return nil, err
	}
	region, err := text(value)
	if err != nil {
		return nil, refuse("every Fn::GetAZs object must have a String-typed value.")
	}
	if region == "" {
		region = document.Text(s.Pseudo["AWS::Region"])
	}
	names := Zones(region)
	if s.Zones != nil {
		if names, err = s.Zones(region); err != nil {
			return nil, err
		}
	}
	zones := make([]any, len(names))
	for i, name := range names {
		zones[i] = name
	}
	return zones, nil
}

// cidr cuts a block into count blocks with bits host bits each.
func (s *Scope) cidr(argument any) (any, error) {
	wrong := refuse("Every Fn::Cidr object requires three parameters, an ipBlock, a count (1-256) and cidrBits, " +
		"and the block must be large enough.")
	list, ok := argument.([]any)
	if !ok || len(list) < 2 || len(list) > 3 {
		return nil, wrong
	}
	var texts [3]string
	texts[2] = "8" // the default of the user guide
	for i, expression := range list {
		value, err := s.evaluate(expression)
		if err != nil {
			return nil, err
		}
		if texts[i], err = text(value); err != nil {
			return nil, wrong
		}
	}
	block, err := netip.ParsePrefix(texts[0])
	count, countErr := strconv.Atoi(texts[1])
	bits, bitsErr := strconv.Atoi(texts[2])
	if err != nil || countErr != nil || bitsErr != nil || count < 1 || count > maxBlocks {
		return nil, wrong
	}
	blocks, ok := cut(block.Masked(), count, bits)
	if !ok {
		return nil, wrong
	}
	return blocks, nil
}

func cut(block netip.Prefix, count, hostBits int) ([]any, bool) {
	size := block.Addr().BitLen() - hostBits
	if hostBits < 1 || size < block.Bits() {
		return nil, false
	}
	if spare := size - block.Bits(); spare < 9 && count > 1<<spare {
		return nil, false
	}
	start := new(big.Int).SetBytes(block.Addr().AsSlice())
	step := new(big.Int).Lsh(big.NewInt(1), uint(hostBits))
	blocks := make([]any, count)
	for i := range count {
		blocks[i] = netip.PrefixFrom(address(start, block.Addr().Is4()), size).String()
		start.Add(start, step)
	}
	return blocks, true
}

func address(number *big.Int, four bool) netip.Addr {
	if four {
		var bytes [4]byte
		binary.BigEndian.PutUint32(bytes[:], uint32(number.Uint64())) //nolint:gosec // an IPv4 address has 32 bits
		return netip.AddrFrom4(bytes)
	}
	var bytes [16]byte
	number.FillBytes(bytes[:])
	return netip.AddrFrom16(bytes)
}
