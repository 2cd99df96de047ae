package paste

import (
	"slices"
	"strings"

	"polltop/poller/paste/lines"
	"polltop/poller/paste/words"
)

// maxLinesBelow bounds the lines below an id that belong to it, as on a card. maxNameWords bounds the words
// of a line that only names a model, as in Kling 2.1 Master.
const maxLinesBelow, maxNameWords = 12, 4

// isHeading reports whether a record is only an endpoint under its key.
func (r *record) isHeading() bool {
	return len(r.Values) == 1 && r.ModelName != "" && r.Values[0].Class == words.EndpointKey && r.Values[0].Key != "ENDPOINT"
}

// isHeading reports whether a line only names a model, and notes that as the endpoint of the lines below.
func (f *finder) isHeading(l *lines.Line) bool {
	t := strings.Trim(strings.Trim(l.Text[:min(len(l.Text), maxHeading)], " \t#"), "[]*`= \t:")
	if l.Prompt || strings.ContainsAny(t, " :") {
		return false
	}
	switch k := f.p.kindOf(t); {
	case !k.NamesModel():
		return false
	case k == words.Family: // a family is no endpoint
		f.setPossible(t)
	default:
		f.setHeading(t)
	}
	return true
}

// setHeading sets the endpoint of the lines below. Below an id without an endpoint the name may be that
// id's, as on the cards of a web page, and is no heading.
func (f *finder) setHeading(name string) {
	if f.inList = false; !f.idUnnamed {
		f.heading, f.unanswered, f.possible, f.headingUsed = name, "", "", false
		return
	}
	if f.setPossible(name); f.afterBlank {
		f.nameAfterBlank = name
	}
}

// setPossible notes a name that may be the endpoint of ids near it.
func (f *finder) setPossible(name string) {
	if f.idUnnamed {
		f.nameBelow = name
	} else {
		f.possible = name
	}
}

// modelIn returns the last name of a model in a comment, "" for none.
func (p *parser) modelIn(comment string) (model string) {
	for word := range strings.FieldsSeq(comment[:min(len(comment), maxHeading)]) {
		if w := words.Trim(word); p.kindOf(w).NamesModel() {
			model = w
		}
	}
	return model
}

// modelBelow returns the model that the lines below an id name, up to the next id, as on the cards of a web
// page; "" for none. Below a blank line the name must stand alone and head no id. It returns "" if
// something else says the endpoint, or the id is in a list, below which the next heading may stand.
func (f *finder) modelBelow(r *record) string {
	if !f.isComplete || !r.isBare() || f.heading+f.nameAfterBlank != "" || f.inList {
		return ""
	}
	at, assigned := f.at, f.p.assigned
	defer func() { f.at, f.p.assigned = at, assigned }()
	apart := false
	for range maxLinesBelow {
		apart = apart || f.at < len(f.lines) && f.lines[f.at].Content == ""
		next := f.nextBelow()
		switch {
		case next == nil, next.HasID:
			return ""
		case f.waiting, next.ModelName != "" && !apart:
			return next.ModelName
		case next.ModelName != "" && len(next.Values) <= maxNameWords:
			if below := f.nextBelow(); below == nil || below.HasID {
				return ""
			}
			return next.ModelName
		}
	}
	return ""
}

// isBare reports whether a record is a line with an id and no endpoint.
func (r *record) isBare() bool {
	says := func(v value) bool { return v.Link != nil || v.Kind == words.Pair }
	isLine := r.Form == sentence || r.Form == row && len(r.Values) == 1
	return isLine && r.HasID && len(r.Inner) == 0 && r.ModelName == "" && !slices.ContainsFunc(r.Values, says)
}

// nextBelow reads the next line below an id. It returns nil if the line does not belong to the id.
func (f *finder) nextBelow() *record {
	if f.at >= len(f.lines) {
		f.waiting = f.moreSoon
		return &record{}
	}
	l := &f.lines[f.at]
	if l.Prompt || l.IsRule() || f.p.kindOf(l.Content).IsID() {
		return nil
	}
	next, used := f.readLine()
	f.at += used
	if f.p.finish(next); slices.ContainsFunc(next.Values, func(v value) bool { return v.Text == f.p.source.Endpoint }) {
		next.ModelName = f.p.source.Endpoint
	}
	return next
}
