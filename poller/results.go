package poller

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"polltop/poller/queue"
)

const (
	// maxResultBytes bounds the cached results together, in bytes of their answers.
	maxResultBytes = 64 << 20
	// maxFetchRetry bounds how long fetching a result is retried after transient faults, from
	// the first failed try.
	maxFetchRetry = 10 * time.Minute
)

// resultNotRead is the error of a task that ends unread because of NoResults.
const resultNotRead = "completed; the result was not read (--no-results), so it is not known whether it succeeded"

// FetchedResult is the outcome of fetching a task's result.
type FetchedResult struct {
	Result queue.Result
	// Fault is why there is none; nil when there is.
	Fault *queue.Fault
	// Pending is set while it is being fetched.
	Pending bool
}

// Result returns the outcome of fetching the task's result, and false where there is none:
// before Fetch, and when it was evicted from memory and is not on disk.
func (p *Poller) Result(seq int32) (FetchedResult, bool) {
	if f, ok := p.results.get(seq); ok {
		return f, true
	}
	raw, ok := p.options.Store.Result(seq)
	if !ok {
		return FetchedResult{}, false
	}
	result, fault := queue.DecodeResult(raw)
	return FetchedResult{Result: result, Fault: fault}, true
}

// enqueueFetch enqueues the fetch of a task's result.
func (p *Poller) enqueueFetch(t *Task, background bool) {
	p.results.put(t.Seq, FetchedResult{Pending: true})
	p.hostFor(t.Request.Base).enqueue(operation{kind: fetch, seq: t.Seq, background: background})
}

// Fetch fetches the result of a task that has ended, before all polls, unless it is cached or
// stored. Task.Fetched is set once it is there. A task that failed or was canceled may have one
// too, at Comfy Router.
func (p *Poller) Fetch(seq int32) {
	stored, isStored := p.Result(seq)
	p.each([]int32{seq}, func(t *Task) {
		cached, isCached := p.results.get(seq) // one that was evicted is fetched again
		switch {
		case isCached && (cached.Pending || cached.Fault == nil):
		case isStored && stored.Fault == nil:
			p.results.put(seq, stored)
			p.change(t, func(next *Task) { next.Fetched, next.OutputSummary = true, describeOutputs(stored.Result.Outputs) })
		case t.State == Unread:
			p.fetchNow(t)
		case t.State.Terminal() && !t.State.Unknown():
			p.enqueueFetch(t, false)
		}
	})
}

// fetchNow enqueues the fetch of the result of a Reading or Unread task before all polls.
func (p *Poller) fetchNow(t *Task) {
	next := *t
	if next.State == Unread {
		next.State, next.Error, next.NextStep, next.Trouble, next.Failures = Reading, "", "", nil, 0
	}
	next.Next = 0
	p.set(&next)
	h := p.hostFor(t.Request.Base)
	h.dropOf(fetch, t.Seq)
	if h.countInFlight(func(r *request) bool { return r.kind == fetch && r.seq == t.Seq }) == 0 {
		p.enqueueFetch(t, false)
	}
}

// endUnread ends a Reading task, where NoResults forbids fetching its result.
func (p *Poller) endUnread(t *Task) {
	if t.State == Reading && p.options.NoResults {
		t.State, t.Error, t.NextStep = Unread, resultNotRead, string(queue.StepNothing)
	}
}

// applyResult updates a task with the outcome of fetching its result, or enqueues another try.
func (p *Poller) applyResult(task *Task, r *request, now time.Duration) {
	verdict := queue.Decide(task.Request.Base.Service(), queue.Answer{Status: queue.OutcomeSucceeded}, &r.resultAnswer)
	if r.fault == nil && verdict.Outcome == queue.OutcomeReading {
		// The task has not ended, though its status said so (a replica lags behind), or the
		// answer does not tell.
		if !r.resultAnswer.Pending {
			r.fault = faultOf(r.resultAnswer)
			r.fault.Kind = queue.ServerError
		}
		if p.retryFetch(r, now) {
			return
		}
		r.fault = cmp.Or(r.fault, &queue.Fault{Kind: queue.Missing, HTTP: r.resultAnswer.HTTP, Message: "the service says that the result is not ready, though the task has completed"})
	}
	next := *task
	switch {
	case r.fault != nil && task.State == Reading:
		next.State, next.Next, next.Trouble = Unread, 0, r.fault
		next.Error, next.NextStep = "result not had: "+r.fault.Error(), string(cmp.Or(r.fault.NextStep(), queue.StepWait))
	case r.fault != nil:
	case task.State == Reading, task.State == Succeeded && overridesSuccess(verdict.Outcome, r.background):
		next.noteExchange(r.resultAnswer.ServiceRequestID, r.resultAnswer.Cost)
		next.finalize(verdict)
		if next.State != Succeeded {
			p.cacheBody(task.Seq, r.resultAnswer.Result.Raw, true)
			p.options.Store.PutAnswer(task.Seq, r.resultAnswer.Result.Raw)
		}
	default:
		next.noteExchange(cmp.Or(next.ServiceRequestID, r.resultAnswer.ServiceRequestID), r.resultAnswer.Cost)
	}
	if r.fault == nil && (!r.resultAnswer.OK() || r.resultAnswer.TooLong) {
		r.fault = faultOf(r.resultAnswer)
	}
	p.results.put(task.Seq, FetchedResult{Result: r.resultAnswer.Result, Fault: r.fault})
	if next.Fetched = r.fault == nil; next.Fetched {
		next.OutputSummary = describeOutputs(r.resultAnswer.Result.Outputs)
		p.options.Store.PutResult(task.Seq, r.resultAnswer.Result.Raw)
	}
	p.set(&next)
}

// overridesSuccess reports whether the outcome that a result shows replaces a success: some
// services report failures only in the result. A missing result counts only if it was fetched right
// after the end, because services delete results later.
func overridesSuccess(o queue.Outcome, justEnded bool) bool {
	missing := o == queue.OutcomeExpired || o == queue.OutcomeNotFound
	return o == queue.OutcomeFailed || o == queue.OutcomeCanceled || justEnded && missing
}

// faultOf returns the fault of an answer without a result.
func faultOf(a queue.ResultAnswer) *queue.Fault {
	return &queue.Fault{Kind: queue.Refused, HTTP: a.HTTP, Code: a.ErrorType, Message: a.Error, ServiceRequestID: a.ServiceRequestID}
}

// retryFetch enqueues another try to fetch a result, and reports whether it did. It sets the trouble
// of a Reading task. The fault is nil where the service has not finished the task.
func (p *Poller) retryFetch(r *request, now time.Duration) bool {
	task := p.tasks[r.seq]
	if task == nil {
		return false
	}
	if r.tries == 0 {
		r.firstFailure = now
	}
	wait := max(r.host.retryDelay(r.tries+1, r.fault), r.resultAnswer.RetryAfter)
	reading := task.State == Reading
	switch {
	case r.fault == nil && reading: // the service works on, for as long as it takes
	case r.fault == nil || isTransient(r.fault):
		if now-r.firstFailure+wait > maxFetchRetry {
			return false
		}
	case r.fault.Kind == queue.Unauthorized && reading: // the user may set another key
	case !reading || r.tries+1 >= maxTries:
		return false
	}
	r.enqueueAgain(now + wait)
	if reading {
		next := *task
		if next.Trouble = nil; r.fault != nil {
			next.fail(r.fault)
		}
		next.Next = p.stamp(now + wait)
		p.set(&next)
	}
	return true
}

// isTransient reports whether a fault says nothing about the task, so that a later try may succeed.
func isTransient(f *queue.Fault) bool {
	switch f.Kind {
	case queue.Unreachable, queue.TimedOut, queue.ServerError, queue.Gateway, queue.BadAnswer:
		return true
	}
	return false
}

// outputTypes are the types that describeOutputs counts, in its order, with the words for one
// output and for several. The last is any other type.
var outputTypes = [4][3]string{{"image", "image", "images"}, {"video", "video", "videos"}, {"audio", "audio", "audios"}, {"", "output", "outputs"}}

// describeOutputs describes outputs in a few words: "2 images 512×384, 1 video". It has the size if
// all of a type have the same.
func describeOutputs(outputs []queue.Output) string {
	var all [4][]queue.Output
	for _, o := range outputs {
		i := slices.IndexFunc(outputTypes[:], func(words [3]string) bool { return words[0] == o.Type || words[0] == "" })
		all[i] = append(all[i], o)
	}
	var parts []string
	for i, of := range all {
		if len(of) == 0 {
			continue
		}
		text := fmt.Sprintf("%d %s", len(of), outputTypes[i][min(len(of), 2)])
		w, h := of[0].Width, of[0].Height
		if w > 0 && h > 0 && !slices.ContainsFunc(of, func(o queue.Output) bool { return o.Width != w || o.Height != h }) {
			text += fmt.Sprintf(" %d×%d", w, h)
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}
