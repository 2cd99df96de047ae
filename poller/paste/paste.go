// Package paste reads requests out of what people paste, pipe or keep in files: ids,
// addresses, answers of the services, logs, tables, and what programs print.
//
// Text goes through layers. Reader decodes it and cuts it into lines; strip takes off
// what terminals and tools add; finder and scanner find the records: values in brackets,
// rows of tables, blocks of keys and values, HTTP exchanges, lines. Evidence is what a
// record says: ids by shape and by key, the endpoint by address, key, column or name.
// Each id then gets one verdict: sure, unsure, which is a question to the user, or
// refused. What does not look as if it named a task is passed over in silence.
package paste

import (
	"fmt"
	"regexp"
	"strings"

	"polltop/poller/queue"
)

// Source is what reading requests out of text needs to know beside the text.
type Source struct {
	// Bases are the configured base URLs, at least one.
	Bases []*queue.Base
	// Endpoint is the endpoint of an id that stands without one; may be "".
	Endpoint string
	// Secrets are texts that are no request: keys, and the values of headers.
	Secrets []string
}

// Question is an id of which it is unsure whether it names a request, or which.
type Question struct {
	// From names where the text came from; the reader leaves it empty.
	From string
	// Line is the number of the line, from 1.
	Line int
	// Request is what the id would be taken for. Its Endpoint is "" and its Base nil
	// where none is known.
	Request queue.Request
	// Why says what is unsure.
	Why string
	// Text is the start of the line, as in Problem.
	Text string
}

// Problem is text that looks as if it named a task, in which none can be read.
type Problem struct {
	// From names where the text came from, such as a file; the reader leaves it empty.
	From string
	// Line is the number of the line, from 1.
	Line int
	// Text is the start of the line, at most some 200 bytes, without what looks like
	// a key. It may hold anything: who shows it makes it safe.
	Text string
	// Reason is what is wrong, and the way out.
	Reason string
}

// Error returns the line's number, the reason and the text.
func (p Problem) Error() string {
	return fmt.Sprintf("line %d: %s: %q", p.Line, p.Reason, p.Text)
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
	if !fitsEndpoint(endpoint) {
		return queue.Request{}, fmt.Errorf("%q is no endpoint: write one such as wan26_i2v or fal-ai/flux/dev", endpoint)
	}
	c := mention{id: q.Request.ID, kind: idShape(q.Request.ID), endpoint: endpoint, level: byRecord}
	if newParser(source).findBase(&c); c.base == nil {
		return queue.Request{}, fmt.Errorf("%s: %s", endpoint, c.why)
	}
	return c.request(), nil
}

// Short returns endpoint/id where a line of that alone is read as the request, else "".
func Short(r queue.Request, source Source) string {
	p, short := newParser(source), r.Endpoint+"/"+r.ID
	m := mention{id: r.ID, kind: idShape(r.ID), endpoint: r.Endpoint, level: byRecord}
	if p.findBase(&m); m.base != r.Base || r.URLs != nil || m.id != folded(m.id) || p.shape(short) != pair || p.address(short) != nil || p.isSecret(short) {
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

// From notes where the text came from.
func (r Result) From(name string) {
	for i := range r.Unsure {
		r.Unsure[i].From = name
	}
	for i := range r.Refused {
		r.Refused[i].From = name
	}
}

const (
	// mostKept bounds how many names a parser remembers: classes of keys, variables.
	mostKept = 10_000
	// maxText bounds the text of a problem, in bytes.
	maxText = 200
	// leastSecret is the least length, in bytes, of a secret that is looked for: a
	// shorter one is part of too much else.
	leastSecret = 8
)

// parser holds what is known while a text is read.
type parser struct {
	source  Source
	classes map[string]class
	// endpointVar is the value of the last ENDPOINT=x.
	endpointVar string
	// otherIDs holds the ids of other systems.
	otherIDs map[string]bool
	// found holds the ids, and candidates the same in order.
	found      map[string]*candidate
	candidates []*candidate
	refusals   []refusal
	lines      []line // that are read
	texts      int    // how deep texts in strings are read
}

func newParser(source Source) *parser {
	return &parser{source: source, classes: map[string]class{}, otherIDs: map[string]bool{}, found: map[string]*candidate{}}
}

// otherID matches the id that AWS Lambda or Celery gives a call.
var otherID = regexp.MustCompile(`(?:(?:START|END|REPORT) RequestId: |[\w.]\[)([0-9a-fA-F-]{36})\b`)

// noteOtherIDs remembers the ids in a line that AWS Lambda and Celery gave.
func (p *parser) noteOtherIDs(text string) {
	if len(p.otherIDs) < mostKept && (strings.Contains(text, " RequestId: ") || strings.Contains(text, "Task ")) {
		for _, m := range otherID.FindAllStringSubmatch(text, -1) {
			p.otherIDs[m[1]] = true
		}
	}
}
