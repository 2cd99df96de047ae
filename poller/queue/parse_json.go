package queue

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// valued is what reading a JSON value came to.
type valued uint8

const (
	valueBad   valued = iota // it is not valid JSON
	valueEmpty               // it is, and nothing in it is of a request
	valueFound               // it gave requests or reasons
)

// value reads a JSON object or array: create-task and status answers, records
// with an id and an endpoint, lists of ids or addresses, and any of these
// wrapped in others.
func (u *unit) value(text string) valued {
	var v any
	if json.Unmarshal([]byte(text), &v) != nil {
		return valueBad
	}
	w := walker{unit: u}
	requests, reasons := len(u.requests), len(u.reasons)
	w.walk(v, "", true)
	if len(u.requests) == requests && len(u.reasons) == reasons {
		// A record of a structured log tells its requests in its message.
		w.leaves(v)
	}
	if len(u.requests) == requests && len(u.reasons) == reasons && w.failure != "" {
		u.fail(w.failure)
	}
	if len(u.requests) > requests {
		for _, reason := range w.strangers {
			u.fail(reason)
		}
	}
	// The next piece of the line's text must see what was added here.
	u.byID = nil
	if len(u.requests) == requests && len(u.reasons) == reasons {
		object, ok := v.(map[string]any)
		u.json = u.json || (ok && len(object) > 0)
		return valueEmpty
	}
	return valueFound
}

// walker goes through a decoded JSON value.
type walker struct {
	unit *unit
	// failure is the reason that an error answer gives, for when there is
	// nothing else.
	failure string
	// strangers are the reasons that texts in a list of ids give which are no
	// ids. Where there is no id in it at all, it was no list of ids.
	strangers []string
}

// walk reads a value. The endpoint is what the objects around it name; list
// says that a text in it is meant to be an id or address.
func (w *walker) walk(v any, endpoint string, list bool) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			w.walk(item, endpoint, list)
		}
	case map[string]any:
		w.object(v, endpoint)
	case string:
		if list {
			w.item(trimmed(v), endpoint)
		}
	}
}

// item reads a text in a list of ids or addresses.
func (w *walker) item(text, endpoint string) {
	u := w.unit
	if strings.HasPrefix(text, "https://") || strings.HasPrefix(text, "http://") {
		r, err := u.parser.url(text)
		if errors.Is(err, errNotRequest) {
			w.strangers = append(w.strangers, err.Error())
		} else {
			w.take(r, err)
		}
		return
	}
	own, id := cutEndpoint(text)
	if own == "" {
		own = endpoint
	}
	if !looksLikeID(id) && !(isCut(id) && !strings.Contains(id, " ")) {
		w.strangers = append(w.strangers, fmt.Sprintf("%s in the list does not look like a request id", shown(text)))
		return
	}
	w.take(u.parser.bare(id, own))
}

// take adds a request, or the reason why there is none.
func (w *walker) take(r Request, err error) {
	if err != nil {
		w.unit.fail(err.Error())
		return
	}
	w.unit.requests = append(w.unit.requests, r)
}

// object reads an object, and then what is in it.
func (w *walker) object(object map[string]any, endpoint string) {
	f := fieldsOf(object)
	if fitsEndpoint(f.endpoint) {
		endpoint = f.endpoint
	}
	switch {
	case f.isFailure():
		w.failure = fmt.Sprintf("this is an error answer (%s): no task was made", shown(f.failure))
	case f.id != "" || f.urls != (URLs{}):
		r, err := w.unit.parser.assemble(f.id, endpoint, f.urls)
		if f.id != "" || err == nil || !errors.Is(err, errNotRequest) {
			w.take(r, err)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(object)) {
		switch object[key].(type) {
		case []any, map[string]any:
			w.walk(object[key], endpoint, isListKey(key))
		}
	}
}

// isListKey reports whether a list under the key is one of requests.
func isListKey(key string) bool {
	switch plainKey(key) {
	case "tasks", "ids", "requests", "requestids", "taskids", "jobs", "data", "items", "results":
		return true
	}
	return false
}

// leaves reads each text in a value as if it were a line of its own.
func (w *walker) leaves(v any) {
	switch v := v.(type) {
	case string:
		w.unit.prose(v)
	case []any:
		for _, item := range v {
			w.leaves(item)
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			w.leaves(v[key])
		}
	}
}

// fields are what counts of an object.
type fields struct {
	id, endpoint string
	urls         URLs
	status       bool
	failure      string // the message of error or detail
	apiError     bool   // error is an object, as the API's own errors have it
}

// fieldsOf reads an object's fields, however their names are written.
func fieldsOf(object map[string]any) fields {
	var f fields
	weakID := ""
	for _, key := range slices.Sorted(maps.Keys(object)) {
		s, _ := object[key].(string)
		switch plainKey(key) {
		case "requestid":
			f.id = trimmed(s)
		case "id":
			weakID = trimmed(s)
		case "endpoint", "endpointid":
			f.endpoint = s
		case "model", "modelid":
			if f.endpoint == "" {
				f.endpoint = s
			}
		case "statusurl":
			f.urls.Status = s
		case "responseurl", "resulturl":
			f.urls.Response = s
		case "cancelurl":
			f.urls.Cancel = s
		case "status":
			f.status = s != ""
		case "error", "detail":
			f.setFailure(object[key])
		}
	}
	// Almost everything has an id: it is a request's where the form shows it
	// or the rest of the object speaks of one.
	if f.id == "" && (evident(weakID) || (looksLikeID(weakID) && (f.endpoint != "" || f.urls != URLs{}))) {
		f.id = weakID
	}
	return f
}

// setFailure reads the value of error or detail.
func (f *fields) setFailure(v any) {
	if v == nil || f.failure != "" {
		return
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return
	}
	code, message := errorValue(raw)
	if code != "" {
		message = code + ": " + message
	}
	f.failure = message
	_, f.apiError = v.(map[string]any)
}

// isFailure reports whether the object is an error answer of the API itself,
// not the answer about a request that has failed. Its request_id, if any, is
// that of the HTTP request.
func (f *fields) isFailure() bool {
	return f.failure != "" && !f.status && f.urls == (URLs{}) && (f.id == "" || (f.apiError && f.endpoint == ""))
}

// plainKey returns a key in lower case without separators, so that request_id,
// requestId and REQUEST-ID are one.
func plainKey(key string) string {
	if len(key) > 20 {
		return ""
	}
	return strings.ToLower(separators.Replace(key))
}

var separators = strings.NewReplacer("_", "", "-", "", " ", "")
