package simulator

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// keyed is what was created under an idempotency key.
type keyed struct {
	body string
	task *task
}

// Created returns how many tasks were created over HTTP, by the request's body.
func (s *Server) Created() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.created)
}

// FailNext makes the next task that is created over HTTP fail.
func (s *Server) FailNext(outcome Outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failNext = outcome
}

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
	if old, ok := s.keys[key]; ok && key != "" {
		if old.body != string(x.body) {
			return nil, view{}, "the idempotency key was used with another input"
		}
		x.Writer.Header().Set("Idempotent-Replayed", "true")
		return old.task, s.viewOf(old.task, s.elapsed()), ""
	}
	q := s.queues[x.target.endpoint]
	plan := s.randomPlan(q.endpoint)
	if given, ok := input["simulate"]; ok {
		if err := s.setFate(&plan, given); err != nil {
			return nil, view{}, err.Error()
		}
	}
	if s.failNext.Failed() {
		plan.Outcome, s.failNext = s.failNext, Outcome{}
	}
	// A prompt of another type is ignored.
	_ = json.Unmarshal(input["prompt"], &plan.Prompt)
	t = s.add(s.dialect.newID(s), x.target.endpoint, plan)
	t.input = x.body
	s.created[string(x.body)]++
	if key != "" {
		s.keys[key] = keyed{string(x.body), t}
	}
	return t, s.viewOf(t, s.elapsed()), ""
}

// fate is the member "simulate" of a create request: how long the task waits and runs, in
// seconds of the scenario, and how it ends. Such a task needs no worker.
type fate struct {
	Queue *float64 `json:"queue"`
	Run   *float64 `json:"run"`
	// End is success, expired, or an error type of the service.
	End string `json:"end"`
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
	var w fate
	if err := json.Unmarshal(text, &w); err != nil {
		return fmt.Errorf(`simulate: give an object such as {"queue": 1, "run": 2, "end": "success"}`)
	}
	for _, seconds := range []*float64{w.Queue, w.Run} {
		if seconds != nil && !(*seconds >= 0 && *seconds <= maxFate) {
			return fmt.Errorf("simulate: queue and run are seconds, from 0 to %g", maxFate)
		}
	}
	plan.Queue = 1 // not 0: it needs no worker of the endpoint
	if w.Queue != nil {
		plan.Queue = max(plan.Queue, time.Duration(*w.Queue*float64(time.Second)))
	}
	if w.Run != nil {
		plan.Run = time.Duration(*w.Run * float64(time.Second))
	}
	if w.End == "" {
		return nil
	}
	failure{}.put(plan)
	switch {
	case w.End == endSuccess:
		return nil
	case w.End == endExpired && s.dialect.kept > 0:
		plan.Kept = NotKept
		return nil
	}
	ways := s.dialect.failures
	i := slices.IndexFunc(ways, func(f failure) bool { return f.name() == w.End })
	if i < 0 {
		return fmt.Errorf("simulate: end is one of %s", strings.Join(s.dialect.ends(), ", "))
	}
	ways[i].put(plan)
	return nil
}
