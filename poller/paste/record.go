package paste

import (
	"cmp"
	"slices"
	"strings"

	"polltop/poller/queue"
)

// record is what one record says.
type record struct {
	p  *parser
	n  *node
	sc scope
	// values are the record's own, inner what is judged within it.
	values, inner []*node
	// own is the highest class of a key with an id in the record, floor that in it,
	// around it and within it.
	own, floor class
	// said is the endpoint that the record names, "" for none; vague is a text that
	// names one, but is none, or words that may be one.
	said, vague string
	// placed are the ids in addresses, true for those that are refused.
	placed map[string]bool
	// keyed is the id under request_id, and inURL another one in the record's URLs.
	keyed, inURL string
	// given are the record's own addresses on base, of no shape that is known, and
	// elsewhere is such an address on the origin of no base.
	given     queue.URLs
	base      *queue.Base
	elsewhere *place
	hasID     bool // an id of a known form is in it
	hasPlace  bool // an address is in it
	status    bool
	web       bool // it tells of a web access
	failed    bool // it is an API's answer that there is an error
	asked     bool // it is polltop's own event of an id of which it was unsure
}

// gather collects the values that are the record's own.
func (r *record) gather() {
	for _, kid := range r.n.kids {
		r.add(kid)
	}
	if r.sc.id != nil {
		r.values = append(r.values, r.sc.id)
	}
	for i, v := range r.values {
		if i > 0 && v.class == classNone && v.kind.isID() && r.values[i-1].kind.isID() && r.values[i-1].class.isRequest() {
			v.key, v.class = r.values[i-1].key, r.values[i-1].class // request_id: a, b
		}
		r.note(v)
	}
	for i, v := range r.values {
		if a := v.place; a != nil && r.keyed != "" && a.isRequest() && isURLKey(v.key) && !strings.EqualFold(a.id, r.keyed) {
			r.inURL = a.id
		}
		if a := v.place; i > 0 && (a != nil || strings.HasPrefix(v.text, "/")) && callRe.MatchString(r.values[i-1].text+" /") {
			r.web = true // GET /path
		}
	}
	r.web = r.web || isAccess(r.n)
	for _, v := range r.values {
		r.web = r.web && (v.place == nil || v.place.service == "")
	}
}

func isURLKey(key string) bool { return strings.HasSuffix(plainKey(key), "url") }

// add adds a value of the record. The words of a cell or of an unnamed text are values of
// their own, and so are the keys that say nothing in a line.
func (r *record) add(kid *node) {
	p := r.p
	switch {
	case kid.form != value || len(kid.kids) > 0 && (r.n.form != row || kid.key != "") || kid.form == value && idShape(kid.key).isID():
		switch key := strings.ToLower(kid.key); {
		case kid.form == object && (key == "req" || key == "request" || key == "http"):
			r.web = r.web || isAccess(kid)
		case kid.form == object && key == "error", kid.form == list && key == "detail":
			r.failed = true
		case kid.form == object && r.n.form == text && kid.best == classNone && flat(kid):
			r.values = append(r.values, kid.kids...) // the fields of a log line
			return
		}
		r.inner = append(r.inner, kid)
	case kid.key == "" && strings.ContainsAny(kid.text, " \t"):
		words := p.classified(p.words(kid.text, kid.line))
		for _, word := range words {
			// In a row the name of a model counts where it is all of a cell.
			if r.n.form == row && len(words) > 1 && word.key == "" && (word.kind.namesEndpoint() || word.kind == taskWord || word.kind == statusWord) {
				word.kind = other
			}
		}
		r.values = append(r.values, words...)
	case kid.key != "" && strings.ContainsAny(kid.text, " ,") && p.onlyIDs(strings.ReplaceAll(kid.text, ",", " ")):
		for _, word := range p.words(kid.text, kid.line) {
			word.key = kid.key
			r.values = append(r.values, p.classified([]*node{word})...)
		}
	case r.n.form == text && kid.class == classPlain && !kid.assigned:
		word := &node{text: kid.key, line: kid.line}
		kid.key = ""
		r.values = append(r.values, p.classified([]*node{word, kid})...)
	default:
		r.failed = r.failed || kid.key == "detail" && kid.text != ""
		r.values = append(r.values, kid)
		if kid.assigned {
			p.assign(kid.key, kid.text)
		}
	}
}

// note notes what a value tells of the record.
func (r *record) note(v *node) {
	if a := v.place; a != nil {
		r.give(a, v.key)
		r.hasPlace = r.hasPlace || a.service != "" && !a.page
		if a.id != "" && !a.page {
			if r.placed == nil {
				r.placed = map[string]bool{}
			}
			r.placed[folded(a.id)] = r.placed[folded(a.id)] || a.foreign != ""
		}
	}
	r.asked = r.asked || v.key == "event" && v.text == "unsure"
	c := v.class
	if c == classRequest && r.keyed == "" && fitsID(v.text) && hasDigit(v.text) {
		r.keyed = v.text
	}
	r.hasID = r.hasID || v.kind.isID() || v.kind == pair || v.place != nil && v.place.isRequest()
	r.status = r.status || v.kind == statusWord && (v.key == "" || statusKeys[plainKey(v.key)])
	if c == classID || c <= classTask && (isNothing(v.text) || v.kind.isID() || v.kind == looseID || v.kind == shortMmsu || v.kind == cutID || c <= classRequest && fitsID(v.text) && hasDigit(v.text) || isLongNumber(v.text)) {
		r.own = min(r.own, c)
	}
}

// give notes an address of no known shape under a key of a request's own.
func (r *record) give(a *place, key string) {
	given := map[string]*string{"statusurl": &r.given.Status, "responseurl": &r.given.Response, "cancelurl": &r.given.Cancel}[plainKey(key)]
	switch {
	case given == nil || a.service != "" || a.page || a.base != nil && r.base != nil && a.base != r.base:
	case a.base != nil:
		*given, r.base = a.raw, a.base
	case a.origin != "":
		r.elsewhere = a
	}
}

// isAccess reports whether a record tells the method and the path of a web access.
func isAccess(n *node) bool {
	method, path := false, false
	for _, kid := range n.kids {
		switch plainKey(kid.key) {
		case "method", "httpmethod", "verb":
			method = true
		case "path", "url", "uri", "route":
			path = true
		}
	}
	return method && path
}

// findEndpoint finds out which endpoint the record names: by an address of a queue, by a
// key, or by the name of a model in it.
func (r *record) findEndpoint() {
	byKey, first, vague := "", len(endpointKeys), ""
	for _, v := range r.values {
		if a := v.place; a != nil && a.id == "" && a.endpoint != "" {
			r.say(a.endpoint)
		}
		if v.class != classEndpoint || isNothing(v.text) {
			continue
		}
		rank := max(0, slices.Index(endpointKeys, strings.TrimSuffix(plainKey(v.key), "s")))
		switch {
		case !fitsEndpoint(v.text) || v.kind.isID() || v.kind == pair || isHash(v.text):
			if strings.HasPrefix(endpointKeys[rank], "model") && !strings.ContainsAny(v.text, "/:") {
				vague = v.text
			}
		case rank < first && (rank < onlyModels || v.kind == model):
			byKey, first = v.text, rank
		}
	}
	if r.said == "" {
		r.said = byKey
	}
	if r.said == "" {
		r.findModel()
	}
	if r.said == "" && r.vague == "" {
		r.vague = vague
	}
}

// maxNamingLine bounds the length of a line in which names of models are looked for, in
// bytes, as it is done for each id in it.
const maxNamingLine = 4096

// modelIn returns the first name of a model in a line, "" for none: an id for which
// nothing says the endpoint may belong to it.
func (p *parser) modelIn(number int) string {
	at, ok := slices.BinarySearchFunc(p.lines, number, func(l line, n int) int { return cmp.Compare(l.number, n) })
	if !ok || len(p.lines[at].text) > maxNamingLine {
		return ""
	}
	for word := range strings.FieldsFuncSeq(p.lines[at].text, func(r rune) bool { return strings.ContainsRune(" \t,;|\"'`=(){}[]<>\\", r) }) {
		if word != p.source.Endpoint && p.shape(strings.Trim(word, ".:*")) == model {
			return word
		}
	}
	return ""
}

// say notes an endpoint that the record names. Another one makes it vague.
func (r *record) say(endpoint string) {
	if r.said == "" {
		r.said = endpoint
	} else if r.said != endpoint {
		r.vague = r.said + " or " + endpoint
	}
}

// findModel finds the one model name in a line, or the one cell that is one; else one
// word beside ids which is their endpoint, or may be it, if there is nothing else in the
// line but states, numbers and times.
func (r *record) findModel() {
	ids, words := 0, -1
	for i, v := range r.values {
		switch k := v.kind; {
		case k == model && (v.class == classNone || v.class == classPlain && r.n.form == row):
			r.say(v.text)
		case k.isID() && v.key != "" && r.n.form != object && r.p.shape(v.key) == model:
			r.say(v.key) // kling_v3=id
		case k.isID() || k == pair:
			ids++
		case k == statusWord || k == number || k == address:
			continue
		case v.key != "" || k == taskWord || words != -1:
			words = -2
		default:
			words = i
		}
	}
	if r.said != "" || words < 0 || ids == 0 || r.n.form != text {
		return
	}
	word := r.values[words]
	beside := words > 0 && r.values[words-1].kind.isID() || words+1 < len(r.values) && r.values[words+1].kind.isID()
	switch {
	case !beside:
	case word.kind.namesEndpoint():
		r.said = word.text
	case word.kind.maybeEndpoint() && r.p.classOf(word.text) == classPlain && r.sc.endpoint == "":
		r.vague = word.text
	}
}
