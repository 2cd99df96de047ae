package views

import (
	"strconv"
	"strings"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views/safe"
)

// faultWord returns in a few words why a poll brought no answer.
func faultWord(f *queue.Fault) string {
	switch f.Kind {
	case queue.Unreachable:
		return "not reachable"
	case queue.TimedOut:
		return "timed out"
	case queue.BadAnswer:
		return "unreadable answer"
	}
	if f.HTTP == 0 {
		return "no answer"
	}
	word := "HTTP " + strconv.Itoa(f.HTTP)
	switch f.Kind {
	case queue.RateLimited:
		return word + " rate limit"
	case queue.Unauthorized:
		return word + " key refused"
	case queue.Forbidden:
		return word + " not allowed"
	case queue.Missing:
		return word + " not known"
	}
	return word
}

// troubleText returns why the last poll brought no answer, how many in a row
// did not, and when the next one is due. The task must have a Trouble.
func troubleText(t *poller.Task, now poller.Stamp) string {
	text := faultWord(t.Trouble)
	if t.Failures > 0 {
		text += ", " + plural(int(t.Failures), "try", "tries")
	}
	if t.Next != 0 {
		text += ", again " + nextTry(t, now)
	}
	return text
}

// nextTry returns when the task is asked again. A wait is rounded up, so that
// one that has not passed is never 0.
func nextTry(t *poller.Task, now poller.Stamp) string {
	wait := t.Next.Sub(now)
	if wait <= 0 {
		return "now"
	}
	return "in " + Duration(wait+time.Second-time.Millisecond)
}

// BriefTrouble returns what EndpointTrouble does without the endpoint, in fewer and fewer
// words: "no answer, next try in 8s", "no answer, in 8s" and "no answer, 8s".
func BriefTrouble(e poller.EndpointTrouble, now poller.Stamp) []string {
	word := faultWord(e.Fault)
	if e.Fault.Kind == queue.TimedOut {
		word = "no answer"
	}
	in := probeTime(e, now)
	return []string{word + ", next try " + in, word + ", " + in, word + ", " + strings.TrimPrefix(in, "in ")}
}

// probeTime returns when an endpoint in trouble is next tried.
func probeTime(e poller.EndpointTrouble, now poller.Stamp) string {
	wait := e.Probe.Sub(now)
	if wait <= 0 {
		return "now"
	}
	return "in " + Duration(wait+time.Second-time.Millisecond)
}

// EndpointTrouble returns which endpoint is in trouble, why, and when it is next tried:
// "wan26_i2v: no answer, next try in 8s". It is safe to show.
func EndpointTrouble(e poller.EndpointTrouble, now poller.Stamp) string {
	word := faultWord(e.Fault)
	switch e.Fault.Kind {
	case queue.TimedOut:
		word = "no answer"
	case queue.Unreachable:
		word = e.Fault.Message
	}
	text := e.Endpoint + ": " + word + ", next try " + probeTime(e, now)
	if e.Held && e.Probe > now {
		text += ", as the service asked"
	}
	return safe.Line(text)
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}
