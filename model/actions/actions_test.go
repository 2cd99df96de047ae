package actions

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"polltop/model/common"
	"polltop/model/common/commontest"
	"polltop/model/input"
	"polltop/poller"
	"polltop/poller/download"
	"polltop/poller/queue"
	"polltop/views"
)

// fake is a poller that notes what it is asked for. What a test does not expect panics.
type fake struct {
	poller.Tracker
	asked, canceled, fetched []int32
	tracked                  []queue.Request
	results                  map[int32]poller.FetchedResult
	unblocked                bool
	again, givenUp           []int64
	opened                   int32
	visible                  []int32
	input                    []byte
}

func (f *fake) PollNow(seqs ...int32) { f.asked = append(f.asked, seqs...) }
func (f *fake) Cancel(seqs ...int32)  { f.canceled = append(f.canceled, seqs...) }
func (f *fake) SetViewed(opened int32, visible []int32) {
	f.opened, f.visible = opened, visible
}
func (f *fake) Fetch(seq int32) { f.fetched = append(f.fetched, seq) }
func (f *fake) Unblock()        { f.unblocked = true }
func (f *fake) Result(seq int32) (poller.FetchedResult, bool) {
	r, ok := f.results[seq]
	return r, ok
}
func (f *fake) Track(requests []queue.Request) poller.Tracked {
	f.tracked = append(f.tracked, requests...)
	return poller.Tracked{Added: len(requests)}
}
func (f *fake) Untrack(seqs ...int32) []*poller.Task {
	var tasks []*poller.Task
	for _, seq := range seqs {
		tasks = append(tasks, &poller.Task{Seq: seq, Request: queue.Request{ID: fmt.Sprint("task-", seq)}})
	}
	return tasks
}
func (f *fake) Restore(tasks []*poller.Task) []*poller.Task { return tasks }

// set is actions over a fake poller with some tasks.
type set struct {
	*Actions
	t    *testing.T
	env  *common.Env
	fake *fake
}

func newSet(t *testing.T, o Options, n int, states ...poller.State) *set {
	t.Helper()
	env := commontest.Env(t, 120, 30, false)
	commontest.Give(env, commontest.Tasks(env, n, states...))
	f := &fake{results: map[int32]poller.FetchedResult{}}
	o.Poller = f
	return &set{Actions: New(env, o), t: t, env: env, fake: f}
}

// do gives the actions a message and what its commands bring, and returns what was posted
// and what the commands brought.
func (s *set) do(msg tea.Msg) []tea.Msg {
	s.t.Helper()
	var cmd tea.Cmd
	if next, ok := msg.(common.Then); ok {
		cmd = next() // as the root does
	} else {
		cmd = s.Update(msg)
	}
	all := s.env.Drain()
	var run func(cmd tea.Cmd)
	run = func(cmd tea.Cmd) {
		if cmd == nil {
			return
		}
		switch msg := cmd().(type) {
		case nil:
		case tea.BatchMsg:
			for _, c := range msg {
				run(c)
			}
		default:
			all = append(all, msg)
			all = append(all, s.do(msg)...)
		}
	}
	run(cmd)
	return all
}

func (s *set) press(key string) []tea.Msg {
	c := commontest.Command(key, s.env.Tasks.All()...)
	c.Opened = true
	return s.do(c)
}

func (s *set) wantSaid(posted []tea.Msg, want string) {
	s.t.Helper()
	if said, _ := commontest.Posted[common.Say](posted); !strings.Contains(said.Text, want) {
		s.t.Errorf("said %q, want %q", said.Text, want)
	}
}

// A question about tasks is not answered for others that have their numbers meanwhile, as when another
// process polls the session.
func TestCancelingLeavesOtherTasksWithTheSameNumbers(t *testing.T) {
	s := newSet(t, Options{}, 2, poller.Running)
	ask, _ := commontest.Posted[common.Ask](s.press("x"))
	other := *s.env.Tasks.Get(0)
	other.Request.ID = "mmsu_other"
	commontest.Give(s.env, []*poller.Task{&other})
	s.wantSaid(s.do(ask.Choices[0].Do()), "canceling 1 task")
	if !slices.Equal(s.fake.canceled, []int32{1}) {
		t.Errorf("canceled %v", s.fake.canceled)
	}
	ask, _ = commontest.Posted[common.Ask](s.press("x"))
	for _, task := range s.env.Tasks.All() {
		next := *task
		next.Request.ID += "_again"
		commontest.Give(s.env, []*poller.Task{&next})
	}
	s.wantSaid(s.do(ask.Choices[0].Do()), "nothing is canceled: the tasks are not tracked here any more")
	if !slices.Equal(s.fake.canceled, []int32{1}) {
		t.Errorf("canceled %v", s.fake.canceled)
	}
}

func TestCancelAsksFirstAndTakesOnlyLiveTasks(t *testing.T) {
	s := newSet(t, Options{}, 6, poller.Running, poller.Succeeded)
	ask, ok := commontest.Posted[common.Ask](s.press("x"))
	text := strings.Join(ask.Text(80), "\n")
	if !ok || !ask.Question || ask.Title != "Cancel 3 tasks" || !strings.Contains(text, "3 running      3 already ended") || len(s.fake.canceled) > 0 {
		t.Fatalf("asked %v: %q, canceled %v", ok, text, s.fake.canceled)
	}
	if last := ask.Choices[len(ask.Choices)-1]; last.Key != "n" || last.Do != nil {
		t.Errorf("the last choice is %+v, want the safe one", last)
	}
	posted := s.do(ask.Choices[0].Do())
	if _, cleared := commontest.Posted[common.ClearMarks](posted); !slices.Equal(s.fake.canceled, []int32{0, 2, 4}) || !cleared {
		t.Errorf("canceled %v, marks cleared %v", s.fake.canceled, cleared)
	}
	for _, reports := range [][]poller.CancelReport{{{Outcome: queue.CancelAccepted}}, {{Outcome: queue.CancelAccepted}, {Outcome: queue.CancelTooLate}}} {
		posted = s.do(common.TasksChanged{Update: poller.Update{Cancels: reports}})
	}
	s.wantSaid(posted, "cancel: 2 accepted, 1 already completed")
	s = newSet(t, Options{}, 2, poller.Succeeded)
	s.wantSaid(s.press("x"), "nothing to cancel")
}

func TestEachOutcomeOfACancelIsTold(t *testing.T) {
	fault := &queue.Fault{Kind: queue.Unreachable, Message: "connection refused"}
	for want, reports := range map[string][]poller.CancelReport{
		"cancel: 1 accepted":                   {{Outcome: queue.CancelAccepted}},
		"cancel: 2 canceled":                   {{Outcome: queue.CancelDone}, {Outcome: queue.CancelDone}}, // as fal does with what waits
		"cancel: 1 already completed":          {{Outcome: queue.CancelTooLate}},
		"cancel: 1 not found":                  {{Outcome: queue.CancelUnknown}},
		"cancel: 1 failed: connection refused": {{Fault: fault}},
		"cancel: 1 accepted, 1 canceled, 1 failed: connection refused": {{Fault: fault}, {Outcome: queue.CancelDone}, {Outcome: queue.CancelAccepted}},
	} {
		s := newSet(t, Options{}, 1, poller.Running)
		said, _ := commontest.Posted[common.Say](s.do(common.TasksChanged{Update: poller.Update{Cancels: reports}}))
		if said.Text != want {
			t.Errorf("said %q, want %q", said.Text, want)
		}
	}
}

func TestPollNowAsksForLiveTasksOrTheResult(t *testing.T) {
	s := newSet(t, Options{}, 4, poller.Running, poller.Succeeded)
	s.wantSaid(s.press("r"), "asking for 2 tasks")
	if !slices.Equal(s.fake.asked, []int32{0, 2}) {
		t.Errorf("asked for %v", s.fake.asked)
	}
	s = newSet(t, Options{}, 1, poller.Succeeded)
	posted := s.press("r")
	s.wantSaid(posted, "nothing to ask")
	if _, ok := commontest.Posted[common.Retrying](posted); ok {
		t.Error("nothing is asked, and yet it is told to be tried again")
	}
	s.fake.results[0] = poller.FetchedResult{Fault: &queue.Fault{HTTP: 502}}
	posted = s.press("r")
	s.wantSaid(posted, "fetching the result again")
	if asked, ok := commontest.Posted[common.ResultRequested](posted); !ok || asked.Seq != 0 || !slices.Equal(s.fake.fetched, []int32{0}) {
		t.Errorf("fetched %v, told %v", s.fake.fetched, ok)
	}
}

func TestThePollerIsToldWhatIsViewed(t *testing.T) {
	s := newSet(t, Options{}, 3, poller.Running)
	s.do(common.TasksViewed{Opened: 1, Visible: []int32{0, 1}})
	if s.fake.opened != 1 || !slices.Equal(s.fake.visible, []int32{0, 1}) {
		t.Errorf("the poller has %d and %v", s.fake.opened, s.fake.visible)
	}
}

func TestRemovalsAreTakenBackInTheirOrder(t *testing.T) {
	s := newSet(t, Options{}, 4, poller.Running, poller.Succeeded)
	gone, _ := commontest.Posted[common.TasksRemoved](s.press("c"))
	if !slices.Equal(gone.Seqs, []int32{1, 3}) {
		t.Errorf("cleared %v", gone.Seqs)
	}
	s.press("delete")
	for _, want := range []int{4, 2} {
		if back, _ := commontest.Posted[common.TasksRestored](s.press("u")); len(back.Tasks) != want {
			t.Errorf("%d tasks brought back, want %d", len(back.Tasks), want)
		}
	}
	s.wantSaid(s.press("u"), "nothing to undo")
}

func TestWhatAnotherProcessDoesIsLeftToIt(t *testing.T) {
	s := newSet(t, Options{Rekey: func() (string, error) { return "", nil }}, 2, poller.Succeeded)
	s.env.Polling.Persistence.PolledBy = "pid 7"
	for key, want := range map[string]string{"p": "pausing", "c": "removing tasks", "K": "reading the key again"} {
		s.wantSaid(s.press(key), want+" is for the polltop with pid 7")
	}
}

func TestRekey(t *testing.T) {
	fail := errors.New("no such file")
	s := newSet(t, Options{Rekey: func() (string, error) { return "read again", fail }}, 1, poller.Running)
	s.wantSaid(s.press("K"), "the key was not changed: no such file")
	if s.fake.unblocked {
		t.Error("tried again with the old key")
	}
	fail = nil
	s.wantSaid(s.press("K"), "read again")
	if !s.fake.unblocked {
		t.Error("what was refused is not tried again")
	}
}

func TestOpenWaitsForTheResult(t *testing.T) {
	var opened []string
	fail := error(nil)
	s := newSet(t, Options{Open: func(url string) error { opened = append(opened, url); return fail }}, 2, poller.Succeeded)
	s.wantSaid(s.press("o"), "fetching the result, then opening it")
	s.fake.results[0] = poller.FetchedResult{Result: queue.Result{Outputs: []queue.Output{{URL: "https://cdn.test/1.png"}, {URL: "https://cdn.test/2.png"}}}}
	ask, ok := commontest.Posted[common.Ask](s.do(common.TasksChanged{Update: poller.Update{Tasks: s.env.Tasks.All()}}))
	if !ok || len(ask.Choices) != 2 || ask.Choices[1].Key != "2" {
		t.Fatalf("asked %+v", ask)
	}
	s.do(ask.Choices[1].Do())
	if !slices.Equal(opened, []string{"https://cdn.test/2.png"}) {
		t.Errorf("opened %v", opened)
	}
	fail = errors.New("no browser here")
	s.wantSaid(s.do(ask.Choices[0].Do()), "no browser here: copied the URL instead")
	s = newSet(t, Options{}, 1, poller.Failed)
	s.wantSaid(s.press("o"), "the task has not succeeded")
}

func TestCopyMenuOffersWhatThereIs(t *testing.T) {
	s := newSet(t, Options{}, 1, poller.Failed)
	ask, _ := commontest.Posted[common.Ask](s.press("Y"))
	values := map[string]string{}
	for _, c := range ask.Choices {
		values[c.Label] = c.Value
	}
	if want := "curl -sS 'https://api.test/model/v1/queue/wan26_i2v/requests/mmsu_00/status'"; !strings.HasPrefix(values["curl command"], want) {
		t.Errorf("curl command %q", values["curl command"])
	}
	if values["error text"] != "INFERENCE_FAILURE: out of memory" || values["request id"] != "mmsu_00" || values["output URLs"] != "" {
		t.Errorf("offered %v", values)
	}
}

// downloads is a downloader that notes what it is given.
type downloads struct {
	jobs    []download.Job
	changed chan struct{}
}

func (d *downloads) Add(jobs ...download.Job) int { d.jobs = append(d.jobs, jobs...); return len(jobs) }
func (d *downloads) Snapshot() download.Progress  { return download.Progress{} }
func (d *downloads) Changed() <-chan struct{}     { return d.changed }
func (d *downloads) Active() bool                 { return false }

func TestDownloadsWaitForTheirResults(t *testing.T) {
	closed := make(chan struct{})
	close(closed)
	d := &downloads{changed: closed}
	s := newSet(t, Options{Downloads: d, OutputDir: "out"}, 3, poller.Succeeded, poller.Running)
	s.wantSaid(s.press("d"), "downloading the outputs of 2 tasks to out (1 others have not succeeded)")
	if !slices.Equal(s.fake.fetched, []int32{0, 2}) || len(s.Unfinished()) != 1 {
		t.Errorf("fetched %v, unfinished %q", s.fake.fetched, s.Unfinished())
	}
	s.fake.results[0] = poller.FetchedResult{Result: queue.Result{Outputs: []queue.Output{{URL: "https://cdn.test/1.png"}}}}
	s.fake.results[2] = poller.FetchedResult{Fault: &queue.Fault{HTTP: 502}}
	s.wantSaid(s.do(common.TasksChanged{Update: poller.Update{Tasks: s.env.Tasks.All()}}), "no result to download of mmsu_02")
	if len(d.jobs) != 1 || d.jobs[0].URL != "https://cdn.test/1.png" || len(s.Unfinished()) != 0 {
		t.Errorf("jobs %+v, unfinished %q", d.jobs, s.Unfinished())
	}
	progress := download.Progress{}
	progress.Counts[download.Done] = 1
	s.wantSaid(s.do(common.Then(func() tea.Cmd { return s.applyDownloads(progress) })), "downloaded 1 file to out")
}

// What is said at the end is of the downloads that were asked for together, also where
// files come between two looks, and of those that failed.
func TestDownloadsAreCountedByTheBatch(t *testing.T) {
	closed := make(chan struct{})
	close(closed)
	s := newSet(t, Options{Downloads: &downloads{changed: closed}, OutputDir: "out"}, 1, poller.Succeeded)
	at := func(waiting, done, failed int) string {
		progress := download.Progress{Files: []download.File{{State: download.Failed, Error: "HTTP 403"}}}
		progress.Counts[download.Waiting], progress.Counts[download.Done], progress.Counts[download.Failed] = waiting, done, failed
		said, _ := commontest.Posted[common.Say](s.do(common.Then(func() tea.Cmd { return s.applyDownloads(progress) })))
		return said.Text
	}
	for _, c := range []struct {
		waiting, done, failed int
		want                  string
	}{
		{2, 3, 0, ""}, {0, 5, 0, "downloaded 5 files to out"}, {0, 5, 0, ""},
		{0, 7, 0, "downloaded 2 files to out"}, {1, 8, 1, ""},
		{0, 9, 1, "downloaded 2 files to out, 1 failed: HTTP 403"}, {0, 9, 2, "download failed: HTTP 403"},
	} {
		if got := at(c.waiting, c.done, c.failed); got != c.want {
			t.Errorf("%d waiting, %d done, %d failed: %q, want %q", c.waiting, c.done, c.failed, got, c.want)
		}
	}
	s.pendingDownloads[0] = true // its result is still to come
	if got := at(0, 12, 2); got != "" {
		t.Errorf("in the middle of a batch it says %q", got)
	}
}

func TestExportWritesTheFile(t *testing.T) {
	s := newSet(t, Options{}, 3, poller.Succeeded)
	path := filepath.Join(t.TempDir(), "out.ids")
	s.wantSaid(s.do(common.Export{Path: path, Tasks: s.env.Tasks.All()[:2]}), "2 tasks exported to "+path)
	if text, err := os.ReadFile(path); err != nil || !strings.Contains(string(text), "mmsu_01") || strings.Contains(string(text), "mmsu_02") {
		t.Errorf("written %q, %v", text, err)
	}
	s.wantSaid(s.do(common.Export{Path: filepath.Join(path, "no", "dir.ids"), Tasks: s.env.Tasks.All()}), "not exported: ")
}

func TestPastesAndStreamsAreTracked(t *testing.T) {
	s := newSet(t, Options{}, 1, poller.Running)
	read, _ := commontest.Posted[common.TasksRead](s.do(common.Paste{Text: "mmsu_01hxyz8k3vq2m4n6p8r0s2t4w6\nrequest_id: none here\n", Source: s.env.Source}))
	if len(s.fake.tracked) != 1 || read.Added != 1 || read.RefusedLines != 1 || read.From != "" {
		t.Errorf("tracked %v, told %+v", s.fake.tracked, read)
	}
	came := input.Status{From: "tasks.txt", RefusedLines: 2, Notices: []input.Notice{{Text: "tasks.txt is gone", Trouble: true}}}
	posted := s.do(common.Then(func() tea.Cmd { return s.reportStream(came) }))
	read, _ = commontest.Posted[common.TasksRead](posted)
	if said, _ := commontest.Posted[common.Say](posted); read.From != "tasks.txt" || read.RefusedLines != 2 || said.Level != views.LevelBad || !said.Background {
		t.Errorf("told %+v and %+v", read, said)
	}
	over := make(chan struct{})
	close(over)
	if s.do(follow(over, func() common.Then { return func() tea.Cmd { return nil } })()) != nil {
		t.Error("it waits for more though there is none")
	}
}

func TestQuittingWaitsForWhatIsNotDone(t *testing.T) {
	s := newSet(t, Options{Context: context.Background()}, 2, poller.Running)
	if _, ok := commontest.Posted[common.Quit](s.press("q")); !ok {
		t.Error("it asks though nothing is unfinished")
	}
	due := commontest.Tasks(s.env, 2, poller.Running)
	due[1].CancelDue, due[1].Canceling = true, true
	commontest.Give(s.env, due)
	posted := s.press("q")
	ask, asked := commontest.Posted[common.Ask](posted)
	if _, left := commontest.Posted[common.Quit](posted); left || !asked || !strings.Contains(strings.Join(ask.Text(100), " "), "1 cancel is not sent yet") {
		t.Fatalf("left %v, asked %v", left, asked)
	}
	if ask.Choices[2].Do != nil {
		t.Error("the last choice is not to stay")
	}
	if _, left := commontest.Posted[common.Quit](s.do(ask.Choices[0].Do())); left {
		t.Error("it does not wait")
	}
	due[1].CancelDue = false
	if _, left := commontest.Posted[common.Quit](s.do(common.TasksChanged{Update: poller.Update{Tasks: due}})); !left {
		t.Error("it waits for nothing")
	}
}

// ctrl+c in any other dialog asks as it does in the table; in the question itself it quits.
func TestInterruptQuitsWithoutAnotherQuestion(t *testing.T) {
	s := newSet(t, Options{Context: context.Background()}, 1, poller.Running)
	due := commontest.Tasks(s.env, 1, poller.Running)
	due[0].CancelDue = true
	commontest.Give(s.env, due)
	for range 2 {
		s.env.Focus = views.OnDialog // of a menu
		s.do(common.FocusChanged{})
		for _, title := range []string{"Open an output", "Submit 2 payloads"} { // it may replace the question at any time
			s.do(common.Ask{Title: title})
			posted := s.press("ctrl+c")
			ask, asked := commontest.Posted[common.Ask](posted)
			if !asked {
				t.Fatalf("%s: it does not ask: %v", title, posted)
			}
			s.do(ask)
		}
		s.do(common.FocusChanged{})
		if _, quit := commontest.Posted[common.Quit](s.press("ctrl+c")); !quit {
			t.Error("it does not quit")
		}
		s.env.Focus = views.OnTable // the question is closed
		s.do(common.FocusChanged{})
	}
}

// No result comes of a task that is no longer tracked: quitting does not wait for it.
func TestQuittingDoesNotWaitForRemovedTasks(t *testing.T) {
	closed := make(chan struct{})
	close(closed)
	s := newSet(t, Options{Downloads: &downloads{changed: closed}, OutputDir: "out"}, 2, poller.Succeeded)
	s.press("d")
	ask, _ := commontest.Posted[common.Ask](s.press("q"))
	s.do(ask.Choices[0].Do())
	if _, quit := commontest.Posted[common.Quit](s.do(common.TasksRemoved{Seqs: []int32{0}})); quit || len(s.Unfinished()) != 1 {
		t.Errorf("quits: %v, unfinished %q, want one result", quit, s.Unfinished())
	}
	if _, quit := commontest.Posted[common.Quit](s.do(common.TasksRemoved{Seqs: []int32{1}})); !quit || len(s.Unfinished()) != 0 {
		t.Errorf("quits: %v, unfinished %q", quit, s.Unfinished())
	}
}

// A removal ends the wait for a task's result. Once it is undone the wait goes on, also where the task has
// another number then, and only for tasks that were waited for.
func TestUndoneRemovalsGoOnWithDownloads(t *testing.T) {
	closed := make(chan struct{})
	close(closed)
	d := &downloads{changed: closed}
	s := newSet(t, Options{Downloads: d, OutputDir: "out"}, 3, poller.Succeeded)
	all := s.env.Tasks.All()
	s.do(common.Command{KeyPressMsg: common.KeyPress("d"), Tasks: all[:2]})
	s.do(common.Command{KeyPressMsg: common.KeyPress("delete"), Tasks: all[1:]})
	s.do(common.TasksRemoved{Seqs: []int32{1, 2}})
	if lines := s.Unfinished(); len(lines) != 1 || !strings.HasPrefix(lines[0], "1 result ") {
		t.Fatalf("unfinished after the removal: %q", lines)
	}
	s.fake.fetched = nil
	restored, _ := commontest.Posted[common.TasksRestored](s.press("u"))
	restored.Tasks[0].Seq = 7
	s.do(restored)
	if lines := s.Unfinished(); !slices.Equal(s.fake.fetched, []int32{7}) || len(lines) != 1 || !strings.HasPrefix(lines[0], "2 results ") {
		t.Errorf("fetched %v, unfinished %q", s.fake.fetched, lines)
	}
	s.fake.fetched = nil
	if s.do(restored); len(s.fake.fetched) > 0 {
		t.Error("a second undo of other removals fetches it again")
	}
}

// Who waits for downloads also waits for those whose results have just come.
func TestQuittingWaitsForDownloadsThatAreBegun(t *testing.T) {
	d := &downloads{changed: make(chan struct{})}
	s := newSet(t, Options{Downloads: d}, 1, poller.Succeeded)
	s.press("d")
	ask, _ := commontest.Posted[common.Ask](s.press("q"))
	s.choose(ask, "w")
	s.fake.results[0] = poller.FetchedResult{Result: queue.Result{Outputs: []queue.Output{{URL: "https://cdn.test/1.png"}}}}
	begin := s.Update(common.TasksChanged{Update: poller.Update{Tasks: s.env.Tasks.All()}})
	if _, left := commontest.Posted[common.Quit](s.env.Drain()); left {
		t.Error("it quits before the download has begun")
	}
	posted := s.do(common.Then(func() tea.Cmd { return begin }))
	if _, left := commontest.Posted[common.Quit](posted); !left || len(d.jobs) != 1 {
		t.Errorf("left %v with %d jobs handed over", left, len(d.jobs))
	}
}
