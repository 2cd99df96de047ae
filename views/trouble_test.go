package views_test

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views"
)

// At 80 columns the header tells which endpoint is in trouble, why and when it is next
// tried, and a row tells what matters of it, though the notice is taken.
func TestNarrowScreenNamesTheEndpointInTrouble(t *testing.T) {
	trouble := poller.EndpointTrouble{
		Endpoint: "wan26_i2v", Fault: &queue.Fault{Kind: queue.TimedOut, Message: "no answer within 15s"}, NextProbe: poller.StampOf(now.Time().Add(8 * time.Second)),
	}
	p := screen(80, 24)
	p.Link, p.LinkTexts = views.LinkDegraded, []string{views.EndpointTrouble(trouble, now)}
	p.Notice = "3 tasks were added"
	p.Table.Info = make([]views.RowInfo, len(p.Table.Rows))
	p.Table.Info[0] = views.RowInfo{Trouble: append(p.LinkTexts, views.BriefTrouble(trouble, now)...)}
	lines := strings.Split(ansi.Strip(render(p)), "\n")
	if !strings.Contains(lines[0], "◐ wan26_i2v: no answer, next try in 8s") {
		t.Errorf("the header is %q", lines[0])
	}
	if text := strings.Join(lines[1:], "\n"); !strings.Contains(text, "no answer, next try in 8s") {
		t.Errorf("no row tells the trouble:\n%s", text)
	}
}

// A pause that is bounded tells what the service asked for.
func TestBoundedPauseShowsWhatWasAskedFor(t *testing.T) {
	for asked, want := range map[time.Duration]string{
		time.Minute: "wan26_i2v: HTTP 503, next try in 40s, as the service asked",
		time.Hour:   "wan26_i2v: HTTP 503, next try in 40s, the service asked for 1h00m",
	} {
		trouble := poller.EndpointTrouble{
			Endpoint: "wan26_i2v", Fault: &queue.Fault{Kind: queue.ServerError, HTTP: 503, RetryAfter: asked}, Held: true,
			NextProbe: poller.StampOf(now.Time().Add(40 * time.Second)),
		}
		if got := views.EndpointTrouble(trouble, now); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
