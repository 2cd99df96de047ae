package paste

import (
	"fmt"

	"polltop/poller/paste/words"
	"polltop/poller/queue"
)

// Source is what reading requests out of text needs to know beside the text.
type Source struct {
	// From names where the text comes from, such as a file; may be "".
	From string
	// Bases are the configured base URLs, at least one.
	Bases []*queue.Base
	// Endpoint is the endpoint of an id that stands without one; may be "".
	Endpoint string
	// Label is the label of requests whose record has none.
	Label string
	// Secrets are texts that are no request: keys, and the values of headers.
	Secrets []string
}

// Question is an id of which it is unsure whether it names a request, or which.
type Question struct {
	// From names where the text came from, Line is the number of the line, from 1.
	From string
	Line int
	// Request is what the id would be taken for. Its Endpoint is "" and its Base nil
	// where none is known.
	Request queue.Request
	// Why says what is unsure, Text is the start of the line, as in Problem.
	Why, Text string
}

// Problem is text that looks as if it named a task, in which none can be read.
type Problem struct {
	// From names where the text came from, Line is the number of the line, from 1.
	From string
	Line int
	// Text is the start of the line, at most some 200 bytes, without what looks like
	// a key; "" for a text as a whole. It may hold anything: who shows it makes it safe.
	Text string
	// Reason is what is wrong, and the way out.
	Reason string
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

// Answerable reports whether it is known what the id would be asked as: its endpoint and
// its base.
func (q Question) Answerable() bool { return q.Request.Endpoint != "" && q.Request.Base != nil }

// Under returns the request with another endpoint, under the base to which that belongs.
func (q Question) Under(endpoint string, source Source) (queue.Request, error) {
	if !words.FitsEndpoint(endpoint) {
		return queue.Request{}, fmt.Errorf("%q is no endpoint: write one such as wan26_i2v or fal-ai/flux/dev", endpoint)
	}
	m := mention{Request: queue.Request{ID: q.Request.ID, Endpoint: endpoint, Label: q.Request.Label, Input: q.Request.Input}, kind: words.IDKind(q.Request.ID)}
	if newParser(source).findBase(&m); m.Base == nil {
		return queue.Request{}, fmt.Errorf("%s: %s", endpoint, m.why)
	}
	return m.Request, nil
}

// Short returns endpoint/id where a line of that alone is read as the request, else "".
func Short(r queue.Request, source Source) string {
	p, short := newParser(source), r.Endpoint+"/"+r.ID
	m := mention{Request: queue.Request{ID: r.ID, Endpoint: r.Endpoint}, kind: words.IDKind(r.ID)}
	if p.findBase(&m); m.Base != r.Base || r.URLs != nil || r.ID != queue.FoldID(r.ID) || p.shape(short) != words.Pair || words.ReadPlace(short, source.Bases) != nil || p.isSecret(short) {
		return ""
	}
	return short
}

// Result is what was read out of a text, each in the order of its lines.
type Result struct {
	Requests []queue.Request
	Unsure   []Question
	Refused  []Problem
}
