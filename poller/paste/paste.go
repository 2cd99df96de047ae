package paste

import (
	"fmt"

	"polltop/poller/paste/lines"
	"polltop/poller/paste/words"
	"polltop/poller/queue"
)

// Source is where a text comes from, and the settings with which it is read.
type Source struct {
	From     string        // the text's name, such as a file's; "" for none
	Bases    []*queue.Base // the configured base URLs, at least one
	Endpoint string        // the default endpoint; "" for none
	Label    string        // the label of requests without their own
	Secrets  []string      // API keys and headers' values, which are never ids
}

// Question is an id that may or may not name a request, or one of several.
type Question struct {
	From string // the text's name, as in Source
	Line int    // from 1
	// Request is what the id names if the answer is yes. Its Endpoint is "" and its Base nil if they are
	// unknown.
	Request queue.Request
	Why     string // what is unsure
	Text    string // the start of the line, as in Problem
}

// Problem is a line that looks like a task, but names none that can be polled.
type Problem struct {
	From   string // the text's name, as in Source
	Line   int    // from 1
	Text   string // the start of the line, some 200 bytes, with API keys redacted and not safe for the terminal; "" for a whole text
	Reason string // what is wrong, and the way out
}

// Error returns the line's number, the reason and the text.
func (p Problem) Error() string {
	text := fmt.Sprintf("line %d: %s", p.Line, p.Reason)
	if p.Text != "" {
		text += fmt.Sprintf(": %q", p.Text)
	}
	return text
}

// Error returns the line's number, the id and what is unsure of it.
func (q Question) Error() string {
	return fmt.Sprintf("line %d: %s: %s", q.Line, q.Request.ID, q.Why)
}

// Answerable reports whether the endpoint and the base of the id are known, so that it can be polled.
func (q Question) Answerable() bool { return q.Request.Endpoint != "" && q.Request.Base != nil }

// WithEndpoint returns the request with another endpoint and the base of that.
func (q Question) WithEndpoint(endpoint string, source Source) (queue.Request, error) {
	if !words.CanBeEndpoint(endpoint) {
		return queue.Request{}, fmt.Errorf("%q is no endpoint: write one such as wan26_i2v or fal-ai/flux/dev", endpoint)
	}
	m := mention{Request: queue.Request{ID: q.Request.ID, Endpoint: endpoint, Label: q.Request.Label, Input: q.Request.Input}, kind: words.IDKind(q.Request.ID)}
	if source.findBase(&m); m.Base == nil {
		return queue.Request{}, fmt.Errorf("%s: %s", endpoint, m.why)
	}
	m.Endpoint = m.Base.FoldEndpoint(m.Endpoint)
	return m.Request, nil
}

// Short returns endpoint/id if Parse reads a line of that alone as the request, else "".
func Short(r queue.Request, source Source) string {
	short := r.Endpoint + "/" + r.ID
	m := mention{Request: queue.Request{ID: r.ID, Endpoint: r.Endpoint}, kind: words.IDKind(r.ID)}
	if source.findBase(&m); m.Base != r.Base || r.URLs != nil || words.KindOf(short, source.Endpoint) != words.Pair || words.ReadLink(short, source.Bases) != nil || lines.HoldsSecret(short, source.Secrets) {
		return ""
	}
	return short
}

// Result is what was read out of a text, each in the order of its lines.
type Result struct {
	Requests  []queue.Request
	Questions []Question
	Problems  []Problem
}
