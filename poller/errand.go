package poller

import (
	"context"
	"slices"
	"time"

	"polltop/poller/backoff"
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
	logs // of a task that has ended
)

// errand is a request about a task other than a poll: to fetch its result, or
// to cancel it. Errands are made within the same budget as polls.
type errand struct {
	kind  errandKind
	seq   int32
	tries int
	due   moment
	since moment // when the first try had failed
	// background says that nobody waits for it: it takes turns with the polls.
	background bool
	// logs says that a poll asks for log lines as well.
	logs bool
	// refusals counts the 429s to it.
	refusals int
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
func (e *errands) next(now moment, paused, pollsWait bool, may func(seq int32) bool) (errand, bool, moment) {
	at := moment(-1)
	if found, ok := takeDue(&e.wanted, now, &at, may); ok {
		return found, true, 0
	}
	if paused {
		return errand{}, false, at
	}
	e.bulkTurn = !e.bulkTurn
	if pollsWait && !e.bulkTurn {
		return errand{}, false, at
	}
	found, ok := takeDue(&e.bulk, now, &at, may)
	return found, ok, at
}

// takeDue takes the first errand of a queue that is due and may be made, and else
// lowers at to when one will be due.
func takeDue(queue *[]errand, now moment, at *moment, may func(seq int32) bool) (errand, bool) {
	for i, e := range *queue {
		if e.due <= now {
			if !may(e.seq) {
				continue
			}
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
		if e.logs {
			r.answer, r.fault = service.StatusWithLogs(ctx, request)
			return
		}
		r.answer, r.fault = service.Status(ctx, request)
	case fetch:
		r.read, r.fault = service.Result(ctx, request)
	case logs:
		r.answer, r.fault = service.StatusWithLogs(ctx, request)
	case cancel:
		r.outcome, r.fault = service.Cancel(ctx, request)
	}
}

// finishErrand takes in what came of an errand.
func (p *Poller) finishErrand(r result, now moment) {
	h, task := r.host, p.tasks[r.errand.seq]
	if r.fault == nil {
		h.answered(r.flight, now)
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
	if r.errand.kind == logs {
		p.finishLogs(task, r)
		return
	}
	p.finishFetch(h, task, r, now)
}

// errandAgain notes an errand's failure with the host, and whether the errand is
// put back to be tried again.
func (p *Poller) errandAgain(r result, now moment) bool {
	h := r.host
	switch r.fault.Kind {
	case queue.RateLimited:
		p.stats.RateLimited++
		wait := time.Duration(0)
		if !h.limited(r.flight, r.fault, r.errand.refusals > 0, now) {
			wait = h.retryWait(r.errand.refusals+1, r.fault)
		}
		r.errand.refusals++
		r.errand.tries-- // the service did not look at it
		p.retry(r, now, wait)
		return true
	case queue.Unreachable, queue.TimedOut, queue.ServerError, queue.Gateway:
		p.fail(h, r.flight, r.fault, now)
		if causeOf(r.fault) == silent {
			h.failAt(r.flight.endpoint, r.errand.seq, r.fault, now)
		}
	case queue.Unauthorized:
		p.fail(h, r.flight, r.fault, now)
		p.refused(h, r.fault, now)
	default:
		h.alive(now)
	}
	switch {
	case r.errand.kind == fetch:
		return p.readAgain(r, now)
	case r.errand.kind == cancel && mayPass(r.fault) && r.errand.tries+1 < errandTries:
		p.retry(r, now, backoff.Delay(h.random, errandFirst, r.errand.tries, errandMost))
		return true
	}
	return false
}

// retry puts an errand back, behind a wait.
func (p *Poller) retry(r result, now moment, wait time.Duration) {
	r.errand.tries++
	r.errand.due = now + wait
	waiting := &r.host.errands.wanted
	if r.errand.background {
		waiting = &r.host.errands.bulk
	}
	*waiting = append(*waiting, r.errand)
}

// drop takes an errand about a task out of where it waits, and reports whether it was
// there.
func (e *errands) drop(kind errandKind, seq int32) bool {
	found := false
	for _, waiting := range []*[]errand{&e.wanted, &e.bulk} {
		*waiting = slices.DeleteFunc(*waiting, func(w errand) bool {
			same := w.kind == kind && w.seq == seq
			found = found || same
			return same
		})
	}
	return found
}

// ClaimHook reports whether the task is HookDue, and ends that: of all that claim a
// task, also after a restart, one is told true. It is told false after the end of Run.
func (p *Poller) ClaimHook(seq int32) bool {
	claimed := false
	p.do(func() {
		task := p.task(seq)
		if task == nil || !task.HookDue {
			return
		}
		next := *task
		next.HookDue = false
		p.set(&next)
		claimed = true
	})
	p.options.Keeper.Sync()
	return claimed
}

// Fetch asks for the result of a task that has ended, before all else, unless it is
// there already or was kept. A Task that is Fetched tells when it has come. A task that
// failed or was canceled may have one too, at Comfy Router.
func (p *Poller) Fetch(seq int32) {
	if p.keepResult(seq) {
		return
	}
	p.do(func() {
		task := p.task(seq)
		switch {
		case task == nil || p.results.has(seq):
		case task.State == Unread:
			next := *task
			p.readNow(p.hostOf(task.Request.Base), &next)
		case task.State.Terminal() && !task.State.Unknown():
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

// live returns those of the given tasks that are tracked and have not completed.
func (p *Poller) live(seqs []int32) []*Task {
	var live []*Task
	for _, seq := range seqs {
		if t := p.task(seq); t != nil && !t.State.Terminal() && t.State != Reading {
			live = append(live, t)
		}
	}
	return live
}
