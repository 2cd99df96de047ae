package paste

import (
	"cmp"
	"slices"
	"strings"

	"polltop/poller/paste/lines"
	"polltop/poller/paste/words"
)

// mostLines bounds a value or a block over several lines, maxHeading a heading, in bytes.
const mostLines, maxHeading = 100_000, 100

// finder finds the records in lines, in order.
type finder struct {
	p     *parser
	lines []lines.Line // that are read
	at    int
	table *columns
	// heading is the endpoint that stands above, called that of the last call of an API,
	// and maybe a name above that may be one, or that of a call that was answered.
	heading, called, maybe string
	below                  bool // a record stands below the heading
	// over is a name in the record above, at whose indentation: what is indented deeper may be
	// of the same endpoint.
	over   string
	indent int
	// inList says that the line above is an id alone. isCard says that the last id is none of
	// such a list and nothing says its endpoint, so that names below may be of it, and apart
	// that a blank line stands below it. card is such a name, and claim one below that line: an
	// id right below is of it.
	inList, isCard, apart bool
	card, claim           string
	// more says that lines may follow, for which a value that is not whole waits, and soon
	// that they may at once, for which other records wait too.
	more, soon bool
	isWhole    bool // all of the text is there: what stands under an id can be read with it
	waits      bool // a record may go on in lines that have not come
	retry      int  // with how many lines to try again
	// inside takes the records of a text that stands in a record, nil for none.
	inside func(*record)
}

// add adds a line, which goes on with the one before if that ends within an id.
func (f *finder) add(l lines.Line) {
	if l.Cut {
		f.p.refuse(&l, "the line is too long to be read at once: what stands where it was cut, after each 64 MiB, is not read; break it into lines")
	}
	if last := len(f.lines) - 1; last >= 0 {
		lines.Join(&f.lines[last], &l, f.p.source.Bases)
	}
	f.lines = append(f.lines, l)
}

// read reads records until one may go on in lines that have not come. Then it waits for
// twice as many lines, so that the time stays linear.
func (f *finder) read(more, soon bool) {
	f.more, f.soon = more, soon
	if soon && len(f.lines) < f.retry {
		return
	}
	start := 0
	f.at, f.waits = 0, false
	for f.at < len(f.lines) && !f.waits {
		start = f.at
		f.step()
	}
	if !f.waits {
		start = f.at
	}
	f.lines = append(f.lines[:0], f.lines[start:]...)
	f.retry = 2 * len(f.lines)
}

// step reads one record.
func (f *finder) step() {
	l := &f.lines[f.at]
	if l.Prompt {
		f.called, f.maybe = "", ""
	}
	switch {
	case l.Bare == "":
		f.table, f.inList, f.apart, f.claim = nil, false, true, ""
		if f.below {
			f.heading = ""
		}
		f.at++
	case f.soon && f.at+1 == len(f.lines) && l.Broken() != "":
		f.waits = true
	case f.table != nil && f.row():
	case f.isHeading(l), l.IsRule():
		f.at++
	case l.IsComment():
		if f.heading == "" {
			f.noteComment(l.Text)
		}
		f.at++
	case f.head():
	default:
		f.record()
	}
}

// record reads the record that begins on a line.
func (f *finder) record() {
	if r, used := f.line(); r.lead != "" {
		f.block()
	} else {
		f.at += used
		f.found(r)
	}
}

// found passes a record on that is whole, with the endpoint that stands above it.
func (f *finder) found(r *record) {
	if f.waits {
		return
	}
	f.p.close(r)
	if f.inside != nil {
		f.inside(r)
		return
	}
	under := f.nameUnder(r)
	if f.waits {
		return
	}
	f.below = true
	if r.HasID && f.claim != "" {
		f.heading, f.maybe = f.claim, ""
	}
	f.claim = ""
	sc := f.around(r)
	if r.HasID {
		f.isCard, f.apart = r.isBare() && sc.endpoint+sc.maybe == "" && !f.inList, false
	}
	f.inList = r.HasID && len(r.Values) == 1
	if sc.maybe == "" {
		if sc.maybe = cmp.Or(under, f.card); sc.maybe == f.p.source.Endpoint {
			sc.maybe = ""
		}
	} else if under != "" && under != sc.maybe {
		sc.maybe += " or " + under
	}
	f.p.judge(r, sc)
}

// around returns what stands around a record, and notes what it says of those below.
func (f *finder) around(r *record) scope {
	sc := scope{endpoint: cmp.Or(f.heading, f.p.assigned), best: words.NoKey}
	if r.Line.Indent <= f.indent {
		f.over, f.indent = r.Named, r.Line.Indent
	} else {
		sc.maybe = f.over
	}
	if isAnswer := r.Form == object || len(r.Values) <= 1; !r.HasID {
		f.announce(r)
	} else if f.called != "" && isAnswer {
		sc.endpoint, f.called, f.maybe = f.called, "", f.called
	} else if f.called+f.maybe != "" {
		f.called, f.maybe = "", cmp.Or(f.called, f.maybe)
		sc.endpoint, sc.maybe = "", f.maybe
	}
	return sc
}

// announce notes what a record without an id says of those below: a call, or a heading.
func (f *finder) announce(r *record) {
	switch {
	case r.Created != "" && f.called != "" && f.called != r.Created: // two calls, whose answers may come in any order
		f.called, f.maybe = "", f.called+" or "+r.Created
	case r.Created != "":
		f.called, f.maybe = r.Created, ""
	case len(r.Values) > 1 && webForm.MatchString(r.Line.Bare):
		f.called, f.maybe = "", strings.Trim(r.Values[1].Text, "/") // POST /fal-ai/flux/dev
	case r.isHeading():
		if f.putHeading(r.Named); r.Values[0].Assigned && f.heading == r.Named {
			f.p.assigned = f.heading
		}
	case f.called == "" && r.Named != "" && r.Form == sentence && len(r.Inner) == 0:
		f.putName(r.Named)
	}
}

// textOfLine returns what is read of a line: what is before a comment, unless the sign of that
// stands in a text or the comment names a model.
func (p *parser) textOfLine(l *lines.Line) string {
	t, comment, _ := strings.Cut(l.Bare, " # ")
	isName := func(word string) bool { return p.shape(words.Trim(word)).NamesModel() }
	if strings.Count(t, `"`)%2 != 0 || slices.ContainsFunc(strings.Fields(comment), isName) {
		t = l.Bare
	}
	if key, rest, ok := strings.Cut(t, " | "); ok && words.IsKey(strings.TrimSpace(key)) && !strings.ContainsAny(rest, bars) {
		t = strings.TrimSpace(key) + ": " + rest // as psql shows one record
	}
	return t
}

// line reads a line, with groups that go on in the next ones, and returns how many it used.
func (f *finder) line() (r *record, used int) {
	l := &f.lines[f.at]
	t := f.p.textOfLine(l)
	r = &record{Form: sentence, Line: l}
	s := &scanner{p: f.p, lines: f.lines, at: f.at, text: t}
	s.items(r)
	r.Cut = s.cut || s.open
	isLine := s.at == f.at
	if r.lead != "" && (len(r.Values)+len(r.Inner) > 1 || !isLine && len(r.Values) > 0) {
		f.p.makePair(r, t, isLine)
	}
	f.waits = f.waits || s.open && f.more && s.at-f.at < mostLines
	if !f.waits && f.inside == nil {
		f.p.noteInputs(f.lines[f.at : s.at+1])
	}
	return r, s.at - f.at + 1
}

// makePair makes one value of what stands behind the first key in a line, where no other
// key or group follows.
func (p *parser) makePair(r *record, t string, isLine bool) {
	isKey := func(v value) bool { return v.Assigned || v.Class.IsKnown() }
	if !isLine || len(r.Inner) > 0 || slices.ContainsFunc(r.Values[1:], isKey) {
		r.lead = ""
		return
	}
	assigned := r.Values[0].Assigned
	r.Values = nil
	p.put(r, value{Key: r.lead, Text: strings.TrimRight(t[r.rest:], ",;"), Line: r.Line, Assigned: assigned})
}

// block reads lines of one key and value each: YAML, TOML, settings, headers, what programs
// print of one thing.
func (f *finder) block() {
	start, r := f.at, &record{Form: object, Line: &f.lines[f.at]}
	f.pairs(r, 0)
	f.waits = f.waits || f.soon && f.at >= len(f.lines) && f.at-start < mostLines
	f.found(r)
}

// pairs reads the pairs of a record, which stand at an indentation, up to a blank line. A
// bullet, and a key without a value, begin a record inside it, of which the lines below at a
// deeper indentation are.
func (f *finder) pairs(r *record, indent int) {
	for start := f.at; f.at < len(f.lines) && f.at-start < mostLines && !f.waits; {
		l := &f.lines[f.at]
		if l.Bare == "" || l.Indent < indent {
			break
		}
		got, used := f.line()
		if got.lead == "" && indent == 0 {
			break
		}
		f.at += used
		if got.lead != "" {
			got.Form = object
			switch {
			case l.Bullet:
			case len(got.Values) == 1 && got.Values[0].Text == "":
				got.Key, got.Values = got.lead, nil
			default:
				r.Values, r.Inner = append(r.Values, got.Values...), append(r.Inner, got.Inner...)
				continue
			}
			f.pairs(got, l.Indent+1)
		}
		f.p.enclose(r, got)
	}
}
