package paste

import (
	"cmp"
	"slices"
	"strings"

	"polltop/poller/paste/record"
	"polltop/poller/paste/word"
	"polltop/poller/queue"
)

// What is unsure of an id, and why one is refused.
const (
	whyShort    = "it is shorter than the service's ids: is it whole?"
	whyTwoIDs   = "the record names two ids, one by its key and another in an address: which is the request?"
	whyPage     = "it stands in the address of a web page: is it a request, and of which endpoint?"
	whyPath     = "the path is like one of fal's, but names no known model: is it a request?"
	whyWeb      = "it stands beside the method and path of a web access: is it the id of that?"
	whyForm     = "the id is of no form that is known: is it a request's?"
	whyID       = "is this the id of a request, or of something else?"
	whyKey      = "it stands under a key that says nothing of what it is: is it a request?"
	whyIsKey    = "it is a key, and no endpoint stands in what is under it: is it a request?"
	whySeveral  = "there are several ids in the text: which is the request's?"
	whyText     = "an id in a text, of what?"
	whyAsked    = "polltop was unsure of it when it wrote this"
	noID        = "what stands for the request id is none: 6 to 200 letters, digits and _ - . : ~, with a digit among them"
	isError     = "this is an API's answer that the request failed, so its request_id is that of the call, not of a task"
	isUnset     = "the address has no request id: a variable in it is not set; paste what the shell makes of it (echo)"
	isCutShort  = "the id was cut short (…) by whatever showed it: copy the whole id"
	isSecretKey = "this is the key or a header's value, not a request"
)

// takeIDs takes the ids in the record, and the requests that its addresses name.
func (e *evidence) takeIDs() {
	l := e.findLoose()
	for i := range e.r.Values {
		v := &e.r.Values[i]
		switch {
		case v.Kind == word.Pair || v.Kind == word.LoosePair:
			e.takePair(v)
		case v.Place != nil:
			e.takePlace(v)
		case e.isPlaced(v):
		case v.Class == word.RequestKey && word.HasDigit(v.Text) && e.isFailure():
			e.p.refuse(v.Line, v.Text, isError)
		case e.takeMMSU(v):
		case v.Class > e.floor && (v.Class <= word.IDKey || e.floor <= word.TaskKey):
		case v.Class == word.NoKey:
			e.takeLoose(v, l)
		default:
			e.takeKeyed(v)
		}
	}
}

// isPlaced reports whether an address in the record names the same id: it is taken there.
func (e *evidence) isPlaced(v *record.Value) bool {
	return (v.Class <= word.IDKey || v.Class == word.NoKey) && slices.Contains(e.placed, folded(v.Text))
}

// isFailure reports whether the record is an API's answer that a call failed.
func (e *evidence) isFailure() bool { return e.failed && !e.hasStatus && e.said == "" && !e.hasPlace }

// takePair takes endpoint/id.
func (e *evidence) takePair(v *record.Value) {
	at := strings.LastIndexByte(v.Text, '/')
	m := mention{id: v.Text[at+1:], kind: word.IDShape(v.Text[at+1:]), line: v.Line, endpoint: v.Text[:at], level: byRecord}
	if v.Kind == word.LoosePair {
		m.why = whyForm
	}
	e.p.mention(m)
}

// takeMMSU takes an id of SeaCloud's form, which counts wherever it stands, and tells of one
// that is not whole. One that is set to a variable may be used with any endpoint.
func (e *evidence) takeMMSU(v *record.Value) bool {
	switch isVariable := v.Assigned && v.Class == word.PlainKey && e.said == "" && e.r.Form == record.Object; {
	case v.Kind == word.Cut:
		e.p.refuse(v.Line, v.Text, isCutShort)
	case v.Kind == word.Short:
		e.take(v, whyShort)
	case v.Kind != word.MMSU:
		return false
	case isVariable && !e.p.Shape(v.Key).NamesEndpoint():
		e.take(v, whyKey)
	default:
		e.take(v, "")
	}
	return true
}

// takePlace takes the request at an address.
func (e *evidence) takePlace(v *record.Value) {
	a := v.Place
	m := mention{id: a.ID, kind: word.IDShape(a.ID), line: v.Line, endpoint: a.Endpoint, level: byAddress, place: a, base: a.Base}
	switch {
	case a.Foreign != "":
		e.p.refuseForeign(v.Line, a.ID, a.Foreign)
		return
	case a.Missing && !e.hasID:
		e.p.refuse(v.Line, "", isUnset)
		return
	case a.Page:
		m = mention{id: a.ID, kind: m.kind, line: v.Line, why: whyPage}
	case a.ID == "":
		return
	case a.Service == queue.Fal && a.Base == nil && (m.kind != word.UUID || !word.IsModel(a.Endpoint, e.p.source.Endpoint)):
		if m.kind == word.Other {
			return
		}
		m.why = whyPath
	}
	e.mentionPlace(v, m)
}

// mentionPlace mentions the request at an address. That of fal's may tell less of the
// endpoint than what stands beside it.
func (e *evidence) mentionPlace(v *record.Value, m mention) {
	a := v.Place
	if whole := cmp.Or(e.said, e.sc.endpoint); a.Service == queue.Fal && e.vague == "" && strings.HasPrefix(whole, a.Endpoint+"/") {
		m.endpoint = whole
	}
	if e.twoIDs && a.OfRequestURL(v.Key) {
		m.why = whyTwoIDs
	}
	e.p.mention(m)
}

// takeKeyed takes an id that is not in SeaCloud's own form by the class of its key.
func (e *evidence) takeKeyed(v *record.Value) {
	known := v.Kind == word.UUID || v.Kind == word.XID
	switch beside := e.hasStatus || e.said != "" || e.vague != ""; v.Class {
	case word.ServiceKey, word.RequestKey:
		e.takeRequestID(v)
	case word.TaskKey:
		if known {
			e.take(v, "")
		} else if v.IsLoose() {
			e.take(v, whyForm)
		}
	case word.IDKey:
		e.takeID(v, beside)
	case word.PlainKey:
		if known {
			e.take(v, whyKey)
		}
	}
}

// takeID takes what stands under id, beside an endpoint or a state or not.
func (e *evidence) takeID(v *record.Value, beside bool) {
	if v.Kind == word.XID && beside {
		e.take(v, "")
	} else if v.Kind == word.XID || v.Kind == word.UUID && beside {
		e.take(v, whyID)
	}
}

// takeRequestID takes what stands under request_id or a service's own key.
func (e *evidence) takeRequestID(v *record.Value) {
	switch {
	case word.IsNothing(v.Text):
	case len(v.Text) < word.MinID || !v.MayBeID():
		if e.r.Form != record.Sentence || len(e.r.Values) == 1 {
			e.p.refuse(v.Line, "", noID)
		}
	case v.Class == word.RequestKey && e.method && e.path && !e.hasPlace:
		e.take(v, whyWeb)
	default:
		e.take(v, "")
	}
}

// loose is what stands without a key in a record.
type loose struct {
	ids     int
	hasMMSU bool
	// others counts the words that are none of an id line's, and context tells that one
	// names a task. oneList says that all ids stand side by side.
	others           int
	context, oneList bool
}

// findLoose collects what stands without a key in the record.
func (e *evidence) findLoose() loose {
	l := loose{context: e.said != "" && e.r.Form != record.Object, oneList: true}
	last, values := -1, e.r.Values
	for i, v := range values {
		switch {
		case v.Class == word.EndpointKey:
		case v.Class != word.NoKey:
			l.others++
		case v.Kind == word.UUID || v.Kind == word.XID:
			l.oneList = l.oneList && (last < 0 || last == i-1)
			l.ids, last = l.ids+1, i
		default:
			e.noteWord(&l, v)
		}
	}
	if l.hasMMSU && l.others > 0 || e.r.Form == record.Row && l.ids < len(values) && (l.ids > 1 || l.hasMMSU) {
		// Beside an id of SeaCloud's form, and in the cells of a row, others mean
		// something else.
		l.context, l.oneList, l.others = false, false, l.others+1
	}
	return l
}

// noteWord notes a word without a key that is no id of another form than SeaCloud's.
func (e *evidence) noteWord(l *loose, v record.Value) {
	switch v.Kind {
	case word.MMSU:
		l.hasMMSU = true
	case word.Address:
		l.context = true
	case word.Number, word.Pair:
	default:
		l.context = l.context || word.IsTask(v.Text)
		if v.Kind != word.Status && v.Text != e.said && v.Text != e.vague {
			l.others++
		}
	}
}

// takeLoose takes an id of another form that stands without a key.
func (e *evidence) takeLoose(v *record.Value, l loose) {
	switch isKey := e.sc.id == v.Text; {
	case !v.Kind.IsID():
		if e.asksLoose(v) {
			e.take(v, whyForm)
		}
	case isKey && e.said == "":
		e.take(v, whyIsKey)
	case l.others == 0 || l.context && (l.ids == 1 || l.oneList) || isKey:
		e.take(v, "")
	case l.ids > 1:
		e.take(v, whySeveral)
	default:
		e.take(v, whyText)
	}
}

// asksLoose reports whether an id of no known form is asked about: alone on a line, or where
// polltop was unsure of it.
func (e *evidence) asksLoose(v *record.Value) bool {
	return v.Kind == word.Loose && len(e.r.Values) == 1 && e.r.Form == record.Sentence || e.asked && !e.hasID && v.IsLoose()
}

// take takes an id, with the endpoint that the record or what is around it tells.
func (e *evidence) take(v *record.Value, why string) {
	m := mention{id: v.Text, kind: v.Kind, line: v.Line, why: why, service: word.ServiceOf(v.Key)}
	if v.Class <= word.TaskKey {
		m.base, m.given = e.base, e.given
		if e.elsewhere != "" && e.base == nil && !e.hasPlace {
			e.p.refuseForeign(v.Line, v.Text, e.elsewhere)
			return
		}
	}
	ask := ""
	if m.endpoint, ask = e.endpointOf(v); m.endpoint != "" {
		m.level = byRecord
	}
	m.doubt(ask)
	if e.asked {
		m.doubt(whyAsked)
	}
	if e.twoIDs && v.Text == e.keyed {
		m.why = whyTwoIDs
	}
	e.p.mention(m)
}
