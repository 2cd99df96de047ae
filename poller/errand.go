package poller

import (
	"context"
	"time"

	"polltop/poller/queue"
)

// errandTries is how often an errand is tried before its failure is told, and
// errandFirst and errandMost bound the waits between the tries.
const (
	errandTries = 5
	errandFirst = time.Second
	errandMost  = 15 * time.Second
)

// errandKind says what an errand is for.
type errandKind uint8

const (
	poll errandKind = iota // none: the request is a poll
	fetch
	cancel
)

// errand is a request about a task other than a poll: to fetch its result, or
// to cancel it. Errands are made within the same budget as polls.
type errand struct {
	kind  errandKind
	seq   int32
	tries int
	due   moment
}

// errands are those that wait for their turn at a host: the ones that the user
// waits for, and the ones in bulk, which take turns with the polls.
type errands struct {
	wanted, bulk []errand
	bulkTurn     bool
}

// next returns the errand to do now, or the moment at which one is due, -1 for
// never. Those in bulk come only every second time that pollsWait, and not at
// all while paused.
func (e *errands) next(now moment, paused, pollsWait bool) (errand, bool, moment) {
	at := moment(-1)
	if found, ok := takeDue(&e.wanted, now, &at); ok {
		return found, true, 0
	}
	if paused {
		return errand{}, false, at
	}
	e.bulkTurn = !e.bulkTurn
	if pollsWait && !e.bulkTurn {
		return errand{}, false, at
	}
	found, ok := takeDue(&e.bulk, now, &at)
	return found, ok, at
}

// takeDue takes the first errand of a queue that is due, and else lowers at to
// when one will be. Only errands that failed wait, and they are few.
func takeDue(queue *[]errand, now moment, at *moment) (errand, bool) {
	for i, e := range *queue {
		if e.due <= now {
			if i == 0 {
				*queue = (*queue)[1:]
			} else {
				*queue = append((*queue)[:i], (*queue)[i+1:]...)
			}
			return e, true
		}
		if *at < 0 || e.due < *at {
			*at = e.due
		}
	}
	return errand{}, false
}

// run makes the errand's request and fills in what came of it.
func (e errand) run(ctx context.Context, service Service, request queue.Request, r *result) {
	switch e.kind {
	case poll:
		r.answer, r.fault = service.Status(ctx, request)
	case fetch:
		var answer queue.ResultAnswer
		answer, r.fault = service.Result(ctx, request)
		r.made, r.done = answer.Result, !answer.Pending
		if r.fault == nil && r.done && !answer.OK() {
			r.fault = &queue.Fault{Kind: queue.Refused, HTTP: answer.HTTP, Code: answer.ErrorType, Message: answer.Error, Raw: answer.Result.Raw}
		}
	case cancel:
		r.outcome, r.fault = service.Cancel(ctx, request)
	}
}

// finishErrand takes in what came of an errand.
func (p *Poller) finishErrand(r result, now moment) {
	h, task := r.host, p.tasks[r.errand.seq]
	if r.fault == nil {
		h.answered(now)
	} else if p.errandAgain(r, now) {
		return
	}
	if task == nil {
		return // untracked meanwhile
	}
	if r.errand.kind == cancel {
		p.finishCancel(h, task, r, now)
		return
	}
	if r.fault == nil && !r.done {
		// The service says that it has not finished, though its status said so:
		// a replica that lags behind.
		if r.errand.tries+1 < errandTries {
			p.retry(r, now, errandFirst)
			return
		}
		r.fault = &queue.Fault{Kind: queue.Missing, HTTP: 202, Message: "the service says that the result is not ready, though the task has completed"}
	}
	p.results.put(task.Seq, r.made, r.fault)
	if r.fault == nil {
		p.options.Keeper.PutResult(task.Seq, r.made.Raw)
	}
	next := *task
	next.Fetched = r.fault == nil
	p.set(&next)
}

// errandAgain notes an errand's failure with the host, and whether the errand is
// put back to be tried again.
func (p *Poller) errandAgain(r result, now moment) bool {
	h := r.host
	switch r.fault.Kind {
	case queue.RateLimited:
		h.alive(now)
		h.limited(now, r.fault.RetryAfter)
		p.stats.RateLimited++
		r.errand.tries-- // the service did not look at it
		p.retry(r, now, 0)
		return true
	case queue.Unreachable, queue.TimedOut, queue.ServerError, queue.Gateway:
		if r.fault.Kind == queue.ServerError || r.fault.Kind == queue.Gateway {
			h.alive(now)
		} else {
			h.failed(now, r.fault)
		}
		if r.errand.tries+1 < errandTries {
			p.retry(r, now, doubled(errandFirst, r.errand.tries, errandMost))
			return true
		}
	case queue.Unauthorized:
		h.alive(now)
		h.stopped = r.fault
	default:
		h.alive(now)
	}
	return false
}

// retry puts an errand back, behind a wait.
func (p *Poller) retry(r result, now moment, wait time.Duration) {
	r.errand.tries++
	r.errand.due = now
	if wait > 0 {
		r.errand.due += jitter(wait)
	}
	r.host.errands.wanted = append(r.host.errands.wanted, r.errand)
}

// finishCancel takes in what the service said to a request to cancel. Only a
// poll tells whether the task was canceled in the end, so one is made at once.
func (p *Poller) finishCancel(h *host, task *Task, r result, now moment) {
	p.canceled = append(p.canceled, CancelReport{Seq: task.Seq, Outcome: r.outcome, Fault: r.fault})
	if task.State.Terminal() {
		return
	}
	next := *task
	next.Canceling = r.fault == nil && r.outcome == queue.CancelAccepted
	p.set(&next)
	h.plan.Urgent(task.Seq)
}

// CancelReport says what came of a request to cancel a task: an outcome, or else
// the fault that kept the service from telling one.
type CancelReport struct {
	Seq     int32
	Outcome queue.CancelOutcome
	Fault   *queue.Fault
}

// Cancel asks the service to cancel the given tasks, before all else. Those
// that have ended are passed over. What the service says to each comes with an
// Update; until a poll tells what came of it the task is Canceling.
func (p *Poller) Cancel(seqs ...int32) {
	p.do(func() {
		for _, task := range p.live(seqs) {
			if task.Canceling {
				continue
			}
			h := p.hostOf(task.Request.Base)
			next := *task
			next.Canceling = true
			p.set(&next)
			h.errands.wanted = append(h.errands.wanted, errand{kind: cancel, seq: task.Seq})
		}
	})
}

// Fetch asks for the result of a task that has succeeded, before all else,
// unless it is there already or was kept. A Task that is Fetched tells when it
// has come.
func (p *Poller) Fetch(seq int32) {
	if p.keepResult(seq) {
		return
	}
	p.do(func() {
		if task := p.task(seq); task != nil && task.State == Succeeded && !p.results.has(seq) {
			p.results.begin(seq)
			h := p.hostOf(task.Request.Base)
			h.errands.wanted = append(h.errands.wanted, errand{kind: fetch, seq: seq})
		}
	})
}

// task returns a tracked task, nil for a Seq of none.
func (p *Poller) task(seq int32) *Task {
	if seq < 0 || int(seq) >= len(p.tasks) {
		return nil
	}
	return p.tasks[seq]
}

// live returns those of the given tasks that are tracked and have not ended.
func (p *Poller) live(seqs []int32) []*Task {
	var live []*Task
	for _, seq := range seqs {
		if t := p.task(seq); t != nil && !t.State.Terminal() {
			live = append(live, t)
		}
	}
	return live
}
