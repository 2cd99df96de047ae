package queue

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// Peek fetches an output of a base's task to be looked at: at most most bytes from a
// URL on the web. Outputs lie on other hosts than the API, so neither the key nor any
// header of the user's goes along, whatever the host; nor does a redirect leave https
// once it is there. It returns a PrivateAddressError for an address that an
// OutputTransport refuses.
func (c *Client) Peek(ctx context.Context, base *Base, address string, most int64) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil || !webURL(address) {
		return nil, errors.New("the output's address is no URL of the web")
	}
	request.Header.Set("User-Agent", c.options.UserAgent)
	plain := http.Client{Transport: c.outputs.Of(base), CheckRedirect: func(next *http.Request, via []*http.Request) error {
		switch {
		case len(via) > maxRedirects:
			return errCircle
		case next.URL.Scheme != "https" && via[0].URL.Scheme == "https":
			return errors.New("redirected to an address without https")
		}
		return nil
	}}
	response, err := plain.Do(request)
	if refused, ok := errors.AsType[PrivateAddressError](err); ok {
		return nil, refused
	}
	if err != nil {
		var wrapped *url.Error
		if errors.As(err, &wrapped) {
			err = wrapped.Err
		}
		return nil, errors.New(plainly(err))
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("HTTP %d", response.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, most+1))
	switch {
	case err != nil:
		return nil, errors.New(plainly(err))
	case int64(len(body)) > most:
		return nil, fmt.Errorf("it is longer than %d bytes", most)
	}
	return body, nil
}
