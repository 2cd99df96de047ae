package queue

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// prose picks out of text, such as a log line, what can be nothing but a
// request: addresses, request_id=..., ids of an evident form. What else the
// text holds is passed over.
func (u *unit) prose(text string) {
	refused := map[string]bool{}
	if strings.Contains(text, "://") {
		var rest strings.Builder
		for text != "" {
			before, address, after := nextURL(text)
			rest.WriteString(before)
			text = after
			if address == "" {
				continue
			}
			rest.WriteByte(' ')
			r, err := u.parser.url(address)
			var foreign *unconfigured
			switch {
			case err == nil:
				u.add(r)
			case errors.Is(err, errNotRequest):
				u.other = true
			default:
				u.fail(err.Error())
				if errors.As(err, &foreign) {
					refused[foreign.id] = true
				}
			}
		}
		text = rest.String()
	}
	u.named(text, refused)
	u.evident(text, refused)
}

// url returns the request of an address, with the endpoint's one copy.
func (p *Parser) url(address string) (Request, error) {
	r, err := p.source.FromURL(address)
	if err == nil {
		r.Endpoint = p.intern(r.Endpoint)
	}
	return r, err
}

// nextURL cuts text at the first address in it, which ends where no address
// goes on in running text, a table or a shell.
func nextURL(text string) (before, address, after string) {
	at := urlStart.FindStringIndex(text)
	if at == nil {
		return text, "", ""
	}
	rest := text[at[0]:]
	end := strings.IndexAny(rest, " \t\"'`<>,;|\\^()[]{}\u00a0\u3000\x00")
	if end < 0 {
		end = len(rest)
	}
	address = rest[:end]
	if !isCut(address) {
		address = strings.TrimRight(address, ".:!?")
	}
	return text[:at[0]], address, rest[end:]
}

var urlStart = regexp.MustCompile(`(?i)https?://`)

// What is written before an id or endpoint in logs, shells, YAML, the repr of a
// Python dict and pieces of JSON. An HTTP header x-request-id is about another
// kind of request.
var (
	namedID       = regexp.MustCompile(`(?i)(?:^|[^a-z0-9_\-])request[_\- ]?id` + assigned + `([^\s"'` + "`" + `\\,;|(){}\[\]<>]+)`)
	namedEndpoint = regexp.MustCompile(`(?i)(?:^|[^a-z0-9_\-])(?:endpoint|model)(?:[_\-]?id)?` + assigned + `([a-z0-9][a-z0-9_\-./]*)`)
)

const assigned = `["'` + "`" + `\\]*\s*(?:[:=]|=>)\s*["'` + "`" + `\\]*`

// named adds the ids that are named as such. One that an address with the same
// id was refused for is refused with it.
func (u *unit) named(text string, refused map[string]bool) {
	if !strings.Contains(text, "equest") && !strings.Contains(text, "EQUEST") {
		return
	}
	matches := namedID.FindAllStringSubmatch(text, -1)
	if matches == nil {
		return
	}
	endpoint := ""
	if match := namedEndpoint.FindStringSubmatch(text); match != nil && fitsEndpoint(match[1]) {
		endpoint = match[1]
	}
	for _, match := range matches {
		id := bareWord(match[1])
		switch {
		case id == "null" || id == "None" || id == "undefined" || u.has(id) || refused[id]:
		case isCut(id) || looksLikeID(id):
			u.bare(id, endpoint)
		default:
			u.fail(fmt.Sprintf("request_id is %s, which does not look like a request id (6 to 200 letters, digits and _ - . : ~, with a digit among them)", shown(id)))
		}
	}
}

// evident adds the ids that show by their form that they are ids: mmsu_... at
// any rate, others only where nothing else names a request, as a line may also
// hold the ids of traces and users.
func (u *unit) evident(text string, refused map[string]bool) {
	alone := !u.found()
	if alone && strings.ContainsAny(text, "=:") {
		// A key may well be a UUID; it is nothing to put into an address.
		text = secret.ReplaceAllString(text, "$1")
	}
	for text != "" {
		start := strings.IndexFunc(text, isRunRune)
		if start < 0 {
			return
		}
		text = text[start:]
		end := strings.IndexFunc(text, func(r rune) bool { return !isRunRune(r) })
		if end < 0 {
			end = len(text)
		}
		word := text[:end]
		text = text[end:]
		ours := strings.HasPrefix(word, "mmsu_")
		cut := strings.HasPrefix(text, "...") || strings.HasPrefix(text, "…")
		switch {
		case !ours && !alone, u.has(word), refused[word]:
		case cut && (ours || evident(word)):
			u.fail(errCut.Error())
		case evident(word):
			u.bare(word, "")
		}
	}
}

// isRunRune reports whether r may stand in an id of an evident form.
func isRunRune(r rune) bool {
	return r == '_' || r == '-' || (r < 0x80 && isAlnum(byte(r)))
}
