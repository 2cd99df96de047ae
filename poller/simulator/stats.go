package simulator

import (
	"net"
	"net/http"
	"slices"
	"time"
)

// Stats counts what clients did, to hold a poller's manners against.
type Stats struct {
	// Requests are all requests that arrived at the API, Polls those for a status.
	Requests, Polls int
	// Connections are the connections that Serve and Start accepted, Open those
	// of them that are open now.
	Connections, Open int
	// MaxInFlight is the most requests that were being answered at once,
	// MaxInFlightPerID the most polls of one and the same task.
	MaxInFlight, MaxInFlightPerID int
	// RateLimited and Unauthorized are the answers 429 and 401 that were given.
	RateLimited, Unauthorized int
	// Early are the requests that arrived after a 429 had left and before the
	// time that its Retry-After had asked to wait was over. Those that were
	// under way when it left, as their sender did not know of it, are not.
	Early int
	// AfterEnd are the polls of tasks whose end an earlier answer had told.
	AfterEnd int
	// Files are the requests that arrived at the files' origin, ForeignAuth
	// those of them that carried credentials or a header of the user's:
	// Authorization, or any whose name begins with X-. It must stay 0.
	Files, ForeignAuth int
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

// exchange is a request and its answer.
type exchange struct {
	server *Server
	w      http.ResponseWriter
	r      *http.Request
	target target
	// task is the task that the request is about, nil where there is none.
	task *task
	// view is the task's state at the request's arrival, which is when all that
	// follows is decided.
	view view
	// outer is the fault that keeps the request from the service, inner the
	// one that the service makes for this task.
	outer, inner       Fault
	hasOuter, hasInner bool
	// broken is the connection to break when the request is counted out; nil if
	// it is kept.
	broken net.Conn
	// number counts the requests, to give each an id of its own.
	number int
}

// enter counts a request in and takes down all that its answer depends on, in
// one step, so that an answer never mixes two moments.
func (s *Server) enter(w http.ResponseWriter, r *http.Request) *exchange {
	x := &exchange{server: s, w: w, r: r, target: s.dialect.parse(r.URL.EscapedPath())}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if s.started.IsZero() {
		s.started = now
	}
	s.stats.Requests++
	x.number = s.stats.Requests
	s.inFlight++
	s.stats.MaxInFlight = max(s.stats.MaxInFlight, s.inFlight)
	if now.After(s.retryFrom) && now.Before(s.retryUntil) {
		s.stats.Early++
	}
	elapsed := s.elapsed()
	x.outer, x.hasOuter = pick(s.faults, elapsed, x.number, false)
	if t := s.tasks[x.target.id]; t != nil && s.dialect.app(t.line.endpoint.Name) == x.target.endpoint {
		x.task = t
		if x.poll() && !x.hopped() {
			s.countPoll(t, now)
		}
		if x.target.action == "response" && r.Method == http.MethodGet {
			t.results++
		}
		x.view = s.viewOf(t, elapsed)
		x.inner, x.hasInner = t.fault(x.target.action, elapsed)
		if !x.hasInner && x.poll() {
			x.inner, x.hasInner = pick(s.faults, elapsed, x.number, true)
		}
	}
	return x
}

// countPoll counts a status request. The caller holds the lock.
func (s *Server) countPoll(t *task, now time.Time) {
	t.polls++
	t.inFlight++
	s.stats.Polls++
	s.stats.MaxInFlightPerID = max(s.stats.MaxInFlightPerID, t.inFlight)
	if t.delivered {
		s.stats.AfterEnd++
	}
	if s.config.Record {
		t.times = append(t.times, now)
	}
}

// leave counts a request out. Only then it breaks a connection that is to break:
// its client may ask again the moment it does.
func (s *Server) leave(x *exchange) {
	s.mu.Lock()
	s.inFlight--
	if x.task != nil && x.poll() && !x.hopped() {
		x.task.inFlight--
	}
	s.mu.Unlock()
	if x.broken != nil {
		x.broken.Close()
	}
}

// poll reports whether the request is for a status.
func (x *exchange) poll() bool {
	return x.r.Method == http.MethodGet && x.target.action == "status"
}
