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

// Place is what an address says.
type Place struct {
	*queue.Address
	// ID is that of the request, "" for none, and Endpoint is "" where it can't be one.
	ID, Endpoint string
	// Missing says that a variable or nothing is its id, Page that it is a web page about it.
	Missing, Page bool
}

// Created returns the endpoint of an address to which requests are sent, "" for none.
func (a *Place) Created() string {
	if a == nil || a.ID != "" {
		return ""
	}
	return a.Endpoint
}

// MaxAddress bounds the address of a request, in bytes: what nginx reads of a request's head.
const MaxAddress = 32 << 10

var (
	// addressParts are what an address has.
	addressParts = []string{"://", "/requests", "/v1/queue/", "/v2/models/", "%2F"}
	// pageForm matches the address of a web page that names a request.
	pageForm = regexp.MustCompile(`(?:/requests/|[?&]request_id=)([0-9a-fA-F-]{36}|mmsu_[0-9a-z]{26}|[cd][0-9a-v]{18}[0g])(?:[/?#&]|$)`)
	escapes  = strings.NewReplacer(`\/`, "/", "&amp;", "&")
)

// mayBeAddress reports cheaply that a word is none.
func mayBeAddress(word string) bool {
	return len(word) > 8 && strings.ContainsAny(word, "/%") && ContainsOne(word, addressParts)
}

// ContainsOne reports whether one of the parts is in a text.
func ContainsOne(text string, parts []string) bool {
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(text, part) })
}

// ReadPlace reads a word as an address; nil if it is none.
func ReadPlace(word string, bases []*queue.Base) *Place {
	if !mayBeAddress(word) {
		return nil
	}
	if strings.Contains(word, "%2F") && !strings.Contains(word, "/requests") {
		word, _ = url.PathUnescape(word)
	}
	a := &Place{Address: queue.ReadAddress(escapeUnprintable(strings.TrimLeft(escapes.Replace(word), "=")), bases)}
	if FitsEndpoint(a.Address.Endpoint) {
		a.Endpoint = a.Address.Endpoint
	}
	switch id := a.Address.ID; {
	case a.OfRequest && (id == "" || id[0] == '$' || IsCut(id)):
		a.Missing = true
	case a.OfRequest && FitsID(id):
		a.ID = id
	case a.Service == "":
		if m := pageForm.FindStringSubmatch(a.Text); m != nil {
			a.ID, a.Page = m[1], true
		} else if !strings.Contains(a.Text, "://") {
			return nil
		}
	}
	return a
}

// escapeUnprintable percent-encodes what does not print in an address, such as control characters,
// with which no request can be made, and bytes that are not UTF-8.
func escapeUnprintable(address string) string {
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
