package paste

import (
	"cmp"
	"strings"

	"polltop/poller/paste/words"
	"polltop/poller/queue"
)

// What is unsure of an id.
const (
	whyForm   = "the id is of no form that is known: is it a request's?"
	whyKey    = "it stands under a key that says nothing of what it is: is it a request?"
	whyAsked  = "polltop was unsure of it when it wrote this"
	whyFailed = "this is an API's answer that a call failed: is it the id of that?"
	whyTwo    = "the record names two ids, one by its key and another in an address: which is the request?"
	whyWeb    = "it stands beside what a web server tells of a call: is it the id of that?"
)

// takeIDs takes the ids in the record, and the requests that its addresses name.
func (e *evidence) takeIDs() {
	sure := e.isSureOfLoose()
	for i := range e.r.Values {
		v := &e.r.Values[i]
		switch {
		case v.Place != nil:
			e.takePlace(v)
		case v.Kind == words.Pair:
			at := strings.LastIndexByte(v.Text, '/')
			endpoint, id := v.Text[:at], v.Text[at+1:]
			e.p.mention(mention{Request: queue.Request{ID: id, Endpoint: endpoint, Label: e.r.Label}, kind: words.IDKind(id), level: byRecord, why: e.doubt}, v.Line, queue.URLs{})
		case e.elsewhere != "" && (v.Class <= words.TaskKey || v.Class == words.NoKey && v.Kind.IsID()):
			e.refuseElsewhere(v)
		case v.Kind == words.Cut:
			e.p.refuse(v.Line, "the id was cut short (…) by whatever showed it: copy the whole id")
		case v.Kind == words.Short, v.Kind == words.Part, v.Kind == words.MMSU:
			e.takeMMSU(v)
		case v.Class > e.floor && (v.Class <= words.IDKey || e.floor <= words.TaskKey): // a higher key has an id
		case v.Class <= words.RequestKey:
			e.takeRequestID(v)
		default:
			e.takeByKey(v, sure)
		}
	}
}

// takeMMSU takes an id of SeaCloud, also one that is a part of a word, or that may be cut.
func (e *evidence) takeMMSU(v *value) {
	switch v.Kind {
	case words.Short:
		e.take(v, "it is shorter than the service's ids: is it whole?")
	case words.Part:
		part := *v
		part.Text = words.Within(v.Text)
		e.take(&part, "it is a part of a longer word: is it a request, and of which endpoint?")
	default:
		e.take(v, e.doubtOfVariable(v))
	}
}

// takeRequestID takes what stands under request_id or a service's own key.
func (e *evidence) takeRequestID(v *value) {
	isID := len(v.Text) >= words.MinID && v.mayBeID()
	switch {
	case words.IsNothing(v.Text):
	case isID && (v.Class == words.ServiceKey || v.Kind.IsID() || e.said+e.sc.endpoint != ""):
		e.take(v, "")
	case isID:
		e.take(v, whyForm)
	case v.Text != e.linked && (e.r.Form != sentence || len(e.r.Values) == 1): // in an address an id may have any form
		e.p.refuse(v.Line, "what stands for the request id is none: 6 to 200 letters, digits and _ - . : ~, with a digit among them")
	}
}

// doubtOfVariable returns what is unsure of an id that a variable is set to: it may be used
// with any endpoint.
func (e *evidence) doubtOfVariable(v *value) string {
	isLoop := e.r.Form == sentence && e.r.Values[0].Text == "for"
	if !isLoop && !e.isSettings || v.Class <= words.TaskKey || e.said != "" || v.Key == "" && e.sc.endpoint != "" || e.p.keyShape(v.Key).NamesEndpoint() {
		return ""
	}
	return whyKey
}

// takeByKey takes a UUID or xid by the class of its key.
func (e *evidence) takeByKey(v *value, sure bool) {
	beside := e.hasStatus || e.said != "" || e.vague != ""
	switch {
	case v.Kind != words.UUID && v.Kind != words.XID:
		if e.isLooseID(v) {
			e.take(v, whyForm)
		}
	case v.Class == words.TaskKey, v.Class == words.NoKey && sure, v.Class == words.IDKey && v.Kind == words.XID && beside:
		e.take(v, "")
	case v.Class == words.IDKey && (v.Kind == words.XID || beside):
		e.take(v, "is this the id of a request, or of something else?")
	case v.Class == words.PlainKey:
		e.take(v, whyKey)
	case v.Class == words.NoKey:
		e.take(v, "an id in a text, of what?")
	}
}

// isLooseID reports whether a value is asked about as an id of no known form: under a key of
// a task's, alone on a line, or where polltop was unsure of it.
func (e *evidence) isLooseID(v *value) bool {
	isAlone := v.Kind == words.Loose && e.r.Form == sentence && len(e.r.Values) == 1
	wasUnsure := v.Class == words.NoKey && e.doubt == whyAsked && !e.r.HasID
	return (v.Class == words.TaskKey || isAlone || wasUnsure) && v.isLoose()
}

// isSureOfLoose reports whether a UUID or xid without a key is a request's: where it is the
// one id in the record, and its endpoint or nothing but states and numbers stands beside it.
func (e *evidence) isSureOfLoose() bool {
	ids, others := 0, 0
	for _, v := range e.r.Values {
		switch {
		case v.Class == words.NoKey && v.Kind.IsID():
			ids++
		case !e.isNeutral(&v):
			others++
		}
	}
	return ids == 1 && (others == 0 || e.said != "" && e.r.Form != object || e.hasPlace)
}

// isNeutral reports whether a value may stand beside an id that is alone.
func (e *evidence) isNeutral(v *value) bool {
	isSaid := v.Kind == words.Status || v.Place != nil || v.Text == e.said || v.Text == e.vague
	return v.Class == words.EndpointKey || v.Kind == words.Number || v.Kind == words.Pair || v.Class == words.NoKey && isSaid
}

// refuseElsewhere refuses an id that is one of another base.
func (e *evidence) refuseElsewhere(v *value) {
	base := shown(e.elsewhere)
	e.p.refuse(v.Line, "the address is on "+base+", which is no configured base URL: to have it asked, with your key, start with --base-url "+base)
}

// take takes an id, with the endpoint that the record or what is around it says. An id is
// never its own endpoint.
func (e *evidence) take(v *value, why string) {
	endpoint, ask := e.endpointOf(v)
	if endpoint == v.Text {
		endpoint, ask = "", whyForm
	}
	m := mention{Request: queue.Request{ID: v.Text, Endpoint: endpoint, Label: e.r.Label}, kind: v.Kind, why: cmp.Or(why, e.doubt, ask)}
	if endpoint != "" {
		m.level = byRecord
	}
	if v.Class == words.ServiceKey {
		m.service = strings.TrimSuffix(words.Fold(v.Key), "requestid")
	}
	var given queue.URLs
	if v.Class <= words.TaskKey {
		m.Base, given = e.base, e.given
	}
	e.p.mention(m, v.Line, given)
}

// takePlace takes the request at an address.
func (e *evidence) takePlace(v *value) {
	a := v.Place
	switch {
	case a.Foreign != "":
		e.refuseElsewhere(v)
	case a.Missing && !e.r.HasID:
		e.p.refuse(v.Line, "the address has no request id: a variable in it is not set; paste what the shell makes of it (echo)")
	case len(a.Text) > words.MaxAddress && a.ID != "":
		e.p.refuse(v.Line, "the address is longer than servers take, 32 KiB: leave out the query at its end")
	case a.ID != "":
		e.takeAddress(v)
	}
}

// takeAddress takes the id in an address. One of fal's may name only a part of its endpoint.
func (e *evidence) takeAddress(v *value) {
	a := v.Place
	m := mention{Request: queue.Request{ID: a.ID, Endpoint: a.Endpoint, Base: a.Base, Label: e.r.Label}, kind: words.IDKind(a.ID), level: byAddress, service: a.Service, why: e.doubt}
	if a.Service == queue.Fal {
		whole := cmp.Or(e.said, e.sc.endpoint)
		if e.vague == "" && strings.HasPrefix(whole, a.Endpoint+"/") {
			m.Endpoint = whole
		}
		m.part = m.Endpoint != whole
	}
	switch {
	case a.Page:
		m.Endpoint, m.Base, m.level, m.why = "", nil, byNothing, "it stands in the address of a web page: is it a request, and of which endpoint?"
	case a.Service == queue.Fal && a.Base == nil && (m.kind != words.UUID || !words.IsModel(a.Endpoint, e.p.source.Endpoint)):
		if m.kind == words.Other {
			return
		}
		m.why = "the path is like one of fal's, but names no known model: is it a request?"
	}
	var given queue.URLs
	if m.Base != nil {
		given = a.URLs()
	}
	e.p.mention(m, v.Line, given)
}
