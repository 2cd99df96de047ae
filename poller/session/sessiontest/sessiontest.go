// Package sessiontest runs processes on a session against a simulated service; for tests alone.
package sessiontest

import (
	"context"
	"sync"
	"testing"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/poller/session"
	"polltop/poller/signal"
	"polltop/poller/simulator"
	"polltop/poller/simulator/faulty"
	"polltop/poller/simulator/simulatortest"
)

// awaitTimeout bounds Await.
const awaitTimeout = time.Minute

// Rig is a simulated service.
type Rig struct {
	T      *testing.T
	Server *faulty.Server
	Base   *queue.Base
}

// New starts the service, until the test ends.
func New(t *testing.T, config faulty.Config) *Rig {
	t.Helper()
	r := &Rig{T: t, Server: faulty.New(config)}
	address, err := r.Server.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Server.Close() })
	if r.Base, err = queue.ParseBase(address); err != nil {
		t.Fatal(err)
	}
	return r
}

// Submit submits tasks and returns their requests.
func (r *Rig) Submit(n int, plan simulator.Plan) []queue.Request {
	requests := make([]queue.Request, n)
	for i := range requests {
		requests[i] = queue.Request{ID: r.Server.Submit("e", plan), Endpoint: "e", Base: r.Base}
	}
	return requests
}

// Process is one polltop: a session, and what its screen shows.
type Process struct {
	*session.Session
	Stop func()

	t        *testing.T
	update   signal.Signal
	Mu       sync.Mutex // guards all below
	Tasks    map[int32]*poller.Task
	Payloads map[int64]*poller.Payload
	Last     poller.Update
}

// Start starts a process on a session, until the test ends.
func (r *Rig) Start(newSession func(poller.Options) *session.Session) *Process {
	client := simulatortest.NewQueueClient(8, nil)
	s := newSession(poller.Options{Service: client, Rate: 500, Concurrency: 8, Interval: 20 * time.Millisecond})
	p := &Process{Session: s, t: r.T, update: signal.New(), Tasks: map[int32]*poller.Task{}, Payloads: map[int64]*poller.Payload{}}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { s.Run(ctx) })
	running.Go(func() { p.applyUpdates(ctx) })
	p.Stop = sync.OnceFunc(func() {
		cancel()
		running.Wait()
		client.Close()
	})
	r.T.Cleanup(p.Stop)
	return p
}

func (p *Process) applyUpdates(ctx context.Context) {
	for {
		u, ok := p.Next(ctx)
		if !ok {
			return
		}
		p.Mu.Lock()
		for _, seq := range u.Dropped {
			delete(p.Tasks, seq)
		}
		for _, t := range u.Tasks {
			p.Tasks[t.Seq] = t
		}
		for _, payload := range u.Payloads {
			p.Payloads[payload.Number] = payload
		}
		p.Last = u
		p.Mu.Unlock()
		p.update.Set()
	}
}

// Await waits until wanted returns true for the tasks and the last update, and returns how long that took.
func (p *Process) Await(what string, wanted func(tasks map[int32]*poller.Task, last poller.Update) bool) time.Duration {
	p.t.Helper()
	start, over := time.Now(), time.After(awaitTimeout)
	for {
		p.Mu.Lock()
		ok := wanted(p.Tasks, p.Last)
		p.Mu.Unlock()
		if ok {
			return time.Since(start)
		}
		select {
		case <-p.update:
		case <-over:
			p.t.Fatalf("never seen: %s; %d tasks, %+v, %v; payloads %v", what, len(p.Tasks), p.Last.Persistence, p.Last.StoreErr, p.faults())
		}
	}
}

// faults returns the states of payloads, and why they are not submitted.
func (p *Process) faults() (texts []string) {
	for _, payload := range p.Payloads {
		text := payload.State.String()
		if payload.Fault != nil {
			text += ": " + payload.Fault.Error()
		}
		texts = append(texts, text)
	}
	return texts
}

// Ended returns a condition for Await: that n tasks have ended.
func Ended(n int) func(map[int32]*poller.Task, poller.Update) bool {
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

// Views is a condition for Await: that another process polls.
func Views(_ map[int32]*poller.Task, last poller.Update) bool {
	return last.Persistence.PolledBy != ""
}

// Polls is a condition for Await: that the process polls, and has said so.
func Polls(_ map[int32]*poller.Task, last poller.Update) bool {
	return last.Persistence.Session != "" && last.Persistence.PolledBy == ""
}
