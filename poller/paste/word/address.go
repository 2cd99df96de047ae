package word

import (
	"net/url"
	"strings"

	"polltop/poller/queue"
)

// Place is what an address says.
type Place struct {
	*queue.Address
	// ID is that of the request, "" for none, and Endpoint is "" where it can't be one.
	ID, Endpoint string
	// Missing says that a request's id should stand there, but none or a variable's name
	// does.
	Missing bool
	// Page says that it is a web page about the request, not the request's address.
	Page bool
}

// maxAddress bounds an address, in bytes.
const maxAddress = 8 << 10

// MayBeAddress tells cheaply that a word is none.
func MayBeAddress(word string) bool {
	return len(word) > 8 && len(word) < maxAddress && (strings.Contains(word, "%2F") || strings.IndexByte(word, '/') >= 0 &&
		(strings.Contains(word, "://") || strings.Contains(word, "/requests") || strings.Contains(word, "/v1/queue/") || strings.Contains(word, "/v2/models/")))
}

var escapes = strings.NewReplacer(`\/`, "/", "&amp;", "&")

// ReadPlace reads a word as an address; nil if it is none.
func ReadPlace(word string, bases []*queue.Base) *Place {
	if !MayBeAddress(word) {
		return nil
	}
	a := &Place{Address: queue.ReadAddress(plainAddress(word), bases)}
	if FitsEndpoint(a.Address.Endpoint) {
		a.Endpoint = a.Address.Endpoint
	}
	switch id := a.Address.ID; {
	case a.OfRequest && (id == "" || id[0] == '$' || isCut(id)):
		a.Missing = true
	case a.OfRequest && FitsID(id) && !IsPlaceholder(id):
		a.ID = id
	case a.Service == "" && !strings.Contains(a.Text, "://"):
		return nil
	case a.Service == "":
		a.readPage()
	}
	return a
}

// plainAddress returns an address without the escapes of texts in which it stood.
func plainAddress(word string) string {
	if strings.Contains(word, "%2F") && !strings.Contains(word, "/requests") {
		word, _ = url.PathUnescape(word)
	}
	if strings.ContainsAny(word, `\&=`) {
		word = strings.TrimLeft(escapes.Replace(word), "=")
	}
	return word
}

// readPage reads the address of a web page: it may tell a request in its path or query.
func (a *Place) readPage() {
	_, tail, _ := strings.Cut(a.Path, "/requests/")
	if id, _, _ := strings.Cut(tail, "/"); IDShape(id) == UUID {
		a.ID = id
	}
	if values, err := url.ParseQuery(a.Query); err == nil && a.Query != "" {
		if id := values.Get("request_id"); FitsID(id) && HasDigit(id) {
			a.ID = id
		}
	}
	a.Page = a.ID != ""
}

// OfRequestURL reports whether it is the address of a request under a key such as
// status_url.
func (a *Place) OfRequestURL(key string) bool {
	return a != nil && a.ID != "" && !a.Page && strings.HasSuffix(Fold(key), "url")
}
