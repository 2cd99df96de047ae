package settings

import (
	"cmp"
	"errors"
	"fmt"
	"net/textproto"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// header is one header that the user gave.
type header struct {
	name  string // in its canonical form
	value string // may be empty: such a header is not sent, as with curl
}

// secretLeast is the least length, in bytes, of a header's value that is
// redacted: shorter ones are words such as true.
const secretLeast = 6

// connectionHeaders belong to the connection, which polltop's HTTP client
// manages itself; with one of them set by hand it could not read the answers.
var connectionHeaders = []string{
	"Accept-Encoding", "Connection", "Content-Length", "Expect", "Keep-Alive", "Proxy-Authorization",
	"Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
}

// secretWords are parts of the names of headers that carry credentials. Not
// every value is taken for a secret: with a Referer or an Origin that a browser
// copied along, redacting it would destroy the URLs in the answers.
var secretWords = []string{"auth", "cookie", "credential", "key", "pass", "secret", "session", "signature", "token"}

// parseHeader reads a header as curl's -H takes it: 'Name: value'. The value
// may be empty. The errors do not show it.
func parseHeader(text string) (header, error) {
	name, value, found := strings.Cut(text, ":")
	if !found {
		return header{}, errors.New("a header without a colon: write 'Name: value'")
	}
	name = strings.TrimSpace(name)
	if !httpguts.ValidHeaderFieldName(name) {
		return header{}, errors.New("a header's name is letters, digits and hyphens: write 'Name: value'")
	}
	value = strings.TrimSpace(value)
	if !httpguts.ValidHeaderFieldValue(value) {
		return header{}, fmt.Errorf("the value of %s holds a line break or another control character: write it on one line", name)
	}
	return header{name: textproto.CanonicalMIMEHeaderKey(name), value: value}, nil
}

// userHeaders returns the headers that the user gave, and adds warnings about those that are left
// out. A header given by a flag replaces the config file's of the same name, and leaves the others.
func (r *reading) userHeaders(s *Settings) (headers []header) {
	sources := []given{{values: r.flags["header"], from: "-H", rank: fromFlag}}
	for _, source := range append(sources, r.config.entries["headers"]) {
		var own []header
		for i, text := range source.values {
			at := source
			if len(source.values) > 1 {
				at.from = fmt.Sprintf("%s number %d", source.from, i+1)
			}
			h, err := r.userHeader(text, source.rank)
			switch {
			case err != nil:
				r.note(at.fail("%w", err))
			case slices.Contains(connectionHeaders, h.name):
				s.Warnings = append(s.Warnings, at.from+": "+h.name+" is left out: polltop manages the connection itself")
			case !slices.ContainsFunc(headers, func(other header) bool { return h.name == other.name }):
				own = append(own, h)
			}
		}
		headers = append(headers, own...)
	}
	return headers
}

func (r *reading) userHeader(text string, rank rank) (header, error) {
	h, err := parseHeader(text)
	switch {
	case err != nil:
		return h, err
	case h.name == "Authorization" && rank == fromConfig:
		return h, errors.New("an Authorization header does not belong in the config file, which gets copied and committed: write the key to a file of its own and name that with api_key_file")
	case h.name == "Authorization":
		return h, r.checkAuthorization(h.value)
	case h.name == "Host":
		return h, errors.New("a Host header asks another site than the base URL names: give its URL with --base-url")
	}
	return h, nil
}

func (r *reading) checkAuthorization(value string) error {
	scheme := strings.ToLower(value)
	if !slices.Contains([]string{"", "key", "bearer", "basic", "token"}, scheme) {
		return nil
	}
	again := "export API_KEY=... first"
	if r.env("API_KEY") != "" {
		again = "now that it is set"
	}
	return fmt.Errorf("the Authorization header has no key in it, as API_KEY was empty when the header was written: %s, write the header (or COMMON_HEADERS) again", again)
}

// suspects returns what could be secret among the texts that the settings were
// given, right or wrong, the longest first.
func (r *reading) suspects() []string {
	texts := []string{r.env("API_KEY"), r.env("FAL_KEY"), r.env("COMFY_API_KEY")}
	for _, text := range r.flags["header"] {
		_, value, found := strings.Cut(text, ":")
		if !found {
			value = text
		}
		texts = append(texts, strings.TrimSpace(value))
		if words := strings.Fields(value); len(words) > 0 {
			texts = append(texts, words[len(words)-1])
		}
	}
	return longestFirst(slices.DeleteFunc(texts, func(text string) bool { return len(text) < secretLeast }))
}

// longestFirst returns the texts without repeats, the longest first, so that
// one that is part of another does not leave the other's rest standing.
func longestFirst(texts []string) []string {
	slices.SortFunc(texts, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	return slices.Compact(texts)
}
