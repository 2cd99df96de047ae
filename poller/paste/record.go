package paste

import (
	"cmp"
	"regexp"
	"strings"

	"polltop/poller/paste/lines"
	"polltop/poller/paste/words"
)

// value is a word or a text of a record, and the key under which it stands.
type value struct {
	Key, Text string
	Line      *lines.Line
	Assigned  bool // it stands behind an equals sign, as a variable's value does
	Field     bool // its key is a field's name before it in the line, without a sign between
	Class     words.Class
	Kind      words.Kind
	Place     *words.Place
}

// form is what a record is made of.
type form byte

const (
	object   form = iota // keys and values
	list                 // values, each for itself
	row                  // values that belong together: the cells of a table's row, a tuple
	sentence             // a line of text, with the words and the groups in it
)

// record is values that belong together, with the records inside it.
type record struct {
	Form   form
	Key    string // under which it stands, "" for none
	Line   *lines.Line
	Values []value
	Inner  []*record
	// Own is the highest class of a key with an id here, Best that also of those inside.
	Own, Best words.Class
	// Created is the endpoint of an address to which requests are sent, Named a name that may be one.
	Created, Named string
	// Label is the text under the key label.
	Label string
	// HasID says that an id that may be a request's stands in it or in those inside.
	HasID bool
	// Web says that it describes a web access, Cut that its end is missing.
	Web, Cut bool
	// lead is the key of a line that is one key and its value, which begins at rest.
	lead string
	rest int
}

// maxTexts bounds how deep texts in strings are read, mostOfPair how many values an object has
// that is a name and a value.
const maxTexts, mostOfPair = 6, 4

var (
	// listKeys are the keys of a list whose values stand for themselves.
	listKeys = words.Set("ids data items results")
	// webForm matches a text that describes a web access, or of a call of AWS Lambda.
	webForm = regexp.MustCompile(`^(?:(?:GET|POST|PUT|DELETE|PATCH|HEAD) /|(?:START|END|REPORT) RequestId: )`)
)

// put adds a value to a record. A string that holds a value or a text is read in its place.
func (p *parser) put(r *record, v value) {
	if r.Form != sentence && strings.EqualFold(v.Key, "label") && !words.IsNull(v.Text) {
		r.Label = strings.TrimSpace(v.Text)
	}
	w := words.Trim(strings.TrimSpace(v.Text))
	v.Class = p.classOf(v.Key)
	r.Web = r.Web || v.Class == words.WebKey
	switch {
	case strings.ContainsAny(w, " \t\n\""):
		r.Web = r.Web || webForm.MatchString(v.Text)
		if p.putText(r, v) {
			return
		}
	case words.IDKind(v.Key).IsID():
		p.enclose(r, &record{Form: sentence, Line: v.Line, Values: []value{p.word(v.Key, v.Line), p.word(w, v.Line)}})
		return
	default:
		word := p.word(w, v.Line)
		v.Text, v.Kind, v.Place = word.Text, word.Kind, word.Place
	}
	if strings.HasSuffix(v.Key, "ENDPOINT") && words.FitsEndpoint(v.Text) {
		p.assigned = strings.Clone(v.Text)
	}
	r.Values = append(r.Values, v)
}

// word returns a word without a key as a value.
func (p *parser) word(w string, l *lines.Line) value {
	v := value{Text: w, Line: l, Class: words.NoKey, Kind: words.Address}
	if v.Place = words.ReadPlace(w, p.source.Bases); v.Place == nil {
		v.Kind = p.shape(w)
	}
	return v
}

// putText reads a text of several words, and reports false where it is a value as it is.
func (p *parser) putText(r *record, v value) bool {
	plain := !v.Class.IsKnown()
	isText := plain || has("{[", v.Text[0]) || strings.Contains(v.Text, words.Prefix)
	if !words.HasDigit(v.Text) || !isText || p.texts >= maxTexts {
		return plain
	}
	p.texts++
	f := &finder{p: p, inside: func(found *record) {
		found.Key = v.Key
		p.enclose(r, found)
	}}
	for t := range strings.SplitSeq(v.Text, "\n") {
		l := lines.Strip(v.Line.Number, t)
		l.Raw = v.Line.Raw
		f.lines = append(f.lines, l)
	}
	f.read(false, false)
	p.texts--
	return true
}

// enclose puts a record inside another one. One of a name and a value is a key and its
// value there, the values of a list stand under its key, and a list in a list is a tuple.
func (p *parser) enclose(r, kid *record) {
	if v, ok := kid.pair(); ok && r.Form != sentence {
		r.Form = object
		p.put(r, v)
		return
	}
	r.Web = r.Web || kid.Web && kid.Key != ""
	c, isList := p.classOf(kid.Key), (kid.Form == list || kid.Form == row) && len(kid.Inner) == 0
	switch {
	case isList && c.IsKnown() && !listKeys[words.Fold(kid.Key)], c == words.EndpointKey && kid.Form == object:
		// as in request_ids: [a, b], and in model: {name: kling_v3}
		for _, v := range kid.Values {
			v.Key = kid.Key
			p.put(r, v)
		}
		return
	case words.IDKind(kid.Key).IsID():
		kid.Values = append(kid.Values, p.word(kid.Key, kid.Line))
	case isList && r.Form == list:
		kid.Form = row
	}
	p.close(kid)
	r.Inner = append(r.Inner, kid)
}

// pair returns the value under its name, of a record that is a name and a value.
func (r *record) pair() (v value, ok bool) {
	if len(r.Values) > mostOfPair {
		return value{}, false
	}
	named := map[string]value{}
	for _, v := range r.Values {
		named[v.Key] = v
	}
	v, ok = named["value"]
	v.Key = cmp.Or(named["name"].Text, named["key"].Text)
	return v, ok && v.Key != ""
}

func (p *parser) close(r *record) {
	if r.Form == list { // each value stands for itself
		for _, v := range r.Values {
			one := &record{Form: sentence, Line: v.Line, Values: []value{v}}
			p.close(one)
			r.Inner = append(r.Inner, one)
		}
		r.Values = nil
	}
	r.Own = words.NoKey
	for i := range r.Values {
		r.note(&r.Values[i], p.source.Endpoint)
	}
	r.Best = r.Own
	for _, kid := range r.Inner {
		r.HasID = r.HasID || kid.HasID
		if r.Best = min(r.Best, kid.Best); kid.HasID {
			continue
		}
		r.Named = cmp.Or(r.Named, kid.Named)
		if kid.Form == object && r.Form == object {
			r.Created = cmp.Or(kid.Created, r.Created)
		}
	}
}

// note notes what a value says of the record.
func (r *record) note(v *value, endpoint string) {
	if v.Kind.IsID() && v.Class <= words.IDKey || v.Class <= words.RequestKey && (v.mayBeID() || words.IsNothing(v.Text)) {
		r.Own = min(r.Own, v.Class)
	}
	r.HasID = r.HasID || r.Own <= words.RequestKey || v.Kind.IsID() && (v.Class <= words.IDKey || v.Class == words.NoKey) || v.Kind == words.Pair
	r.Created = cmp.Or(v.Place.Created(), r.Created)
	if name, rank := v.keyedEndpoint(); rank < modelRank {
		r.Named = name
	} else if v.Kind.NamesModel() && v.Text != endpoint {
		r.Named = v.Text
	}
}

// mayBeID reports whether a value can be an id where only one can stand.
func (v *value) mayBeID() bool { return words.HasDigit(v.Text) && words.FitsID(v.Text) }

// isLoose reports whether a value may be an id of no known form, such as a long number.
func (v *value) isLoose() bool {
	return (v.Kind == words.Loose || v.Kind == words.Number) && len(v.Text) >= words.MinID && v.mayBeID()
}
