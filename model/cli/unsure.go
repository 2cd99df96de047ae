package cli

import (
	"io"
	"sync/atomic"

	"polltop/poller/paste"
	"polltop/poller/queue"
	"polltop/views/report"
)

// asker handles the questions of a text where nobody can be asked: it prints them, or takes them
// with --take-unsure. It also prints refused lines.
type asker struct {
	out    io.Writer // for JSON objects; nil for none
	errs   io.Writer // for people
	take   bool
	ignore bool // refused lines do not count

	left, refused atomic.Int32 // the lines that count
}

// answer prints unsure ids and refused lines, and returns the requests of taken questions.
func (a *asker) answer(refused []paste.Problem, unsure []paste.Question) (taken []queue.Request) {
	for _, q := range unsure {
		if a.take && q.Answerable() {
			taken = append(taken, q.Request)
			continue
		}
		a.left.Add(1)
		printLine(a.errs, placed(q.From, "unsure, "+q.Error()))
		e := eventOf("unsure", q.Request)
		e.Line, e.Why = q.Line, q.Why
		a.event(e)
	}
	for _, p := range refused {
		if !a.ignore {
			a.refused.Add(1)
		}
		printLine(a.errs, placed(p.From, p.Error()))
		a.event(parsedEvent{Event: "refused", Line: p.Line, Why: p.Reason})
	}
	return taken
}

// placed returns a line about a text with the text's name, which the paste reader recognizes.
func placed(from, text string) string {
	if from == "" {
		return text
	}
	return from + ", " + text
}

// event writes a line as a JSON object.
func (a *asker) event(e parsedEvent) {
	if a.out != nil {
		// A closed output is noticed with the next line about a task.
		_ = report.Encode(a.out, e)
	}
}

// badLines returns how many lines were refused and count.
func (a *asker) badLines() int { return int(a.refused.Load()) }

// unanswered returns how many questions were not taken.
func (a *asker) unanswered() int { return int(a.left.Load()) }

// parsedEvent is the JSON object of one request, question or refused line.
type parsedEvent struct {
	Event     string `json:"event"`
	Line      int    `json:"line,omitempty"`
	BaseURL   string `json:"base_url,omitempty"`
	Endpoint  string `json:"endpoint,omitempty"`
	RequestID string `json:"request_id,omitempty"`
	StatusURL string `json:"status_url,omitempty"`
	Label     string `json:"label,omitempty"`
	Why       string `json:"why,omitempty"`
}

func eventOf(event string, r queue.Request) parsedEvent {
	e := parsedEvent{Event: event, Endpoint: r.Endpoint, RequestID: r.ID, Label: r.Label}
	if r.Base != nil {
		e.BaseURL = r.Base.String()
		if r.URLs != nil {
			e.StatusURL = r.StatusURL()
		}
	}
	return e
}
