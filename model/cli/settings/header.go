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
	name  string // in canonical form
	value string // a header with "" is not sent, as with curl
}

// minSecretLength is the length in bytes from which a header's value is redacted. Shorter ones are
// words such as true.
const minSecretLength = 6

// connectionHeaders are managed by the HTTP client, which could not read the answers if one of them
// was set by hand.
var connectionHeaders = []string{
	"Accept-Encoding", "Connection", "Content-Length", "Expect", "Keep-Alive", "Proxy-Authorization",
	"Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
}

// secretWords are parts of the names of headers that carry credentials. Other headers' values are not
// redacted: with a Referer or an Origin this would destroy the URLs in the answers.
var secretWords = []string{"auth", "cookie", "credential", "key", "pass", "secret", "session", "signature", "token"}

// parseHeader parses a header in the form of curl's -H, 'Name: value'. Errors don't show the value.
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

// userHeaders returns the headers of the flags, and those of the config file with other names. It adds
// a warning about each header that polltop does not send.
func (r *resolver) userHeaders(s *Settings) (headers []header) {
	sources := []entry{{values: r.flags["header"], from: "-H", precedence: fromFlag}}
	for _, source := range append(sources, r.config.entries["headers"]) {
		var own []header
		for i, text := range source.values {
			at := source
			if len(source.values) > 1 {
				at.from = fmt.Sprintf("%s number %d", source.from, i+1)
			}
			h, err := r.userHeader(text, source.precedence)
			switch {
			case err != nil:
				r.setErr(at.errorf("%w", err))
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

func (r *resolver) userHeader(text string, precedence precedence) (header, error) {
	h, err := parseHeader(text)
	switch {
	case err != nil:
		return h, err
	case h.name == "Authorization" && precedence == fromConfig:
		return h, errors.New("an Authorization header does not belong in the config file, which gets copied and committed: write the key to a file of its own and name that with api_key_file")
	case h.name == "Authorization":
		return h, r.checkAuthorization(h.value)
	case h.name == "Host":
		return h, errors.New("a Host header asks another site than the base URL names: give its URL with --base-url")
	}
	return h, nil
}

func (r *resolver) checkAuthorization(value string) error {
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

// possibleSecrets returns the texts that could be secret, also those that are refused, the longest
// first.
func (r *resolver) possibleSecrets() []string {
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
	return longestFirst(slices.DeleteFunc(texts, func(text string) bool { return len(text) < minSecretLength }))
}

// longestFirst sorts texts by length and removes duplicates. Redacting a text that is part of another
// one first would leave the rest of that one.
func longestFirst(texts []string) []string {
	slices.SortFunc(texts, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	return slices.Compact(texts)
}
