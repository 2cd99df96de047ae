package paste

import (
	"slices"
	"strings"

	"polltop/poller/paste/lines"
	"polltop/poller/paste/words"
)

// mostUnder bounds how many lines under an id are of the same thing, more than cards have, and
// wordsApart the words of a line that only names a model, as in Kling 2.1 Master.
const mostUnder, wordsApart = 12, 4

// isHeading reports whether a record is only a key of an endpoint and its value.
func (r *record) isHeading() bool {
	return len(r.Values) == 1 && r.Named != "" && r.Values[0].Class == words.EndpointKey && r.Values[0].Key != "ENDPOINT"
}

// isHeading reports whether a line only names a model: the endpoint of the lines below.
func (f *finder) isHeading(l *lines.Line) bool {
	t := strings.Trim(strings.Trim(l.Text[:min(len(l.Text), maxHeading)], " \t#"), "[]*`= \t:")
	if l.Prompt || strings.ContainsAny(t, " :") {
		return false
	}
	switch k := f.p.shape(t); {
	case !k.NamesModel():
		return false
	case k == words.Family: // which is no endpoint
		f.putName(t)
	default:
		f.putHeading(t)
	}
	return true
}

// putHeading notes the endpoint of the lines below. Below an id whose endpoint nothing says, the
// name may be that id's, as on the cards of a web page, and not the heading of the next ones.
func (f *finder) putHeading(name string) {
	if f.inList = false; !f.isCard {
		f.heading, f.below = name, false
		return
	}
	if f.putName(name); f.apart {
		f.claim = name
	}
}

// putName notes a name that may be the endpoint of ids near it.
func (f *finder) putName(name string) {
	if f.isCard {
		f.card = name
	} else {
		f.maybe = name
	}
}

// noteComment notes a model that a comment names: the lines below may be of it.
func (f *finder) noteComment(text string) {
	for word := range strings.FieldsSeq(text[:min(len(text), maxHeading)]) {
		if w := words.Trim(word); f.p.shape(w).NamesModel() {
			f.maybe = w
		}
	}
}

// nameUnder returns the model that the lines under an id name, up to another id, as on the cards
// of a web page. Below a blank line it is one that stands alone and heads no id. Nothing else
// says the endpoint, and the id is none of a list, under which the next heading may stand.
func (f *finder) nameUnder(r *record) string {
	if !f.isWhole || !r.isBare() || f.heading+f.claim != "" || f.inList {
		return ""
	}
	at, assigned := f.at, f.p.assigned
	defer func() { f.at, f.p.assigned = at, assigned }()
	apart := false
	for range mostUnder {
		apart = apart || f.at < len(f.lines) && f.lines[f.at].Bare == ""
		next := f.nextUnder()
		switch {
		case next == nil, next.HasID:
			return ""
		case f.waits, next.Named != "" && !apart:
			return next.Named
		case next.Named != "" && len(next.Values) <= wordsApart:
			if below := f.nextUnder(); below == nil || below.HasID {
				return ""
			}
			return next.Named
		}
	}
	return ""
}

// isBare reports whether a record is a line with an id that names no model.
func (r *record) isBare() bool {
	says := func(v value) bool { return v.Place != nil || v.Kind == words.Pair }
	isLine := r.Form == sentence || r.Form == row && len(r.Values) == 1
	return isLine && r.HasID && len(r.Inner) == 0 && r.Named == "" && !slices.ContainsFunc(r.Values, says)
}

// nextUnder reads the next line as one under an id, nil for one that can't be.
func (f *finder) nextUnder() *record {
	if f.at >= len(f.lines) {
		f.waits = f.soon
		return &record{}
	}
	l := &f.lines[f.at]
	if l.Prompt || l.IsRule() || f.p.shape(l.Bare).IsID() {
		return nil
	}
	next, used := f.line()
	f.at += used
	if f.p.close(next); slices.ContainsFunc(next.Values, func(v value) bool { return v.Text == f.p.source.Endpoint }) {
		next.Named = f.p.source.Endpoint
	}
	return next
}
