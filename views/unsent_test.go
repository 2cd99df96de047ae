package views_test

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views"
)

// The pane says how far a payload without a task has come, and what its reader can do.
func TestPaneExplainsPayloadsWithoutATask(t *testing.T) {
	for state, c := range map[poller.PayloadState]struct {
		message string
		wants   []string
	}{
		poller.PayloadWaiting:  {"rate limit", []string{"∘ to submit", "payload 12", "del gives it up", "HTTP 422: rate limit"}},
		poller.PayloadSending:  {"", []string{"∘ sending"}},
		poller.PayloadRejected: {"prompt: Field required", []string{"✗ rejected", "refused to create a task", "HTTP 422: prompt: Field required", "next step change the input"}},
		poller.PayloadUnknown:  {"connection reset", []string{"‽ unknown", "R submits it again all the same, del gives it up", "connection reset"}},
		poller.PayloadGivenUp:  {"", []string{"⊘ given up", "R submits it all the same"}},
	} {
		p := poller.Payload{Number: 12, Row: 3, State: state, Attempt: 2, Endpoint: "wan26_i2v", Base: tasks()[0].Request.Base}
		if c.message != "" {
			p.Fault = &queue.Fault{HTTP: 422, Message: c.message}
		}
		text := ansi.Strip(strings.Join(detailLines(views.Detail{Task: p.Placeholder()}, 160), "\n"))
		for _, want := range c.wants {
			if !strings.Contains(text, want) {
				t.Errorf("%v: %q is missing in\n%s", state, want, text)
			}
		}
		if strings.Contains(text, "/requests/") {
			t.Errorf("%v: it has the address of a task:\n%s", state, text)
		}
	}
	if task := (&poller.Payload{State: poller.PayloadSubmitted}).Placeholder(); task != nil {
		t.Errorf("a submitted payload has the row %+v", task)
	}
}
