package store

import (
	"os"
	"path/filepath"
	"testing"

	"polltop/poller"
	"polltop/poller/queue"
)

// oldFormat is a session that a program of format 1 has written. It knew neither the
// states Reading, Expired and Unread nor the fields that records end with now.
const oldFormat = "testdata/format-1.db"

// oldCounts are the tasks in it.
var oldCounts = [poller.StateCount]int{
	poller.Queued: 9, poller.Running: 5, poller.Succeeded: 11, poller.Failed: 6, poller.Canceled: 1, poller.NotFound: 1,
}

// copyOld returns the path of a copy of it.
func copyOld(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(oldFormat)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "old.db")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSessionOfFormat1OpensUnchanged(t *testing.T) {
	path := copyOld(t)
	listed := describe(path, "old")
	if listed.Err != nil || listed.Counts != oldCounts {
		t.Errorf("it is listed as %v, error %v; want %v", listed.Counts, listed.Err, oldCounts)
	}
	s := openAt(t, path)
	defer s.Close()
	snapshot, found, err := s.LoadAndRepair(resolver())
	if err != nil || found != (Damage{}) {
		t.Fatalf("it opens as %+v, error %v", found, err)
	}
	var counts [poller.StateCount]int
	for _, task := range snapshot.Tasks {
		counts[task.State]++
		answer, kept := s.Answer(task.Seq)
		if task.State.Terminal() && task.State != poller.NotFound && (!kept || len(answer) == 0) {
			t.Errorf("the answer that ended %s is lost", task.Request.ID)
		}
		if _, kept := s.Result(task.Seq); task.State == poller.Succeeded && !kept {
			t.Errorf("the result of %s is lost", task.Request.ID)
		}
		if task.State == poller.Failed && (task.Error == "" || task.ErrorType == "") {
			t.Errorf("the error of %s is lost: %+v", task.Request.ID, task)
		}
	}
	if counts != oldCounts {
		t.Errorf("the states are %v, want %v", counts, oldCounts)
	}
}

// TestProgramsOfFormat1LeaveTheNewOneAlone holds that a session which a program of
// format 1 would take for damaged tells it that it is newer.
func TestProgramsOfFormat1LeaveTheNewOneAlone(t *testing.T) {
	s := openAt(t, copyOld(t))
	defer s.Close()
	var found int
	if err := s.conn().QueryRow("PRAGMA user_version").Scan(&found); err != nil || found <= 1 {
		t.Errorf("the format is %d, error %v", found, err)
	}
}

// TestServiceOfABaseComesBack holds that tasks at a proxy, whose host does not tell the
// service, are read back with the service that was given for it.
func TestServiceOfABaseComesBack(t *testing.T) {
	base, err := queue.ParseBaseAs("https://proxy.example", queue.Fal)
	if err != nil {
		t.Fatal(err)
	}
	task := sample(newBase(t), 1)[0]
	task.Request.Base, task.Request.Endpoint = base, "fal-ai/flux"
	s := openAt(t, sessionFile(t))
	s.Put(task, true)
	_, got := reload(t, s)
	if len(got) != 1 || got[0].Request.StatusURL() != task.Request.StatusURL() {
		t.Errorf("the task came back as %+v", got)
	}
}
