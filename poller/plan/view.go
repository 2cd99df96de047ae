package plan

import "math"

const (
	// visibleFavour is how much more a request for a task on the screen is worth.
	visibleFavour = 1.5
	// longRound is from how many run times on a round of all tasks is too long to tell
	// much from what is known of them: those that wait longest come first then, where
	// there is no order.
	longRound = 1.5
	// unlikely is a chance that is not worth computing with.
	unlikely = 1e-6
)

// view is what is believed of a task, to compute what a request for it is worth.
// Times are in seconds since the start. That a task has begun can have several
// reasons, each with its own chance and bounds.
type view struct {
	runs    *runs
	seen    float64
	period  float64 // seconds that a round of all tasks takes
	starved float64 // how far it counts for a task that it has waited longer than that
	favour  float64
	even    float64 // how far a task is favoured for not having been asked long
	pace    float64 // starts a second of a task that waits, blind to its order
	blind   float64 // the chance that only this tells when it starts
	before  float64 // the chance that it had ended when it was added
	reasons [2]reasonToRun
	count   int
}

// reasonToRun is a chance that a task runs since between two times.
type reasonToRun struct {
	chance float64
	starts [3]float64
	points int
	moving bool    // it is at any time from starts[0] on
	then   float64 // how many of the points had not ended when it was last seen
	rest   float64 // and how long those run on from there
}

// parts are where in an interval its points lie.
var parts = [...]float64{1. / 6, 1. / 2, 5. / 6}

// because adds a chance that the task runs since between two times.
func (v *view) because(chance, lo, hi float64) {
	if chance < unlikely {
		return
	}
	r := &v.reasons[v.count]
	v.count++
	r.chance, r.points = chance, 1
	if hi > lo {
		r.points = len(parts)
	}
	for i := range r.points {
		r.starts[i] = lo + (hi-lo)*parts[i]
		if r.points == 1 {
			r.starts[i] = lo
		}
		share, rest := v.runs.past(v.seen - r.starts[i])
		r.then += share
		r.rest += rest
	}
}

// meanwhile adds a chance that the task has begun to run at some time since one.
func (v *view) meanwhile(chance, from float64) {
	if chance < unlikely {
		return
	}
	v.reasons[v.count] = reasonToRun{chance: chance, moving: true, starts: [3]float64{from}}
	v.count++
}

// ended returns how likely the task has ended by t for a reason, and for how long
// on average it has by then.
func (v *view) ended(r *reasonToRun, t float64) (chance, delay float64) {
	then, rest, left := r.then, r.rest, 0.0
	if r.moving {
		return v.since(r.starts[0], t)
	}
	for _, start := range r.starts[:r.points] {
		share, after := v.runs.past(t - start)
		left += share
		rest -= after
	}
	return 1 - left/then, max(0, t-v.seen-rest/then)
}

// since is ended for a task that began at any time from one on.
func (v *view) since(from, t float64) (chance, delay float64) {
	span := max(t-from, 0)
	left, rest := 0.0, 0.0
	for _, part := range parts {
		share, after := v.runs.past(span * part)
		left += share
		rest += v.runs.rest[0] - after
	}
	n := float64(len(parts))
	return 1 - left/n, max(0, span/2-rest/n)
}

// worth returns what a request for the task at t would be worth, in seconds: the
// delay that has built up on average since it was last seen, and more the surer
// it is that the request is the last.
func (v *view) worth(t float64) float64 {
	worth, ended := v.gain(t)
	if v.starved > 0 {
		worth *= 1 + v.starved*max(0, (t-v.seen)/v.period-1)
	}
	return v.favour * worth / math.Sqrt(max(1-ended, 1e-3))
}

// gain returns the delay that a request at t saves on average, and how likely it
// tells an end.
func (v *view) gain(t float64) (saved, ended float64) {
	span := t - v.seen
	for i := range v.reasons[:v.count] {
		r := &v.reasons[i]
		chance, delay := v.ended(r, t)
		ended += r.chance * chance
		// A poll that is made again and again saves span·chance-delay in each
		// round, one that is made once delay.
		saved += r.chance * (delay + v.even*(span*chance-2*delay))
	}
	if v.blind > unlikely {
		started := v.blind * -math.Expm1(-v.pace*span)
		chance, delay := v.since(v.seen, t)
		ended += started * chance
		saved += started * (span*chance - delay)
	}
	saved = v.before*span + (1-v.before)*saved
	return saved, v.before + (1-v.before)*ended
}

// viewOf returns what is believed of a task.
func (p *Planner) viewOf(r *record) view {
	e := p.endpoints[r.endpoint]
	v := view{runs: e.runs, period: p.shortest().Seconds(), seen: r.seen.seconds(), favour: 1, even: 1 - e.belief()}
	if r.is(onScreen) {
		v.favour = visibleFavour
	}
	if !e.queued {
		v.favour *= p.turns.balance(e, p.tasks.live)
	}
	v.starved = v.even * min(max(v.period/(longRound*e.runs.rest[0])-1, 0), 1)
	switch {
	case r.state() == Running:
		v.because(1, r.lo.seconds(), r.hi.seconds())
		return v
	case r.is(placed) && e.trust < orderly:
		lo, hi := e.turn(r)
		v.because(1, lo, hi)
		return v
	}
	belief := e.belief()
	switch order := belief * e.inOrder(e.place(r.seq)); {
	case r.is(credited):
		v.because(order, r.lo.seconds(), r.hi.seconds())
	case r.state() == Unseen && !e.queued:
		v.because(order, v.seen, v.seen)
	default:
		v.meanwhile(order, max(v.seen, e.sure().seconds()))
	}
	v.blind, v.pace = 1-belief, e.pace()
	if r.state() == Unseen {
		v.because(v.blind*e.once(), v.seen, v.seen)
		v.blind *= 1 - e.once()
		v.before = e.past
	}
	return v
}
