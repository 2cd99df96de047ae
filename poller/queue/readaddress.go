package queue

import (
	"net/url"
	"slices"
	"strings"
)

// Address is a parsed address of a request or of an endpoint that creates requests.
type Address struct {
	Text    string
	Service string // the service whose API has such a path; "" for none
	// Base is the configured base on whose origin the address is; nil for none or an address
	// without a host.
	Base *Base
	// Origin is the origin of an address without a Base; "" for an address without a host.
	// MissingBase is the base URL that must be configured for the request at such an address.
	Origin, MissingBase string
	Endpoint, ID        string // unescaped; "" for none
	OfRequest           bool   // the path is that of a request, even if its ID is missing
	Path, Query         string // the path is relative to Base

	root    string // the address up to the id
	service *service
}

// ReadAddress parses an address. Scheme and host may be missing, or a variable may replace them.
func ReadAddress(text string, bases []*Base) *Address {
	a := &Address{Text: text}
	origin, path, host := cutOrigin(text)
	path, a.Query, _ = strings.Cut(path, "?")
	path, _, _ = strings.Cut(path, "#")
	a.Path = strings.TrimRight(path, ".:!*_~")
	a.root = origin
	if host {
		if a.Base = baseAt(bases, origin, a.Path); a.Base != nil {
			a.root = strings.TrimSuffix(a.Base.text, a.Base.url.Path)
			rest, under := strings.CutPrefix(a.Path, a.Base.url.Path)
			if under && strings.Contains(a.Path, seacloud.prefix) == strings.Contains(rest, seacloud.prefix) {
				a.root, a.Path = a.Base.text, rest
			}
		} else if a.Origin = origin; !strings.Contains(origin, "://") {
			a.Origin = "https://" + origin
		}
	}
	onFal := host && (slices.ContainsFunc(fal.hosts, func(h string) bool { return strings.HasSuffix(origin, h) }) ||
		a.Base != nil && a.Base.Serves(Fal) && (strings.Contains(a.Path, "/requests") || !a.Base.Serves(SeaCloud)))
	before := a.readPath(onFal)
	if a.Origin != "" && a.Service != "" && a.OfRequest {
		a.MissingBase = a.Origin + before
	}
	return a
}

// cutOrigin cuts an address into its origin and its path. host is false for an address without a
// host, or with a variable in its place.
func cutOrigin(text string) (origin, path string, host bool) {
	_, rest, hasScheme := strings.Cut(text, "://")
	if !hasScheme {
		rest = text
	}
	name, _, hasPath := strings.Cut(rest, "/")
	path = rest[len(name):]
	switch {
	case !hasPath:
		return text, "", hasScheme
	case name == "" || strings.ContainsAny(name, "${}<>%"):
		return "", path, false
	case !hasScheme && !strings.ContainsAny(name, ".:") && name != "localhost":
		return "", "/" + text, false
	}
	return text[:len(text)-len(path)], path, true
}

// baseAt returns the base with an origin and the longest path that contains the address; nil for none.
func baseAt(bases []*Base, origin, path string) (found *Base) {
	longest := -1
	for _, b := range bases {
		length := 0
		if strings.HasPrefix(path+"/", b.url.Path+"/") {
			length = 1 + len(b.url.Path)
		}
		if length > longest && b.isAt(origin) {
			found, longest = b, length
		}
	}
	return found
}

// isAt reports whether an origin, with or without a scheme, is the base's.
func (b *Base) isAt(origin string) bool {
	if !strings.Contains(origin, "://") {
		origin = b.origin.Scheme + "://" + origin
	}
	u, err := url.Parse(origin)
	return err == nil && u.User == nil && OriginOf(u) == b.origin
}

// readPath parses the path. onFal tells that the host is one of fal. It returns the part of the path
// that belongs to the base URL.
func (a *Address) readPath(onFal bool) (before string) {
	head, tail, hasRequests := strings.Cut(a.Path+"/", "/requests/")
	if !hasRequests {
		head = a.Path
	}
	endpoint := ""
	for _, s := range []*service{seacloud, comfy} {
		if b, rest, ok := strings.Cut(head, s.prefix); ok && a.service == nil {
			a.service, before, endpoint = s, b, rest
		}
	}
	if a.service == nil && falPath(head, hasRequests, onFal) {
		a.service, endpoint = fal, head[1:]
	} else if a.service == nil {
		return ""
	}
	a.Service = a.service.name
	a.Endpoint, _ = url.PathUnescape(endpoint)
	if a.OfRequest = hasRequests && (tail != "" || a.service != comfy); a.OfRequest {
		id, suffix, _ := strings.Cut(tail, "/")
		a.root += head + "/requests/" + id
		if a.ID, _ = url.PathUnescape(id); strings.Trim(suffix, "/") == "" && slices.Contains([]string{"status", "response", "cancel"}, id) {
			a.ID = ""
		}
	}
	return before
}

// falPath reports whether a path up to /requests is one of fal: owner and app, with or without a
// namespace. On a host of fal it may be a whole endpoint.
func falPath(head string, hasRequests, onFal bool) bool {
	segments := strings.Split(head, "/")
	return len(segments) > 2 && segments[0] == "" && !strings.Contains(head, "//") && (onFal || hasRequests && len(falApp(segments[1:])) == len(segments)-1)
}

// URLs returns the addresses of the request, built like the parsed one.
func (a *Address) URLs() URLs {
	return URLs{withQuery(a.root+statusPath, a.Query), withQuery(a.root+a.service.resultPath, a.Query), withQuery(a.root+cancelPath, a.Query)}
}

// WithURLs returns the request with the given addresses, except those that are "" or equal to the
// address that the request has or builds.
func (r Request) WithURLs(given URLs) Request {
	if given == (URLs{}) {
		return r // without building the addresses to compare with
	}
	urls := r.givenURLs()
	before := urls
	set := func(field *string, given, current string) {
		if given != "" && given != current {
			*field = given
		}
	}
	set(&urls.Status, given.Status, r.StatusURL())
	set(&urls.Response, given.Response, r.ResponseURL())
	set(&urls.Cancel, given.Cancel, r.CancelURL())
	if urls != before {
		r.URLs = &urls
	}
	return r
}
