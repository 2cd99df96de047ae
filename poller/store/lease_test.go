package store

import (
	"errors"
	"os"
	"reflect"
	"testing"

	"polltop/poller"
	"polltop/poller/queue"
)

func TestOneHoldsTheLease(t *testing.T) {
	path := sessionFile(t)
	first, second := openAt(t, path), openAt(t, path)
	defer second.Close()
	if _, held, err := first.Acquire(Lease{}); !held || err != nil {
		t.Fatal(held, err)
	}
	// The second is of the same process here, which a real one never is.
	if _, err := first.db.Exec("UPDATE lease SET host = 'elsewhere'"); err != nil {
		t.Fatal(err)
	}
	lease, held, err := second.Acquire(Lease{})
	if held || err != nil || lease.Pid != os.Getpid() {
		t.Fatal(lease, held, err)
	}
	if err := first.Beat(); err != nil {
		t.Fatal(err)
	}
	if _, held, _ := second.Acquire(lease); held {
		t.Error("the lease was taken from one whose beat goes on")
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if _, held, err := second.Acquire(Lease{}); !held || err != nil {
		t.Error("the lease was not given up:", held, err)
	}
}

func TestStalledHolderLosesTheLeaseAndWritesNothing(t *testing.T) {
	path, base := sessionFile(t), newBase(t)
	asleep, second := openAt(t, path), openAt(t, path)
	defer second.Close()
	asleep.Acquire(Lease{})
	if _, err := asleep.db.Exec("UPDATE lease SET host = 'elsewhere'"); err != nil {
		t.Fatal(err)
	}
	lease, _, _ := second.Acquire(Lease{})
	if _, held, err := second.Acquire(lease); !held || err != nil {
		t.Fatal("a stalled lease was not taken:", held, err)
	}
	if err := asleep.Beat(); !errors.Is(err, ErrLost) {
		t.Errorf("beat: %v", err)
	}
	ended, given := sample(base, 1)[0], &poller.Task{Seq: 1, Request: queue.Request{ID: "given", Endpoint: "e", Base: base}, QueuePosition: -1, InferenceTime: -1}
	asleep.Put(ended, true)
	asleep.Put(given, true)
	if err := asleep.Sync(); err != nil {
		t.Errorf("sync: %v", err)
	}
	// What was given meanwhile is left for the one that polls now.
	var left []Order
	if err := second.Orders(func(o Order) error { left = append(left, o); return nil }); err != nil || len(left) != 1 || left[0].Track[0].ID != "given" {
		t.Errorf("left %+v, %v", left, err)
	}
	if loaded, err := second.Load(resolver(base)); err != nil || len(loaded.Tasks) > 0 {
		t.Errorf("it wrote: %d tasks, %v", len(loaded.Tasks), err)
	}
	asleep.Close()
	if holder, err := second.Holder(); err != nil || holder.Holder != second.holder {
		t.Errorf("closing took the other's lease: %+v, %v", holder, err)
	}
}

// A process that had the lease, lost it and has it again goes on from what the
// other has written, not from what it knew itself.
func TestLeaseThatComesBackBringsWhatTheOtherWrote(t *testing.T) {
	path, base := sessionFile(t), newBase(t)
	first, second := openAt(t, path), openAt(t, path)
	defer first.Close()
	first.Acquire(Lease{})
	running := *sample(base, 1)[0]
	running.State, running.Ended = poller.Running, 0
	first.Put(&running, true)
	first.Sync()
	seen, err := first.Load(resolver(base))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := first.db.Exec("UPDATE lease SET host = 'elsewhere'"); err != nil {
		t.Fatal(err)
	}
	late := running
	late.Polls = 99
	first.Put(&late, false) // and then it sleeps
	lease, _, _ := second.Acquire(Lease{})
	second.Acquire(lease)
	ended := *sample(base, 1)[0]
	for range 5 {
		second.Put(&ended, true)
		second.Sync()
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	if _, held, err := first.Acquire(Lease{}); !held || err != nil {
		t.Fatal(held, err)
	}
	first.Flush()
	now, err := first.Since(seen, resolver(base), nil)
	if err != nil || len(now.Tasks) != 1 || now.Tasks[0].State != ended.State {
		t.Errorf("%+v, %v", now.Tasks, err)
	}
	// What it writes itself is news to whoever has seen all that.
	more := *sample(base, 2)[1]
	first.Put(&more, true)
	first.Sync()
	if later, err := first.Since(now, resolver(base), nil); err != nil || len(later.Tasks) != 1 || later.Tasks[0].Seq != 1 {
		t.Errorf("%+v, %v", later.Tasks, err)
	}
}

func TestDeadHoldersLeaseIsTakenAtOnce(t *testing.T) {
	s := openAt(t, sessionFile(t))
	defer s.Close()
	host, _ := os.Hostname()
	// No process has a number this high.
	if _, err := s.db.Exec("INSERT INTO lease (id, holder, host, pid, beat) VALUES (1, 'gone', ?, 99999999, 1)", host); err != nil {
		t.Fatal(err)
	}
	if _, held, err := s.Acquire(Lease{}); !held || err != nil {
		t.Error(held, err)
	}
}

func TestOrdersAreDoneOnce(t *testing.T) {
	path, base := sessionFile(t), newBase(t)
	viewer, owner := openAt(t, path), openAt(t, path)
	defer viewer.Close()
	defer owner.Close()
	owner.Changed()
	requests := []queue.Request{
		{ID: "mmsu_1", Endpoint: "e", Base: base, Assumed: true},
		{ID: "mmsu_2", Base: base, URLs: &queue.URLs{Status: "https://cloud.seaart.ai/model/x"}},
	}
	want := []Order{{Track: Requests(requests)}, {Cancel: []int32{3, 4}}}
	for _, o := range want {
		if err := viewer.Post(o); err != nil {
			t.Fatal(err)
		}
	}
	if changed, err := owner.Changed(); !changed || err != nil {
		t.Errorf("changed %v, %v", changed, err)
	}
	var got []Order
	for range 2 {
		if err := owner.Orders(func(o Order) error { got = append(got, o); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestListAndRemove(t *testing.T) {
	path := sessionFile(t)
	dir := path[:len(path)-len("/s.db")]
	s := openAt(t, path)
	s.Acquire(Lease{})
	for _, task := range sample(newBase(t), 20) {
		s.Put(task, true)
	}
	s.Sync()
	if err := Remove(dir, "s"); err == nil {
		t.Error("a session in use was removed")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	os.WriteFile(dir+"/broken.db", []byte("nonsense that is long enough to be no database at all"), 0o600)
	list, err := List(dir)
	if err != nil || len(list) != 2 || list[0].Name != "s" || list[1].Err == nil {
		t.Fatalf("list %+v, %v", list, err)
	}
	if l := list[0]; l.Counts[poller.Succeeded] != 18 || l.Counts[poller.Failed] != 2 || l.Used.IsZero() || l.Size == 0 || l.Holder != (Lease{}) {
		t.Errorf("listed %+v", l)
	}
	if err := Remove(dir, "s"); err != nil {
		t.Error(err)
	}
	if err := Remove(dir, "s"); err == nil {
		t.Error("a session that is not there was removed")
	}
	if _, err := PathOf(dir, "../etc"); err == nil {
		t.Error("a path was taken for a name")
	}
}

func FuzzRecord(f *testing.F) {
	for _, t := range sample(newBase(f), 12) {
		f.Add(encode(nil, t))
	}
	trouble := sample(newBase(f), 1)[0]
	trouble.Trouble = &queue.Fault{Kind: queue.TimedOut, HTTP: 1, Message: "m"}
	trouble.Request.URLs = &queue.URLs{Status: "s"}
	f.Add(encode(nil, trouble))
	f.Fuzz(func(t *testing.T, record []byte) {
		var task poller.Task
		if decode(record, &task, &poller.Texts{}) != nil {
			return
		}
		var again poller.Task
		if err := decode(encode(nil, &task), &again, &poller.Texts{}); err != nil || !reflect.DeepEqual(task, again) {
			t.Errorf("%+v became %+v, %v", task, again, err)
		}
	})
}
