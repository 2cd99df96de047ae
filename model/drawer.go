package model

import (
	"reflect"
	"sync"
	"time"
	"unsafe"

	tea "charm.land/bubbletea/v2"

	"polltop/poller/queue/guard"
)

// framesPerSecond is how often the screen is drawn at most.
const framesPerSecond = 200

// looks is how long after a message Bubble Tea looks whether there is something
// to draw. The frame is handed over when View has returned, at once where nothing
// holds the process up; where something does, the later looks find it.
var looks = [...]time.Duration{time.Millisecond, 50 * time.Millisecond, time.Second}

// drawer says when the screen is drawn: a moment after each message, and never
// while there are none. Bubble Tea by itself looks so many times a second whether
// there is something to draw: often enough for keys to feel instant, the looking
// alone takes 1 % of a core, and seldom enough for that to be little, a key waits
// 16 ms on average.
type drawer struct {
	ticks chan time.Time // each is a look

	mu    sync.Mutex
	timer *time.Timer
	next  int       // which of looks is next
	last  time.Time // when the last one was
}

// newDrawer takes over when a program that does not run yet draws. Where that can't
// be done it returns nil, which does nothing, and the program draws as often as it
// does by itself. It reaches for a field that is not exported, as Bubble Tea offers
// no other way; a test tells if a later version has it no more.
func newDrawer(p *tea.Program) *drawer {
	field := reflect.ValueOf(p).Elem().FieldByName("ticker")
	if !field.IsValid() || field.Type() != reflect.TypeFor[*time.Ticker]() {
		return nil
	}
	d := &drawer{ticks: make(chan time.Time, 1)}
	d.timer = time.AfterFunc(time.Hour, guard.Func(d.look))
	// A ticker whose own channel nobody reads costs nothing.
	ticker := time.NewTicker(time.Hour)
	ticker.C = d.ticks
	*(**time.Ticker)(unsafe.Pointer(field.UnsafeAddr())) = ticker
	d.soon()
	return d
}

// soon has the screen drawn soon.
func (d *drawer) soon() {
	if d == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.next = 0
	d.timer.Reset(max(looks[0], time.Until(d.last.Add(time.Second/framesPerSecond))))
}

// look has Bubble Tea look whether there is something to draw.
func (d *drawer) look() {
	d.mu.Lock()
	defer d.mu.Unlock()
	select {
	case d.ticks <- time.Time{}:
	default: // it is still drawing, and looks again when it has
	}
	d.last = time.Now()
	if d.next++; d.next < len(looks) {
		d.timer.Reset(looks[d.next])
	}
}

// stop ends the looking.
func (d *drawer) stop() {
	if d != nil {
		d.timer.Stop()
	}
}
