package simulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Creates reports whether the request is one to create a task.
func (x *Exchange) Creates() bool {
	return x.Request.Method == http.MethodPost && x.target.action == "create"
}

// Create submits a task with a random plan, or finds the one of the same idempotency key, and
// answers unless it is to be silent.
func (x *Exchange) Create(silent bool) {
	var input map[string]json.RawMessage
	v, refusal, text := view{}, badInput, ""
	if json.Unmarshal(x.body, &input) != nil {
		text = "the request body is not a JSON object"
	} else if x.wantsWebhook(input) {
		refusal, text = noWebhook, "webhook not supported"
	} else {
		x.task, v, text = x.server.create(x, input)
	}
	switch {
	case silent:
	case text != "":
		x.Refuse(refusal, text)
	default:
		x.JSON(x.dialect().createdCode, x.statusAnswer(x.task.id, x.dialect().app(x.target.endpoint), v, true))
	}
}

// create submits a task, or returns the one of the same idempotency key, or says why not.
func (s *Server) create(x *Exchange, input map[string]json.RawMessage) (t *task, v view, refused string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := x.Request.Header.Get("Idempotency-Key")
	if s.service() != Comfy {
		key = ""
	}
	if old := s.keys[key]; old != nil {
		if string(old.input) != string(x.body) {
			return nil, view{}, "the idempotency key was used with another input"
		}
		x.Writer.Header().Set("Idempotent-Replayed", "true")
		return old, s.viewOf(old, s.elapsed()), ""
	}
	q := s.queues[x.target.endpoint]
	plan := s.randomPlan(q.endpoint)
	if given, ok := input["simulate"]; ok {
		if err := s.setFate(&plan, given); err != nil {
			return nil, view{}, err.Error()
		}
	}
	if o := s.config.Observer; o != nil {
		o.Plan(string(x.body), &plan)
	}
	// A prompt of another type is ignored.
	_ = json.Unmarshal(input["prompt"], &plan.Prompt)
	t = s.add(s.dialect.newID(s), x.target.endpoint, plan)
	t.input = x.body
	if key != "" {
		s.keys[key] = t
	}
	return t, s.viewOf(t, s.elapsed()), ""
}

// fate is the member "simulate" of a create request: how long the task waits and runs, in
// seconds of the scenario, and how it ends. Such a task needs no worker.
type fate struct {
	Queue, Run float64
	End        string // success, expired, or an error type of the service; "" is as it is planned
}

// The ends that are no error types.
const (
	endSuccess = "success"
	endExpired = "expired"
)

// maxFate bounds the durations of a fate, in seconds.
const maxFate = 1e6

func (f failure) name() string {
	switch {
	case f.result == nil:
		return f.ErrorType
	case f.result.TypeInHeaderOnly:
		return f.result.Type + "_in_header"
	case f.result.Type != "":
		return f.result.Type
	}
	return f.result.Details[0].Type
}

// ends returns the possible ends of a fate.
func (d *dialect) ends() []string {
	list := []string{endSuccess}
	if d.kept > 0 {
		list = append(list, endExpired)
	}
	for _, f := range d.failures {
		if !slices.Contains(list, f.name()) {
			list = append(list, f.name())
		}
	}
	return list
}

// setFate sets a plan from the JSON of a fate. Its error says what a fate can be.
func (s *Server) setFate(plan *Plan, text json.RawMessage) error {
	w := fate{Run: plan.Run.Seconds()}
	switch err := json.Unmarshal(text, &w); {
	case err != nil:
		return errors.New(`simulate: give an object such as {"queue": 1, "run": 2, "end": "success"}`)
	case !(min(w.Queue, w.Run) >= 0 && max(w.Queue, w.Run) <= maxFate):
		return fmt.Errorf("simulate: queue and run are seconds, from 0 to %g", maxFate)
	case w.End != "" && !slices.Contains(s.dialect.ends(), w.End):
		return errors.New("simulate: end is one of " + strings.Join(s.dialect.ends(), ", "))
	}
	second := float64(time.Second)
	plan.Queue = max(1, time.Duration(w.Queue*second)) // not 0: it needs no worker of the endpoint
	plan.Run = time.Duration(math.Round(w.Run * second))
	if w.End == "" {
		return nil
	}
	failure{}.put(plan)
	if w.End == endExpired {
		plan.Kept = NotKept
	}
	for _, f := range slices.Backward(s.dialect.failures) {
		if f.name() == w.End {
			f.put(plan)
		}
	}
	return nil
}
