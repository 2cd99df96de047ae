package input

import (
	"context"
	"sync"
	"time"

	"polltop/poller"
	"polltop/poller/paste"
	"polltop/poller/signal"
)

// mostProblems bounds the problems that wait to be fetched. With more, the streams wait.
const mostProblems = 10_000

// News holds the changes since the last one.
type News struct {
	// Streams are the changed ones: standard input first, then the files in the order of
	// the arguments.
	Streams []Status
}

// Status is the state of one stream.
type Status struct {
	// From names the stream: "standard input", or the path as it was given.
	From string
	// Tracked sums up what Track did with the stream's requests since the start. Its First
	// is the first task that the stream added.
	Tracked poller.Tracked
	// NotUnderstood counts the stream's problems since the start, and Asked its
	// questions.
	NotUnderstood, Asked int
	// Problems are new since the last News, in the order of their lines.
	Problems []paste.Problem
	// Unsure are the ids that may or may not name requests, new since the last News.
	Unsure []paste.Question
	// Notices are the events of the stream since the last News.
	Notices []Notice
	// Ended is set at the end of the stream. A file never ends.
	Ended bool
	// Err is why the stream can't be read now or, when it has ended, why it
	// ended early; nil when all is well.
	Err error
}

// Notice is an event of a stream.
type Notice struct {
	// Text is a sentence that names the stream. The name may have any characters: callers
	// must make it safe for the terminal.
	Text string
	// Trouble is set where the user has to do something.
	Trouble bool
}

// outbox collects news until it is fetched.
type outbox struct {
	mu       sync.Mutex
	streams  []*Status
	fresh    []bool        // of which there is something new
	problems int           // how many wait in all
	taken    chan struct{} // closed when the news that waits is taken
	changed  signal.Signal // set while there is something to take
	last     time.Time     // when news was last handed out; the reader's
}

func newOutbox() *outbox {
	return &outbox{taken: make(chan struct{}), changed: signal.New()}
}

// stream adds a stream and returns its number.
func (o *outbox) stream(from string) int {
	o.streams = append(o.streams, &Status{From: from, Tracked: poller.Tracked{First: -1}})
	o.fresh = append(o.fresh, false)
	return len(o.streams) - 1
}

// put changes the status of a stream.
func (o *outbox) put(number int, change func(*Status)) {
	o.mu.Lock()
	status := o.streams[number]
	before := len(status.Problems) + len(status.Unsure)
	change(status)
	o.problems += len(status.Problems) + len(status.Unsure) - before
	o.fresh[number] = true
	o.mu.Unlock()
	o.changed.Set()
}

// waitForRoom waits until there is room for more problems, or ctx ends.
func (o *outbox) waitForRoom(ctx context.Context) {
	for {
		o.mu.Lock()
		full, taken := o.problems >= mostProblems, o.taken
		o.mu.Unlock()
		if !full {
			return
		}
		select {
		case <-taken:
		case <-ctx.Done():
			return
		}
	}
}

// next waits until there is news and a tick has passed since the last, and
// returns it all; false when ctx ends, or done is closed and there is no more.
func (o *outbox) next(ctx context.Context, done <-chan struct{}) (News, bool) {
	select {
	case <-o.changed:
	case <-ctx.Done():
		return News{}, false
	case <-done:
		if !o.changed.Clear() {
			return News{}, false
		}
	}
	if wait := time.Until(o.last.Add(tick)); wait > 0 && !pause(ctx, wait) {
		return News{}, false
	}
	o.last = time.Now()
	return o.take(), true
}

// take empties the outbox.
func (o *outbox) take() News {
	o.mu.Lock()
	defer o.mu.Unlock()
	var news News
	for i, status := range o.streams {
		if !o.fresh[i] {
			continue
		}
		news.Streams = append(news.Streams, *status)
		status.Problems, status.Unsure, status.Notices, o.fresh[i] = nil, nil, nil, false
	}
	o.problems = 0
	close(o.taken)
	o.taken = make(chan struct{})
	o.changed.Clear() // set before the lock was acquired: that change is taken
	return news
}

// pause waits for a while; false where ctx ended before.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
