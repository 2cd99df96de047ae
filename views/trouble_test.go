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
		Endpoint: "wan26_i2v", Fault: &queue.Fault{Kind: queue.TimedOut, Message: "no answer within 15s"}, Probe: poller.StampOf(now.Time().Add(8 * time.Second)),
	}
	p := screen(80, 24)
	p.Link, p.LinkNote = views.LinkDegraded, views.EndpointTrouble(trouble, now)
	p.LinkBrief = []string{p.LinkNote}
	p.Notice = "3 tasks were added"
	p.Table.Notes = make([]views.Note, len(p.Table.Rows))
	p.Table.Notes[0] = views.Note{Trouble: p.LinkNote, Brief: views.BriefTrouble(trouble, now)}
	lines := strings.Split(ansi.Strip(views.Render(p)), "\n")
	if !strings.Contains(lines[0], "◐ wan26_i2v: no answer, next try in 8s") {
		t.Errorf("the header is %q", lines[0])
	}
	if text := strings.Join(lines[1:], "\n"); !strings.Contains(text, "no answer, in 8s") {
		t.Errorf("no row tells the trouble:\n%s", text)
	}
}
