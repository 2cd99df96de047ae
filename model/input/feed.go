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
	reportInterval = 33 * time.Millisecond  // the least time between two reports of a stream, and two calls of Track, while lines arrive
	holdTime       = 250 * time.Millisecond // the silence after which held lines are read: until then more lines may belong to them
	readSize       = 64 << 10               // bounds one read of a stream, in bytes
	maxPending     = 4096                   // the number of pending requests and problems at which they are passed on at once
	bytesPerInput  = 4 << 10                // how many bytes of inputs count as one more request: maxPending of them are 16 MiB
)

// piece is the next part of a stream.
type piece struct {
	text       string
	textEnds   bool   // the last line ends with this piece, and what follows is another text
	streamEnds bool   // nothing follows
	notice     string // an event to report, to be put behind the stream's name; "" for none
	err        error  // with a notice: why the stream can't be read, nil if it can
}

// feed reads requests from the text of one stream, and tracks and reports them. One goroutine at a time
// uses it.
type feed struct {
	status Status                                      // its problems, questions and notices are not reported yet
	read   func(ctx context.Context, emit func(piece)) // reads the stream until it or ctx ends
	track  func([]queue.Request) poller.Tracked
	report func(Status) // waits until the report is fetched

	reader      *paste.Reader
	requests    []queue.Request // read and not tracked yet
	inputBytes  int             // the size of their inputs
	lastText    time.Time       // when text arrived last
	lastTracked time.Time       // when requests were last tracked
}

// newFeed returns the feed of a stream. The caller sets its read and report.
func newFeed(name string, source paste.Source, track func([]queue.Request) poller.Tracked) *feed {
	source.From = name
	return &feed{status: Status{From: name, Tracked: poller.Tracked{First: -1}}, track: track, reader: paste.NewReader(source)}
}

// run applies pieces until the stream or ctx ends. It passes on what was read at once after a silence,
// every reportInterval while lines arrive, and when maxPending is reached.
func (f *feed) run(ctx context.Context, pieces <-chan piece) {
	for !f.status.Ended {
		select {
		case p := <-pieces:
			f.apply(p)
		case <-f.nextFlush():
			if f.reader.Held() && time.Since(f.lastText) >= holdTime {
				f.add(f.reader.Flush())
			}
			f.flush()
		case <-ctx.Done():
			f.flush()
			return
		}
	}
}

// nextFlush returns a channel that fires when pending or held lines are due; nil without such lines.
func (f *feed) nextFlush() <-chan time.Time {
	switch {
	case f.pendingCount() > 0:
		return time.After(time.Until(f.lastTracked.Add(reportInterval)))
	case f.reader.Held():
		return time.After(time.Until(f.lastText.Add(holdTime)))
	}
	return nil
}

// apply reads a piece, and passes on what is due.
func (f *feed) apply(p piece) {
	if p.text != "" {
		f.lastText = time.Now()
		f.add(f.reader.Add(p.text))
	}
	if p.textEnds {
		f.add(f.reader.Finish())
	}
	if p.notice != "" {
		f.status.Err = p.err
		f.status.Notices = append(f.status.Notices, Notice{Text: f.status.From + p.notice, Trouble: p.err != nil})
	}
	if f.status.Ended = p.streamEnds; p.streamEnds || p.notice != "" {
		f.trackAndReport()
	} else if p.textEnds || f.pendingCount() >= maxPending {
		f.flush()
	}
}

// add adds what was read to what is pending.
func (f *feed) add(read paste.Result) {
	f.requests = append(f.requests, read.Requests...)
	for _, r := range read.Requests {
		f.inputBytes += len(r.Input)
	}
	f.status.RefusedLines += len(read.Problems)
	f.status.Problems = append(f.status.Problems, read.Problems...)
	f.status.QuestionCount += len(read.Questions)
	f.status.Questions = append(f.status.Questions, read.Questions...)
}

// pendingCount returns how many requests, problems and questions are pending, with inputs by their size.
func (f *feed) pendingCount() int {
	return len(f.requests) + len(f.status.Problems) + len(f.status.Questions) + f.inputBytes/bytesPerInput
}

// flush passes on what is pending, if anything is.
func (f *feed) flush() {
	if f.pendingCount() > 0 {
		f.trackAndReport()
	}
}

// trackAndReport tracks the pending requests and reports the stream's status. It waits for both.
func (f *feed) trackAndReport() {
	if len(f.requests) > 0 {
		f.status.Tracked.Add(f.track(f.requests))
	}
	f.requests, f.inputBytes, f.lastTracked = nil, 0, time.Now()
	f.report(f.status)
	f.status.Problems, f.status.Questions, f.status.Notices = nil, nil, nil
}

// readAll emits a stream until its end.
func readAll(ctx context.Context, r io.Reader, emit func(piece)) {
	err := readPieces(ctx, r, emit)
	switch {
	case ctx.Err() != nil:
	case errors.Is(err, io.EOF):
		emit(piece{textEnds: true, streamEnds: true})
	default:
		emit(piece{textEnds: true, streamEnds: true, notice: " can't be read on: " + err.Error(), err: err})
	}
}

// readPieces emits what r returns until an error, io.EOF included, or the end of ctx, and returns why.
func readPieces(ctx context.Context, r io.Reader, emit func(piece)) error {
	buffer := make([]byte, readSize)
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
