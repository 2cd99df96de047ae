package queue

import (
	"fmt"
	"regexp"
	"strings"
)

// Source is what reading requests out of text needs to know beside the text.
type Source struct {
	// Bases are the configured base URLs, at least one. An id that stands
	// without a URL belongs to the first.
	Bases []*Base
	// Endpoint is the endpoint of an id that stands without one; may be "".
	Endpoint string
	// Secrets are texts that are no request: keys, and the values of headers.
	Secrets []string
}

// secretLeast is the least length, in bytes, of a secret that is looked for: a
// shorter one is part of too much else.
const secretLeast = 8

// Problem is text in which no request could be read, or not all of it.
type Problem struct {
	// From names where the text came from, such as a file; empty where the
	// reader knows. The parser leaves it empty.
	From string
	// Line is the number of the line, from 1.
	Line int
	// Text is the start of the line as it was given, at most some 200 bytes,
	// without the values of what looks like a key. It may hold anything: who
	// shows it makes it safe.
	Text string
	// Reason is what is wrong, and the way out.
	Reason string
}

// Error returns the line's number, the reason and the text.
func (p Problem) Error() string {
	return fmt.Sprintf("line %d: %s: %q", p.Line, p.Reason, p.Text)
}

const (
	// maxLine bounds how much of one line is read at once, in bytes. A longer
	// line is read in pieces, cut between its words.
	maxLine = 4 << 20
	// maxValue and maxHeld bound a JSON value that goes over several lines, in
	// bytes and in lines that are not blank.
	maxValue = 4 << 20
	maxHeld  = 100_000
	// maxText bounds Problem.Text, in bytes.
	maxText = 200
)

// Parser reads requests out of whatever people paste, pipe or keep in files:
// bare ids, endpoint/id, URLs, create-task answers, logs. The text may come in
// pieces of any size. What a line or JSON value needs more text for is held
// back until that comes, or Finish.
//
// No line is dropped in silence: each one that is not blank, a comment (#), or
// mere punctuation, or the JSON value that it is part of, gives at least one
// request or one problem. The time is linear in the length of the text,
// whatever the text, and what is held back is bounded.
type Parser struct {
	source    Source
	endpoints map[string]string // each endpoint's one copy

	decoder decoder
	tail    []byte // the last line as far as it came
	skipLF  bool   // the last line ended in \r, so a \n next is of the same end
	number  int    // the line that is being read, from 1

	queue []entry // the lines to read next, the next one last
	held  *held   // a JSON value that goes on in the next line, or nil
	// fragment says that the lines just before were of a broken JSON value,
	// so that what looks like more of it is no new problem.
	fragment bool

	requests []Request
	problems []Problem
}

// NewParser returns a parser at the start of a text.
func NewParser(source Source) *Parser {
	return &Parser{source: source, endpoints: map[string]string{}, number: 1}
}

// Parse reads all of a text. It returns the requests in the order in which they
// stand, duplicates included, and the problems in the order of their lines.
func (s Source) Parse(text string) ([]Request, []Problem) {
	p := NewParser(s)
	p.split(p.decoder.decode(text, false))
	return p.Finish()
}

// Add takes the next piece of the text and returns what it completed.
func (p *Parser) Add(text string) ([]Request, []Problem) {
	p.split(p.decoder.decode(text, false))
	return p.results()
}

// Finish says that the text has ended, and returns what was held back. The
// parser is then at the start of another text.
func (p *Parser) Finish() ([]Request, []Problem) {
	p.split(p.decoder.decode("", true))
	if len(p.tail) > 0 {
		p.take(string(p.tail))
	}
	for p.held != nil {
		p.release(unfinished)
		p.drain()
	}
	requests, problems := p.results()
	endpoints := p.endpoints
	*p = *NewParser(p.source)
	p.endpoints = endpoints
	return requests, problems
}

// results returns what was read since the last time.
func (p *Parser) results() ([]Request, []Problem) {
	requests, problems := p.requests, p.problems
	p.requests, p.problems = nil, nil
	return requests, problems
}

// split cuts the text into lines, which end in \n, \r\n or \r.
func (p *Parser) split(text string) {
	for text != "" {
		if p.skipLF {
			p.skipLF = false
			if text[0] == '\n' {
				text = text[1:]
				continue
			}
		}
		end := strings.IndexAny(text, "\r\n")
		if end < 0 {
			p.tail = append(p.tail, text...)
			if len(p.tail) > maxLine {
				p.tail = []byte(p.pieces(string(p.tail)))
			}
			return
		}
		line := text[:end]
		if len(p.tail) > 0 {
			line = string(append(p.tail, line...))
			p.tail = nil
		}
		p.take(p.pieces(line))
		p.skipLF = text[end] == '\r'
		p.number++
		text = text[end+1:]
	}
}

// pieces reads a line that is too long as far as needed to make the rest of it,
// which it returns, short enough.
func (p *Parser) pieces(line string) string {
	for len(line) > maxLine {
		end := strings.LastIndexAny(line[:maxLine], " \t,;|") + 1
		if end == 0 {
			end = maxLine
		}
		p.take(line[:end])
		line = line[end:]
	}
	return line
}

// entry is a line to read, or what is left to read of one.
type entry struct {
	text   string
	number int
	// tries is how often the line was part of a JSON value that was given up.
	tries int
	// quiet says that the line is accounted for: that nothing is found in it
	// is no problem.
	quiet bool
	// blamed says that it was part of a JSON object for which there is a
	// problem already.
	blamed bool
	// closed says that no JSON value which begins here goes on in the next
	// line.
	closed bool
}

// take reads a line.
func (p *Parser) take(text string) {
	p.queue = append(p.queue, entry{text: text, number: p.number})
	p.drain()
}

// drain reads the lines that wait, among them those that a JSON value given up
// puts back.
func (p *Parser) drain() {
	for len(p.queue) > 0 {
		next := p.queue[len(p.queue)-1]
		p.queue = p.queue[:len(p.queue)-1]
		if p.held != nil {
			p.extend(next)
		} else {
			p.read(next)
		}
	}
}

// report adds a problem with a line.
func (p *Parser) report(e entry, reason string) {
	text := e.text
	for _, known := range p.source.Secrets {
		if len(known) >= secretLeast {
			text = strings.ReplaceAll(text, known, redacted)
		}
	}
	text = secret.ReplaceAllString(clip(strings.TrimSpace(text), maxText), "$1[redacted]")
	p.problems = append(p.problems, Problem{Line: e.number, Text: strings.Clone(text), Reason: reason})
}

// secret matches what people paste together with their requests and would not
// want to see on a shared screen: export API_KEY=..., -H "Authorization: Key ...".
var secret = regexp.MustCompile(`(?i)((?:key|token|secret|password|authorization)["']?\s*[:=]\s*["']?(?:(?:key|bearer)\s+)?)[^\s"']+`)
