package poller

import (
	"slices"

	"polltop/poller/queue"
)

// logsMost bounds for how many tasks log lines are kept.
const logsMost = 32

// mergeLogs adds the log lines of an answer about a task to those before: what a service
// gives is a window that moves over the log. Without lines before, it adds them only if
// opened says that the user looks at the task.
func (p *Poller) mergeLogs(seq int32, fresh []queue.LogLine, opened bool) {
	old, known := p.logs.get(seq)
	if known || opened && len(fresh) > 0 {
		// The lines that were handed out are not changed.
		p.logs.put(seq, queue.MergeLogs(slices.Clone(old), fresh))
	}
}

// FetchLogs fetches the log of a task that has ended, where the service sends it only on
// demand. For a running task that SetViewed has as open, each poll asks for the log.
func (p *Poller) FetchLogs(seq int32) {
	p.do(func() {
		task := p.task(seq)
		if task == nil || task.Request.Base.Service() != queue.Fal || !task.State.Terminal() || task.State == NotFound {
			return
		}
		if _, had := p.logs.get(seq); had {
			return
		}
		h := p.hostFor(task.Request.Base)
		h.operations.drop(logs, seq)
		h.operations.interactive = append(h.operations.interactive, operation{kind: logs, seq: seq})
	})
}

// applyLogs stores the log lines of a task that has ended. A failure is ignored.
func (p *Poller) applyLogs(task *Task, r result) {
	if r.fault != nil || len(r.answer.Logs) == 0 {
		return
	}
	p.mergeLogs(task.Seq, r.answer.Logs, true)
	next := *task
	p.set(&next) // so that the pane is drawn anew
}

// Logs returns the known log lines of a task, nil for none.
func (p *Poller) Logs(seq int32) []queue.LogLine {
	if lines, ok := p.logs.get(seq); ok {
		return lines
	}
	var task *Task
	p.do(func() { task = p.task(seq) })
	body, ok := p.Body(seq)
	if task == nil || !ok {
		return nil
	}
	return LogsOf(body, task.Request)
}

// LogsOf returns the log lines in a raw status answer about a request, nil for none.
func LogsOf(body []byte, r queue.Request) []queue.LogLine {
	answer, fault := queue.DecodeAnswer(body, r)
	if fault != nil {
		return nil
	}
	return answer.Logs
}
