package simulator

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// wish is what the body of a create request can say under "simulate" of the task's
// fate: how long it waits and runs, in seconds of the scenario, and how it ends. Such
// a task needs none of its endpoint's workers.
type wish struct {
	Queue *float64 `json:"queue"`
	Run   *float64 `json:"run"`
	// End is success, expired, or an error type of the service.
	End string `json:"end"`
}

// The ends of a wish that are no error types.
const (
	endSuccess = "success"
	endExpired = "expired"
)

// maxWish bounds the seconds of a wish.
const maxWish = 1e6

// name returns what a wish calls the failure.
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

// ends returns the ends that a wish can have at a service.
func ends(service Service) []string {
	list := []string{endSuccess}
	if service != SeaCloud {
		list = append(list, endExpired)
	}
	for _, f := range scenes[service].failures {
		if !slices.Contains(list, f.name()) {
			list = append(list, f.name())
		}
	}
	return list
}

// grant changes a plan as the text of a wish says. It returns an error that tells
// what a wish can be.
func (s *Server) grant(plan *Plan, text json.RawMessage) error {
	var w wish
	if err := json.Unmarshal(text, &w); err != nil {
		return fmt.Errorf(`simulate: give an object such as {"queue": 1, "run": 2, "end": "success"}`)
	}
	for _, seconds := range []*float64{w.Queue, w.Run} {
		if seconds != nil && !(*seconds >= 0 && *seconds <= maxWish) {
			return fmt.Errorf("simulate: queue and run are seconds, from 0 to %g", maxWish)
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
	ways := scenes[s.service()].failures
	i := slices.IndexFunc(ways, func(f failure) bool { return f.name() == w.End })
	if i < 0 {
		return fmt.Errorf("simulate: end is one of %s", strings.Join(ends(s.service()), ", "))
	}
	ways[i].put(plan)
	return nil
}
