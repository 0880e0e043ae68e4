package process

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
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

func tryPort(number int) (*reservedPort, bool) {
	port := &reservedPort{number: number}
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

func (p *reservedPort) address() string { return fmt.Sprintf("%s:%d", Loopback, p.number) }

// release gives the port back. A process that shares another one's port holds no mark.
func (p *reservedPort) release() {
	if p.mark != nil {
		_ = p.mark.Close()
	}
}
