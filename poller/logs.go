package poller

import (
	"slices"
	"sync"

	"polltop/poller/queue"
)

// logsMost bounds for how many tasks log lines are kept: those looked at last.
const logsMost = 32

// taskLogs keeps the log lines of the tasks that the user has looked at. What a service
// gives is a window that moves over the log, so the lines of each answer are added to
// those before.
type taskLogs struct {
	mu    sync.Mutex
	lines map[int32][]queue.LogLine
	order []int32
}

// merge adds the lines of an answer about a task. A task that is not looked at is begun
// only if opened says that it is now.
func (l *taskLogs) merge(seq int32, fresh []queue.LogLine, opened bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	old, known := l.lines[seq]
	if !known && (!opened || len(fresh) == 0) {
		return
	}
	if l.lines == nil {
		l.lines = map[int32][]queue.LogLine{}
	}
	// The lines that were handed out are not changed.
	l.lines[seq] = queue.MergeLogs(slices.Clone(old), fresh)
	if known {
		return
	}
	if l.order = append(l.order, seq); len(l.order) > logsMost {
		delete(l.lines, l.order[0])
		l.order = l.order[1:]
	}
}

// get returns the lines of a task, nil for none.
func (l *taskLogs) get(seq int32) []queue.LogLine {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lines[seq]
}

// Inspect asks for what the user looks at of a task beside its status: the log of one
// that has ended, where the service gives it only on demand. Of a task that runs, and
// that Watch says is open, each poll asks for it.
func (p *Poller) Inspect(seq int32) {
	p.do(func() {
		task := p.task(seq)
		if task == nil || task.Request.Base.Service() != queue.Fal || !task.State.Terminal() || task.State == NotFound || p.logs.get(seq) != nil {
			return
		}
		h := p.hostOf(task.Request.Base)
		h.operations.drop(logs, seq)
		h.operations.interactive = append(h.operations.interactive, operation{kind: logs, seq: seq})
	})
}

// applyLogs keeps the log lines of a task that has ended. Where they could not be had,
// nothing is missing but they.
func (p *Poller) applyLogs(task *Task, r result) {
	if r.fault != nil || len(r.answer.Logs) == 0 {
		return
	}
	p.logs.merge(task.Seq, r.answer.Logs, true)
	next := *task
	p.set(&next) // so that the pane is drawn anew
}

// Logs returns the log lines of a task, as far as the service has given them; nil for
// none.
func (p *Poller) Logs(seq int32) []queue.LogLine {
	if lines := p.logs.get(seq); lines != nil {
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
