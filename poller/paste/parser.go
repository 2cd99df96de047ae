package paste

import (
	"cmp"
	"slices"
	"strings"
	"unique"

	"polltop/poller/paste/lines"
	"polltop/poller/paste/words"
	"polltop/poller/queue"
)

// parser holds what is known while a text is read.
type parser struct {
	*words.Classifier
	source     Source
	assigned   string // the value of the last ENDPOINT=x
	textDepth  int    // how many texts inside values are being read
	byID       map[string]*candidate
	candidates []*candidate // in the order of their lines
	refusals   []Problem
	inputs     map[string]string // by the id beside them
}

func newParser(source Source) *parser {
	return &parser{Classifier: words.NewClassifier(source.Endpoint), source: source, byID: map[string]*candidate{}, inputs: map[string]string{}}
}

// certainty is the source of an endpoint: none, the default endpoint, the record or the text around it,
// the request's own address. A higher one wins.
type certainty byte

const (
	byNothing certainty = iota
	byDefault
	byRecord
	byAddress
)

// mention is one occurrence of an id that may be a request's.
type mention struct {
	queue.Request
	kind            words.Kind
	lineNumber      int
	text            string // of the line
	level           certainty
	service         string // the service that its address or key names, "" for none
	why             string // what is unsure, "" for nothing
	endpointPartial bool   // its address may name only the start of its endpoint
}

// doubt sets what is unsure, unless something else is.
func (m *mention) doubt(why string) { m.why = cmp.Or(m.why, why) }

// candidate is an id and its mentions. The endpoint with the highest certainty counts. Where two with the
// same certainty differ, the id is a question.
type candidate struct {
	id    string   // as it was written first, or in small letters where it was
	first *mention // on the first line
	best  *mention // the sure one of the highest certainty, nil for none
	rival string   // another endpoint or base of the same certainty, "" for none
	asked *mention // the first one that asks about an endpoint, nil for none: it counts as much as the default one
}

func (c *candidate) add(m *mention) {
	if c.first == nil || m.lineNumber < c.first.lineNumber {
		c.first = m
	}
	switch {
	case m.why != "" && m.level == byRecord && m.kind == words.MMSU:
		c.asked = cmp.Or(c.asked, m)
	case m.why != "":
	case c.best == nil || m.level > c.best.level:
		c.best, c.rival = m, ""
	case m.level == c.best.level && m.Base != c.best.Base:
		c.rival = m.Endpoint + " at " + m.Base.String()
	case m.level == c.best.level && m.Endpoint != c.best.Endpoint:
		c.rival = m.Endpoint
	}
}

// mention adds a mention of an id on a line. urls are the request's own addresses.
func (p *parser) mention(m mention, l *lines.Line, urls queue.URLs) {
	m.lineNumber, m.text = l.Number, l.Raw
	if lines.HoldsSecret(m.ID+"\n"+m.Endpoint, p.source.Secrets) {
		p.refuse(l, "this is the key or a header's value, not a request")
		return
	}
	if m.level == byNothing && p.source.Endpoint != "" {
		m.Endpoint, m.level = p.source.Endpoint, byDefault
	}
	if m.Base == nil {
		p.source.findBase(&m)
	}
	if m.Base != nil {
		m.Endpoint = m.Base.FoldEndpoint(m.Endpoint)
	}
	p.checkEndpoint(&m)
	m.ID = strings.Clone(m.ID)
	m.Endpoint = unique.Make(m.Endpoint).Value() // one copy for all requests
	m.Label = unique.Make(cmp.Or(m.Label, p.source.Label)).Value()
	m.EndpointAssumed = m.level == byDefault
	if m.Endpoint != "" && m.Base != nil {
		m.Request = m.WithURLs(urls)
	}
	id := queue.NormalizeID(m.ID)
	c := p.byID[id]
	if c == nil {
		c = &candidate{}
		p.byID[id], p.candidates = c, append(p.candidates, c)
	}
	if c.add(&m); c.id == "" || m.ID == id {
		c.id = m.ID
	}
}

// checkEndpoint doubts an endpoint whose service does not fit the form of the id.
func (p *parser) checkEndpoint(m *mention) {
	isFal, hasSlash := words.IsFalEndpoint(m.Endpoint), strings.Contains(m.Endpoint, "/")
	hasOthers := slices.ContainsFunc(p.source.Bases, func(b *queue.Base) bool { return !b.Serves(queue.SeaCloud) })
	switch {
	case words.IDKind(m.Endpoint).IsID():
		m.doubt(whyForm) // as in ID/ID
	case m.Endpoint == "":
		m.doubt("no endpoint is known: write it before the id, with a / between, or give that of all with --endpoint or ENDPOINT")
	case (m.kind == words.MMSU || m.kind == words.XID) && (isFal && m.level < byAddress || hasSlash && m.level == byDefault && hasOthers):
		m.doubt("its form is that of SeaCloud's ids: is it one of " + m.Endpoint + "?")
	case m.kind == words.UUID && m.level < byAddress && hasOthers && !isFal && !hasSlash:
		m.doubt("its form is that of fal's and Comfy's ids: is it one of " + m.Endpoint + "?")
	}
}

// findBase sets the base of a mention: the first configured one of a service that fits.
func (s Source) findBase(m *mention) {
	services := []string{queue.Fal, queue.Comfy}
	switch {
	case slices.Contains(queue.Services(), m.service):
		services = []string{m.service}
	case m.kind == words.MMSU || m.kind == words.XID || m.kind == words.Short:
		services = []string{queue.SeaCloud}
	case words.IsFalEndpoint(m.Endpoint):
		services = []string{queue.Fal}
	case !strings.Contains(m.Endpoint, "/"):
		services = []string{queue.SeaCloud}
	}
	for _, b := range s.Bases {
		if slices.ContainsFunc(services, b.Serves) {
			m.Base = b
			return
		}
	}
	m.doubt("no base URL of " + strings.Join(services, " or ") + " is configured: give one with --base-url")
}

func (p *parser) refuse(l *lines.Line, reason string) {
	p.refusals = append(p.refusals, Problem{From: p.source.From, Line: l.Number, Text: lines.Redact(l.Raw, p.source.Secrets), Reason: reason})
}

// verdicts returns what was read, and forgets it.
func (p *parser) verdicts() (result Result) {
	slices.SortStableFunc(p.candidates, func(a, b *candidate) int { return cmp.Compare(a.first.lineNumber, b.first.lineNumber) })
	result.Requests = slices.Grow(result.Requests, len(p.candidates))
	for _, c := range p.candidates {
		if c.asked != nil && c.best != nil && c.best.level == byDefault {
			c.first, c.best = c.asked, nil
		}
		c.first.ID, c.first.Input = c.id, p.inputs[queue.NormalizeID(c.id)]
		if c.best != nil && c.rival == "" {
			if c.best.ID, c.best.Input = c.id, c.first.Input; c.best.endpointPartial {
				c.best.Input = ""
			}
			result.Requests = append(result.Requests, c.best.Request)
			continue
		}
		if c.rival != "" {
			c.first.why = "two endpoints are said of it, " + c.best.Endpoint + " and " + c.rival
		}
		result.Questions = append(result.Questions, Question{From: p.source.From, Line: c.first.lineNumber, Why: c.first.why, Request: c.first.Request, Text: lines.Redact(c.first.text, p.source.Secrets)})
	}
	slices.SortStableFunc(p.refusals, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	result.Problems = slices.CompactFunc(p.refusals, func(a, b Problem) bool { return a.Line == b.Line })
	p.byID, p.candidates, p.refusals, p.inputs = map[string]*candidate{}, nil, nil, map[string]string{}
	return result
}
