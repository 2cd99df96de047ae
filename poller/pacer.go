package poller

import (
	"cmp"
	"slices"
	"time"

	"golang.org/x/time/rate"
)

const (
	// recoverIn is the time from a 429 until the rate is back at the one before it.
	// recoverLeast is the least time of that growth.
	recoverIn    = 55 * time.Second
	recoverLeast = 30 * time.Second
	// probeSlope is the growth per second beyond that, as a share of the configured rate,
	// to find out whether the service accepts more.
	probeSlope = 1.0 / 1200
	// decrease is the factor of the rate after a 429. farDecrease is that of the accepted
	// rate if the last 429 was less than soon ago: the rate is far too high then, because a
	// service with a deep bucket accepts more for a while.
	decrease    = 0.96
	farDecrease = 0.85
	soon        = 15 * time.Second
	// bearable is the share of the rate of a 429 that the service is assumed to accept.
	bearable = 0.98
	// minRate bounds the rate from below, in requests/s.
	minRate = 1.0
	// borneDecay is the factor of the borne rate for each rateSpan, so that a lowered limit
	// is noticed.
	borneDecay = 0.99
	// fewOutcomes is the number of answers below which nothing is concluded about the rate,
	// someOutcomes the number from which on a small share of 429s means that it is too
	// high. heavy is the share of 429s that the rate explains, whatever was borne before.
	// outcomesKept is how many are remembered.
	fewOutcomes  = 5
	someOutcomes = 10
	outcomesKept = 20
	heavy        = 0.4
)

// pacer is a host's token bucket. Its rate is the configured one until a 429 that the rate
// explains. Then it drops a little below the accepted rate, grows back linearly within
// recoverIn, and slowly beyond that.
type pacer struct {
	most    float64 // the configured requests/s
	limiter *rate.Limiter
	epoch   time.Time // what moments count from, for the limiter's clock

	limited bool          // the rate was lowered and is not back at most
	floor   float64       // what it was lowered to
	goal    float64       // what it is to be back at within recoverIn
	lowered time.Duration // when it was lowered
	resumes time.Duration // when requests are made again after that, and it grows
	refused time.Duration // when the last 429 came

	sent, accepted counter
	borne          float64       // the highest accepted requests/s of late
	measured       time.Duration // when that was last measured
	outcomes       []outcome     // the last ones
}

// newPacer returns the pacer of a host without a 429 so far.
func newPacer(most float64, epoch time.Time) pacer {
	p := pacer{most: most, goal: most, epoch: epoch, lowered: -1, refused: -soon}
	p.limiter = rate.NewLimiter(rate.Limit(most), p.burst())
	return p
}

// burst returns the size of the bucket: the requests of a tenth of a second, so that wake-ups can
// be coalesced without losing rate.
func (p *pacer) burst() int { return max(1, int(p.most/10)) }

// now returns the present rate in requests/s.
func (p *pacer) now() float64 { return float64(p.limiter.Limit()) }

// wait returns how long the next request must wait for its token, 0 for not.
func (p *pacer) wait(now time.Duration) time.Duration {
	p.climb(now)
	missing := 1 - p.limiter.TokensAt(p.at(now))
	return time.Duration(max(missing, 0) / p.now() * float64(time.Second))
}

// take takes the token of a request that is made now.
func (p *pacer) take(now time.Duration) {
	p.limiter.ReserveN(p.at(now), 1)
	p.sent.add(now)
}

// accept notes an answer about e that is no 429, be it a failure.
func (p *pacer) accept(now time.Duration, e *endpoint) {
	if now-p.measured >= rateSpan {
		p.borne, p.measured = max(borneDecay*p.borne, p.accepted.rate(now, 2*rateSpan)), now
	}
	p.accepted.add(now)
	p.note(e, false)
}

// refuse notes a 429 to a request about e, and reports whether the rate explains it. It does if
// more requests/s were sent than were accepted before, or if a large part of the last ones was
// refused. It does not if there are other endpoints without a 429, or if the task was refused
// before. The rate is not lowered twice for requests that were sent at the same rate.
func (p *pacer) refuse(now, sent time.Duration, e *endpoint, again, others bool) (explained bool) {
	p.note(e, true)
	single := now-p.refused > soon
	p.refused = now
	last := p.tally(e)
	switch {
	case sent <= p.lowered:
		return true
	case last.all < fewOutcomes, !p.limited && last.refused < 2 && single, last.areOf(e, others):
		return false
	case last.areMany():
	case again, p.bears(now, last.all): // it is the task's own, or the rate was borne before
		return false
	}
	p.lower(now)
	return true
}

// bears reports whether the service accepted as much as is sent now, or too little has been
// measured to say that it did not.
func (p *pacer) bears(now time.Duration, outcomes int) bool {
	sent := min(p.now(), p.sent.rate(now, rateSpan))
	if p.limited {
		return sent <= p.borne
	}
	measured := outcomes >= someOutcomes && now-p.sent.began >= 2*rateSpan
	return !measured || p.borne+blur >= min(bearable*p.most, sent)
}

// lower lowers the rate because of a 429.
func (p *pacer) lower(now time.Duration) {
	current, accepted := p.now(), p.accepted.rate(now, 2*rateSpan)
	floor := farDecrease * accepted
	if clear := now - p.resumes; clear >= 2*rateSpan && accepted >= current/2 {
		// Requests were regular and most were accepted, so this is the limit. Else it is only
		// known to be too high.
		p.goal = current * bearable
		if clear >= soon {
			floor = min(decrease*current, accepted)
		}
	}
	p.floor = min(max(floor, min(p.most, minRate)), current)
	p.goal = max(p.goal, p.floor)
	p.borne = accepted
	p.limited, p.lowered, p.resumes = true, now, now
	// A service with a strict rate also refuses bursts.
	p.limiter.SetBurstAt(p.at(now), 1)
	p.limiter.SetLimitAt(p.at(now), rate.Limit(p.floor))
}

// climb raises the rate as time passes since the last 429.
func (p *pacer) climb(now time.Duration) {
	if !p.limited || now <= p.resumes {
		return
	}
	passed, grows := (now - p.resumes).Seconds(), max(p.lowered+recoverIn-p.resumes, recoverLeast).Seconds()
	target := p.floor + (p.goal-p.floor)*min(1, passed/grows) + p.most*probeSlope*max(0, passed-grows)
	if target >= p.most {
		p.limited, p.goal, target = false, p.most, p.most
		p.limiter.SetBurstAt(p.at(now), p.burst())
	}
	p.limiter.SetLimitAt(p.at(now), rate.Limit(target))
}

// at returns a time on the limiter's clock.
func (p *pacer) at(m time.Duration) time.Time { return p.epoch.Add(m) }

// rateSpan is the span over which requests are measured, so that a burst shows. Accepted ones are
// measured over two.
const rateSpan = time.Second

// blur is the error of a measured rate of accepted requests in events/s: one event in two spans.
const blur = 0.5 / float64(rateSpan/time.Second)

// counter measures events per second.
type counter struct {
	began time.Duration   // when the first was, 0 for never
	last  []time.Duration // when those of the last two spans were
}

// add counts an event.
func (c *counter) add(now time.Duration) {
	c.began = cmp.Or(c.began, max(now, 1))
	for len(c.last) > 0 && c.last[0] <= now-2*rateSpan {
		c.last = c.last[1:]
	}
	c.last = append(c.last, now)
}

// rate returns the events/s of the last span.
func (c *counter) rate(now, span time.Duration) float64 {
	n := 0
	for i := len(c.last) - 1; i >= 0 && c.last[i] > now-span; i-- {
		n++
	}
	return float64(n) / min(max(now-c.began, rateSpan), span).Seconds()
}

// outcome is an answer of an endpoint: a 429 or not.
type outcome struct {
	endpoint *endpoint
	refused  bool
}

// note notes an outcome.
func (p *pacer) note(e *endpoint, refused bool) {
	p.outcomes = append(p.outcomes, outcome{e, refused})
	p.outcomes = slices.Delete(p.outcomes, 0, max(0, len(p.outcomes)-outcomesKept))
}

// tally counts outcomes: all, the 429s among them, and of other endpoints than one the 429s and
// the others.
type tally struct{ all, refused, elsewhere, answeredElsewhere int }

// tally counts the last outcomes.
func (p *pacer) tally(e *endpoint) (t tally) {
	t.all = len(p.outcomes)
	for _, o := range p.outcomes {
		switch {
		case o.refused:
			t.refused++
			if o.endpoint != e {
				t.elsewhere++
			}
		case o.endpoint != e:
			t.answeredElsewhere++
		}
	}
	return t
}

// areMany reports whether a large part was refused.
func (t tally) areMany() bool { return float64(t.refused) >= heavy*float64(t.all) }

// areOf reports whether the 429s are those of an endpoint that limits its own requests. others
// says that there are other endpoints without a 429.
func (t tally) areOf(e *endpoint, others bool) bool {
	// This happens by chance about once in twenty times.
	onlyHere := t.refused >= 2 && t.answeredElsewhere >= 2 && t.refused+t.answeredElsewhere >= fewOutcomes+2
	return t.elsewhere == 0 && (e.trouble != nil || e.limitsItself || others && (t.areMany() || onlyHere))
}
