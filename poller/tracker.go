package poller

import (
	"context"

	"polltop/poller/queue"
)

// Tracker has the methods by which tasks are tracked and shown: those of a Poller, and of a
// session.Session, which follows what another process polls.
type Tracker interface {
	Next(ctx context.Context) (Update, bool)
	Track(requests []queue.Request) Tracked
	Untrack(seqs ...int32) []*Task
	Restore(tasks []*Task) []*Task
	PollNow(seqs ...int32)
	Fetch(seq int32)
	FetchLogs(seq int32)
	Cancel(seqs ...int32)
	DropCancels(seqs ...int32)
	ClaimHook(seq int32) bool
	TogglePause()
	Unblock()
	SetViewed(opened int32, visible []int32)
	Body(seq int32) ([]byte, bool)
	Result(seq int32) (Fetched, bool)
	Logs(seq int32) []queue.LogLine
	// AddPayloads has the payloads submitted that next returns with their parameters, until
	// io.EOF, and Input returns the parameters in one.
	AddPayloads(next func() (*Payload, []byte, error)) (n int, err error)
	Input(number int64) ([]byte, bool)
	Resubmit(numbers ...int64) int
	GiveUp(numbers ...int64)
}

// Runner is a Tracker that is yet to run: Run returns when ctx ends, once all that is known
// is where it is kept.
type Runner interface {
	Tracker
	Run(ctx context.Context)
}
