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
	// maxAddress bounds an address, in bytes.
	maxAddress = 8 << 10
)

// place is what an address says.
type place struct {
	line int
	// service is the one whose shape the path has, "" for none.
	service string
	// base is the configured base on whose origin the address is; nil where it has
	// no host, or that of none.
	base     *queue.Base
	endpoint string
	id       string
	// missing says that a request's id should stand there, but none or a variable's
	// name does.
	missing bool
	// foreign is the base URL that would have to be configured; "" where the address
	// has no host or a configured one.
	foreign string
	// origin is the origin of an address with a host that is no base's.
	origin string
	// page says that it is a web page about the request, not the request's address.
	page bool
	// root is the address up to its id, and suffix what follows: /status or the like.
	root, suffix, query string
	// raw is the address as it stands.
	raw string
}

// isRequest reports whether the address is that of a request.
func (a *place) isRequest() bool { return a.id != "" && !a.page }

// names reports whether the address names an endpoint, but no request.
func (a *place) names() bool { return a.id == "" && a.endpoint != "" && !a.page }

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
	word = strings.TrimPrefix(strings.ReplaceAll(strings.ReplaceAll(word, `\/`, "/"), "&amp;", "&"), "=")
	a := &place{line: line, raw: word}
	origin, path, host := splitOrigin(word)
	path, a.query, _ = strings.Cut(path, "?")
	path, _, _ = strings.Cut(path, "#")
	path = strings.TrimRight(path, ".:!*_~")
	start := origin
	if host {
		known := p.baseAt(origin, path)
		if a.base = known; known != nil {
			start = known.String()
			basePath := pathOf(known)
			rest, under := strings.CutPrefix(path, basePath)
			if under && strings.Contains(path, seacloudPath) == strings.Contains(rest, seacloudPath) {
				path = rest
			} else {
				start = start[:len(start)-len(pathOf(known))]
			}
		}
	}
	if host && a.base == nil {
		a.origin = withScheme(origin)
	}
	isFal := strings.HasSuffix(origin, falHost) || a.base != nil && a.base.Serves(fal) &&
		(strings.Contains(path, "/requests") || !a.base.Serves(seacloud))
	a.read(path, host && isFal)
	a.root = start + a.root
	if host && a.base == nil && a.service != "" && (a.id != "" || a.missing) {
		at := strings.Index(path, a.prefix())
		a.foreign = withScheme(origin)
		if a.service != fal && at > 0 {
			a.foreign += path[:at]
		}
	}
	if a.service == "" && host {
		a.readPage(path)
	}
	return a
}

// withScheme returns an origin with its scheme, https where none was written.
func withScheme(origin string) string {
	if strings.Contains(origin, "://") {
		return origin
	}
	return "https://" + origin
}

func (a *place) prefix() string {
	switch a.service {
	case seacloud:
		return seacloudPath
	case comfy:
		return comfyPath
	}
	return "/"
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
	if name := origin[start:]; strings.ContainsAny(name, "${}<>%") {
		return "", path, false
	} else if start == 0 && !isHost(strings.ToLower(name)) && !strings.HasPrefix(name, "localhost") && !hasIP(name) {
		return "", "/" + word, false
	}
	return origin, path, true
}

func hasIP(name string) bool {
	return strings.Count(name, ".") == 3 && strings.Trim(name, "0123456789.:") == ""
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
	if !strings.Contains(origin, "://") {
		own := b.Origin()
		return strings.EqualFold(origin, b.Host()) || strings.EqualFold(origin, own.Host+":"+own.Port)
	}
	u, err := url.Parse(origin)
	return err == nil && u.User == nil && queue.OriginOf(u) == b.Origin()
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
// sent. onFal says that its host is one of fal.
func (a *place) read(path string, onFal bool) {
	var head, tail string
	var request bool
	if at := strings.Index(path, "/requests/"); at >= 0 {
		head, tail, request = path[:at], path[at+len("/requests/"):], true
	} else {
		head, request = strings.CutSuffix(path, "/requests")
	}
	from := 0
	switch {
	case strings.Contains(path, seacloudPath):
		a.service, from = seacloud, strings.Index(path, seacloudPath)+len(seacloudPath)
	case strings.Contains(path, comfyPath):
		a.service, from = comfy, strings.Index(path, comfyPath)+len(comfyPath)
	case falShape(head, request, onFal):
		a.service, from = fal, 1
	default:
		return
	}
	if len(head) < from {
		a.service = ""
		return
	}
	a.endpoint, _ = url.PathUnescape(head[from:])
	if isPlaceholder(a.endpoint) || !fitsEndpoint(a.endpoint) {
		a.endpoint = ""
	}
	if !request || tail == "" && a.service == comfy && strings.HasSuffix(path, "/requests") {
		return
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
}

// falShape reports whether a path up to /requests is that of one of fal's: owner and
// app, and one part more behind workflows or comfy. On a host of fal it may be the
// whole endpoint.
func falShape(head string, request, onFal bool) bool {
	parts := strings.Count(head, "/")
	if !strings.HasPrefix(head, "/") || strings.Contains(head, "//") {
		return false
	}
	if onFal {
		return parts >= 2
	}
	if strings.HasPrefix(head, "/workflows/") || strings.HasPrefix(head, "/comfy/") {
		return request && parts == 3
	}
	return request && parts == 2
}

// readPage reads a web address that is none of a queue's.
func (a *place) readPage(path string) {
	if at := strings.Index(path, "/requests/"); at >= 0 {
		id, _, _ := strings.Cut(path[at+len("/requests/"):], "/")
		if isUUID(id) {
			a.id, a.page = id, true
		}
	}
	if values, err := url.ParseQuery(a.query); err == nil && values.Get("request_id") != "" {
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
	if a.query == "" {
		return given
	}
	switch a.suffix {
	case "status":
		given.Status += "?" + a.query
	case "cancel":
		given.Cancel += "?" + a.query
	default:
		given.Response += "?" + a.query
	}
	return given
}

// unlike leaves of the addresses those that the request does not build itself.
func unlike(r queue.Request, given queue.URLs) *queue.URLs {
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
	if given == (queue.URLs{}) {
		return nil
	}
	return &given
}
