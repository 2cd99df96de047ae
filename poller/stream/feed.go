package stream

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/poller/queue/guard"
)

// batch is how many requests and problems are gathered at most before they are
// passed on. A chunk of very short lines may add some more.
const batch = 4096

// feed is what one stream's text goes into: requests are read out of it and
// tracked, and what came of them is told. It is used by one goroutine at a time.
type feed struct {
	name   string
	track  func([]queue.Request) poller.Tracked
	out    *outbox
	number int // in the outbox

	parser   *queue.Parser
	requests []queue.Request // read and not yet tracked
	problems []queue.Problem // read and not yet told
	sent     time.Time       // when requests were last tracked
	buffers  [2][]byte       // for pour
}

// newFeed returns the feed of a stream, and adds the stream to the outbox.
func newFeed(name string, source queue.Source, track func([]queue.Request) poller.Tracked, out *outbox) *feed {
	return &feed{name: name, track: track, out: out, number: out.stream(name), parser: queue.NewParser(source)}
}

// add takes the next piece of the stream's text.
func (f *feed) add(text string) { f.gather(f.parser.Add(text)) }

// finish says that the text has ended, and with it its last line. What comes
// next is another text.
func (f *feed) finish() { f.gather(f.parser.Finish()) }

func (f *feed) gather(requests []queue.Request, problems []queue.Problem) {
	for i := range problems {
		problems[i].From = f.name
	}
	if len(f.requests) == 0 {
		f.requests = requests
	} else {
		f.requests = append(f.requests, requests...)
	}
	f.problems = append(f.problems, problems...)
}

// gathered returns how much was read and not passed on.
func (f *feed) gathered() int { return len(f.requests) + len(f.problems) }

// send has all that was read tracked and told, and waits for it.
func (f *feed) send(ctx context.Context) {
	if f.gathered() == 0 {
		return
	}
	var tracked poller.Tracked
	if len(f.requests) > 0 {
		tracked = f.track(f.requests)
	}
	problems := f.problems
	f.requests, f.problems = nil, nil
	f.sent = time.Now()
	f.out.room(ctx)
	f.out.put(f.number, func(s *Status) {
		if s.Tracked.First < 0 && tracked.Added > 0 {
			s.Tracked.First = tracked.First
		}
		s.Tracked.Added += tracked.Added
		s.Tracked.Known += tracked.Known
		s.Tracked.Corrected += tracked.Corrected
		s.NotUnderstood += len(problems)
		s.Problems = append(s.Problems, problems...)
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
	due := time.NewTimer(time.Hour)
	due.Stop()
	defer due.Stop()
	for {
		select {
		case p := <-pieces:
			idle := f.gathered() == 0
			f.add(string(p.buffer[:p.n]))
			free <- p.buffer
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
