package store

import (
	"errors"
	"os"
	"reflect"
	"syscall"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"polltop/poller"
	"polltop/poller/queue"
)

func TestOnePollsASession(t *testing.T) {
	path := sessionFile(t)
	first, second := openAt(t, path), openAt(t, path)
	defer second.Close()
	if _, held, err := first.Acquire(); !held || err != nil {
		t.Fatal(held, err)
	}
	// Host name and process number are those of the other here, as in two containers.
	lease, held, err := second.Acquire()
	if held || err != nil || lease.Pid != os.Getpid() || lease.Holder != first.lease.Holder {
		t.Fatal(lease, held, err)
	}
	if _, err := first.conn().Exec("UPDATE owner SET pid = 99999999"); err != nil {
		t.Fatal(err)
	}
	if _, held, _ := second.Acquire(); held {
		t.Error("the session was taken from one that has the lock, as no process has its number")
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if _, held, err := second.Acquire(); !held || err != nil {
		t.Error("the session was not given up:", held, err)
	}
}

func TestSessionOfOneThatWasKilledIsTakenAtOnce(t *testing.T) {
	s := openAt(t, sessionFile(t))
	defer s.Close()
	host, _ := os.Hostname()
	if _, err := s.conn().Exec("INSERT INTO owner (id, holder, host, pid, beat) VALUES (1, 'gone', ?, ?, 1)", host, os.Getppid()); err != nil {
		t.Fatal(err)
	}
	if _, held, err := s.Acquire(); !held || err != nil {
		t.Error(held, err)
	}
}

func TestNothingIsWrittenWithoutTheLock(t *testing.T) {
	path, base := sessionFile(t), newBase(t)
	asleep, second := openAt(t, path), openAt(t, path)
	defer second.Close()
	asleep.Acquire()
	// Without the lock file another process takes the lock of the next one.
	if err := os.Remove(path + lockSuffix); err != nil {
		t.Fatal(err)
	}
	if _, held, err := second.Acquire(); !held || err != nil {
		t.Fatal(held, err)
	}
	if asleep.CheckFiles() == nil {
		t.Error("the lost lock was not noticed")
	}
	asleep.Put(sample(base, 1)[0], true)
	if err := asleep.Sync(); err == nil {
		t.Error("it wrote")
	}
	if _, err := asleep.Rewrite(nil, nil); !errors.Is(err, ErrLeaseLost) {
		t.Errorf("rewriting: %v", err)
	}
	if loaded, err := second.Load(resolver(base)); err != nil || len(loaded.Tasks) > 0 {
		t.Errorf("it wrote: %d tasks, %v", len(loaded.Tasks), err)
	}
}

func TestReleasedSessionIsTakenAgainUnlessAnotherHadIt(t *testing.T) {
	path, base := sessionFile(t), newBase(t)
	first, second := openAt(t, path), openAt(t, path)
	defer first.Close()
	defer second.Close()
	first.Acquire()
	first.Release()
	first.Put(sample(base, 1)[0], true)
	if err := first.Sync(); err != nil {
		t.Errorf("nobody had it, and it is lost: %v", err)
	}
	if _, held, _ := second.Acquire(); held {
		t.Error("it was not taken again")
	}
	first.Release()
	if _, held, err := second.Acquire(); !held || err != nil {
		t.Fatal(held, err)
	}
	second.Release()
	if err := first.Beat(); !errors.Is(err, ErrLeaseLost) {
		t.Errorf("it goes on though another had it: %v", err)
	}
}

func TestWithoutLocksASessionIsNotShared(t *testing.T) {
	path := sessionFile(t)
	first, second := openAt(t, path), openAt(t, path)
	defer second.Close()
	if err := first.LockError(); err != nil {
		t.Fatal("locks work here:", err)
	}
	for _, why := range []error{syscall.ENOLCK, syscall.ENOTSUP} {
		broken := func(*flock.Flock) (bool, error) { return false, &os.PathError{Op: "flock", Path: path, Err: why} }
		first.tryFlock, second.tryFlock = broken, broken
		if err := first.LockError(); !errors.Is(err, why) {
			t.Errorf("%v: the error of the locks is %v", why, err)
		}
		if _, held, err := first.Acquire(); !held || err != nil {
			t.Fatal("the only one can't use it:", held, err)
		}
		if _, held, err := second.Acquire(); held || !errors.Is(err, ErrNoFileLocks) || !Temporary(err) {
			t.Errorf("%v: a second one: held %v, %v", why, held, err)
		}
	}
	// The first was killed: nothing was written for a while.
	old := time.Now().Add(-2 * oldLeaseLifetime)
	for _, suffix := range fileSuffixes {
		os.Chtimes(path+suffix, old, old)
	}
	if _, held, err := second.Acquire(); !held || err != nil {
		t.Error("the session of one that was killed:", held, err)
	}
	if err := first.Beat(); !errors.Is(err, ErrLeaseLost) {
		t.Errorf("the first goes on: %v", err)
	}
}

func TestOrdersAreDoneOnce(t *testing.T) {
	path, base := sessionFile(t), newBase(t)
	viewer, owner := openAt(t, path), openAt(t, path)
	defer viewer.Close()
	defer owner.Close()
	requests := []queue.Request{
		{ID: "mmsu_1", Endpoint: "e", Base: base, EndpointAssumed: true},
		{ID: "mmsu_2", Base: base, URLs: &queue.URLs{Status: "https://cloud.seaart.ai/model/x"}},
	}
	want := []Order{{Track: Requests(requests)}, {Cancel: []int32{3, 4}}}
	for _, o := range want {
		if err := viewer.Post(o); err != nil {
			t.Fatal(err)
		}
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
	s.Acquire()
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
	if l := list[0]; l.Counts[poller.Succeeded] != 18 || l.Counts[poller.Failed] != 2 || l.LastUsed.IsZero() || l.Size == 0 || l.Holder != (Lease{}) {
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
