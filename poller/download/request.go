package download

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"polltop/poller/queue"
)

// maxRedirects bounds how many redirects are followed.
const maxRedirects = 5

// request requests the job's file, or the rest of it if the part is resumable. The
// caller closes the answer's body.
func (f *Downloader) request(ctx context.Context, j *Job, address *url.URL, p *part) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return nil, err
	}
	// The user's headers go to the base's own origin. After a redirect to another one
	// they are not sent any more, not even back home: a foreign server would choose
	// the URL that they are sent to.
	home := isOwnOrigin(j.Request.Base, request.URL)
	request.Header = f.headers(j.Request.Base, home, p)
	client := http.Client{Transport: f.transport.Of(j.Request.Base), CheckRedirect: func(next *http.Request, via []*http.Request) error {
		if err := checkRedirect(next.URL, via[len(via)-1].URL, len(via)); err != nil {
			return err
		}
		home = home && isOwnOrigin(j.Request.Base, next.URL)
		next.URL.User = nil
		// net/http would send some of the user's headers and a Referer to other hosts.
		next.Header = f.headers(j.Request.Base, home, p)
		return nil
	}}
	return client.Do(request)
}

// isOwnOrigin reports whether a URL is on the origin that the user's headers are for.
func isOwnOrigin(base *queue.Base, u *url.URL) bool {
	return base != nil && queue.OriginOf(u) == base.Origin()
}

// checkRedirect returns an error if a redirect must not be followed.
func checkRedirect(to, from *url.URL, count int) error {
	switch {
	case count > maxRedirects:
		return &downloadError{message: fmt.Sprintf("redirected more than %d times, at last by %s", maxRedirects, from.Host)}
	case !fetchable(to):
		return &downloadError{message: fmt.Sprintf("%s redirects to a %q URL: only http and https can be downloaded", from.Host, queue.Truncate(to.Scheme, 20))}
	case from.Scheme == "https" && to.Scheme == "http":
		return &downloadError{message: fmt.Sprintf("%s redirects from https to http, where anybody on the way could change the file: not followed", from.Host)}
	}
	return nil
}

// headers returns the headers of a request: the user's only on the base's own origin,
// and a range if the part is resumable.
func (f *Downloader) headers(base *queue.Base, home bool, p *part) http.Header {
	header := http.Header{}
	if home && f.options.Header != nil {
		for name, values := range f.options.Header(base) {
			header[name] = values
		}
	}
	if header.Get("User-Agent") == "" && f.options.UserAgent != "" {
		header.Set("User-Agent", f.options.UserAgent)
	}
	// The user's headers may ask for JSON.
	header.Set("Accept", "*/*")
	header.Set("Accept-Encoding", "identity")
	header.Del("Range")
	header.Del("If-Range")
	if p.resumable() {
		header.Set("Range", "bytes="+strconv.FormatInt(p.size, 10)+"-")
		// If the file has changed, the server sends all of it instead.
		header.Set("If-Range", p.info.validator())
	}
	return header
}
