package simulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// Create submits a task with a random plan, or finds the one of the same idempotency key, and
// answers unless it is to be silent.
func (x *Exchange) Create(silent bool) {
	t, v, err := x.server.create(x)
	x.task = t
	switch {
	case silent:
	case err != nil:
		x.Refuse(badInput, err.Error())
	default:
		x.JSON(x.dialect().createdCode, x.statusAnswer(t.id, x.dialect().app(x.target.endpoint), v, true))
	}
}

// create submits a task, or returns the one of the same idempotency key.
func (s *Server) create(x *Exchange) (t *task, v view, err error) {
	var input map[string]json.RawMessage
	if json.Unmarshal(x.body, &input) != nil {
		return nil, v, errors.New("the request body is not a JSON object")
	}
	// The simulator calls nobody, and SeaCloud refuses webhooks (page Errors and Limitations).
	for _, name := range []string{"webhook", "webhook_url", "fal_webhook"} {
		if input[name] != nil || x.Request.URL.Query().Has(name) {
			return nil, v, errors.New("webhook not supported")
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key := ""
	if s.config.Service == Comfy {
		key = x.Request.Header.Get("Idempotency-Key")
	}
	if old := s.keys[key]; old != nil {
		if string(old.input) != string(x.body) {
			return nil, v, errors.New("the idempotency key was used with another input")
		}
		x.Writer.Header().Set("Idempotent-Replayed", "true")
		return old, s.viewOf(old, s.elapsed()), nil
	}
	plan := s.randomPlan(s.queues[x.target.endpoint].endpoint)
	if given, ok := input["simulate"]; ok {
		if err := s.setFate(&plan, given); err != nil {
			return nil, v, err
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
	return t, s.viewOf(t, s.elapsed()), nil
}

// The ends of a fate that are no error types.
const (
	endSuccess = "success"
	endExpired = "expired"
)

// maxFate bounds the durations of a fate, in seconds.
const maxFate = 1e6

func (d *dialect) ends() []string {
	list := []string{endSuccess}
	if d.kept > 0 {
		list = append(list, endExpired)
	}
	for _, f := range d.failures {
		if !slices.Contains(list, f.end()) {
			list = append(list, f.end())
		}
	}
	return list
}

// setFate sets a plan from the JSON of the member "simulate" of a create request: how long the
// task waits and runs, in seconds of the scenario, and how it ends, which is an error type or one
// of the constants above. Such a task needs no worker. The error says what a fate can be.
func (s *Server) setFate(plan *Plan, text json.RawMessage) error {
	fate := struct {
		Queue, Run float64
		End        string // "" is as it is planned
	}{Run: plan.Run.Seconds()}
	ends := s.dialect.ends()
	switch err := json.Unmarshal(text, &fate); {
	case err != nil:
		return errors.New(`simulate: give an object such as {"queue": 1, "run": 2, "end": "success"}`)
	case !(min(fate.Queue, fate.Run) >= 0 && max(fate.Queue, fate.Run) <= maxFate):
		return fmt.Errorf("simulate: queue and run are seconds, from 0 to %g", maxFate)
	case fate.End != "" && !slices.Contains(ends, fate.End):
		return errors.New("simulate: end is one of " + strings.Join(ends, ", "))
	}
	second := float64(time.Second)
	plan.Queue = max(1, time.Duration(fate.Queue*second)) // not 0: it needs no worker of the endpoint
	plan.Run = time.Duration(math.Round(fate.Run * second))
	if fate.End == "" {
		return nil
	}
	failure{}.put(plan)
	if fate.End == endExpired {
		plan.Kept = NotKept
	}
	if i := slices.IndexFunc(s.dialect.failures, func(f failure) bool { return f.end() == fate.End }); i >= 0 {
		s.dialect.failures[i].put(plan)
	}
	return nil
}
