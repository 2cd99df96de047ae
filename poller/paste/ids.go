package paste

import (
	"cmp"
	"strings"

	"polltop/poller/paste/lines"
	"polltop/poller/paste/words"
	"polltop/poller/queue"
)

// Why the user is asked about an id.
const (
	whyForm   = "the id is of no form that is known: is it a request's?"
	whyKey    = "it stands under a key that says nothing of what it is: is it a request?"
	whyShort  = "it is shorter than the service's ids: is it whole?"
	whyAsked  = "polltop was unsure of it when it wrote this"
	whyFailed = "this is an API's answer that a call failed: is it the id of that?"
	whyTwo    = "the record names two ids, one by its key and another in an address: which is the request?"
	whyWeb    = "it stands beside what a web server tells of a call: is it the id of that?"
)

// addIDs adds mentions of the ids in the record and in its addresses.
func (e *evidence) addIDs() {
	sure := e.isSureWithoutKey()
	for i := range e.r.Values {
		v := &e.r.Values[i]
		switch {
		case v.Link != nil:
			e.addAddress(v)
		case v.Kind == words.Pair:
			at := strings.LastIndexByte(v.Text, '/')
			endpoint, id := v.Text[:at], v.Text[at+1:]
			e.p.mention(mention{Request: queue.Request{ID: id, Endpoint: endpoint, Label: e.r.Label}, kind: words.IDKind(id), level: byRecord, why: e.doubt}, v.Line, queue.URLs{})
		case e.foreignBase != "" && (v.Class <= words.TaskKey || v.Class == words.NoKey && v.Kind.IsID()):
			e.refuseForeign(v)
		case v.Kind == words.Truncated:
			e.p.refuse(v.Line, "the id was cut short (…) by whatever showed it: copy the whole id")
		case v.Kind == words.Short, v.Kind == words.Embedded, v.Kind == words.MMSU:
			e.addMMSU(v)
		case v.Class > e.bestClass && (v.Class <= words.IDKey || e.bestClass <= words.TaskKey): // a higher key has an id
		case v.Class <= words.RequestKey:
			e.addRequestID(v)
		default:
			e.addByKey(v, sure)
		}
	}
}

// addMMSU adds an id of SeaCloud, also one inside a word or one that may be truncated.
func (e *evidence) addMMSU(v *value) {
	switch v.Kind {
	case words.Short:
		e.addID(v, whyShort)
	case words.Embedded:
		part := *v
		part.Text = words.EmbeddedID(v.Text)
		e.addID(&part, "it is a part of a longer word: is it a request, and of which endpoint?")
	default:
		e.addID(v, e.doubtOfVariable(v))
	}
}

// addRequestID adds the id under request_id or a service's own key.
func (e *evidence) addRequestID(v *value) {
	isID := len(v.Text) >= words.MinID && v.mayBeID()
	switch {
	case words.IsNoValue(v.Text):
	case isID && (v.Class == words.ServiceKey || v.Kind.IsID() || e.endpoint+e.sc.endpoint != ""):
		e.addID(v, "")
	case isID:
		e.addID(v, whyForm)
	case v.Text != e.linkedID && (e.r.Form != sentence || len(e.r.Values) == 1): // in an address an id may have any form
		e.p.refuse(v.Line, "what stands for the request id is none: 6 to 200 letters, digits and _ - . : ~, with a digit among them")
	}
}

// doubtOfVariable returns what is unsure of an id that a variable is set to, because a script may use it
// with any endpoint; "" for nothing.
func (e *evidence) doubtOfVariable(v *value) string {
	isLoop := e.r.Form == sentence && e.r.Values[0].Text == "for"
	if !isLoop && !e.isSettings || v.Class <= words.TaskKey || e.endpoint != "" || v.Key == "" && e.sc.endpoint != "" || e.p.KeyKindOf(v.Key).NamesEndpoint() {
		return ""
	}
	return whyKey
}

// addByKey adds a UUID, an XID or an id of unknown form according to the class of its key.
func (e *evidence) addByKey(v *value, sure bool) {
	beside := e.hasStatus || e.endpoint+e.ambiguous != ""
	isNamed := v.Class == words.PlainKey && e.r.Form == object && e.p.KeyKindOf(v.Key).NamesEndpoint()
	switch {
	case !v.Kind.IsGeneral():
		if e.isUnknownID(v) {
			e.addID(v, whyForm)
		}
	case v.Class == words.TaskKey, isNamed, v.Class == words.NoKey && sure, v.Class == words.IDKey && v.Kind == words.XID && beside:
		e.addID(v, "")
	case v.Class == words.IDKey && (v.Kind == words.XID || beside):
		e.addID(v, "is this the id of a request, or of something else?")
	case v.Class == words.PlainKey:
		e.addID(v, whyKey)
	case v.Class == words.NoKey:
		e.addID(v, "an id in a text, of what?")
	}
}

// isUnknownID reports whether to ask about a value as an id of unknown form: under a TaskKey, alone on a
// line, or in polltop's own line about an unsure id.
func (e *evidence) isUnknownID(v *value) bool {
	isAlone := v.Kind == words.Ambiguous && e.r.Form == sentence && len(e.r.Values) == 1
	wasUnsure := v.Class == words.NoKey && e.doubt == whyAsked && !e.r.HasID
	return (v.Class == words.TaskKey || isAlone || wasUnsure) && v.mayBeUnknownID()
}

// isSureWithoutKey reports whether a UUID or XID without a key is a request's: if it is the only id in the
// record, and its endpoint or nothing but states and numbers stands beside it.
func (e *evidence) isSureWithoutKey() bool {
	ids, others := 0, 0
	for _, v := range e.r.Values {
		switch {
		case v.Class == words.NoKey && v.Kind.IsID():
			ids++
		case !e.isNeutral(&v):
			others++
		}
	}
	return ids == 1 && (others == 0 || e.endpoint != "" && e.r.Form != object || e.hasAddress)
}

// isNeutral reports whether a value beside an id says nothing against the id being a request's.
func (e *evidence) isNeutral(v *value) bool {
	isSaid := v.Kind == words.Status || v.Link != nil || v.Text == e.endpoint || v.Text == e.ambiguous
	return v.Class == words.EndpointKey || v.Kind == words.Number || v.Kind == words.Pair || v.Class == words.NoKey && isSaid
}

// refuseForeign refuses an id at a base that is not configured.
func (e *evidence) refuseForeign(v *value) {
	base := lines.Excerpt(e.foreignBase)
	e.p.refuse(v.Line, "the address is on "+base+", which is no configured base URL: to have it asked, with your key, start with --base-url "+base)
}

// addID adds an id with the endpoint that the record or its scope says. why is what is unsure of it, "" for
// nothing. An id is never its own endpoint.
func (e *evidence) addID(v *value, why string) {
	endpoint, ask := e.endpointOf(v)
	if endpoint == v.Text {
		endpoint, ask = "", whyForm
	}
	m := mention{Request: queue.Request{ID: v.Text, Endpoint: endpoint, Label: e.r.Label}, kind: v.Kind, why: cmp.Or(why, e.doubt, ask)}
	if endpoint != "" {
		m.level = byRecord
	}
	if v.Class == words.ServiceKey {
		m.service = strings.TrimSuffix(words.NormalizeKey(v.Key), "requestid")
	}
	var urls queue.URLs
	if v.Class <= words.TaskKey {
		m.Base, urls = e.base, e.urls
	}
	e.p.mention(m, v.Line, urls)
}

// addAddress adds the request at an address, or refuses the address.
func (e *evidence) addAddress(v *value) {
	a := v.Link
	switch {
	case a.MissingBase != "":
		e.refuseForeign(v)
	case a.NoID && !e.r.HasID:
		e.p.refuse(v.Line, "the address has no request id: a variable in it is not set; paste what the shell makes of it (echo)")
	case len(a.Text) > words.MaxAddress && a.ID != "":
		e.p.refuse(v.Line, "the address is longer than servers take, 32 KiB: leave out the query at its end")
	case a.ID != "":
		e.addRequestAddress(v)
	}
}

// addRequestAddress adds the id in an address. Addresses of fal name only the start of a longer endpoint.
func (e *evidence) addRequestAddress(v *value) {
	a := v.Link
	m := mention{Request: queue.Request{ID: a.ID, Endpoint: a.Endpoint, Base: a.Base, Label: e.r.Label}, kind: words.IDKind(a.ID), level: byAddress, service: a.Service, why: e.doubt}
	if a.Service == queue.Fal {
		whole := cmp.Or(e.endpoint, e.sc.endpoint)
		if e.ambiguous == "" && strings.HasPrefix(whole, a.Endpoint+"/") {
			m.Endpoint = whole
		}
		m.endpointPartial = m.Endpoint != whole
	}
	switch {
	case a.Page:
		m.Endpoint, m.Base, m.level, m.why = "", nil, byNothing, "it stands in the address of a web page: is it a request, and of which endpoint?"
	case a.Service == queue.Fal && a.Base == nil && (m.kind != words.UUID || !words.IsModel(a.Endpoint, e.p.source.Endpoint)):
		if m.kind == words.Other {
			return
		}
		m.why = "the path is like one of fal's, but names no known model: is it a request?"
	case !m.kind.IsID() && strings.HasSuffix(a.Text, a.ID) && words.MayBePart(a.ID):
		m.doubt(whyShort) // the address may be cut off
	}
	var urls queue.URLs
	if m.Base != nil {
		urls = a.URLs()
	}
	e.p.mention(m, v.Line, urls)
}
