package report

import (
	"strconv"
	"strings"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views"
	"polltop/views/safe"
)

// wordWidth is the width of the column with the event, in cells: that of the
// longest word for a state.
const wordWidth = 9

// Line returns what has happened to a task as one line for people, without its
// end: the time of day, the state, the id, the endpoint, and what else there is
// to say. Outside text in it is safe to show and whole.
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

// details returns what is to be said of an event beside the task's name.
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
