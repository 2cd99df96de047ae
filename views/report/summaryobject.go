package report

import (
	"io"
	"math"
	"time"

	"polltop/poller"
)

// EventSummary is the event of the last object.
const EventSummary = "summary"

// The reasons for which watching has ended.
const (
	ReasonEnded       = "ended"       // there was nothing left to learn
	ReasonFailed      = "failed"      // a task failed or was canceled, and that was to end it
	ReasonTimeout     = "timeout"     // the time was up
	ReasonRefused     = "refused"     // the services refuse the key for all that is live
	ReasonInterrupted = "interrupted" // a signal came
	ReasonError       = "error"       // polltop could not go on; standard error says why
)

// SummaryObject is what came of all tasks, for programs: the last object that
// is written. Its names are a promise as those of TaskObject are.
type SummaryObject struct {
	Time  string `json:"time"` // RFC 3339, UTC, to the millisecond
	Event string `json:"event"`
	// Reason is one of the reasons above.
	Reason string `json:"reason"`
	// Tasks counts all of them; the six that follow add up to it.
	Tasks     int `json:"tasks"`
	Succeeded int `json:"succeeded"`
	Failed    int `json:"failed"`
	Canceled  int `json:"canceled"`
	Expired   int `json:"expired"`
	Unknown   int `json:"unknown"`
	Live      int `json:"live"`
	// Polls are the requests made for a task's status, Requests all that were
	// made, RateLimited the answers 429 among theirs.
	Polls       uint64  `json:"polls"`
	Requests    uint64  `json:"requests"`
	RateLimited uint64  `json:"answered_429"`
	Elapsed     float64 `json:"elapsed_s"`
}

// Counts counts tasks by their states.
type Counts [poller.StateCount]int

// Total returns how many tasks there are.
func (c Counts) Total() int {
	total := 0
	for _, n := range c {
		total += n
	}
	return total
}

// Live returns how many tasks have not ended.
func (c Counts) Live() int {
	return c[poller.New] + c[poller.Queued] + c[poller.Running] + c[poller.Reading]
}

// Unknown returns how many tasks have ended in a way that nobody knows.
func (c Counts) Unknown() int { return c[poller.Expired] + c[poller.NotFound] + c[poller.Unread] }

// Ended returns how many tasks have ended.
func (c Counts) Ended() int { return c.Total() - c.Live() }

// SummaryOf returns what came of the tasks at a moment: for what reason the
// watching of them ended, how long it took, and what was asked meanwhile.
func SummaryOf(counts Counts, stats poller.Stats, reason string, elapsed time.Duration, now time.Time) SummaryObject {
	return SummaryObject{
		Time: timeText(now), Event: EventSummary, Reason: reason,
		Tasks: counts.Total(), Live: counts.Live(),
		Succeeded: counts[poller.Succeeded], Failed: counts[poller.Failed],
		Canceled: counts[poller.Canceled], Expired: counts[poller.Expired],
		Unknown: counts[poller.NotFound] + counts[poller.Unread],
		Polls:   stats.Polls, Requests: stats.Requests, RateLimited: stats.RateLimited,
		Elapsed: math.Round(elapsed.Seconds()*1000) / 1000,
	}
}

// Encode writes the object as one line of JSON and returns the writer's error.
func (o SummaryObject) Encode(w io.Writer) error { return encode(w, o, EventSummary, "", "") }
