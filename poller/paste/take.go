package paste

import (
	"slices"
	"strings"

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
	for i := range e.r.values {
		v := &e.r.values[i]
		switch {
		case v.kind == pair || v.kind == loosePair:
			at := strings.LastIndexByte(v.text, '/')
			m := mention{id: v.text[at+1:], kind: idShape(v.text[at+1:]), line: v.line, endpoint: v.text[:at], level: byRecord}
			if v.kind == loosePair {
				m.why = whyForm
			}
			e.p.mention(m)
		case v.place != nil:
			e.takePlace(v)
		case v.class <= classID && slices.Contains(e.placed, folded(v.text)), v.class == classNone && slices.Contains(e.placed, folded(v.text)):
		case v.class == classRequest && hasDigit(v.text) && e.failed && !e.hasStatus && e.said == "" && !e.hasPlace:
			e.p.refuse(v.line, v.text, isError)
		case v.kind == mmsu && v.assigned && v.class == classPlain && e.said == "" && e.r.form == object && !e.p.shape(v.key).namesEndpoint():
			e.take(v, whyKey) // a variable, which may be used with any endpoint
		case v.kind == mmsu:
			e.take(v, "")
		case v.kind == shortMmsu:
			e.take(v, whyShort)
		case v.kind == cutID:
			e.p.refuse(v.line, v.text, isCutShort)
		case v.class > e.floor && (v.class <= classID || e.floor <= classTask):
		case v.class == classNone:
			e.takeLoose(v, l)
		default:
			e.takeKeyed(v)
		}
	}
}

// takePlace takes the request at an address.
func (e *evidence) takePlace(v *value) {
	a := v.place
	m := mention{id: a.id, kind: idShape(a.id), line: v.line, endpoint: a.endpoint, level: byAddress, place: a, base: a.Base}
	switch {
	case a.Foreign != "":
		e.p.refuseForeign(v.line, a.id, a.Foreign)
		return
	case a.missing && !e.hasID:
		e.p.refuse(v.line, "", isUnset)
		return
	case a.id == "":
		return
	case a.page:
		m = mention{id: a.id, kind: m.kind, line: v.line, why: whyPage}
	case a.Service == queue.Fal && a.Base == nil && (m.kind != uuid || !e.p.isModel(a.endpoint, strings.ToLower(a.endpoint))):
		if m.kind == other {
			return
		}
		m.why = whyPath
	}
	whole := e.said
	if whole == "" {
		whole = e.sc.endpoint
	}
	if a.Service == queue.Fal && e.vague == "" && strings.HasPrefix(whole, a.endpoint+"/") {
		m.endpoint = whole
	}
	if e.twoIDs && isURLOf(v) {
		m.why = whyTwoIDs
	}
	e.p.mention(m)
}

// takeKeyed takes an id that is not in SeaCloud's own form by the class of its key.
func (e *evidence) takeKeyed(v *value) {
	known := v.kind == uuid || v.kind == xid
	beside := e.hasStatus || e.said != "" || e.vague != ""
	switch {
	case v.class <= classRequest && isNothing(v.text):
	case v.class <= classRequest && (len(v.text) < minID || !hasDigit(v.text) || !fitsID(v.text)):
		if e.r.form != sentence || len(e.r.values) == 1 {
			e.p.refuse(v.line, "", noID)
		}
	case v.class == classRequest && e.method && e.path && !e.hasPlace:
		e.take(v, whyWeb)
	case v.class <= classRequest || v.class == classTask && known || v.class == classID && v.kind == xid && beside:
		e.take(v, "")
	case v.class == classTask && (v.kind == looseID || len(v.text) >= minID && isNumeral(v.text)):
		e.take(v, whyForm)
	case v.class == classID && (v.kind == xid || v.kind == uuid && beside):
		e.take(v, whyID)
	case v.class == classPlain && known:
		e.take(v, whyKey)
	}
}

// loose is what stands without a key in a record.
type loose struct {
	ids     int
	hasMmsu bool
	// others counts the words that are none of an id line's, and context tells that one
	// names a task. oneList says that all ids stand side by side.
	others           int
	context, oneList bool
}

// findLoose collects what stands without a key in the record.
func (e *evidence) findLoose() loose {
	l := loose{context: e.said != "" && e.r.form != object, oneList: true}
	last, values := -1, e.r.values
	for i, v := range values {
		switch k := v.kind; {
		case v.class == classEndpoint:
		case v.class != classNone:
			l.others++
		case k == uuid || k == xid:
			l.oneList = l.oneList && (last < 0 || last == i-1)
			l.ids, last = l.ids+1, i
		case k == mmsu:
			l.hasMmsu = true
		case k == address:
			l.context = true
		default:
			l.context = l.context || words[strings.ToLower(v.text)]&isTask != 0
			if k != number && k != pair && k != statusWord && v.text != e.said && v.text != e.vague {
				l.others++
			}
		}
	}
	if l.hasMmsu && l.others > 0 || e.r.form == row && l.ids < len(values) && (l.ids > 1 || l.hasMmsu) {
		// Beside an id of SeaCloud's form, and in the cells of a row, others mean
		// something else.
		l.context, l.oneList, l.others = false, false, l.others+1
	}
	return l
}

// takeLoose takes an id of another form that stands without a key.
func (e *evidence) takeLoose(v *value, l loose) {
	isKey := e.sc.id == v.text
	switch {
	case v.kind == looseID && len(e.r.values) == 1 && e.r.form == sentence, e.asked && !e.hasID && (v.kind == looseID || len(v.text) >= minID && isNumeral(v.text)):
		e.take(v, whyForm)
	case v.kind != uuid && v.kind != xid:
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

// take takes an id, with the endpoint that the record or what is around it tells.
func (e *evidence) take(v *value, why string) {
	m := mention{id: v.text, kind: v.kind, line: v.line, why: why, service: serviceOf(v.key), level: byRecord}
	if v.class <= classTask {
		m.base, m.given = e.base, e.given
		if e.elsewhere != "" && e.base == nil && !e.hasPlace {
			e.p.refuseForeign(v.line, v.text, e.elsewhere)
			return
		}
	}
	word := e.sc.word
	if k := e.p.shape(v.key); word == "" && e.r.form == object && v.class == classPlain && v.kind.isID() && (k.namesEndpoint() || !v.assigned && k.maybeEndpoint()) {
		word = v.key // cat07: id
	}
	sure := e.said
	switch {
	case sure != "" || e.vague != "":
	case word != "" && e.p.shape(word).namesEndpoint():
		sure = word
	case e.sc.endpoint != "":
		sure = e.sc.endpoint
	case word == "":
		word = e.p.modelIn(v.line)
	}
	if m.endpoint = sure; e.vague != "" {
		word = e.vague
	}
	if word != "" && (sure == "" || e.vague != "") {
		m.doubt("is " + shown(word) + " its endpoint?")
		if m.endpoint = word; !fitsEndpoint(word) {
			m.endpoint = ""
		}
	}
	if m.endpoint == "" {
		m.level = byNothing
	}
	if e.asked {
		m.doubt(whyAsked)
	}
	if e.twoIDs && v.text == e.keyed {
		m.why = whyTwoIDs
	}
	e.p.mention(m)
}
