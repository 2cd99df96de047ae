package plan

import (
	"fmt"
	"testing"
	"time"
)

// spread is how estimates compared with the truth: how many were told, and at how
// many the true end was before the spread, in it and after it.
type spread struct {
	told, before, inside, after int
	off                         float64 // how far the median was off, as a share of the time left
}

// calibrate asks for an estimate at each tenth of a scenario's length, from when
// all its tasks are known until there is hardly anything left.
func calibrate(s scenario, seeds int) (c spread) {
	s.interval = time.Second
	for seed := range uint64(seeds) {
		p := New(Options{Interval: s.interval})
		m := &simulation{scenario: s, jobs: s.jobs(seed + 1), policy: ours{p}}
		last := 0.0
		for _, j := range m.jobs {
			last = max(last, j.end)
		}
		next := last / 10
		m.watch = func(now float64) {
			if now < next || m.added < len(m.jobs) || now > 0.95*last {
				return
			}
			next += last / 10
			if e, ok := p.Estimate(span(now)); ok {
				c.add(e, now, last)
			}
		}
		m.run()
	}
	return c
}

// add counts an estimate told at a time of the last end.
func (c *spread) add(e Estimate, now, last float64) {
	c.told++
	c.off += (e.Median.Seconds() - last) / (last - now)
	switch {
	case e.Low.Seconds() > last:
		c.before++
	case e.High.Seconds() < last:
		c.after++
	default:
		c.inside++
	}
}

// Four in five true ends are to lie within the spread. Fewer do, as the last of
// many is hard to foresee and run times drift; but where tasks wait in a queue of
// which much was seen, it is to be most.
func TestEstimateHoldsTheTrueEnd(t *testing.T) {
	needsTime(t)
	told, inside := 0, 0
	for _, s := range scenarios {
		if s.quick && s.start != atOnce && s.kinds[0].drift == 0 {
			c := calibrate(s, 2)
			told, inside = told+c.told, inside+c.inside
		}
	}
	if told < 50 {
		t.Errorf("only %d estimates", told)
	}
	if share := float64(inside) / float64(told); share < 0.7 {
		t.Errorf("%.2f of %d true ends in the spread, want at least 0.7", share, told)
	}
}

func TestEstimateIsNotToldFromNothing(t *testing.T) {
	p := New(Options{Interval: time.Second})
	if e, ok := p.Estimate(0); ok {
		t.Errorf("without tasks: %+v", e)
	}
	p.Add(0, "a", 0)
	if e, ok := p.Estimate(time.Second); ok {
		t.Errorf("before anything ended: %+v", e)
	}
}

// calibration prints how often the true end lay within the told spread.
func calibration() {
	fmt.Println("\nestimates: told, share of true ends before, inside and after the spread, median off by a share of the time left")
	var all spread
	for _, s := range scenarios {
		c := calibrate(s, 4)
		all.told, all.inside = all.told+c.told, all.inside+c.inside
		n := float64(max(c.told, 1))
		fmt.Printf("%-36s %3d  %.2f %.2f %.2f  %+.2f\n", s.name, c.told,
			float64(c.before)/n, float64(c.inside)/n, float64(c.after)/n, c.off/n)
	}
	fmt.Printf("%-36s %3d  inside %.2f\n", "all", all.told, float64(all.inside)/float64(all.told))
}
