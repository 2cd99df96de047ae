package paste

import "strings"

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

// takePlace takes the request at an address.
func (r *record) takePlace(v *node) {
	a := v.place
	m := mention{id: a.id, kind: idShape(a.id), line: v.line, endpoint: a.endpoint, level: byAddress, place: a, base: a.base}
	if a.service == fal && a.base == nil && (m.kind != uuid || !r.p.isModel(a.endpoint, strings.ToLower(a.endpoint))) {
		if m.kind == other {
			return
		}
		m.why = whyPath
	}
	if a.service == fal && r.vague == "" && strings.HasPrefix(r.said, a.endpoint+"/") {
		m.endpoint = r.said
	}
	if r.keyed != "" && r.inURL != "" && isURLKey(v.key) {
		m.why = whyTwoIDs
	}
	r.p.mention(m)
}

// takeIDs takes the ids in the record, and the requests that its addresses name.
func (r *record) takeIDs() {
	l := r.findLoose()
	for _, v := range r.values {
		refused, named := r.placed[folded(v.text)]
		a, none := v.place, v.class == classNone
		switch {
		case v.kind == pair:
			at := strings.LastIndexByte(v.text, '/')
			r.p.mention(mention{id: v.text[at+1:], kind: idShape(v.text[at+1:]), line: v.line, endpoint: v.text[:at], level: byRecord})
		case a != nil && a.foreign != "":
			r.p.refuseForeign(a.line, a.id, a.foreign)
		case a != nil && a.page:
			r.p.mention(mention{id: a.id, kind: idShape(a.id), line: v.line, why: whyPage})
		case a != nil && a.missing && !r.hasID:
			r.p.refuse(v.line, "", isUnset)
		case a != nil && a.isRequest():
			r.takePlace(v)
		case a != nil, len(v.kids) > 0 && !none, refused, named && (none || v.class <= classTask), none && !v.loose:
		case v.kind == mmsu && v.class == classRequest && r.isFailure():
			r.p.refuse(v.line, v.text, isError)
		case v.kind == mmsu:
			r.take(v, "")
		case v.kind == shortMmsu:
			r.take(v, whyShort)
		case v.kind == cutID:
			r.p.refuse(v.line, v.text, isCutShort)
		case v.class > r.floor && (v.class <= classID || r.floor <= classTask):
		case none:
			r.takeLoose(v, l)
		default:
			r.takeClass(v)
		}
	}
}

// isFailure reports whether the record is an API's answer that a call failed.
func (r *record) isFailure() bool {
	return r.failed && !r.status && r.said == "" && !r.hasPlace
}

// takeClass takes an id that is not in SeaCloud's own form by the class of its key.
func (r *record) takeClass(v *node) {
	known := v.kind == uuid || v.kind == xid
	switch beside := r.status || r.said != "" || r.vague != ""; v.class {
	case classService, classRequest:
		switch {
		case isNothing(v.text):
		case len(v.text) < minID || !hasDigit(v.text) || !fitsID(v.text):
			if r.n.form != text || len(r.values) == 1 {
				r.p.refuse(v.line, "", noID)
			}
		case v.class == classRequest && r.isFailure():
			r.p.refuse(v.line, v.text, isError)
		case v.class == classRequest && r.web:
			r.take(v, whyWeb)
		default:
			r.take(v, "")
		}
	case classTask:
		if known {
			r.take(v, "")
		} else if v.kind == looseID || isLongNumber(v.text) {
			r.take(v, whyForm)
		}
	case classID:
		if v.kind == xid && beside {
			r.take(v, "")
		} else if v.kind == xid || v.kind == uuid && beside {
			r.take(v, whyID)
		}
	case classPlain:
		if known {
			r.take(v, whyKey)
		}
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
func (r *record) findLoose() loose {
	l := loose{context: r.said != "" && r.n.form != object, oneList: true}
	last := -1
	for i, v := range r.values {
		var before node
		if i > 0 {
			before = *r.values[i-1]
		}
		switch {
		case v.class != classNone:
			l.others += count(v.class != classEndpoint)
			continue
		case before.key == "" && (v.kind == uuid || v.kind == xid) && before.kind == other && r.p.classOf(before.text) == classOther,
			before.class == classOther && before.key != "" && authWords[strings.ToLower(before.text)]:
			continue // user 764c…, Authorization: Key 764c…
		}
		v.loose = true
		switch v.kind {
		case uuid, xid:
			l.oneList = l.oneList && (last < 0 || last == i-1)
			l.ids, last = l.ids+1, i
		case mmsu:
			l.hasMmsu = true
		case number, pair:
		case address:
			l.context = true
		default:
			l.others += count(v.kind != statusWord && v.text != r.said && v.text != r.vague)
			l.context = l.context || tasks[strings.ToLower(v.text)]
		}
	}
	if l.hasMmsu && l.others > 0 || r.n.form == row && l.ids < len(r.values) && (l.ids > 1 || l.hasMmsu) {
		// Beside an id of SeaCloud's form, and in the cells of a row, others mean
		// something else.
		l.context, l.oneList, l.others = false, false, l.others+1
	}
	return l
}

var authWords = set("key bearer basic token")

// takeLoose takes an id of another form that stands without a key.
func (r *record) takeLoose(v *node, l loose) {
	isKey := r.sc.id == v
	switch {
	case v.kind == looseID && len(r.values) == 1 && r.n.form == text:
		r.take(v, whyForm)
	case v.kind != uuid && v.kind != xid:
	case isKey && r.said == "":
		r.take(v, whyIsKey)
	case l.others == 0 || l.context && (l.ids == 1 || l.oneList) || isKey:
		r.take(v, "")
	case l.ids > 1:
		r.take(v, whySeveral)
	default:
		r.take(v, whyText)
	}
}

// take takes an id, with the endpoint that the record or what is around it tells.
func (r *record) take(v *node, why string) {
	m := mention{id: v.text, kind: v.kind, line: v.line, why: why, service: serviceOf(v.key)}
	if v.class <= classTask {
		m.base, m.given = r.base, r.given
		if r.elsewhere != nil && r.base == nil && !r.hasPlace {
			r.p.refuseForeign(v.line, v.text, r.elsewhere.origin)
			return
		}
	}
	word := r.sc.word
	if k := r.p.shape(v.key); word == "" && r.n.form == object && v.class == classPlain && v.kind.isID() && (k.namesEndpoint() || !v.assigned && k.maybeEndpoint()) {
		word = v.key // cat07: id
	}
	switch {
	case r.vague != "":
		m.doubt("is " + shown(r.vague) + " its endpoint?")
		if fitsEndpoint(r.vague) {
			m.endpoint, m.level = r.vague, byRecord
		}
	case r.said != "":
		m.endpoint, m.level = r.said, byRecord
	case r.p.shape(word).namesEndpoint():
		m.endpoint, m.level = word, byScope
	case r.sc.endpoint != "":
		m.endpoint, m.level = r.sc.endpoint, byScope
	case word != "":
		m.endpoint, m.level = word, byRecord
		m.doubt("is " + shown(word) + " its endpoint?")
	default:
		if name := r.p.modelIn(v.line); name != "" {
			m.endpoint, m.level = name, byRecord
			m.doubt("is " + shown(name) + " its endpoint?")
		}
	}
	if r.asked {
		m.doubt(whyAsked)
	}
	if r.inURL != "" && v.text == r.keyed {
		m.why = whyTwoIDs
	}
	r.p.mention(m)
}
