package paste

import (
	"cmp"
	"slices"
	"strings"

	"polltop/poller/queue"
)

// scope is what stands around a record.
type scope struct {
	// endpoint is the one that something around says, and word what the ids stand under,
	// where it may be their endpoint; "" for none.
	endpoint, word string
	best           class  // the highest of a key with an id in the records around
	id             string // the key under which the record stands, where that is an id
}

// evidence is what a record says of the ids in it.
type evidence struct {
	p     *parser
	r     *record
	sc    scope
	floor class // the highest of a key with an id in the record, in it and around it
	// said is the endpoint that the record names, "" for none; vague is a text that names
	// one, but is none, or words that may be one.
	said, vague string
	placed      []string // ids in the record's addresses, which are taken there
	// keyed is the id under request_id, and twoIDs says that the record's URLs have another.
	keyed  string
	twoIDs bool
	// given are the record's own addresses on base, of no shape that is known, and
	// elsewhere is the origin of such an address where that is of no base.
	given     queue.URLs
	base      *queue.Base
	elsewhere string

	hasID, hasPlace, hasStatus bool
	method, path               bool // of a web access
	failed                     bool // it is an API's answer that there is an error
	asked                      bool // polltop was unsure of it and says so here
}

// judge weighs the evidence in a record and in all inside it.
func (p *parser) judge(r *record, sc scope) {
	if r.form == list {
		for _, v := range r.values {
			one := &record{form: sentence, line: v.line, values: []value{v}}
			p.close(one)
			p.judge(one, sc)
		}
		for _, kid := range r.inner {
			if kid.form == list && len(kid.inner) == 0 {
				kid.form = row
			}
			p.judge(kid, sc)
		}
		return
	}
	e := &evidence{p: p, r: r, sc: sc, floor: min(r.best, sc.best)}
	e.note()
	e.findEndpoint()
	e.takeIDs()
	inner := scope{endpoint: cmp.Or(r.created, sc.endpoint), best: min(sc.best, r.own)}
	if e.said != "" && e.vague == "" {
		inner.endpoint = e.said
	}
	for _, kid := range r.inner {
		under := inner
		switch k := p.shape(kid.key); {
		case k.isID():
			under.id = kid.key
		case kid.class != classPlain:
		case k.namesEndpoint():
			under.endpoint = kid.key
		case k.maybeEndpoint() && (kid.form == list || len(kid.values) == 0):
			under.word = kid.key
		}
		p.judge(kid, under)
	}
}

// note notes what the values tell of the record. The fields of a log line stand in it.
func (e *evidence) note() {
	r := e.r
	for _, kid := range r.inner {
		switch key := strings.ToLower(kid.key); {
		case key == "error" && kid.form == object, key == "detail" && kid.form == list:
			e.failed = true
		case kid.form == object && (key == "req" || key == "request" || key == "http"):
			for _, v := range kid.values {
				e.noteWeb(v.key)
			}
		case r.form == sentence && kid.form == object && key == "" && kid.best == classNone && len(kid.inner) == 0:
			r.values = append(r.values, kid.values...)
			kid.values = nil
		}
	}
	if e.sc.id != "" {
		r.values = append(r.values, e.p.classified("", e.sc.id, r.line))
	}
	for i := range r.values {
		v := &r.values[i]
		e.noteValue(v)
		if i > 0 && (v.place != nil || strings.HasPrefix(v.text, "/")) && callForm.MatchString(r.values[i-1].text+" /") {
			e.method, e.path = true, true
		}
	}
	for _, v := range r.values {
		e.twoIDs = e.twoIDs || e.keyed != "" && isURLOf(&v) && !strings.EqualFold(v.place.id, e.keyed)
	}
}

// isURLOf reports whether a value is the address of a request under a key such as status_url.
func isURLOf(v *value) bool {
	return v.place != nil && v.place.id != "" && !v.place.page && strings.HasSuffix(plainKey(v.key), "url")
}

func (e *evidence) noteValue(v *value) {
	if a := v.place; a != nil {
		e.give(a, v.key)
		e.hasPlace = e.hasPlace || a.Service != ""
		if a.id != "" && !a.page {
			e.hasID = true
			e.placed = append(e.placed, folded(a.id))
		}
	}
	e.noteWeb(v.key)
	if v.class == classRequest && e.keyed == "" && fitsID(v.text) && hasDigit(v.text) {
		e.keyed = v.text
	}
	e.asked = e.asked || v.text == "unsure" && (v.key == "event" || v.key == "")
	e.failed = e.failed || v.key == "detail" && v.text != ""
	e.hasID = e.hasID || v.kind.isID() || v.kind == pair
	e.hasStatus = e.hasStatus || v.kind == statusWord && (v.key == "" || statusKeys[plainKey(v.key)])
}

func (e *evidence) noteWeb(key string) {
	switch plainKey(key) {
	case "method", "httpmethod", "verb":
		e.method = true
	case "path", "url", "uri", "route":
		e.path = true
	}
}

// give notes an address of no known shape under a key of a request's own.
func (e *evidence) give(a *place, key string) {
	given := map[string]*string{"statusurl": &e.given.Status, "responseurl": &e.given.Response, "cancelurl": &e.given.Cancel}[plainKey(key)]
	switch {
	case given == nil || a.Service != "" || a.page || a.Base != nil && e.base != nil && a.Base != e.base:
	case a.Base != nil:
		*given, e.base = a.Text, a.Base
	default:
		e.elsewhere = a.Origin
	}
}

// findEndpoint finds out which endpoint the record names: by an address of a queue, by a
// key, or by the name of a model in it.
func (e *evidence) findEndpoint() {
	byKey, first, vague := "", len(endpointKeys), ""
	for _, v := range e.r.values {
		if a := v.place; a != nil && a.id == "" && a.endpoint != "" {
			e.say(a.endpoint)
		}
		if v.class != classEndpoint || isNothing(v.text) {
			continue
		}
		rank := max(0, slices.Index(endpointKeys, strings.TrimSuffix(plainKey(v.key), "s")))
		switch fits := fitsEndpoint(v.text) && !v.kind.isID() && v.kind != pair; {
		case fits && rank < first && (rank < onlyModels || v.kind == model):
			byKey, first = v.text, rank
		case !fits && strings.HasPrefix(endpointKeys[rank], "model") && !strings.ContainsAny(v.text, "/:"):
			vague = v.text
		}
	}
	if e.said = cmp.Or(e.said, byKey); e.said == "" {
		e.findModel()
	}
	if e.said == "" {
		e.vague = cmp.Or(e.vague, vague)
	}
}

// say notes an endpoint that the record names. Another one makes it vague.
func (e *evidence) say(endpoint string) {
	if e.said == "" {
		e.said = endpoint
	} else if e.said != endpoint {
		e.vague = e.said + " or " + endpoint
	}
}

// findModel finds the one model name in a line, or the one cell that is one; else one word
// beside ids which is their endpoint, or may be it, if there is nothing else in the line
// but states, numbers and times.
func (e *evidence) findModel() {
	ids, word, values := 0, -1, e.r.values
	for i, v := range values {
		switch k := v.kind; {
		case k == model && (v.class == classNone || v.class == classPlain && e.r.form == row):
			e.say(v.text)
		case k.isID() && v.key != "" && e.r.form != object && e.p.shape(v.key) == model:
			e.say(v.key) // kling_v3=id
		case k.isID() || k == pair:
			ids++
		case k == statusWord || k == number || k == address:
		case v.key != "" || k == taskWord || word != -1:
			word = -2
		default:
			word = i
		}
	}
	if e.said != "" || word < 0 || ids == 0 || e.r.form != sentence || (word == 0 || !values[word-1].kind.isID()) && (word+1 == len(values) || !values[word+1].kind.isID()) {
		return
	}
	if v := values[word]; v.kind.namesEndpoint() {
		e.said = v.text
	} else if v.kind.maybeEndpoint() && e.p.classOf(v.text) == classPlain && e.sc.endpoint == "" {
		e.vague = v.text
	}
}

// maxNamingLine bounds the length of a line in which names of models are looked for, in
// bytes, as it is done for each id in it.
const maxNamingLine = 4096

// modelIn returns the first name of a model in a line, "" for none: an id for which nothing
// says the endpoint may belong to it.
func (p *parser) modelIn(number int) string {
	at, ok := p.lineAt(number)
	if !ok || len(p.lines[at].bare) > maxNamingLine {
		return ""
	}
	for word := range strings.FieldsFuncSeq(p.lines[at].bare, func(r rune) bool { return strings.ContainsRune(" \t,;|\"'`=(){}[]<>\\", r) }) {
		if word != p.source.Endpoint && p.shape(strings.Trim(word, ".:*")) == model {
			return word
		}
	}
	return ""
}
