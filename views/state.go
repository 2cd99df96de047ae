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

// displayState returns the state by which a task is colored: a task that is being canceled has the
// color of the canceled ones.
func displayState(t *poller.Task) poller.State {
	if isCanceling(t) {
		return poller.Canceled
	}
	return min(t.State, poller.StateCount)
}

// stateText returns the symbol and word of a task's state, or of its payload while that is not
// submitted. A task that is being canceled keeps its symbol.
func stateText(t *poller.Task) string {
	word := t.State.String()
	switch {
	case t.Unsent():
		word = t.StatusWord
	case isCanceling(t):
		word = "canceling"
	}
	return theme.Symbol(t.State) + " " + word
}

// isCanceling reports whether a cancel request was made and the task has not ended.
func isCanceling(t *poller.Task) bool { return t.Canceling && !t.State.Terminal() }

// slowWord marks a slow task, and slowSign where the word does not fit.
const slowWord, slowSign = "slow", "!"

// ErrorText returns a task's error without the error type, which is shown beside it.
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

// hasUnknownStatus reports whether polltop does not know the service's last status of a live task.
func hasUnknownStatus(t *poller.Task) bool { return t.Unrecognized && !t.State.Terminal() }

// UnrecognizedStatus returns a sentence about the status of a task that polltop does not know.
func UnrecognizedStatus(t *poller.Task) string {
	if t.StatusWord == "" {
		return "the answer has no status; asked on"
	}
	return "status " + StatusWord(t) + " is not known to polltop; asked on"
}

// StatusWord returns the service's own status of a task in quotes, safe to show.
func StatusWord(t *poller.Task) string {
	if t.StatusWord == "" {
		return "no status"
	}
	return strconv.Quote(safe.Line(safe.Truncate(t.StatusWord, maxStatusWord)))
}

// maxStatusWord bounds a service's own status as it is shown, in cells.
const maxStatusWord = 40

// hasProgress reports whether the service tells how much of a running task is done.
func hasProgress(t *poller.Task) bool { return t.Progress > 0 && t.State == poller.Running }

// progressCells is the width of the bar of a task's progress, in cells.
const progressCells = 10

// progressText returns how much of a running task is done, as a bar and a percentage.
func progressText(t *poller.Task) string {
	return barText(int(float64(t.Progress)*progressCells), progressCells) + " " + percent(float64(t.Progress))
}

// status returns the state, and the progress or the position in the queue if it is known and fits.
// The position of SeaCloud is always 0 and is not shown.
func (r row) status(width int) string {
	switch t := r.Task; {
	case width < statusWidth:
		return theme.Symbol(t.State)
	case isCanceling(t), width < statusWithPosition:
	case hasUnknownStatus(t):
		return stateText(t) + " !?"
	case hasProgress(t):
		return stateText(t) + " " + percent(float64(t.Progress))
	case t.State == poller.Queued && t.QueuePosition > 0 && t.QueuePosition <= maxQueuePosition:
		return stateText(t) + " #" + strconv.Itoa(int(t.QueuePosition))
	}
	return stateText(r.Task)
}

// faultTexts returns why a poll brought no answer, as a long text and a shorter one.
func faultTexts(f *queue.Fault) []string {
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
	case httpMeanings[f.Kind] != "":
		return []string{word + httpMeanings[f.Kind], word}
	default:
		return []string{word}
	}
}

// httpMeanings are what HTTP statuses mean, by the kind of the fault.
var httpMeanings = map[queue.FaultKind]string{
	queue.RateLimited: " rate limit", queue.Unauthorized: " key refused", queue.Forbidden: " not allowed", queue.Missing: " not known",
}

// firstFitting returns the first of the texts that fits in width cells, else the last one.
func firstFitting(width int, texts ...string) string {
	for _, text := range texts {
		if safe.Width(safe.Line(text)) <= width {
			return text
		}
	}
	return texts[len(texts)-1]
}

// troubleText returns why the last poll brought no answer, the number of consecutive failures and
// the time of the next poll, as far as they fit in width cells. The task must have a Trouble.
func troubleText(t *poller.Task, now poller.Stamp, width int) string {
	var texts []string
	for _, word := range faultTexts(t.Trouble) {
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

// nextTry returns when the next request is due. A wait is rounded up, so that it is never 0.
func nextTry(due, now poller.Stamp) string {
	wait := due.Sub(now)
	if wait <= 0 {
		return "now"
	}
	return "in " + Duration(wait+time.Second-time.Millisecond)
}

// endpointFaultTexts returns why an endpoint is in trouble, as texts from long to short.
func endpointFaultTexts(f *queue.Fault) []string {
	switch {
	case f.Kind == queue.TimedOut && f.Proxy != "":
		return []string{"no answer through the proxy", "no answer"}
	case f.Kind == queue.TimedOut:
		return []string{"no answer"}
	case f.Kind == queue.Gateway && f.HTTP < 500:
		page := strconv.Itoa(f.HTTP) + " pages"
		return []string{"answers only " + page, "only " + page, "HTTP " + strconv.Itoa(f.HTTP)}
	}
	return faultTexts(f)
}

// BriefTrouble returns the text of EndpointTrouble without the endpoint, from long to short:
// "no answer, next try in 8s", "no answer, in 8s", "no answer, 8s" and "no answer".
func BriefTrouble(e poller.EndpointTrouble, now poller.Stamp) []string {
	faults, in := endpointFaultTexts(e.Fault), nextTry(e.NextProbe, now)
	var texts []string
	for _, fault := range faults {
		if e.NextProbe <= now {
			texts = append(texts, fault+", trying now", fault+", trying")
		} else {
			texts = append(texts, fault+", next try "+in, fault+", "+in, fault+", "+strings.TrimPrefix(in, "in "))
		}
	}
	return append(texts, faults[len(faults)-1])
}

// EndpointTrouble returns why an endpoint is in trouble and when it is polled next, safe to show:
// "wan26_i2v: no answer, next try in 8s".
func EndpointTrouble(e poller.EndpointTrouble, now poller.Stamp) string {
	word := endpointFaultTexts(e.Fault)[0]
	if e.Fault.HTTP == 0 && e.Fault.Kind != queue.TimedOut {
		word = e.Fault.Message
	}
	if e.NextProbe <= now {
		return safe.Line(e.Endpoint + ": " + word + ", trying now")
	}
	text := e.Endpoint + ": " + word + ", next try " + nextTry(e.NextProbe, now)
	switch retryAfter := e.Fault.RetryAfter; {
	case e.Held && retryAfter > poller.MaxFirstHold:
		text += ", the service asked for " + Duration(retryAfter)
	case e.Held:
		text += ", as the service asked"
	}
	return safe.Line(text)
}

// OutageText returns what is wrong with a host that is in trouble as a whole.
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
