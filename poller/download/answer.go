package download

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"polltop/poller/queue"
)

// accept checks an answer's head and prepares the part for its body. It returns the
// body's length in bytes, -1 if unknown, or a downloadError if the body must not be
// read.
func (f *Downloader) accept(response *http.Response, p *part) (int64, error) {
	coding := response.Header.Get("Content-Encoding")
	switch status := response.StatusCode; {
	case status == http.StatusRequestedRangeNotSatisfiable && p.resumable():
		// The file is now shorter than the part.
		p.restart()
		return 0, errChanged(response)
	case status != http.StatusOK && status != http.StatusPartialContent:
		return 0, statusError(response)
	case coding != "" && !strings.EqualFold(coding, "identity"):
		return 0, &downloadError{message: fmt.Sprintf("%s sends the file compressed (%s), which was not asked for", response.Request.URL.Host, queue.Truncate(coding, 20))}
	case status == http.StatusPartialContent:
		return f.acceptRest(response, p)
	}
	return f.acceptWhole(response, p)
}

// errChanged returns the error for an answer that does not continue the part: the next
// request asks for the whole file.
func errChanged(response *http.Response) *downloadError {
	return &downloadError{message: "the file has changed at " + response.Request.URL.Host + ": starting over", temporary: true}
}

// acceptWhole accepts an answer with the whole file. It may come for a range too: the
// file has changed, or the server supports no ranges.
func (f *Downloader) acceptWhole(response *http.Response, p *part) (int64, error) {
	length := response.ContentLength
	if length > f.options.MaxBytes {
		return 0, errTooLarge(length, f.options.MaxBytes)
	}
	etag, modified := validators(response.Header)
	return length, p.begin(partInfo{
		ETag: etag, LastModified: modified, Total: length,
		ContentType: response.Header.Get("Content-Type"),
	})
}

// acceptRest accepts an answer with a range of the file. A server may send another
// range than the requested one, so the answer's own headers are checked.
func (f *Downloader) acceptRest(response *http.Response, p *part) (int64, error) {
	asked := p.resumable()
	first, last, total, ok := contentRange(response.Header.Get("Content-Range"))
	etag, modified := validators(response.Header)
	switch {
	case !asked:
		return 0, &downloadError{message: response.Request.URL.Host + " sends a piece of the file, where all of it was asked for"}
	case !ok, first != p.size,
		total >= 0 && p.info.Total >= 0 && total != p.info.Total,
		etag != "" && p.info.ETag != "" && etag != p.info.ETag,
		modified != "" && p.info.LastModified != "" && modified != p.info.LastModified:
		p.restart()
		return 0, errChanged(response)
	case total > f.options.MaxBytes:
		return 0, errTooLarge(total, f.options.MaxBytes)
	}
	if p.info.Total < 0 {
		p.info.Total = total
	}
	return last - first + 1, nil
}

// contentRange reads a Content-Range header (RFC 9110, section 14.4) of bytes:
// the offsets of the first and last, and the size of all; -1 if unknown.
func contentRange(value string) (first, last, total int64, ok bool) {
	span, found := strings.CutPrefix(strings.ToLower(strings.TrimSpace(value)), "bytes ")
	places, size, slash := strings.Cut(strings.TrimSpace(span), "/")
	from, to, dash := strings.Cut(places, "-")
	if !found || !slash || !dash {
		return 0, 0, 0, false
	}
	first, last, total = parseOffset(from), parseOffset(to), parseOffset(size)
	if size == "*" {
		total = -1
	} else if total < 0 || last >= total {
		return 0, 0, 0, false
	}
	return first, last, total, first >= 0 && last >= first && last < math.MaxInt64
}

// parseOffset parses a number of bytes; it returns -1 for anything else.
func parseOffset(text string) int64 {
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		return -1
	}
	return int64(n)
}

// validators returns the answer's ETag and Last-Modified, each empty if a changed file
// could have the same (RFC 9110, sections 8.8.1 and 8.8.2.2): a weak ETag, and a date
// in the same second as the answer.
func validators(header http.Header) (etag, modified string) {
	etag = header.Get("ETag")
	if !strings.HasPrefix(etag, `"`) {
		etag = ""
	}
	modified = header.Get("Last-Modified")
	at, err := http.ParseTime(modified)
	served, servedErr := http.ParseTime(header.Get("Date"))
	if err != nil || servedErr != nil || served.Sub(at) < time.Second {
		modified = ""
	}
	return etag, modified
}
