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

// runToEnd runs the monitor and reports the end. It returns a panic of its own as an error.
func (m *monitor) runToEnd(ctx context.Context) (reason string, err error) {
	reason = report.ReasonError
	defer func() {
		if v := recover(); v != nil {
			m.options.Crash.Record(v)
			err = m.options.Crash.Err()
		}
	}()
	return m.run(ctx)
}

// run runs the poller and reports what happens and the end. A panic in one of its goroutines ends the
// run and not the process, so that there is a summary. The poller may take longer to end than a process
// lives after a signal, so the summary comes first.
func (m *monitor) run(ctx context.Context) (reason string, err error) {
	p := m.options.Poller
	runCtx, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer stop()
	running.Go(func() {
		defer m.options.Crash.Catch()
		p.Run(runCtx)
	})
	running.Go(func() {
		defer m.options.Crash.Catch()
		// While the monitor is busy, the poller joins further updates into one.
		for update, ok := p.Next(runCtx); ok; update, ok = p.Next(runCtx) {
			m.send(runCtx, func() { m.apply(update) })
		}
	})
	if len(m.options.Requests) > 0 {
		m.follow(m.options.Requests)
		m.reportTracked(p.Track(m.options.Requests))
	}
	if m.inputDone = m.options.More == nil; !m.inputDone {
		// Don't wait for this goroutine: a read can't be interrupted.
		go func() {
			defer m.options.Crash.Catch()
			err := m.options.More(runCtx, m.sink(runCtx))
			m.send(runCtx, func() {
				m.inputDone = true
				if err != nil && !errors.Is(err, context.Canceled) {
					m.inputFailed = true
					m.printer.notice(err.Error())
				}
			})
		}()
	}
	if reason, err = m.loop(ctx); err == nil {
		stop()
		err = m.finish(reason)
	}
	return reason, err
}

// send runs f on the monitor's goroutine. It returns false if ctx ends before.
func (m *monitor) send(ctx context.Context, f func()) bool {
	select {
	case m.events <- f:
		return true
	case <-ctx.Done():
		return false
	}
}

// sink returns the sink of More.
func (m *monitor) sink(ctx context.Context) Sink {
	return Sink{
		Track: func(requests []queue.Request) {
			// Follow them first: the next update may have them.
			if m.send(ctx, func() { m.follow(requests) }) {
				tracked := m.options.Poller.Track(requests) // an update reports an error of the disk
				m.send(ctx, func() { m.reportTracked(tracked) })
			}
		},
		Notice: func(text string) { m.send(ctx, func() { m.printer.notice(text) }) },
		Object: func(o any) { m.send(ctx, func() { m.printer.object(o) }) },
	}
}

// reportTracked reports requests whose endpoint differs from that of the tracked task, and inputs that
// were not stored.
func (m *monitor) reportTracked(tracked poller.Tracked) {
	if tracked.InputsNotStored > 0 {
		m.printer.notice(fmt.Sprintf("inputs not kept, so that their tasks can't be submitted again: %d (%s)", tracked.InputsNotStored, tracked.InputError))
	}
	if tracked.Conflicts == 0 {
		return
	}
	text := "named under another endpoint than before: " + tracked.Conflict
	if tracked.Conflicts > 1 {
		text += fmt.Sprintf(", and %d more", tracked.Conflicts-1)
	}
	m.printer.notice(text)
}

// loop handles events until there is a reason to end.
func (m *monitor) loop(ctx context.Context) (reason string, err error) {
	var timeout, ticks <-chan time.Time // nil for never
	var downloads <-chan struct{}       // nil without downloads
	if m.options.Downloads != nil {
		downloads = m.options.Downloads.Changed()
	}
	if m.options.Timeout > 0 {
		timeout = time.After(m.options.Timeout)
	}
	if m.options.Progress == Line {
		ticks = time.Tick(redrawInterval)
	}
	for {
		if err := m.printer.flush(); err != nil {
			return report.ReasonError, err
		}
		if reason := m.endReason(); reason != "" {
			return reason, nil
		}
		select {
		case event := <-m.events:
			event()
		case <-downloads:
			m.reportDownloads()
		case <-ticks:
			m.draw()
		case <-timeout:
			return report.ReasonTimeout, nil
		case <-m.options.Crash.Caught():
		case <-ctx.Done():
			reason = report.ReasonInterrupted
		}
		if m.crash = m.options.Crash.Err(); m.crash != nil {
			return report.ReasonError, nil
		} else if reason != "" {
			return reason, nil
		}
	}
}

// finish reports the ends that were awaited, and the summary.
func (m *monitor) finish(reason string) error {
	m.reportAwaiting(func(*poller.Task) *queue.Fault { return &queue.Fault{Message: "the run ended before it came"} })
	m.reportDownloads()
	now := m.options.Clock()
	elapsed := now.Sub(m.started)
	m.printer.erase()
	if text := m.endText(reason); text != "" {
		m.printer.notice(text)
	}
	if m.options.JSON {
		summary := report.SummaryOf(m.countsByState(), m.stats, reason, elapsed, now)
		summary.Add(m.tasks, m.submissions())
		summary.Files, summary.FilesFailed, _ = m.outputCounts()
		m.printer.object(summary)
	}
	if err := m.printer.flush(); err != nil {
		return err
	}
	if reason == report.ReasonEnded && m.tracked() == 0 && len(m.payloads) == 0 && !m.inputFailed {
		return m.noTaskError()
	}
	// With Once the lines have said everything, and so have the objects with JSON and no progress.
	if !m.options.Once && (!m.options.JSON || m.options.Progress != None) {
		// An error of standard error can't be reported.
		_ = report.Summary(m.options.Err, report.SummaryProps{
			Tasks: slices.DeleteFunc(m.tasks, func(t *poller.Task) bool { return t == nil }), Elapsed: elapsed, Polls: m.stats.Polls, Width: m.options.Width(),
			Color: m.options.Color, Resume: m.options.Resume, Submissions: m.submissions(), Files: m.outputsText(),
		})
	}
	return m.crash
}

// unrecognizedText describes the live tasks with an unknown status, "" for none.
func (m *monitor) unrecognizedText() string {
	tasks := report.Unrecognized(m.tasks)
	if len(tasks) == 0 {
		return ""
	}
	var listed []string
	for i, t := range tasks {
		if i == maxListed {
			listed = append(listed, fmt.Sprintf("and %d more", len(tasks)-i))
			break
		}
		listed = append(listed, idOf(t)+" ("+views.StatusWord(t)+")")
	}
	return "; of these, with a status that polltop does not know: " + strings.Join(listed, ", ")
}

// endText returns the message about a run that ends before all tasks have ended, "" if they have.
func (m *monitor) endText(reason string) string {
	live := m.countsByState().Live()
	_, _, downloading := m.outputCounts()
	tasks := fmt.Sprintf("%d of %d tasks", live, m.tracked())
	notEnded := tasks + " have not ended"
	if live == 1 {
		notEnded = tasks + " has not ended"
	}
	switch {
	case reason == report.ReasonTimeout && !m.inputDone && live == 0:
		return fmt.Sprintf("the time of %v is up, and the input has not been read to its end: more tasks may be named there", m.options.Timeout)
	case m.toSubmit() > 0 && (reason == report.ReasonTimeout || reason == report.ReasonRefused):
		return m.notSubmittedText(reason, live)
	case reason == report.ReasonTimeout && live == 0 && downloading > 0:
		return fmt.Sprintf("the time of %v is up with %s still on the way: run it again, and the download goes on", m.options.Timeout, views.Plural(downloading, "output"))
	case live == 0:
		return ""
	case reason == report.ReasonTimeout:
		return fmt.Sprintf("the time of %v is up: %s", m.options.Timeout, notEnded) + m.unrecognizedText()
	case reason == report.ReasonRefused:
		return fmt.Sprintf("the key is refused for %s, so nothing more can be learned: give another", tasks)
	case reason == report.ReasonFailed:
		return "ended at the first failure: " + notEnded
	}
	return ""
}
