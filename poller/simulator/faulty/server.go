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

	"polltop/poller/queue"
	"polltop/poller/simulator"
)

// Config configures a Server. The zero value is a service without faults. The fields up to
// StartOnRequest are those of simulator.Config.
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

	// RateLimit is the number of requests allowed per second; others get 429. 0 is no limit.
	RateLimit float64
	// RateBurst is how many requests may arrive at once after a pause; 0 is those of a second.
	RateBurst int
	// RetryAfter is the pause that these 429s ask for; 0 is a second. It is in the scenario's
	// time, rounded up to a second of the clock.
	RetryAfter time.Duration
	// Latency is the time, on the clock, from a request's arrival to its answer. The answer shows
	// the state at the arrival.
	Latency time.Duration
	// Record stores the times of all polls, for Polls. It costs memory.
	Record bool
}

// Stats are the counts of what clients did.
type Stats struct {
	Requests, Polls               int // requests that arrived at the API, and status requests among them
	Connections, Open             int // connections that Serve accepted, and how many of them are open now
	MaxInFlight, MaxInFlightPerID int // the most requests, and the most polls of one task, at once
	RateLimited, Unauthorized     int // answers 429 and 401
	Early                         int // requests that arrived between a 429 and the end of its Retry-After
	AfterEnd                      int // polls of tasks whose end an earlier answer had reported
	// Files counts the requests that arrived at the files' origin, and ForeignAuth those of them
	// with credentials or headers of the user: Authorization or X-. It must stay 0.
	Files, ForeignAuth int
}

// Server is a simulated service with faults.
type Server struct {
	*simulator.Server
	config   Config
	limiter  *rate.Limiter // nil without a limit
	fileRate atomic.Int64  // bytes a second of each file; 0 is no limit

	mu         sync.Mutex
	inFlight   int
	retryFrom  time.Time // when a 429 first announced the pause that ends at retryUntil
	retryUntil time.Time
	stats      Stats
	tasks      map[string]*taskPolls // by id
	created    map[string]int        // how many tasks were created over HTTP, by the request's body
	failNext   simulator.Outcome
}

// taskPolls are the polls of one task.
type taskPolls struct {
	inFlight    int         // status requests being answered
	reportedEnd bool        // a status answer has reported the end
	times       []time.Time // the times of all polls, with Config.Record
}

// New returns a server that does not serve yet.
func New(config Config) *Server {
	s := &Server{config: config, tasks: map[string]*taskPolls{}, created: map[string]int{}}
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

// Polls returns the times of the polls of a task, in order; nil unless Config.Record is set.
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

// Plan counts a task that is created, and makes it fail after FailNext.
func (s *Server) Plan(body string, plan *simulator.Plan) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.created[body]++
	if s.failNext.Failed() {
		plan.Outcome, s.failNext = s.failNext, simulator.Outcome{}
	}
}

// SlowFiles limits the rate of every file to a number of bytes per second of the clock.
func (s *Server) SlowFiles(bytesPerSecond int) { s.fileRate.Store(int64(bytesPerSecond)) }

// Begin counts a request, waits for the latency, and answers requests above the rate limit.
func (s *Server) Begin(x *simulator.Exchange) (answered bool) {
	s.countArrival(x)
	limited := x.Fault.Kind == nil && s.limiter != nil && !s.limiter.Allow()
	if s.config.Latency > 0 && !wait(x, s.config.Latency) {
		panic(http.ErrAbortHandler)
	}
	if limited {
		x.RateLimit(simulator.Fault{RetryAfter: cmp.Or(s.config.RetryAfter, time.Second)})
	}
	return limited
}

// wait returns true after a time, or false when the client leaves earlier.
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

// countArrival counts a request that has arrived.
func (s *Server) countArrival(x *simulator.Exchange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.stats.Requests++
	s.inFlight++
	s.stats.MaxInFlight = max(s.stats.MaxInFlight, s.inFlight)
	if now.After(s.retryFrom) && now.Before(s.retryUntil) {
		s.stats.Early++
	}
	if !x.Poll {
		return
	}
	t := s.tasks[x.ID]
	if t == nil {
		t = &taskPolls{}
		s.tasks[x.ID] = t
	}
	t.inFlight++
	s.stats.Polls++
	s.stats.MaxInFlightPerID = max(s.stats.MaxInFlightPerID, t.inFlight)
	if t.reportedEnd {
		s.stats.AfterEnd++
	}
	if s.config.Record {
		t.times = append(t.times, now)
	}
}

// Finish counts an answered request, and then closes its connection if the fault wants that. The
// client can't send its next request before.
func (s *Server) Finish(x *simulator.Exchange) {
	if x.ConnToClose != nil {
		defer x.ConnToClose.Close() // it takes the lock
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inFlight--
	if x.Poll {
		s.tasks[x.ID].inFlight--
	}
	if t := s.tasks[x.ID]; t != nil && x.ReportedEnd && x.Request.Context().Err() == nil {
		t.reportedEnd = true
	}
	switch x.Refused {
	case simulator.Unauthorized:
		s.stats.Unauthorized++
	case simulator.RateLimited:
		s.stats.RateLimited++
	}
	now := time.Now()
	if pause := queue.RetryAfter(x.Writer.Header(), now); x.Refused == simulator.RateLimited && pause > 0 {
		if !now.Before(s.retryUntil) {
			s.retryFrom = now // pauses that overlap count as one
		}
		if end := now.Add(pause); end.After(s.retryUntil) {
			s.retryUntil = end
		}
	}
}

// WrapFiles returns a handler that counts the requests for files, and sends files at the rate of
// SlowFiles.
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

// Accept accepts and counts the next connection.
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

// counted is a connection that is counted until it is closed.
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
