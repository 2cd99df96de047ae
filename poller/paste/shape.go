package paste

import (
	"net/url"
	"strings"

	"polltop/poller/queue"
)

// kind is what a word is, by its shape alone.
type kind byte

const (
	other      kind = iota
	mmsu            // an id of SeaCloud: mmsu_ and 26 letters and digits
	uuid            // an id of fal and Comfy, and of much else
	xid             // an id of SeaCloud's older form
	looseID         // what may be an id, of no known form
	shortMmsu       // mmsu_ and fewer than 26
	cutID           // an id with … in it
	address         // a web address, or the path of a request or of a queue
	pair            // endpoint/id
	loosePair       // the same with an id of no known form
	model           // a name that is known to be a model's
	family          // the name of a family of models alone
	slashed         // a word with a slash that may be an endpoint
	statusWord      // such as IN_QUEUE
	number          // a number, date, time, duration, size or version
	taskWord        // such as task, request, submitted
	name            // a word that may name something: it has an _, or a letter and a digit
)

const (
	digits = "0123456789"
	// minID and maxID bound the length of an id, maxAddress that of an address, in bytes.
	minID, maxID, maxAddress = 6, 200, 8 << 10

	mmsuPrefix = "mmsu_"
)

// isID reports whether a word is an id of a known form.
func (k kind) isID() bool { return k == mmsu || k == uuid || k == xid }

// namesEndpoint reports whether a word is an endpoint where it stands beside an id, and
// maybeEndpoint whether it may be one.
func (k kind) namesEndpoint() bool { return k == model || k == family || k == slashed }
func (k kind) maybeEndpoint() bool { return k == name || k == looseID }

// What is known of some words.
const (
	isStatus = 1 << iota
	isTask
	isFamily
	isUnit
)

var (
	words    = map[string]int{}
	noValues = set("null none nil undefined nan - n/a na <nil> <null> (null) <none>")
	fileEnds = set("mp4 mp3 m4a m4v 7z")
)

func init() {
	for mark, list := range map[int]string{
		isStatus: "queued in_queue inqueue running in_progress inprogress processing pending submitted completed done succeeded success ok failed error timeout canceled cancelled expired not_found generating new",
		isTask:   "request task job generation submit submitted submitting queued enqueued polling in_queue in_progress requests tasks jobs generations",
		isFamily: "wan nano banana kling seedance seedream flux veo sora hailuo minimax vidu pixverse luma ideogram recraft imagen qwen hunyuan ltx sdxl suno",
		isUnit:   "t z s m h d w y x e k g b p v ms us µs ns min sec hr mb gb kb tb mib gib kib px fps am pm st nd rd th utc gmt rc beta alpha kbps mbps",
	} {
		for word := range strings.FieldsSeq(list) {
			words[word] |= mark
		}
	}
}

func set(list string) map[string]bool {
	m := map[string]bool{}
	for word := range strings.FieldsSeq(list) {
		m[word] = true
	}
	return m
}

// shape returns what a word is. The word carries no quotes or punctuation around it.
func (p *parser) shape(word string) kind {
	if k := idShape(word); k != other || len(word) > maxID {
		return k
	}
	lower := strings.ToLower(word)
	switch mark := words[lower]; {
	case mark&isStatus != 0:
		return statusWord
	case mark&isTask != 0:
		return taskWord
	case isNumber(lower):
		return number
	case mark&isFamily != 0:
		return family
	case isFile(lower) && word != p.source.Endpoint:
		return other
	case strings.Contains(word, "/"):
		return p.slashShape(word, lower)
	case p.isModel(word, lower):
		return model
	case !fitsEndpoint(word), strings.Contains(word, "."), (len(word) == 40 || len(word) == 64) && allBytes(word, isHex):
		return other
	}
	switch named := hasDigit(word) && hasLetter(word); {
	case named && len(word) >= minID:
		return looseID
	case named || strings.Contains(word, "_"):
		return name
	}
	return other
}

// minXidDigits is how many digits an xid has at least: words may have fewer.
const minXidDigits = 3

// idShape returns which form of id a word has, other for none.
func idShape(word string) kind {
	switch len(word) {
	case 36:
		for i := range len(word) {
			if dash := i == 8 || i == 13 || i == 18 || i == 23; dash != (word[i] == '-') || !dash && !isHex(word[i]) {
				return other
			}
		}
		return uuid
	case 20:
		found := 0
		for i := range len(word) {
			if isDigit(word[i]) {
				found++
			}
		}
		if end := word[19]; found >= minXidDigits && (word[0] == 'c' || word[0] == 'd') && (end == '0' || end == 'g') && allBytes(word, func(b byte) bool { return isLowerAlnum(b) && b <= 'v' }) {
			return xid
		}
	}
	if rest, ok := strings.CutPrefix(word, mmsuPrefix); ok && allBytes(rest, isLowerAlnum) {
		switch {
		case len(rest) == 26:
			return mmsu
		case len(rest) >= 4 && len(rest) < 26 && hasDigit(rest):
			return shortMmsu
		}
	}
	if isCut(word) {
		return cutID
	}
	return other
}

// slashShape returns what a word with a slash in it is: a model, endpoint/id, what may be
// an endpoint, or something else, such as a path.
func (p *parser) slashShape(word, lower string) kind {
	if !fitsEndpoint(word) {
		return other
	}
	at := strings.LastIndexByte(word, '/')
	switch last := word[at+1:]; {
	case idShape(last).isID():
		return pair
	case word != p.source.Endpoint && at == strings.IndexByte(word, '/') && p.shape(last) == looseID && (words[lower[:at]]&isFamily != 0 || p.isModel(word[:at], lower[:at])):
		return loosePair
	case p.isModel(word, lower):
		return model
	}
	for segment := range strings.SplitSeq(word, "/") {
		if !hasLetter(segment) {
			return other
		}
	}
	return slashed
}

// isModel reports whether a word is the name of a model: a family is among its parts, or
// it is the default endpoint.
func (p *parser) isModel(word, lower string) bool {
	first, _, slash := strings.Cut(lower, "/")
	switch {
	case !strings.ContainsAny(word, digits+"_-/") || !fitsEndpoint(word) || slash && strings.Contains(first, "."):
		return false
	case word == p.source.Endpoint, first == "fal-ai" && slash:
		return true
	}
	for part := range strings.FieldsFuncSeq(lower, func(r rune) bool { return r < 'a' || r > 'z' }) {
		if words[part]&isFamily != 0 {
			return true
		}
	}
	return false
}

// fitsEndpoint reports whether a text can be an endpoint, and fitsID whether it can be an
// id where only one can stand.
func fitsEndpoint(text string) bool {
	return text != "" && len(text) <= maxID && isAlnum(text[0]) && text[len(text)-1] != '/' && !strings.Contains(text, "//") && !strings.Contains(text, "..") &&
		allBytes(text, func(b byte) bool { return isAlnum(b) || b == '_' || b == '.' || b == '/' || b == '-' })
}

func fitsID(text string) bool {
	return len(text) <= maxID && strings.Trim(text, ".") != "" && allBytes(text, func(b byte) bool { return isAlnum(b) || strings.IndexByte("_-.:~", b) >= 0 })
}

// isNumber reports whether a lower-case word is a number, date, time, duration, size or
// version: runs of digits with nothing but punctuation and units between them.
func isNumber(word string) bool {
	word = strings.TrimLeft(word, "+-~<>$€#v=")
	if word == "" || !isDigit(word[0]) {
		return false
	}
	for i := 0; i < len(word); {
		start := i
		for i < len(word) && word[i] >= 'a' {
			i++
		}
		if i > start && words[word[start:i]]&isUnit == 0 {
			return false
		} else if i == start {
			i++
		}
	}
	return true
}

// isFile reports whether a lower-case word is the name of a file or of a host.
func isFile(word string) bool {
	at := strings.LastIndexByte(word, '.')
	return at > 0 && (fileEnds[word[at+1:]] || len(word)-at > 2 && allBytes(word[at+1:], isLetter))
}

var cuts = strings.NewReplacer("...", "", "…", "")

// isCut reports whether a word is an id cut short by whatever showed it.
func isCut(word string) bool {
	if !strings.Contains(word, "…") && !strings.Contains(word, "...") {
		return false
	}
	rest := cuts.Replace(word)
	return len(rest) >= 4 && fitsID(rest) && hasDigit(rest) && hasLetter(rest) && !isNumber(strings.ToLower(rest))
}

// place is what an address says.
type place struct {
	*queue.Address
	// id is that of the request, "" for none, and endpoint where that can be one.
	id, endpoint string
	// missing says that a request's id should stand there, but none or a variable's name
	// does; page that it is a web page about the request, not the request's address.
	missing, page bool
}

// mayBeAddress tells cheaply that a word is none.
func mayBeAddress(word string) bool {
	return len(word) > 8 && len(word) < maxAddress && (strings.Contains(word, "%2F") || strings.IndexByte(word, '/') >= 0 &&
		(strings.Contains(word, "://") || strings.Contains(word, "/requests") || strings.Contains(word, "/v1/queue/") || strings.Contains(word, "/v2/models/")))
}

var addressEscapes = strings.NewReplacer(`\/`, "/", "&amp;", "&")

// address reads a word as an address; nil if it is none.
func (p *parser) address(word string) *place {
	if !mayBeAddress(word) {
		return nil
	}
	if strings.Contains(word, "%2F") && !strings.Contains(word, "/requests") {
		word, _ = url.PathUnescape(word)
	}
	if strings.ContainsAny(word, `\&=`) {
		word = strings.TrimLeft(addressEscapes.Replace(word), "=")
	}
	a := &place{Address: queue.ReadAddress(word, p.source.Bases)}
	if fitsEndpoint(a.Endpoint) {
		a.endpoint = a.Endpoint
	}
	switch {
	case a.OfRequest && (a.ID == "" || a.ID[0] == '$' || isCut(a.ID)):
		a.missing = true
	case a.OfRequest && fitsID(a.ID) && !isPlaceholder(a.ID):
		a.id = a.ID
	case a.Service == "" && (a.Base != nil || a.Origin != ""):
		_, tail, _ := strings.Cut(a.Path, "/requests/")
		if a.id, _, _ = strings.Cut(tail, "/"); idShape(a.id) != uuid {
			a.id = ""
		}
		if values, err := url.ParseQuery(a.Query); err == nil && a.Query != "" {
			if id := values.Get("request_id"); fitsID(id) && hasDigit(id) {
				a.id = id
			}
		}
		a.page = a.id != ""
	}
	if a.Service == "" && !strings.Contains(a.Text, "://") {
		return nil
	}
	return a
}

func isDigit(b byte) bool      { return b >= '0' && b <= '9' }
func isLetter(b byte) bool     { return b|0x20 >= 'a' && b|0x20 <= 'z' }
func isAlnum(b byte) bool      { return isDigit(b) || isLetter(b) }
func isLowerAlnum(b byte) bool { return isDigit(b) || b >= 'a' && b <= 'z' }
func isHex(b byte) bool        { return isDigit(b) || b|0x20 >= 'a' && b|0x20 <= 'f' }
func isNumeral(s string) bool  { return allBytes(s, isDigit) }
func hasDigit(s string) bool   { return anyByte(s, isDigit) }
func hasLetter(s string) bool  { return anyByte(s, isLetter) }

// trimBlanks returns a text without the spaces and tabs before it.
func trimBlanks(text string) string {
	at := 0
	for at < len(text) && (text[at] == ' ' || text[at] == '\t') {
		at++
	}
	return text[at:]
}

func anyByte(text string, ok func(byte) bool) bool {
	return text != "" && !allBytes(text, func(b byte) bool { return !ok(b) })
}

func allBytes(text string, ok func(byte) bool) bool {
	for i := range len(text) {
		if !ok(text[i]) {
			return false
		}
	}
	return text != ""
}
