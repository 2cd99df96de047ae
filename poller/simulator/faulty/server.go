package faulty

import (
	"cmp"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"polltop/poller/simulator"
)

// Config says how a Server behaves. The zero value is a well-behaved service. The
// fields up to StartOnRequest are those of simulator.Config.
type Config struct {
	Service        simulator.Service
	Seed           uint64
	Speed          float64
	Key            string
	Workers        int
	Endpoints      []simulator.Endpoint
	CancelLag      time.Duration
	Faults         []simulator.Fault
	StartOnRequest bool

	// RateLimit is how many requests a second are allowed; others get 429. 0 is no limit.
	RateLimit float64
	// RateBurst is how many may come at once after a quiet time; 0 is a second's worth.
	RateBurst int
	// RetryAfter is what these 429s ask to wait; 0 is a second. It is in the
	// scenario's time, rounded up to a second of the clock.
	RetryAfter time.Duration
	// Latency is how long after a request's arrival its answer leaves, on the
	// clock. What it says is decided at the arrival.
	Latency time.Duration
	// Record keeps the times of all polls, for Polls. It costs memory.
	Record bool
}

// Stats counts what clients did, to hold a poller's manners against.
type Stats struct {
	// Requests are all requests that arrived at the API, Polls those for a status.
	Requests, Polls int
	// Connections are the connections that Serve accepted, Open those of them
	// that are open now.
	Connections, Open int
	// MaxInFlight and MaxInFlightPerID are the most requests, and polls of one task, at once.
	MaxInFlight, MaxInFlightPerID int
	// RateLimited and Unauthorized are answers 429 and 401.
	RateLimited, Unauthorized int
	// Early are the requests that arrived after a 429 had left and before the
	// time that its Retry-After had asked to wait was over. Those that were
	// under way when it left, as their sender did not know of it, are not.
	Early int
	// AfterEnd are the polls of tasks whose end an earlier answer had reported.
	AfterEnd int
	// Files are the requests that arrived at the files' origin, ForeignAuth those of them with
	// credentials or a header of the user's: Authorization or X-. It must stay 0.
	Files, ForeignAuth int
}

// Server is a simulated service with trouble.
type Server struct {
	*simulator.Server
	config   Config
	limiter  *rate.Limiter // nil without a limit
	fileRate atomic.Int64  // bytes a second of each file; 0 is no limit

	mu         sync.Mutex
	inFlight   int
	retryFrom  time.Time // when the pause was first reported that ends at retryUntil
	retryUntil time.Time // the end of the pause last asked for with a 429
	stats      Stats
	tasks      map[string]*polled
	created    map[string]int // the tasks created over HTTP, by the request's body
	failNext   simulator.Outcome
}

// polled is what clients did about one task.
type polled struct {
	inFlight int         // status requests being answered
	endShown bool        // a status answer has reported the end
	times    []time.Time // of the polls, when they are recorded
}

// New returns a server, which serves nothing yet.
func New(config Config) *Server {
	s := &Server{config: config, tasks: map[string]*polled{}, created: map[string]int{}}
	if config.RateLimit > 0 {
		s.limiter = rate.NewLimiter(rate.Limit(config.RateLimit), cmp.Or(config.RateBurst, int(max(1, config.RateLimit))))
	}
	s.Server = simulator.New(simulator.Config{
		Service: config.Service, Seed: config.Seed, Speed: config.Speed, Key: config.Key, Workers: config.Workers,
		Endpoints: config.Endpoints, CancelLag: config.CancelLag, Faults: config.Faults,
		StartOnRequest: config.StartOnRequest, Observer: s,
	})
	return s
}

// Stats returns the counts so far.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats
}

// Polls returns when the status of a task was asked for, in order; nil unless
// Config.Record is set.
func (s *Server) Polls(id string) []time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.tasks[id]; t != nil {
		return slices.Clone(t.times)
	}
	return nil
}

// Created returns how many tasks were created over HTTP, by the request's body.
func (s *Server) Created() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.created)
}

// FailNext makes the next task that is created over HTTP fail.
func (s *Server) FailNext(outcome simulator.Outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failNext = outcome
}

// Plan counts a task that is created, and makes it fail where that is wished.
func (s *Server) Plan(body string, plan *simulator.Plan) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.created[body]++
	if s.failNext.Failed() {
		plan.Outcome, s.failNext = s.failNext, simulator.Outcome{}
	}
}

// SlowFiles has every file sent at so many bytes a second of the clock.
func (s *Server) SlowFiles(bytesPerSecond int) { s.fileRate.Store(int64(bytesPerSecond)) }

// Enter counts a request in, waits for the latency, and answers it where it is above
// the rate limit.
func (s *Server) Enter(x *simulator.Exchange) (answered bool) {
	s.countIn(x)
	limited := x.Fault.Kind == nil && s.limiter != nil && !s.limiter.Allow()
	if s.config.Latency > 0 && !wait(x, s.config.Latency) {
		panic(http.ErrAbortHandler)
	}
	if limited {
		x.RateLimit(simulator.Fault{RetryAfter: cmp.Or(s.config.RetryAfter, time.Second)})
	}
	return limited
}

// wait returns true after a time, or false when the client leaves before.
func wait(x *simulator.Exchange, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-x.Request.Context().Done():
		return false
	}
}

// isPoll reports whether a request is a status request other than the second one of
// a redirect.
func isPoll(x *simulator.Exchange) bool { return x.Poll && x.Request.URL.RawQuery != simulator.Hop }

// countIn counts a request that has arrived.
func (s *Server) countIn(x *simulator.Exchange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.stats.Requests++
	s.inFlight++
	s.stats.MaxInFlight = max(s.stats.MaxInFlight, s.inFlight)
	if now.After(s.retryFrom) && now.Before(s.retryUntil) {
		s.stats.Early++
	}
	if !isPoll(x) {
		return
	}
	t := s.tasks[x.ID]
	if t == nil {
		t = &polled{}
		s.tasks[x.ID] = t
	}
	t.inFlight++
	s.stats.Polls++
	s.stats.MaxInFlightPerID = max(s.stats.MaxInFlightPerID, t.inFlight)
	if t.endShown {
		s.stats.AfterEnd++
	}
	if s.config.Record {
		t.times = append(t.times, now)
	}
}

// Leave counts a request out, and only then breaks its connection if it must: a client that
// has its answer can't ask again before this.
func (s *Server) Leave(x *simulator.Exchange) {
	if x.Broken != nil {
		defer x.Broken.Close() // it takes the lock
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inFlight--
	if isPoll(x) {
		s.tasks[x.ID].inFlight--
	}
	if t := s.tasks[x.ID]; t != nil && x.ShowedEnd && x.Request.Context().Err() == nil {
		t.endShown = true
	}
	switch x.Refused {
	case simulator.Unauthorized:
		s.stats.Unauthorized++
	case simulator.RateLimited:
		s.stats.RateLimited++
	}
	if now := time.Now(); !x.RetryUntil.IsZero() {
		if !now.Before(s.retryUntil) {
			s.retryFrom = now
		}
		// Pauses that overlap are one.
		if x.RetryUntil.After(s.retryUntil) {
			s.retryUntil = x.RetryUntil
		}
	}
}

// WrapFiles returns a handler that counts the requests for files, and sends them as
// slowly as SlowFiles says.
func (s *Server) WrapFiles(files http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.stats.Files++
		for header := range r.Header {
			if header == "Authorization" || strings.HasPrefix(header, "X-") {
				s.stats.ForeignAuth++
				break
			}
		}
		s.mu.Unlock()
		if rate := int(s.fileRate.Load()); rate > 0 {
			w = newPaced(w, r, rate)
		}
		files.ServeHTTP(w, r)
	})
}

// Serve answers the connections of a listener until Close, and counts them.
func (s *Server) Serve(l net.Listener) error { return s.Server.Serve(&counting{l, s}) }

// counting is a listener whose connections are counted.
type counting struct {
	net.Listener
	server *Server
}

// Accept counts the next connection in.
func (l *counting) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.server.mu.Lock()
	defer l.server.mu.Unlock()
	l.server.stats.Connections++
	l.server.stats.Open++
	return &counted{Conn: conn, server: l.server}, nil
}

// counted is a connection that counts itself out.
type counted struct {
	net.Conn
	server *Server
	once   sync.Once
}

// Close closes the connection.
func (c *counted) Close() error {
	c.once.Do(func() {
		c.server.mu.Lock()
		defer c.server.mu.Unlock()
		c.server.stats.Open--
	})
	return c.Conn.Close()
}
