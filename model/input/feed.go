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

// batch bounds the requests and problems that are gathered before they are passed on. A
// chunk of very short lines may add some more.
const batch = 4096

// inputUnit is how many bytes of inputs count as a request: a batch has at most 16 MiB and one
// chunk of them.
const inputUnit = 4 << 10

// quiet is the silence after which held lines are read: until then more lines could belong
// to them, as in a record with a key and a value a line.
const quiet = 250 * time.Millisecond

// feed reads requests from one stream's text, has them tracked, and reports the outcome to
// the outbox. It is used by one goroutine at a time.
type feed struct {
	name   string
	track  func([]queue.Request) poller.Tracked
	out    *outbox
	number int // in the outbox

	reader   *paste.Reader
	requests []queue.Request  // read and not yet tracked
	inputs   int              // bytes of their inputs
	problems []paste.Problem  // read and not yet told
	unsure   []paste.Question // the same
	came     time.Time        // when text came last
	sent     time.Time        // when requests were last tracked
}

// newFeed returns the feed of a stream, and adds the stream to the outbox.
func newFeed(name string, source paste.Source, track func([]queue.Request) poller.Tracked, out *outbox) *feed {
	source.From = name
	return &feed{name: name, track: track, out: out, number: out.stream(name), reader: paste.NewReader(source)}
}

// add reads the next piece of the stream's text.
func (f *feed) add(text string) {
	f.came = time.Now()
	f.gather(f.reader.Add(text))
}

// flush reads the held lines if no text came for a while, and reports whether it did.
func (f *feed) flush() bool {
	if !f.reader.Held() || time.Since(f.came) < quiet {
		return false
	}
	f.gather(f.reader.Flush())
	return true
}

// finish ends the text and its last line. What comes next is another text.
func (f *feed) finish() { f.gather(f.reader.Finish()) }

func (f *feed) gather(read paste.Result) {
	if len(f.requests) == 0 {
		f.requests = read.Requests
	} else {
		f.requests = append(f.requests, read.Requests...)
	}
	for _, r := range read.Requests {
		f.inputs += len(r.Input)
	}
	f.problems = append(f.problems, read.Refused...)
	f.unsure = append(f.unsure, read.Unsure...)
}

// gathered returns how many requests and problems wait to be passed on. Inputs count as more.
func (f *feed) gathered() int {
	return len(f.requests) + len(f.problems) + len(f.unsure) + f.inputs/inputUnit
}

// send has all that was gathered tracked and reported, and waits for it.
func (f *feed) send(ctx context.Context) {
	if f.gathered() == 0 {
		return
	}
	var tracked poller.Tracked
	if len(f.requests) > 0 {
		tracked = f.track(f.requests)
	}
	problems, unsure := f.problems, f.unsure
	f.requests, f.problems, f.unsure, f.inputs = nil, nil, nil, 0
	f.sent = time.Now()
	f.out.waitForRoom(ctx)
	f.out.put(f.number, func(s *Status) {
		s.Tracked.Join(tracked)
		s.NotUnderstood += len(problems)
		s.Problems = append(s.Problems, problems...)
		s.Asked += len(unsure)
		s.Unsure = append(s.Unsure, unsure...)
	})
}

// notice reports an event of the stream. The same text is reported once until News is
// fetched.
func (f *feed) notice(text string) { f.put(Notice{Text: text}, nil) }

// trouble reports that the stream can't be read.
func (f *feed) trouble(text string, err error) { f.put(Notice{Text: text, Trouble: true}, err) }

func (f *feed) put(n Notice, err error) {
	f.out.put(f.number, func(s *Status) {
		s.Err = err
		if !slices.Contains(s.Notices, n) {
			s.Notices = append(s.Notices, n)
		}
	})
}

// end reports that the stream has ended.
func (f *feed) end() { f.out.put(f.number, func(s *Status) { s.Ended = true }) }

// piece is the outcome of one Read.
type piece struct {
	text string
	err  error
}

// readFrom adds what a reader returns and sends it: at once after a silence, once a tick
// while lines keep coming, and earlier where a batch is full. It returns at the reader's
// end, with its error unless that is io.EOF, or when ctx ends. The channel is closed when
// the reader's goroutine has ended: a Read under way can't be interrupted. Before that,
// readFrom may not be called again.
func (f *feed) readFrom(ctx context.Context, r io.Reader) (<-chan struct{}, error) {
	pieces, left := make(chan piece), make(chan struct{})
	guard.Go(func() {
		defer close(left)
		readPieces(ctx, r, pieces)
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
			f.add(p.text)
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
