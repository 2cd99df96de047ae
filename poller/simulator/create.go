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

// CreateTask creates a task as create does, and answers unless silent is set.
func (x *Exchange) CreateTask(silent bool) {
	t, v, err := x.server.create(x)
	x.task = t
	switch {
	case silent:
	case err != nil:
		x.Refuse(badInput, err.Error())
	default:
		x.JSON(x.dialect().createCode, x.statusAnswer(t.id, x.dialect().app(x.target.endpoint), v, true))
	}
}

// create submits a task with a random plan, which the member "simulate" of the body can override.
// For a repeated idempotency key it returns the task of the first request.
func (s *Server) create(x *Exchange) (t *task, v snapshot, err error) {
	var input map[string]json.RawMessage
	if json.Unmarshal(x.body, &input) != nil {
		return nil, v, errors.New("the request body is not a JSON object")
	}
	// The simulator makes no requests, and SeaCloud refuses webhooks (page Errors and Limitations).
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
		return old, s.snapshotOf(old, s.elapsed()), nil
	}
	plan := s.randomPlan(s.queues[x.target.endpoint].endpoint)
	if given, ok := input["simulate"]; ok {
		if err := s.applyOverride(&plan, given); err != nil {
			return nil, v, err
		}
	}
	if o := s.config.Observer; o != nil {
		o.Plan(string(x.body), &plan)
	}
	// A prompt that is not a string is ignored.
	_ = json.Unmarshal(input["prompt"], &plan.Prompt)
	t = s.addTask(s.dialect.newID(s), x.target.endpoint, plan)
	t.input = x.body
	if key != "" {
		s.keys[key] = t
	}
	return t, s.snapshotOf(t, s.elapsed()), nil
}

// The outcomes of an override that are no error types.
const (
	outcomeSuccess = "success"
	outcomeExpired = "expired"
)

// maxOverrideSeconds bounds the durations of an override, in seconds.
const maxOverrideSeconds = 1e6

// outcomeNames returns the outcomes that an override can name.
func (d *dialect) outcomeNames() []string {
	list := []string{outcomeSuccess}
	if d.retention > 0 {
		list = append(list, outcomeExpired)
	}
	for _, f := range d.failures {
		if !slices.Contains(list, f.outcomeName()) {
			list = append(list, f.outcomeName())
		}
	}
	return list
}

// applyOverride changes a plan by the JSON of the member "simulate" of a create request: how long
// the task waits and runs, in seconds of the scenario, and its outcome by name. Such a task needs
// no worker. The error describes the valid values.
func (s *Server) applyOverride(plan *Plan, text json.RawMessage) error {
	override := struct {
		Queue, Run float64
		End        string // "" leaves the planned outcome
	}{Run: plan.Run.Seconds()}
	names := s.dialect.outcomeNames()
	switch err := json.Unmarshal(text, &override); {
	case err != nil:
		return errors.New(`simulate: give an object such as {"queue": 1, "run": 2, "end": "success"}`)
	case !(min(override.Queue, override.Run) >= 0 && max(override.Queue, override.Run) <= maxOverrideSeconds):
		return fmt.Errorf("simulate: queue and run are seconds, from 0 to %g", maxOverrideSeconds)
	case override.End != "" && !slices.Contains(names, override.End):
		return errors.New("simulate: end is one of " + strings.Join(names, ", "))
	}
	second := float64(time.Second)
	plan.Queue = max(1, time.Duration(override.Queue*second)) // not 0: it needs no worker of the endpoint
	plan.Run = time.Duration(math.Round(override.Run * second))
	if override.End == "" {
		return nil
	}
	failure{}.applyTo(plan)
	if override.End == outcomeExpired {
		plan.Retention = NotRetained
	}
	if i := slices.IndexFunc(s.dialect.failures, func(f failure) bool { return f.outcomeName() == override.End }); i >= 0 {
		s.dialect.failures[i].applyTo(plan)
	}
	return nil
}
