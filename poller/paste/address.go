package paste

import (
	"net/url"
	"strings"

	"polltop/poller/queue"
)

// The names of the services, as queue has them.
const (
	seacloud = "seacloud"
	fal      = "fal"
	comfy    = "comfy"
)

const (
	seacloudPath = "/v1/queue/"
	comfyPath    = "/v2/models/"
	falHost      = "queue.fal.run"
)

// place is what an address says.
type place struct {
	line int
	// service is the one whose shape the path has, "" for none.
	service string
	// base is the configured base on whose origin the address is; nil where it has
	// no host, or that of none.
	base         *queue.Base
	endpoint, id string
	// missing says that a request's id should stand there, but none or a variable's
	// name does.
	missing bool
	// foreign is the base URL that would have to be configured for the request;
	// origin is that of any address that is on no base.
	foreign, origin string
	// page says that it is a web page about the request, not the request's address.
	page bool
	// root is the address up to its id, suffix what follows, such as status, and raw
	// the address as it stands.
	root, suffix, query, raw string
}

// isRequest reports whether the address is that of a request.
func (a *place) isRequest() bool { return a.id != "" && !a.page }

// mayBeAddress tells cheaply that a word is none.
func mayBeAddress(word string) bool {
	return len(word) > 8 && len(word) < maxAddress && (strings.Contains(word, "://") || strings.Contains(word, "/requests") ||
		strings.Contains(word, seacloudPath) || strings.Contains(word, comfyPath) || strings.Contains(word, "%2F"))
}

// address reads a word as an address; nil if it is none.
func (p *parser) address(word string, line int) *place {
	if !mayBeAddress(word) {
		return nil
	}
	if strings.Contains(word, "%2F") && !strings.Contains(word, "/requests") {
		if plain, err := url.PathUnescape(word); err == nil {
			word = plain
		}
	}
	word = strings.TrimPrefix(strings.NewReplacer(`\/`, "/", "&amp;", "&").Replace(word), "=")
	a := &place{line: line, raw: word}
	origin, path, host := splitOrigin(word)
	path, a.query, _ = strings.Cut(path, "?")
	path, _, _ = strings.Cut(path, "#")
	path = strings.TrimRight(path, ".:!*_~")
	start := origin
	if host {
		a.base = p.baseAt(origin, path)
		if a.base == nil {
			a.origin = origin
			if !strings.Contains(origin, "://") {
				a.origin = "https://" + origin
			}
		} else {
			start, path = underBase(a.base, path)
		}
	}
	isFal := strings.HasSuffix(origin, falHost) || a.base != nil && a.base.Serves(fal) &&
		(strings.Contains(path, "/requests") || !a.base.Serves(seacloud))
	before := a.read(path, host && isFal)
	a.root = start + a.root
	if a.origin != "" && a.service != "" && (a.id != "" || a.missing) {
		a.foreign = a.origin + before
	}
	if a.service == "" && host {
		a.readPage(path)
	}
	return a
}

// underBase cuts an address on the origin of a base at the end of the base's path.
func underBase(b *queue.Base, path string) (start, rest string) {
	start = b.String()
	rest, under := strings.CutPrefix(path, pathOf(b))
	if under && strings.Contains(path, seacloudPath) == strings.Contains(rest, seacloudPath) {
		return start, rest
	}
	return strings.TrimSuffix(start, pathOf(b)), path
}

// splitOrigin cuts an address into its scheme and host, and its path. host is false
// where the address has no host, or a variable in its place.
func splitOrigin(word string) (origin, path string, host bool) {
	if word[0] == '/' {
		return "", word, false
	}
	start := 0
	if at := strings.Index(word, "://"); at >= 0 {
		start = at + 3
	}
	slash := strings.IndexByte(word[start:], '/')
	if slash < 0 {
		return word, "", start > 0
	}
	origin, path = word[:start+slash], word[start+slash:]
	switch name := origin[start:]; {
	case strings.ContainsAny(name, "${}<>%"):
		return "", path, false
	case start == 0 && !isHost(strings.ToLower(name)) && !strings.HasPrefix(name, "localhost") && strings.Trim(name, "0123456789.:") != "":
		return "", "/" + word, false
	}
	return origin, path, true
}

// baseAt returns the base on an origin, of several the one with the longest path
// that the address is under; nil for none.
func (p *parser) baseAt(origin, path string) (found *queue.Base) {
	longest := -1
	for _, b := range p.source.Bases {
		if !sameOrigin(b, origin) {
			continue
		}
		prefix := pathOf(b)
		under := prefix == "" || strings.HasPrefix(path, prefix+"/")
		switch {
		case found == nil && !under:
			found = b
		case under && len(prefix) > longest:
			found, longest = b, len(prefix)
		}
	}
	return found
}

func sameOrigin(b *queue.Base, origin string) bool {
	own := b.Origin()
	if !strings.Contains(origin, "://") {
		return strings.EqualFold(origin, b.Host()) || strings.EqualFold(origin, own.Host+":"+own.Port)
	}
	u, err := url.Parse(origin)
	return err == nil && u.User == nil && queue.OriginOf(u) == own
}

// pathOf returns the path of a base's URL.
func pathOf(b *queue.Base) string {
	_, rest, _ := strings.Cut(b.String(), "://")
	if at := strings.IndexByte(rest, '/'); at >= 0 {
		return rest[at:]
	}
	return ""
}

// read reads a path: that of a request, or that of a queue to which requests are
// sent. onFal says that its host is one of fal. It returns what stands before the part
// that the service's API has.
func (a *place) read(path string, onFal bool) (before string) {
	head, tail, request := strings.Cut(path, "/requests/")
	bare := false
	if !request {
		head, bare = strings.CutSuffix(path, "/requests")
	}
	var model string
	if b, rest, ok := strings.Cut(head, seacloudPath); ok {
		a.service, before, model = seacloud, b, rest
	} else if b, rest, ok := strings.Cut(head, comfyPath); ok {
		a.service, before, model = comfy, b, rest
	} else if falShape(head, request || bare, onFal) {
		a.service, model = fal, head[1:]
	} else {
		return ""
	}
	if a.endpoint, _ = url.PathUnescape(model); isPlaceholder(a.endpoint) || !fitsEndpoint(a.endpoint) {
		a.endpoint = ""
	}
	if !request && (!bare || a.service == comfy) {
		return before
	}
	id, suffix, _ := strings.Cut(tail, "/")
	a.root, a.suffix = head+"/requests/"+id, suffix
	id, _ = url.PathUnescape(id)
	switch {
	case id == "" || id[0] == '$' || suffix == "" && (id == "status" || id == "response" || id == "cancel") || isCut(id):
		a.missing = true
	case fitsID(id) && !isPlaceholder(id):
		a.id = id
	}
	return before
}

// falShape reports whether a path up to /requests is that of one of fal's: owner and
// app, and one part more behind workflows or comfy. On a host of fal it may be the
// whole endpoint.
func falShape(head string, request, onFal bool) bool {
	parts := strings.Count(head, "/")
	switch {
	case !strings.HasPrefix(head, "/") || strings.Contains(head, "//"):
		return false
	case onFal:
		return parts >= 2
	case strings.HasPrefix(head, "/workflows/") || strings.HasPrefix(head, "/comfy/"):
		return request && parts == 3
	}
	return request && parts == 2
}

// readPage reads a web address that is none of a queue's.
func (a *place) readPage(path string) {
	if _, tail, ok := strings.Cut(path, "/requests/"); ok {
		if id, _, _ := strings.Cut(tail, "/"); idShape(id) == uuid {
			a.id, a.page = id, true
		}
	}
	if values, err := url.ParseQuery(a.query); err == nil {
		if id := values.Get("request_id"); fitsID(id) && hasDigit(id) {
			a.id, a.page = id, true
		}
	}
}

// urls returns the addresses of the request in the shape of the one given.
func (a *place) urls() queue.URLs {
	given := queue.URLs{Status: a.root + "/status", Response: a.root, Cancel: a.root + "/cancel"}
	if a.service == seacloud {
		given.Response += "/response"
	}
	if a.query != "" {
		query := "?" + a.query
		switch a.suffix {
		case "status":
			given.Status += query
		case "cancel":
			given.Cancel += query
		default:
			given.Response += query
		}
	}
	return given
}

// request returns the request of a mention that has a base, with those of the addresses
// given that it does not build itself.
func (m *mention) request() queue.Request {
	r := queue.Request{ID: m.id, Endpoint: m.endpoint, Base: m.base, Assumed: m.level == byDefault}
	given := m.given
	if m.place != nil && m.place.base != nil {
		given = m.place.urls()
	}
	if m.endpoint == "" || m.base == nil {
		return r
	}
	unlike := func(given, built string) string {
		if given == built {
			return ""
		}
		return given
	}
	given = queue.URLs{Status: unlike(given.Status, r.StatusURL()), Response: unlike(given.Response, r.ResponseURL()), Cancel: unlike(given.Cancel, r.CancelURL())}
	if given != (queue.URLs{}) {
		r.URLs = &given
	}
	return r
}
