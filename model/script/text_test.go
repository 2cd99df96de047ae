package script

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/exp/golden"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/poller/simulator"
	"polltop/poller/simulator/faulty"
	"polltop/views/report"
)

// scene submits tasks that end in every way, no two of which change at once: one
// request at a time keeps the order the same.
func scene(b *bench) []queue.Request {
	b.poller.Concurrency = 1
	sick := simulator.Plan{
		Queue: 7 * time.Second, Run: 4 * time.Second, Faults: []simulator.Fault{{Kind: faulty.Status500, FromPoll: 6, UntilPoll: 7}},
	}
	requests := slices.Concat(b.submit(1, "wan26_i2v", quick), b.submit(1, "wan26_i2v", blocked), b.submit(1, "fal-ai/flux/dev", sick))
	return append(requests, b.request("gone\x1b[2J\n1", "wan26_i2v"))
}

// TestPlainLines holds the exact lines for people, on standard output and on
// standard error.
func TestPlainLines(t *testing.T) {
	withBench(t, faulty.Config{}, func(b *bench) {
		b.run(Options{Requests: scene(b), Progress: Plain, Clock: clock}, ExitUnknown, report.ReasonEnded)
		golden.RequireEqual(t, b.out.String()+"--- standard error\n"+b.err.String())
	})
}

// clock returns the time of the bubble in a zone that is the same everywhere.
func clock() time.Time { return time.Now().UTC() }

// TestLinesBesideJSON holds that standard output has nothing but JSON.
func TestLinesBesideJSON(t *testing.T) {
	withBench(t, faulty.Config{}, func(b *bench) {
		b.run(Options{Requests: scene(b), Progress: Plain, JSON: true, Clock: clock}, ExitUnknown, report.ReasonEnded)
		b.objects()
		b.says("CONTENT_BLOCKED  output was blocked by safety policy", "polltop: 4 tasks watched")
	})
}

// TestProgressLine holds that the line is drawn in place, at most ten times a
// second, and is gone at the end.
func TestProgressLine(t *testing.T) {
	withBench(t, faulty.Config{}, func(b *bench) {
		b.run(Options{Requests: b.submit(50, "wan26_i2v", quick), Progress: Line, Width: func() int { return 60 }}, ExitOK, report.ReasonEnded)
		if b.out.Len() > 0 {
			t.Errorf("standard output holds %q", b.out.String())
		}
		drawn := strings.Split(b.err.String(), "\r")
		last := drawn[len(drawn)-1]
		if !strings.HasPrefix(last, "\x1b[Kpolltop: 50 tasks watched") {
			t.Errorf("the end is %q", last)
		}
		shape := regexp.MustCompile(`^\d+/50  (✓ \d+  )?(▸ \d+  )?(· \d+  )?(∘ \d+  )?\d+\.\d polls/s  \d+s\x1b\[K$`)
		for _, line := range drawn[1 : len(drawn)-1] {
			if !shape.MatchString(line) {
				t.Errorf("the progress line is %q", line)
			}
		}
		if len(drawn) < 15 || len(drawn) > 200 {
			t.Errorf("it is drawn %d times in some 16 s", len(drawn))
		}
	})
}

// What a stream has to say stands on lines of its own, beside the progress line.
func TestNoticesOfTheInput(t *testing.T) {
	withBench(t, faulty.Config{}, func(b *bench) {
		requests := b.submit(3, "wan26_i2v", quick)
		more := func(_ context.Context, sink Sink) error {
			sink.Track(requests)
			time.Sleep(3 * time.Second) // of the bubble, in which the progress line is drawn
			sink.Notice("standard input, unsure, line 1\x1b[2J")
			sink.Object(report.SummaryObject{})
			return nil
		}
		b.run(Options{More: more, Progress: Line, Width: func() int { return 60 }}, ExitOK, report.ReasonEnded)
		before, _, ok := strings.Cut(b.err.String(), "polltop: standard input, unsure, line 1")
		if !ok || !strings.HasSuffix(before, "polls/s  2s\x1b[K\r\x1b[K") && !strings.HasSuffix(before, "polls/s  3s\x1b[K\r\x1b[K") {
			t.Errorf("before the notice: %q", before)
		}
		if b.out.Len() > 0 {
			t.Errorf("standard output without JSON holds %q", b.out.String())
		}
	})
}

// leaving is a writer whose reader leaves after some bytes.
type leaving struct {
	left int
	err  error
}

func (l *leaving) Write(b []byte) (int, error) {
	if l.left -= len(b); l.left < 0 {
		return 0, l.err
	}
	return len(b), nil
}

// TestBrokenPipe holds that a reader who leaves ends it at once and without a
// word, as head does.
func TestBrokenPipe(t *testing.T) {
	for _, reason := range []error{syscall.EPIPE, io.ErrClosedPipe} {
		for _, o := range []Options{{JSON: true}, {Progress: Plain}} {
			withBench(t, faulty.Config{}, func(b *bench) {
				o.Requests, o.Out = b.submit(5, "wan26_i2v", endless), &leaving{10, fmt.Errorf("write /dev/stdout: %w", reason)}
				b.run(o, 141, report.ReasonError)
				if b.err.Len() > 0 {
					t.Errorf("standard error holds %q", b.err.String())
				}
			})
		}
	}
}

// TestFullDisk holds that another error of standard output is told.
func TestFullDisk(t *testing.T) {
	withBench(t, faulty.Config{}, func(b *bench) {
		o := Options{Requests: b.submit(5, "wan26_i2v", quick), JSON: true, Out: &leaving{10, syscall.ENOSPC}, Err: &b.err, Crash: b.catcher(), Poller: poller.NewPoller(b.poller)}
		if outcome, err := Run(b.ctx, o); outcome.Exit != ExitUnknown || !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("%+v, %v", outcome, err)
		}
	})
}

// dying is a service that panics, as polltop's own mistakes would.
type dying struct{ poller.Service }

func (dying) Status(context.Context, queue.Request, bool) (queue.Answer, *queue.Fault) {
	panic("a mistake")
}

func TestPollingCrashes(t *testing.T) {
	withBench(t, faulty.Config{}, func(b *bench) {
		b.poller.Service = dying{}
		o := Options{Requests: b.submit(5, "wan26_i2v", quick), JSON: true, Out: &b.out, Err: &b.err, Crash: b.catcher(), Poller: poller.NewPoller(b.poller)}
		outcome, err := Run(b.ctx, o)
		if outcome.Exit != ExitUnknown || err == nil || !strings.Contains(err.Error(), "a mistake") {
			t.Errorf("%+v, %v", outcome, err)
		}
		if _, summary := b.objects(); summary.Tasks != 5 || summary.Reason != report.ReasonError {
			t.Errorf("the summary is %+v", summary)
		}
	})
}
