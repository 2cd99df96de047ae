package simulator

import (
	"encoding/json"
	"net"
	"net/http"
	"time"
)

// Exchange is a request and its answer.
type Exchange struct {
	Writer  http.ResponseWriter
	Request *http.Request
	// ID names the task that the request is about; empty where there is none.
	ID string
	// Poll reports that the request is for the status of that task.
	Poll bool
	// Fault keeps the request from the service; its Kind is nil where none does.
	Fault Fault
	// Refused is why the service refused the request, 0 where it did not.
	Refused Refusal
	// RetryUntil is the end of the pause that a 429 asked for.
	RetryUntil time.Time
	// ShowedEnd is set when the answer showed the end of the task.
	ShowedEnd bool

	server *Server
	target target
	body   []byte
	task   *task // the one of ID
	// view is the task's state at the request's arrival, which decides the answer.
	view view
	// inner is the fault that the service makes for this task.
	inner Fault
	// broken is the connection to close after the answer; nil to keep it.
	broken net.Conn
	// number counts the requests, to give each an id of its own.
	number int
}

// Hop is the query of the target of a redirect. A request with it is not another poll.
const Hop = "hop"

// enter determines all that the answer to a request depends on, under one lock, so that an
// answer never mixes two states.
func (s *Server) enter(w http.ResponseWriter, r *http.Request) *Exchange {
	x := &Exchange{server: s, Writer: w, Request: r, target: s.dialect.parse(r.URL.EscapedPath())}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.started.IsZero() {
		s.started = time.Now()
	}
	s.requests++
	x.number = s.requests
	elapsed := s.elapsed()
	x.Fault = pick(s.faults, elapsed, x.number, false, x.Creates())
	if t := s.tasks[x.target.id]; t != nil && s.dialect.app(t.queue.endpoint.Name) == x.target.endpoint {
		x.task, x.ID = t, t.id
		x.Poll = r.Method == http.MethodGet && x.target.action == "status"
		if x.Poll && r.URL.RawQuery != Hop {
			t.polls++
		}
		x.view = s.viewOf(t, elapsed)
		x.inner = pick(t.plan.Faults, elapsed, t.polls, x.Poll, false)
		if x.inner.Kind == nil && x.Poll {
			x.inner = pick(s.faults, elapsed, x.number, true, false)
		}
	}
	return x
}

// leave reports the request as answered, and only then breaks its connection if it must: the
// client may ask again at once.
func (x *Exchange) leave() {
	if o := x.server.config.Observer; o != nil {
		o.Leave(x)
	}
	if x.broken != nil {
		x.broken.Close()
	}
}

// Truth returns the right status answer; where the request is not about a task, that
// of one that waits.
func (x *Exchange) Truth() string {
	v := x.view
	if x.task == nil {
		v.phase = inQueue
	}
	text, err := json.Marshal(x.statusAnswer(x.target.id, x.target.endpoint, v, false))
	if err != nil {
		panic(err) // strings, numbers and structs of them always encode
	}
	return string(text) + "\n"
}

// Ended reports whether the task had ended when the request arrived.
func (x *Exchange) Ended() bool { return x.view.phase == completed }
