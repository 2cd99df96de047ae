package poller

import (
	"cmp"
	"slices"
	"time"

	"golang.org/x/time/rate"
)

const (
	// recoverTime is the time from a 429 until the rate is back at its target, of which at
	// least minRecoverTime is growth.
	recoverTime    = 55 * time.Second
	minRecoverTime = 30 * time.Second
	// probeGrowth is the growth per second beyond the target, as a share of the configured rate.
	// It finds out whether the service accepts more by now.
	probeGrowth = 1.0 / 1200
	// decrease is the factor of the accepted rate after a 429.
	decrease = 0.95
	// recentRefusal is the time after a 429 in which another one is not isolated.
	recentRefusal = 15 * time.Second
	// acceptedShare is the share of the rate of a 429 that the service is assumed to accept.
	acceptedShare = 0.98
	// minRate bounds the rate from below, in requests/s.
	minRate = 1.0
	// acceptedDecay is the factor of maxAccepted for each rateSpan, so that a lowered limit is
	// noticed.
	acceptedDecay = 0.99
	// With fewer than minOutcomes outcomes, a 429 says nothing about the rate. From
	// enoughOutcomes on, a small share of 429s means that it is too high. With a share of
	// manyRefusedShare it always is. maxOutcomes bounds the remembered outcomes.
	minOutcomes      = 5
	enoughOutcomes   = 10
	maxOutcomes      = 20
	manyRefusedShare = 0.4
)

// pacer is a host's token bucket. Its rate is the configured one until a 429 that the rate
// explains. Then it drops a little below the accepted rate, grows back linearly within
// recoverTime, and slowly beyond that.
type pacer struct {
	configured float64 // requests/s
	limiter    *rate.Limiter

	isLowered bool          // the rate is below the configured one
	floor     float64       // the rate right after it was lowered
	target    float64       // the rate to grow back to within recoverTime
	loweredAt time.Duration // -1 for never
	resumesAt time.Duration // when the rate begins to grow: after the hold, if there is one
	refusedAt time.Duration // when the last 429 came

	sent, accepted counter
	maxAccepted    float64       // the most requests/s accepted of late, fading
	measuredAt     time.Duration // when maxAccepted was last updated
	outcomes       []outcome     // the last maxOutcomes
}

// newPacer returns a pacer with a configured rate in requests/s.
func newPacer(perSecond float64) pacer {
	p := pacer{configured: perSecond, target: perSecond, loweredAt: -1, refusedAt: -recentRefusal}
	p.limiter = rate.NewLimiter(rate.Limit(perSecond), p.burst())
	return p
}

// burst returns the size of the bucket: the requests of a tenth of a second, so that wake-ups can
// be coalesced without losing rate.
func (p *pacer) burst() int { return max(1, int(p.configured/10)) }

// perSecond returns the present rate in requests/s.
func (p *pacer) perSecond() float64 { return float64(p.limiter.Limit()) }

// wait returns how long the next request must wait for its token.
func (p *pacer) wait(now time.Duration) time.Duration {
	p.raise(now)
	missing := 1 - p.limiter.TokensAt(limiterTime(now))
	return time.Duration(max(missing, 0) / p.perSecond() * float64(time.Second))
}

// acquire acquires the token of a request that is sent now.
func (p *pacer) acquire(now time.Duration) {
	p.limiter.ReserveN(limiterTime(now), 1)
	p.sent.add(now)
}

// accept applies an answer of an endpoint that is not a 429, be it an error.
func (p *pacer) accept(now time.Duration, e *endpoint) {
	if now-p.measuredAt >= rateSpan {
		p.maxAccepted, p.measuredAt = max(acceptedDecay*p.maxAccepted, p.accepted.rate(now, 2*rateSpan)), now
	}
	p.accepted.add(now)
	p.addOutcome(e, false)
}

// refuse applies a 429 of an endpoint, and reports whether the rate explains it. Then it lowers the
// rate, unless it did since the request was sent. The rate explains a 429 if more requests/s were
// sent than were accepted before, or if many of the last ones got a 429. It does not if only one
// of several endpoints answers 429, or if the 429 is repeated for the same task.
func (p *pacer) refuse(now, sent time.Duration, e *endpoint, repeated, otherEndpoints bool) (explained bool) {
	p.addOutcome(e, true)
	isolated := now-p.refusedAt > recentRefusal
	p.refusedAt = now
	outcomes := p.count(e)
	switch {
	case sent <= p.loweredAt:
		return true
	case outcomes.all < minOutcomes, !p.isLowered && outcomes.refused < 2 && isolated, outcomes.areOfOne(e, otherEndpoints):
		return false
	case outcomes.manyRefused():
	case repeated, p.acceptedBefore(now, outcomes.all):
		return false
	}
	p.lower(now)
	return true
}

// acceptedBefore reports whether the service accepted as many requests/s as are sent now, or too few
// were measured to tell.
func (p *pacer) acceptedBefore(now time.Duration, outcomes int) bool {
	sent := min(p.perSecond(), p.sent.rate(now, rateSpan))
	if p.isLowered {
		return sent <= p.maxAccepted
	}
	measured := outcomes >= enoughOutcomes && now-p.sent.firstAt >= 2*rateSpan
	return !measured || p.maxAccepted+rateError >= min(acceptedShare*p.configured, sent)
}

// lower lowers the rate because of a 429.
func (p *pacer) lower(now time.Duration) {
	current, accepted := p.perSecond(), p.accepted.rate(now, 2*rateSpan)
	if now-p.resumesAt >= 2*rateSpan && accepted >= current/2 {
		// Requests were regular and most were accepted, so the present rate is just above the
		// limit. Otherwise it is too high by an unknown amount.
		p.target = current * acceptedShare
	}
	p.floor = min(max(decrease*accepted, min(p.configured, minRate)), current)
	p.target = max(p.target, p.floor)
	p.maxAccepted = accepted
	p.isLowered, p.loweredAt, p.resumesAt = true, now, now
	// A service without a bucket refuses bursts.
	p.limiter.SetBurstAt(limiterTime(now), 1)
	p.limiter.SetLimitAt(limiterTime(now), rate.Limit(p.floor))
}

// raise raises the rate with the time since it was lowered.
func (p *pacer) raise(now time.Duration) {
	if !p.isLowered || now <= p.resumesAt {
		return
	}
	passed, grows := (now - p.resumesAt).Seconds(), max(p.loweredAt+recoverTime-p.resumesAt, minRecoverTime).Seconds()
	target := p.floor + (p.target-p.floor)*min(1, passed/grows) + p.configured*probeGrowth*max(0, passed-grows)
	if target >= p.configured {
		p.isLowered, p.target, target = false, p.configured, p.configured
		p.limiter.SetBurstAt(limiterTime(now), p.burst())
	}
	p.limiter.SetLimitAt(limiterTime(now), rate.Limit(target))
}

// limiterTime returns a time on the limiter's clock.
func limiterTime(t time.Duration) time.Time { return time.Time{}.Add(t) }

// rateSpan is the span over which the rate of sent requests is measured. That of accepted ones is
// measured over two.
const rateSpan = time.Second

// rateError is the error of the measured rate of accepted requests, in requests/s.
const rateError = 0.5 / float64(rateSpan/time.Second)

// counter measures events per second.
type counter struct {
	firstAt time.Duration   // the time of the first event, 0 for none
	recent  []time.Duration // the times of the events in the last two spans
}

// add counts an event.
func (c *counter) add(now time.Duration) {
	c.firstAt = cmp.Or(c.firstAt, max(now, 1))
	for len(c.recent) > 0 && c.recent[0] <= now-2*rateSpan {
		c.recent = c.recent[1:]
	}
	c.recent = append(c.recent, now)
}

// rate returns the events/s in the last span.
func (c *counter) rate(now, span time.Duration) float64 {
	n := 0
	for i := len(c.recent) - 1; i >= 0 && c.recent[i] > now-span; i-- {
		n++
	}
	return float64(n) / min(max(now-c.firstAt, rateSpan), span).Seconds()
}

// outcome is an answer of an endpoint.
type outcome struct {
	endpoint *endpoint
	refused  bool // it is a 429
}

// addOutcome adds an outcome to the last ones.
func (p *pacer) addOutcome(e *endpoint, refused bool) {
	p.outcomes = append(p.outcomes, outcome{e, refused})
	p.outcomes = slices.Delete(p.outcomes, 0, max(0, len(p.outcomes)-maxOutcomes))
}

// outcomeCounts counts outcomes as one endpoint sees them: all, the 429s among them, and the 429s
// and the other answers of other endpoints.
type outcomeCounts struct{ all, refused, refusedElsewhere, answeredElsewhere int }

// count counts the last outcomes as e sees them.
func (p *pacer) count(e *endpoint) (t outcomeCounts) {
	t.all = len(p.outcomes)
	for _, o := range p.outcomes {
		switch {
		case o.refused:
			t.refused++
			if o.endpoint != e {
				t.refusedElsewhere++
			}
		case o.endpoint != e:
			t.answeredElsewhere++
		}
	}
	return t
}

// manyRefused reports whether the share of 429s is large.
func (t outcomeCounts) manyRefused() bool {
	return float64(t.refused) >= manyRefusedShare*float64(t.all)
}

// areOfOne reports whether all 429s are of the endpoint e, which limits its own requests.
// otherEndpoints says that there are tasks of others.
func (t outcomeCounts) areOfOne(e *endpoint, otherEndpoints bool) bool {
	// By chance, about one rate limit of the host in twenty looks like this.
	onlyHere := t.refused >= 2 && t.answeredElsewhere >= 2 && t.refused+t.answeredElsewhere >= minOutcomes+2
	return t.refusedElsewhere == 0 && (e.trouble != nil || e.hasOwnLimit || otherEndpoints && (t.manyRefused() || onlyHere))
}
