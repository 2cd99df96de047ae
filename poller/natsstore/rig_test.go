package natsstore_test

import (
	"context"
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
	"polltop/poller/simulator"
	"polltop/poller/simulator/faulty"
	"polltop/poller/simulator/simulatortest"
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
type rig struct {
	t      *testing.T
	server *faulty.Server
	base   *queue.Base
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, server: faulty.New(faulty.Config{Record: true, Endpoints: []simulator.Endpoint{{Name: "e"}}})}
	address, err := r.server.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.server.Close() })
	if r.base, err = queue.ParseBase(address); err != nil {
		t.Fatal(err)
	}
	return r
}

// submit submits tasks and returns their requests.
func (r *rig) submit(n int, plan simulator.Plan) []queue.Request {
	requests := make([]queue.Request, n)
	for i := range requests {
		requests[i] = queue.Request{ID: r.server.Submit("e", plan), Endpoint: "e", Base: r.base}
	}
	return requests
}

// process is one polltop: a session, and what its screen knows.
type process struct {
	*session.Session
	t     *testing.T
	store *natsstore.Store
	stop  func()

	mu     sync.Mutex
	update chan struct{}
	tasks  map[int32]*poller.Task
	last   poller.Update

	payloads map[int64]*poller.Payload
}

// run starts a process on a session.
func (r *rig) run(at string, o natsstore.Options) *process {
	r.t.Helper()
	kept := open(r.t, at, o)
	client := simulatortest.NewQueueClient(8, nil)
	p := &process{t: r.t, store: kept, tasks: map[int32]*poller.Task{}, payloads: map[int64]*poller.Payload{}, update: make(chan struct{}, 1)}
	p.Session = session.NewShared(at+"/s", kept, []*queue.Base{r.base}, poller.Options{Service: client, Rate: 500, Concurrency: 8, Interval: 20 * time.Millisecond})
	kept.Notify(p.Report)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { p.Run(ctx) })
	running.Go(func() { p.watch(ctx) })
	p.stop = sync.OnceFunc(func() {
		cancel()
		running.Wait()
		client.Close()
	})
	r.t.Cleanup(p.stop)
	return p
}

func (p *process) watch(ctx context.Context) {
	for {
		u, ok := p.Next(ctx)
		if !ok {
			return
		}
		p.mu.Lock()
		for _, seq := range u.Dropped {
			delete(p.tasks, seq)
		}
		for _, t := range u.Tasks {
			p.tasks[t.Seq] = t
		}
		for _, payload := range u.Payloads {
			p.payloads[payload.Number] = payload
		}
		p.last = u
		p.mu.Unlock()
		select {
		case p.update <- struct{}{}:
		default:
		}
	}
}

// await waits until what the process knows is as wanted, and returns how long that took.
func (p *process) await(what string, wanted func(tasks map[int32]*poller.Task, last poller.Update) bool) time.Duration {
	p.t.Helper()
	start, patience := time.Now(), time.After(time.Minute)
	for {
		p.mu.Lock()
		ok := wanted(p.tasks, p.last)
		p.mu.Unlock()
		if ok {
			return time.Since(start)
		}
		select {
		case <-p.update:
		case <-patience:
			p.t.Fatalf("never seen: %s; %d tasks, %d payloads, %+v, %v", what, len(p.tasks), len(p.payloads), p.last.Persistence, p.last.StoreErr)
		}
	}
}

func ended(n int) func(map[int32]*poller.Task, poller.Update) bool {
	return func(tasks map[int32]*poller.Task, _ poller.Update) bool {
		count := 0
		for _, t := range tasks {
			if t.State.Terminal() {
				count++
			}
		}
		return count == n
	}
}

func views(_ map[int32]*poller.Task, last poller.Update) bool {
	return last.Persistence.Viewing != ""
}

// polls is false until the process has told that it polls.
func polls(_ map[int32]*poller.Task, last poller.Update) bool {
	return last.Persistence.Session != "" && last.Persistence.Viewing == ""
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
