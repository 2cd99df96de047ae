package simulator

import (
	"testing"

	"polltop/poller/queue"
	"polltop/poller/simulator/simulatortest"
)

// withClient runs a test with polltop's own client as well.
func withClient(t *testing.T, config Config, test func(t *testing.T, s *Server, c *client, q *queue.Client)) {
	t.Helper()
	simulatortest.Run(t, configured(config), func(t *testing.T, s *Server, c *client) {
		q := simulatortest.NewQueueClient(2, c.Dial)
		defer q.Close()
		test(t, s, c, q)
	})
}

// get sends a request without a key, which has to be answered.
func get(t *testing.T, c *client, method, url string, header ...string) answer {
	t.Helper()
	a, err := c.Ask(method, url, "", header...)
	if err != nil {
		t.Fatalf("%s %s: %v", method, url, err)
	}
	return a
}

// outputsOf asks for a result as polltop does.
func outputsOf(t *testing.T, q *queue.Client, endpoint, id string) queue.Result {
	t.Helper()
	base, err := queue.ParseBase(origin + BasePath)
	if err != nil {
		t.Fatal(err)
	}
	answer, fault := q.Result(t.Context(), queue.Request{ID: id, Endpoint: endpoint, Base: base})
	if fault != nil || !answer.OK() || answer.Pending {
		t.Fatalf("the result of %s: %+v, %v", id, answer, fault)
	}
	return answer.Result
}
