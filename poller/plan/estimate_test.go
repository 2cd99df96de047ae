package plan

import (
	"math"
	"testing"
	"time"
)

// estimates counts estimates by how they compared with the truth: how many were asked
// for and told, at how many the true end was in the spread, and how many were more
// than a factor of two off.
type estimates struct{ asked, told, inside, off int }

// calibrate asks for an estimate whenever another tenth of the tasks has ended.
func calibrate(s scenario, seed uint64) (c estimates) {
	s.interval = time.Second
	p := New(s.interval)
	m := &simulation{scenario: s, jobs: s.jobs(seed), policy: ours{p}}
	last := 0.0
	for _, j := range m.jobs {
		last = max(last, j.end)
	}
	next := 1
	m.watch = func(now float64) {
		if (len(m.jobs)-m.left)*10 < next*len(m.jobs) || m.added < len(m.jobs) || now >= last {
			return
		}
		next = (len(m.jobs)-m.left)*10/len(m.jobs) + 1
		c.asked++
		if e, ok := p.Estimate(span(now)); ok {
			c.add(e, now, last)
		}
	}
	m.run()
	return c
}

// add counts an estimate told at a time of the last end.
func (c *estimates) add(e Estimate, now, last float64) {
	c.told++
	if e.Low.Seconds() <= last && last <= e.High.Seconds() {
		c.inside++
	}
	if off := (e.Median.Seconds() - now) / (last - now); math.Abs(math.Log(off)) > math.Log(2) {
		c.off++
	}
}

// Four in five true ends are to lie within the spread, and all estimates of nine in ten
// loads within a factor of two of the truth. The benchmark holds that over all loads.
func TestEstimateHoldsTheTrueEnd(t *testing.T) {
	needsTime(t)
	var all estimates
	for _, s := range scenarios {
		if s.quick && s.start != atOnce && s.kinds[0].drift == 0 {
			c := calibrate(s, firstSeed)
			t.Logf("%s: %+v", s.name, c)
			all = estimates{all.asked + c.asked, all.told + c.told, all.inside + c.inside, all.off + c.off}
		}
	}
	if all.told < all.asked/3 {
		t.Errorf("%d estimates were told of %d asked for", all.told, all.asked)
	}
	if all.inside < all.told*4/5 || all.off > 0 {
		t.Errorf("of %d estimates %d hold the true end, and %d are more than a factor of two off", all.told, all.inside, all.off)
	}
}

func TestEstimateIsNotToldFromNothing(t *testing.T) {
	p := New(time.Second)
	if e, ok := p.Estimate(0); ok {
		t.Errorf("without tasks: %+v", e)
	}
	p.Add(0, "a", 0)
	if e, ok := p.Estimate(time.Second); ok {
		t.Errorf("before anything ended: %+v", e)
	}
}
