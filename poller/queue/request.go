package queue

import (
	"regexp"
	"strings"
)

// Request names one asynchronous request that was submitted to a queue service. It is a small
// value; copies share their strings.
type Request struct {
	ID string // the request_id that the create-task answer gave
	// Endpoint is the model id that the request was submitted to, such as
	// wan26_i2v or fal-ai/flux. It may be empty when URLs has the status URL.
	Endpoint string
	// Base is the configured base URL under which the request lives. It is
	// never nil in a request that Parser returned.
	Base *Base
	// URLs holds the addresses that were given rather than built; nil when
	// all can be built from Base, Endpoint and ID.
	URLs *URLs
	// Assumed says that Endpoint was not in the text but is the default one,
	// so a later mention of the same ID that names its endpoint is the better.
	Assumed bool
	Label   string // the user's name for what the request was added with; "" for none
	// Input is the JSON object with the model's parameters that stood beside the request, ""
	// for none. Only what is yet to be tracked has it: then it is in the store.
	Input string
}

// URLs are the addresses of a request as the service gave them. An empty one was not given.
type URLs struct {
	Status, Response, Cancel string
}

// Key identifies a request across all the forms in which it can be written:
// two requests with the same Key are the same task.
type Key struct {
	Base *Base
	ID   string
}

// Key returns what identifies the request. A UUID is the same in capitals and in
// small letters; other ids are not.
func (r Request) Key() Key { return Key{Base: r.Base, ID: FoldID(r.ID)} }

// uuidForm matches the canonical form of a UUID (RFC 9562, section 4).
var uuidForm = regexp.MustCompile(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)

// FoldID returns a UUID in small letters, and any other id as it is.
func FoldID(id string) string {
	if len(id) == 36 && uuidForm.MatchString(id) {
		return strings.ToLower(id)
	}
	return id
}

// StatusURL returns the address to ask for the request's status, ResponseURL that of its result,
// and CancelURL the one that cancels it: the given one, or else the one built as the service's
// documentation says.
func (r Request) StatusURL() string   { return r.address(r.given().Status, statusPath) }
func (r Request) ResponseURL() string { return r.address(r.given().Response, r.Base.service.response) }
func (r Request) CancelURL() string   { return r.address(r.given().Cancel, cancelPath) }

// The ends of addresses of a request, behind its id.
const statusPath, cancelPath = "/status", "/cancel"

func (r Request) given() URLs {
	if r.URLs == nil {
		return URLs{}
	}
	return *r.URLs
}

// QueueURL returns the address of the queue that the request is in: that of its status
// without the request.
func (r Request) QueueURL() string {
	address, _, _ := strings.Cut(r.StatusURL(), "/"+escapeSegment(r.ID))
	return strings.TrimSuffix(address, "/requests")
}

// address returns the given address, or the one with the suffix behind the request's id.
func (r Request) address(given, suffix string) string {
	if given != "" {
		return given
	}
	s := r.Base.service
	return withQuery(r.Base.text+s.prefix+s.path(r.Endpoint)+"/requests/"+escapeSegment(r.ID)+suffix, r.query())
}

// query returns the query of the first address that was given, such as token=abc,
// which those that are built need as well.
func (r Request) query() string {
	urls := r.given()
	for _, address := range []string{urls.Status, urls.Response, urls.Cancel} {
		if _, query, found := strings.Cut(address, "?"); found {
			query, _, _ = strings.Cut(query, "#")
			return query
		}
	}
	return ""
}

// withQuery returns an address with a query added to the one that it has.
func withQuery(address, query string) string {
	switch {
	case query == "":
		return address
	case strings.Contains(address, "?"):
		return address + "&" + query
	}
	return address + "?" + query
}
