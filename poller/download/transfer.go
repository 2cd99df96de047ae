package download

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"polltop/poller/backoff"
	"polltop/poller/queue"
)

const (
	stallAfter = 30 * time.Second // a transfer that receives no byte for this time is canceled
	maxTries   = 6                // bounds the consecutive tries that receive less than minProgress
	// minProgress, in bytes, resets the count of tries, so that a large file over an unreliable
	// network gets many tries and a broken server only a few.
	minProgress            = 256 << 10
	minBackoff, maxBackoff = 500 * time.Millisecond, 30 * time.Second
	// maxRetryAfter bounds the pause that a server can ask for. A longer one fails the download,
	// which the user can start again.
	maxRetryAfter = 5 * time.Minute
	bufferSize    = 128 << 10 // how many bytes are read and written at once
)

// retryDelay returns the pause after a try, counted from 1: it grows exponentially, half of it is
// jitter, and it is at least retryAfter.
func retryDelay(try int, retryAfter time.Duration) time.Duration {
	return max(backoff.Delay(nil, minBackoff, try-1, maxBackoff), retryAfter)
}

// transfer downloads the rest of a part. After a temporary error it retries, and resumes the part if
// the server supports that.
func (f *Downloader) transfer(ctx context.Context, e *entry, address *url.URL, p *part) error {
	sizeAtFirstTry := p.size
	for try := 1; !p.complete(); try++ {
		err := f.attempt(ctx, e, address, p)
		if err == nil {
			return nil
		}
		failed, ok := errors.AsType[*downloadError](err)
		if !ok || !failed.temporary {
			return err
		}
		if p.size-sizeAtFirstTry >= minProgress {
			sizeAtFirstTry, try = p.size, 1
		}
		switch {
		case try >= maxTries:
			return &downloadError{message: fmt.Sprintf("%s; given up after %d tries", failed.message, maxTries)}
		case failed.retryAfter > maxRetryAfter:
			return &downloadError{message: fmt.Sprintf("%s, which asks to wait %s: download it again then", failed.message, failed.retryAfter)}
		}
		f.setMessage(e, failed.message+"; trying again")
		select {
		case <-time.After(f.backoff(try, failed.retryAfter)):
		case <-ctx.Done():
			return errStopped
		}
	}
	return nil
}

// attempt makes one request. It returns nil when the part is complete.
func (f *Downloader) attempt(ctx context.Context, e *entry, address *url.URL, p *part) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watchdog := time.AfterFunc(stallAfter, func() { cancel(errStalled) })
	base := e.job.Request.Base
	response, err := f.options.Outputs.Get(ctx, base, address.String(), func(trusted bool) http.Header { return f.headers(base, trusted, p) })
	watchdog.Stop() // it bounds only the waiting for the network, not for the disk
	if err != nil {
		return networkError(ctx, address.Host, err)
	}
	defer response.Body.Close()
	length, err := f.accept(response, p)
	if err != nil {
		return err
	}
	if p.info.Total >= 0 {
		e.total.Store(p.info.Total)
	}
	f.recordProgress(e, p, 0)
	f.setMessage(e, "")
	if err := f.receive(ctx, watchdog, response, e, p, length); err != nil {
		return err
	}
	return checkComplete(response, &e.job, p)
}

// headers returns the headers of a request: the user's if it is trusted, and a range if the part is
// resumable.
func (f *Downloader) headers(base *queue.Base, trusted bool, p *part) http.Header {
	header := http.Header{}
	if trusted && f.options.Header != nil {
		for name, values := range f.options.Header(base) {
			header[name] = values
		}
	}
	if header.Get("User-Agent") == "" && f.options.UserAgent != "" {
		header.Set("User-Agent", f.options.UserAgent)
	}
	// Replace headers of the user that are meant for the API.
	header.Set("Accept", "*/*")
	header.Set("Accept-Encoding", "identity")
	header.Del("Range")
	header.Del("If-Range")
	if p.resumable() {
		header.Set("Range", "bytes="+strconv.FormatInt(p.size, 10)+"-")
		// If the file has changed, the server sends the whole file.
		header.Set("If-Range", p.info.validator())
	}
	return header
}

// receive writes the answer's body to the part. length is -1 if unknown.
func (f *Downloader) receive(ctx context.Context, watchdog *time.Timer, response *http.Response, e *entry, p *part, length int64) error {
	buffer, body := make([]byte, bufferSize), io.Reader(response.Body)
	if length >= 0 {
		body = io.LimitReader(body, length) // ignore bytes behind the announced length
	}
	for {
		watchdog.Reset(stallAfter)
		n, err := body.Read(buffer)
		watchdog.Stop()
		if p.size+int64(n) > f.options.MaxBytes {
			return errTooLarge(-1, f.options.MaxBytes)
		}
		if n > 0 {
			if err := p.write(buffer[:n]); err != nil {
				return err
			}
			f.recordProgress(e, p, n)
		}
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return networkError(ctx, response.Request.URL.Host, err)
		}
	}
}

// checkComplete returns an error if an answer ended before the file did.
func checkComplete(response *http.Response, j *Job, p *part) error {
	expected := p.info.Total
	// If only the end of the connection ends the body, a truncated body looks complete.
	endsWithConnection := response.ProtoMajor < 2 && response.ContentLength < 0 && len(response.TransferEncoding) == 0
	if expected < 0 && endsWithConnection && p.size < j.FileSize {
		expected = j.FileSize
	}
	if expected >= 0 && p.size != expected {
		return &downloadError{message: fmt.Sprintf("%s ended the file after %s of %s", response.Request.URL.Host, humanize.IBytes(uint64(p.size)), humanize.IBytes(uint64(expected))), temporary: true}
	}
	p.info.Total = p.size
	return nil
}

// accept checks an answer's status and headers, and prepares the part for its body. It returns the
// body's length in bytes, -1 if unknown, or a downloadError if the body must not be read.
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
	// The server sends the whole file instead of a range if the file has changed or it supports none.
	length := response.ContentLength
	if length > f.options.MaxBytes {
		return 0, errTooLarge(length, f.options.MaxBytes)
	}
	etag, modified := validators(response.Header)
	return length, p.begin(partInfo{ETag: etag, LastModified: modified, Total: length, ContentType: response.Header.Get("Content-Type")})
}

// errChanged returns the error for an answer that does not continue the part.
func errChanged(response *http.Response) *downloadError {
	return &downloadError{message: "the file has changed at " + response.Request.URL.Host + ": starting over", temporary: true}
}

// acceptRest accepts an answer with a range of the file. It checks the headers, because a server may
// send another range than the requested one.
func (f *Downloader) acceptRest(response *http.Response, p *part) (int64, error) {
	first, last, total, ok := contentRange(response.Header.Get("Content-Range"))
	etag, modified := validators(response.Header)
	switch {
	case !p.resumable():
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

// rangeForm matches a Content-Range header of bytes (RFC 9110, section 14.4).
var rangeForm = regexp.MustCompile(`(?i)^\s*bytes (\d+)-(\d+)/(\d+|\*)\s*$`)

// contentRange parses a Content-Range header: the offsets of the first and last byte, and the size of
// the file, -1 if unknown.
func contentRange(value string) (first, last, total int64, ok bool) {
	found := rangeForm.FindStringSubmatch(value)
	if found == nil {
		return 0, 0, 0, false
	}
	first, firstErr := strconv.ParseInt(found[1], 10, 64)
	last, lastErr := strconv.ParseInt(found[2], 10, 64)
	total, totalErr := strconv.ParseInt(strings.Replace(found[3], "*", "-1", 1), 10, 64)
	fits := total < 0 && last < math.MaxInt64 || last < total
	return first, last, total, errors.Join(firstErr, lastErr, totalErr) == nil && first <= last && fits
}

// validators returns the answer's ETag and Last-Modified. Each is "" if a changed file could have the
// same (RFC 9110, sections 8.8.1 and 8.8.2.2): a weak ETag, or a date in the second of the answer.
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
