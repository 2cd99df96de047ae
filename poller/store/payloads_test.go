package store

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"polltop/poller"
	"polltop/poller/queue"
)

// given returns a source of payloads with these parameters, which ends with an error.
func given(base *queue.Base, end error, inputs ...string) func() (*poller.Payload, []byte, error) {
	return func() (*poller.Payload, []byte, error) {
		if len(inputs) == 0 {
			return nil, nil, end
		}
		input := inputs[0]
		inputs = inputs[1:]
		return &poller.Payload{Base: base, Endpoint: "wan26_i2v", Attempt: 1, Key: "k"}, []byte(input), nil
	}
}

func payloadsOf(t *testing.T, s *Store, bases BaseResolver) []*poller.Payload {
	t.Helper()
	loaded, err := s.Load(bases)
	if err != nil || loaded.Unreadable > 0 {
		t.Fatalf("%v, %d unreadable", err, loaded.Unreadable)
	}
	return loaded.Payloads
}

func TestPayloadsAreSentOnlyOnceConfirmed(t *testing.T) {
	base, path := newBase(t), sessionFile(t)
	s := openAt(t, path)
	batch, n, err := s.AddPayloads(given(base, io.EOF, `{"a":1}`, `{"a":2}`))
	if err != nil || n != 2 {
		t.Fatal(n, err)
	}
	if got := payloadsOf(t, s, resolver(base)); len(got) != 0 {
		t.Fatalf("%d payloads are there before they are confirmed", len(got))
	}
	if err := s.Confirm(batch); err != nil {
		t.Fatal(err)
	}
	s.Close()
	s = openAt(t, path)
	defer s.Close()
	got := payloadsOf(t, s, resolver(base))
	if len(got) != 2 || got[1].State != poller.PayloadWaiting || got[1].Batch != batch || got[1].Base != base || got[1].Size != 7 {
		t.Fatalf("%+v", got)
	}
	if l := describe(path, "s"); l.Err != nil || l.Counts[poller.New] != 2 {
		t.Errorf("the session is listed with %v, %v", l.Counts, l.Err)
	}
	if input, ok := s.Input(got[1].Number); !ok || string(input) != `{"a":2}` {
		t.Errorf("input %q, %v", input, ok)
	}
	var submit int64
	if err := s.Orders(func(o Order) error { submit = o.Submit; return nil }); err != nil || submit != batch {
		t.Errorf("the order is to submit %d, %v", submit, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

func TestFailedSourceAddsNoPayload(t *testing.T) {
	base := newBase(t)
	s := openAt(t, sessionFile(t))
	defer s.Close()
	inputs := make([]string, 3*maxInsertPayloads)
	for i := range inputs {
		inputs[i] = fmt.Sprintf(`{"n":%d}`, i)
	}
	bad := errors.New("line 601 is no object")
	if _, _, err := s.AddPayloads(given(base, bad, inputs...)); !errors.Is(err, bad) {
		t.Fatal(err)
	}
	_, _, err := s.AddPayloads(given(base, io.EOF, `{}`, strings.Repeat(" ", queue.MaxInput+1)))
	if err == nil || !strings.Contains(err.Error(), "10 MiB") {
		t.Errorf("a payload of 10 MiB and a byte: %v", err)
	}
	var left int
	if err := s.conn().QueryRow("SELECT (SELECT count(*) FROM payloads) + (SELECT count(*) FROM inputs)").Scan(&left); err != nil || left != 0 {
		t.Errorf("%d rows are left, %v", left, err)
	}
}

// A note of an older state must not follow the one that was written at once.
func TestWrittenPayloadIsNotUndoneByAnOlderNote(t *testing.T) {
	base := newBase(t)
	s := openAt(t, sessionFile(t))
	defer s.Close()
	batch, _, err := s.AddPayloads(given(base, io.EOF, `{}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Confirm(batch); err != nil {
		t.Fatal(err)
	}
	p := payloadsOf(t, s, resolver(base))[0]
	s.PutPayload(p)
	sending := *p
	sending.State = poller.PayloadSending
	if err := errors.Join(s.WritePayload(&sending), s.Sync()); err != nil {
		t.Fatal(err)
	}
	if got := payloadsOf(t, s, resolver(base))[0].State; got != poller.PayloadSending {
		t.Errorf("it is %s on disk", got)
	}
}

func TestDamagedPayloadIsPutAside(t *testing.T) {
	base, path := newBase(t), sessionFile(t)
	s := openAt(t, path)
	batch, _, err := s.AddPayloads(given(base, io.EOF, `{"a":1}`, `{"a":2}`, `{"a":3}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Confirm(batch); err != nil {
		t.Fatal(err)
	}
	if _, err := s.conn().Exec(`UPDATE payloads SET about = replace(about, 'waiting', 'sending') WHERE number = 2; UPDATE inputs SET input = 'x' WHERE number = 3`); err != nil {
		t.Fatal(err)
	}
	s.Close()
	s = openAt(t, path)
	defer s.Close()
	loaded, found, err := s.LoadAndRepair(resolver(base))
	if err != nil || len(loaded.Payloads) != 2 || found.Unusable != 1 {
		t.Fatalf("%d payloads, %d damaged, %v", len(loaded.Payloads), found.Unusable, err)
	}
	if _, ok := s.Input(3); ok {
		t.Error("parameters that changed on disk are sound")
	}
}

// A session of format 5 has no payloads.
func TestSessionOfFormat5IsMigrated(t *testing.T) {
	path, tasks := rowsFor(t, 5)
	s := openAt(t, path)
	if _, err := s.conn().Exec("ALTER TABLE tasks DROP COLUMN payload; ALTER TABLE tasks DROP COLUMN attempt; ALTER TABLE tasks DROP COLUMN retry_of; DROP TABLE payloads; DROP TABLE inputs; PRAGMA user_version = 5"); err != nil {
		t.Fatal(err)
	}
	s.conn().Close()
	s, got, aside, told := recovered(t, path)
	defer s.Close()
	if len(got) != len(tasks) || aside != 0 || told {
		t.Fatalf("%d came back, %d aside, told %v", len(got), aside, told)
	}
	if _, n, err := s.AddPayloads(given(tasks[0].Request.Base, io.EOF, `{}`)); n != 1 || err != nil {
		t.Error(n, err)
	}
}

// A session written anew keeps its payloads.
func TestRewrittenSessionKeepsItsPayloads(t *testing.T) {
	base, path := newBase(t), sessionFile(t)
	s := openAt(t, path)
	defer s.Close()
	batch, _, err := s.AddPayloads(given(base, io.EOF, `{"a":1}`))
	if err = errors.Join(err, s.Confirm(batch)); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		os.Remove(path + suffix)
	}
	if _, err := s.Rewrite(nil, nil); err != nil {
		t.Fatal(err)
	}
	if input, ok := s.Input(payloadsOf(t, s, resolver(base))[0].Number); !ok || string(input) != `{"a":1}` {
		t.Errorf("%q, %v", input, ok)
	}
	if found, _ := filepath.Glob(path + "*.new*"); len(found) > 0 {
		t.Error(found)
	}
}
