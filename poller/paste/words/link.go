package words

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"polltop/poller/queue"
)

// Link is an address that may name a request or an endpoint.
type Link struct {
	*queue.Address
	ID       string // the request's, "" for none
	Endpoint string // "" for none, and where the text can't be one
	NoID     bool   // it is a request's address with nothing or a variable in place of the id
	Page     bool   // it is the address of a web page about the request
}

// CallEndpoint returns the endpoint of an address to which requests are submitted, else "". l may be nil.
func (l *Link) CallEndpoint() string {
	if l == nil || l.ID != "" {
		return ""
	}
	return l.Endpoint
}

// Submits reports whether requests are submitted to the address. l may be nil.
func (l *Link) Submits() bool { return l.CallEndpoint() != "" && !l.OfRequest }

// MaxAddress bounds the address of a request, in bytes: nginx accepts no longer ones.
const MaxAddress = 32 << 10

var (
	// addressParts are texts of which each address contains one.
	addressParts = []string{"://", "/requests", "/v1/queue/", "/v2/models/", "%2F"}
	// pageForm matches the address of a web page that names a request.
	pageForm = regexp.MustCompile(`(?:/requests/|[?&]request_id=)([0-9a-fA-F-]{36}|mmsu_[0-9a-z]{26}|[cd][0-9a-v]{18}[0g])(?:[/?#&]|$)`)
	escapes  = strings.NewReplacer(`\/`, "/", "&amp;", "&")
)

// mayBeAddress returns false for most words that are no address. It is cheap.
func mayBeAddress(word string) bool {
	return len(word) > 8 && strings.ContainsAny(word, "/%") && ContainsAny(word, addressParts)
}

// ContainsAny reports whether a text contains one of the parts.
func ContainsAny(text string, parts []string) bool {
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(text, part) })
}

// ReadLink parses a word as an address. It returns nil if the word is none.
func ReadLink(word string, bases []*queue.Base) *Link {
	if !mayBeAddress(word) {
		return nil
	}
	l := &Link{Address: queue.ReadAddress(escapeUnprintable(strings.TrimLeft(escapes.Replace(unwrap(word)), "=")), bases)}
	if CanBeEndpoint(l.Address.Endpoint) {
		l.Endpoint = l.Address.Endpoint
	}
	switch id := l.Address.ID; {
	case l.OfRequest && (id == "" || id[0] == '$' || IsNull(id) || IsTruncated(id)):
		l.NoID = true
	case l.OfRequest && CanBeID(id) && HasDigit(id):
		l.ID = id
	case l.Service == "":
		if m := pageForm.FindStringSubmatch(l.Text); m != nil {
			l.ID, l.Page = m[1], true
		} else if !strings.Contains(l.Text, "://") {
			return nil
		}
	}
	return l
}

// unwrap decodes an address that is escaped as a whole, and returns the address in a word such as
// url(https://...
func unwrap(word string) string {
	if strings.Contains(word, "%2F") && !strings.Contains(word, "/requests") {
		word, _ = url.PathUnescape(word)
	}
	if at := strings.Index(word, "http"); at > 0 && !strings.ContainsAny(word[:at], "/.") && strings.Contains(word[at:], "://") {
		return word[at:]
	}
	return word
}

// escapeUnprintable percent-encodes what does not print in an address, such as control characters,
// with which no request can be made, and bytes that are not UTF-8.
func escapeUnprintable(address string) string {
	isOdd := func(r rune) bool { return r < ' ' || r > '~' }
	if !strings.ContainsFunc(address, isOdd) {
		return address
	}
	var escaped strings.Builder
	for rest := address; rest != ""; {
		r, size := utf8.DecodeRuneInString(rest)
		if part := rest[:size]; unicode.IsPrint(r) && utf8.ValidString(part) {
			escaped.WriteString(part)
		} else {
			escaped.WriteString(url.PathEscape(part))
		}
		rest = rest[size:]
	}
	return escaped.String()
}
