package poller

import (
	"time"

	"polltop/poller/queue"
)

// applyCancel updates a task with the answer to a request to cancel it. Only a poll
// tells whether the task was canceled in the end, so one is made at once.
func (p *Poller) applyCancel(task *Task, r *request, now time.Duration) {
	p.canceled = append(p.canceled, CancelReport{Seq: task.Seq, Outcome: r.outcome, Fault: r.fault})
	if task.State.Terminal() {
		return
	}
	next := *task
	next.CancelDue = false
	if r.fault == nil && r.outcome == queue.CancelDone {
		// It waited and was removed: there is nothing left to ask for.
		next.Ended, next.Canceling = p.stamp(now), false
		next.finalize(queue.Verdict{Outcome: queue.OutcomeCanceled, NextStep: queue.StepNothing})
		if !p.slots[task.Seq].asking {
			r.host.plan.Remove(task.Seq)
		}
		p.set(&next)
		return
	}
	next.Canceling = r.fault == nil && r.outcome == queue.CancelAccepted
	p.set(&next)
	r.host.plan.Prioritize(task.Seq)
}

// CancelReport says what came of a request to cancel a task: an outcome, or else
// the fault that kept the service from telling one.
type CancelReport struct {
	Seq     int32
	Outcome queue.CancelOutcome
	Fault   *queue.Fault
}

// Cancel asks the service to cancel the given tasks, before all polls. Tasks that have
// ended are skipped. An Update brings each answer; the task is Canceling until a poll shows
// its end.
func (p *Poller) Cancel(seqs ...int32) {
	p.do(func() {
		for _, seq := range seqs {
			task := p.task(seq)
			if task == nil || task.State.Terminal() || task.State == Reading || task.Canceling {
				continue
			}
			p.change(task, func(next *Task) { next.Canceling, next.CancelDue = true, true })
			p.hostFor(task.Request.Base).enqueue(operation{kind: cancel, seq: seq})
		}
	})
	p.options.Store.Sync() // the next update tells what came of it
}

// DropCancels drops the cancels of the given tasks that have no answer yet. One that is
// under way is not stopped.
func (p *Poller) DropCancels(seqs ...int32) {
	p.do(func() {
		for _, seq := range seqs {
			task := p.task(seq)
			if task == nil || !task.CancelDue {
				continue
			}
			p.hostFor(task.Request.Base).drop(cancel, seq)
			p.change(task, func(next *Task) { next.CancelDue, next.Canceling = false, false })
		}
	})
	p.options.Store.Sync()
}
