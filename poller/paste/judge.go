package paste

import (
	"cmp"
	"strings"

	"polltop/poller/paste/record"
	"polltop/poller/paste/word"
	"polltop/poller/queue"
)

// scope is what stands around a record.
type scope struct {
	// endpoint is the one that something around says, and word what the ids stand under,
	// where it may be their endpoint; "" for none.
	endpoint, word string
	called         string     // the endpoint to which the line above sent a request
	best           word.Class // the highest of a key with an id in the records around
	id             string     // the key under which the record stands, where that is an id
}

// evidence is what a record says of the ids in it.
type evidence struct {
	p     *parser
	r     *record.Record
	sc    scope
	floor word.Class // the highest of a key with an id in the record, in it and around it
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
func (p *parser) judge(r *record.Record, sc scope) {
	if r.Form == record.List {
		for _, v := range r.Values {
			one := &record.Record{Form: record.Sentence, Line: v.Line, Values: []record.Value{v}}
			p.Close(one)
			p.judge(one, sc)
		}
		for _, kid := range r.Inner {
			if kid.Form == record.List && len(kid.Inner) == 0 {
				kid.Form = record.Row
			}
			p.judge(kid, sc)
		}
		return
	}
	e := &evidence{p: p, r: r, sc: sc, floor: min(r.Best, sc.best)}
	e.note()
	e.findEndpoint()
	e.takeIDs()
	inner := scope{endpoint: cmp.Or(r.Created, sc.endpoint), called: sc.called, best: min(sc.best, r.Own)}
	if e.said != "" && e.vague == "" {
		inner.endpoint = e.said
	}
	for _, kid := range r.Inner {
		under := inner
		switch k := p.Shape(kid.Key); {
		case k.IsID():
			under.id = kid.Key
		case kid.Class != word.PlainKey:
		case k.NamesEndpoint():
			under.endpoint = kid.Key
		case k.MayNameEndpoint() && (kid.Form == record.List || len(kid.Values) == 0):
			under.word = kid.Key
		}
		p.judge(kid, under)
	}
}

// note notes what the values tell of the record.
func (e *evidence) note() {
	r := e.r
	for _, kid := range r.Inner {
		e.noteInner(kid)
	}
	if e.sc.id != "" {
		r.Values = append(r.Values, e.p.Classified("", e.sc.id, r.Line))
	}
	for i := range r.Values {
		v := &r.Values[i]
		e.noteValue(v)
		if i > 0 && (v.Place != nil || strings.HasPrefix(v.Text, "/")) && methods[r.Values[i-1].Text] {
			e.method, e.path = true, true
		}
	}
	for _, v := range r.Values {
		e.twoIDs = e.twoIDs || e.keyed != "" && v.Place.OfRequestURL(v.Key) && !strings.EqualFold(v.Place.ID, e.keyed)
	}
}

// noteInner notes what a record inside tells. The fields of a log line stand in the line.
func (e *evidence) noteInner(kid *record.Record) {
	if kid.Form == record.List && kid.Key == "detail" {
		e.failed = true
	} else if kid.Form != record.Object {
		return
	}
	switch strings.ToLower(kid.Key) {
	case "error":
		e.failed = true
	case "req", "request", "http":
		for _, v := range kid.Values {
			e.noteWeb(v.Key)
		}
	case "":
		if e.r.Form == record.Sentence && kid.Best == word.NoKey && len(kid.Inner) == 0 {
			e.r.Values = append(e.r.Values, kid.Values...)
			kid.Values = nil
		}
	}
}

func (e *evidence) noteValue(v *record.Value) {
	if v.Place != nil {
		e.notePlace(v)
	}
	e.noteWeb(v.Key)
	if v.Class == word.RequestKey && e.keyed == "" && v.MayBeID() {
		e.keyed = v.Text
	}
	e.asked = e.asked || v.Text == "unsure" && (v.Key == "event" || v.Key == "")
	e.failed = e.failed || v.Key == "detail" && v.Text != ""
	e.hasID = e.hasID || v.Kind.IsID() || v.Kind == word.Pair
	e.hasStatus = e.hasStatus || v.Kind == word.Status && (v.Key == "" || statusKeys[word.Fold(v.Key)])
}

// statusKeys tell what became of a request.
var statusKeys = word.Set("status state taskstatus jobstatus requeststatus outcome phase")

// methods are those with which HTTP requests begin.
var methods = word.Set("GET POST PUT DELETE PATCH HEAD")

func (e *evidence) noteWeb(key string) {
	switch word.Fold(key) {
	case "method", "httpmethod", "verb":
		e.method = true
	case "path", "url", "uri", "route":
		e.path = true
	}
}

// notePlace notes an address, and one of no known shape under a key of a request's own.
func (e *evidence) notePlace(v *record.Value) {
	a := v.Place
	e.hasPlace = e.hasPlace || a.Service != ""
	if a.ID != "" && !a.Page {
		e.hasID = true
		e.placed = append(e.placed, folded(a.ID))
	}
	given := map[string]*string{"statusurl": &e.given.Status, "responseurl": &e.given.Response, "cancelurl": &e.given.Cancel}[word.Fold(v.Key)]
	switch {
	case given == nil || a.Service != "" || a.Page || a.Base != nil && e.base != nil && a.Base != e.base:
	case a.Base != nil:
		*given, e.base = a.Text, a.Base
	default:
		e.elsewhere = a.Origin
	}
}
