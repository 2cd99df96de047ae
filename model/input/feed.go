package input

import (
	"cmp"
	"context"
	"errors"
	"io"
	"time"

	"polltop/poller"
	"polltop/poller/paste"
	"polltop/poller/queue"
)

const (
	tick  = 33 * time.Millisecond // the least time between two reports of a stream, and two calls of Track, while lines keep coming
	chunk = 64 << 10              // how much of a stream is read at once, in bytes
	batch = 4096                  // bounds the requests and problems that are gathered, but for those of the last chunk
	// inputUnit is how many bytes of inputs count as a request: a batch has at most 16 MiB and
	// one chunk of them.
	inputUnit = 4 << 10
	// quiet is the silence after which held lines are read: until then more lines could belong
	// to them, as in a record with a key and a value a line.
	quiet = 250 * time.Millisecond
)

// piece is what is found next of a stream.
type piece struct {
	text   string
	last   bool   // the text and its last line end here: what comes next is another text
	ended  bool   // nothing comes next
	notice string // an event to report, behind the stream's name; "" for none
	err    error  // with a notice: why the stream can't be read, nil if it can
}

// feed reads requests from one stream's text, has them tracked, and reports the outcome. It is
// used by one goroutine at a time.
type feed struct {
	status Status                                      // has the problems, questions and notices that were not reported yet
	read   func(ctx context.Context, emit func(piece)) // reads the stream until its end or that of ctx
	track  func([]queue.Request) poller.Tracked
	report func(Status) // waits until somebody takes it

	reader   *paste.Reader
	requests []queue.Request // read and not yet tracked
	inputs   int             // bytes of their inputs
	came     time.Time       // when text came last
	sent     time.Time       // when requests were last tracked
}

// newFeed returns the feed of a stream. Its read and report must be set.
func newFeed(name string, source paste.Source, track func([]queue.Request) poller.Tracked) *feed {
	source.From = name
	return &feed{status: Status{From: name, Tracked: poller.Tracked{First: -1}}, track: track, reader: paste.NewReader(source)}
}

// run takes pieces until the stream or ctx ends, and passes on what was gathered: at once after
// a silence, once a tick while lines keep coming, and earlier where a batch is full.
func (f *feed) run(ctx context.Context, pieces <-chan piece) {
	for !f.status.Ended {
		select {
		case p := <-pieces:
			f.take(p)
		case <-f.due():
			if f.reader.Held() && time.Since(f.came) >= quiet {
				f.gather(f.reader.Flush())
			}
			f.send()
		case <-ctx.Done():
			f.send()
			return
		}
	}
}

// due returns what says when to pass on what was gathered, or to read held lines, if nothing
// more comes before; nil for never.
func (f *feed) due() <-chan time.Time {
	switch {
	case f.gathered() > 0:
		return time.After(time.Until(f.sent.Add(tick)))
	case f.reader.Held():
		return time.After(time.Until(f.came.Add(quiet)))
	}
	return nil
}

func (f *feed) take(p piece) {
	if p.text != "" {
		f.came = time.Now()
		f.gather(f.reader.Add(p.text))
	}
	if p.last {
		f.gather(f.reader.Finish())
	}
	if p.notice != "" {
		f.status.Err = p.err
		f.status.Notices = append(f.status.Notices, Notice{Text: f.status.From + p.notice, Trouble: p.err != nil})
	}
	if f.status.Ended = p.ended; p.ended || p.notice != "" {
		f.trackAndReport()
	} else if p.last || f.gathered() >= batch {
		f.send()
	}
}

func (f *feed) gather(read paste.Result) {
	f.requests = append(f.requests, read.Requests...)
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

// readAll emits what a stream has until its end.
func readAll(ctx context.Context, r io.Reader, emit func(piece)) {
	err := readPieces(ctx, r, emit)
	switch {
	case ctx.Err() != nil:
	case errors.Is(err, io.EOF):
		emit(piece{last: true, ended: true})
	default:
		emit(piece{last: true, ended: true, notice: " can't be read on: " + err.Error(), err: err})
	}
}

// readPieces emits what a reader returns, until its end or that of ctx, and returns why it ended.
func readPieces(ctx context.Context, r io.Reader, emit func(piece)) error {
	buffer := make([]byte, chunk)
	for empty := 0; empty < 100; empty++ {
		n, err := r.Read(buffer)
		if n > 0 {
			empty = 0
			emit(piece{text: string(buffer[:n])})
		}
		if err := cmp.Or(err, ctx.Err()); err != nil {
			return err
		}
	}
	return io.ErrNoProgress
}
