package simulator

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

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

// name returns the failure's name in a fate.
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

// ends returns the possible ends of a fate at a service.
func ends(service Service) []string {
	list := []string{endSuccess}
	if service != SeaCloud {
		list = append(list, endExpired)
	}
	for _, f := range scenarios[service].failures {
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
	case w.End == endExpired && s.service() != SeaCloud:
		plan.Kept = NotKept
		return nil
	}
	ways := scenarios[s.service()].failures
	i := slices.IndexFunc(ways, func(f failure) bool { return f.name() == w.End })
	if i < 0 {
		return fmt.Errorf("simulate: end is one of %s", strings.Join(ends(s.service()), ", "))
	}
	ways[i].put(plan)
	return nil
}
