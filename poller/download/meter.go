package download

import (
	"math"
	"sync"
	"time"
)

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
