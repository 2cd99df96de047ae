package script

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views"
	"polltop/views/report"
)

// runToEnd runs the watch and reports the rest. It returns its own panic as an error.
func (w *watch) runToEnd(ctx context.Context) (reason string, err error) {
	reason = report.ReasonError
	defer func() {
		if v := recover(); v != nil {
			w.options.Crash.Note(v)
			err = w.options.Crash.Err()
		}
	}()
	if reason, err = w.run(ctx); err == nil {
		err = w.finish(reason)
	}
	return reason, err
}

// run polls and watches until one of the reasons to end. What runs beside it ends with it; a
// panic there ends the watch, not the process, so that there is a summary.
func (w *watch) run(ctx context.Context) (reason string, err error) {
	p := w.options.Poller
	beside, stop := context.WithCancel(ctx)
	var ended sync.WaitGroup
	defer ended.Wait()
	defer stop()
	ended.Go(func() {
		defer w.options.Crash.Catch()
		p.Run(beside)
	})
	ended.Go(func() {
		defer w.options.Crash.Catch()
		// While the watch is busy, changes gather in the poller.
		for update, ok := p.Next(beside); ok; update, ok = p.Next(beside) {
			w.do(beside, func() { w.apply(update) })
		}
	})
	if len(w.options.Requests) > 0 {
		w.want(w.options.Requests)
		w.reportTracked(p.Track(w.options.Requests))
	}
	if w.inputDone = w.options.More == nil; !w.inputDone {
		// Don't wait for it: nothing interrupts a read.
		go func() {
			defer w.options.Crash.Catch()
			err := w.options.More(beside, func(requests []queue.Request) {
				// The watch must know them when an update has them.
				if w.do(beside, func() { w.want(requests) }) {
					tracked := p.Track(requests) // an update reports what keeps them from the disk
					w.do(beside, func() { w.reportTracked(tracked) })
				}
			})
			w.do(beside, func() {
				w.inputDone = true
				if err != nil && !errors.Is(err, context.Canceled) {
					w.inputFailed = true
					w.printer.notice(err.Error())
				}
			})
		}()
	}
	return w.loop(ctx)
}

// do has the watch do something before it goes on. It returns false if ctx ends before.
func (w *watch) do(ctx context.Context, f func()) bool {
	select {
	case w.events <- f:
		return true
	case <-ctx.Done():
		return false
	}
}

// reportTracked reports the requests that were named under other endpoints than before, and the
// inputs that could not be kept.
func (w *watch) reportTracked(tracked poller.Tracked) {
	if tracked.NotKept > 0 {
		w.printer.notice(fmt.Sprintf("inputs not kept, so that their tasks can't be submitted again: %d (%s)", tracked.NotKept, tracked.NotKeptWhy))
	}
	if tracked.Conflicts == 0 {
		return
	}
	text := "named under another endpoint than before: " + tracked.Conflict
	if tracked.Conflicts > 1 {
		text += fmt.Sprintf(", and %d more", tracked.Conflicts-1)
	}
	w.printer.notice(text)
}

// loop handles events until there is a reason to end.
func (w *watch) loop(ctx context.Context) (reason string, err error) {
	var timeout, ticks <-chan time.Time // nil for never
	var downloads <-chan struct{}       // the same
	if w.options.Downloads != nil {
		downloads = w.options.Downloads.Changed()
	}
	if w.options.Timeout > 0 {
		timeout = time.After(w.options.Timeout)
	}
	if w.options.Progress == Line {
		ticks = time.Tick(redraw)
	}
	for {
		if err := w.printer.flush(); err != nil {
			return report.ReasonError, err
		}
		if reason := w.endReason(); reason != "" {
			return reason, nil
		}
		select {
		case event := <-w.events:
			event()
		case <-downloads:
			w.reportDownloads()
		case <-ticks:
			w.draw()
		case <-timeout:
			return report.ReasonTimeout, nil
		case <-w.options.Crash.Caught():
		case <-ctx.Done():
			reason = report.ReasonInterrupted
		}
		if w.crash = w.options.Crash.Err(); w.crash != nil {
			return report.ReasonError, nil
		} else if reason != "" {
			return reason, nil
		}
	}
}

// finish reports what is left, and the summary.
func (w *watch) finish(reason string) error {
	w.release(func(*poller.Task) bool { return true })
	now := w.options.Clock()
	elapsed := now.Sub(w.started)
	w.printer.erase()
	if text := w.why(reason); text != "" {
		w.printer.notice(text)
	}
	if w.options.JSON {
		summary := report.SummaryOf(w.counted(), w.stats, reason, elapsed, now)
		summary.Add(w.tasks, w.submissions())
		summary.Files, summary.FilesFailed = w.files()
		w.printer.object(summary)
	}
	if err := w.printer.flush(); err != nil {
		return err
	}
	if reason == report.ReasonEnded && w.tracked() == 0 && len(w.payloads) == 0 && !w.inputFailed {
		return w.nothing()
	}
	// Once has reported all in its lines, and so has JSON where nobody watches.
	if !w.options.Once && (!w.options.JSON || w.options.Progress != None) {
		// There is nowhere to report an error of standard error.
		_ = report.Summary(w.options.Err, report.SummaryProps{
			Tasks: slices.DeleteFunc(w.tasks, func(t *poller.Task) bool { return t == nil }), Elapsed: elapsed, Polls: w.stats.Polls, Width: w.options.Width(), Color: w.options.Color, Resume: w.options.Resume, Submissions: w.submissions(), Files: w.filesText(),
		})
	}
	return w.crash
}

// unrecognizedText describes the live tasks with an unknown status, "" for none.
func (w *watch) unrecognizedText() string {
	odd := report.Unrecognized(w.tasks)
	if len(odd) == 0 {
		return ""
	}
	var named []string
	for i, t := range odd {
		if i == unrecognizedNamed {
			named = append(named, fmt.Sprintf("and %d more", len(odd)-i))
			break
		}
		named = append(named, short(t)+" ("+views.StatusWord(t)+")")
	}
	return "; of these, with a status that polltop does not know: " + strings.Join(named, ", ")
}

// why returns the message about an end before all tasks have ended, "" for none.
func (w *watch) why(reason string) string {
	live := w.counted().Live()
	tasks := fmt.Sprintf("%d of %d tasks", live, w.tracked())
	switch {
	case reason == report.ReasonTimeout && !w.inputDone && live == 0:
		return fmt.Sprintf("the time of %v is up, and the input has not been read to its end: more tasks may be named there", w.options.Timeout)
	case w.toSubmit() > 0 && (reason == report.ReasonTimeout || reason == report.ReasonRefused):
		return w.unsentText(reason, live)
	case live == 0:
		return ""
	case reason == report.ReasonTimeout:
		return fmt.Sprintf("the time of %v is up: %s have not ended", w.options.Timeout, tasks) + w.unrecognizedText()
	case reason == report.ReasonRefused:
		return fmt.Sprintf("the key is refused for %s, so nothing more can be learned: give another", tasks)
	case reason == report.ReasonFailed:
		return fmt.Sprintf("ended at the first failure: %s have not ended", tasks)
	}
	return ""
}
