package process

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"runtime"
	"strconv"
)

// Loopback is the address of the loopback interface, where all processes of the simulator listen.
const Loopback = "127.0.0.1"

// Ports for processes lie below the ranges from which Linux (32768) and macOS (49152) take the ports of
// outgoing connections, because between choosing a port and the process listening on it no one else may get it.
const (
	firstPort = 20000
	lastPort  = 31999
)

// errNoPort says that no port could be found.
var errNoPort = errors.New("no free port on the loopback interface")

// reservedPort is a TCP port for one process. Two choosers, in this program or in another simulator on the same
// machine, never pick the same one: the UDP port of the same number serves as the mark that it is taken, which
// the kernel takes away even if the simulator is killed.
type reservedPort struct {
	host   string // empty for Loopback
	number int
	mark   net.PacketConn
}

func reservePort() (*reservedPort, error) {
	const count = lastPort - firstPort + 1
	start := rand.IntN(count) //nolint:gosec // spreading, not secrecy
	for i := range count {
		if port, ok := tryPort(firstPort + (start+i)%count); ok {
			return port, nil
		}
	}
	return nil, errNoPort
}

// reservedAt returns the port of an address if it is free, and another one otherwise.
func reservedAt(address string) (*reservedPort, error) {
	if _, text, err := net.SplitHostPort(address); err == nil {
		if number, err := strconv.Atoi(text); err == nil {
			if port, ok := tryPort(number); ok {
				return port, nil
			}
		}
	}
	return reservePort()
}

func tryPort(number int) (*reservedPort, bool) { return tryAddress(Loopback, number) }

func tryAddress(host string, number int) (*reservedPort, bool) {
	port := &reservedPort{host: host, number: number}
	mark, err := net.ListenPacket("udp4", port.address()) //nolint:noctx // instantaneous
	if err != nil {
		return nil, false
	}
	probe, err := net.Listen("tcp4", port.address()) //nolint:noctx // instantaneous
	if err != nil {
		_ = mark.Close()
		return nil, false
	}
	_ = probe.Close()
	port.mark = mark
	return port, true
}

func (p *reservedPort) address() string {
	return net.JoinHostPort(cmp.Or(p.host, Loopback), strconv.Itoa(p.number))
}

// Endpoint is a TCP address for one server, which no other simulator on this machine takes until it is released.
type Endpoint struct{ *reservedPort }

// Host is an address of the loopback interface.
func (e Endpoint) Host() string { return e.host }

// Port is a number that is free there.
func (e Endpoint) Port() int { return e.number }

// Release gives the address back.
func (e Endpoint) Release() { e.release() }

// Reserve returns an address with the wanted port: one of 127.0.0.0/8, all of which lead to the loopback interface on
// Linux. Where they do not, it is another port of 127.0.0.1.
func Reserve(port int) (Endpoint, error) {
	const attempts, first, count, last = 100, 64, 64, 254
	for range attempts {
		host := fmt.Sprintf("127.%d.%d.%d", first+rand.IntN(count), rand.IntN(last), 1+rand.IntN(last)) //nolint:gosec // spreading
		if found, ok := tryAddress(host, port); ok {
			return Endpoint{found}, nil
		}
		if !ownAddresses {
			break
		}
	}
	found, err := reservePort()
	if err != nil {
		return Endpoint{}, err
	}
	found.host = Loopback
	return Endpoint{found}, nil
}

// ReserveAt is Reserve for an address that was had before, as long as it is free.
func ReserveAt(host string, port int) (Endpoint, error) {
	if found, ok := tryAddress(host, port); ok {
		return Endpoint{found}, nil
	}
	return Reserve(port)
}

// ownAddresses says whether this system is likely to answer on all of 127.0.0.0/8.
const ownAddresses = runtime.GOOS == "linux"

// release gives the port back. A process that shares another one's port holds no mark.
func (p *reservedPort) release() {
	if p.mark != nil {
		_ = p.mark.Close()
	}
}
