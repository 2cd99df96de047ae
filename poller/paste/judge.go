package paste

import (
	"strings"

	"polltop/poller/queue"
)

// scope is what stands around a record.
type scope struct {
	// endpoint is the one that something around says, "" for none.
	endpoint string
	// word is what the ids stand under, where it may be their endpoint.
	word string
	// best is the highest class of a key with an id in the records around.
	best class
	// id is the key under which the record stands, where that is an id.
	id token
}

// record is what one record says.
type record struct {
	p    *parser
	n    *node
	sc   scope
	toks []token
	// own is the highest class of a key with an id in the record, floor that in it,
	// around it and within it.
	own, floor class
	places     []*place
	// said is the endpoint that the record names, "" for none; vague is a text that
	// names one, but is none, or words that may be one.
	said, vague string
	// placed are the ids in addresses, true for those that are refused.
	placed map[string]bool
	// keyed is the id under request_id, and inURL another one in the record's URLs.
	keyed, inURL string
	// given are the record's own addresses on base, of no shape that is known.
	given queue.URLs
	base  *queue.Base
	// elsewhere is such an address on the origin of no base.
	elsewhere *place
	hasID     bool // an id of a known form is in it
	status    bool
	web       bool
	failed    bool // an API's answer that there is an error
}

// judge weighs a node and all in it.
func (p *parser) judge(n *node, sc scope) {
	switch n.kind {
	case scalar:
		p.judgeTexts(n, sc)
	case list, tuple:
		p.judgeList(n, sc)
	default:
		p.judgeRecord(n, sc)
	}
}

// judgeTexts weighs a text that is a line of its own, or several.
func (p *parser) judgeTexts(n *node, sc scope) {
	if len(n.kids) > 0 {
		for _, kid := range n.kids {
			p.judge(kid, sc)
		}
		return
	}
	if n.text != "" {
		p.judgeRecord(&node{kind: prose, line: n.line, words: p.words(n.text, n.line), best: classNone}, sc)
	}
}

// judgeList weighs a list: a tuple, and a list in a list, is a row where values alone
// are in it.
func (p *parser) judgeList(n *node, sc scope) {
	if n.kind == tuple || n.cells {
		if row := p.rowOf(n); row != nil {
			p.judgeRecord(row, sc)
			return
		}
	}
	models := 0
	for _, kid := range n.kids {
		if n.kind == tuple && kid.kind == scalar && p.shape(kid.text) == model {
			sc.endpoint, models = kid.text, models+1 // status("model", {request_id})
		}
	}
	if models > 1 {
		sc.endpoint = ""
	}
	for _, kid := range n.kids {
		if kid.kind == list {
			kid.cells = true
		}
		p.judge(kid, sc)
	}
}

// rowOf returns the row that a list of values is; nil where it is none.
func (p *parser) rowOf(n *node) *node {
	row := &node{kind: prose, line: n.line, cells: true, best: classNone}
	for _, kid := range n.kids {
		if kid.kind != scalar || len(kid.kids) > 0 {
			return nil
		}
		words := p.words(kid.text, kid.line)
		if len(words) > 1 {
			for i := range words {
				if words[i].kind.namesEndpoint() {
					words[i].kind = other
				}
			}
		}
		row.words = append(row.words, words...)
	}
	return row
}

// judgeRecord weighs a record, and what stands within it.
func (p *parser) judgeRecord(n *node, sc scope) {
	r := &record{p: p, n: n, sc: sc, own: classNone}
	r.gather()
	r.floor = min(r.own, sc.best, n.best)
	r.weighEndpoint()
	r.weighPlaces()
	r.weighKeyed()
	r.weighLoose()
	inner := scope{endpoint: sc.endpoint, best: min(sc.best, r.own)}
	if r.said != "" && r.vague == "" {
		inner.endpoint = r.said
	}
	for _, kid := range n.kids {
		if kid.kind != scalar || len(kid.kids) > 0 {
			r.within(kid, inner)
		} else if idShape(kid.key).isID() {
			p.judgeRecord(&node{kind: prose, line: kid.line, words: p.words(kid.key+" "+kid.text, kid.line), best: classNone}, inner)
		}
	}
	for _, t := range r.toks {
		if t.long && p.classOf(t.key) != classN {
			for _, kid := range p.texts(t.text, t.line, 1) {
				p.judge(kid, inner)
			}
		}
	}
}

// within weighs what stands in a record under a key.
func (r *record) within(kid *node, sc scope) {
	p := r.p
	c := p.classOf(kid.key)
	switch k := p.shape(kid.key); {
	case kid.key == "":
	case k.isID():
		sc.id = token{text: kid.key, kind: k, line: kid.line}
	case k.namesEndpoint() && c == classE:
		sc.endpoint = kid.key
	case (k == name || k == odd) && c == classE && kid.kind == list:
		sc.word = kid.key
	}
	if kid.kind != list || c == classE && !bareIDs(kid) || c == classNone {
		p.judge(kid, sc)
		return
	}
	if plain := plainKey(kid.key); plain == "ids" || plain == "data" || plain == "items" || plain == "results" || sc.word != "" || sc.endpoint == kid.key {
		p.judge(kid, sc)
		return
	}
	row := &node{kind: object, line: kid.line, best: kid.best}
	for _, item := range kid.kids {
		if item.kind == scalar && len(item.kids) == 0 {
			copied := *item
			copied.key = kid.key
			row.kids = append(row.kids, &copied)
		} else {
			p.judge(item, sc)
		}
	}
	p.judgeRecord(row, sc)
}

// bareIDs reports whether a list holds single words.
func bareIDs(n *node) bool {
	for _, kid := range n.kids {
		if kid.kind != scalar || strings.Contains(kid.text, " ") {
			return false
		}
	}
	return true
}

// gather collects what the record says of its own.
func (r *record) gather() {
	p := r.p
	for _, t := range r.n.words {
		if c := p.classOf(t.key); c == classE && t.sep == ':' {
			// A key that says nothing is a word of the text.
			r.toks = append(r.toks, token{text: t.key, kind: p.shape(t.key), line: t.line})
			t.key = ""
		} else if t.key != "" && t.sep == '=' {
			p.assign(t.key, t.text)
		}
		if last := len(r.toks) - 1; last >= 0 && t.key == "" && t.kind.isID() && r.toks[last].kind.isID() && p.classOf(r.toks[last].key).isRequest() {
			t.key, t.sep = r.toks[last].key, r.toks[last].sep // request_id: a, b
		}
		r.toks = append(r.toks, t)
	}
	for _, kid := range r.n.kids {
		if kid.kind != scalar || len(kid.kids) > 0 {
			r.web = r.web || kid.kind == object && (kid.key == "req" || kid.key == "request" || kid.key == "http") && isAccess(kid)
			if kid.key == "error" && kid.kind == object {
				r.failed = true
			}
			continue
		}
		text := kid.text
		if idShape(kid.key).isID() {
			continue // a record of its own
		}
		if kid.key == "" {
			r.toks = append(r.toks, p.words(text, kid.line)...)
			continue
		}
		if ids := p.idsIn(text, kid); ids != nil {
			r.toks = append(r.toks, ids...)
			continue
		}
		t := token{text: trimWord(strings.TrimSpace(text)), key: kid.key, sep: '=', line: kid.line, assigned: kid.assigned}
		if t.place = p.address(t.text, kid.line); t.place != nil && (t.place.service != "" || t.place.page) {
			t.kind = address
		} else {
			r.give(t.place, kid.key)
			if t.place = nil; !strings.ContainsAny(t.text, " \t\n") {
				t.kind = p.shape(t.text)
			}
		}
		if kid.key == "detail" && text != "" {
			r.failed = true
		}
		r.toks = append(r.toks, t)
	}
	if r.sc.id.text != "" {
		r.toks = append(r.toks, r.sc.id)
	}
	for _, t := range r.toks {
		c := p.classOf(t.key)
		if a := t.place; a != nil && !a.page {
			r.places = append(r.places, a)
			if a.id != "" {
				r.place(a)
			}
		}
		if c == classB && r.keyed == "" && fitsID(t.text) && hasDigit(t.text) {
			r.keyed = t.text
		}
		r.hasID = r.hasID || t.kind.isID() || t.kind == pair || t.place != nil && t.place.isRequest()
		r.status = r.status || t.kind == statusWord && (t.key == "" || isStatusKey(t.key))
		if c == classD || c <= classC && (isNothing(t.text) || t.kind.isID() || t.kind == odd || t.kind == shortMmsu || t.kind == cut || c <= classB && fitsID(t.text) && hasDigit(t.text) || isLongNumber(t.text)) {
			r.own = min(r.own, c)
		}
	}
	for _, t := range r.toks {
		if a := t.place; r.keyed != "" && a != nil && a.isRequest() && strings.HasSuffix(plainKey(t.key), "url") && !strings.EqualFold(a.id, r.keyed) {
			r.inURL = a.id
		}
	}
	r.web = r.web || isAccess(r.n) || r.n.kind == prose && callsWeb(r.toks)
	for _, a := range r.places {
		r.web = r.web && a.service == ""
	}
}

// give notes an address under a key of a request's own, on a base's origin.
func (r *record) give(a *place, key string) {
	if a == nil || a.base == nil && a.origin == "" || a.base != nil && r.base != nil && a.base != r.base {
		return
	}
	given := map[string]*string{"statusurl": &r.given.Status, "responseurl": &r.given.Response, "cancelurl": &r.given.Cancel}[plainKey(key)]
	switch {
	case given == nil:
	case a.base == nil:
		r.elsewhere = a
	default:
		*given, r.base = a.raw, a.base
	}
}

// place notes the id of an address.
func (r *record) place(a *place) {
	if r.placed == nil {
		r.placed = map[string]bool{}
	}
	r.placed[folded(a.id)] = r.placed[folded(a.id)] || a.foreign != ""
}

// idsIn returns the ids of a value that holds several and nothing else; nil where it
// does not.
func (p *parser) idsIn(text string, kid *node) []token {
	if !strings.ContainsAny(strings.TrimSpace(text), " ,") {
		return nil
	}
	words := p.words(text, kid.line)
	for i := range words {
		if !words[i].kind.isID() || words[i].key != "" {
			return nil
		}
		words[i].key, words[i].sep = kid.key, '='
	}
	return words
}

func isStatusKey(key string) bool {
	switch plainKey(key) {
	case "status", "state", "taskstatus", "jobstatus", "requeststatus", "outcome", "phase":
		return true
	}
	return false
}

// isAccess reports whether a record tells the method and the path of a web access.
func isAccess(n *node) bool {
	method, path := false, false
	see := func(key string) {
		switch strings.ToLower(key) {
		case "method", "httpmethod", "http_method", "verb":
			method = true
		case "path", "url", "uri", "route", "endpoint_path":
			path = true
		}
	}
	for _, kid := range n.kids {
		see(kid.key)
	}
	for _, t := range n.words {
		see(t.key)
	}
	return method && path
}

// callsWeb reports whether a line names a method and a path.
func callsWeb(toks []token) bool {
	for i, t := range toks {
		switch t.text {
		case "GET", "POST", "PUT", "DELETE", "PATCH", "HEAD":
			if i+1 < len(toks) && (strings.HasPrefix(toks[i+1].text, "/") || toks[i+1].place != nil) {
				return true
			}
		}
	}
	return false
}

func isLongNumber(text string) bool {
	return len(text) >= minID && allBytes(text, func(b byte) bool { return b >= '0' && b <= '9' })
}
