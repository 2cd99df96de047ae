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

// Server is the simulated service, an http.Handler. The base URL of SeaCloud has the path
// BasePath, that of the other services none. Server is safe for concurrent use.
type Server struct {
	config     Config // its faults are guarded by mu
	dialect    *dialect
	http       *http.Server
	filesHTTP  *http.Server
	background sync.WaitGroup // the goroutines that serve listeners

	mu         sync.Mutex
	random     *rand.Rand
	started    time.Time // when the scenario began; zero before
	queues     map[string]*taskQueue
	tasks      map[string]*task
	order      []*task          // in the order of submission
	keys       map[string]*task // by idempotency key
	lastIDTime uint64           // the time part of the last request id
	requests   int              // how many arrived
	filesURL   string           // the origin of the files
}

// New returns a server. Its clock starts now, unless StartOnRequest is set.
func New(config Config) *Server {
	config.Speed, config.Service = cmp.Or(config.Speed, 1), cmp.Or(config.Service, SeaCloud)
	if config.Endpoints == nil {
		config.Endpoints = dialects[config.Service].endpoints
	}
	s := &Server{
		config: config, dialect: dialects[config.Service], random: rand.New(rand.NewPCG(config.Seed, 0x706f6c6c746f70)),
		queues: map[string]*taskQueue{}, tasks: map[string]*task{}, keys: map[string]*task{}, filesURL: defaultFiles,
	}
	s.lastIDTime = s.random.Uint64()
	for _, endpoint := range config.Endpoints {
		s.addEndpoint(endpoint)
	}
	if !config.StartOnRequest {
		s.started = time.Now()
	}
	quiet := log.New(io.Discard, "", 0) // clients report their own errors
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: time.Minute, ErrorLog: quiet}
	s.filesHTTP = &http.Server{Handler: s.Files(), ReadHeaderTimeout: time.Minute, ErrorLog: quiet}
	return s
}

// elapsed returns the scenario's time. The caller holds the lock.
func (s *Server) elapsed() time.Duration {
	if s.started.IsZero() {
		return 0
	}
	return time.Duration(float64(time.Since(s.started)) * s.config.Speed)
}

// SetFaults replaces the faults of the whole server.
func (s *Server) SetFaults(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.config.Faults = faults
}

// Start serves on a TCP address such as 127.0.0.1:0 until Close, and the files on another
// port. It returns the base URL for clients.
func (s *Server) Start(addr string) (baseURL string, err error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return "", fmt.Errorf("simulator: %w; give a free address, such as 127.0.0.1:0", err)
	}
	if err := s.startFiles(l.Addr().(*net.TCPAddr)); err != nil {
		l.Close()
		return "", err
	}
	s.background.Go(guard.Func(func() { _ = s.Serve(l) })) // clients notice the closed listener
	return "http://" + l.Addr().String() + s.dialect.basePath, nil
}

// Serve serves the API on a listener until Close, and closes the listener. It returns nil after
// Close, else why it ended.
func (s *Server) Serve(l net.Listener) error {
	if err := s.http.Serve(l); err != http.ErrServerClosed {
		return err
	}
	return nil
}

// Close closes listeners and connections, which interrupts the answers under way. It may be
// called more than once, but not by a handler.
func (s *Server) Close() {
	_ = s.http.Close() // an error is one of a listener that is closed already
	_ = s.filesHTTP.Close()
	s.background.Wait()
}

// ServeHTTP answers a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x, o := s.newExchange(w, r), s.config.Observer
	if o != nil {
		defer o.Finish(x)
	}
	// Read the whole body: until then the HTTP server does not notice that a client leaves.
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	x.body = body
	switch {
	case err != nil:
		x.Refuse(tooLarge, fmt.Sprintf("the request body is cut short or over %d bytes", maxBody))
	case o != nil && o.Begin(x):
	case x.Fault.Kind != nil:
		x.Fault.Kind.Serve(x, x.Fault)
	case !s.authorized(r.Header):
		x.Refuse(Unauthorized, "Invalid or missing API key")
	default:
		x.route()
	}
}

// Config configures a Server. The zero value is a service without faults that accepts any key
// and has a worker for every task.
type Config struct {
	Service Service // the service whose API it speaks; "" is SeaCloud
	Seed    uint64  // determines the request ids and the plans of tasks submitted over HTTP
	// Speed is how much faster than the clock the scenario runs; 0 is 1. The durations of
	// plans and faults are in the scenario's time.
	Speed     float64
	Key       string        // the accepted API key; "" accepts any that is not empty
	Workers   int           // how many tasks an endpoint without a number of its own runs at once; 0 is all
	Endpoints []Endpoint    // accept tasks over HTTP; nil is the usual ones of the service. Submit adds others
	CancelLag time.Duration // how long after a cancel request a task ends that has not ended by then
	Faults    []Fault       // disturb the requests of the whole server
	// StartOnRequest starts the scenario's clock with the first request, so that a slow
	// user misses nothing.
	StartOnRequest bool
	Observer       Observer // used by package faulty; nil is none
}

// Observer follows the requests of a server. Its methods are called concurrently.
type Observer interface {
	// Begin is called when a request has arrived. It may wait, and reports whether it
	// answered the request itself. Finish is called when the request is answered.
	Begin(x *Exchange) (answered bool)
	Finish(x *Exchange)
	// Plan is called when a task is created over HTTP, and may change its plan.
	Plan(body string, plan *Plan)
	// WrapFiles returns the handler of the files' origin around another one.
	WrapFiles(http.Handler) http.Handler
}
