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
	// resultsMost bounds the kept results together, in bytes of their answers.
	resultsMost = 64 << 20
	// readTotal bounds how long fetching a result is retried after trouble that may pass
	// (a gateway, a time-out, a failure of the service), from the first failed try.
	readTotal = 10 * time.Minute
)

// notRead is the error of a task whose result was not to be read.
const notRead = "completed; the result was not read (--no-results), so it is not known whether it succeeded"

// Fetched is the outcome of fetching a task's result.
type Fetched struct {
	Result queue.Result
	// Fault is why there is none; nil when there is.
	Fault *queue.Fault
	// Pending is set while it is being fetched.
	Pending bool
}

// Result returns the outcome of fetching the task's result, and false where there is none:
// before Fetch, and when it was evicted from memory and is not on disk.
func (p *Poller) Result(seq int32) (Fetched, bool) {
	if f, ok := p.results.get(seq); ok {
		return f, true
	}
	raw, ok := p.options.Store.Result(seq)
	if !ok {
		return Fetched{}, false
	}
	made, fault := queue.DecodeResult(raw)
	return Fetched{Result: made, Fault: fault}, true
}

// startFetch enqueues the fetch of a task's result: in background in turns with the polls, else
// before them.
func (p *Poller) startFetch(t *Task, background bool) {
	p.results.put(t.Seq, Fetched{Pending: true})
	p.hostFor(t.Request.Base).enqueue(operation{kind: fetch, seq: t.Seq, background: background})
}

// Fetch asks for the result of a task that has ended, before all else, unless it is
// there already or was kept. A Task that is Fetched says when it has come. A task that
// failed or was canceled may have one too, at Comfy Router.
func (p *Poller) Fetch(seq int32) {
	kept, ok := p.Result(seq)
	p.each([]int32{seq}, func(t *Task) {
		held, isHeld := p.results.get(seq) // one that was evicted is fetched again
		switch {
		case isHeld && (held.Pending || held.Fault == nil):
		case ok && kept.Fault == nil:
			p.results.put(seq, kept)
			p.change(t, func(next *Task) { next.Fetched, next.Made = true, made(kept.Result.Outputs) })
		case t.State == Unread:
			p.fetchNow(t)
		case t.State.Terminal() && !t.State.Unknown():
			p.startFetch(t, false)
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
	if f, _ := p.results.get(t.Seq); p.hostFor(t.Request.Base).dropOf(fetch, t.Seq) || !f.Pending { // or it is under way
		p.startFetch(t, false)
	}
}

// endUnread ends a task whose result would have to be fetched, where NoResults forbids it.
func (p *Poller) endUnread(t *Task) {
	if t.State == Reading && p.options.NoResults {
		t.State, t.Error, t.NextStep = Unread, notRead, string(queue.StepNothing)
	}
}

// applyResult updates a task with the answer to fetching its result, or enqueues another
// try.
func (p *Poller) applyResult(task *Task, r *request, now time.Duration) {
	verdict := queue.Decide(task.Request.Base.Service(), queue.Answer{Status: queue.OutcomeSucceeded}, &r.read)
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
		r.fault = cmp.Or(r.fault, &queue.Fault{Kind: queue.Missing, HTTP: r.read.HTTP, Message: "the service says that the result is not ready, though the task has completed"})
	}
	next := *task
	switch {
	case r.fault != nil && task.State == Reading:
		next.State, next.Next, next.Trouble = Unread, 0, r.fault
		next.Error, next.NextStep = "result not had: "+r.fault.Error(), string(cmp.Or(r.fault.NextStep(), queue.StepWait))
	case r.fault != nil:
	case task.State == Reading, task.State == Succeeded && corrects(verdict.Outcome, r.background):
		next.noteExchange(r.read.ServiceRequestID, r.read.Cost)
		next.finalize(verdict)
		if next.State != Succeeded {
			p.keepBody(task.Seq, r.read.Result.Raw, true)
			p.options.Store.PutAnswer(task.Seq, r.read.Result.Raw)
		}
	default:
		next.noteExchange(cmp.Or(next.ServiceRequestID, r.read.ServiceRequestID), r.read.Cost)
	}
	if r.fault == nil && (!r.read.OK() || r.read.TooLong) {
		r.fault = faultOf(r.read)
	}
	p.results.put(task.Seq, Fetched{Result: r.read.Result, Fault: r.fault})
	if next.Fetched = r.fault == nil; next.Fetched {
		next.Made = made(r.read.Result.Outputs)
		p.options.Store.PutResult(task.Seq, r.read.Result.Raw)
	}
	p.set(&next)
}

// corrects reports whether a result overrides a status of success: some services report
// failures only there. A missing result counts only when it was fetched right after the
// end (first), because services delete results later.
func corrects(o queue.Outcome, first bool) bool {
	gone := o == queue.OutcomeExpired || o == queue.OutcomeNotFound
	return o == queue.OutcomeFailed || o == queue.OutcomeCanceled || first && gone
}

// faultOf returns the fault of an answer without a result.
func faultOf(a queue.ResultAnswer) *queue.Fault {
	return &queue.Fault{Kind: queue.Refused, HTTP: a.HTTP, Code: a.ErrorType, Message: a.Error, ServiceRequestID: a.ServiceRequestID}
}

// retryFetch enqueues another try to fetch a result, and reports whether it did. It stores with a
// Reading task why its result is not there yet; the fault is nil where the service had not finished.
func (p *Poller) retryFetch(r *request, now time.Duration) bool {
	task := p.tasks[r.seq]
	if task == nil {
		return false
	}
	if r.tries == 0 {
		r.since = now
	}
	wait := max(r.host.retryWait(r.tries+1, r.fault), r.read.RetryAfter)
	reading := task.State == Reading
	switch {
	case r.fault == nil && reading: // the service goes on working: no bound
	case r.fault == nil || mayPass(r.fault):
		if now-r.since+wait > readTotal {
			return false
		}
	case r.fault.Kind == queue.Unauthorized && reading: // another key may come
	case !reading || r.tries+1 >= maxTries:
		return false
	}
	r.tryAgain(now + wait)
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

// mayPass reports whether a fault says nothing of the result itself, so that fetching it is
// retried for minutes.
func mayPass(f *queue.Fault) bool {
	switch f.Kind {
	case queue.Unreachable, queue.TimedOut, queue.ServerError, queue.Gateway, queue.BadAnswer:
		return true
	}
	return false
}

// madeTypes are the types of outputs that are counted apart in Task.Made, in its order, with
// the words for one of them and for several. The last is any other type.
var madeTypes = [4][3]string{{"image", "image", "images"}, {"video", "video", "videos"}, {"audio", "audio", "audios"}, {"", "output", "outputs"}}

// made says in a few words what outputs are: "2 images 512×384, 1 video". The size is reported
// where all of a type have the same.
func made(outputs []queue.Output) string {
	var all [4][]queue.Output
	for _, o := range outputs {
		i := slices.IndexFunc(madeTypes[:], func(words [3]string) bool { return words[0] == o.Type || words[0] == "" })
		all[i] = append(all[i], o)
	}
	var parts []string
	for i, of := range all {
		if len(of) == 0 {
			continue
		}
		text := fmt.Sprintf("%d %s", len(of), madeTypes[i][min(len(of), 2)])
		w, h := of[0].Width, of[0].Height
		if w > 0 && h > 0 && !slices.ContainsFunc(of, func(o queue.Output) bool { return o.Width != w || o.Height != h }) {
			text += fmt.Sprintf(" %d×%d", w, h)
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}
