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
// takes them only where the user said so.
type asker struct {
	out  *wholeLines
	json bool
	take bool

	mu   sync.Mutex
	left int
}

// answer tells the lines that are refused and what is unsure. It returns the requests of
// questions that are taken.
func (a *asker) answer(refused []paste.Problem, unsure []paste.Question) (taken []queue.Request) {
	for _, p := range refused {
		printLine(os.Stderr, p.From+", "+p.Error())
	}
	for _, q := range unsure {
		if a.take && q.Answerable() {
			taken = append(taken, q.Request)
			continue
		}
		a.mu.Lock()
		a.left++
		a.mu.Unlock()
		printLine(os.Stderr, q.From+", unsure, "+q.Error())
		if a.json {
			e := eventOf("unsure", q.Request)
			e.Line, e.Why = q.Line, q.Why
			if b, err := json.Marshal(e); err == nil {
				// A reader who has left is noticed by the next line about a task.
				_ = a.out.line(append(b, '\n'))
			}
		}
	}
	return taken
}

// unanswered returns how many questions were not taken.
func (a *asker) unanswered() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.left
}
