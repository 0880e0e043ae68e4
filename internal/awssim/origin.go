package awssim

import (
	"net/http"
	"sync/atomic"
)

// origin is the address at which clients reach the simulator: it learns it from their requests, for it does not know
// who listens for it.
type origin struct{ host atomic.Pointer[string] }

// learn remembers the host of a request.
func (o *origin) learn(r *http.Request) {
	if known := o.host.Load(); known == nil || *known != r.Host {
		o.host.Store(&r.Host)
	}
}

// url returns the address that the last client used, such as "http://127.0.0.1:4566".
func (o *origin) url() string {
	if known := o.host.Load(); known != nil {
		return "http://" + *known
	}
	return "http://127.0.0.1"
}
