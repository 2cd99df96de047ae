package input

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"polltop/poller"
	"polltop/poller/guard"
	"polltop/poller/paste"
	"polltop/poller/queue"
)

// batch is how many requests and problems are gathered at most before they are
// passed on. A chunk of very short lines may add some more.
const batch = 4096

// quiet is for how long no text comes until lines are read that others might go on
// with, such as a record of one key and value a line.
const quiet = 250 * time.Millisecond

// feed is what one stream's text goes into: requests are read out of it and
// tracked, and what came of them is told. It is used by one goroutine at a time.
type feed struct {
	name   string
	track  func([]queue.Request) poller.Tracked
	out    *outbox
	number int // in the outbox

	reader   *paste.Reader
	requests []queue.Request  // read and not yet tracked
	problems []paste.Problem  // read and not yet told
	unsure   []paste.Question // the same
	came     time.Time        // when text came last
	sent     time.Time        // when requests were last tracked
	buffers  [2][]byte        // for pour
}

// newFeed returns the feed of a stream, and adds the stream to the outbox.
func newFeed(name string, source paste.Source, track func([]queue.Request) poller.Tracked, out *outbox) *feed {
	return &feed{name: name, track: track, out: out, number: out.stream(name), reader: paste.NewReader(source)}
}

// add takes the next piece of the stream's text.
func (f *feed) add(text string) {
	f.came = time.Now()
	f.gather(f.reader.Add(text))
}

// flush reads the lines that were held back, as none came for a while to go on with
// them. It reports whether it did.
func (f *feed) flush() bool {
	if !f.reader.Held() || time.Since(f.came) < quiet {
		return false
	}
	f.gather(f.reader.Flush())
	return true
}

// finish says that the text has ended, and with it its last line. What comes
// next is another text.
func (f *feed) finish() { f.gather(f.reader.Finish()) }

func (f *feed) gather(read paste.Result) {
	read.From(f.name)
	if len(f.requests) == 0 {
		f.requests = read.Requests
	} else {
		f.requests = append(f.requests, read.Requests...)
	}
	f.problems = append(f.problems, read.Refused...)
	f.unsure = append(f.unsure, read.Unsure...)
}

// gathered returns how much was read and not passed on.
func (f *feed) gathered() int { return len(f.requests) + len(f.problems) + len(f.unsure) }

// send has all that was read tracked and told, and waits for it.
func (f *feed) send(ctx context.Context) {
	if f.gathered() == 0 {
		return
	}
	var tracked poller.Tracked
	if len(f.requests) > 0 {
		tracked = f.track(f.requests)
	}
	problems, unsure := f.problems, f.unsure
	f.requests, f.problems, f.unsure = nil, nil, nil
	f.sent = time.Now()
	f.out.room(ctx)
	f.out.put(f.number, func(s *Status) {
		s.Tracked.Join(tracked)
		s.NotUnderstood += len(problems)
		s.Problems = append(s.Problems, problems...)
		s.Asked += len(unsure)
		s.Unsure = append(s.Unsure, unsure...)
	})
}

// notice tells of something that happened to the stream, once however often it
// happens until that is fetched.
func (f *feed) notice(text string) { f.tell(Notice{Text: text}, nil) }

// trouble tells that the stream can't be read.
func (f *feed) trouble(text string, err error) { f.tell(Notice{Text: text, Trouble: true}, err) }

func (f *feed) tell(n Notice, err error) {
	f.out.put(f.number, func(s *Status) {
		s.Err = err
		if !slices.Contains(s.Notices, n) {
			s.Notices = append(s.Notices, n)
		}
	})
}

// end tells that the stream has ended.
func (f *feed) end() { f.out.put(f.number, func(s *Status) { s.Ended = true }) }

// piece is what one Read gave.
type piece struct {
	buffer []byte
	n      int
	err    error
}

// pour adds what a reader gives, as it comes, and sends it: at once after a
// silence, gathered over a tick where lines trickle, and early where they pour.
// It returns at the reader's end, with the error that it ended with if that is
// not io.EOF, or when ctx ends. The channel is closed when the reader's goroutine
// has ended, which is when the Read that it stands in returns. Before that, pour
// may not be called again.
func (f *feed) pour(ctx context.Context, r io.Reader) (<-chan struct{}, error) {
	pieces, free, left := make(chan piece), make(chan []byte, 2), make(chan struct{})
	for i := range f.buffers {
		if f.buffers[i] == nil {
			f.buffers[i] = make([]byte, chunk/4)
		}
		free <- f.buffers[i]
	}
	guard.Go(func() {
		defer close(left)
		pump(ctx, r, pieces, free)
	})
	due, silent := time.NewTimer(time.Hour), time.NewTimer(time.Hour)
	due.Stop()
	silent.Stop()
	defer due.Stop()
	defer silent.Stop()
	for {
		select {
		case p := <-pieces:
			idle := f.gathered() == 0
			f.add(string(p.buffer[:p.n]))
			free <- p.buffer
			if f.reader.Held() {
				silent.Reset(quiet)
			}
			switch {
			case p.err != nil || f.gathered() >= batch:
				f.send(ctx)
				due.Stop()
			case idle && f.gathered() > 0:
				due.Reset(time.Until(f.sent.Add(tick)))
			}
			if errors.Is(p.err, io.EOF) {
				return left, nil
			} else if p.err != nil {
				return left, p.err
			}
		case <-due.C:
			f.send(ctx)
		case <-silent.C:
			f.flush()
			f.send(ctx)
		case <-ctx.Done():
			f.send(ctx)
			return left, nil
		}
	}
}

// pump reads until the reader's end into the buffers that are free.
func pump(ctx context.Context, r io.Reader, pieces chan<- piece, free <-chan []byte) {
	for empty := 0; ; {
		p := piece{}
		select {
		case p.buffer = <-free:
		case <-ctx.Done():
			return
		}
		p.n, p.err = r.Read(p.buffer)
		if empty++; p.n > 0 {
			empty = 0
		}
		if p.err == nil && empty == 100 {
			p.err = io.ErrNoProgress
		}
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
