package cli

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"sync"

	"polltop/poller/paste"
	"polltop/poller/queue"
)

// wholeLines passes whole lines on, so that several may write to one place.
type wholeLines struct {
	mu   sync.Mutex
	to   io.Writer
	rest []byte // the last line as far as it came
}

// Write passes on what ends in a line break, and keeps the rest.
func (w *wholeLines) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	end := bytes.LastIndexByte(b, '\n') + 1
	if end == 0 {
		w.rest = append(w.rest, b...)
		return len(b), nil
	}
	_, err := w.to.Write(append(w.rest, b[:end]...))
	w.rest = append([]byte(nil), b[end:]...)
	return len(b), err
}

// line writes a line of its own.
func (w *wholeLines) line(b []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, err := w.to.Write(b)
	return err
}

// asker answers the questions of a text where nobody can be asked: it tells them, and
// takes them only where the user said so. It tells the lines that are refused as well.
type asker struct {
	out    *wholeLines
	json   bool
	take   bool
	ignore bool // refused lines do not count

	mu            sync.Mutex
	left, refused int
}

// answer tells the lines that are refused and what is unsure. It returns the requests of
// questions that are taken.
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

// event writes a line as a JSON object, where those are wanted.
func (a *asker) event(e parsedEvent) {
	if !a.json {
		return
	}
	if b, err := json.Marshal(e); err == nil {
		// A reader who has left is noticed by the next line about a task.
		_ = a.out.line(append(b, '\n'))
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
