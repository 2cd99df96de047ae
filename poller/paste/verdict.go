package paste

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unique"

	"polltop/poller/paste/word"
	"polltop/poller/queue"
)

// certainty is how well an endpoint is known. What is said in a record and around it
// counts alike.
type certainty byte

const (
	byNothing certainty = iota
	byDefault           // it is the default one
	byRecord            // the record or something around it says it
	byAddress           // it stands in the request's own address
)

// mention is one place where an id stands that is taken for a request's.
type mention struct {
	id       string
	kind     word.Kind
	line     int
	endpoint string
	level    certainty
	base     *queue.Base
	place    *word.Place
	given    queue.URLs // addresses of no known shape
	service  string     // that the key of the id names
	why      string     // what is unsure; "" for nothing
}

// doubt notes what is unsure, if nothing else is.
func (m *mention) doubt(why string) { m.why = cmp.Or(m.why, why) }

// request returns the request of a mention, with those of the addresses given that it does
// not build itself.
func (m *mention) request() queue.Request {
	r := queue.Request{ID: m.id, Endpoint: m.endpoint, Base: m.base, Assumed: m.level == byDefault}
	switch {
	case m.endpoint == "" || m.base == nil:
		return r
	case m.place != nil && m.place.Base != nil:
		return r.WithURLs(m.place.URLs())
	}
	return r.WithURLs(m.given)
}

// candidate is an id with what its mentions say of it: the best known endpoint counts, and
// where equally good ones differ, it is a question.
type candidate struct {
	first  mention // by its line
	raw    string  // that line
	best   mention // of those that are sure; its id is "" for none
	unlike string  // another endpoint that is as good
	// elsewhere are requests of the same id at the addresses of other bases.
	elsewhere []queue.Request
}

func (c *candidate) add(m mention) {
	longer := func(a, b string) bool { return m.level == byAddress && strings.HasPrefix(a, b+"/") }
	switch {
	case m.why != "":
	case c.best.id == "" || m.level > c.best.level:
		c.best, c.unlike = m, ""
	case m.level < c.best.level || m.endpoint == c.best.endpoint && m.base == c.best.base:
	case m.base != c.best.base && m.level == byAddress:
		c.elsewhere = append(c.elsewhere, m.request())
	case longer(m.endpoint, c.best.endpoint):
		c.best = m
	case m.endpoint != c.best.endpoint && !longer(c.best.endpoint, m.endpoint):
		c.unlike = m.endpoint
	}
}

// refusal is a line that is refused.
type refusal struct {
	Problem
	id string // "" for none
}

// folded returns an id in the form in which two are compared: a UUID means the same in
// capitals.
func folded(id string) string {
	if word.IDShape(id) == word.UUID {
		return strings.ToLower(id)
	}
	return id
}

// mention adds a mention of an id, with what is unsure of it.
func (p *parser) mention(m mention) {
	switch {
	case p.otherIDs[m.id]:
		return
	case p.isSecret(m.id) || p.isSecret(m.endpoint):
		p.refuse(m.line, "", isSecretKey)
		return
	}
	m.id = strings.Clone(folded(m.id)) // small letters, as the services write them
	if m.level == byNothing && p.source.Endpoint != "" {
		m.endpoint, m.level = p.source.Endpoint, byDefault
	}
	m.endpoint = unique.Make(m.endpoint).Value() // one copy for all
	if m.base == nil {
		p.findBase(&m)
	}
	if m.endpoint == "" {
		m.doubt("no endpoint is known: write it before the id, with a / between, or give that of all with --endpoint or ENDPOINT")
	} else if m.level == byDefault && (m.kind == word.UUID || m.service == queue.Fal) && p.isOfSeaCloud(m.endpoint) {
		m.doubt("its form is that of fal's and Comfy's ids, and no endpoint of theirs is said: is it one of " + m.endpoint + "?")
	}
	c := p.found[m.id]
	if c == nil {
		c = &candidate{first: m, raw: p.line(m.line).Raw}
		p.found[m.id] = c
		p.candidates = append(p.candidates, c)
	} else if m.line < c.first.line {
		c.first, c.raw = m, p.line(m.line).Raw
	}
	c.add(m)
}

// isOfSeaCloud reports whether the default endpoint is one of SeaCloud's while a base of
// another service is configured.
func (p *parser) isOfSeaCloud(endpoint string) bool {
	return !strings.Contains(endpoint, "/") && !falOldApp.MatchString(endpoint) &&
		slices.ContainsFunc(p.source.Bases, func(b *queue.Base) bool { return !b.Serves(queue.SeaCloud) })
}

// isSecret reports whether a text holds one of the secrets.
func (p *parser) isSecret(content string) bool {
	return slices.ContainsFunc(p.source.Secrets, func(secret string) bool { return len(secret) >= leastSecret && strings.Contains(content, secret) })
}

// falOldApp is an app of fal in the old form of its id, number-name.
var falOldApp = regexp.MustCompile(`^([0-9]{4,})-([a-zA-Z][a-zA-Z0-9-]*)$`)

// findBase finds the base of a mention by what is known of its service.
func (p *parser) findBase(m *mention) {
	services := []string{queue.Fal, queue.Comfy}
	switch {
	case m.place != nil && m.place.Service != "":
		services = []string{m.place.Service}
	case m.service != "":
		services = []string{m.service}
	case m.kind == word.MMSU || m.kind == word.XID || m.kind == word.Short:
		services = []string{queue.SeaCloud}
	case strings.HasPrefix(m.endpoint, "fal-ai/"), falOldApp.MatchString(m.endpoint):
		services = []string{queue.Fal}
	case !strings.Contains(m.endpoint, "/"):
		services = []string{queue.SeaCloud}
	}
	for _, b := range p.source.Bases {
		if slices.ContainsFunc(services, b.Serves) {
			m.base = b
			return
		}
	}
	m.doubt("no base URL of " + strings.Join(services, " or ") + " is configured: give one with --base-url")
}

// refuse adds a line that is refused.
func (p *parser) refuse(line int, id, reason string) {
	if !p.otherIDs[id] {
		p.refusals = append(p.refusals, refusal{Problem{Line: line, Text: p.textOf(p.line(line).Raw), Reason: reason}, id})
	}
}

func (p *parser) refuseForeign(line int, id, base string) {
	p.refuse(line, id, "the address is on "+word.Shown(base)+", which is no configured base URL: to have it asked, with your key, start with --base-url "+word.Shown(base))
}

// verdicts returns the one verdict of each id, and forgets them.
func (p *parser) verdicts() (result Result) {
	slices.SortStableFunc(p.candidates, func(a, b *candidate) int { return cmp.Compare(a.first.line, b.first.line) })
	for _, c := range p.candidates {
		if c.best.id != "" && c.unlike == "" {
			result.Requests = append(append(result.Requests, c.best.request()), c.elsewhere...)
			continue
		}
		if c.unlike != "" {
			c.first.why = "two endpoints are said of it, " + c.best.endpoint + " and " + c.unlike
		}
		result.Unsure = append(result.Unsure, Question{Line: c.first.line, Why: c.first.why, Request: c.first.request(), Text: p.textOf(c.raw)})
	}
	slices.SortStableFunc(p.refusals, func(a, b refusal) int { return cmp.Compare(a.Line, b.Line) })
	lines, said := map[int]bool{}, map[string]bool{}
	for _, r := range p.refusals {
		found := p.found[folded(r.id)] != nil
		if lines[r.Line] || r.id != "" && (found || said[r.id]) || r.Reason == isCutShort && p.fitsOne(r.id) {
			continue
		}
		lines[r.Line], said[r.id] = true, true
		result.Refused = append(result.Refused, r.Problem)
	}
	p.found, p.candidates, p.refusals = map[string]*candidate{}, nil, nil
	return result
}

// mostFits bounds how many ids a cut one is compared with.
const mostFits = 2000

// fitsOne reports whether exactly one of the ids is the one that was cut.
func (p *parser) fitsOne(cut string) bool {
	head, tail, _ := strings.Cut(strings.ReplaceAll(cut, "...", "…"), "…")
	fits := 0
	for _, c := range p.candidates[:min(len(p.candidates), mostFits)] {
		id := c.first.id
		if len(id) > len(head)+len(tail) && strings.HasPrefix(id, head) && strings.HasSuffix(id, tail) {
			fits++
		}
	}
	return fits == 1
}
