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

// maxBody bounds a request's body, in bytes.
const maxBody = 16 << 20

// Server is the simulated service, an http.Handler. SeaCloud's base URL has the path BasePath,
// those of the others none. All methods may be called from any goroutine.
type Server struct {
	config    Config
	dialect   *dialect
	http      *http.Server
	filesHTTP *http.Server

	busy sync.WaitGroup // open connections, running handlers and Serve calls

	mu     sync.Mutex
	closed bool

	random   *rand.Rand
	started  time.Time // zero until the scenario's clock runs
	queues   map[string]*taskQueue
	apps     map[string]bool // the parts of endpoints that paths of requests have
	tasks    map[string]*task
	order    []*task          // in order of submission
	created  map[string]int   // the tasks created over HTTP, by the request's body
	keys     map[string]keyed // by the idempotency key
	failNext Outcome
	stamp    uint64 // the time part of the last request id
	faults   []Fault
	requests int
	filesURL string // the origin of the files
}

// New returns a server. Its clock starts now, unless StartOnRequest is set.
func New(config Config) *Server {
	if config.Speed <= 0 {
		config.Speed = 1
	}
	config.Service = cmp.Or(config.Service, SeaCloud)
	if config.Endpoints == nil {
		config.Endpoints = scenarios[config.Service].catalog()
	}
	s := &Server{
		config: config, dialect: dialects[config.Service],
		random: rand.New(rand.NewPCG(config.Seed, 0x706f6c6c746f70)),
		queues: make(map[string]*taskQueue),
		apps:   make(map[string]bool),

		tasks:   make(map[string]*task),
		created: make(map[string]int),
		keys:    make(map[string]keyed),
		faults:  config.Faults,

		filesURL: defaultFiles,
	}
	s.stamp = s.random.Uint64()
	for _, endpoint := range config.Endpoints {
		s.addEndpoint(endpoint)
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
		// Clients report their own errors.
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

// SetFaults replaces the faults that hit all requests.
func (s *Server) SetFaults(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = faults
}

// Start serves on a TCP address such as 127.0.0.1:0 until Close, and the files on another
// port. It returns the base URL for clients.
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
	return "http://" + l.Addr().String() + s.dialect.basePath, nil
}

// serve serves a listener in the background until Close. Other errors are ignored: clients
// notice the closed listener.
func (s *Server) serve(with *http.Server, l net.Listener) {
	guard.Go(func() {
		defer s.busy.Done()
		_ = with.Serve(l)
	})
}

// Serve serves a listener until Close, and closes it. Beside a TCP listener it serves the
// files too. It returns nil after Close, else why it ended.
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

// Close closes listeners and connections, interrupts the answers under way, and returns when
// all of the server's goroutines have ended. It may be called more than once, but not by a
// handler.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	// The errors are those of listeners that are closed already.
	_ = s.http.Close()
	_ = s.filesHTTP.Close()
	s.busy.Wait()
}

// begin adds something for Close to wait for, which ends with busy.Done. It returns false
// after Close.
func (s *Server) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.busy.Add(1)
	}
	return !s.closed
}

// follow makes Close wait for the end of a connection.
func (s *Server) follow(conn net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.mu.Lock()
		defer s.mu.Unlock()
		s.busy.Add(1)
		if s.closed {
			// Accepted during Close, which does not know it.
			conn.Close()
		}
	case http.StateClosed, http.StateHijacked:
		s.busy.Done()
	}
}

// ServeHTTP answers a request.
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
	x.body = body
	switch o := s.config.Observer; {
	case err != nil:
		x.Refuse(tooLarge, fmt.Sprintf("the request body is cut short or over %d bytes", maxBody))
	case o != nil && o.Enter(x):
	case x.Fault.Kind != nil:
		x.Fault.Kind.Serve(x, x.Fault)
	case !s.authorized(r.Header):
		x.RefuseKey()
	default:
		x.route()
	}
}
