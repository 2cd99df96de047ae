package paste

import (
	"cmp"
	"slices"
	"strings"

	"polltop/poller/queue"
)

// scope is what stands around a record.
type scope struct {
	// endpoint is the one that something around says, word what the ids stand under, which
	// may be their endpoint, and named the name of a model in a record around.
	endpoint, word, named string
	best                  class // the highest of a key with an id in the records around
	cut                   bool  // the end of a record around is missing
}

// evidence is what a record says of the ids in it.
type evidence struct {
	p     *parser
	r     *record
	sc    scope
	floor class // the highest of a key with an id in the record, in it and around it
	// said is the endpoint that the record names, vague a text that may name one.
	said, vague string
	doubt       string // what is unsure of all ids in the record
	keyed       string // the first id under request_id
	linked      string // the id in the record's own address
	elsewhere   string // the base of a request's address that is no configured one
	// given are the record's own addresses on base that are of no form that is known.
	given queue.URLs
	base  *queue.Base

	failed, hasPlace, hasStatus bool
}

// judge weighs the evidence in a record and in all inside it.
func (p *parser) judge(r *record, sc scope) {
	e := &evidence{p: p, r: r, sc: sc, floor: min(r.Best, sc.best)}
	e.note()
	e.findEndpoint()
	e.findCell()
	if e.failed && !e.hasStatus && !e.hasPlace && e.said == "" {
		e.doubt = "this is an API's answer that a call failed: is it the id of that?"
	}
	e.takeIDs()
	sc.endpoint, sc.best = cmp.Or(r.Created, sc.endpoint), min(sc.best, r.Own)
	sc.cut, sc.named = sc.cut || r.Cut, cmp.Or(r.Named, sc.named)
	if r.Form != list {
		sc.word = ""
	}
	if e.said != "" && e.vague == "" {
		sc.endpoint = e.said
	}
	for _, kid := range r.Inner {
		under := sc
		switch k := p.shape(kid.Key); {
		case p.classOf(kid.Key) != plainKey:
		case k.namesEndpoint():
			under.endpoint = kid.Key
		case k == looseWord && len(kid.Values) == 0:
			under.word = kid.Key
		}
		p.judge(kid, under)
	}
}

// ownURLs are the keys of a request's own addresses, statusKeys tell what became of it.
var (
	ownURLs = map[string]func(*queue.URLs) *string{
		"statusurl":   func(u *queue.URLs) *string { return &u.Status },
		"responseurl": func(u *queue.URLs) *string { return &u.Response },
		"cancelurl":   func(u *queue.URLs) *string { return &u.Cancel },
	}
	statusKeys = setOf("status state task_status taskstatus job_status jobstatus outcome phase")
)

// note notes what the values tell of the record.
func (e *evidence) note() {
	for _, kid := range e.r.Inner {
		e.failed = e.failed || kid.Key == "detail" || kid.Key == "error" && kid.Form == object
	}
	for i := range e.r.Values {
		e.noteValue(&e.r.Values[i])
	}
	if e.keyed != "" && e.linked != "" && !strings.EqualFold(e.keyed, e.linked) {
		e.doubt = "the record names two ids, one by its key and another in an address: which is the request?"
	} else if e.r.Web && !e.hasPlace && e.doubt == "" {
		e.doubt = "it stands beside the method and path of a web access: is it the id of that?"
	}
}

func (e *evidence) noteValue(v *value) {
	if v.Place != nil {
		e.notePlace(v)
	}
	if v.Class == requestKey && e.keyed == "" && v.mayBeID() {
		e.keyed = v.Text
	}
	if v.Text == "unsure" && (v.Key == "event" || v.Key == "") {
		e.doubt = whyAsked
	}
	e.failed = e.failed || v.Key == "detail" && v.Text != ""
	e.hasStatus = e.hasStatus || v.Kind == statusWord && (v.Key == "" || statusKeys[strings.ToLower(v.Key)])
}

// notePlace notes what an address tells of the record.
func (e *evidence) notePlace(v *value) {
	a, own := v.Place, ownURLs[fold(v.Key)]
	e.hasPlace = e.hasPlace || a.Service != ""
	switch {
	case a.Foreign != "":
		e.elsewhere = a.Foreign
	case own == nil:
	case a.Service != "" || a.Page:
		e.linked = a.ID
	case a.Base != nil && (e.base == nil || e.base == a.Base):
		e.base, *own(&e.given) = a.Base, a.Text
	default:
		e.elsewhere = a.Origin
	}
}

// How much what names an endpoint counts, best first: an address to which requests are
// sent, a key (from keyRank on, in their order), the name of a model, the one other word
// beside an id, one that may be it, a text under a key of a model's name.
const (
	addressRank = iota
	keyRank
	modelRank = iota + 20
	wordRank
	looseRank
	textRank
	noRank
)

// findEndpoint finds out which endpoint the record names. Where two count alike, it is vague.
func (e *evidence) findEndpoint() {
	best, beside := noRank, e.wordBeside()
	for i := range e.r.Values {
		name, rank := e.endpointIn(&e.r.Values[i], i == beside)
		switch isSure := rank < looseRank; {
		case rank < best && isSure:
			e.said, e.vague, best = name, "", rank
		case rank < best:
			e.vague, best = name, rank
		case rank == best && isSure && name != e.said && e.vague == "":
			e.vague = e.said + " or " + name
		}
	}
}

// findCell finds a word that may be the endpoint in a line of columns that have no head.
func (e *evidence) findCell() {
	if e.said+e.vague+e.sc.endpoint != "" || e.r.Form != sentence || !strings.Contains(e.r.Line.Bare, "  ") {
		return
	}
	isName := func(v value) bool {
		return v.Class == noKey && (v.Kind == looseWord || v.Kind == otherWord && strings.Contains(v.Text, "-") && only(v.Text, "-"))
	}
	if at := slices.IndexFunc(e.r.Values, isName); at >= 0 && len(e.r.Values) > 1 {
		e.vague = e.r.Values[at].Text
	}
}

// endpointIn returns what a value says of the endpoint, and how much that counts.
func (e *evidence) endpointIn(v *value, beside bool) (name string, rank int) {
	k, bare := v.Kind, v.Class == noKey || v.Class == plainKey && e.r.Form == row
	switch {
	case v.Place.created() != "":
		return v.Place.created(), addressRank
	case v.Class == endpointKey && !isNothing(v.Text):
		return v.keyedEndpoint()
	case k == modelName && bare:
		return v.Text, modelRank
	case beside && k.namesEndpoint():
		return v.Text, wordRank
	case beside && k == looseWord && e.sc.endpoint == "" && e.p.classOf(v.Text) == plainKey:
		return v.Text, looseRank
	}
	return "", noRank
}

// keyedEndpoint returns what a value under a key of an endpoint says.
func (v *value) keyedEndpoint() (name string, rank int) {
	key := v.Key
	if !slices.Contains(endpointKeys, key) {
		key = strings.TrimSuffix(fold(key), "s")
	}
	rank = max(slices.Index(endpointKeys, key), 0)
	fits := v.isEndpoint() && !v.Kind.isID() && v.Kind != pairWord
	switch {
	case fits && (rank < onlyModels || v.Kind == modelName):
		return v.Text, keyRank + rank
	case !fits && strings.HasPrefix(key, "model") && !strings.ContainsAny(v.Text, "/:"):
		return v.Text, textRank
	}
	return "", noRank
}

// besideIDs are the kinds of words that may stand in a line beside an id and its endpoint.
var besideIDs = map[kind]bool{mmsuID: true, uuidID: true, xidID: true, pairWord: true, statusWord: true, numberWord: true, addressWord: true}

// wordBeside returns which value is the one word beside ids, states and numbers, -1 for none.
func (e *evidence) wordBeside() int {
	found, values := -1, e.r.Values
	for i, v := range values {
		if besideIDs[v.Kind] {
			continue
		} else if v.Key != "" || tasks[strings.ToLower(v.Text)] || found >= 0 || e.r.Form != sentence {
			return -1
		}
		found = i
	}
	isID := func(v value) bool { return v.Kind.isID() }
	if found < 0 || !slices.ContainsFunc(values[max(found-1, 0):min(found+2, len(values))], isID) {
		return -1
	}
	return found
}

// endpointOf returns the endpoint of an id, and what to ask where that is not sure.
func (e *evidence) endpointOf(v *value) (endpoint, ask string) {
	w := cmp.Or(e.vague, e.sc.word)
	key := e.p.shape(v.Key)
	if e.r.Form != object || v.Class != plainKey || !v.Kind.isID() {
		key = otherWord
	}
	switch {
	case e.vague != "":
	case e.said != "":
		return e.said, ""
	case key.namesEndpoint():
		return v.Key, ""
	case e.sc.endpoint != "":
		return e.sc.endpoint, ""
	case key == looseWord && !v.Assigned:
		w = v.Key // as in cat07: id
	case w == "":
		w = cmp.Or(e.r.Named, e.sc.named)
	}
	switch {
	case w != "" && fitsEndpoint(w):
		return w, "is " + shown(w) + " its endpoint?"
	case w != "":
		return "", "is " + shown(w) + " its endpoint?"
	case e.sc.cut:
		return "", "its record was cut off before it names an endpoint: is it one of the default endpoint?"
	}
	return "", ""
}
