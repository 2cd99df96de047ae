package paste

import (
	"cmp"
	"slices"
	"strings"

	"polltop/poller/paste/words"
	"polltop/poller/queue"
)

// scope is what stands around a record.
type scope struct {
	// endpoint is the one that something around says, maybe a name around that may be one.
	endpoint, maybe string
	best            words.Class // the highest of a key with an id in the records around
	cut             bool        // the end of a record around is missing
}

// evidence is what a record says of the ids in it.
type evidence struct {
	p     *parser
	r     *record
	sc    scope
	floor words.Class // the highest of a key with an id in the record, in it and around it
	// keyed is the first id under request_id, linked that in the record's own address.
	keyed, linked string
	// said is the endpoint that the record names, vague a text that names one or more, of
	// which none is sure.
	said, vague string
	maybe       string // another name in the record or words.Around it that may be the endpoint
	doubt       string // what is unsure of all ids in the record
	elsewhere   string // the base of a request's address that is no configured one
	// given are the record's own addresses on base that are of no form that is known.
	given queue.URLs
	base  *queue.Base

	hasPlace, hasStatus bool
	isSettings          bool // it sets variables to ids and does nothing else
}

// judge weighs the evidence in a record and in all inside it.
func (p *parser) judge(r *record, sc scope) {
	e := &evidence{p: p, r: r, sc: sc, floor: min(r.Best, sc.best)}
	e.note()
	e.maybe = cmp.Or(e.vague, e.looseName(), r.Named, sc.maybe)
	e.takeIDs()
	sc.endpoint, sc.best = cmp.Or(r.Created, sc.endpoint), min(sc.best, r.Own)
	sc.cut, sc.maybe = sc.cut || r.Cut, cmp.Or(r.Named, sc.maybe)
	if e.said != "" && e.vague == "" {
		sc.endpoint = e.said
	}
	for _, kid := range r.Inner {
		under := sc
		switch k := p.keyShape(kid.Key); {
		case p.classOf(kid.Key) != words.PlainKey:
		case k.NamesEndpoint():
			under.endpoint = kid.Key
		case k == words.Variable, k == words.Loose && len(kid.Values) == 0:
			under.maybe = kid.Key
		}
		p.judge(kid, under)
	}
}

// ownURLs are the keys of a request's own addresses, statusKeys say what became of it.
var (
	ownURLs = map[string]func(*queue.URLs) *string{
		"statusurl":   func(u *queue.URLs) *string { return &u.Status },
		"responseurl": func(u *queue.URLs) *string { return &u.Response },
		"cancelurl":   func(u *queue.URLs) *string { return &u.Cancel },
	}
	statusKeys = words.Set("status state task_status taskstatus job_status jobstatus outcome phase")
)

// note notes what the values say of the record, and what is unsure of all ids in it.
func (e *evidence) note() {
	failed := slices.ContainsFunc(e.r.Inner, func(kid *record) bool {
		return kid.Key == "detail" || kid.Key == "error" && kid.Form == object
	})
	for i := range e.r.Values {
		v := &e.r.Values[i]
		switch {
		case v.Key == "detail" && v.Text != "":
			failed = true
		case v.Place != nil:
			e.linked = cmp.Or(e.notePlace(v), e.linked)
		case v.Class == words.RequestKey && v.mayBeID():
			e.keyed = cmp.Or(e.keyed, v.Text)
		case v.Text == "unsure" && (v.Key == "event" || v.Key == ""):
			e.doubt = whyAsked
		case v.Kind == words.Status && (v.Key == "" || statusKeys[strings.ToLower(v.Key)]):
			e.hasStatus = true
		}
	}
	e.isSettings = e.r.isSettings()
	e.findEndpoint()
	e.doubt = cmp.Or(e.whyOther(failed), e.doubt)
}

// isSettings reports whether a record sets variables to ids and does nothing else.
func (r *record) isSettings() bool {
	rest := r.Values
	if r.Form == sentence && len(rest) > 0 && !rest[0].Assigned {
		rest = rest[1:] // export, let, set
	}
	isOther := func(v value) bool { return !v.Assigned || !v.Kind.IsID() }
	return len(rest) > 0 && !slices.ContainsFunc(rest, isOther)
}

// whyOther returns why the ids in the record may be of something else, "" for no reason.
func (e *evidence) whyOther(failed bool) string {
	isWeb := e.doubt == "" && e.r.HasID && !e.hasPlace
	switch {
	case failed && !e.hasStatus && !e.hasPlace && e.said == "":
		return whyFailed
	case e.keyed != "" && e.linked != "" && !strings.EqualFold(e.keyed, e.linked):
		return whyTwo
	case isWeb && (e.r.Web || webForm.MatchString(e.r.Line.Bare)):
		return whyWeb
	}
	return ""
}

// notePlace notes what an address says of the record. It returns the id in it where it is
// the record's own.
func (e *evidence) notePlace(v *value) (linked string) {
	a, own := v.Place, ownURLs[words.Fold(v.Key)]
	e.hasPlace = e.hasPlace || a.Service != ""
	switch {
	case a.Foreign != "":
		e.elsewhere = a.Foreign
	case own == nil:
	case a.Service != "" || a.Page:
		linked = a.ID
	case a.Base != nil && (e.base == nil || e.base == a.Base):
		e.base, *own(&e.given) = a.Base, a.Text
	default:
		e.elsewhere = a.Origin
	}
	return linked
}

// How much what names an endpoint counts, best first: an address to which requests are
// sent, a key, the name of a model, a text under a key of a model's name.
const (
	addressRank = iota
	keyRank
	modelRank
	textRank
	noRank
)

// findEndpoint finds out which endpoint the record names. Where two count alike, it is vague.
func (e *evidence) findEndpoint() {
	best, isID := noRank, func(v value) bool { return v.Kind.IsID() }
	for i := range e.r.Values {
		beside := e.r.Values[max(i-1, 0):min(i+2, len(e.r.Values))]
		name, rank := e.endpointIn(&e.r.Values[i], slices.ContainsFunc(beside, isID))
		switch isSure := rank < textRank; {
		case rank < best && isSure:
			e.said, e.vague, best = name, "", rank
		case rank < best:
			e.vague, best = name, rank
		case rank == best && isSure && name != e.said && e.vague == "":
			e.vague = e.said + " or " + name
		}
	}
	k := e.p.keyShape(e.r.Key)
	if key := e.r.Key; e.r.Form == sentence && e.said != "" && key != e.said && (k == words.Model || k == words.Variable) {
		e.vague = key + " or " + e.said // as in veo3: ID, kling_v3: ID
	}
}

// endpointIn returns what a value says of the endpoint, and how much that counts.
func (e *evidence) endpointIn(v *value, besideID bool) (name string, rank int) {
	bare := v.Class == words.NoKey || v.Class == words.PlainKey && e.r.Form == row
	switch {
	case v.Place.Created() != "":
		return v.Place.Created(), addressRank
	case v.Class == words.EndpointKey:
		return v.keyedEndpoint()
	case bare && v.Kind == words.Model:
		return v.Text, modelRank
	case bare && (v.Kind == words.Path || v.Kind == words.Family) && besideID && e.r.Form == sentence && (len(e.r.Values) == 2 || e.hasStatus):
		return v.Text, modelRank // as polltop writes it: a state, the id, the endpoint
	}
	return "", noRank
}

// keyedEndpoint returns what a value under a key of an endpoint says.
func (v *value) keyedEndpoint() (name string, rank int) {
	if v.Class != words.EndpointKey || words.IsNothing(v.Text) {
		return "", noRank
	}
	key := words.Fold(v.Key)
	isApp := strings.HasPrefix(key, "app") && !strings.HasPrefix(key, "appid")
	fits := words.FitsEndpoint(v.Text) && !v.Kind.IsID() && v.Kind != words.Pair
	switch {
	case fits && (!isApp || v.Kind == words.Model):
		return v.Text, keyRank
	case !fits && strings.HasPrefix(key, "model") && !strings.ContainsAny(v.Text, "/:"):
		return v.Text, textRank
	}
	return "", noRank
}

// endpointOf returns the endpoint of an id, and what to ask where that is not sure. The
// default endpoint is not sure where another name stands near the id.
func (e *evidence) endpointOf(v *value) (endpoint, ask string) {
	key := e.p.keyShape(v.Key)
	if e.r.Form != object && !v.Assigned || v.Class != words.PlainKey || !v.Kind.IsID() {
		key = words.Other
	}
	maybe := e.maybe
	switch {
	case e.vague != "":
	case e.said != "":
		return e.said, ""
	case key.NamesEndpoint():
		return v.Key, ""
	case e.sc.endpoint != "":
		return e.sc.endpoint, ""
	case key == words.Variable, key == words.Loose && !v.Assigned:
		maybe = v.Key // as in cat07: id
	}
	return e.askOf(v, maybe)
}

// askOf returns what to ask of the endpoint of an id, where maybe may be it, and that where it
// has the form of one.
func (e *evidence) askOf(v *value, maybe string) (endpoint, ask string) {
	switch {
	case maybe != "" && words.FitsEndpoint(maybe) && e.p.keyShape(maybe) != words.Variable:
		return maybe, "is " + shown(maybe) + " its endpoint?"
	case maybe != "":
		return "", "is " + shown(maybe) + " its endpoint?"
	case v.Field:
		return "", "its line is one field of a record: do the other lines name its endpoint?"
	case e.sc.cut:
		return "", "its record was cut off before it names an endpoint: is it one of the default endpoint?"
	}
	return "", ""
}

// looseName returns a word that may be the endpoint of the ids beside it, "" for none.
func (e *evidence) looseName() string {
	isName := func(v value) bool {
		isDashed := v.Kind == words.Other && words.IsDashed(v.Text)
		return v.Class == words.NoKey && (isDashed || v.Kind == words.Loose || v.Kind == words.Path || v.Kind == words.Family) && e.p.classOf(v.Text) == words.PlainKey && !e.isLooseID(&v)
	}
	if at := slices.IndexFunc(e.r.Values, isName); at >= 0 {
		return e.r.Values[at].Text
	}
	return ""
}
