// The tests over TLS trust an authority of their own as the system's.
//
//go:debug x509usefallbackroots=1
package poller_test

import (
	"context"
	"crypto/x509"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/poller/simulator"
	"polltop/poller/simulator/faulty"
	"polltop/poller/simulator/pipe"
	"polltop/poller/simulator/simulatortest"
)

// authority signs the certificates of all tests. The clients trust it as they
// trust the system's own, which a process can be told only once.
var authority = sync.OnceValue(func() *pipe.Authority {
	a := pipe.NewAuthority()
	x509.SetFallbackRoots(a.Pool())
	return a
})

// rig is a bench with a network of its own between poller and simulator, a
// server's certificate if it is asked for over TLS, and a poller that can be
// put to sleep like a laptop.
type rig struct {
	*bench
	network     *pipe.Network
	certificate *pipe.TLS
	lid         lid
	secure      bool
}

// withRig runs a test within a bubble of its own, and looks afterwards that every
// connection is closed on both sides. That no goroutine is left is the bubble's own
// rule: it ends only when all of its goroutines have.
func withRig(t *testing.T, secure bool, config faulty.Config, o poller.Options, test func(r *rig)) {
	t.Helper()
	if secure {
		authority()
	}
	synctest.Test(t, func(t *testing.T) {
		r := &rig{secure: secure}
		r.bench = &bench{t: t, server: faulty.New(config), tasks: map[int32]*poller.Task{}, start: time.Now()}
		listener, dial := pipe.Listen()
		r.network = pipe.NewNetwork(dial)
		address := "http://localhost:80"
		if secure {
			r.certificate = pipe.NewTLS(authority(), "localhost")
			listener = r.certificate.Listen(listener)
			address = "https://localhost:443"
		}
		go r.server.Serve(listener)
		base, err := queue.ParseBase(address + simulator.BasePath)
		if err != nil {
			t.Fatal(err)
		}
		r.base = base
		client := simulatortest.NewQueueClient(o.Concurrency, r.network.Dial)
		r.lid.Service = client
		o.Service = &r.lid
		o.Random = rand.New(rand.NewPCG(1, 2))
		r.poller = poller.NewPoller(o)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); r.poller.Run(ctx) }()
		r.stop = sync.OnceFunc(func() {
			cancel()
			<-done
			client.Close()
			synctest.Wait()
			if client, server := r.network.Open(), r.server.Stats().Open; client != 0 || server != 0 {
				t.Errorf("%d connections are left open by the client, %d at the server", client, server)
			}
			r.server.Close()
		})
		defer r.stop()
		test(r)
		for addr := range r.network.Dialed() {
			if o := r.base.Origin(); addr != net.JoinHostPort(o.Host, o.Port) {
				t.Errorf("a connection was opened to %s, which is not the service", addr)
			}
		}
	})
}

// sleep closes the lid of the laptop for a while: no request is made, no answer
// is taken in, time-outs do not strike until it opens again, and by then all
// connections are broken.
func (r *rig) sleep(d time.Duration) {
	r.lid.shut()
	r.network.Set(pipe.Drops)
	r.network.Cut()
	time.Sleep(d)
	r.network.Set(pipe.Up)
	r.lid.open()
}

// lid takes down when the poller asks, and holds requests back while it is shut, before they are made and before what
// came of them is told, so that the poller sees nothing of the time in between
// but that it has passed.
type lid struct {
	poller.Service
	mu    sync.Mutex
	up    chan struct{} // closed when the lid opens; nil while it is open
	asked []time.Time
	// flights are the requests under way, most the most there ever were. The
	// server's count may be higher: it sees a client leave only after the fact.
	flights, most int
}

func (l *lid) shut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.up = make(chan struct{})
}

func (l *lid) open() {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.up)
	l.up = nil
}

// wait returns when the lid is open.
func (l *lid) wait() {
	l.mu.Lock()
	up := l.up
	l.mu.Unlock()
	if up != nil {
		<-up
	}
}

// Status asks for a status when the lid is open.
func (l *lid) Status(ctx context.Context, r queue.Request, logs bool) (queue.Answer, *queue.Fault) {
	l.wait()
	defer l.wait()
	l.mu.Lock()
	l.asked = append(l.asked, time.Now())
	l.flights++
	l.most = max(l.most, l.flights)
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.flights--
	}()
	return l.Service.Status(ctx, r, logs)
}

// crowd returns the most requests that there ever were at once.
func (l *lid) crowd() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.most
}

// polls returns when the poller asked for a status.
func (l *lid) polls() []time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.asked)
}
