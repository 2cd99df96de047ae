package actions

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"polltop/model/common"
	"polltop/model/common/commontest"
	"polltop/poller"
	"polltop/poller/queue"
)

// onFal makes the tasks fal's, whose list is configured with its base URL; "" for not.
func (s *set) onFal(list string) {
	s.t.Helper()
	s.env.Polling.Persistence.Session = "default"
	for _, address := range []string{"https://queue.fal.run", list} {
		if base, err := queue.ParseBase(address); err == nil {
			s.env.Source.Bases = append(s.env.Source.Bases, base)
		}
	}
	var tasks []*poller.Task
	for _, t := range s.env.Tasks.All() {
		next := *t
		next.Request.Base, next.Request.Endpoint = s.env.Source.Bases[1], "fal-ai/flux/dev"
		tasks = append(tasks, &next)
	}
	commontest.Give(s.env, tasks)
}

// Where no payload is known, polltop says so, and how to have one.
func TestUnknownPayloadIsExplained(t *testing.T) {
	never := func(context.Context, queue.ListQuery) (queue.ListPage, *queue.Fault) {
		t.Error("the list was asked without the user's word")
		return queue.ListPage{}, nil
	}
	s := newSet(t, Options{List: never}, 2, poller.Failed)
	wants := func(list, want string) {
		t.Helper()
		if list != "no" {
			s.onFal(list)
		}
		if _, text := s.pressR(); !strings.Contains(text, "knows no payload of 2 tasks here") || !strings.Contains(text, want) {
			t.Errorf("told %q, want %q", text, want)
		}
	}
	wants("no", "there is none")
	s.env.Polling.Persistence.Session = "default"
	wants("no", "submit with polltop submit, or give records with their endpoint and input.")
	wants("", "name that too, with --base-url https://api.fal.ai/v1/models")
	wants(queue.ListURL, "api.fal.ai is asked for each task, with your key")
	menu, _ := commontest.Posted[common.Ask](s.do(commontest.Command("Y", s.env.Tasks.All()[:1]...)))
	for _, c := range menu.Choices {
		if c.Key == "p" {
			if ask, ok := commontest.Posted[common.Ask](s.do(c.Do())); !ok || ask.Title != "No payload" {
				t.Errorf("p told %+v", ask)
			}
			return
		}
	}
	t.Errorf("no p in %+v", menu.Choices)
}

// Once the user agrees, fal's list is asked for each task, and what it knows is kept.
func TestFalsListIsAsked(t *testing.T) {
	var fault *queue.Fault
	var asked []queue.ListQuery
	list := func(_ context.Context, q queue.ListQuery) (queue.ListPage, *queue.Fault) {
		asked = append(asked, q)
		page := queue.ListPage{Items: []queue.ListedRequest{{RequestID: "another", Input: json.RawMessage(`{"b":2}`)}}}
		if q.RequestID == "mmsu_00" {
			page.Items = append(page.Items, queue.ListedRequest{RequestID: q.RequestID, Endpoint: "fal-ai/flux/dev/sub", Input: json.RawMessage(`{"a":1}`)})
		}
		return page, fault
	}
	s := newSet(t, Options{List: list, Context: t.Context()}, 2, poller.Failed)
	s.onFal(queue.ListURL)
	ask, _ := s.pressR()
	if len(asked) > 0 {
		t.Errorf("asked %+v before the user agreed", asked)
	}
	agree := func() (said string) {
		for _, c := range ask.Choices {
			if c.Key != "y" {
				continue
			}
			for _, msg := range s.do(c.Do()) {
				if say, ok := msg.(common.Say); ok {
					said += say.Text + "\n"
				}
			}
		}
		return said
	}
	said := agree()
	if len(asked) != 2 || asked[0].Base.String() != queue.ListURL || !asked[0].Payloads || asked[0].Endpoint != "fal-ai/flux/dev" || !strings.Contains(said, "asking api.fal.ai for 2 payloads\napi.fal.ai has 1 of 2 payloads") {
		t.Errorf("asked %+v, and said %q", asked, said)
	}
	if len(s.fake.tracked) != 1 || s.fake.tracked[0].Input != `{"a":1}` || s.fake.tracked[0].Endpoint != "fal-ai/flux/dev/sub" {
		t.Errorf("kept %+v", s.fake.tracked)
	}
	fault = &queue.Fault{Kind: queue.Unauthorized, HTTP: 401, Message: "no such key"}
	if said = agree(); !strings.Contains(said, "gave 0 of 2 payloads, then HTTP 401: no such key") {
		t.Errorf("said %q", said)
	}
}
