package insight

import (
	"cmp"
	"math"
	"slices"
	"time"

	"polltop/poller"
	"polltop/views"
)

const (
	maxMinutes = 60 // how far back Ended and Failed go, in minutes
	maxBins    = 12 // bounds the bars of a histogram
)

// tally collects an endpoint's times before they are sorted.
type tally struct {
	views.EndpointStats
	queue, run, inference []time.Duration
}

// Statistics returns the statistics of tasks as of now: first the sum over all endpoints, then the
// endpoints, the largest first. It reads each task, which is too slow to be done on every change.
func Statistics(tasks []*poller.Task, now poller.Stamp) (stats views.TaskStats) {
	all := &tally{EndpointStats: views.EndpointStats{Name: "all"}}
	byName := map[string]*tally{}
	stats.Ended, stats.Failed = make([]float64, maxMinutes), make([]float64, maxMinutes)
	oldest := maxMinutes
	for _, t := range tasks {
		e := byName[t.Request.Endpoint]
		if e == nil {
			e = &tally{EndpointStats: views.EndpointStats{Name: t.Request.Endpoint}}
			byName[t.Request.Endpoint] = e
		}
		e.count(t)
		all.count(t)
		ago := int(now.Sub(t.Ended) / time.Minute)
		if !t.State.Terminal() || t.Ended == 0 || ago >= maxMinutes {
			continue
		}
		at := maxMinutes - 1 - ago
		oldest = min(oldest, at)
		stats.Ended[at]++
		if t.Problem() {
			stats.Failed[at]++
		}
	}
	// The minutes before the first end are left out.
	from := max(0, min(oldest, maxMinutes-2))
	stats.Ended, stats.Failed = stats.Ended[from:], stats.Failed[from:]
	for _, e := range byName {
		stats.Endpoints = append(stats.Endpoints, e.finish())
	}
	slices.SortFunc(stats.Endpoints, func(a, b views.EndpointStats) int {
		return cmp.Or(cmp.Compare(total(b), total(a)), cmp.Compare(a.Name, b.Name))
	})
	stats.Endpoints = slices.Insert(stats.Endpoints, 0, all.finish())
	return stats
}

func total(e views.EndpointStats) int {
	return e.Live + e.Succeeded + e.Failed + e.Canceled + e.Unknown
}

func (e *tally) count(t *poller.Task) {
	e.Polls += uint64(t.Polls)
	switch {
	case !t.State.Terminal():
		e.Live++
		return
	case t.State == poller.Succeeded:
		e.Succeeded++
	case t.State == poller.Failed:
		e.Failed++
	case t.State.Unknown():
		e.Unknown++
	default:
		e.Canceled++
	}
	if d, ok := t.QueueTime(t.Ended); ok {
		e.queue = append(e.queue, d)
	}
	if d, ok := t.RunTime(t.Ended); ok {
		e.run = append(e.run, d)
	}
	if t.InferenceTime >= 0 && t.State == poller.Succeeded {
		e.inference = append(e.inference, time.Duration(min(t.InferenceTime, 1e9)*float64(time.Second)))
	}
}

func (e *tally) finish() views.EndpointStats {
	e.Queue, e.Run, e.Inference = quantiles(e.queue), quantiles(e.run), quantiles(e.inference)
	e.Histogram = histogram(e.run)
	return e.EndpointStats
}

// quantiles sorts times and returns their quantiles, by nearest rank.
func quantiles(times []time.Duration) views.Quantiles {
	if len(times) == 0 {
		return views.Quantiles{}
	}
	slices.Sort(times)
	at := func(q float64) time.Duration {
		return times[max(0, int(math.Ceil(q*float64(len(times))))-1)]
	}
	return views.Quantiles{P50: at(0.5), P95: at(0.95), Max: times[len(times)-1]}
}

// widths are the widths that the bars of a histogram may have.
var widths = []time.Duration{
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 20 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 20 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour, 24 * time.Hour,
}

// histogram counts sorted times in bars of equal width. Times beyond the 99th percentile go into the
// last bar, so that one straggler does not press all others into the first.
func histogram(times []time.Duration) []views.Bin {
	if len(times) == 0 {
		return nil
	}
	low := times[0]
	high := times[(len(times)-1)*99/100]
	width := widths[len(widths)-1]
	for _, w := range widths {
		if high/w-low/w < maxBins {
			width = w
			break
		}
	}
	first := low / width
	bins := make([]views.Bin, min(int(high/width-first)+1, maxBins))
	for i := range bins {
		bins[i].From = (first + time.Duration(i)) * width
		bins[i].To = bins[i].From + width
	}
	for _, d := range times {
		bins[min(int(d/width-first), len(bins)-1)].Count++
	}
	bins[len(bins)-1].To = max(bins[len(bins)-1].To, times[len(times)-1])
	return bins
}
