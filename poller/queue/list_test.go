package queue_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"polltop/poller/queue"
	"polltop/poller/simulator"
)

// listOf returns a client, and a query for the list of a simulated fal with three requests.
func listOf(t *testing.T) (*queue.Client, queue.ListQuery) {
	t.Helper()
	s, base := start(t, queue.Fal)
	for _, prompt := range []string{"one", "two", "three"} {
		s.Submit("fal-ai/flux/dev", simulator.Plan{Prompt: prompt})
	}
	list, err := queue.ParseBaseAs(base.String()+"/v1/models", queue.Fal)
	if err != nil {
		t.Fatal(err)
	}
	return newClient(t), queue.ListQuery{Base: list, Endpoint: "fal-ai/flux/dev"}
}

func TestListHasAllRequests(t *testing.T) {
	c, q := listOf(t)
	page, fault := c.List(context.Background(), q)
	if fault != nil || len(page.Items) != 3 || page.Next != "" || page.Items[0].Input != nil {
		t.Fatalf("the list is %+v, %v", page, fault)
	}
	q.RequestID, q.Payloads = page.Items[2].RequestID, true
	page, fault = c.List(context.Background(), q)
	if fault != nil || len(page.Items) != 1 || string(page.Items[0].Input) != `{"prompt":"one"}` || page.Items[0].Endpoint != q.Endpoint || page.Items[0].StatusCode != 200 {
		t.Errorf("the request is %+v, %v", page, fault)
	}
	q.Since, q.RequestID = time.Now().Add(time.Hour), ""
	if page, fault = c.List(context.Background(), q); fault != nil || len(page.Items) != 0 {
		t.Errorf("the list of the future is %+v, %v", page, fault)
	}
	q.Endpoint = "fal-ai/nope"
	if _, fault = c.List(context.Background(), q); fault == nil || fault.Kind != queue.Missing {
		t.Errorf("an unknown endpoint: %v", fault)
	}
}

// The list of a page that is none is an error that says so, and what has the key in it is not
// what was submitted.
func TestListsThatAreNone(t *testing.T) {
	for body, want := range map[string]string{
		`{"status":"ok"}`: "is no list of requests",
		`<html>`:          "is no list of requests",
		`{"items":7}`:     "is no list of requests",
		`{"items":[{"request_id":"a","json_input":{"key":"` + key + `"}},{"request_id":"b","json_input":"text"}]}`: "",
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(body)) }))
		base, err := queue.ParseBaseAs(server.URL+"/v1/models", queue.Fal)
		if err != nil {
			t.Fatal(err)
		}
		page, fault := newClient(t).List(context.Background(), queue.ListQuery{Base: base, Endpoint: "e"})
		switch {
		case want == "" && (fault != nil || len(page.Items) != 2 || page.Items[0].Input != nil || page.Items[1].Input != nil):
			t.Errorf("%s: %+v, %v", body, page, fault)
		case want != "" && (fault == nil || !strings.Contains(fault.Message, want)):
			t.Errorf("%s: %v, want %q", body, fault, want)
		}
		server.Close()
	}
}

// The key of the list goes to its own origin, in a redirect too.
func TestListFollowsNoRedirectElsewhere(t *testing.T) {
	asked := 0
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer other.Close()
	server := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusFound))
	defer server.Close()
	base, err := queue.ParseBaseAs(server.URL+"/v1/models", queue.Fal)
	if err != nil {
		t.Fatal(err)
	}
	if _, fault := newClient(t).List(context.Background(), queue.ListQuery{Base: base, Endpoint: "e"}); fault == nil || asked != 0 {
		t.Errorf("%v, and the other host was asked %d times", fault, asked)
	}
}

// A base that lists queues nothing.
func TestBasesThatList(t *testing.T) {
	for address, lists := range map[string]bool{
		queue.ListURL: true, "https://api.fal.ai": true, "https://api.fal.ai/v1/serverless": true, "https://queue.fal.run": false, queue.DefaultBaseURL: false, "https://proxy.example/v1/models": false,
	} {
		base, err := queue.ParseBase(address)
		if err != nil || base.Lists() != lists || base.Serves(queue.Fal) != (!lists && address != queue.DefaultBaseURL) || lists && base.KeyEnv() != "FAL_KEY" {
			t.Errorf("%s lists: %v, queues: %v, its key is in %s, %v", address, base.Lists(), base.Serves(queue.Fal), base.KeyEnv(), err)
		}
	}
	if base, err := queue.ParseBaseAs("https://proxy.example/v1/models", queue.Fal); err != nil || !base.Lists() || base.Serves(queue.Fal) {
		t.Errorf("a proxy of the list: %v", err)
	}
}
