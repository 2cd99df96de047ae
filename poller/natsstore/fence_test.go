package natsstore

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"polltop/poller"
	"polltop/poller/natsstore/natstest"
	"polltop/poller/queue"
	"polltop/poller/store"
)

// pair opens two stores of one session.
func pair(t *testing.T) (a, b *Store) {
	t.Helper()
	at := natstest.JetStream(t).ClientURL()
	openOne := func() *Store {
		getenv := func(string) string { return "" }
		address, err := ParseAddress(at+"/s", getenv)
		if err != nil {
			t.Fatal(err)
		}
		s, err := Open(address, Options{Getenv: getenv, Create: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	}
	return openOne(), openOne()
}

// acquire waits until a store holds the lease.
func acquire(t *testing.T, s *Store) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); {
		if _, held, err := s.Acquire(); err != nil {
			t.Fatal(err)
		} else if held {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the lease is not to be had")
}

// TestAWriteOnItsWayIsRefused has a write sent by a process that was stopped between looking at
// its clock and sending, while another one took over.
func TestAWriteOnItsWayIsRefused(t *testing.T) {
	t.Parallel()
	a, b := pair(t)
	acquire(t, a)
	rev, last := a.leaseRev, a.lastSeq
	a.Release()
	acquire(t, b)
	a.writeMu.Lock()
	defer a.writeMu.Unlock()
	a.mu.Lock()
	a.held, a.renewedAt, a.leaseRev, a.lastSeq = true, time.Now(), rev, last
	a.mu.Unlock()
	if _, err := a.put(context.Background(), "tasks.0", []byte("x")); !errors.Is(err, store.ErrLeaseLost) {
		t.Errorf("the write was stored: %v", err)
	}
	if _, err := a.publish(context.Background(), "tasks.0", []byte("x")); err != nil {
		t.Errorf("not the fence, but something else refused it: %v", err)
	}
}

// TestARenewalThatWasStoredUnseen has the acknowledgment of a renewal lost: the lease is still its own,
// and is renewed before it would expire.
func TestARenewalThatWasStoredUnseen(t *testing.T) {
	t.Parallel()
	a, b := pair(t)
	acquire(t, a)
	a.writeMu.Lock()
	rev, last := a.leaseRev, a.lastSeq
	if err := a.renew(context.Background(), rev); err != nil {
		t.Fatal(err)
	}
	a.mu.Lock()
	a.leaseRev, a.lastSeq = rev, last
	a.mu.Unlock()
	if _, err := a.put(context.Background(), "tasks.0", []byte("x")); !errors.Is(err, store.ErrLeaseLost) {
		t.Errorf("the fence did not refuse the write: %v", err)
	}
	a.writeMu.Unlock()
	a.loseLease()
	acquire(t, a)
	if a.leaseRev > rev+2 {
		t.Errorf("the lease was written %d times", a.leaseRev-rev)
	}
	if _, held, err := b.Acquire(); held || err != nil {
		t.Errorf("another polls: %v", err)
	}
}

// TestWhatANewerPolltopWroteIsLeftAlone has a value in the bucket that can't be read.
func TestWhatANewerPolltopWroteIsLeftAlone(t *testing.T) {
	t.Parallel()
	a, b := pair(t)
	acquire(t, a)
	base := exampleBase(t)
	a.Put(&poller.Task{Request: queue.Request{ID: "x", Base: base}}, true)
	a.Release()
	known := func() int {
		b.mu.Lock()
		defer b.mu.Unlock()
		return len(b.mirror.tasks)
	}
	for end := time.Now().Add(10 * time.Second); known() == 0 && time.Now().Before(end); time.Sleep(time.Millisecond) {
	}
	if _, err := b.publish(context.Background(), "tasks.0", []byte("of a newer one")); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		_, err := b.Since(store.Snapshot{}, queue.BaseResolver(nil), nil)
		if err != nil && strings.Contains(err.Error(), "tasks.0") && strings.Contains(err.Error(), "update this one") {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("the fault is %v", err)
		}
	}
	if _, held, err := b.Acquire(); held || err != nil {
		t.Errorf("it polls: %v", err)
	}
	if known() != 1 {
		t.Errorf("%d tasks are known", known())
	}
}

// TestABatchIsSubmittedOnceItIsWhole delivers the order to submit a batch before its second payload,
// and the first one twice, as after a process that polled has died.
func TestABatchIsSubmittedOnceItIsWhole(t *testing.T) {
	t.Parallel()
	a, b := pair(t)
	acquire(t, a)
	base := exampleBase(t)
	payload := func(key string) nats.Header {
		about, err := store.EncodePayload(&poller.Payload{Base: base, Endpoint: "e", Key: key, Batch: 7})
		if err != nil {
			t.Fatal(err)
		}
		return nats.Header{aboutHeader: {string(about)}}
	}
	submitted, last := false, false
	orders := func(until func() bool) {
		t.Helper()
		for end := time.Now().Add(20 * time.Second); !until(); time.Sleep(time.Millisecond) {
			if err := a.Orders(func(o store.Order) error {
				submitted, last = submitted || o.Submit == 7, last || len(o.PollNow) > 0
				return nil
			}); err != nil || time.Now().After(end) {
				t.Fatalf("the orders do not come: %v", err)
			}
		}
	}
	send := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	send(b.publishOrder([]byte("1"), payload("k1")))
	send(b.publishOrder([]byte("1"), payload("k1")))
	send(b.post(store.Order{Submit: 7, Count: 2}))
	send(b.Post(store.Order{PollNow: []int32{1}})) // comes after the others
	orders(func() bool { return last })
	if submitted {
		t.Error("half of the batch is submitted")
	}
	send(b.publishOrder([]byte("2"), payload("k2")))
	orders(func() bool { return submitted })
	if all, err := a.Payloads(7, queue.BaseResolver(nil)); err != nil || len(all) != 2 {
		t.Errorf("%d payloads: %v", len(all), err)
	}
	for number, want := range map[int64]string{1: "1", 2: "2"} {
		if input, ok := b.Input(number); ok && string(input) != want {
			t.Errorf("the parameters of payload %d are %q", number, input)
		}
		if input, ok := a.Input(number); !ok || string(input) != want {
			t.Errorf("the parameters of payload %d are %q here", number, input)
		}
	}
	if err := a.DropPayloads([]int64{1, 2}); err != nil {
		t.Fatal(err)
	}
	orders(func() bool { return b.batchSize(7) == 0 && a.batchSize(7) == 0 })
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.mirror.othersWrote {
		t.Error("what it deleted itself counts as written by another")
	}
}

// TestATaskOfANewerPolltopIsLeftAlone has a task in the bucket that can't be read.
func TestATaskOfANewerPolltopIsLeftAlone(t *testing.T) {
	t.Parallel()
	a, b := pair(t)
	acquire(t, a)
	newer := map[int32]json.RawMessage{3: json.RawMessage(`{"id":"x","base":"https://queue.example.com","state":99}`)}
	value, err := pack(chunk{By: "newer", Tasks: newer})
	if err != nil {
		t.Fatal(err)
	}
	a.Release()
	if _, err := b.publish(context.Background(), "tasks.0", value); err != nil {
		t.Fatal(err)
	}
	acquire(t, b)
	if loaded, err := b.Load(queue.BaseResolver(nil)); err != nil || loaded.Unreadable != 1 {
		t.Errorf("%d can't be read: %v", loaded.Unreadable, err)
	}
	if err := b.Beat(); !errors.Is(err, store.ErrLeaseLost) {
		t.Errorf("it polls on: %v", err)
	}
	if err := b.Sync(); err == nil || !strings.Contains(err.Error(), "task 4 in bucket polltop_s") {
		t.Errorf("the fault is %v", err)
	}
}

func TestBodiesThatDoNotFitAreTold(t *testing.T) {
	t.Parallel()
	a, _ := pair(t)
	var told []string
	a.Notify(func(text string) { told = append(told, text) })
	a.sharePayloads = true
	a.PutResult(1, make([]byte, a.maxValue()))
	a.PutResult(2, make([]byte, a.maxValue()+1))
	a.PutAnswer(3, make([]byte, a.maxValue()+1))
	if len(told) != 2 || !strings.Contains(told[0], "the result of task 3 has") || !strings.Contains(told[1], "the answer of task 4 has") || !strings.Contains(told[0], "max_payload") {
		t.Errorf("told %q", told)
	}
	acquire(t, a)
	if body, ok := a.Result(1); !ok || len(body) != a.maxValue() {
		t.Errorf("the largest result has %d bytes", len(body))
	}
}

// TestWhatIsAddedAsTheLeaseGoesIsLeftForTheNext tracks a task with a lease that has just expired.
func TestWhatIsAddedAsTheLeaseGoesIsLeftForTheNext(t *testing.T) {
	t.Parallel()
	a, b := pair(t)
	acquire(t, a)
	base := exampleBase(t)
	a.loseLease()
	a.Put(&poller.Task{Request: queue.Request{ID: "x", Base: base}, CancelDue: true, Canceling: true}, true)
	if err := a.Sync(); err != nil {
		t.Fatal(err)
	}
	a.Discard() // it is killed
	acquire(t, b)
	var got []store.Request
	for end := time.Now().Add(10 * time.Second); len(got) == 0 && time.Now().Before(end); time.Sleep(time.Millisecond) {
		if err := b.Orders(func(o store.Order) error { got = append(got, o.Track...); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if len(got) != 1 || got[0].ID != "x" || !got[0].Cancel {
		t.Errorf("the next is to track %+v", got)
	}
}

// TestABatchIsStoredBeforeItIsTold adds a batch with a lease, and with one that another process has
// taken.
func TestABatchIsStoredBeforeItIsTold(t *testing.T) {
	t.Parallel()
	a, b := pair(t)
	a.sharePayloads = true
	acquire(t, a)
	base := exampleBase(t)
	add := func(inputs ...string) error {
		_, _, err := a.AddPayloads(func() (*poller.Payload, []byte, error) {
			if len(inputs) == 0 {
				return nil, nil, io.EOF
			}
			input := inputs[0]
			inputs = inputs[1:]
			return &poller.Payload{Base: base, Endpoint: "e", Key: rand.Text()}, []byte(input), nil
		})
		return err
	}
	if err := add("1", "2"); err != nil {
		t.Fatal(err)
	}
	if input, ok := b.Input(2); !ok || string(input) != "2" {
		t.Errorf("the parameters of the second payload are %q", input)
	}
	rev, last := a.leaseRev, a.lastSeq
	a.Release()
	acquire(t, b)
	a.mu.Lock()
	a.held, a.renewedAt, a.leaseRev, a.lastSeq = true, time.Now(), rev, last
	a.mu.Unlock()
	if err := add("3"); !errors.Is(err, store.ErrLeaseLost) {
		t.Errorf("a batch that is not stored was added: %v", err)
	}
}

// exampleBase returns a base that is never asked.
func exampleBase(t *testing.T) *queue.Base {
	t.Helper()
	base, err := queue.ParseBase("https://queue.example.com")
	if err != nil {
		t.Fatal(err)
	}
	return base
}
