package download

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/dustin/go-humanize"

	"polltop/poller/backoff"
)

const (
	// stallAfter bounds how long a transfer may receive no byte, from the request on.
	stallAfter = 30 * time.Second
	// maxTries bounds the tries in a row that receive less than minProgress.
	maxTries = 6
	// minProgress is how many bytes reset the count of tries: a large file over a bad
	// line may take many, a broken server only a few.
	minProgress = 256 << 10
	// firstWait and longestWait bound the pause between tries.
	firstWait, longestWait = 500 * time.Millisecond, 30 * time.Second
	// maxRetryAfter bounds the pause that a server can ask for. A longer one fails the
	// job, which the user can start again later.
	maxRetryAfter = 5 * time.Minute
	// bufferSize is how many bytes are read and written at once.
	bufferSize = 128 << 10
)

// retryDelay returns the pause before a try, counted from 1: exponential, with half of it
// as jitter, and at least as long as the server asked for.
func retryDelay(try int, retryAfter time.Duration) time.Duration {
	return max(backoff.Delay(nil, firstWait, try-1, longestWait), retryAfter)
}

// transfer downloads the rest of a part. It tries again after temporary errors, and
// resumes where the last try ended if the server can.
func (f *Downloader) transfer(ctx context.Context, e *entry, address *url.URL, p *part) error {
	high := p.size
	for try := 1; !p.complete(); try++ {
		err := f.attempt(ctx, e, address, p)
		if err == nil {
			return nil
		}
		var t *downloadError
		if !errors.As(err, &t) || !t.temporary {
			return err
		}
		if p.size-high >= minProgress {
			high, try = p.size, 1 // the first of a new series
		}
		if try >= maxTries {
			return &downloadError{message: fmt.Sprintf("%s; given up after %d tries", t.message, maxTries)}
		}
		if t.retryAfter > maxRetryAfter {
			return &downloadError{message: fmt.Sprintf("%s, which asks to wait %s: download it again then", t.message, t.retryAfter)}
		}
		f.report(e, t.message+"; trying again")
		pause := time.NewTimer(f.backoff(try, t.retryAfter))
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return errStopped
		}
	}
	return nil
}

// attempt makes one request and reads its answer. It returns nil when the part is
// complete.
func (f *Downloader) attempt(ctx context.Context, e *entry, address *url.URL, p *part) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watchdog := time.AfterFunc(stallAfter, func() { cancel(errStalled) })
	response, err := f.request(ctx, &e.job, address, p)
	watchdog.Stop() // it runs only while the network is waited for, not the disk
	if err != nil {
		return networkError(ctx, address.Host, stallAfter, err)
	}
	defer response.Body.Close()
	length, err := f.accept(response, p)
	if err != nil {
		return err
	}
	if p.info.Total >= 0 {
		e.total.Store(p.info.Total)
	}
	f.progressed(e, p, 0)
	f.report(e, "")
	if err := f.receive(ctx, watchdog, response, e, p, length); err != nil {
		return err
	}
	return checkComplete(response, &e.job, p)
}

// receive writes the answer's body to the part. length is -1 if unknown.
func (f *Downloader) receive(ctx context.Context, watchdog *time.Timer, response *http.Response, e *entry, p *part, length int64) error {
	buffer := make([]byte, bufferSize)
	for {
		watchdog.Reset(stallAfter)
		n, err := response.Body.Read(buffer)
		watchdog.Stop()
		if length >= 0 {
			// What follows the end of a range is no part of it.
			n = int(min(int64(n), length))
			length -= int64(n)
		}
		if p.size+int64(n) > f.options.MaxBytes {
			return errTooLarge(-1, f.options.MaxBytes)
		}
		if n > 0 {
			if err := p.write(buffer[:n]); err != nil {
				return err
			}
			f.progressed(e, p, n)
		}
		switch {
		case err == io.EOF || length == 0:
			return nil
		case err != nil:
			return networkError(ctx, response.Request.URL.Host, stallAfter, err)
		}
	}
}

// checkComplete returns an error if an answer ended before the file did.
func checkComplete(response *http.Response, j *Job, p *part) error {
	expected := p.info.Total
	if expected < 0 && endsWithConnection(response) && p.size < j.Size {
		expected = j.Size
	}
	if expected >= 0 && p.size != expected {
		return &downloadError{message: fmt.Sprintf("%s ended the file after %s of %s", response.Request.URL.Host, humanize.IBytes(uint64(p.size)), humanize.IBytes(uint64(expected))), temporary: true}
	}
	p.info.Total = p.size
	return nil
}

// endsWithConnection reports whether only the closed connection ends an answer, so that
// a cut one looks complete.
func endsWithConnection(response *http.Response) bool {
	return response.ProtoMajor < 2 && response.ContentLength < 0 && len(response.TransferEncoding) == 0
}
