package simulator

import (
	"net/http"
	"strconv"
)

// Answer is a whole HTTP answer in place of the API's: a gateway's page, or a body
// that no writer of JSON makes.
type Answer struct {
	Code   int // 0 is 200
	Header http.Header
	Body   string
}

// send sends the answer.
func (a Answer) send(x *exchange) {
	for name, values := range a.Header {
		x.w.Header()[http.CanonicalHeaderKey(name)] = values
	}
	code := a.Code
	if code == 0 {
		code = http.StatusOK
	}
	if a.Body != "" {
		x.w.Header().Set("Content-Length", strconv.Itoa(len(a.Body)))
	}
	x.w.WriteHeader(code)
	// An error means that the client has left, and nobody is there to tell.
	_, _ = x.w.Write([]byte(a.Body))
}
