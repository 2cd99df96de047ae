package actions

import (
	"slices"
	"strings"
	"testing"

	"polltop/model/common"
	"polltop/model/common/commontest"
	"polltop/poller"
	"polltop/poller/queue"
)

func (f *fake) Resubmit(numbers ...int64) int {
	f.again = append(f.again, numbers...)
	return len(numbers)
}
func (f *fake) GiveUp(numbers ...int64) { f.givenUp = append(f.givenUp, numbers...) }

// payloads gives tasks payloads with their number and one, and changes tasks and payloads.
func (s *set) payloads(change func(i int, t *poller.Task, p *poller.Payload)) {
	var u poller.Update
	for i, t := range s.env.Tasks.All() {
		next := *t
		next.Payload, next.Attempt, next.NextStep = int64(i+1), 1, string(queue.StepSubmitAgain)
		p := &poller.Payload{Number: int64(i + 1), State: poller.PayloadSubmitted, Base: t.Request.Base, Endpoint: t.Request.Endpoint, Attempt: 1, RequestID: t.Request.ID}
		change(i, &next, p)
		u.Tasks, u.Payloads = append(u.Tasks, &next), append(u.Payloads, p)
		s.env.Submissions[p.Number] = p
	}
	commontest.Give(s.env, u.Tasks)
}

// asked returns the question that was posted.
func (s *set) asked(posted []any) (common.Ask, string) {
	s.t.Helper()
	for _, msg := range posted {
		if ask, ok := msg.(common.Ask); ok {
			return ask, strings.Join(strings.Fields(strings.Join(ask.Text(100), " ")), " ")
		}
	}
	s.t.Fatalf("nothing was asked: %v", posted)
	return common.Ask{}, ""
}

func (s *set) pressR() (common.Ask, string) {
	s.t.Helper()
	var posted []any
	for _, msg := range s.press("R") {
		posted = append(posted, msg)
	}
	return s.asked(posted)
}

func (s *set) choose(ask common.Ask, key string) {
	s.t.Helper()
	for _, c := range ask.Choices {
		if c.Key == key {
			s.do(c.Do())
			return
		}
	}
	s.t.Fatalf("no choice %q in %+v", key, ask.Choices)
}

func TestSubmitAgainChoosesWhatIsWorthIt(t *testing.T) {
	s := newSet(t, Options{}, 6, poller.Failed)
	s.payloads(func(i int, task *poller.Task, p *poller.Payload) {
		switch i {
		case 2, 3:
			task.NextStep = string(queue.StepChangeInput)
		case 4:
			task.State = poller.Running
		case 5:
			task.Payload = 0
		}
	})
	ask, text := s.pressR()
	for _, want := range []string{"2 tasks to wan26_i2v at api.test", "2 others need another input", "1 have not ended", "1 have no payload"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q lacks %q", text, want)
		}
	}
	if last := ask.Choices[len(ask.Choices)-1]; last.Key != "n" || last.Do != nil {
		t.Errorf("the last choice is %+v, want the safe one", last)
	}
	s.choose(ask, "y")
	if !slices.Equal(s.fake.again, []int64{1, 2}) {
		t.Errorf("submitted %v again", s.fake.again)
	}
	s.fake.again = nil
	s.choose(ask, "a")
	if !slices.Equal(s.fake.again, []int64{1, 2, 3, 4}) {
		t.Errorf("submitted %v again", s.fake.again)
	}
}

// What has succeeded is submitted again where nothing else is asked for alone.
func TestSubmitAgainLeavesWhatHasSucceeded(t *testing.T) {
	s := newSet(t, Options{}, 3, poller.Failed)
	s.payloads(func(i int, task *poller.Task, _ *poller.Payload) {
		if i > 0 {
			task.State, task.NextStep = poller.Succeeded, ""
		}
	})
	ask, text := s.pressR()
	if !strings.Contains(text, "2 have succeeded") {
		t.Errorf("asked %q", text)
	}
	if s.choose(ask, "y"); !slices.Equal(s.fake.again, []int64{1}) {
		t.Errorf("submitted %v again", s.fake.again)
	}
	s = newSet(t, Options{}, 1, poller.Failed)
	s.payloads(func(_ int, task *poller.Task, _ *poller.Payload) { task.State, task.NextStep = poller.Succeeded, "" })
	if _, text := s.pressR(); !strings.Contains(text, "costs once more") {
		t.Errorf("asked %q", text)
	}
}

func TestSubmitAgainLeavesWhatHasALaterAttempt(t *testing.T) {
	s := newSet(t, Options{}, 1, poller.Failed)
	s.payloads(func(_ int, _ *poller.Task, p *poller.Payload) { p.RequestID = "mmsu_later" })
	s.wantSaid(s.press("R"), "nothing to submit again: 1 here have a later attempt")
	if len(s.fake.again) > 0 {
		t.Errorf("submitted %v again", s.fake.again)
	}
}

// All reasons are given: with one of them, chance would decide which.
func TestSubmitAgainGivesAllReasons(t *testing.T) {
	s := newSet(t, Options{}, 3, poller.Failed)
	s.payloads(func(i int, task *poller.Task, p *poller.Payload) {
		if p.RequestID = "mmsu_later"; i > 0 {
			task.State = poller.Running
		}
	})
	for range 10 {
		s.wantSaid(s.press("R"), "nothing to submit again: 1 here have a later attempt, 2 here have not ended")
	}
}

func TestSubmitAgainOfOthersAloneSaysSo(t *testing.T) {
	s := newSet(t, Options{}, 1, poller.Failed)
	s.payloads(func(_ int, task *poller.Task, _ *poller.Payload) { task.NextStep = string(queue.StepChangeInput) })
	ask, text := s.pressR()
	if !strings.Contains(text, "may end the same way") {
		t.Errorf("asked %q", text)
	}
	s.choose(ask, "y")
	if !slices.Equal(s.fake.again, []int64{1}) {
		t.Errorf("submitted %v again", s.fake.again)
	}
}

// Submissions that are unknown are asked about by themselves, once, and by R.
func TestUnknownSubmissionsAreAskedAbout(t *testing.T) {
	s := newSet(t, Options{}, 0, poller.Failed)
	unknown := &poller.Payload{Number: 7, State: poller.PayloadUnknown, Base: s.env.Source.Bases[0], Endpoint: "e", Fault: &queue.Fault{Kind: queue.TimedOut, Message: "no answer within 15s"}}
	s.env.Submissions[7] = unknown
	update := common.TasksChanged{Update: poller.Update{Payloads: []*poller.Payload{unknown}}}
	posted := s.do(update)
	ask, ok := commontest.Posted[common.Ask](posted)
	if text := strings.Join(ask.Text(100), " "); !ok || !strings.Contains(text, "1 payload may or may not") || !strings.Contains(text, "no answer within 15s") {
		t.Fatalf("asked %v", text)
	}
	s.wantSaid(posted, "it is not known whether payload 7 was submitted")
	if _, again := commontest.Posted[common.Ask](s.do(update)); again {
		t.Error("it is asked twice")
	}
	ask, _ = s.pressR()
	s.choose(ask, "R")
	if !slices.Equal(s.fake.again, []int64{7}) {
		t.Errorf("submitted %v again", s.fake.again)
	}
	s.choose(ask, "del")
	if !slices.Equal(s.fake.givenUp, []int64{7}) {
		t.Errorf("gave up %v", s.fake.givenUp)
	}
}

func TestRejectedPayloadsCanBeSubmittedAgain(t *testing.T) {
	s := newSet(t, Options{}, 0, poller.Failed)
	s.env.Submissions[3] = &poller.Payload{Number: 3, State: poller.PayloadRejected, Base: s.env.Source.Bases[0], Endpoint: "e", Fault: &queue.Fault{Kind: queue.Refused, HTTP: 402, Message: "no credits"}}
	ask, text := s.pressR()
	if ask.Title != "Submit 1 task again" || !strings.Contains(text, "1 task to e at api.test") || !strings.Contains(text, "no credits") {
		t.Errorf("asked %q", text)
	}
	s.choose(ask, "y")
	if !slices.Equal(s.fake.again, []int64{3}) {
		t.Errorf("submitted %v again", s.fake.again)
	}
}

// R stops a batch: what waits is given up.
func TestWaitingPayloadsCanBeGivenUp(t *testing.T) {
	s := newSet(t, Options{}, 0, poller.Failed)
	for n := range int64(3) {
		s.env.Submissions[n+1] = &poller.Payload{Number: n + 1, State: poller.PayloadState(n), Base: s.env.Source.Bases[0], Endpoint: "e"}
	}
	s.wantSaid(s.do(common.TasksChanged{}), "submitting 2 payloads: R stops that")
	ask, text := s.pressR()
	if !strings.Contains(text, "2 payloads still to be submitted") {
		t.Errorf("asked %q", text)
	}
	s.choose(ask, "del")
	if !slices.Equal(s.fake.givenUp, []int64{1}) {
		t.Errorf("gave up %v", s.fake.givenUp)
	}
}

// What stands for a payload without a task has no address and no id, and is given up in place
// of being removed.
func TestActionsOnAPayloadWithoutATask(t *testing.T) {
	s := newSet(t, Options{}, 1, poller.Failed)
	base := s.env.Tasks.Get(0).Request.Base
	p := &poller.Payload{Number: 9, Row: 2, State: poller.PayloadRejected, Base: base, Endpoint: "wan26_i2v", Fault: &queue.Fault{HTTP: 422, Message: "prompt: Field required"}}
	s.env.Submissions[9] = p
	commontest.Give(s.env, []*poller.Task{p.Placeholder()})
	press := func(key string) []any {
		var posted []any
		for _, msg := range s.do(commontest.Command(key, s.env.Tasks.Get(1))) {
			posted = append(posted, msg)
		}
		return posted
	}
	var keys []string
	for _, msg := range press("Y") {
		if ask, ok := msg.(common.Ask); ok {
			for _, c := range ask.Choices {
				keys = append(keys, c.Key)
			}
		}
	}
	if !slices.Equal(keys, []string{"e", "p"}) {
		t.Errorf("it offers to copy %v, want its error and its curl command", keys)
	}
	if _, text := s.asked(press("R")); !strings.Contains(text, "1 task to wan26_i2v") {
		t.Errorf("asked %q", text)
	}
	for _, key := range []string{"x", "r", "d", "y"} {
		press(key)
	}
	if len(s.fake.canceled)+len(s.fake.asked)+len(s.fake.fetched) > 0 {
		t.Errorf("the poller was asked for a task that does not exist: %+v", s.fake)
	}
	if press("delete"); !slices.Equal(s.fake.givenUp, []int64{9}) {
		t.Errorf("given up: %v", s.fake.givenUp)
	}
}
