package natsstore_test

import (
	"flag"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"polltop/poller"
	"polltop/poller/natsstore"
	"polltop/poller/queue"
	"polltop/poller/session"
	"polltop/poller/session/sessiontest"
	"polltop/poller/simulator"
	"polltop/poller/simulator/faulty"
)

// testsAtOnce is how many tests run at once: nearly all of their time they wait for a lease.
const testsAtOnce = "8"

func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", testsAtOnce); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// client returns JetStream's own client of a server.
func client(t testing.TB, at string) jetstream.JetStream {
	t.Helper()
	conn, err := nats.Connect(at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

func none(string) string { return "" }

// open opens the session s at a server.
func open(t testing.TB, at string, o natsstore.Options) *natsstore.Store {
	t.Helper()
	s, err := tryOpen(at, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func tryOpen(at string, o natsstore.Options) (*natsstore.Store, error) {
	if o.Getenv == nil {
		o.Getenv = none
	}
	o.Create = true
	address, err := natsstore.ParseAddress(at+"/s", o.Getenv)
	if err != nil {
		return nil, err
	}
	return natsstore.Open(address, o)
}

// rig is a simulated service that notes polls.
type rig struct{ *sessiontest.Rig }

func newRig(t *testing.T) *rig {
	return &rig{sessiontest.New(t, faulty.Config{Record: true, Endpoints: []simulator.Endpoint{{Name: "e"}}})}
}

// process is one polltop.
type process struct {
	*sessiontest.Process
	store *natsstore.Store
}

// run starts a process on a session.
func (r *rig) run(at string, o natsstore.Options) *process {
	r.T.Helper()
	kept := open(r.T, at, o)
	return &process{r.Start(func(o poller.Options) *session.Session {
		s := session.New(at+"/s", kept, []*queue.Base{r.Base}, o)
		kept.Notify(s.Report)
		return s
	}), kept}
}

// relay is a connection to a server that can be cut, or slow.
type relay struct {
	listener net.Listener
	to       string

	mu    sync.Mutex
	isCut bool
	delay time.Duration
	open  map[net.Conn]bool
}

func newRelay(t *testing.T, to string) *relay {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{listener: listener, to: strings.TrimPrefix(to, "nats://"), open: map[net.Conn]bool{}}
	t.Cleanup(func() {
		listener.Close()
		r.cut(true)
	})
	go r.accept()
	return r
}

func (r *relay) url() string { return "nats://" + r.listener.Addr().String() }

func (r *relay) accept() {
	for {
		from, err := r.listener.Accept()
		if err != nil {
			return
		}
		to, err := net.Dial("tcp", r.to)
		r.mu.Lock()
		if err != nil || r.isCut {
			from.Close()
			if to != nil {
				to.Close()
			}
			r.mu.Unlock()
			continue
		}
		r.open[from], r.open[to] = true, true
		r.mu.Unlock()
		go r.pass(from, to)
		go r.pass(to, from)
	}
}

func (r *relay) pass(from, to net.Conn) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		r.mu.Lock()
		delay := r.delay
		r.mu.Unlock()
		time.Sleep(delay)
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				break
			}
		}
		if err != nil {
			break
		}
	}
	from.Close()
	to.Close()
}

// slow delays what is sent either way from now on.
func (r *relay) slow(delay time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.delay = delay
}

// cut closes all connections and takes no more, or takes them again.
func (r *relay) cut(cut bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.isCut = cut
	for conn := range r.open {
		conn.Close()
	}
	clear(r.open)
}
