package paste

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unique"

	"polltop/poller/paste/lines"
	"polltop/poller/paste/words"
	"polltop/poller/queue"
)

const (
	// mostKept bounds how many keys and words are remembered.
	mostKept = 10_000
	// maxText bounds the text of a problem, maxShown outside text in a reason, in bytes.
	maxText, maxShown = 200, 100
	// leastSecret bounds secrets from below, in bytes: a shorter one is part of too much else.
	leastSecret = 8
)

// parser holds what is known while a text is read.
type parser struct {
	source     Source
	assigned   string // the value of the last ENDPOINT=x
	texts      int    // how deep texts in strings are read
	classes    map[string]words.Class
	kinds      map[string]words.Kind
	keys       map[string]words.Kind
	found      map[string]*candidate
	candidates []*candidate // in order
	refusals   []Problem
	inputs     map[string]string // by the id beside them
}

func newParser(source Source) *parser {
	return &parser{source: source, classes: map[string]words.Class{}, kinds: map[string]words.Kind{}, keys: map[string]words.Kind{}, found: map[string]*candidate{}, inputs: map[string]string{}}
}

// remembered returns what is known of a text. It is found out once, for not too many.
func remembered[V any](known map[string]V, text string, find func() V) V {
	v, ok := known[text]
	if !ok {
		if v = find(); len(known) < mostKept {
			known[strings.Clone(text)] = v
		}
	}
	return v
}

// shape returns what a word is, and classOf the class of a key.
func (p *parser) shape(w string) words.Kind {
	if k := words.IDKind(w); k != words.Other || len(w) > words.MaxID {
		return k
	}
	return remembered(p.kinds, w, func() words.Kind { return words.KindOf(w, p.source.Endpoint) })
}

// keyShape returns what a key without a known class is as a word.
func (p *parser) keyShape(key string) words.Kind {
	return remembered(p.keys, key, func() words.Kind { return words.KeyKind(key, p.source.Endpoint) })
}

func (p *parser) classOf(key string) words.Class {
	if key == "" {
		return words.NoKey
	}
	return remembered(p.classes, key, func() words.Class { return words.ClassOf(key) })
}

// secret matches keys as people paste them: API_KEY=..., -H "Authorization: Key ...".
var secret = regexp.MustCompile(`(?i)((?:key|token|secret|password|authorization)["']?\s*[:=]\s*["']?(?:(?:key|bearer)\s+)?)[^\s"']+`)

// textOf returns the start of a line without what looks like a key.
func (p *parser) textOf(content string) string {
	content = strings.TrimSpace(content)
	for _, known := range p.source.Secrets {
		if len(known) >= leastSecret {
			content = strings.ReplaceAll(content, known, "[redacted]")
		}
	}
	return strings.Clone(secret.ReplaceAllString(queue.Clip(content, maxText), "$1[redacted]"))
}

// shown returns outside text as a reason may hold it: bounded and escaped.
func shown(content string) string {
	quoted := strconv.Quote(queue.Clip(content, maxShown))
	return quoted[1 : len(quoted)-1]
}

func (p *parser) isSecret(content string) bool {
	return slices.ContainsFunc(p.source.Secrets, func(secret string) bool { return len(secret) >= leastSecret && strings.Contains(content, secret) })
}

// certainty is how well an endpoint is known: not, as the default one, by the record or what
// is around it, by the request's own address.
type certainty byte

const (
	byNothing certainty = iota
	byDefault
	byRecord
	byAddress
)

// mention is one place where an id stands that is taken for a request's.
type mention struct {
	queue.Request
	kind    words.Kind
	number  int    // of its line
	text    string // its line
	level   certainty
	service string // that its address or key names
	why     string // what is unsure; "" for nothing
	part    bool   // the endpoint may go on: what is submitted there may be another model's
}

// doubt notes what is unsure, unless something else is.
func (m *mention) doubt(why string) { m.why = cmp.Or(m.why, why) }

// candidate is an id with what its mentions say of it: the best known endpoint counts, and
// where equally good ones differ, it is a question.
type candidate struct {
	first *mention // by its line
	best  *mention // of those that are sure, nil for none
	other string   // another endpoint or base that is as good
}

func (c *candidate) add(m *mention) {
	if c.first == nil || m.number < c.first.number {
		c.first = m
	}
	switch {
	case m.why != "":
	case c.best == nil || m.level > c.best.level:
		c.best, c.other = m, ""
	case m.level == c.best.level && m.Base != c.best.Base:
		c.other = m.Endpoint + " at " + m.Base.String()
	case m.level == c.best.level && m.Endpoint != c.best.Endpoint:
		c.other = m.Endpoint
	}
}

// mention adds a mention of an id, with what is unsure of it, and the addresses that it was
// given.
func (p *parser) mention(m mention, l *lines.Line, given queue.URLs) {
	m.number, m.text = l.Number, l.Raw
	if p.isSecret(m.ID) || p.isSecret(m.Endpoint) {
		p.refuse(l, "this is the key or a header's value, not a request")
		return
	}
	if m.level == byNothing && p.source.Endpoint != "" {
		m.Endpoint, m.level = p.source.Endpoint, byDefault
	}
	if m.Base == nil {
		p.findBase(&m)
	}
	p.checkEndpoint(&m)
	m.ID = queue.FoldID(strings.Clone(m.ID))
	m.Endpoint = unique.Make(m.Endpoint).Value() // one copy for all requests
	m.Label = unique.Make(cmp.Or(m.Label, p.source.Label)).Value()
	m.Assumed = m.level == byDefault
	if m.Endpoint != "" && m.Base != nil {
		m.Request = m.WithURLs(given)
	}
	c := p.found[m.ID]
	if c == nil {
		c = &candidate{}
		p.found[m.ID], p.candidates = c, append(p.candidates, c)
	}
	c.add(&m)
}

// checkEndpoint doubts an endpoint that is not one of the service whose form the id has.
func (p *parser) checkEndpoint(m *mention) {
	isFal := falForm.MatchString(m.Endpoint)
	hasOthers := slices.ContainsFunc(p.source.Bases, func(b *queue.Base) bool { return !b.Serves(queue.SeaCloud) })
	switch {
	case m.Endpoint == "":
		m.doubt("no endpoint is known: write it before the id, with a / between, or give that of all with --endpoint or ENDPOINT")
	case isFal && m.level < byAddress && (m.kind == words.MMSU || m.kind == words.XID):
		m.doubt("its form is that of SeaCloud's ids: is it one of " + m.Endpoint + "?")
	case m.kind == words.UUID && m.level < byAddress && hasOthers && !isFal && !strings.Contains(m.Endpoint, "/"):
		m.doubt("its form is that of fal's and Comfy's ids: is it one of " + m.Endpoint + "?")
	}
}

// falForm matches an app of fal, also in the old form of its id, number-name.
var falForm = regexp.MustCompile(`^(?:fal-ai/|[0-9]{4,}-[a-zA-Z][a-zA-Z0-9-]*$)`)

// findBase finds the base of a mention by what is known of its service.
func (p *parser) findBase(m *mention) {
	services := []string{queue.Fal, queue.Comfy}
	switch {
	case slices.Contains(queue.Services(), m.service):
		services = []string{m.service}
	case m.kind == words.MMSU || m.kind == words.XID || m.kind == words.Short:
		services = []string{queue.SeaCloud}
	case falForm.MatchString(m.Endpoint):
		services = []string{queue.Fal}
	case !strings.Contains(m.Endpoint, "/"):
		services = []string{queue.SeaCloud}
	}
	for _, b := range p.source.Bases {
		if slices.ContainsFunc(services, b.Serves) {
			m.Base = b
			return
		}
	}
	m.doubt("no base URL of " + strings.Join(services, " or ") + " is configured: give one with --base-url")
}

func (p *parser) refuse(l *lines.Line, reason string) {
	p.refusals = append(p.refusals, Problem{From: p.source.From, Line: l.Number, Text: p.textOf(l.Raw), Reason: reason})
}

func (p *parser) verdicts() (result Result) {
	slices.SortStableFunc(p.candidates, func(a, b *candidate) int { return cmp.Compare(a.first.number, b.first.number) })
	result.Requests = slices.Grow(result.Requests, len(p.candidates))
	for _, c := range p.candidates {
		c.first.Input = p.inputs[c.first.ID]
		if c.best != nil && c.other == "" {
			if c.best.Input = c.first.Input; c.best.part {
				c.best.Input = ""
			}
			result.Requests = append(result.Requests, c.best.Request)
			continue
		}
		if c.other != "" {
			c.first.why = "two endpoints are said of it, " + c.best.Endpoint + " and " + c.other
		}
		result.Unsure = append(result.Unsure, Question{From: p.source.From, Line: c.first.number, Why: c.first.why, Request: c.first.Request, Text: p.textOf(c.first.text)})
	}
	slices.SortStableFunc(p.refusals, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	result.Refused = slices.CompactFunc(p.refusals, func(a, b Problem) bool { return a.Line == b.Line })
	p.found, p.candidates, p.refusals, p.inputs = map[string]*candidate{}, nil, nil, map[string]string{}
	return result
}
