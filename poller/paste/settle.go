package paste

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"polltop/poller/queue"
)

// evidence is how well an endpoint is known.
type evidence byte

const (
	byNothing evidence = iota
	byDefault          // it is the default one
	byScope            // something around the record says it
	byRecord           // the record says it
	byAddress          // it stands in the request's own address
)

// claim is one mention of an id that is taken for that of a request.
type claim struct {
	id       string
	kind     kind
	line     int
	endpoint string
	level    evidence
	base     *queue.Base
	place    *place
	given    queue.URLs // addresses of no known shape
	key      string     // the service that the key of the id names
	// why says what is unsure; "" for nothing.
	why string
	// order is how many claims came before.
	order int
}

// refusal is a mention that is refused.
type refusal struct {
	line   int
	id     string // "" for none
	cut    bool
	reason string
}

// folded returns an id in the form in which two are compared: a UUID means the same in
// capitals.
func folded(id string) string {
	if isUUID(id) {
		return strings.ToLower(id)
	}
	return id
}

// claim adds a mention of an id, with what is unsure of it.
func (p *parser) claim(c claim, why string) {
	if p.silent[c.id] || p.isSecret(c.id) || p.isSecret(c.endpoint) {
		if p.isSecret(c.id) || p.isSecret(c.endpoint) {
			p.refuse(c.line, "", "this is the key or a header's value, not a request")
		}
		return
	}
	c.why = cmp.Or(why, c.why)
	c.id = strings.Clone(c.id)
	if c.level == byNothing && p.source.Endpoint != "" {
		c.endpoint, c.level = p.source.Endpoint, byDefault
	}
	c.endpoint = p.intern(c.endpoint)
	if c.base == nil {
		p.findBase(&c)
	}
	switch {
	case c.why != "":
	case c.endpoint == "":
		c.why = "no endpoint is known: write endpoint/" + shown(c.id) + ", or give that of all with --endpoint or ENDPOINT"
	case c.level == byDefault && (c.kind == uuid || c.key == fal) && !strings.Contains(c.endpoint, "/") && p.hasOther():
		c.why = "its form is that of fal's and Comfy's ids, and no endpoint of theirs is said: is it one of " + c.endpoint + "?"
	}
	c.order = len(p.claims)
	p.claims = append(p.claims, c)
}

// isSecret reports whether a text holds one of the secrets.
func (p *parser) isSecret(text string) bool {
	for _, secret := range p.source.Secrets {
		if len(secret) >= leastSecret && strings.Contains(text, secret) {
			return true
		}
	}
	return false
}

// hasOther reports whether a base of fal or Comfy is configured.
func (p *parser) hasOther() bool {
	return slices.ContainsFunc(p.source.Bases, func(b *queue.Base) bool { return !b.Serves(seacloud) })
}

// findBase finds the base of a claim by what is known of its service.
func (p *parser) findBase(c *claim) {
	services := []string{fal, comfy}
	switch {
	case c.place != nil && c.place.service != "":
		services = []string{c.place.service}
	case c.key != "":
		services = []string{c.key}
	case c.kind == mmsu || c.kind == xid || c.kind == shortMmsu:
		services = []string{seacloud}
	case strings.HasPrefix(c.endpoint, "fal-ai/"):
		services = []string{fal}
	case !strings.Contains(c.endpoint, "/"):
		services = []string{seacloud}
	}
	for _, b := range p.source.Bases {
		for _, service := range services {
			if b.Serves(service) {
				c.base = b
				return
			}
		}
	}
	if c.why == "" {
		c.why = "no base URL of " + strings.Join(services, " or ") + " is configured: give one with --base-url"
	}
}

// intern returns the one copy of an endpoint.
func (p *parser) intern(endpoint string) string {
	if kept, ok := p.endpoints[endpoint]; ok {
		return kept
	}
	endpoint = strings.Clone(endpoint)
	if len(p.endpoints) < mostKept {
		p.endpoints[endpoint] = endpoint
	}
	return endpoint
}

// refuse adds a line that is refused.
func (p *parser) refuse(line int, id, reason string) {
	if !p.silent[id] {
		p.refusals = append(p.refusals, refusal{line: line, id: id, reason: reason})
	}
}

func (p *parser) refuseCut(t token) {
	p.refusals = append(p.refusals, refusal{line: t.line, id: t.text, cut: true,
		reason: "the id was cut short (…) by whatever showed it: copy the whole id"})
}

func (p *parser) refuseForeign(a *place) {
	p.refuse(a.line, a.id, "the address is on "+shown(a.foreign)+", which is no configured base URL: to have it asked, with your key, start with --base-url "+shown(a.foreign))
}

// settle returns the one verdict of each id, and forgets the mentions.
func (p *parser) settle() Result {
	var result Result
	groups := map[string][]claim{}
	var order []string
	for _, c := range p.claims {
		key := folded(c.id)
		if _, ok := groups[key]; !ok {
			order = append(order, key)
		}
		groups[key] = append(groups[key], c)
	}
	sure := map[string]bool{}
	for _, key := range order {
		requests, question := p.verdict(groups[key])
		sure[key] = true
		result.Requests = append(result.Requests, requests...)
		if question != nil {
			result.Unsure = append(result.Unsure, *question)
		}
	}
	slices.SortStableFunc(result.Unsure, func(a, b Question) int { return cmp.Compare(a.Line, b.Line) })
	lines := map[int]bool{}
	said := map[string]bool{}
	for _, r := range p.refusals {
		if lines[r.line] || r.id != "" && (sure[folded(r.id)] || said[r.id]) || r.cut && fitsOne(r.id, order) {
			continue
		}
		lines[r.line], said[r.id] = true, true
		result.Refused = append(result.Refused, Problem{Line: r.line, Reason: r.reason})
	}
	slices.SortStableFunc(result.Refused, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	p.claims, p.refusals = nil, nil
	return result
}

// mostFits bounds how many ids a cut one is compared with.
const mostFits = 2000

// fitsOne reports whether exactly one of the ids is the one that was cut.
func fitsOne(cut string, ids []string) bool {
	if len(ids) > mostFits {
		return false
	}
	head, tail, _ := strings.Cut(strings.ReplaceAll(cut, "...", "…"), "…")
	fits := 0
	for _, id := range ids {
		fits += count(len(id) > len(head)+len(tail) && strings.HasPrefix(id, head) && strings.HasSuffix(id, tail))
	}
	return fits == 1
}

// verdict weighs all mentions of one id: the best known endpoint counts, and where
// equally good ones differ, it is a question.
func (p *parser) verdict(claims []claim) (requests []queue.Request, question *Question) {
	var best *claim
	unlike := ""
	for i := range claims {
		c := &claims[i]
		if c.why != "" {
			continue
		}
		level, top := c.level.rank(), byNothing
		if best != nil {
			top = best.level.rank()
		}
		switch {
		case best == nil || level > top:
			best, unlike = c, ""
		case level < top || c.endpoint == best.endpoint:
		case level == byAddress && c.base != best.base:
			requests = append(requests, p.request(c))
		case level == byAddress && strings.HasPrefix(c.endpoint, best.endpoint+"/"):
			best = c
		case level == byAddress && strings.HasPrefix(best.endpoint, c.endpoint+"/"):
		default:
			unlike = c.endpoint
		}
	}
	switch {
	case best == nil:
		return nil, p.question(claims)
	case unlike != "":
		best.why = "two endpoints are said of it, " + best.endpoint + " and " + unlike
		for i := range claims {
			claims[i].why = best.why
		}
		return nil, p.question(claims)
	}
	return append([]queue.Request{p.request(best)}, requests...), nil
}

// rank makes one of what counts alike: an endpoint in the record and around it.
func (e evidence) rank() evidence {
	if e == byScope {
		return byRecord
	}
	return e
}

// question returns the question that the mentions of an id leave, on the first line.
func (p *parser) question(claims []claim) *Question {
	first := slices.MinFunc(claims, func(a, b claim) int { return cmp.Compare(a.line, b.line) })
	q := &Question{Line: first.line, Why: first.why}
	if first.base != nil {
		q.Request = p.request(&first)
	} else {
		q.Request = queue.Request{ID: first.id, Endpoint: first.endpoint}
	}
	return q
}

// request returns the request of a claim that has a base.
func (p *parser) request(c *claim) queue.Request {
	r := queue.Request{ID: c.id, Endpoint: c.endpoint, Base: c.base, Assumed: c.level == byDefault}
	if c.place != nil && c.place.base != nil {
		c.given = c.place.urls()
	}
	if c.endpoint != "" {
		r.URLs = unlike(r, c.given)
	}
	return r
}

// shown returns outside text as a reason may hold it: bounded, and with what is not
// printable escaped.
func shown(text string) string {
	quoted := strconv.Quote(clip(text, 100))
	return quoted[1 : len(quoted)-1]
}

// clip returns at most n bytes of a text, whole characters alone.
func clip(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && text[n]&0xc0 == 0x80 {
		n--
	}
	return fmt.Sprintf("%s…", text[:n])
}
