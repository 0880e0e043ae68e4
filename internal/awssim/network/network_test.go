package network_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/network"
)

func TestAddressesAreOfTheSubnetAndUnique(t *testing.T) {
	t.Parallel()
	var pool network.Pool
	subnet := network.Subnet{ID: "subnet-1", CIDR: "10.0.10.0/28"}
	var got []string
	for range 11 {
		address, err := pool.Take(subnet)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, address.String())
	}
	want := []string{
		"10.0.10.4", "10.0.10.5", "10.0.10.6", "10.0.10.7", "10.0.10.8", "10.0.10.9",
		"10.0.10.10", "10.0.10.11", "10.0.10.12", "10.0.10.13", "10.0.10.14",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if address, err := pool.Take(subnet); err == nil {
		t.Errorf("a full subnet gave %s", address)
	}
}

func TestAddressesAreUsedAgainLast(t *testing.T) {
	t.Parallel()
	var pool network.Pool
	subnet := network.Subnet{ID: "subnet-1", CIDR: "10.0.10.0/24"}
	first, err := pool.Take(subnet)
	if err != nil {
		t.Fatal(err)
	}
	pool.Release(subnet.ID, first)
	if second, err := pool.Take(subnet); err != nil || second == first {
		t.Errorf("got %s, %v", second, err)
	}
}

func TestSubnetsWithoutCIDRAreRefused(t *testing.T) {
	t.Parallel()
	var pool network.Pool
	if _, err := pool.Take(network.Subnet{ID: "subnet-1"}); err == nil {
		t.Error("got an address")
	}
}
