package fetch

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// accept looks at an answer's head and makes the part ready for its body, of
// which it returns the length in bytes; -1 when not told. It returns a trouble
// when the body is not to be read.
func (f *Fetcher) accept(response *http.Response, p *part) (int64, error) {
	coding := response.Header.Get("Content-Encoding")
	switch status := response.StatusCode; {
	case status == http.StatusRequestedRangeNotSatisfiable && p.resumable():
		// The file is now shorter than the part.
		p.forget()
		return 0, changed(response)
	case status != http.StatusOK && status != http.StatusPartialContent:
		return 0, statusTrouble(response)
	case coding != "" && !strings.EqualFold(coding, "identity"):
		return 0, &trouble{message: fmt.Sprintf("%s sends the file compressed (%s), which was not asked for", response.Request.URL.Host, clip(coding, 20))}
	case status == http.StatusPartialContent:
		return f.acceptRest(response, p)
	}
	return f.acceptWhole(response, p)
}

// changed says that the rest of a file is not that of the part: the next
// request asks for all of it.
func changed(response *http.Response) *trouble {
	return &trouble{message: "the file has changed at " + response.Request.URL.Host + ": starting over", passing: true}
}

// acceptWhole takes an answer that has all of the file, also where only the
// rest was asked for: the file has changed, or the server knows no ranges.
func (f *Fetcher) acceptWhole(response *http.Response, p *part) (int64, error) {
	length := response.ContentLength
	if length > f.options.MaxBytes {
		return 0, tooLarge(length, f.options.MaxBytes)
	}
	etag, modified := validators(response.Header)
	return length, p.begin(note{
		ETag: etag, LastModified: modified, Total: length,
		ContentType: response.Header.Get("Content-Type"),
	})
}

// acceptRest takes an answer that has a range of the file. What was asked for
// is not what a server need send, so it is the answer that counts.
func (f *Fetcher) acceptRest(response *http.Response, p *part) (int64, error) {
	asked := p.resumable()
	first, last, total, ok := contentRange(response.Header.Get("Content-Range"))
	etag, modified := validators(response.Header)
	switch {
	case !asked:
		return 0, &trouble{message: response.Request.URL.Host + " sends a piece of the file, where all of it was asked for"}
	case !ok, first != p.size,
		total >= 0 && p.note.Total >= 0 && total != p.note.Total,
		etag != "" && p.note.ETag != "" && etag != p.note.ETag,
		modified != "" && p.note.LastModified != "" && modified != p.note.LastModified:
		p.forget()
		return 0, changed(response)
	case total > f.options.MaxBytes:
		return 0, tooLarge(total, f.options.MaxBytes)
	}
	if p.note.Total < 0 {
		p.note.Total = total
	}
	return last - first + 1, nil
}

// contentRange reads a Content-Range header (RFC 9110, section 14.4) of bytes:
// the places of the first and last, and the size of all; -1 when not told.
func contentRange(value string) (first, last, total int64, ok bool) {
	span, found := strings.CutPrefix(strings.ToLower(strings.TrimSpace(value)), "bytes ")
	places, size, slash := strings.Cut(strings.TrimSpace(span), "/")
	from, to, dash := strings.Cut(places, "-")
	if !found || !slash || !dash {
		return 0, 0, 0, false
	}
	first, last, total = place(from), place(to), place(size)
	if size == "*" {
		total = -1
	} else if total < 0 || last >= total {
		return 0, 0, 0, false
	}
	return first, last, total, first >= 0 && last >= first && last < math.MaxInt64
}

// place reads a number of bytes; -1 if it is none.
func place(text string) int64 {
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		return -1
	}
	return int64(n)
}

// validators returns the answer's ETag and Last-Modified, each empty unless it
// differs for sure when the file does (RFC 9110, sections 8.8.1 and 8.8.2.2): a
// weak ETag need not, nor a date of the same second as the answer.
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
