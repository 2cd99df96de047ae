package cli

import (
	"encoding/json"
	"os"
	"sync"

	"polltop/poller/paste"
	"polltop/poller/queue"
)

// asker handles the questions of a text where nobody can be asked: it prints them, or takes them
// with --take-unsure. It also prints refused lines.
type asker struct {
	json   bool
	take   bool
	ignore bool // refused lines do not count

	mu            sync.Mutex
	left, refused int
}

// answer prints refused lines and unsure ids, and returns the requests of taken questions.
func (a *asker) answer(refused []paste.Problem, unsure []paste.Question) (taken []queue.Request) {
	for _, p := range refused {
		if !a.ignore {
			a.count(&a.refused)
		}
		printLine(os.Stderr, p.From+", "+p.Error())
		a.event(parsedEvent{Event: "refused", Line: p.Line, Why: p.Reason})
	}
	for _, q := range unsure {
		if a.take && q.Answerable() {
			taken = append(taken, q.Request)
			continue
		}
		a.count(&a.left)
		printLine(os.Stderr, unsureLine(q))
		e := eventOf("unsure", q.Request)
		e.Line, e.Why = q.Line, q.Why
		a.event(e)
	}
	return taken
}

// count counts a line.
func (a *asker) count(of *int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	*of++
}

// event writes a line as a JSON object, with --json.
func (a *asker) event(e parsedEvent) {
	if !a.json {
		return
	}
	if b, err := json.Marshal(e); err == nil {
		// A closed output is noticed with the next line about a task.
		_, _ = os.Stdout.Write(append(b, '\n'))
	}
}

// badLines returns how many lines were refused and count.
func (a *asker) badLines() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.refused
}

// unanswered returns how many questions were not taken.
func (a *asker) unanswered() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.left
}
