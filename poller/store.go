package poller

import (
	"errors"
	"slices"
	"strings"
)

// Store keeps tasks beyond the life of the process. The Put methods only note what is to
// be written and never wait for the disk; Sync writes. Its methods may be called from any
// goroutine.
type Store interface {
	// Put notes a task's latest snapshot. One that matters is on disk after the next
	// Sync; others may wait, because the next poll brings the same again.
	Put(t *Task, matters bool)
	// Drop notes that a task is not tracked any more.
	Drop(seq int32)
	// PutAnswer notes the raw answer that ended a task, PutResult its raw result. The
	// caller must not change them afterwards.
	PutAnswer(seq int32, body []byte)
	PutResult(seq int32, body []byte)
	// PutPayload notes a payload's latest snapshot, which matters.
	PutPayload(p *Payload)
	// WritePayload writes a payload's snapshot, and waits for the disk. After an error the
	// one before it is on disk.
	WritePayload(p *Payload) error
	// AddPayloads adds the payloads that next returns with their parameters, until io.EOF, and
	// sets their numbers. They stay once PutPayload notes them. Without a disk it adds none.
	AddPayloads(next func() (*Payload, []byte, error)) (batch int64, n int, err error)
	// Input returns a payload's parameters, and whether they are stored.
	Input(number int64) ([]byte, bool)
	// Sync writes what was noted and matters, and waits for it, for a bounded time. After an
	// error the next Sync tries again.
	Sync() error
	// SyncSoon does the same before the screen shows what polls have reported. A store that is far
	// away writes in the background then: the next poll brings the same again.
	SyncSoon() error
	// Answer and Result return a task's stored body, and whether there is one.
	Answer(seq int32) ([]byte, bool)
	Result(seq int32) ([]byte, bool)
}

// Persistence is how the tasks are kept beyond the life of the process.
type Persistence struct {
	// Session is the name of the session on disk, or the address of one in NATS; "" where there
	// is none.
	Session string
	// Viewing names the process that polls the session where this one does not.
	Viewing string
	// Damage says what happened to a file that was unusable, lost or held unreadable
	// records; "" for none.
	Damage string
	// Silent is set while the process of Viewing shows no sign of life, as when it is
	// suspended. It still has the session's lock.
	Silent bool
}

// Place says where the tasks are kept, for messages.
func (p Persistence) Place() string {
	if strings.Contains(p.Session, "://") {
		return "in NATS"
	}
	return "on disk"
}

// Tasks returns the latest snapshots of all tracked tasks, in the order of addition,
// also after the end of Run.
func (p *Poller) Tasks() (all []*Task) {
	p.read(func() { all = slices.DeleteFunc(slices.Clone(p.tasks), func(t *Task) bool { return t == nil }) })
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

// mustSync reports whether a change of a task must be on disk before anybody sees it:
// that it is tracked, its address, and how it ended. The rest may wait, because the next
// poll brings it again: otherwise each poll would write.
func mustSync(old, next *Task) bool {
	type lasting struct {
		terminal, retried, reading, fetched, cancelDue, hookDue bool
		attempt                                                 int32
	}
	of := func(t *Task) lasting {
		return lasting{t.State.Terminal(), t.State == Retried, t.State == Reading, t.Fetched, t.CancelDue, t.HookDue, t.Attempt}
	}
	return old == nil || old.Request != next.Request || of(old) != of(next)
}

// resume adds the tasks of an earlier run as they were: those that have ended stay so,
// the live ones are polled at once, in their order.
func (p *Poller) resume(tasks []*Task) {
	now := p.now()
	p.dirty = true
	for _, t := range tasks {
		p.reserve(t.Seq)
		fetched := t.Fetched
		t.Next, t.Canceling = 0, false
		// What it made is read from the disk again when somebody looks at it.
		t.Fetched = false
		if t.State == Unread && t.Trouble == nil && !p.options.NoResults {
			t.State, t.Error = Reading, "" // it ended unread because of NoResults
		}
		p.endUnread(t)
		p.place(t, now)
		if p.options.Results && t.State == Succeeded && !fetched {
			p.startFetch(t, true)
		}
		p.insert(t)
	}
}
