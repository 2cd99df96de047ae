package queue

import (
	"regexp"
	"strings"
)

// Request identifies an asynchronous request that was submitted to a queue service.
type Request struct {
	ID string // the request_id in the answer to the create call
	// Endpoint is the model id that the request was submitted to, such as wan26_i2v or
	// fal-ai/flux. It may be "" if URLs has the status URL.
	Endpoint string
	Base     *Base // the base URL of the request's service; never nil once parsed
	// URLs are the addresses that were given and can't be built from Base, Endpoint and ID; nil
	// for none.
	URLs *URLs
	// EndpointAssumed says that Endpoint is the default one. A later mention of the same ID with an
	// endpoint replaces it.
	EndpointAssumed bool
	Label           string // the user's name for the batch of the request; "" for none
	// Input is the JSON object with the model's parameters; "" for none. A tracked request has
	// its input in the store instead.
	Input string
}

// URLs are the addresses of a request as the service gave them; "" for one that it did not give.
type URLs struct {
	Status, Response, Cancel string
}

// Key identifies a request in whatever form it was written: requests with the same Key are the same
// task.
type Key struct {
	Base *Base
	ID   string
}

// Key returns the request's key. The case of letters matters in an id, unless it is a UUID.
func (r Request) Key() Key { return Key{Base: r.Base, ID: NormalizeID(r.ID)} }

// uuidForm matches the canonical form of a UUID (RFC 9562, section 4).
var uuidForm = regexp.MustCompile(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)

// NormalizeID returns a UUID in lower case, and any other id unchanged.
func NormalizeID(id string) string {
	if len(id) == 36 && uuidForm.MatchString(id) {
		return strings.ToLower(id)
	}
	return id
}

// FoldEndpoint returns an endpoint as the addresses of its requests have it: of Comfy Router in lower
// case, and fal's legacy id 123-name as 123/name.
func (b *Base) FoldEndpoint(endpoint string) string {
	switch {
	case b.service == comfy:
		return strings.ToLower(endpoint)
	case b.service == fal && !strings.Contains(endpoint, "/"):
		return strings.Join(falApp([]string{endpoint}), "/")
	}
	return endpoint
}

// StatusURL, ResponseURL and CancelURL return the addresses of the request's status, of its result
// and to cancel it: the given one, or else the one that the service documents.
func (r Request) StatusURL() string { return r.address(r.givenURLs().Status, statusPath) }
func (r Request) ResponseURL() string {
	return r.address(r.givenURLs().Response, r.Base.service.resultPath)
}
func (r Request) CancelURL() string { return r.address(r.givenURLs().Cancel, cancelPath) }

// The suffixes of a request's addresses, behind its id.
const statusPath, cancelPath = "/status", "/cancel"

func (r Request) givenURLs() URLs {
	if r.URLs == nil {
		return URLs{}
	}
	return *r.URLs
}

// QueueURL returns the status address up to the endpoint, which identifies the request's queue.
func (r Request) QueueURL() string {
	address, _, _ := strings.Cut(r.StatusURL(), "/"+escapeSegment(r.ID))
	return strings.TrimSuffix(address, "/requests")
}

// address returns the given address, or else builds the one with a suffix behind the request's id.
func (r Request) address(given, suffix string) string {
	if given != "" {
		return given
	}
	s := r.Base.service
	return withQuery(r.Base.text+s.prefix+s.endpointPath(r.Endpoint)+"/requests/"+escapeSegment(r.ID)+suffix, r.query())
}

// query returns the query of the first given address, such as token=abc. Built addresses need it too.
func (r Request) query() string {
	urls := r.givenURLs()
	for _, address := range []string{urls.Status, urls.Response, urls.Cancel} {
		if _, query, found := strings.Cut(address, "?"); found {
			query, _, _ = strings.Cut(query, "#")
			return query
		}
	}
	return ""
}

// withQuery appends a query to an address.
func withQuery(address, query string) string {
	switch {
	case query == "":
		return address
	case strings.Contains(address, "?"):
		return address + "&" + query
	}
	return address + "?" + query
}
