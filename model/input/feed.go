package input

import (
	"context"
	"errors"
	"io"
	"time"

	"polltop/poller"
	"polltop/poller/guard"
	"polltop/poller/paste"
	"polltop/poller/queue"
)

// batch bounds the requests and problems that are gathered before they are passed on. A
// chunk of very short lines may add some more.
const batch = 4096

// inputUnit is how many bytes of inputs count as a request: a batch has at most 16 MiB and one
// chunk of them.
const inputUnit = 4 << 10

// quiet is the silence after which held lines are read: until then more lines could belong
// to them, as in a record with a key and a value a line.
const quiet = 250 * time.Millisecond

// feed reads requests from one stream's text, has them tracked, and reports the outcome. It is
// used by one goroutine at a time.
type feed struct {
	// status has the problems, questions and notices that were not reported yet.
	status Status
	track  func([]queue.Request) poller.Tracked
	report func(Status) // waits until somebody takes it

	reader   *paste.Reader
	requests []queue.Request // read and not yet tracked
	inputs   int             // bytes of their inputs
	came     time.Time       // when text came last
	sent     time.Time       // when requests were last tracked
}

// newFeed returns the feed of a stream. Its report must be set.
func newFeed(name string, source paste.Source, track func([]queue.Request) poller.Tracked) *feed {
	source.From = name
	return &feed{status: Status{From: name, Tracked: poller.Tracked{First: -1}}, track: track, reader: paste.NewReader(source)}
}

// add reads the next piece of the stream's text.
func (f *feed) add(text string) {
	f.came = time.Now()
	f.gather(f.reader.Add(text))
}

// flush reads the held lines if no text came for a while, and sends what was gathered.
func (f *feed) flush() {
	if f.reader.Held() && time.Since(f.came) >= quiet {
		f.gather(f.reader.Flush())
	}
	f.send()
}

// finish ends the text and its last line, and sends all. What comes next is another text.
func (f *feed) finish() {
	f.gather(f.reader.Finish())
	f.send()
}

func (f *feed) gather(read paste.Result) {
	if len(f.requests) == 0 {
		f.requests = read.Requests
	} else {
		f.requests = append(f.requests, read.Requests...)
	}
	for _, r := range read.Requests {
		f.inputs += len(r.Input)
	}
	f.status.NotUnderstood += len(read.Refused)
	f.status.Problems = append(f.status.Problems, read.Refused...)
	f.status.Asked += len(read.Unsure)
	f.status.Unsure = append(f.status.Unsure, read.Unsure...)
}

// gathered returns how many requests and problems wait to be passed on. Inputs count as more.
func (f *feed) gathered() int {
	return len(f.requests) + len(f.status.Problems) + len(f.status.Unsure) + f.inputs/inputUnit
}

// send passes on what was gathered, if anything.
func (f *feed) send() {
	if f.gathered() > 0 {
		f.trackAndReport()
	}
}

// trackAndReport has what was gathered tracked, reports the stream's state, and waits for both.
func (f *feed) trackAndReport() {
	if len(f.requests) > 0 {
		f.status.Tracked.Join(f.track(f.requests))
	}
	f.requests, f.inputs, f.sent = nil, 0, time.Now()
	f.report(f.status)
	f.status.Problems, f.status.Unsure, f.status.Notices = nil, nil, nil
}

// notice reports an event of the stream, whose name is put before the text. err is why it can't be read, nil if it can.
func (f *feed) notice(text string, err error) {
	f.status.Err = err
	f.status.Notices = append(f.status.Notices, Notice{Text: f.status.From + text, Trouble: err != nil})
	f.trackAndReport()
}

// readAll reads a stream to its end.
func (f *feed) readAll(ctx context.Context, r io.Reader) {
	_, err := f.readFrom(ctx, r)
	if ctx.Err() != nil {
		f.send()
		return
	}
	f.gather(f.reader.Finish())
	f.status.Ended = true
	if err != nil {
		f.notice(" can't be read on: "+err.Error(), err)
	} else {
		f.trackAndReport()
	}
}

// piece is the outcome of one Read.
type piece struct {
	text string
	err  error
}

// readFrom adds what a reader returns and sends it: at once after a silence, once a tick
// while lines keep coming, and earlier where a batch is full. It returns at the reader's
// end, with its error unless that is io.EOF, or when ctx ends; what came last is yet to be
// sent then. The channel is closed when
// the reader's goroutine has ended: a Read under way can't be interrupted. Before that,
// readFrom may not be called again.
func (f *feed) readFrom(ctx context.Context, r io.Reader) (<-chan struct{}, error) {
	pieces, left := make(chan piece), make(chan struct{})
	guard.Go(func() {
		defer close(left)
		readPieces(ctx, r, pieces)
	})
	for {
		select {
		case p := <-pieces:
			f.add(p.text)
			switch {
			case errors.Is(p.err, io.EOF):
				return left, nil
			case p.err != nil:
				return left, p.err
			case f.gathered() >= batch:
				f.send()
			}
		case <-f.due():
			f.flush()
		case <-ctx.Done():
			return left, nil
		}
	}
}

// due returns what tells when to flush if nothing more comes before; nil for never.
func (f *feed) due() <-chan time.Time {
	switch {
	case f.gathered() > 0:
		return time.After(time.Until(f.sent.Add(tick)))
	case f.reader.Held():
		return time.After(time.Until(f.came.Add(quiet)))
	}
	return nil
}

// readPieces reads until the reader's end.
func readPieces(ctx context.Context, r io.Reader, pieces chan<- piece) {
	buffer := make([]byte, chunk)
	for empty := 0; ; {
		n, err := r.Read(buffer)
		if empty++; n > 0 {
			empty = 0
		}
		if err == nil && empty == 100 {
			err = io.ErrNoProgress
		}
		p := piece{string(buffer[:n]), err}
		select {
		case pieces <- p:
		case <-ctx.Done():
			return
		}
		if p.err != nil {
			return
		}
	}
}
