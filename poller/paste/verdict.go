package paste

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unique"

	"polltop/poller/queue"
)

// evidence is how well an endpoint is known. What is said in a record and around it
// counts alike.
type evidence byte

const (
	byNothing evidence = iota
	byDefault          // it is the default one
	byRecord           // the record or something around it says it
	byAddress          // it stands in the request's own address
	byScope   = byRecord
)

// mention is one place where an id stands that is taken for a request's.
type mention struct {
	id       string
	kind     kind
	line     int
	endpoint string
	level    evidence
	base     *queue.Base
	place    *place
	given    queue.URLs // addresses of no known shape
	service  string     // that the key of the id names
	why      string     // what is unsure; "" for nothing
}

// doubt notes what is unsure, if nothing else is.
func (m *mention) doubt(why string) { m.why = cmp.Or(m.why, why) }

// refusal is a mention that is refused.
type refusal struct {
	line       int
	id, reason string // id is "" for none
}

// folded returns an id in the form in which two are compared: a UUID means the same in
// capitals.
func folded(id string) string {
	if len(id) == 36 && uuidForm.MatchString(id) {
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
	m.id = strings.Clone(m.id)
	if m.kind == uuid {
		m.id = strings.ToLower(m.id) // as the services write them
	}
	if m.level == byNothing && p.source.Endpoint != "" {
		m.endpoint, m.level = p.source.Endpoint, byDefault
	}
	m.endpoint = unique.Make(m.endpoint).Value() // one copy for all
	if m.base == nil {
		p.findBase(&m)
	}
	if m.endpoint == "" {
		m.doubt("no endpoint is known: write it before the id, with a / between, or give that of all with --endpoint or ENDPOINT")
	} else if m.level == byDefault && (m.kind == uuid || m.service == fal) && !strings.Contains(m.endpoint, "/") && !falOldApp.MatchString(m.endpoint) &&
		slices.ContainsFunc(p.source.Bases, func(b *queue.Base) bool { return !b.Serves(seacloud) }) {
		m.doubt("its form is that of fal's and Comfy's ids, and no endpoint of theirs is said: is it one of " + m.endpoint + "?")
	}
	p.mentions = append(p.mentions, m)
}

// isSecret reports whether a text holds one of the secrets.
func (p *parser) isSecret(content string) bool {
	return slices.ContainsFunc(p.source.Secrets, func(secret string) bool { return len(secret) >= leastSecret && strings.Contains(content, secret) })
}

// falOldApp is an app of fal in the old form of its id, number-name.
var falOldApp = regexp.MustCompile(`^([0-9]{4,})-([a-zA-Z][a-zA-Z0-9-]*)$`)

// findBase finds the base of a mention by what is known of its service.
func (p *parser) findBase(m *mention) {
	services := []string{fal, comfy}
	switch {
	case m.place != nil && m.place.service != "":
		services = []string{m.place.service}
	case m.service != "":
		services = []string{m.service}
	case m.kind == mmsu || m.kind == xid || m.kind == shortMmsu:
		services = []string{seacloud}
	case strings.HasPrefix(m.endpoint, "fal-ai/"), falOldApp.MatchString(m.endpoint):
		services = []string{fal}
	case !strings.Contains(m.endpoint, "/"):
		services = []string{seacloud}
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
		p.refusals = append(p.refusals, refusal{line: line, id: id, reason: reason})
	}
}

func (p *parser) refuseForeign(line int, id, base string) {
	p.refuse(line, id, "the address is on "+shown(base)+", which is no configured base URL: to have it asked, with your key, start with --base-url "+shown(base))
}

// verdicts returns the one verdict of each id, and forgets the mentions.
func (p *parser) verdicts() (result Result) {
	groups := map[string][]mention{}
	var order []string
	for _, m := range p.mentions {
		key := folded(m.id)
		if _, ok := groups[key]; !ok {
			order = append(order, key)
		}
		groups[key] = append(groups[key], m)
	}
	for _, key := range order {
		requests, question := verdict(groups[key])
		result.Requests = append(result.Requests, requests...)
		if question != nil {
			result.Unsure = append(result.Unsure, *question)
		}
	}
	lines, said := map[int]bool{}, map[string]bool{}
	for _, r := range p.refusals {
		if lines[r.line] || r.id != "" && (len(groups[folded(r.id)]) > 0 || said[r.id]) || r.reason == isCutShort && fitsOne(r.id, order) {
			continue
		}
		lines[r.line], said[r.id] = true, true
		result.Refused = append(result.Refused, Problem{Line: r.line, Reason: r.reason})
	}
	slices.SortStableFunc(result.Unsure, func(a, b Question) int { return cmp.Compare(a.Line, b.Line) })
	slices.SortStableFunc(result.Refused, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	p.mentions, p.refusals = nil, nil
	return result
}

// mostFits bounds how many ids a cut one is compared with.
const mostFits = 2000

// fitsOne reports whether exactly one of the ids is the one that was cut.
func fitsOne(cut string, ids []string) bool {
	head, tail, _ := strings.Cut(strings.ReplaceAll(cut, "...", "…"), "…")
	fits := 0
	for _, id := range ids[:min(len(ids), mostFits)] {
		fits += count(len(id) > len(head)+len(tail) && strings.HasPrefix(id, head) && strings.HasSuffix(id, tail))
	}
	return fits == 1
}

// verdict compares all mentions of one id: the best known endpoint counts, and where
// equally good ones differ, it is a question.
func verdict(mentions []mention) (requests []queue.Request, question *Question) {
	var best *mention
	unlike := ""
	for i := range mentions {
		m := &mentions[i]
		longer := func(a, b string) bool { return m.level == byAddress && strings.HasPrefix(a, b+"/") }
		switch {
		case m.why != "":
		case best == nil || m.level > best.level:
			best, unlike = m, ""
		case m.level < best.level || m.endpoint == best.endpoint && m.base == best.base:
		case m.base != best.base && m.level == byAddress:
			requests = append(requests, m.request())
		case longer(m.endpoint, best.endpoint):
			best = m
		case m.endpoint != best.endpoint && !longer(best.endpoint, m.endpoint):
			unlike = m.endpoint
		}
	}
	if best != nil && unlike == "" {
		return append([]queue.Request{best.request()}, requests...), nil
	}
	first := slices.MinFunc(mentions, func(a, b mention) int { return cmp.Compare(a.line, b.line) })
	if unlike != "" {
		first.why = "two endpoints are said of it, " + best.endpoint + " and " + unlike
	}
	return nil, &Question{Line: first.line, Why: first.why, Request: first.request()}
}

// shown returns outside text as a reason may hold it: bounded, and with what is not
// printable escaped.
func shown(content string) string {
	quoted := strconv.Quote(clip(content, 100))
	return quoted[1 : len(quoted)-1]
}

// clip returns at most n bytes of a text, whole characters alone.
func clip(content string, n int) string {
	if len(content) <= n {
		return content
	}
	for n > 0 && content[n]&0xc0 == 0x80 {
		n--
	}
	return content[:n] + "…"
}
