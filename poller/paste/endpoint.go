package paste

import (
	"cmp"
	"slices"
	"strings"

	"polltop/poller/paste/record"
	"polltop/poller/paste/word"
)

// findEndpoint finds out which endpoint the record names: by an address of a queue, by a
// key, or by the name of a model in it.
func (e *evidence) findEndpoint() {
	for _, v := range e.r.Values {
		if a := v.Place; a != nil && a.ID == "" && a.Endpoint != "" {
			e.say(a.Endpoint)
		}
	}
	byKey, vague := e.keyedEndpoint()
	if e.said = cmp.Or(e.said, byKey); e.said == "" {
		e.findModel()
	}
	if e.said == "" && e.vague == "" {
		e.findWord()
	}
	if e.said == "" {
		e.vague = cmp.Or(e.vague, vague)
	}
}

// keyedEndpoint returns the endpoint that stands under the first of the keys of one, and a
// text under such a key that names one, but is none.
func (e *evidence) keyedEndpoint() (endpoint, vague string) {
	first := -1
	for _, v := range e.r.Values {
		if v.Class != word.EndpointKey || word.IsNothing(v.Text) {
			continue
		}
		rank, models, asks := word.Rank(v.Key)
		switch fits := v.IsEndpoint() && !v.Kind.IsID() && v.Kind != word.Pair; {
		case fits && (first < 0 || rank < first) && (!models || v.Kind == word.Model):
			endpoint, first = v.Text, rank
		case !fits && asks && !strings.ContainsAny(v.Text, "/:"):
			vague = v.Text
		}
	}
	return endpoint, vague
}

// say notes an endpoint that the record names. Another one makes it vague.
func (e *evidence) say(endpoint string) {
	if e.said == "" {
		e.said = endpoint
	} else if e.said != endpoint {
		e.vague = e.said + " or " + endpoint
	}
}

// findModel finds the one model name in a line, or the one cell that is one.
func (e *evidence) findModel() {
	for _, v := range e.r.Values {
		if v.Kind == word.Model && (v.Class == word.NoKey || v.Class == word.PlainKey && e.r.Form == record.Row) {
			e.say(v.Text)
		} else if v.Kind.IsID() && v.Key != "" && e.r.Form != record.Object && e.p.Shape(v.Key) == word.Model {
			e.say(v.Key) // kling_v3=id
		}
	}
}

// besideIDs are the kinds of words that may stand in a line beside an id and its endpoint.
var besideIDs = map[word.Kind]bool{word.MMSU: true, word.UUID: true, word.XID: true, word.Pair: true, word.Status: true, word.Number: true, word.Address: true}

// findWord finds the one word beside ids which is their endpoint, or may be it, if there is
// nothing else in the line but states, numbers and times.
func (e *evidence) findWord() {
	found, values := -1, e.r.Values
	for i, v := range values {
		if besideIDs[v.Kind] {
			continue
		}
		if v.Key != "" || v.Kind == word.Task || found >= 0 {
			return
		}
		found = i
	}
	beside := func(v record.Value) bool { return v.Kind.IsID() }
	if found < 0 || e.r.Form != record.Sentence || !slices.ContainsFunc(values[max(found-1, 0):min(found+2, len(values))], beside) {
		return
	}
	if v := values[found]; v.Kind.NamesEndpoint() {
		e.said = v.Text
	} else if v.Kind.MayNameEndpoint() && e.p.ClassOf(v.Text) == word.PlainKey && e.sc.endpoint == "" {
		e.vague = v.Text
	}
}

// endpointOf returns the endpoint of an id in the record, and what to ask where that is not
// sure.
func (e *evidence) endpointOf(v *record.Value) (endpoint, ask string) {
	w := cmp.Or(e.sc.word, e.keyWord(v))
	switch {
	case e.vague != "":
		w = e.vague
	case e.said != "":
		return e.said, ""
	case w != "" && e.p.Shape(w).NamesEndpoint():
		return w, ""
	case e.sc.endpoint != "":
		return e.sc.endpoint, ""
	case w == "":
		w = cmp.Or(e.r.Named, e.sc.called, e.p.modelIn(v.Line))
	}
	if w == "" || w == e.p.source.Endpoint {
		return "", ""
	}
	ask = "is " + word.Shown(w) + " its endpoint?"
	if !word.FitsEndpoint(w) {
		w = ""
	}
	return w, ask
}

// keyWord returns the key of an id where that may be its endpoint, as in cat07: id.
func (e *evidence) keyWord(v *record.Value) string {
	k := e.p.Shape(v.Key)
	if e.r.Form == record.Object && v.Class == word.PlainKey && v.Kind.IsID() && (k.NamesEndpoint() || !v.Assigned && k.MayNameEndpoint()) {
		return v.Key
	}
	return ""
}
