package store

import (
	"bytes"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"polltop/poller"
	"polltop/poller/queue"
)

// rowsFor writes a session of n tasks with their bodies and returns its file and the
// tasks.
func rowsFor(t *testing.T, n int) (path string, tasks []*poller.Task) {
	t.Helper()
	path = sessionFile(t)
	tasks = sample(newBase(t), n)
	s := openAt(t, path)
	for _, task := range tasks {
		s.Put(task, true)
		s.PutAnswer(task.Seq, answerOf(task))
		s.PutResult(task.Seq, resultOf(task))
	}
	if err := s.Post(Order{Track: []Request{{ID: "mmsu_waiting", Endpoint: "e", Base: queue.DefaultBaseURL}}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return path, tasks
}

// recovered opens a session as the process that polls does, and returns what it
// finds and how many records it put aside.
func recovered(t *testing.T, path string) (s *Store, tasks []*poller.Task, aside int, told bool) {
	t.Helper()
	s, err := Open(path)
	if err != nil {
		t.Fatalf("refused: %v", err)
	}
	if _, held, err := s.Acquire(); !held || err != nil {
		t.Fatalf("refused: %v", err)
	}
	loaded, found, err := s.LoadAndRepair(resolver(newBase(t)))
	if err != nil || found.AsideErr != nil {
		t.Fatalf("load: %v, %v", err, found.AsideErr)
	}
	return s, loaded.Tasks, found.Unusable, found != (Damage{})
}

func TestBadRowsArePutAsideOneByOne(t *testing.T) {
	for name, spoil := range map[string]string{
		"a state that there is not": "state = -81",
		"a state of a later time":   "state = 200",
		"a text for a number":       "polls = 'many'",
		"a blob for a text":         "error = x'00ff'",
		"a cut text":                "id = substr(id, 1, 9)",
		"another id":                "id = 'mmsu_other'",
		"no UTF-8":                  "error = CAST(x'c328' AS TEXT)",
		"no base":                   "base = NULL",
		"an unknown base":           "base = 'gopher://old'",
		"broken JSON":               "urls = '{'",
		"a number beyond its field": "failures = 1 << 40",
		"no checksum":               "sum = NULL",
	} {
		t.Run(name, func(t *testing.T) {
			path, tasks := rowsFor(t, 20)
			s := openAt(t, path)
			if _, err := s.conn().Exec("UPDATE tasks SET " + spoil + " WHERE seq IN (3, 11)"); err != nil {
				t.Fatal(err)
			}
			if l := describe(path, "s"); l.Err != nil {
				t.Errorf("it can't be listed: %v", l.Err)
			}
			s.Close()
			s, got, aside, _ := recovered(t, path)
			defer s.Close()
			if len(got) != len(tasks)-2 || aside != 2 {
				t.Fatalf("%d tasks came back, %d are aside", len(got), aside)
			}
			kept, err := s.AsideRecords()
			if err != nil || len(kept) != 2 || kept[0].Why == "" || kept[0].Content["endpoint"] != tasks[3].Request.Endpoint {
				t.Errorf("kept aside: %+v, %v", kept, err)
			}
			if text := AsideText(aside, "s"); text != "2 records of session s could not be read and are kept aside: polltop sessions repair s" {
				t.Error(text)
			}
			// Once aside they are no news.
			if loaded, err := s.Load(resolver()); err != nil || loaded.Unreadable != 0 {
				t.Errorf("again %d unreadable, %v", loaded.Unreadable, err)
			}
		})
	}
}

func TestRowsWithRightSumsAndWrongContentArePutAside(t *testing.T) {
	path, tasks := rowsFor(t, 6)
	s := openAt(t, path)
	for i, spoil := range []struct {
		column string
		value  any
	}{{"state", int64(-81)}, {"base", "gopher://old"}, {"error", "\xc3("}, {"urls", "{"}, {"progress", "much"}} {
		r := rowOf(tasks[i], 9)
		for at, name := range columnNames() {
			if name == spoil.column {
				r[at] = spoil.value
			}
		}
		r = r[:len(r)-identitySumFromEnd].withChecksums()
		if _, err := s.conn().Exec(tasksTable.insert(), r...); err != nil {
			t.Fatal(err)
		}
	}
	s.Close()
	s, got, aside, _ := recovered(t, path)
	defer s.Close()
	if len(got) != 1 || aside != 5 {
		t.Errorf("%d came back, %d aside", len(got), aside)
	}
}

// Sessions of formats 3 and 4 had fewer columns, those of 3 also other checksums.
func TestSessionsWithFewerColumnsAreMigrated(t *testing.T) {
	for name, statement := range map[string]string{
		"format 3": "ALTER TABLE tasks DROP COLUMN label; ALTER TABLE tasks DROP COLUMN hook_due; UPDATE tasks SET sum = 1, identity_sum = 2; PRAGMA user_version = 3",
		"format 4": "ALTER TABLE tasks DROP COLUMN label; PRAGMA user_version = 4",
	} {
		t.Run(name, func(t *testing.T) {
			path, tasks := rowsFor(t, 5)
			s := openAt(t, path)
			if _, err := s.conn().Exec(statement); err != nil {
				t.Fatal(err)
			}
			s.conn().Close()
			s, got, aside, told := recovered(t, path)
			if len(got) != len(tasks) || aside != 0 || told {
				t.Fatalf("%d came back, %d aside, told %v", len(got), aside, told)
			}
			for i, task := range got {
				if !sameTask(task, tasks[i]) {
					t.Errorf("%+v, was %+v", task, tasks[i])
				}
			}
			labeled := *got[3]
			labeled.Request.Label = "7"
			s.Put(&labeled, true)
			if _, got = reload(t, s); got[3].Request.Label != "7" || got[2].Request.Label != "" {
				t.Errorf("labels %q and %q, want one of 7 alone", got[3].Request.Label, got[2].Request.Label)
			}
		})
	}
}

func TestRepairBringsBackWhatHasASoundID(t *testing.T) {
	path, tasks := rowsFor(t, 10)
	s := openAt(t, path)
	if _, err := s.conn().Exec("UPDATE tasks SET state = -81 WHERE seq = 2; UPDATE tasks SET id = 'mmsu_wrong' WHERE seq = 5; UPDATE answers SET body = 'x' WHERE seq = 7 AND kind = 0"); err != nil {
		t.Fatal(err)
	}
	if body, ok := s.Answer(7); ok {
		t.Errorf("a changed body is shown: %q", body)
	}
	if _, err := s.Repair(); err != nil {
		t.Fatal(err)
	}
	records, err := s.AsideRecords()
	if err != nil || len(records) != 3 {
		t.Fatalf("%+v, %v", records, err)
	}
	if n, err := s.TrackAgain(records); n != 1 || err != nil {
		t.Fatalf("%d brought back, %v", n, err)
	}
	if left, _ := s.AsideRecords(); len(left) != 2 {
		t.Errorf("%d left aside", len(left))
	}
	var tracked []Request
	s.Orders(func(o Order) error { tracked = append(tracked, o.Track...); return nil })
	if len(tracked) != 2 || tracked[1].ID != tasks[2].Request.ID || tracked[1].Endpoint != tasks[2].Request.Endpoint || tracked[1].Base != tasks[2].Request.Base.String() {
		t.Errorf("to be tracked: %+v", tracked)
	}
	s.Close()
}

// No byte that changes on disk changes an id, a text or a number silently, or keeps
// the session from being used.
func TestFlippedBytesAreNoticed(t *testing.T) {
	const flips = 200
	path, tasks := rowsFor(t, 60)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	by := map[int32]*poller.Task{}
	for _, task := range tasks {
		by[task.Seq] = task
	}
	lost, aside, salvaged := 0, 0, 0
	for i := range flips {
		at := i*len(whole)/flips + (i*7919)%17
		flipped := bytes.Clone(whole)
		flipped[at] ^= 1 << (i % 8)
		file := fmt.Sprintf("%s-%d.db", strings.TrimSuffix(path, ".db"), i)
		if err := os.WriteFile(file, flipped, 0o600); err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("byte %d, bit %d", at, i%8)
		s, got, n, told := recovered(t, file)
		for _, task := range got {
			if want := by[task.Seq]; want == nil || !reflect.DeepEqual(task.Request, want.Request) && task.Request.Key().ID != want.Request.ID || !sameTask(task, want) {
				t.Errorf("%s: %+v, was %+v", name, task, want)
			}
			if body, ok := s.Answer(task.Seq); ok && !bytes.Equal(body, answerOf(task)) {
				t.Errorf("%s: answer %q", name, body)
			}
			if body, ok := s.Result(task.Seq); ok && !bytes.Equal(body, resultOf(task)) {
				t.Errorf("%s: result %q", name, body)
			}
		}
		if missing := len(tasks) - len(got); missing > 0 {
			if !told {
				t.Errorf("%s: %d tasks are missing, and nothing says so", name, missing)
			}
			lost += missing - n
		}
		s.Orders(func(o Order) error {
			if len(o.Track) != 1 || o.Track[0].ID != "mmsu_waiting" {
				t.Errorf("%s: order %+v", name, o)
			}
			return nil
		})
		aside += n
		if told && n == 0 {
			salvaged++
		}
		if err := s.Close(); err != nil && !Damaged(err) {
			t.Errorf("%s: close: %v", name, err)
		}
		remove(file)
	}
	t.Logf("%d bytes flipped: %d records put aside, %d files salvaged or put aside, %d tasks not read", flips, aside, salvaged, lost)
}

// sameTask compares tasks whose bases are not the same pointers.
func sameTask(a, b *poller.Task) bool {
	x, y := *a, *b
	same := x.Request.Base.String() == y.Request.Base.String()
	x.Request.Base, y.Request.Base = nil, nil
	return same && reflect.DeepEqual(x, y)
}

// A damaged page costs the rows on it, not the session.
func TestSalvageReadsAllButTheDamagedPage(t *testing.T) {
	path, tasks := rowsFor(t, 2000)
	s := openAt(t, path)
	var page int64
	if err := s.conn().QueryRow("SELECT max(pageno) FROM dbstat WHERE name = 'tasks' AND pagetype = 'leaf'").Scan(&page); err != nil {
		t.Skip("no dbstat: ", err)
	}
	s.Close()
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	file.WriteAt(bytes.Repeat([]byte{0xa5}, 4096), (page/2)*4096)
	file.Close()
	s, got, _, told := recovered(t, path)
	defer s.Close()
	if len(got) < len(tasks)-100 || !told {
		t.Errorf("%d of %d tasks came back, told %v", len(got), len(tasks), told)
	}
	for _, task := range got {
		if !sameTask(task, tasks[task.Seq]) {
			t.Errorf("%+v, was %+v", task, tasks[task.Seq])
		}
	}
}

// A row that an index does not have can't be deleted, and SQLite's quick check does not
// find it: it is put aside all the same.
func TestABadRowThatTheIndexLacksIsPutAside(t *testing.T) {
	path, tasks := rowsFor(t, 60)
	db, err := connect(path)
	if err != nil {
		t.Fatal(err)
	}
	var root int
	var text string
	if err := db.QueryRow("SELECT rootpage, sql FROM sqlite_schema WHERE name = 'tasks_rev'").Scan(&root, &text); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		"PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE name = 'tasks_rev'; PRAGMA writable_schema = RESET",
		"UPDATE tasks SET rev = 0 WHERE seq = 28",
		fmt.Sprintf("PRAGMA writable_schema = ON; INSERT INTO sqlite_schema VALUES ('index', 'tasks_rev', 'tasks', %d, '%s'); PRAGMA writable_schema = RESET", root, text),
	} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	db.Close()
	s, read, aside, told := recovered(t, path)
	defer s.Close()
	if aside != 1 || !told || len(read) != len(tasks)-1 {
		t.Errorf("%d aside, told %v, %d of %d read", aside, told, len(read), len(tasks))
	}
	records, err := s.AsideRecords()
	if err != nil || len(records) != 1 {
		t.Errorf("%d records are kept, %v", len(records), err)
	}
}

// An order that changed on disk is not executed, and is put aside with the next start.
func TestBadOrderIsPutAside(t *testing.T) {
	path, tasks := rowsFor(t, 3)
	s := openAt(t, path)
	if _, err := s.conn().Exec("UPDATE orders SET body = replace(body, 'waiting', 'another')"); err != nil {
		t.Fatal(err)
	}
	if err := s.Orders(func(o Order) error { t.Errorf("executed: %+v", o); return nil }); err != nil {
		t.Fatal(err)
	}
	s.Close()
	s, got, aside, _ := recovered(t, path)
	defer s.Close()
	records, err := s.AsideRecords()
	if len(got) != len(tasks) || aside != 1 || err != nil || len(records) != 1 || records[0].Origin != "orders" {
		t.Errorf("%d tasks came back, %d records are aside: %+v, %v", len(got), aside, records, err)
	}
}

// Records that were put aside before stay beside those of another damage.
func TestRecordsAsideStay(t *testing.T) {
	path, _ := rowsFor(t, 9)
	for seq := range 3 {
		s := openAt(t, path)
		if _, err := s.conn().Exec("UPDATE tasks SET polls = 99 WHERE seq = ?", seq); err != nil {
			t.Fatal(err)
		}
		s.Close()
		s, got, aside, _ := recovered(t, path)
		records, err := s.AsideRecords()
		if len(got) != 8-seq || aside != 1 || err != nil || len(records) != seq+1 {
			t.Fatalf("%d tasks came back, %d put aside, %d records are aside: %v", len(got), aside, len(records), err)
		}
		s.Close()
	}
}
