package ecs

import "testing"

func TestSizesAreKeptInUnits(t *testing.T) {
	t.Parallel()
	for size, want := range map[string]string{
		"512": "512", "0.5GB": "512", "0.5 GB": "512", "1 gb": "1024", "30GB": "30720", "lots": "lots", "x GB": "x GB", "": "",
	} {
		if got := inUnits(size, "gb"); got != want {
			t.Errorf("%q is %q, not %q", size, got, want)
		}
	}
	if got := inUnits(".25 vCPU", "vcpu"); got != "256" {
		t.Errorf(".25 vCPU is %q", got)
	}
}
