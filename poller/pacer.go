package poller

import (
	"math"
	"time"

	"golang.org/x/time/rate"
)

const (
	// settleTime is how long after a 429 the rate is back near the one at which
	// it came. A service whose limit does not change then answers a 429 once in
	// a few minutes.
	settleTime = time.Minute
	// bearable is the share of the rate at which a 429 came that is taken for
	// what the service bears, and eased that from which it is approached.
	bearable = 0.97
	eased    = 0.88
	// soon is how long after a pause a 429 says that the rate was far too high;
	// farTooMuch is the share of it to go on with. Each such step costs a pause,
	// so it is a long one: the way up is fast where it was too long.
	soon       = 2 * time.Second
	farTooMuch = 0.35
	// rateLeast is the least rate that 429s lead to, in requests/s.
	rateLeast = 0.2
	// raising is how often the rate is raised at most.
	raising = 100 * time.Millisecond
	// sentSpan is over how long the rate of what was sent is measured.
	sentSpan = 2 * time.Second
)

// pacer decides how many requests/s a host gets: the configured most, until the
// service says that it is too much (429). Then it finds what the service bears.
// After each 429 the rate falls, climbs back fast to a little below the rate that
// was too much, stays near that for long, and only then feels for more, ever
// faster: along a cubic, as TCP does (RFC 9438), since it is the same question.
type pacer struct {
	most    float64 // the configured requests/s
	limiter *rate.Limiter
	epoch   time.Time // what moments count from, for the limiter's clock

	limited bool    // a 429 has come, and the rate is not back at most yet
	plateau float64 // what the service is thought to bear
	floor   float64 // what the rate fell to
	climbs  moment  // when it began to climb from there
	raised  moment  // when the limiter was last told

	// What was sent since from, to know what a 429 was the answer to: less may
	// have been sent than might have been.
	sent int
	from moment
	last float64 // requests/s over the span before
}

// newPacer returns the pace of a host of which no 429 has come.
func newPacer(most float64, epoch time.Time) pacer {
	// A bucket as deep as a tenth of a second's requests lets wake-ups be
	// coalesced without giving away rate, and is no burst to complain of.
	return pacer{most: most, epoch: epoch, limiter: rate.NewLimiter(rate.Limit(most), max(1, int(most/10)))}
}

// now returns the requests/s that are made now.
func (p *pacer) now() float64 { return float64(p.limiter.Limit()) }

// rest returns how long to wait where the budget has room for the next request
// after the given time: until there is room for some together, as each wake-up costs
// more than the request. A bucket that is half full then overflows only where
// a wake-up is that late.
func (p *pacer) rest(next time.Duration) time.Duration {
	more := p.limiter.Burst()/2 - 1
	if more <= 0 {
		return next
	}
	return next + time.Duration(float64(more)/p.now()*float64(time.Second))
}

// take notes a request.
func (p *pacer) take(now moment) {
	if elapsed := now - p.from; elapsed >= sentSpan {
		p.last, p.sent, p.from = float64(p.sent)/elapsed.Seconds(), 0, now
	}
	p.sent++
}

// slow lowers the rate after a 429; resumes is when requests are made again.
func (p *pacer) slow(now, resumes moment) {
	current := p.now()
	if p.limited && now-p.climbs < soon || !p.limited && now < soon {
		// The pause has hardly helped: nothing is known yet but that it is far
		// too much.
		p.plateau, p.floor = current, current*farTooMuch
	} else {
		tooMuch := current
		if p.last > 0 {
			// Where less was asked for than the rate allows, less was too much.
			tooMuch = min(current, p.last*1.1)
		}
		p.plateau, p.floor = tooMuch*bearable, tooMuch*eased
	}
	least := min(p.most, rateLeast)
	p.plateau, p.floor = max(p.plateau, least), max(p.floor, least)
	p.limited, p.climbs = true, resumes
	p.sent, p.from, p.last = 0, resumes, 0
	// A service that is strict about its rate is so about bursts.
	p.limiter.SetBurstAt(p.at(now), 1)
	p.set(p.floor, now)
}

// climb raises the rate as time passes since the last 429.
func (p *pacer) climb(now moment) {
	if !p.limited || now-p.raised < raising {
		return
	}
	x := (now - p.climbs).Seconds() / settleTime.Seconds()
	if x <= 0 {
		return
	}
	target := p.plateau + (p.plateau-p.floor)*math.Pow(x-1, 3)
	if target >= p.most {
		p.limited = false
		p.limiter.SetBurstAt(p.at(now), max(1, int(p.most/10)))
		target = p.most
	}
	p.set(target, now)
}

func (p *pacer) set(perSecond float64, now moment) {
	p.raised = now
	p.limiter.SetLimitAt(p.at(now), rate.Limit(perSecond))
}

// at returns a moment on the limiter's clock.
func (p *pacer) at(m moment) time.Time { return p.epoch.Add(m) }
