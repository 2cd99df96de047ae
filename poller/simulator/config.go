package simulator

import (
	"net/http"
	"time"
)

// Config configures a Server. The zero value is a service without trouble that takes any key
// and has a worker for every task.
type Config struct {
	// Service is the service whose API it speaks; empty is SeaCloud.
	Service Service
	// Seed determines the request ids and the plans of tasks submitted over HTTP.
	Seed uint64
	// Speed is how much faster than the clock the scenario runs; 0 is 1. The durations of
	// plans and faults are in the scenario's time.
	Speed float64
	// Key is the accepted API key; empty accepts any key that is not empty.
	Key string
	// Workers is how many tasks run at once on an endpoint without its own number; 0 is a
	// worker for every task, so that none waits.
	Workers int
	// Endpoints are the endpoints for tasks over HTTP; nil is the service's own. Submit
	// adds others.
	Endpoints []Endpoint
	// CancelLag is how long after a cancel request the task ends, unless it ends by itself
	// before.
	CancelLag time.Duration
	// Faults hit all requests.
	Faults []Fault
	// StartOnRequest starts the scenario's clock with the first request, so that a slow
	// user misses nothing.
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
