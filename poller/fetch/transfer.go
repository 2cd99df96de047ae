package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"

	"github.com/dustin/go-humanize"
)

const (
	// stallAfter is how long a transfer may bring no byte, from the request on.
	stallAfter = 30 * time.Second
	// maxTries is how often in a row a transfer may get nowhere.
	maxTries = 6
	// worthwhile is how much a try must bring to count as getting somewhere: a
	// large file over a bad line takes many tries, a broken server just a few.
	worthwhile = 256 << 10
	// firstWait and longestWait bound the pause between tries.
	firstWait, longestWait = 500 * time.Millisecond, 30 * time.Second
	// maxRetryAfter is the longest pause that a server can ask for; a longer one
	// ends the job, which the user can start again then.
	maxRetryAfter = 5 * time.Minute
	// chunk is how much is read and written at once.
	chunk = 128 << 10
)

// backoff returns the pause before a try, counted from 1: twice as long each
// time, half of it by chance so that many don't come back at once, and never
// shorter than the server asked for.
func backoff(try int, asked time.Duration) time.Duration {
	wait := min(firstWait<<min(try-1, 10), longestWait)
	return max(wait/2+rand.N(wait/2), asked)
}

// download brings the part to its whole. It tries again what may pass, and goes
// on from where the last try ended when the server can.
func (f *Fetcher) download(ctx context.Context, e *entry, address *url.URL, p *part) error {
	high := p.size
	for try := 1; !p.whole(); try++ {
		err := f.attempt(ctx, e, address, p)
		if err == nil {
			return nil
		}
		var t *trouble
		if !errors.As(err, &t) || !t.passing {
			return err
		}
		if p.size-high >= worthwhile {
			high, try = p.size, 1 // the first of a new row
		}
		if try >= maxTries {
			return &trouble{message: fmt.Sprintf("%s; given up after %d tries", t.message, maxTries)}
		}
		if t.after > maxRetryAfter {
			return &trouble{message: fmt.Sprintf("%s, which asks to wait %s: download it again then", t.message, t.after)}
		}
		f.tell(e, t.message+"; trying again")
		pause := time.NewTimer(f.backoff(try, t.after))
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return errStopped
		}
	}
	return nil
}

// attempt makes one request and reads what comes. It returns nil when the part
// is whole.
func (f *Fetcher) attempt(ctx context.Context, e *entry, address *url.URL, p *part) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watchdog := time.AfterFunc(stallAfter, func() { cancel(errStalled) })
	response, err := f.ask(ctx, &e.job, address, p)
	watchdog.Stop() // until the body is read: only the network is on the clock, not the disk
	if err != nil {
		return networkTrouble(ctx, address.Host, stallAfter, err)
	}
	defer response.Body.Close()
	length, err := f.accept(response, p)
	if err != nil {
		return err
	}
	if p.note.Total >= 0 {
		e.total.Store(p.note.Total)
	}
	f.arrived(e, p, 0)
	f.tell(e, "")
	if err := f.receive(ctx, watchdog, response, e, p, length); err != nil {
		return err
	}
	return finish(response, &e.job, p)
}

// receive writes the answer's body, of the given length or -1 when not told, to
// the part.
func (f *Fetcher) receive(ctx context.Context, watchdog *time.Timer, response *http.Response, e *entry, p *part, length int64) error {
	buffer := make([]byte, chunk)
	for {
		watchdog.Reset(stallAfter)
		n, err := response.Body.Read(buffer)
		watchdog.Stop()
		if length >= 0 {
			// A range that goes on past its end is not what it says it is.
			n = int(min(int64(n), length))
			length -= int64(n)
		}
		if p.size+int64(n) > f.options.MaxBytes {
			return tooLarge(-1, f.options.MaxBytes)
		}
		if n > 0 {
			if err := p.write(buffer[:n]); err != nil {
				return err
			}
			f.arrived(e, p, n)
		}
		switch {
		case err == io.EOF || length == 0:
			return nil
		case err != nil:
			return networkTrouble(ctx, response.Request.URL.Host, stallAfter, err)
		}
	}
}

// finish judges a part whose answer has come to its end.
func finish(response *http.Response, j *Job, p *part) error {
	expected := p.note.Total
	if expected < 0 && endUntold(response) && p.size < j.Size {
		expected = j.Size
	}
	if expected >= 0 && p.size != expected {
		return &trouble{message: fmt.Sprintf("%s ended the file after %s of %s", response.Request.URL.Host, humanize.IBytes(uint64(p.size)), humanize.IBytes(uint64(expected))), passing: true}
	}
	p.note.Total = p.size
	return nil
}

// endUntold reports whether an answer's end is just that of its connection, so
// that one that was cut can't be told from a whole one.
func endUntold(response *http.Response) bool {
	return response.ProtoMajor < 2 && response.ContentLength < 0 && len(response.TransferEncoding) == 0
}
