package template

import (
	"net/netip"
	"testing"
)

func TestBlocksOfAVPCDoNotOverlapAndFillIt(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"10.0.0.0/16", "172.20.16.0/22", "192.168.254.0/23", "255.255.0.0/16"} {
		vpc := netip.MustParsePrefix(text)
		var last netip.Prefix
		for n := range 1 << blockBits {
			got := block(vpc, n)
			if got != got.Masked() || !vpc.Contains(got.Addr()) || got.Bits() != vpc.Bits()+blockBits {
				t.Errorf("block %d of %s is %s", n, vpc, got)
			}
			if n > 0 && last.Overlaps(got) {
				t.Errorf("blocks %s and %s of %s overlap", last, got, vpc)
			}
			last = got
		}
	}
}

func TestBlocksStayWhereTheyAre(t *testing.T) {
	t.Parallel()
	vpc := netip.MustParsePrefix("10.0.0.0/16")
	for n, want := range map[int]string{0: "10.0.0.0/20", 1: "10.0.16.0/20", 8: "10.0.128.0/20", 10: "10.0.160.0/20"} {
		if got := block(vpc, n).String(); got != want {
			t.Errorf("block %d = %s, want %s", n, got, want)
		}
	}
}
