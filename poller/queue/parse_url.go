package queue

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// errNotRequest is an address that is none of a request.
var errNotRequest = errors.New("the address is not that of a request: it must go on with /requests/{request_id}/status behind the endpoint")

// errCut is an id or address that was cut short where it was shown.
var errCut = errors.New("the request id is cut short (the ellipsis stands for the rest of it): paste the whole id")

// unconfigured is an address on an origin that is no configured base's.
type unconfigured struct {
	origin Origin
	base   string // the base URL that would allow the address
	id     string
}

// Error says how to allow the origin.
func (e *unconfigured) Error() string {
	return fmt.Sprintf("%s is not a configured base URL, so the key would not go there: start polltop with --base-url %s to allow it",
		shown(e.origin.String()), shown(e.base))
}

// place is where a request lives, as one of its addresses tells.
type place struct {
	base     *Base
	service  *service // whose path shape the address has
	root     string   // the address up to and with the id
	suffix   string   // what is behind the id
	endpoint string
	id       string
	query    bool
}

// FromURL returns the request that an address belongs to: its status URL, its
// result URL with or without /response, or its cancel URL; a query is dropped.
// The three services' shapes of paths are known under any base URL. The error
// says what is wrong with the address and the way out; an address on an origin
// that no base URL of s has is always refused.
func (s Source) FromURL(raw string) (Request, error) {
	at, err := s.locate(raw)
	if err != nil {
		return Request{}, err
	}
	r := Request{ID: strings.Clone(at.id), Endpoint: strings.Clone(at.endpoint), Base: at.base}
	r.URLs = r.unlike(at.urls())
	return r, nil
}

// locate reads an address of a request.
func (s Source) locate(raw string) (place, error) {
	if len(raw) > maxURL {
		return place{}, fmt.Errorf("the address is longer than %d bytes", maxURL)
	}
	if isCut(raw) {
		return place{}, errCut
	}
	u, err := url.Parse(raw)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" {
		return place{}, fmt.Errorf("%s is not an http or https address", shown(raw))
	}
	if u.User != nil {
		return place{}, fmt.Errorf("the address on %s carries a user name or password, which is refused: paste it without", shown(u.Host))
	}
	head, escaped, suffix, ok := splitAddress(u.EscapedPath())
	if !ok {
		return place{}, errNotRequest
	}
	id, err := url.PathUnescape(escaped)
	if err != nil || !fitsID(id) {
		return place{}, fmt.Errorf("the address has no request id between /requests/ and its end (%q): was the variable with the id empty?", shown(escaped))
	}
	base, path, start := s.baseOf(u, head)
	if base == nil {
		return place{}, foreign(u, head, id)
	}
	at := place{base: base, suffix: suffix, id: id, query: u.RawQuery != ""}
	at.root = start + path + "/requests/" + escapeSegment(id)
	at.service, at.endpoint = shape(path)
	if !validEndpoint(at.endpoint) {
		return place{}, fmt.Errorf("the address names no endpoint before /requests/%s", shown(escaped))
	}
	return at, nil
}

// at returns the base on whose origin any address is.
func (s Source) at(raw string) (*Base, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, err
	}
	base, _, _ := s.baseOf(u, u.EscapedPath())
	if base == nil {
		return nil, foreign(u, u.EscapedPath(), "")
	}
	return base, nil
}

// splitAddress cuts a path at /requests/{id} and returns what is before, the
// id, and the suffix behind it.
func splitAddress(path string) (head, id, suffix string, ok bool) {
	path = strings.TrimRight(path, "/")
	for _, suffix := range []string{"/status/stream", "/status", "/response", "/cancel", ""} {
		rest, ok := strings.CutSuffix(path, suffix)
		slash := strings.LastIndexByte(rest, '/')
		if !ok || slash < 0 {
			continue
		}
		if head, ok := strings.CutSuffix(rest[:slash], "/requests"); ok {
			id := rest[slash+1:]
			if suffix == "" && (id == "status" || id == "response" || id == "cancel") {
				id = ""
			}
			return head, id, suffix, true
		}
	}
	return "", "", "", false
}

// baseOf returns the base that an address belongs to, nil for none: of those on
// its origin, the one with the longest path that the address is under. It also
// returns the address's path behind the base's, and what stands before that.
func (s Source) baseOf(u *url.URL, head string) (base *Base, path, start string) {
	origin := OriginOf(u)
	longest := -1
	for _, b := range s.Bases {
		if b.origin != origin {
			continue
		}
		if base == nil {
			base, path, start = b, head, u.Scheme+"://"+u.Host
		}
		prefix := b.url.EscapedPath()
		rest, ok := strings.CutPrefix(head, prefix)
		if ok && len(prefix) > longest && (rest == "" || rest[0] == '/') {
			// The base as the user spelled it: it is the same place, and so
			// the address is the one that is built.
			base, path, start, longest = b, rest, b.text, len(prefix)
		}
	}
	return base, path, start
}

// shape finds out which service's shape a path has, up to /requests, and
// returns the endpoint in it. It does not go by the host, as a service may be
// reached through a proxy.
func shape(path string) (*service, string) {
	s, at := shapeIn(path + "/")
	if s == nil {
		return services[0], ""
	}
	endpoint, err := url.PathUnescape(strings.TrimSuffix((path + "/")[at+len(s.prefix):], "/"))
	if err != nil {
		endpoint = ""
	}
	return s, endpoint
}

// shapeIn returns the service whose shape a path has and where that begins; nil
// for none. Of several it is the first in the path: what follows it is the
// endpoint's. The shape of fal, which fits everything, counts where no other does.
func shapeIn(path string) (found *service, at int) {
	for _, s := range shapes {
		if i := strings.Index(path, s.prefix); i >= 0 && (found == nil || s.prefix != "/" && i < at) {
			found, at = s, i
		}
	}
	return found, at
}

// shapes are the services, those with the longest prefix first.
var shapes = slices.SortedFunc(slices.Values(services), func(a, b *service) int {
	return len(b.prefix) - len(a.prefix)
})

// validEndpoint reports whether an endpoint from a path can be one: no empty
// segment, and none that a server would resolve away.
func validEndpoint(endpoint string) bool {
	for segment := range strings.SplitSeq(endpoint, "/") {
		if segment == "" || segment == "." || segment == ".." {
			return false
		}
	}
	return len(endpoint) <= maxID
}

// urls returns all addresses of the request at the place, in the shape of the
// one that was given.
func (at place) urls() URLs {
	return URLs{
		Status:   at.root + at.service.status,
		Response: at.root + at.service.response,
		Cancel:   at.root + at.service.cancel,
	}
}

// unlike returns those of the given addresses that are not the ones which the
// request builds itself, nil for none: at a hundred thousand requests, what can
// be built is not stored.
func (r Request) unlike(given URLs) *URLs {
	r.URLs = nil
	if given.Status == r.StatusURL() {
		given.Status = ""
	}
	if given.Response == r.ResponseURL() {
		given.Response = ""
	}
	if given.Cancel == r.CancelURL() {
		given.Cancel = ""
	}
	if given == (URLs{}) {
		return nil
	}
	return &given
}

// foreign returns the error for an address on an origin that is no base's.
func foreign(u *url.URL, head, id string) error {
	prefix := ""
	if s, at := shapeIn(head); s != nil && s.prefix != "/" {
		prefix = head[:at]
	}
	origin := OriginOf(u)
	return &unconfigured{origin: origin, base: origin.String() + prefix, id: id}
}

// shown returns outside text as a reason may hold it: bounded, and with what is
// not printable escaped.
func shown(text string) string {
	quoted := strconv.Quote(clip(text, 100))
	return quoted[1 : len(quoted)-1]
}
