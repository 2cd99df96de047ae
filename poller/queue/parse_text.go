package queue

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// unit is what one line or JSON value gave.
type unit struct {
	parser   *Parser
	requests []Request
	reasons  []string       // why there is no request, or not all of it
	byID     map[string]int // the index in requests, once there are several
	json     bool           // there was a JSON value without anything in it
	other    bool           // there was an address that is none of a request
}

func (u *unit) found() bool { return len(u.requests) > 0 || len(u.reasons) > 0 }

// fail adds a reason, once where it comes many times in a row.
func (u *unit) fail(reason string) {
	if n := len(u.reasons); n == 0 || u.reasons[n-1] != reason {
		u.reasons = append(u.reasons, reason)
	}
}

// add adds a request. A line that names the same id twice, as an id and its
// URL, gives one request: the one that says more.
func (u *unit) add(r Request) {
	if i, ok := u.index()[r.ID]; ok {
		if other := u.requests[i]; (other.Assumed && !r.Assumed) || (other.Assumed == r.Assumed && other.URLs == nil && r.URLs != nil) {
			u.requests[i] = r
		}
		return
	}
	u.byID[r.ID] = len(u.requests)
	u.requests = append(u.requests, r)
}

// has reports whether the unit names the id already.
func (u *unit) has(id string) bool {
	if len(u.requests) == 0 {
		return false
	}
	_, ok := u.index()[id]
	return ok
}

// index returns where in requests each id is. The requests of a JSON value are
// put there without it, as those of an array are not compared with each other.
func (u *unit) index() map[string]int {
	if len(u.byID) == 0 {
		u.byID = make(map[string]int, len(u.requests)+1)
		for i, r := range u.requests {
			u.byID[r.ID] = i
		}
	}
	return u.byID
}

// bare adds the request with an id that stands without an address. An empty
// endpoint is the default one.
func (u *unit) bare(id, endpoint string) {
	r, err := u.parser.bare(id, endpoint)
	if err != nil {
		u.fail(err.Error())
	} else if len(u.requests) == 0 {
		u.requests = append(u.requests, r)
	} else {
		u.add(r)
	}
}

// bare returns the request with an id that stands without an address.
func (p *Parser) bare(id, endpoint string) (Request, error) {
	assumed := endpoint == ""
	if assumed {
		endpoint = p.source.Endpoint
	}
	switch {
	case isCut(id):
		return Request{}, errCut
	case endpoint == "":
		return Request{}, fmt.Errorf("no endpoint is known for %s: write endpoint/%[1]s, or give the endpoint of all with --endpoint or ENDPOINT", shown(id))
	case len(p.source.Bases) == 0:
		return Request{}, fmt.Errorf("no base URL is configured for %s: give one with --base-url", shown(id))
	}
	return Request{ID: strings.Clone(id), Endpoint: p.intern(endpoint), Base: p.source.Bases[0], Assumed: assumed}, nil
}

// intern returns the one copy of an endpoint, so that neither a hundred
// thousand copies nor the text that they stood in stay in memory.
func (p *Parser) intern(endpoint string) string {
	if kept, ok := p.endpoints[endpoint]; ok {
		return kept
	}
	endpoint = strings.Clone(endpoint)
	p.endpoints[endpoint] = endpoint
	return endpoint
}

// beforeComment reads a line with a comment behind its value, and reports
// whether it is one. A # in a log line begins no comment, so what is before it
// must be a value alone, or a space must follow the #.
func (u *unit) beforeComment(text string) bool {
	at := strings.IndexByte(text, '#')
	if at < 1 || (text[at-1] != ' ' && text[at-1] != '\t') || strings.ContainsAny(text[:at], "{[") {
		return false
	}
	head := trimmed(text[:at])
	alone := !strings.ContainsAny(head, " \t")
	if !alone && !strings.HasPrefix(text[at:]+" ", "# ") {
		return u.forms(head)
	}
	u.text(head)
	if alone && !u.found() {
		u.fail(u.nothing(head))
	}
	return u.found()
}

// text reads text that holds no JSON.
func (u *unit) text(text string) {
	if !u.forms(text) {
		u.prose(text)
	}
}

// forms reads a line that is made of values alone: ids, endpoint/id, an endpoint
// and its ids, or an id and its endpoint. It reports whether the line is that.
func (u *unit) forms(text string) bool {
	words := split(text)
	endpoint, words := ownEndpoint(words, strings.ContainsAny(text, ",;|"))
	if len(words) == 0 {
		return false
	}
	made := 0 // words that look made by a machine
	for _, word := range words {
		own, id := cutEndpoint(word)
		if !looksLikeID(id) {
			return false
		}
		if own != "" || random(id) {
			made++
		}
	}
	for _, word := range words {
		own, id := cutEndpoint(word)
		if own == "" {
			own = endpoint
			if made > 0 && !random(id) {
				u.fail(fmt.Sprintf("%s looks unlike the ids beside it and was left out: if it is an id, write it on a line of its own", shown(id)))
				continue
			}
		}
		u.bare(id, own)
	}
	return true
}

// ownEndpoint takes the endpoint off the words of a line, "" where there is
// none. It stands before ids, or behind one. A single id after a space is
// believed, as that is how endpoint and id are written; in a list, the first
// word might be an id as well, unless the others look different.
func ownEndpoint(words []string, list bool) (endpoint string, ids []string) {
	if len(words) < 2 {
		return "", words
	}
	first, last := words[0], words[len(words)-1]
	switch {
	case namesEndpoint(first) && ((len(words) == 2 && !list && looksLikeID(last)) || !slices.ContainsFunc(words[1:], isNotRandom)):
		return first, words[1:]
	case len(words) == 2 && random(first) && namesEndpoint(last) && strings.ContainsAny(last, "0123456789/"):
		return last, words[:1]
	}
	return "", words
}

func isNotRandom(word string) bool { return !random(word) }

// cutEndpoint cuts endpoint/id at its last slash. A word that is not of this
// form is returned as the id.
func cutEndpoint(word string) (endpoint, id string) {
	slash := strings.LastIndexByte(word, '/')
	if slash < 0 || !fitsEndpoint(word[:slash]) {
		return "", word
	}
	return word[:slash], word[slash+1:]
}

// split cuts a line into its words: what stands between white space, commas,
// semicolons and bars (tables), without quotes and brackets around it, and
// without bullets and the number of a numbered list before the first.
func split(text string) []string {
	var words []string
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool {
		return r == ',' || r == ';' || r == '|' || unicode.IsSpace(r)
	}) {
		if len(words) == 0 && (word == "[x]" || word == "[X]" || isListNumber(word)) {
			continue
		}
		if word = bareWord(word); meaningful(word) {
			words = append(words, word)
		}
	}
	return words
}

// bareWord returns a word without what stands around ids in text.
func bareWord(word string) string {
	word = strings.Trim(word, "\"'`“”‘’«»()[]{}<>*•·\\\ufeff\u200b")
	if isCut(word) {
		return word
	}
	return strings.TrimRight(word, ".:!?")
}

// isListNumber reports whether a word is the number of a list's line: 1. or 1).
func isListNumber(word string) bool {
	digits := strings.TrimRight(word, ".)")
	return digits != "" && len(digits) <= 6 && len(word) == len(digits)+1 && strings.Trim(digits, "0123456789") == ""
}

// nothing returns why there is no request in a line that gave nothing.
func (u *unit) nothing(text string) string {
	switch {
	case u.json:
		return "the JSON holds no request_id and no address of a request"
	case setting.MatchString(text):
		return "this is a setting, not a request: polltop reads it from the environment"
	case strings.Contains(text, "requests/$") || strings.Contains(text, "_URL}"):
		return "this names a variable, not its value: paste what the shell makes of it (echo)"
	}
	if u.other {
		return errNotRequest.Error()
	}
	if words := split(text); len(words) == 1 {
		if isCut(words[0]) {
			return errCut.Error()
		}
		return "this does not look like a request id (6 to 200 letters, digits and _ - . : ~, with a digit among them)"
	}
	return "no request in this line: give an id, endpoint/id, a status URL or a create-task answer"
}

// setting matches the lines of the service's documentation that set the shell
// up, and are easily pasted with the others.
var setting = regexp.MustCompile(`(?i)^\s*(?:export\s+|set\s+|\$env:)?(?:BASE_URL|ENDPOINT|(?:\w+_)?API_KEY|FAL_KEY|COMMON_HEADERS)\s*=`)
