package poller

import (
	"time"

	"golang.org/x/time/rate"
)

const (
	// recoverIn is how long after a 429 the rate is back at the one before it, and
	// recoverLeast for how long at least it grows to that.
	recoverIn    = 55 * time.Second
	recoverLeast = 30 * time.Second
	// probeSlope is by which share of the configured rate the rate grows each second
	// beyond that, to find out whether the service bears more.
	probeSlope = 1.0 / 1200
	// decrease is the share of the rate to go on with after a 429, and farDecrease that
	// of the accepted rate where the last 429 was less than soon ago, so that the rate
	// is far too high: a service with a deep bucket accepts more for a while.
	decrease    = 0.96
	farDecrease = 0.85
	soon        = 15 * time.Second
	// bearable is the share of the rate at which a 429 came that the service is thought
	// to bear.
	bearable = 0.98
	// minRate bounds the rate from below, in requests/s.
	minRate = 1.0
	// raiseEvery bounds how often the limiter's rate is raised.
	raiseEvery = 100 * time.Millisecond
	// borneDecay is what is left of the borne rate after each rateSpan, so that a
	// limit that was lowered is noticed.
	borneDecay = 0.99
	// fewOutcomes is how many answers tell nothing of the rate yet, someOutcomes how many
	// it takes to tell from a small share of 429s that the rate is too high, and heavy the
	// share of 429s that the rate explains whatever was borne before.
	fewOutcomes  = 5
	someOutcomes = 10
	heavy        = 0.4
)

// pacer is a host's token bucket. Its rate is the configured one until a 429 comes
// that the rate explains: then it goes on a little below the rate at which requests
// were accepted, grows back linearly within recoverIn, and beyond that slowly.
type pacer struct {
	most    float64 // the configured requests/s
	limiter *rate.Limiter
	epoch   time.Time // what moments count from, for the limiter's clock

	limited bool          // the rate was lowered and is not back at most
	floor   float64       // what it was lowered to
	goal    float64       // what it is to be back at within recoverIn
	lowered time.Duration // when it was lowered
	resumes time.Duration // when requests are made again after that
	raised  time.Duration // when the limiter was last told

	sent, accepted counter
	borne          float64 // the highest accepted requests/s of late
	outcomes       outcomes
}

// newPacer returns the pacer of a host of which no 429 has come.
func newPacer(most float64, epoch time.Time) pacer {
	p := pacer{most: most, goal: most, epoch: epoch, lowered: -1}
	p.limiter = rate.NewLimiter(rate.Limit(most), p.burst())
	return p
}

// burst returns how many requests may be made at once: a tenth of a second's, so that
// wake-ups can be coalesced without giving away rate.
func (p *pacer) burst() int { return max(1, int(p.most/10)) }

// now returns the requests/s that are made now.
func (p *pacer) now() float64 { return float64(p.limiter.Limit()) }

// rest returns how long to sleep where the bucket has a token after the given time:
// until there are some together, as each wake-up costs more than the request. A
// bucket that is half full then overflows only where a wake-up is that late.
func (p *pacer) rest(next time.Duration) time.Duration {
	more := p.limiter.Burst()/2 - 1
	if more <= 0 {
		return next
	}
	return next + time.Duration(float64(more)/p.now()*float64(time.Second))
}

// accept notes an answer about e, be it a failure, that is no 429.
func (p *pacer) accept(now time.Duration, e *endpoint) {
	if p.accepted.isOver(now) {
		p.borne = max(borneDecay*p.borne, p.accepted.rate(now))
	}
	p.accepted.add(now)
	p.outcomes.add(outcome{e, false})
}

// refuse notes a 429 to a request about e, and reports whether the rate explains it.
// It does if more requests/s were sent than were accepted before, or if a large part
// of the last ones is refused, but not where there are other endpoints and none of them
// is, nor where the task was refused before. The rate is not lowered twice for requests that were sent at the same rate.
func (p *pacer) refuse(now, sent time.Duration, e *endpoint, again, others bool) (explained bool) {
	p.outcomes.add(outcome{e, true})
	n, refused := p.outcomes.count()
	switch {
	case sent <= p.lowered:
		return true
	case n < fewOutcomes, !p.limited && refused < 2:
		return false
	case p.outcomes.refusedElsewhere(e):
	case e.trouble != nil, e.limitsItself, others && (float64(refused) >= heavy*float64(n) || p.outcomes.onlyAt(e)):
		return false
	}
	switch {
	case float64(refused) >= heavy*float64(n):
	case again, !p.limited && (n < someOutcomes || now-p.sent.start < 2*rateSpan):
		return false // it is the task's own, or too little has been measured
	case !p.limited && p.borne+blur >= bearable*p.most:
		return false // the configured rate was borne before
	case min(p.now(), p.sent.rate(now)) > p.borne:
	default:
		return false
	}
	p.lower(now)
	return true
}

// lower lowers the rate because of a 429.
func (p *pacer) lower(now time.Duration) {
	current, accepted := p.now(), p.accepted.rate(now)
	floor := farDecrease * accepted
	if clear := now - p.resumes; clear >= 2*rateSpan && accepted >= current/2 {
		// Requests came regularly and most were accepted: this is the limit. Else all
		// that is known is that it is too much.
		p.goal = current * bearable
		if clear >= soon {
			floor = min(decrease*current, accepted)
		}
	}
	p.floor = min(max(floor, min(p.most, minRate)), current)
	p.goal = max(p.goal, p.floor)
	p.borne = accepted
	p.limited, p.lowered, p.resumes = true, now, now
	// A service that is strict about its rate is so about bursts.
	p.limiter.SetBurstAt(p.at(now), 1)
	p.set(p.floor, now)
}

// pause says until when no requests are made: the rate grows from then on.
func (p *pacer) pause(until time.Duration) { p.resumes = max(p.resumes, until) }

// climb raises the rate as time passes since the last 429.
func (p *pacer) climb(now time.Duration) {
	if !p.limited || now-p.raised < raiseEvery || now <= p.resumes {
		return
	}
	target, back := p.goal, max(p.lowered+recoverIn, p.resumes+recoverLeast)
	if now < back {
		target = p.floor + (p.goal-p.floor)*(now-p.resumes).Seconds()/(back-p.resumes).Seconds()
	} else {
		target += p.most * probeSlope * (now - back).Seconds()
	}
	if target >= p.most {
		p.limited, p.goal, target = false, p.most, p.most
		p.limiter.SetBurstAt(p.at(now), p.burst())
	}
	p.set(target, now)
}

func (p *pacer) set(perSecond float64, now time.Duration) {
	p.raised = now
	p.limiter.SetLimitAt(p.at(now), rate.Limit(perSecond))
}

// at returns a moment on the limiter's clock.
func (p *pacer) at(m time.Duration) time.Time { return p.epoch.Add(m) }

// rateSpan is over how long rates are measured: over one to two of it.
const rateSpan = time.Second

// blur is by how many events/s a measured rate may be too low: one event in two spans.
const blur = 0.5 / float64(rateSpan/time.Second)

// counter measures how many events there are in a second.
type counter struct {
	begun   bool
	start   time.Duration // of the first event
	from    time.Duration // the present span began
	current int
	last    int // in the span before
}

// isOver reports whether the present span is.
func (c *counter) isOver(now time.Duration) bool { return c.begun && now-c.from >= rateSpan }

// add counts an event.
func (c *counter) add(now time.Duration) {
	if !c.begun {
		c.begun, c.start, c.from = true, now, now
	}
	c.roll(now)
	c.current++
}

func (c *counter) roll(now time.Duration) {
	switch passed := now - c.from; {
	case passed < rateSpan:
	case passed < 2*rateSpan:
		c.last, c.current, c.from = c.current, 0, c.from+rateSpan
	default:
		c.last, c.current, c.from = 0, 0, now
	}
}

// rate returns the events/s of late.
func (c *counter) rate(now time.Duration) float64 {
	c.roll(now)
	over := min(now-c.from+rateSpan, now-c.start)
	return float64(c.current+c.last) / max(over, rateSpan).Seconds()
}

// outcome is whether a request about an endpoint was answered with 429.
type outcome struct {
	endpoint *endpoint
	refused  bool
}

// outcomes are those of the last requests to a host.
type outcomes struct {
	last [20]outcome
	next int
}

func (o *outcomes) add(x outcome) {
	o.last[o.next] = x
	o.next = (o.next + 1) % len(o.last)
}

// count returns how many there are, and how many of them are 429s.
func (o *outcomes) count() (n, refused int) {
	for _, x := range o.last {
		if x.endpoint != nil {
			n++
		}
		if x.refused {
			refused++
		}
	}
	return n, refused
}

// refusedElsewhere reports whether another endpoint is refused.
func (o *outcomes) refusedElsewhere(e *endpoint) bool {
	for _, x := range o.last {
		if x.refused && x.endpoint != e {
			return true
		}
	}
	return false
}

// onlyAt reports whether one endpoint alone is refused, while others are not. By chance
// all fall on one side about once in twenty times.
func (o *outcomes) onlyAt(e *endpoint) bool {
	here, others := 0, 0
	for _, x := range o.last {
		switch {
		case x.endpoint == nil:
		case x.endpoint != e && x.refused:
			return false
		case x.endpoint != e:
			others++
		case x.refused:
			here++
		}
	}
	return here >= 2 && others >= 2 && here+others >= fewOutcomes+2
}
