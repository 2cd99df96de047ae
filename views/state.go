package views

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views/safe"
	"polltop/views/theme"
)

// stateOf returns the state whose style a task has: one that is being canceled has that of the
// canceled already.
func stateOf(t *poller.Task) poller.State {
	if canceling(t) {
		return poller.Canceled
	}
	return min(t.State, poller.StateCount)
}

// taskLabel returns symbol and word of a task's state, or of how far its payload has come. While it
// is being canceled the symbol is still that of its state.
func taskLabel(t *poller.Task) string {
	word := t.State.String()
	switch {
	case t.Unsent():
		word = t.StatusWord
	case canceling(t):
		word = "canceling"
	}
	return theme.Symbol(t.State) + " " + word
}

// canceling reports whether what came of canceling a task is not known yet.
func canceling(t *poller.Task) bool { return t.Canceling && !t.State.Terminal() }

// slowWord is how a slow task is shown, and slowSign where there is no room for the word.
const slowWord, slowSign = "slow", "!"

// ErrorText returns why a task ended as it did, without its error type before it: that
// is shown beside it.
func ErrorText(t *poller.Task) string {
	if t.ErrorType == "" {
		return t.Error
	}
	return strings.TrimPrefix(t.Error, t.ErrorType+": ")
}

func explain(t *poller.Task) queue.Explanation {
	if t.Request.Base == nil {
		return queue.Explanation{}
	}
	return queue.Explain(t.Request.Base.Service(), t.ErrorType)
}

// flagged reports whether the service's last word for a live task's status is one that
// polltop does not know.
func flagged(t *poller.Task) bool { return t.Unrecognized && !t.State.Terminal() }

// UnrecognizedStatus says which status that polltop does not know the service gave a task last.
func UnrecognizedStatus(t *poller.Task) string {
	if t.StatusWord == "" {
		return "the answer has no status; asked on"
	}
	return "status " + StatusWord(t) + " is not known to polltop; asked on"
}

// StatusWord returns the service's own word for a task's status in quotes, safe to show.
func StatusWord(t *poller.Task) string {
	if t.StatusWord == "" {
		return "no status"
	}
	return strconv.Quote(safe.Line(safe.Truncate(t.StatusWord, wordMost)))
}

// wordMost bounds what is shown of a service's word for a status, in cells.
const wordMost = 40

// progressing reports whether it is known how much of a live task's work is done.
func progressing(t *poller.Task) bool { return t.Progress > 0 && t.State == poller.Running }

// barCells is the width of the bar of a task's progress.
const barCells = 10

// progressText returns how much of a live task's work is done.
func progressText(t *poller.Task) string {
	return track(int(float64(t.Progress)*barCells), barCells) + " " + percent(float64(t.Progress))
}

// status returns the state, with the place in the queue where it is known and fits.
// SeaCloud's is always 0, which says nothing.
func (r row) status(width int) string {
	switch t := r.Task; {
	case width < statusWord:
		return theme.Symbol(t.State)
	case canceling(t), width < statusPlace:
	case flagged(t):
		return taskLabel(t) + " !?"
	case progressing(t):
		return taskLabel(t) + " " + percent(float64(t.Progress))
	case t.State == poller.Queued && t.QueuePosition > 0 && t.QueuePosition <= placeMost:
		return taskLabel(t) + " #" + strconv.Itoa(int(t.QueuePosition))
	}
	return taskLabel(r.Task)
}

// faultWords returns why a poll brought no answer, in a few words and in fewer.
func faultWords(f *queue.Fault) []string {
	switch word := "HTTP " + strconv.Itoa(f.HTTP); {
	case f.Kind == queue.Unreachable && f.Proxy != "":
		return []string{"proxy failed"}
	case f.Kind == queue.Unreachable:
		return []string{"not reachable"}
	case f.Kind == queue.TimedOut && f.Proxy != "":
		return []string{"timed out through the proxy", "timed out"}
	case f.Kind == queue.TimedOut:
		return []string{"timed out"}
	case f.Kind == queue.BadAnswer:
		return []string{"unreadable answer", "unreadable"}
	case f.HTTP == 0 && f.Kind == queue.Refused:
		return []string{"address refused"}
	case f.HTTP == 0:
		return []string{"no answer"}
	case refusals[f.Kind] != "":
		return []string{word + refusals[f.Kind], word}
	default:
		return []string{word}
	}
}

// refusals are what HTTP answers mean of which that is known.
var refusals = map[queue.FaultKind]string{
	queue.RateLimited: " rate limit", queue.Unauthorized: " key refused", queue.Forbidden: " not allowed", queue.Missing: " not known",
}

// firstFitting returns the first of texts that fits in a width, or else the last.
func firstFitting(width int, texts ...string) string {
	for _, text := range texts {
		if safe.Width(safe.Line(text)) <= width {
			return text
		}
	}
	return texts[len(texts)-1]
}

// troubleText returns why the last poll brought no answer, how many in a row did not, and when
// the next one is due, or as much of it as fits in a width. The task must have a Trouble.
func troubleText(t *poller.Task, now poller.Stamp, width int) string {
	var texts []string
	for _, word := range faultWords(t.Trouble) {
		tries := ""
		if t.Failures > 0 {
			tries = ", " + Plural(int(t.Failures), "try")
		}
		if t.Next != 0 {
			again := nextTry(t.Next, now)
			texts = append(texts, word+tries+", again "+again, word+", again "+again, word+", "+again)
		}
		texts = append(texts, word+tries, word)
	}
	return firstFitting(width, texts...)
}

// nextTry returns when there is the next request. A wait is rounded up, so that one that
// has not passed is never 0.
func nextTry(due, now poller.Stamp) string {
	wait := due.Sub(now)
	if wait <= 0 {
		return "now"
	}
	return "in " + Duration(wait+time.Second-time.Millisecond)
}

// endpointWords returns why an endpoint is in trouble, in a few words and in fewer.
func endpointWords(f *queue.Fault) []string {
	switch {
	case f.Kind == queue.TimedOut && f.Proxy != "":
		return []string{"no answer through the proxy", "no answer"}
	case f.Kind == queue.TimedOut:
		return []string{"no answer"}
	case f.Kind == queue.Gateway && f.HTTP < 500:
		page := strconv.Itoa(f.HTTP) + " pages"
		return []string{"answers only " + page, "only " + page, "HTTP " + strconv.Itoa(f.HTTP)}
	}
	return faultWords(f)
}

// BriefTrouble returns what EndpointTrouble does without the endpoint, in fewer and fewer
// words: "no answer, next try in 8s", "no answer, in 8s", "no answer, 8s" and "no answer".
func BriefTrouble(e poller.EndpointTrouble, now poller.Stamp) []string {
	words, in := endpointWords(e.Fault), nextTry(e.NextProbe, now)
	var texts []string
	for _, word := range words {
		if e.NextProbe <= now {
			texts = append(texts, word+", trying now", word+", trying")
		} else {
			texts = append(texts, word+", next try "+in, word+", "+in, word+", "+strings.TrimPrefix(in, "in "))
		}
	}
	return append(texts, words[len(words)-1])
}

// EndpointTrouble returns which endpoint is in trouble, why, and when it is next tried:
// "wan26_i2v: no answer, next try in 8s". It is safe to show.
func EndpointTrouble(e poller.EndpointTrouble, now poller.Stamp) string {
	word := endpointWords(e.Fault)[0]
	if e.Fault.HTTP == 0 && e.Fault.Kind != queue.TimedOut {
		word = e.Fault.Message
	}
	if e.NextProbe <= now {
		return safe.Line(e.Endpoint + ": " + word + ", trying now")
	}
	text := e.Endpoint + ": " + word + ", next try " + nextTry(e.NextProbe, now)
	switch asked := e.Fault.RetryAfter; {
	case e.Held && asked > poller.MaxFirstHold:
		text += ", the service asked for " + Duration(asked)
	case e.Held:
		text += ", as the service asked"
	}
	return safe.Line(text)
}

// OutageText returns what is shown of a host that is in trouble as a whole: that it can't be
// reached, or what it answers to everything.
func OutageText(f *queue.Fault) string {
	switch {
	case f.HTTP == 0 && f.Proxy != "" && f.Kind == queue.Unreachable:
		return "can't be reached through the proxy"
	case f.HTTP == 0:
		return "can't be reached"
	case f.Kind == queue.Missing:
		return "knows none of the tasks"
	}
	return fmt.Sprintf("answers only %d pages", f.HTTP)
}
