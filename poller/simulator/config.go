package simulator

import (
	"net/http"
	"time"
)

// Config says how a Server behaves. The zero value is a well-behaved service:
// any key, no limits, and a worker for every task.
type Config struct {
	// Service is whose API it speaks; empty is SeaCloud's.
	Service Service
	// Seed determines the request ids and the plans of tasks submitted over
	// HTTP: the same seed and the same order of submissions give the same.
	Seed uint64
	// Speed is how much faster than the clock the scenario runs; 0 is 1. All
	// durations of plans and faults are in the scenario's time.
	Speed float64
	// Key is the accepted API key; empty accepts any key that is not empty.
	Key string
	// Workers is how many tasks run at once on an endpoint that does not say
	// so itself; 0 is a worker for every task, so that none waits.
	Workers int
	// Endpoints are the endpoints that take tasks over HTTP; nil is the service's own.
	// Submit adds what is not among them.
	Endpoints []Endpoint
	// CancelLag is how long after a cancel request its task ends; one that ends
	// by itself until then is not canceled.
	CancelLag time.Duration
	// Faults hit all requests, whatever they ask for.
	Faults []Fault
	// StartOnRequest lets the scenario's clock stand still until the first
	// request, so that a user who takes his time misses nothing.
	StartOnRequest bool
	// Observer follows the requests, for package faulty; nil is none.
	Observer Observer
}

// Observer follows the requests of a server. Its methods are called from any
// goroutine.
type Observer interface {
	// Enter is called when a request has arrived. It may wait, and reports whether
	// it answered the request itself.
	Enter(x *Exchange) (answered bool)
	// Leave is called when the request is answered.
	Leave(x *Exchange)
	// WrapFiles returns the handler of the files' origin around another one.
	WrapFiles(http.Handler) http.Handler
}
