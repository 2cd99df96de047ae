package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views"
	"polltop/views/safe"
	"polltop/views/theme"
)

// Line returns one line about an event of a task, without a line break: the time of day, the state,
// the id, the endpoint, and the details. Outside text in it is safe to show and not shortened.
func Line(t *poller.Task, event string, now time.Time, result *queue.Result) string {
	word := t.State.String()
	if event == EventTrouble {
		word = EventTrouble
	}
	parts := []string{now.Format(time.TimeOnly), pad(word, wordWidth), safe.Line(t.Request.ID)}
	for _, part := range append([]string{t.Request.Endpoint}, details(t, event, now, result)...) {
		if part = safe.Line(part); part != "" {
			parts = append(parts, part)
		}
	}
	return strings.TrimRight(strings.Join(parts, "  "), " ")
}

// details returns what a line says of an event beside the task's id and endpoint.
func details(t *poller.Task, event string, now time.Time, result *queue.Result) []string {
	var all []string
	switch {
	case event == EventTrouble && t.Trouble != nil:
		return []string{t.Trouble.Error()}
	case t.State == poller.Queued && t.QueuePosition > 0:
		return []string{"position " + strconv.Itoa(int(t.QueuePosition))}
	}
	if ran, known := t.RunTime(poller.StampOf(now)); known && t.State.Terminal() {
		all = append(all, "ran "+views.Duration(ran))
	}
	if t.Unrecognized && !t.State.Terminal() {
		all = append(all, views.UnrecognizedStatus(t))
	}
	all = append(all, t.ErrorType, views.ErrorText(t), t.ProviderError)
	if t.NextStep != "" && t.Problem() {
		all = append(all, "next step: "+t.NextStep)
	}
	if result != nil {
		for _, output := range result.Outputs {
			all = append(all, output.URL)
		}
	}
	return all
}

// ProgressProps is what the progress line shows.
type ProgressProps struct {
	Counts   Counts
	ToSubmit int     // the payloads that are not submitted yet
	Rate     float64 // polls/s
	Elapsed  time.Duration
	Width    int // of the terminal, in cells; 80 for 0 or less
}

// Progress returns the progress as one line without a line break, such as "412/500  ✓ 405  ✗ 7  ▸ 60
// · 28  18.2 polls/s  1m12s". It is narrower than the terminal, so that the cursor does not wrap; the
// parts that do not fit are left out.
func Progress(p ProgressProps) string {
	if p.Width <= 0 {
		p.Width = defaultWidth
	}
	parts := []string{fmt.Sprintf("%d/%d", p.Counts.Ended(), p.Counts.Total()+p.ToSubmit)}
	if p.ToSubmit > 0 {
		parts = append(parts, fmt.Sprintf("%d to submit", p.ToSubmit))
	}
	for _, state := range stateOrder {
		if n := p.Counts[state]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", theme.Symbol(state), n))
		}
	}
	parts = append(parts, fmt.Sprintf("%.1f polls/s", p.Rate), views.Duration(p.Elapsed))
	line := safe.Truncate(parts[0], p.Width-1)
	for _, part := range parts[1:] {
		longer := line + "  " + part
		if safe.Width(longer) >= p.Width {
			break
		}
		line = longer
	}
	return line
}
