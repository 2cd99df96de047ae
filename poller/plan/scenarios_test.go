package plan

import "time"

// three are endpoints that make an image, a short clip and a long one.
func three(sigma float64) []kind {
	return []kind{{median: 30, sigma: sigma}, {median: 60, sigma: sigma}, {median: 120, sigma: sigma}}
}

// one is a single endpoint.
func one(k kind) []kind { return []kind{k} }

// shorter are the same endpoints with run times that are short beside a round of
// all tasks: fewer tasks are found running before they end.
func shorter(sigma float64) []kind {
	return []kind{{median: 20, sigma: sigma}, {median: 45, sigma: sigma}, {median: 90, sigma: sigma}}
}

// The bars keep what was reached from getting worse: they are 8 % more than the mean over the
// seeds of the benchmark, and nowhere more than the round-robin's.
var scenarios = []scenario{
	{name: "order, 2000 behind 100, 5/s", tasks: 2000, workers: 100, start: inOrder, kinds: three(0.4), rate: 5, bar: 0.08},
	{name: "order, 2000 behind 100, 20/s", tasks: 2000, workers: 100, start: inOrder, kinds: three(0.4), rate: 20, bar: 0.09},
	{name: "order, 2000 behind 100, 20/s, .15", tasks: 2000, workers: 100, start: inOrder, kinds: three(0.15), rate: 20, bar: 0.05},
	{name: "order, 2000 behind 100, 20/s, .8", tasks: 2000, workers: 100, start: inOrder, kinds: three(0.8), rate: 20, bar: 0.13},
	{name: "order, 2000 behind 50, 5/s, .8", tasks: 2000, workers: 50, start: inOrder, kinds: three(0.8), rate: 5, bar: 0.07},
	{name: "order, 2000 behind one pool of 100", tasks: 2000, workers: 100, pooled: true, start: inOrder, kinds: three(0.4), rate: 20, bar: 0.09},
	{name: "order, 500 behind 50, 5/s, .15", tasks: 500, workers: 50, start: inOrder, kinds: three(0.15), rate: 5, bar: 0.09, quick: true},
	{name: "order, 500 behind 50, 5/s", tasks: 500, workers: 50, start: inOrder, kinds: three(0.4), rate: 5, bar: 0.16, quick: true},
	{name: "order, 500 behind 50, 5/s, .8", tasks: 500, workers: 50, start: inOrder, kinds: three(0.8), rate: 5, bar: 0.21},
	{name: "order, 500 behind 50, 20/s", tasks: 500, workers: 50, start: inOrder, kinds: three(0.4), rate: 20, bar: 0.19},
	{name: "order, inference untold", tasks: 500, workers: 50, start: inOrder, kinds: three(0.4), rate: 5, silent: true, bar: 0.17},
	{name: "order, inference told short", tasks: 500, workers: 50, start: inOrder, kinds: three(0.4), rate: 5, scale: 0.8, bar: 0.18},
	{name: "order, real positions", tasks: 500, workers: 50, start: inOrder, kinds: three(0.4), rate: 5, position: true, bar: 0.16},
	{name: "order, two lengths", quick: true, tasks: 500, workers: 50, start: inOrder, kinds: one(kind{median: 8, sigma: 0.2, second: 90, share: 0.5}), rate: 5, bar: 0.20},
	{name: "order, drift up", tasks: 1000, workers: 50, start: inOrder, kinds: one(kind{median: 20, sigma: 0.3, drift: 3}), rate: 5, bar: 0.07, quick: true},
	{name: "order, drift down", tasks: 1000, workers: 50, start: inOrder, kinds: one(kind{median: 60, sigma: 0.3, drift: 0.2}), rate: 5, bar: 0.18},
	{name: "order, stragglers", tasks: 500, workers: 50, start: inOrder, kinds: one(kind{median: 30, sigma: 0.3, stray: 0.05}), rate: 5, bar: 0.13},
	{name: "order, early failures", tasks: 500, workers: 50, start: inOrder, kinds: one(kind{median: 40, sigma: 0.3, failing: 0.3}), rate: 5, bar: 0.23},
	{name: "order, arriving", tasks: 1000, workers: 100, start: inOrder, arrivals: 1.6, kinds: three(0.4), rate: 5, bar: 0.32},
	{name: "order, added late", tasks: 500, workers: 50, start: inOrder, kinds: three(0.4), rate: 5, late: 200, bar: 0.49},
	{name: "order, starved", tasks: 1000, workers: 50, start: inOrder, kinds: three(0.4), rate: 1, bar: 0.06},
	{name: "order, few", tasks: 40, workers: 8, start: inOrder, kinds: three(0.4), rate: 2, bar: 0.41},
	{name: "random, 500 behind 50, 5/s", tasks: 500, workers: 50, start: atRandom, kinds: three(0.4), rate: 5, bar: 0.52},
	{name: "random, 500 behind 50, 5/s, .15", tasks: 500, workers: 50, start: atRandom, kinds: three(0.15), rate: 5, bar: 0.47, quick: true},
	{name: "random, 500 behind 50, 5/s, .8", tasks: 500, workers: 50, start: atRandom, kinds: three(0.8), rate: 5, bar: 0.61},
	{name: "random, 500 behind 50, 20/s", tasks: 500, workers: 50, start: atRandom, kinds: three(0.4), rate: 20, bar: 0.29},
	{name: "random, 2000 behind 100, 20/s", tasks: 2000, workers: 100, start: atRandom, kinds: three(0.4), rate: 20, bar: 0.39},
	{name: "random, 500 behind 50, 5/s, shorter", tasks: 500, workers: 50, start: atRandom, kinds: shorter(0.4), rate: 5, bar: 0.61},
	{name: "order, 500 behind 50, 5/s, shorter", tasks: 500, workers: 50, start: inOrder, kinds: shorter(0.4), rate: 5, bar: 0.16},
	{name: "at once, 500, 5/s, shorter", tasks: 500, start: atOnce, kinds: shorter(0.4), rate: 5, bar: 0.60},
	{name: "random, real positions", tasks: 500, workers: 50, start: atRandom, kinds: three(0.4), rate: 5, position: true, bar: 0.31, quick: true},
	{name: "random, drift up", tasks: 1000, workers: 50, start: atRandom, kinds: one(kind{median: 30, sigma: 0.3, drift: 3}), rate: 10, bar: 0.46},
	{name: "random, arriving", tasks: 1000, workers: 100, start: atRandom, arrivals: 1.6, kinds: three(0.4), rate: 5, bar: 0.48},
	{name: "random, added late", tasks: 500, workers: 50, start: atRandom, kinds: three(0.4), rate: 5, late: 200, bar: 0.78},
	{name: "random, starved", tasks: 1000, workers: 50, start: atRandom, kinds: three(0.4), rate: 1, bar: 1.00, tail: 1.2},
	{name: "at once, 500, 5/s", tasks: 500, start: atOnce, kinds: three(0.4), rate: 5, bar: 0.63, quick: true},
	{name: "at once, 500, 5/s, .15", tasks: 500, start: atOnce, kinds: three(0.15), rate: 5, bar: 0.54},
	{name: "at once, 500, 5/s, .8", tasks: 500, start: atOnce, kinds: three(0.8), rate: 5, bar: 0.79, quick: true},
	{name: "at once, 500, 20/s", tasks: 500, start: atOnce, kinds: three(0.4), rate: 20, bar: 0.81},
	{name: "at once, 2000, 20/s", tasks: 2000, start: atOnce, kinds: three(0.4), rate: 20, bar: 0.71},
	{name: "at once, arriving", tasks: 1000, start: atOnce, arrivals: 2, kinds: three(0.4), rate: 5, bar: 0.44},
	{name: "at once, twentyfold drift", tasks: 2000, start: atOnce, arrivals: 4, kinds: one(kind{median: 10, sigma: 0.3, drift: 20}), rate: 5, bar: 0.16},
	{name: "at once, added late", tasks: 500, start: atOnce, kinds: three(0.4), rate: 5, late: 30, bar: 0.66},
	{name: "at once, two lengths", tasks: 500, start: atOnce, kinds: one(kind{median: 30, sigma: 0.2, second: 300, share: 0.5}), rate: 5, bar: 1.00},
	{name: "at once, stragglers", tasks: 500, start: atOnce, kinds: one(kind{median: 60, sigma: 0.3, stray: 0.05}), rate: 5, bar: 0.91},
	{name: "at once, early failures", tasks: 500, start: atOnce, kinds: one(kind{median: 100, sigma: 0.3, failing: 0.3}), rate: 5, bar: 1.00},
	{name: "at once, starved", tasks: 1000, start: atOnce, kinds: three(0.4), rate: 1, bar: 0.99},
	{name: "at once, few", tasks: 40, start: atOnce, kinds: three(0.4), rate: 2, bar: 0.81},
}

// ample are loads with a budget for more than all tasks in each interval. There the bar
// is for the requests: the most that they may be of those of a poll of each task every
// half second. No end may be seen more than a second late, and on average none more than
// the slack later than by such polls.
var ample = []scenario{
	{name: "ample, order", tasks: 500, workers: 50, start: inOrder, kinds: three(0.4), rate: 5000, interval: 100 * time.Millisecond, bar: 0.6},
	{name: "ample, short, half a second, order", tasks: 200, workers: 150, start: inOrder, kinds: short(), rate: 5000, interval: 500 * time.Millisecond, bar: 0.8, slack: 0.03},
	{name: "ample, short, half a second, queue", tasks: 200, workers: 20, start: inOrder, kinds: short(), rate: 5000, interval: 500 * time.Millisecond, bar: 0.6, slack: 0.03},
	{name: "ample, short, half a second, at once", tasks: 200, start: atOnce, kinds: short(), rate: 5000, interval: 500 * time.Millisecond, bar: 0.87, slack: 0.03},
}

// short are tasks of an endpoint that makes images.
func short() []kind { return one(kind{median: 10, sigma: 0.32}) }
