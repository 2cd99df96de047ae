package paste

import (
	"strings"
)

// weighEndpoint finds out which endpoint the record names: by an address of a queue,
// by a key, or by the name of a model in it.
func (r *record) weighEndpoint() {
	p := r.p
	for _, a := range r.places {
		if a.endpoint == "" || !a.names() {
			continue
		}
		if r.said == "" {
			r.said = a.endpoint
		} else if r.said != a.endpoint {
			r.vague = r.said + " or " + a.endpoint
		}
	}
	if r.said != "" {
		return
	}
	rank := len(endpointOrder)
	vague := ""
	for _, t := range r.toks {
		if p.classOf(t.key) != classEnd || isNothing(t.text) {
			continue
		}
		at := rankOf(t.key)
		onlyModels := at >= rankOf("app")
		switch {
		case !fitsEndpoint(t.text) || t.kind.isID() || t.kind == number && onlyModels || isHash(t.text):
			if plain := endpointOrder[at]; strings.HasPrefix(plain, "model") && !strings.ContainsAny(t.text, "/:") {
				vague = t.text
			}
		case onlyModels && t.kind != model:
		case at < rank:
			r.said, rank = t.text, at
		}
	}
	if r.said == "" {
		r.weighModels()
	}
	if r.said == "" && r.vague == "" {
		r.vague = vague
	}
}

func rankOf(key string) int {
	plain := strings.TrimSuffix(plainKey(key), "s")
	for i, known := range endpointOrder {
		if plain == known {
			return i
		}
	}
	return 0
}

// weighModels finds the one model name in a line, or the one cell that is one.
func (r *record) weighModels() {
	loose := r.n.kind == object && !r.n.cells && len(r.n.words) == 0
	for _, t := range r.toks {
		if loose && t.key != "" {
			continue
		}
		c := r.p.classOf(t.key)
		name := t.text
		if t.key != "" && t.kind.isID() && r.p.shape(t.key) == model {
			name = t.key // kling_v3=id
		} else if t.kind != model || c != classNone && c != classE || c == classE && !r.n.cells {
			continue
		}
		if r.said == "" {
			r.said = name
		} else if r.said != name {
			r.vague = r.said + " or " + name
		}
	}
	if r.said == "" {
		r.weighWord()
	}
}

// weighWord looks for one word beside ids which is their endpoint, or may be it. There
// is nothing else in the line but states, numbers and times.
func (r *record) weighWord() {
	if r.n.kind != prose {
		return
	}
	at, ids := -1, 0
	for _, t := range r.toks {
		ids += count(t.kind.isID() || t.kind == pair)
	}
	for i, t := range r.toks {
		switch {
		case t.key != "":
			return
		case t.kind.isID(), t.kind == pair, t.kind == statusWord, t.kind == number, t.kind == address:
		case t.kind == taskWord:
			return
		case at >= 0:
			return
		default:
			at = i
		}
	}
	if at < 0 || ids == 0 {
		return
	}
	word := r.toks[at]
	beside := at > 0 && r.toks[at-1].kind.isID() || at+1 < len(r.toks) && r.toks[at+1].kind.isID()
	switch {
	case !beside:
	case word.kind == family || word.kind == slashed:
		r.said = word.text
	case (word.kind == odd || word.kind == name) && r.p.classOf(word.text) == classE && r.sc.endpoint == "":
		r.vague = word.text
	}
}

func count(is bool) int {
	if is {
		return 1
	}
	return 0
}

// weighPlaces weighs the addresses of requests in the record.
func (r *record) weighPlaces() {
	p := r.p
	for _, t := range r.toks {
		a := t.place
		switch {
		case t.kind == pair:
			at := strings.LastIndexByte(t.text, '/')
			p.claim(claim{id: t.text[at+1:], kind: idShape(t.text[at+1:]), line: t.line, endpoint: t.text[:at], level: byRecord}, "")
		case a == nil:
		case a.foreign != "":
			p.refuseForeign(a)
		case a.page:
			if r.floor > classC || a.id != "" {
				p.claim(claim{id: a.id, kind: idShape(a.id), line: t.line, why: "it stands in the address of a web page: is it a request, and of which endpoint?"}, "")
			}
		case a.missing:
			if !r.hasID {
				p.refuse(t.line, "", "the address has no request id: a variable in it is not set; paste what the shell makes of it (echo)")
			}
		case a.isRequest():
			r.claimPlace(t)
		}
	}
}

// claimPlace claims the request at an address.
func (r *record) claimPlace(t token) {
	a := t.place
	c := claim{id: a.id, kind: idShape(a.id), line: t.line, endpoint: a.endpoint, level: byAddress, place: a, base: a.base}
	if a.service == fal && a.base == nil && (c.kind != uuid || !r.p.isModel(a.endpoint, strings.ToLower(a.endpoint))) {
		if c.kind == other || c.kind == number {
			return
		}
		c.why = "the path is like one of fal's, but names no known model: is it a request?"
	}
	if a.service == fal && r.vague == "" && strings.HasPrefix(r.said, a.endpoint+"/") {
		c.endpoint = r.said
	}
	if r.keyed != "" && r.inURL != "" && strings.HasSuffix(plainKey(t.key), "url") {
		c.why = twoIDs
	}
	r.p.claim(c, "")
}

// inPlace reports whether an address in the record names the id too, and whether it is
// one that is refused.
func (r *record) inPlace(id string) (named, refused bool) {
	refused, named = r.placed[folded(id)]
	return named, refused
}

// weighKeyed weighs the ids under keys.
func (r *record) weighKeyed() {
	for _, t := range r.toks {
		c := r.p.classOf(t.key)
		if c == classNone || t.long || t.kind == address || t.kind == pair {
			continue
		}
		if named, refused := r.inPlace(t.text); refused {
			continue
		} else if named && c <= classC {
			continue
		}
		switch {
		case t.kind == mmsu:
			if c == classB && r.failed && !r.status && r.said == "" {
				r.p.refuse(t.line, t.text, isError)
				continue
			}
			r.take(t, "")
		case t.kind == shortMmsu:
			r.take(t, "it is shorter than the service's ids: is it whole?")
		case t.kind == cut:
			r.p.refuseCut(t)
		case c > r.floor && (c <= classD || r.floor <= classC):
		default:
			r.weighClass(t, c)
		}
	}
}

const twoIDs = "the record names two ids, one by its key and another in an address: which is the request?"

const isError = "this is an API's answer that the request failed, so its request_id is that of the call, not of a task"

// weighClass weighs what is no id of SeaCloud by the class of its key.
func (r *record) weighClass(t token, c class) {
	known := t.kind == uuid || t.kind == xid
	switch c {
	case classA, classB:
		switch {
		case isNothing(t.text):
		case len(t.text) < minID || len(t.text) > maxID || !hasDigit(t.text) || !fitsID(t.text):
			if r.n.kind != prose || len(r.toks) == 1 {
				r.p.refuse(t.line, "", "what stands for the request id is none: 6 to 200 letters, digits and _ - . : ~, with a digit among them")
			}
		case r.failed && c == classB && !r.status && r.said == "" && len(r.places) == 0:
			r.p.refuse(t.line, t.text, isError)
		case r.web && c == classB:
			r.take(t, "it stands beside the method and path of a web access: is it the id of that?")
		default:
			r.take(t, "")
		}
	case classC:
		if known {
			r.take(t, "")
		} else if t.kind == odd || isLongNumber(t.text) {
			r.take(t, "the id is of no form that is known: is it a request's?")
		}
	case classD:
		beside := r.status || r.said != "" || r.vague != ""
		switch {
		case t.kind == xid && beside:
			r.take(t, "")
		case t.kind == xid, t.kind == uuid && beside:
			r.take(t, "is this the id of a request, or of something else?")
		}
	case classE:
		if known {
			r.take(t, "it stands under "+t.key+", which says nothing of what it is: is it a request?")
		}
	}
}

var authWords = set("key bearer basic token")

// weighLoose weighs the ids that stand without a key.
func (r *record) weighLoose() {
	ids, others, context := 0, 0, r.said != "" && r.n.kind == prose
	oneList, last := true, -1
	loose := r.toks[:0:0]
	for i, t := range r.toks {
		c := r.p.classOf(t.key)
		switch {
		case c != classNone:
			others += count(c != classEnd)
			continue
		case i > 0 && r.toks[i-1].key == "" && (t.kind == uuid || t.kind == xid || t.kind == odd) && r.p.classOf(r.toks[i-1].text) == classN && r.toks[i-1].kind == other:
			continue // user 764c…
		case i > 0 && r.p.classOf(r.toks[i-1].key) == classN && authWords[strings.ToLower(r.toks[i-1].text)]:
			continue // Authorization: Key 764c…
		}
		loose = append(loose, t)
		switch {
		case t.kind == uuid || t.kind == xid:
			oneList = oneList && (last < 0 || last == i-1)
			ids, last = ids+1, i
		case t.kind == mmsu, t.kind == number, t.kind == pair:
		case t.kind == statusWord, t.text == r.said, t.text == r.vague:
			context = context || tasks[strings.ToLower(t.text)]
		case t.kind == address:
			context = true
		default:
			others++
			context = context || t.kind == taskWord
		}
	}
	alone := len(loose) == 1 && len(r.toks) == 1
	if r.n.cells && ids < len(r.toks) && (ids > 1 || r.hasMmsu(loose)) {
		// The cells of a row mean different things.
		context, others, oneList = false, others+1, false
	}
	for _, t := range loose {
		named, refused := r.inPlace(t.text)
		switch {
		case refused, named && t.kind.isID():
		case t.kind == mmsu:
			r.take(t, "")
		case t.kind == shortMmsu:
			r.take(t, "it is shorter than the service's ids: is it whole?")
		case t.kind == cut:
			r.p.refuseCut(t)
		case r.floor <= classC:
		case t.kind == odd && alone:
			r.take(t, "it stands alone on its line, but is of no form that is known: is it a request's id?")
		case t.kind != uuid && t.kind != xid:
		case r.sc.id.text == t.text && r.said == "":
			r.take(t, "it is a key, and no endpoint stands in what is under it: is it a request?")
		case others == 0 || context && (ids == 1 || oneList) || r.sc.id.text == t.text:
			r.take(t, "")
		case ids > 1:
			r.take(t, "there are several ids in the text: which is the request's?")
		default:
			r.take(t, "an id in a text, of what?")
		}
	}
}

// hasMmsu reports whether an id of SeaCloud is among words.
func (r *record) hasMmsu(words []token) bool {
	for _, t := range words {
		if t.kind == mmsu {
			return true
		}
	}
	return false
}

// take claims an id as far as the record tells its endpoint.
func (r *record) take(t token, why string) {
	c := claim{id: t.text, kind: t.kind, line: t.line, why: why, key: serviceOf(t.key)}
	if r.p.classOf(t.key) <= classC {
		if c.base, c.given = r.base, r.given; r.elsewhere != nil && r.base == nil && len(r.places) == 0 {
			r.p.refuseForeign(&place{line: t.line, id: t.text, foreign: r.elsewhere.origin})
			return
		}
	}
	switch {
	case r.said != "" && r.vague == "":
		c.endpoint, c.level = r.said, byRecord
	case r.vague != "":
		if c.why == "" {
			c.why = "is " + shown(r.vague) + " its endpoint?"
		}
		if fitsEndpoint(r.vague) {
			c.endpoint, c.level = r.vague, byRecord
		}
	case r.sc.endpoint != "":
		c.endpoint, c.level = r.sc.endpoint, byScope
	case r.sc.word != "" || t.key != "" && r.mayBeWord(t):
		word := r.sc.word
		if word == "" {
			word = t.key
		}
		if k := r.p.shape(word); k.namesEndpoint() {
			c.endpoint, c.level = word, byScope
			break
		}
		c.endpoint, c.level = word, byRecord
		if c.why == "" {
			c.why = "is " + shown(word) + " its endpoint?"
		}
	}
	if r.inURL != "" && t.text == r.keyed {
		c.why = twoIDs
	}
	r.p.claim(c, c.why)
}

// mayBeWord reports whether the key of an id may be its endpoint, as in cat07: id.
func (r *record) mayBeWord(t token) bool {
	if r.n.kind != object || r.n.cells || r.p.classOf(t.key) != classE || !t.kind.isID() {
		return false
	}
	k := r.p.shape(t.key)
	return k.namesEndpoint() || !t.assigned && (k == name || k == odd)
}
