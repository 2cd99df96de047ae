package queue

import (
	"errors"
	"fmt"
	"net/http"
)

// errForeign is a redirect to another origin than the request's own.
type errForeign struct{ to Origin }

func (e errForeign) Error() string {
	return fmt.Sprintf("redirected to %s, which is another origin: not followed, so that the key stays here; if the service has moved, give it with --base-url", e.to)
}

// errCircle is a redirect that leads to one that was followed before, or through
// too many.
var errCircle = errors.New("redirected in a circle")

// withinOrigin follows redirects only within the origin that was asked, so that
// neither the key nor a header of the user's ever goes elsewhere.
func withinOrigin(next *http.Request, via []*http.Request) error {
	if to := OriginOf(next.URL); to != OriginOf(via[0].URL) {
		return errForeign{to}
	}
	if len(via) > maxRedirects {
		return errCircle
	}
	return nil
}

// redirects reports whether an answer may send the request elsewhere.
func redirects(response *http.Response) bool {
	switch response.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// follow hands a request and the redirect that answered it to http.Client, which
// goes on from there by its own rules and withinOrigin's.
func (c *Client) follow(request *http.Request, redirect *http.Response) (*http.Response, error) {
	client := http.Client{Transport: &answered{redirect, c.http.Transport}, CheckRedirect: withinOrigin}
	return client.Do(request)
}

// answered is a transport that has the answer to the first request already.
type answered struct {
	first *http.Response
	next  http.RoundTripper
}

// RoundTrip returns the answer that is there, and later those of the transport.
func (a *answered) RoundTrip(request *http.Request) (*http.Response, error) {
	if response := a.first; response != nil {
		a.first = nil
		return response, nil
	}
	return a.next.RoundTrip(request)
}
