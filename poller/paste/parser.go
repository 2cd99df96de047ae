package paste

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"polltop/poller/paste/lines"
	"polltop/poller/paste/record"
	"polltop/poller/paste/word"
)

const (
	// mostKept bounds how many ids of other systems are remembered.
	mostKept = 10_000
	// maxText bounds the text of a problem, in bytes.
	maxText = 200
	// leastSecret is the least length, in bytes, of a secret that is looked for: a
	// shorter one is part of too much else.
	leastSecret = 8
	// maxNamingLine bounds the length of a line in which names of models are looked for,
	// in bytes, as it is done for each id in it.
	maxNamingLine = 4096
)

// parser holds what is known while a text is read.
type parser struct {
	*record.Reading
	source Source
	// otherIDs holds the ids of other systems.
	otherIDs map[string]bool
	// found holds the ids, and candidates the same in order.
	found      map[string]*candidate
	candidates []*candidate
	refusals   []refusal
	lines      []lines.Line // that are read
}

func newParser(source Source) *parser {
	return &parser{Reading: record.NewReading(source.Bases, source.Endpoint), source: source, otherIDs: map[string]bool{}, found: map[string]*candidate{}}
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

// secret matches what people paste together with their requests and would not want to
// see on a shared screen: export API_KEY=..., -H "Authorization: Key ...".
var secret = regexp.MustCompile(`(?i)((?:key|token|secret|password|authorization)["']?\s*[:=]\s*["']?(?:(?:key|bearer)\s+)?)[^\s"']+`)

// textOf returns the start of a line without what looks like a key.
func (p *parser) textOf(content string) string {
	content = strings.TrimSpace(content)
	for _, known := range p.source.Secrets {
		if len(known) >= leastSecret {
			content = strings.ReplaceAll(content, known, "[redacted]")
		}
	}
	return strings.Clone(secret.ReplaceAllString(word.Clip(content, maxText), "$1[redacted]"))
}

// line returns the line with a number of those that are read.
func (p *parser) line(number int) lines.Line {
	at, ok := slices.BinarySearchFunc(p.lines, number, func(l lines.Line, n int) int { return cmp.Compare(l.Number, n) })
	if !ok {
		return lines.Line{}
	}
	return p.lines[at]
}

// modelIn returns the first name of a model in a line, "" for none: an id for which nothing
// says the endpoint may belong to it.
func (p *parser) modelIn(number int) string {
	l := p.line(number)
	if len(l.Bare) > maxNamingLine {
		return ""
	}
	for w := range strings.FieldsFuncSeq(l.Bare, func(r rune) bool { return strings.ContainsRune(" \t,;|\"'`=(){}[]<>\\", r) }) {
		if w != p.source.Endpoint && p.Shape(strings.Trim(w, ".:*")) == word.Model {
			return w
		}
	}
	return ""
}
