package simulator

import "time"

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
	// RateLimit is how many requests a second are allowed; those above it get
	// 429. 0 is no limit.
	RateLimit float64
	// RateBurst is how many may come at once after a quiet time; 0 is a second's
	// worth.
	RateBurst int
	// RetryAfter is what these 429s ask to wait; 0 is a second. It is in the
	// scenario's time, rounded up to a second of the clock.
	RetryAfter time.Duration
	// Latency is how long after a request's arrival its answer leaves, on the
	// clock. What it says is decided at the arrival.
	Latency time.Duration
	// Workers is how many tasks run at once on an endpoint that does not say
	// so itself; 0 is a worker for every task, so that none waits.
	Workers int
	// Endpoints are the endpoints that take tasks over HTTP; nil is the service's own.
	// Submit adds what is not among them.
	Endpoints []Endpoint
	// PositionAlwaysZero makes every queue_position 0, as SeaCloud's is for now.
	PositionAlwaysZero bool
	// CancelLag is how long after a cancel request its task ends; one that ends
	// by itself until then is not canceled.
	CancelLag time.Duration
	// Faults hit all requests, whatever they ask for.
	Faults []Fault
	// Record keeps the times of all polls, for Polls. It costs memory.
	Record bool
	// StartOnRequest lets the scenario's clock stand still until the first
	// request, so that a user who takes his time misses nothing.
	StartOnRequest bool
}
