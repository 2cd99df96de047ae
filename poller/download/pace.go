package download

import (
	"math"
	"sync"
	"time"

	"polltop/poller/guard"
	"polltop/poller/signal"
)

// noticeEvery is the least time between two values on Changed.
const noticeEvery = 100 * time.Millisecond

// notifier coalesces changes: it sends a value on a channel at most once per interval,
// and always one after the last change.
type notifier struct {
	changed signal.Signal // set while there is something to look at
	every   time.Duration

	mu      sync.Mutex
	last    time.Time
	pending *time.Timer // sends the next value
	closed  bool
}

func newNotifier(every time.Duration) *notifier {
	return &notifier{changed: signal.New(), every: every}
}

// notify sends a value, now or at the end of the interval.
func (n *notifier) notify() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed || n.pending != nil {
		return
	}
	if wait := n.every - time.Since(n.last); wait > 0 {
		n.pending = time.AfterFunc(wait, guard.Func(n.fire))
		return
	}
	n.send()
}

// fire sends the value that was delayed.
func (n *notifier) fire() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.pending = nil
	if !n.closed {
		n.send()
	}
}

// send sends a value. The lock is held.
func (n *notifier) send() {
	n.last = time.Now()
	n.changed.Set()
}

// close closes the channel.
func (n *notifier) close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return
	}
	n.closed = true
	if n.pending != nil {
		n.pending.Stop()
	}
	close(n.changed)
}

// smoothing is the time constant of the rate's exponential average.
const smoothing = 3 * time.Second

// meter measures the rate of received bytes.
type meter struct {
	mu        sync.Mutex
	rate      float64   // as of at
	at, since time.Time // of the last bytes, and of the first after a pause
}

// add counts n received bytes.
func (m *meter) add(n int, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if now.Sub(m.at) > 5*smoothing {
		m.rate, m.since = 0, now
	}
	m.rate = m.rate*decay(now.Sub(m.at)) + float64(n)/smoothing.Seconds()
	m.at = now
}

// perSecond returns the rate in bytes per second.
func (m *meter) perSecond(now time.Time) float64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.rate == 0 || now.Sub(m.at) > 5*smoothing {
		return 0
	}
	// At first the mean has not seen enough to weigh as it will; a moment of a
	// few bytes says little of the rate.
	seen := 1 - decay(max(now.Sub(m.since), 200*time.Millisecond))
	return m.rate * decay(now.Sub(m.at)) / seen
}

// decay returns the weight of bytes of age d.
func decay(d time.Duration) float64 { return math.Exp(-d.Seconds() / smoothing.Seconds()) }
