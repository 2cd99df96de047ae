package paste

import (
	"cmp"
	"slices"
	"strings"

	"polltop/poller/paste/lines"
	"polltop/poller/paste/words"
	"polltop/poller/queue"
)

// scope is what the text around a record says about it.
type scope struct {
	endpoint  string      // the endpoint, "" if nothing says it
	possible  string      // a name that may be the endpoint
	bestClass words.Class // the best class of a key with an id in the records around
	truncated bool        // the end of a record around is missing
	web       bool        // a record around describes a web access
}

// evidence is what a record says about the ids in it.
type evidence struct {
	p  *parser
	r  *record
	sc scope

	bestClass words.Class // the best class of a key with an id in the record, inside and around it
	endpoint  string      // the endpoint that the record names
	ambiguous string      // a text that names one or more endpoints, none of which is certain
	possible  string      // another name in or around the record that may be the endpoint
	doubt     string      // what is unsure of all ids in the record

	keyedID  string // the first id under request_id
	linkedID string // the id in the record's own address

	base        *queue.Base
	urls        queue.URLs // the request's own addresses on base, in no known form
	foreignBase string     // the base of an address of a request that is not configured

	hasAddress, hasStatus bool
	isSettings            bool // the record only sets variables to ids
}

// judge weighs the evidence in a record and its inner ones, and adds mentions of their ids.
func (p *parser) judge(r *record, sc scope) {
	e := &evidence{p: p, r: r, sc: sc, bestClass: min(r.BestClass, sc.bestClass)}
	e.collect()
	e.possible = cmp.Or(e.ambiguous, e.nearbyName(), r.ModelName, sc.possible)
	e.addIDs()
	sc.truncated, sc.possible, sc.bestClass = sc.truncated || r.Truncated, cmp.Or(r.ModelName, sc.possible), min(sc.bestClass, r.OwnClass)
	isWeb := func(v value) bool { return v.Class == words.WebKey }
	sc.web = sc.web || r.CallEndpoint == "" && slices.ContainsFunc(r.Values, isWeb)
	if words.CanBeEndpoint(r.CallEndpoint) {
		sc.endpoint = r.CallEndpoint
	} else if r.CallEndpoint != "" {
		sc.endpoint, sc.possible = "", r.CallEndpoint
	}
	if e.endpoint != "" && e.ambiguous == "" {
		sc.endpoint = e.endpoint
	}
	for _, kid := range r.Inner {
		under := sc
		switch k := p.KeyKindOf(kid.Key); {
		case p.ClassOf(kid.Key) != words.PlainKey:
		case k.NamesEndpoint():
			under.endpoint = kid.Key
		case k == words.Variable, k == words.Ambiguous && len(kid.Values) == 0:
			under.possible = kid.Key
		}
		p.judge(kid, under)
	}
}

// ownURLs are the keys of a request's own addresses, statusKeys those of its status.
var (
	ownURLs = map[string]func(*queue.URLs) *string{
		"statusurl":   func(u *queue.URLs) *string { return &u.Status },
		"responseurl": func(u *queue.URLs) *string { return &u.Response },
		"cancelurl":   func(u *queue.URLs) *string { return &u.Cancel },
	}
	statusKeys = words.SetOf("status state task_status taskstatus job_status jobstatus outcome phase")
)

// collect collects what the values say about the record, and what is unsure of all ids in it.
func (e *evidence) collect() {
	failed := slices.ContainsFunc(e.r.Inner, func(kid *record) bool {
		return kid.Key == "detail" || kid.Key == "error" && kid.Form == object
	})
	for i := range e.r.Values {
		v := &e.r.Values[i]
		switch {
		case v.Key == "detail" && v.Text != "":
			failed = true
		case v.Link != nil:
			e.noteAddress(v)
		case v.Class == words.RequestKey && v.mayBeID():
			e.keyedID = cmp.Or(e.keyedID, v.Text)
		case v.Text == "unsure" && (v.Key == "event" || v.Key == ""):
			e.doubt = whyAsked
		case v.Kind == words.Status && (v.Key == "" || statusKeys[strings.ToLower(v.Key)]):
			e.hasStatus = true
		}
	}
	e.isSettings = e.r.isSettings()
	e.findEndpoint()
	e.doubt = cmp.Or(e.whyUnsure(failed), e.doubt)
}

// isSettings reports whether a record only sets variables to ids.
func (r *record) isSettings() bool {
	rest := r.Values
	if r.Form == sentence && len(rest) > 0 && !rest[0].Assigned {
		rest = rest[1:] // export, let, set
	}
	isOther := func(v value) bool { return !v.Assigned || !v.Kind.IsID() }
	return len(rest) > 0 && !slices.ContainsFunc(rest, isOther)
}

// whyUnsure returns why the ids in the record may name something else, "" for no reason.
func (e *evidence) whyUnsure(failed bool) string {
	isWeb := e.doubt == "" && e.r.HasID && !e.hasAddress
	switch {
	case failed && !e.hasStatus && !e.hasAddress && e.endpoint == "":
		return whyFailed
	case e.keyedID != "" && e.linkedID != "" && !strings.EqualFold(e.keyedID, e.linkedID):
		return whyTwo
	case isWeb && (e.r.Web || e.sc.web || words.IsWebAccess(e.r.Line.Content)):
		return whyWeb
	}
	return ""
}

// noteAddress notes what an address says about the record.
func (e *evidence) noteAddress(v *value) {
	a, own := v.Link, ownURLs[words.NormalizeKey(v.Key)]
	e.hasAddress = e.hasAddress || a.Service != ""
	switch {
	case a.MissingBase != "":
		e.foreignBase = a.MissingBase
	case own == nil:
	case a.Service != "" || a.Page:
		e.linkedID = cmp.Or(a.ID, e.linkedID)
	case a.Base != nil && (e.base == nil || e.base == a.Base):
		e.base, *own(&e.urls) = a.Base, a.Text
	default:
		e.foreignBase = a.Origin
	}
}

// The ranks of what names an endpoint, best first.
const (
	addressRank = iota // an address to which requests are submitted
	keyRank            // an endpoint under its key
	modelRank          // the name of a model
	textRank           // a text under a key such as model_name
	noRank
)

// findEndpoint sets the endpoint that the record names, or ambiguous if two of one rank differ.
func (e *evidence) findEndpoint() {
	best, isID := noRank, func(v value) bool { return v.Kind.IsID() }
	for i := range e.r.Values {
		beside := e.r.Values[max(i-1, 0):min(i+2, len(e.r.Values))]
		name, rank := e.endpointIn(&e.r.Values[i], slices.ContainsFunc(beside, isID))
		switch isSure := rank < textRank; {
		case rank < best && isSure:
			e.endpoint, e.ambiguous, best = name, "", rank
		case rank < best:
			e.ambiguous, best = name, rank
		case rank == best && isSure && name != e.endpoint && e.ambiguous == "":
			e.ambiguous = words.Either(e.endpoint, name)
		}
	}
	k := e.p.KeyKindOf(e.r.Key)
	if key := e.r.Key; e.r.Form == sentence && e.endpoint != "" && key != e.endpoint && (k == words.Model || k == words.Variable) {
		e.ambiguous = words.Either(key, e.endpoint) // as in veo3: ID, kling_v3: ID
	}
}

// endpointIn returns the endpoint that a value names, and its rank.
func (e *evidence) endpointIn(v *value, besideID bool) (name string, rank int) {
	switch {
	case v.Link.CallEndpoint() != "":
		return v.Link.CallEndpoint(), addressRank
	case v.Class == words.EndpointKey:
		return v.keyedEndpoint()
	case v.Class != words.NoKey && (v.Class != words.PlainKey || e.r.Form != row): // it stands for something else
	case e.r.Form == sentence && v.Kind.NamesModel() && lines.IsInCell(e.r.Line.Content, v.Text):
		return v.Text, textRank
	case v.Kind == words.Model:
		return v.Text, modelRank
	case e.r.Form == sentence && besideID && v.Kind.NamesEndpoint() && (len(e.r.Values) == 2 || e.hasStatus):
		return v.Text, modelRank // as polltop writes it: a state, the id, the endpoint
	}
	return "", noRank
}

// keyedEndpoint returns the endpoint that a value under an EndpointKey names, and its rank.
func (v *value) keyedEndpoint() (name string, rank int) {
	if v.Class != words.EndpointKey || words.IsNoValue(v.Text) {
		return "", noRank
	}
	key := words.NormalizeKey(v.Key)
	isApp := strings.HasPrefix(key, "app") && !strings.HasPrefix(key, "appid")
	fits := words.CanBeEndpoint(v.Text) && !v.Kind.IsID() && v.Kind != words.Pair
	switch {
	case fits && (!isApp || v.Kind == words.Model):
		return v.Text, keyRank
	case !fits && strings.HasPrefix(key, "model") && !strings.ContainsAny(v.Text, "/:"):
		return v.Text, textRank
	}
	return "", noRank
}

// endpointOf returns the endpoint of an id, "" for the default one, and what to ask if it is not sure. It
// is not sure if another name stands near the id.
func (e *evidence) endpointOf(v *value) (endpoint, ask string) {
	key := e.p.KeyKindOf(v.Key)
	if e.r.Form != object && !v.Assigned || v.Class != words.PlainKey || !v.Kind.IsID() {
		key = words.Other
	}
	possible := e.possible
	switch {
	case e.ambiguous != "":
	case e.endpoint != "":
		return e.endpoint, ""
	case key.NamesEndpoint():
		return v.Key, ""
	case e.sc.endpoint != "":
		return e.sc.endpoint, ""
	case key == words.Variable, key == words.Ambiguous && !v.Assigned:
		possible = v.Key // as in cat07: id
	}
	return e.questionAbout(v, possible)
}

// questionAbout returns what to ask about the endpoint of an id, "" for nothing, and the endpoint to
// suggest. possible is a name near the id, "" for none.
func (e *evidence) questionAbout(v *value, possible string) (endpoint, ask string) {
	switch {
	case possible != "" && words.CanBeEndpoint(possible) && e.p.KeyKindOf(possible) != words.Variable:
		return possible, "is " + lines.Excerpt(possible) + " its endpoint?"
	case possible != "":
		return "", "is " + lines.Excerpt(possible) + " its endpoint?"
	case v.Field:
		return "", "its line is one field of a record: do the other lines name its endpoint?"
	case e.sc.truncated:
		return "", "its record was cut off before it names an endpoint: is it one of the default endpoint?"
	}
	return "", ""
}

// nearbyName returns a word in the record that may be the endpoint of its ids, "" for none.
func (e *evidence) nearbyName() string {
	isName := func(v value) bool {
		isDashed := v.Kind == words.Other && words.IsDashed(v.Text)
		return v.Class == words.NoKey && (isDashed || v.Kind == words.Ambiguous || v.Kind == words.Path || v.Kind == words.Family) && e.p.ClassOf(v.Text) == words.PlainKey && !e.isUnknownID(&v)
	}
	if at := slices.IndexFunc(e.r.Values, isName); at >= 0 {
		return e.r.Values[at].Text
	}
	return ""
}
