package elb

import (
	"net"
	"sync"
)

// queue is a net.Listener of connections that were accepted already.
type queue struct {
	address net.Addr
	waiting chan net.Conn
	done    chan struct{}
	once    sync.Once
}

func newQueue(address net.Addr) *queue {
	return &queue{address: address, waiting: make(chan net.Conn), done: make(chan struct{})}
}

func (q *queue) put(connection net.Conn) {
	select {
	case q.waiting <- connection:
	case <-q.done:
		_ = connection.Close()
	}
}

// Accept returns the next connection.
func (q *queue) Accept() (net.Conn, error) {
	select {
	case connection := <-q.waiting:
		return connection, nil
	case <-q.done:
		return nil, net.ErrClosed
	}
}

// Close ends the queue.
func (q *queue) Close() error {
	q.shut()
	return nil
}

func (q *queue) shut() { q.once.Do(func() { close(q.done) }) }

// Addr is the socket's address.
func (q *queue) Addr() net.Addr { return q.address }
