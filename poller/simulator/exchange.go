package simulator

import (
	"io"
	"math"
	"net"
	"net/http"
	"strconv"
	"time"
)

// Exchange is a request and its answer.
type Exchange struct {
	Writer      http.ResponseWriter
	Request     *http.Request
	ID          string   // the id of the task that the request is about; "" for none
	Poll        bool     // the request is a status request for that task, and no followed redirect
	Fault       Fault    // replaces the service's answer; its Kind is nil for no fault
	Refused     *Refusal // why the service refused the request; nil if it did not
	ReportedEnd bool     // the answer reported the end of the task
	ConnToClose net.Conn // the connection that Observer.Finish must close; nil for none

	server    *Server
	target    target
	body      []byte
	task      *task    // the task with the ID; nil for none
	snapshot  snapshot // the task's state when the request arrived, which determines the answer
	taskFault Fault    // replaces the answer about the task after all checks of the request
	number    int      // the request's number, from 1
}

// RedirectedQuery is the query of a URL to which package faulty redirects a request. The request
// for it continues the same poll.
const RedirectedQuery = "hop"

// newExchange returns the exchange of a request with all state that its answer depends on. It
// reads that state under one lock, so that an answer never mixes two states.
func (s *Server) newExchange(w http.ResponseWriter, r *http.Request) *Exchange {
	x := &Exchange{server: s, Writer: w, Request: r, target: s.dialect.parsePath(r.URL.EscapedPath())}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.started.IsZero() {
		s.started = time.Now()
	}
	s.requests++
	x.number = s.requests
	elapsed := s.elapsed()
	x.Fault = activeFault(s.config.Faults, elapsed, x.number, false, r.Method == http.MethodPost && x.target.action == "create")
	t := s.tasks[x.target.id]
	if t == nil || s.dialect.app(t.queue.endpoint.Name) != x.target.endpoint {
		return x
	}
	x.task, x.ID = t, t.id
	x.Poll = r.Method == http.MethodGet && x.target.action == "status" && r.URL.RawQuery != RedirectedQuery
	if x.Poll {
		t.polls++
	}
	x.snapshot = s.snapshotOf(t, elapsed)
	x.taskFault = activeFault(t.plan.Faults, elapsed, t.polls, x.Poll, false)
	if x.taskFault.Kind == nil && x.Poll {
		x.taskFault = activeFault(s.config.Faults, elapsed, x.number, true, false)
	}
	return x
}

// Ended reports whether the task had ended when the request arrived.
func (x *Exchange) Ended() bool { return x.snapshot.phase == completed }

// Fault is a fault of one kind in a window of time, of polls, or of both. A window includes its
// lower bound and excludes its upper one; 0 is no bound.
type Fault struct {
	Kind        *FaultKind
	From, Until time.Duration // in the scenario's time since the server's start
	// FromPoll and UntilPoll count the task's status requests from 1 on or, for a fault of the
	// whole server, all requests.
	FromPoll, UntilPoll int
	// RetryAfter is the pause that the answer asks for, in the scenario's time, rounded up to
	// a second of the clock; 0 asks for none. AsDate sends it as a date instead of as seconds.
	RetryAfter time.Duration
	AsDate     bool
	URL        string // the target of a redirect
}

// FaultKind is a kind of fault. The kinds of the demo are in this package, all others in package
// faulty.
type FaultKind struct {
	Name       string
	StatusOnly bool                       // disturbs only status requests
	CreateOnly bool                       // disturbs only requests that create a task
	Serve      func(x *Exchange, f Fault) // answers a request in place of the service
}

func (k *FaultKind) String() string { return k.Name }

// The kinds of faults in the demo.
var (
	// closedBefore closes the connection without an answer.
	closedBefore = &FaultKind{Name: "closedBefore", Serve: func(*Exchange, Fault) { panic(http.ErrAbortHandler) }}
	// Gateway502HTML answers 502 with a gateway's HTML page.
	Gateway502HTML = &FaultKind{Name: "Gateway502HTML", Serve: func(x *Exchange, _ Fault) {
		x.Text(http.StatusBadGateway, "text/html", gatewayPage)
	}}
	// RateLimit429 answers 429.
	RateLimit429 = &FaultKind{Name: "RateLimit429", Serve: (*Exchange).RateLimit}
	// NotFound404 answers that there is no such request.
	NotFound404 = &FaultKind{Name: "NotFound404", Serve: func(x *Exchange, _ Fault) { x.Refuse(noRequest, "Request not found") }}
)

// gatewayPage is nginx's page when the server behind it does not answer.
const gatewayPage = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n" +
	"<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"

// activeFault returns the first fault that disturbs a request now, and one without a kind if there
// is none. status and creates tell whether the request reads a status or creates a task.
func activeFault(faults []Fault, now time.Duration, poll int, status, creates bool) Fault {
	for _, f := range faults {
		inWindow := now >= f.From && (f.Until == 0 || now < f.Until) &&
			poll >= f.FromPoll && (f.UntilPoll == 0 || poll < f.UntilPoll)
		if inWindow && (status || !f.Kind.StatusOnly) && (creates || !f.Kind.CreateOnly) {
			return f
		}
	}
	return Fault{}
}

// Text answers with a text of any content type.
func (x *Exchange) Text(code int, contentType, body string) {
	x.Writer.Header().Set("Content-Type", contentType)
	x.Writer.WriteHeader(code)
	_, _ = io.WriteString(x.Writer, body) // an error means that the client has left
}

// RateLimit answers 429 with the fault's Retry-After.
func (x *Exchange) RateLimit(f Fault) {
	x.RetryAfter(f)
	x.Refuse(RateLimited, "Too many requests, please slow down")
}

// RetryAfter sets the header Retry-After to the fault's pause, if it has one. The header has whole
// seconds, so it rounds up.
func (x *Exchange) RetryAfter(f Fault) {
	if f.RetryAfter <= 0 {
		return
	}
	seconds := int(math.Ceil(f.RetryAfter.Seconds() / x.server.config.Speed))
	text := strconv.Itoa(seconds)
	if f.AsDate {
		text = time.Now().Add(time.Duration(seconds+1)*time.Second - 1).UTC().Format(http.TimeFormat)
	}
	x.Writer.Header().Set("Retry-After", text)
}
