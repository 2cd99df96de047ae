package store

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"polltop/poller"
	"polltop/poller/queue"
)

// reload closes a session and opens it again.
func reload(t *testing.T, s *Store, bases ...*queue.Base) (*Store, []*poller.Task) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openAt(t, s.Path())
	t.Cleanup(func() { s.Close() })
	loaded, err := s.Load(resolver(bases...))
	if err != nil {
		t.Fatal(err)
	}
	return s, loaded.Tasks
}

func TestTasksComeBackAsTheyWere(t *testing.T) {
	base := newBase(t)
	tasks := sample(base, 3)
	tasks[1].Request.URLs = &queue.URLs{Status: "https://cloud.seaart.ai/model/s", Cancel: "https://cloud.seaart.ai/model/c"}
	tasks[1].Request.EndpointAssumed, tasks[1].Canceling, tasks[1].Fetched = true, true, true
	tasks[2].State, tasks[2].Ended, tasks[2].Queued, tasks[2].InferenceTime = poller.Running, 0, tasks[2].Added-40, -1
	tasks[2].QueuePosition, tasks[2].Failures = 7, 3
	tasks[2].Trouble = &queue.Fault{Kind: queue.ServerError, HTTP: 502, Code: "BAD", Message: "gateway\x1b[31m", RetryAfter: 1234}
	tasks[2].StatusWord, tasks[2].Unrecognized, tasks[2].Progress = "PAUSED", true, 0.25
	tasks[0].NextStep, tasks[0].ProviderError, tasks[0].ServiceRequestID = "submit again", "E1: no GPU", "req-1"
	tasks[0].Cost, tasks[0].CostUnit = 1.5, "credits"
	s := openAt(t, sessionFile(t))
	for _, task := range tasks {
		s.Put(task, true)
	}
	for state := range poller.StateCount {
		task := *tasks[0]
		task.Seq, task.State = int32(len(tasks)), state
		tasks = append(tasks, &task)
		s.Put(&task, true)
	}
	_, got := reload(t, s, base)
	if !reflect.DeepEqual(got, tasks) {
		t.Errorf("got %+v, want %+v", got, tasks)
	}
	for _, want := range tasks {
		text, err := EncodeTask(want)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := DecodeTask(want.Seq, text, resolver(base)); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("from %s: got %+v, want %+v, %v", text, got, want, err)
		}
	}
	if _, err := DecodeTask(0, []byte(`{"id":"x","base":"https://cloud.seaart.ai/model","state":99}`), resolver(base)); err == nil {
		t.Error("a state that is not known is read")
	}
}

func TestBodiesComeBack(t *testing.T) {
	base := newBase(t)
	task := sample(base, 1)[0]
	s := openAt(t, sessionFile(t))
	s.Put(task, true)
	s.PutAnswer(0, answerOf(task))
	s.PutResult(0, resultOf(task))
	for _, when := range []string{"noted", "on disk"} {
		if body, ok := s.Answer(0); !ok || !bytes.Equal(body, answerOf(task)) {
			t.Errorf("%s: answer %q", when, body)
		}
		if body, ok := s.Result(0); !ok || !bytes.Equal(body, resultOf(task)) {
			t.Errorf("%s: result %q", when, body)
		}
		s, _ = reload(t, s, base)
	}
	if _, ok := s.Result(1); ok {
		t.Error("there is a result of no task")
	}
}

func TestBodiesStayWithinTheirBudget(t *testing.T) {
	s := openAt(t, sessionFile(t))
	defer s.Close()
	body := make([]byte, maxBody[resultBody])
	for i := range body {
		body[i] = byte(i * i >> 7) // little to pack
	}
	for seq := range int32(80) {
		body[0] = byte(seq)
		s.PutResult(seq, bytes.Clone(body))
		if seq%8 == 7 {
			if err := s.Sync(); err != nil {
				t.Fatal(err)
			}
		}
	}
	known := s.storedBytes[resultBody]
	if err := s.sumBodySizes(); err != nil {
		t.Fatal(err)
	}
	if s.storedBytes[resultBody] != known || known > bodyBudget[resultBody] {
		t.Errorf("kept %d bytes, counted %d, may keep %d", s.storedBytes[resultBody], known, bodyBudget[resultBody])
	}
	if _, ok := s.Result(79); !ok {
		t.Error("the last result went")
	}
}

func TestWhatOnlySaysThatItWasAskedAgainWaits(t *testing.T) {
	base := newBase(t)
	s := openAt(t, sessionFile(t))
	task := *sample(base, 1)[0]
	s.Put(&task, true)
	if err := s.Sync(); err != nil {
		t.Fatal(err)
	}
	later := task
	later.Polls = 99
	s.Put(&later, false)
	if err := s.Sync(); err != nil {
		t.Fatal(err)
	}
	if loaded, err := s.Load(resolver(base)); err != nil || loaded.Tasks[0].Polls != task.Polls {
		t.Errorf("it was written at once: %v", err)
	}
	if _, got := reload(t, s, base); got[0].Polls != 99 {
		t.Errorf("polls %d after closing, want 99", got[0].Polls)
	}
}

func TestDroppedTasksAreGone(t *testing.T) {
	base := newBase(t)
	s := openAt(t, sessionFile(t))
	tasks := sample(base, 3)
	for _, task := range tasks {
		s.Put(task, true)
	}
	s.Sync()
	viewer := openAt(t, s.Path())
	defer viewer.Close()
	first, err := viewer.Load(resolver(base))
	if err != nil {
		t.Fatal(err)
	}
	s.Drop(1)
	s.Sync()
	later, err := viewer.Since(first, resolver(base), maps.Keys(map[int32]bool{0: true, 1: true, 2: true}))
	if err != nil || !slices.Equal(later.Dropped, []int32{1}) || len(later.Tasks) != 0 {
		t.Errorf("since: %+v, %v", later, err)
	}
	if _, got := reload(t, s, base); len(got) != 2 || got[1].Seq != 2 {
		t.Errorf("left: %+v", got)
	}
}

func TestNobodyElseMayRead(t *testing.T) {
	path := sessionFile(t)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	s := openAt(t, path)
	defer s.Close()
	s.Put(sample(newBase(t), 1)[0], true)
	if err := s.Sync(); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]fs.FileMode{path: 0o600, path + "-wal": 0o600, path + "-shm": 0o600, filepath.Dir(path): 0o700} {
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", filepath.Base(file), info.Mode(), err)
		}
	}
}

func TestDamagedDatabaseIsPutAside(t *testing.T) {
	for name, damage := range map[string]func(path string) error{
		"no database": func(path string) error { return os.WriteFile(path, []byte(strings.Repeat("tasks\n", 500)), 0o600) },
		"another program's": func(path string) error {
			db, err := connect(path + ".other")
			if err != nil {
				return err
			}
			if _, err := db.Exec("PRAGMA application_id = 7"); err != nil {
				return err
			}
			db.Close()
			return os.Rename(path+".other", path)
		},
		"overwritten in the middle": func(path string) error {
			s, err := Open(path)
			if err != nil {
				return err
			}
			for _, task := range sample(newBase(t), 2000) {
				s.Put(task, true)
			}
			if err := s.Close(); err != nil {
				return err
			}
			file, err := os.OpenFile(path, os.O_RDWR, 0)
			if err != nil {
				return err
			}
			defer file.Close()
			for page := int64(8); page < 40; page++ {
				if _, err := file.WriteAt(bytes.Repeat([]byte{0xa5}, 4096), page*4096); err != nil {
					return err
				}
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := sessionFile(t)
			os.MkdirAll(filepath.Dir(path), 0o700)
			if err := damage(path); err != nil {
				t.Fatal(err)
			}
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			s := openAt(t, path)
			defer s.Close()
			_, found, err := s.LoadAndRepair(resolver())
			if err != nil {
				t.Fatal(err)
			}
			if found.BackupPath == "" || found.Cause == nil || !strings.Contains(found.Text("s"), "kept as "+found.BackupPath) {
				t.Fatalf("nothing was put aside: %+v", found)
			}
			if kept, err := os.ReadFile(found.BackupPath); err != nil || !bytes.Equal(kept, before) {
				t.Errorf("the damaged file is not as it was: %v", err)
			}
			s.Put(sample(newBase(t), 1)[0], true)
			if err := s.Sync(); err != nil {
				t.Errorf("the new one: %v", err)
			}
		})
	}
}

func TestNewerDatabaseIsLeftAlone(t *testing.T) {
	path := sessionFile(t)
	s := openAt(t, path)
	if _, err := s.conn().Exec(fmt.Sprintf("PRAGMA user_version = %d", version+1)); err != nil {
		t.Fatal(err)
	}
	s.Close()
	before, _ := os.ReadFile(path)
	if _, err := Open(path); !errors.Is(err, ErrNewer) {
		t.Errorf("error %v", err)
	}
	if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
		t.Error("it was changed")
	}
}

func TestFullDiskLosesNothingThatWasNoted(t *testing.T) {
	base := newBase(t)
	s := openAt(t, sessionFile(t))
	var pages int
	if err := s.conn().QueryRow("PRAGMA page_count").Scan(&pages); err != nil {
		t.Fatal(err)
	}
	if _, err := s.conn().Exec(fmt.Sprintf("PRAGMA max_page_count = %d", pages+1)); err != nil {
		t.Fatal(err)
	}
	tasks := sample(base, 2000)
	for _, task := range tasks {
		s.Put(task, true)
		s.PutAnswer(task.Seq, answerOf(task))
	}
	if err := s.Sync(); err == nil || !strings.Contains(err.Error(), "disk is full") {
		t.Fatalf("error %v", err)
	}
	changed := *tasks[5]
	changed.Polls = 77
	s.Put(&changed, false)
	if _, err := s.conn().Exec("PRAGMA max_page_count = 100000"); err != nil {
		t.Fatal(err)
	}
	if err := s.Sync(); err != nil {
		t.Fatalf("with room again: %v", err)
	}
	s, got := reload(t, s, base)
	if len(got) != len(tasks) || got[5].Polls != 77 {
		t.Errorf("%d tasks came back, polls %d", len(got), got[5].Polls)
	}
	if _, ok := s.Answer(1999); !ok {
		t.Error("an answer is lost")
	}
}

func TestUnwritableDirectoryIsAnError(t *testing.T) {
	dir := t.TempDir()
	// A file where the directory would be is refused to root too.
	if err := os.WriteFile(filepath.Join(dir, "sessions"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(filepath.Join(dir, "sessions", "s.db")); err == nil || !strings.Contains(err.Error(), "sessions") {
		t.Errorf("error %v", err)
	}
}

func TestFrozenSessionCanBeRead(t *testing.T) {
	base, path := newBase(t), sessionFile(t)
	s := openAt(t, path)
	for _, task := range sample(base, 3) {
		s.Put(task, true)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	before, _ := os.ReadDir(filepath.Dir(path))
	frozen, err := open(path, connectReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	defer frozen.Close()
	if loaded, err := frozen.Load(resolver(base)); err != nil || len(loaded.Tasks) != 3 {
		t.Errorf("%d tasks, %v", len(loaded.Tasks), err)
	}
	if after, _ := os.ReadDir(filepath.Dir(path)); len(after) != len(before) {
		t.Errorf("it made files: %v", after)
	}
}

// TestDisplayIsKept holds that how the session was shown stays, also in a file that is
// written anew.
func TestDisplayIsKept(t *testing.T) {
	path := sessionFile(t)
	s := openAt(t, path)
	if got := s.Display(); got != "" {
		t.Errorf("of a new session it is %q", got)
	}
	for _, text := range []string{"failed, run time, downwards", "7"} {
		if err := s.SetDisplay(text); err != nil || s.Display() != text {
			t.Errorf("kept as %q, %v", s.Display(), err)
		}
	}
	if _, err := s.Rewrite(nil, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openAt(t, path)
	defer s.Close()
	if got := s.Display(); got != "7" {
		t.Errorf("opened again it is %q", got)
	}
}
