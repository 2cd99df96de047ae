package fetch

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

// ask requests the job's file, or the rest of it where the part can be gone on
// with. The caller closes the answer's body.
func (f *Fetcher) ask(ctx context.Context, j *Job, address *url.URL, p *part) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return nil, err
	}
	// The user's headers go to the origin that they are for. Once a redirect has
	// led elsewhere they don't come back: a foreign server would choose what
	// they are spent on.
	home := isHome(j.Request.Base, request.URL)
	request.Header = f.headers(j.Request.Base, home, p)
	client := http.Client{Transport: f.transport.Of(j.Request.Base), CheckRedirect: func(next *http.Request, via []*http.Request) error {
		if err := checkRedirect(next.URL, via[len(via)-1].URL, len(via)); err != nil {
			return err
		}
		home = home && isHome(j.Request.Base, next.URL)
		next.URL.User = nil
		// Not what net/http carries over: it keeps headers of the user's own for
		// other hosts, and tells them the URL that led there.
		next.Header = f.headers(j.Request.Base, home, p)
		return nil
	}}
	return client.Do(request)
}

// isHome reports whether a URL is on the origin that the user's headers are for.
func isHome(base *queue.Base, u *url.URL) bool {
	return base != nil && queue.OriginOf(u) == base.Origin()
}

// checkRedirect returns why a redirect is not followed, nil if it is.
func checkRedirect(to, from *url.URL, count int) error {
	switch {
	case count > maxRedirects:
		return &trouble{message: fmt.Sprintf("redirected more than %d times, at last by %s", maxRedirects, from.Host)}
	case !fetchable(to):
		return &trouble{message: fmt.Sprintf("%s redirects to a %q URL: only http and https can be downloaded", from.Host, clip(to.Scheme, 20))}
	case from.Scheme == "https" && to.Scheme == "http":
		return &trouble{message: fmt.Sprintf("%s redirects from https to http, where anybody on the way could change the file: not followed", from.Host)}
	}
	return nil
}

// headers returns what a request carries: the user's headers only at home, and
// the range where the part is gone on with.
func (f *Fetcher) headers(base *queue.Base, home bool, p *part) http.Header {
	header := http.Header{}
	if home && f.options.Header != nil {
		for name, values := range f.options.Header(base) {
			header[name] = values
		}
	}
	if header.Get("User-Agent") == "" && f.options.UserAgent != "" {
		header.Set("User-Agent", f.options.UserAgent)
	}
	// Those of the API's requests would ask for JSON.
	header.Set("Accept", "*/*")
	header.Set("Accept-Encoding", "identity")
	header.Del("Range")
	header.Del("If-Range")
	if p.resumable() {
		header.Set("Range", "bytes="+strconv.FormatInt(p.size, 10)+"-")
		// If the file has changed, all of it comes instead.
		header.Set("If-Range", p.note.validator())
	}
	return header
}
