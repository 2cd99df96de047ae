package simulator

import (
	"cmp"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"time"

	"polltop/poller/guard"
)

// maxBody bounds what is read of a request's body.
const maxBody = 1 << 20

// Server is the simulated service. It is an http.Handler; SeaCloud's base URL has
// the path BasePath, those of the others none. All methods may be called from any
// goroutine.
type Server struct {
	config    Config
	dialect   dialect
	http      *http.Server
	filesHTTP *http.Server

	busy sync.WaitGroup // open connections, running handlers and Serve calls

	mu     sync.Mutex
	closed bool

	random   *rand.Rand
	started  time.Time // zero until the scenario's clock runs
	lines    map[string]*line
	apps     map[string]bool // the parts of endpoints that paths of requests have
	tasks    map[string]*task
	order    []*task // in order of submission
	stamp    uint64  // the time part of the last request id
	faults   []Fault
	requests int
	filesURL string // the origin of the files
}

// New returns a server. It serves nothing until Serve or Start is called, or
// until it is used as a handler; its clock runs from now on unless the
// configuration says otherwise.
func New(config Config) *Server {
	if config.Speed <= 0 {
		config.Speed = 1
	}
	config.Service = cmp.Or(config.Service, SeaCloud)
	if config.Endpoints == nil {
		config.Endpoints = scenes[config.Service].catalog()
	}
	s := &Server{
		config: config, dialect: dialects[config.Service],
		random: rand.New(rand.NewPCG(config.Seed, 0x706f6c6c746f70)),
		lines:  make(map[string]*line),
		apps:   make(map[string]bool),

		tasks:  make(map[string]*task),
		faults: config.Faults,

		filesURL: defaultFiles,
	}
	s.stamp = s.random.Uint64()
	for _, endpoint := range config.Endpoints {
		s.addLine(endpoint)
	}
	if !config.StartOnRequest {
		s.started = time.Now()
	}
	s.http = s.newHTTP(s)
	s.filesHTTP = s.newHTTP(s.Files())
	return s
}

// newHTTP returns an HTTP server for a handler whose connections Close waits for.
func (s *Server) newHTTP(handler http.Handler) *http.Server {
	return &http.Server{
		Handler:           handler,
		ConnState:         s.follow,
		ReadHeaderTimeout: time.Minute,
		// What the clients of a simulator do wrong is for them to report.
		ErrorLog: log.New(io.Discard, "", 0),
	}
}

// elapsed returns the scenario's time. The caller holds the lock.
func (s *Server) elapsed() time.Duration {
	if s.started.IsZero() {
		return 0
	}
	return time.Duration(float64(time.Since(s.started)) * s.config.Speed)
}

// SetFaults replaces the faults that hit all requests; without arguments there
// are none from now on.
func (s *Server) SetFaults(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = faults
}

// Start listens on a TCP address such as 127.0.0.1:0 and serves there until
// Close, with a listener for the files on another port beside it. It returns the
// base URL to give to clients.
func (s *Server) Start(addr string) (baseURL string, err error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return "", fmt.Errorf("simulator: %w; give a free address, such as 127.0.0.1:0", err)
	}
	if !s.begin() {
		l.Close()
		return "", fmt.Errorf("simulator: start on %s: the server is closed", addr)
	}
	if err := s.startFiles(l.Addr()); err != nil {
		l.Close()
		s.busy.Done()
		return "", err
	}
	s.serve(s.http, l)
	return "http://" + l.Addr().String() + s.dialect.basePath(), nil
}

// serve serves a listener in the background until Close. Nobody is left to hear
// another error than that of Close: clients see the listener gone.
func (s *Server) serve(with *http.Server, l net.Listener) {
	guard.Go(func() {
		defer s.busy.Done()
		_ = with.Serve(l)
	})
}

// Serve answers the connections of a listener until Close, and closes it. Beside
// one on TCP it listens for the files too. It returns nil after Close, and else
// why it ended.
func (s *Server) Serve(l net.Listener) error {
	if !s.begin() {
		return l.Close()
	}
	defer s.busy.Done()
	if err := s.startFiles(l.Addr()); err != nil {
		l.Close()
		return err
	}
	if err := s.http.Serve(l); err != http.ErrServerClosed {
		return fmt.Errorf("simulator: serve on %s: %w", l.Addr(), err)
	}
	return nil
}

// Close ends everything: it closes listeners and connections, interrupts the
// answers under way and returns when all of the server's goroutines are through.
// It may be called more than once, but not from within a handler.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	// The errors are those of listeners that could not be closed: they are closed.
	_ = s.http.Close()
	_ = s.filesHTTP.Close()
	s.busy.Wait()
}

// begin counts in something that Close has to wait for and that ends with busy.Done;
// false when it is too late to begin.
func (s *Server) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.busy.Add(1)
	}
	return !s.closed
}

// follow has Close wait for the end of a connection.
func (s *Server) follow(conn net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.mu.Lock()
		defer s.mu.Unlock()
		s.busy.Add(1)
		if s.closed {
			// Accepted while Close was at work, so Close does not know of it.
			conn.Close()
		}
	case http.StateClosed, http.StateHijacked:
		s.busy.Done()
	}
}

// ServeHTTP answers a request as its task's plan and the faults in force say.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.begin() {
		panic(http.ErrAbortHandler)
	}
	defer s.busy.Done()
	x := s.enter(w, r)
	defer x.leave()
	// Read the whole body: until then the HTTP server does not notice that a
	// client leaves.
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	switch o := s.config.Observer; {
	case err != nil:
		x.Refuse(tooLarge, fmt.Sprintf("the request body is cut short or over %d bytes", maxBody))
	case o != nil && o.Enter(x):
	case x.Fault.Kind != nil:
		x.Fault.Kind.Serve(x, x.Fault)
	case !s.authorized(r.Header):
		x.RefuseKey()
	default:
		x.route(body)
	}
}
