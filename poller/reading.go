package poller

import (
	"cmp"
	"time"

	"polltop/poller/backoff"
	"polltop/poller/queue"
)

const (
	// readTotal bounds how long fetching a result is retried after trouble that may pass
	// (a gateway, a time-out, a failure of the service), from the first failed try.
	readTotal = 10 * time.Minute
	// readFirst and readMost bound the waits between these tries.
	readFirst = time.Second
	readMost  = 30 * time.Second
)

// notRead is the error of a task whose result was not to be read.
const notRead = "completed; the result was not read (--no-results), so it is not known whether it succeeded"

// endUnread ends a task whose result would have to be fetched, where NoResults forbids it.
func (p *Poller) endUnread(t *Task) {
	if t.State == Reading && p.options.NoResults {
		t.State, t.Error, t.NextStep = Unread, notRead, string(queue.StepNothing)
	}
}

// fetchInBackground enqueues the fetch of a task's result, in turns with the polls.
func (p *Poller) fetchInBackground(h *host, seq int32) {
	p.beginFetch(seq)
	h.operations.background = append(h.operations.background, operation{kind: fetch, seq: seq, background: true})
}

// fetchNow enqueues the fetch of the result of a Reading or Unread task before all polls,
// and stores the snapshot.
func (p *Poller) fetchNow(h *host, t *Task) {
	if t.State == Unread {
		h.live++
		t.State, t.Error, t.NextStep, t.Trouble, t.Failures = Reading, "", "", nil, 0
	}
	t.Next = 0
	p.set(t)
	if f, _ := p.results.get(t.Seq); !h.operations.drop(fetch, t.Seq) && f.Pending {
		return // it is under way
	}
	p.beginFetch(t.Seq)
	h.operations.interactive = append(h.operations.interactive, operation{kind: fetch, seq: t.Seq})
}

// applyResult updates a task with the answer to fetching its result, or enqueues another
// try.
func (p *Poller) applyResult(h *host, task *Task, r result, now time.Duration) {
	verdict := queue.Decide(task.Request.Base.Service(), queue.Answer{Status: queue.StatusCompleted}, &r.read)
	if r.fault == nil && verdict.Outcome == queue.OutcomeReading {
		// The service has not finished, though its status said so (a replica that lags
		// behind), or the answer decides nothing.
		if !r.read.Pending {
			r.fault = faultOf(r.read)
			r.fault.Kind = queue.ServerError
		}
		if p.retryFetch(r, now) {
			return
		}
		if r.fault == nil {
			r.fault = &queue.Fault{Kind: queue.Missing, HTTP: r.read.HTTP, Message: "the service says that the result is not ready, though the task has completed"}
		}
	}
	p.finalizeResult(h, task, r, verdict, now)
}

// finalizeResult updates a task with the last outcome of fetching its result.
func (p *Poller) finalizeResult(h *host, task *Task, r result, verdict queue.Verdict, now time.Duration) {
	next := *task
	switch {
	case r.fault != nil && task.State == Reading:
		next.State, next.Next, next.Trouble = Unread, 0, r.fault
		next.Error, next.NextStep = "result not had: "+r.fault.Error(), string(cmp.Or(r.fault.NextStep(), queue.StepWait))
	case r.fault != nil:
	case task.State == Reading, task.State == Succeeded && corrects(verdict.Outcome, r.operation.background):
		next.noteExchange(r.read.ServiceRequestID, r.read.Cost)
		next.finalize(verdict)
		if next.State != Succeeded {
			p.bodies.put(task.Seq, r.read.Result.Raw, true)
			p.options.Store.PutAnswer(task.Seq, r.read.Result.Raw)
		}
	default:
		next.noteExchange(cmp.Or(next.ServiceRequestID, r.read.ServiceRequestID), r.read.Cost)
	}
	if r.fault == nil && !r.read.OK() {
		r.fault = faultOf(r.read)
	}
	p.results.put(task.Seq, Fetched{Result: r.read.Result, Fault: r.fault})
	if next.Fetched = r.fault == nil; next.Fetched {
		next.Made = made(r.read.Result.Outputs)
		p.options.Store.PutResult(task.Seq, r.read.Result.Raw)
	}
	if task.State == Reading {
		h.live--
	}
	p.set(&next)
}

// corrects reports whether a result overrides a status of success: some services report
// failures only there. A missing result counts only when it was fetched right after the
// end (first), because services delete results later.
func corrects(o queue.Outcome, first bool) bool {
	switch o {
	case queue.OutcomeFailed, queue.OutcomeCanceled:
		return true
	}
	return first && (o == queue.OutcomeExpired || o == queue.OutcomeNotFound)
}

// faultOf returns the fault of an answer without a result.
func faultOf(a queue.ResultAnswer) *queue.Fault {
	return &queue.Fault{Kind: queue.Refused, HTTP: a.HTTP, Code: a.ErrorType, Message: a.Error, ServiceRequestID: a.ServiceRequestID}
}

// retryFetch enqueues another try to fetch a result, and reports whether it did.
func (p *Poller) retryFetch(r result, now time.Duration) bool {
	e, task := &r.operation, p.tasks[r.operation.seq]
	if task == nil {
		return false
	}
	unfinished := r.fault == nil
	if e.tries == 0 {
		e.since = now
	}
	wait := backoff.Delay(r.host.random, readFirst, e.tries, readMost)
	wait = max(wait, r.read.RetryAfter)
	if r.fault != nil {
		wait = max(wait, r.fault.RetryAfter)
	}
	switch {
	case unfinished && task.State == Reading: // the service goes on working: no bound
	case unfinished || mayPass(r.fault):
		if now-e.since+wait > readTotal {
			return false
		}
	case r.fault.Kind == queue.Unauthorized && task.State == Reading: // another key may come
	case task.State != Reading || e.tries+1 >= maxOperationTries:
		return false
	}
	p.retry(r, now, wait)
	p.showFetchTrouble(task, r.fault, now+wait)
	return true
}

// mayPass reports whether a fault says nothing of the result itself, so that fetching it is
// retried for minutes.
func mayPass(f *queue.Fault) bool {
	switch f.Kind {
	case queue.Unreachable, queue.TimedOut, queue.ServerError, queue.Gateway, queue.BadAnswer:
		return true
	}
	return false
}

// showFetchTrouble stores with a task why its result is not there yet, and when it is
// fetched again. The fault is nil where the service had not finished.
func (p *Poller) showFetchTrouble(task *Task, fault *queue.Fault, again time.Duration) {
	if task.State != Reading {
		return
	}
	next := *task
	next.Trouble, next.Next = fault, p.stamp(again)
	if fault != nil && next.Failures < 1<<16-1 {
		next.Failures++
	}
	p.set(&next)
}
