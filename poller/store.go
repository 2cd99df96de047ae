package poller

import (
	"errors"
	"slices"
	"strings"
)

// Store persists tasks and payloads. The Put methods and Drop queue a write and never wait for
// the disk; Sync writes. Its methods may be called from any goroutine.
type Store interface {
	// Put queues a task's latest snapshot. One that matters is on disk after the next Sync;
	// others may be written later, because the next poll returns the same again.
	Put(t *Task, matters bool)
	// Drop queues that a task is not tracked any more.
	Drop(seq int32)
	// PutAnswer queues the raw answer that ended a task, PutResult its raw result. The
	// caller must not change them afterwards.
	PutAnswer(seq int32, body []byte)
	PutResult(seq int32, body []byte)
	// PutPayload queues a payload's latest snapshot, which matters.
	PutPayload(p *Payload)
	// WritePayload writes a payload's snapshot, and waits for the disk. After an error the
	// snapshot before is on disk.
	WritePayload(p *Payload) error
	// AddPayloads adds the payloads that next returns with their parameters, until io.EOF, and
	// sets their numbers. PutPayload must follow, or they are lost. Without a disk it adds none.
	AddPayloads(next func() (*Payload, []byte, error)) (batch int64, n int, err error)
	// Input returns a payload's parameters, and whether they are stored.
	Input(number int64) ([]byte, bool)
	// Sync writes all that is queued and matters, and waits for that, for a bounded time. After
	// an error the next Sync tries again.
	Sync() error
	// SyncSoon is Sync for outcomes of polls, before they are shown. A remote store may write
	// them in the background, because the next poll returns the same again.
	SyncSoon() error
	// Answer and Result return a task's stored body, and whether there is one.
	Answer(seq int32) ([]byte, bool)
	Result(seq int32) ([]byte, bool)
}

// Persistence is how the tasks are stored.
type Persistence struct {
	// Session is the name of the session on disk, or the address of one in NATS; "" for none.
	Session string
	// PolledBy names the process that polls the session; "" for this one.
	PolledBy string
	// Damage describes a file that was unusable or lost, or had unreadable records; "" for
	// none.
	Damage string
	// OwnerSilent is set while the process of PolledBy has the session's lock but does not respond,
	// as when it is suspended.
	OwnerSilent bool
}

// Location returns where the tasks are stored, for messages.
func (p Persistence) Location() string {
	if strings.Contains(p.Session, "://") {
		return "in NATS"
	}
	return "on disk"
}

// Tasks returns the latest snapshots of all tracked tasks, in the order of addition,
// also after the end of Run.
func (p *Poller) Tasks() (all []*Task) {
	p.doOrRead(func() { all = slices.DeleteFunc(slices.Clone(p.tasks), func(t *Task) bool { return t == nil }) })
	return all
}

// noStore is the Store of a poller without one.
type noStore struct{}

func (noStore) Put(*Task, bool)             {}
func (noStore) Drop(int32)                  {}
func (noStore) PutAnswer(int32, []byte)     {}
func (noStore) PutResult(int32, []byte)     {}
func (noStore) PutPayload(*Payload)         {}
func (noStore) WritePayload(*Payload) error { return errors.New("nothing is kept on disk") }
func (noStore) AddPayloads(func() (*Payload, []byte, error)) (int64, int, error) {
	return 0, 0, nil
}
func (noStore) Input(int64) ([]byte, bool)  { return nil, false }
func (noStore) Sync() error                 { return nil }
func (noStore) SyncSoon() error             { return nil }
func (noStore) Answer(int32) ([]byte, bool) { return nil, false }
func (noStore) Result(int32) ([]byte, bool) { return nil, false }

// mustSync reports whether a change of a task must be on disk before it is shown: its address, its
// end, and what the user did. The rest may be written later, because the next poll returns it again:
// otherwise each poll would write.
func mustSync(old, next *Task) bool {
	type durable struct {
		terminal, retried, reading, fetched, cancelDue, hookDue bool
		attempt                                                 int32
	}
	of := func(t *Task) durable {
		return durable{t.State.Terminal(), t.State == Retried, t.State == Reading, t.Fetched, t.CancelDue, t.HookDue, t.Attempt}
	}
	return old == nil || old.Request != next.Request || of(old) != of(next)
}

// resume tracks the tasks of an earlier run. The live ones are polled at once, in their order.
func (p *Poller) resume(tasks []*Task) {
	now := p.now()
	p.dirty = true
	for _, t := range tasks {
		p.reserveSeqs(t.Seq)
		fetched := t.Fetched
		t.Next, t.Canceling = 0, false
		t.Fetched = false // the result is read from the disk when it is shown
		if t.State == Unread && t.Trouble == nil && !p.options.NoResults {
			t.State, t.Error = Reading, "" // it ended unread because of NoResults
		}
		p.endUnread(t)
		p.schedule(t, now)
		if p.options.FetchResults && t.State == Succeeded && !fetched {
			p.enqueueFetch(t, true)
		}
		p.register(t)
	}
}
