package session_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/poller/session/sessiontest"
	"polltop/poller/simulator"
	"polltop/poller/simulator/faulty"
)

// given returns requests of n tasks with their inputs.
func (r *rig) given(n int, plan simulator.Plan) []queue.Request {
	requests := r.Submit(n, plan)
	for i := range requests {
		requests[i].Input = fmt.Sprintf(fast, i+1, "success")
	}
	return requests
}

// A request that comes with its input can be submitted again, whichever process it is given to,
// also after a restart.
func TestInputsAreKeptWithTheirRequests(t *testing.T) {
	r := newRig(t, faulty.Config{Endpoints: []simulator.Endpoint{{Name: "e"}}})
	requests := r.given(4, simulator.Plan{Outcome: simulator.Outcome{ErrorType: "INFERENCE_FAILURE"}})
	owner := r.run()
	if tracked := owner.Track(requests[:2]); tracked.Added != 2 || tracked.InputsNotStored != 0 {
		t.Errorf("tracked %+v", tracked)
	}
	viewer := r.run()
	viewer.Await("that it views", func(_ map[int32]*poller.Task, u poller.Update) bool { return u.Persistence.PolledBy != "" })
	viewer.Track(requests)
	viewer.settled(map[poller.PayloadState]int{poller.PayloadSubmitted: 4})
	viewer.Await("4 failed", sessiontest.Ended(4))
	for _, task := range viewer.Tasks {
		if input, ok := viewer.Input(task.Payload); !ok || string(input) != requests[task.Seq].Input || task.Request.Input != "" {
			t.Errorf("the input of task %d is %q, %v; in the task %q", task.Seq, input, ok, task.Request.Input)
		}
	}
	viewer.Stop()
	owner.Stop()
	owner = r.run()
	owner.settled(map[poller.PayloadState]int{poller.PayloadSubmitted: 4})
	if n := owner.Resubmit(1, 4); n != 2 {
		t.Errorf("%d are submitted again", n)
	}
	owner.Await("6 ended", sessiontest.Ended(6))
	if times := r.times(); !slices.Equal(times, []int{1, 1}) {
		t.Errorf("created %v times", times)
	}
	owner.Await("that the first attempts are retried", func(tasks map[int32]*poller.Task, _ poller.Update) bool {
		return tasks[0].State == poller.Retried && tasks[3].State == poller.Retried && tasks[1].State == poller.Failed
	})
}

// The tasks that were given do not count against the live tasks of what is submitted again.
func TestGivenTasksLeaveRoom(t *testing.T) {
	r := newRig(t, faulty.Config{Endpoints: []simulator.Endpoint{{Name: "e"}}})
	failed := r.given(1, simulator.Plan{Outcome: simulator.Outcome{ErrorType: "INFERENCE_FAILURE"}})
	owner := r.run()
	owner.Track(append(r.given(2*poller.DefaultMaxLive, simulator.Plan{Run: time.Hour}), failed...))
	owner.Await("1 failed", sessiontest.Ended(1))
	owner.settled(map[poller.PayloadState]int{poller.PayloadSubmitted: 1 + 2*poller.DefaultMaxLive})
	if n := owner.Resubmit(1 + 2*poller.DefaultMaxLive); n != 1 {
		t.Fatalf("%d are submitted again", n)
	}
	owner.Await("the second attempt", sessiontest.Ended(2))
}

// An input that is known already stays, one that is told later is added, and one that is too
// long is not kept, which is said.
func TestWhichInputsAreKept(t *testing.T) {
	r := newRig(t, faulty.Config{Endpoints: []simulator.Endpoint{{Name: "e"}}})
	requests := r.given(2, simulator.Plan{Run: time.Hour})
	later := requests[1]
	requests[1].Input = `{"long":"` + strings.Repeat("x", queue.MaxInput) + `"}`
	owner := r.run()
	if tracked := owner.Track(requests); tracked.InputsNotStored != 1 || tracked.InputError != "longer than 10 MiB" {
		t.Errorf("tracked %+v", tracked)
	}
	requests[0].Input = `{"other":1}`
	owner.Track([]queue.Request{requests[0], later})
	owner.settled(map[poller.PayloadState]int{poller.PayloadSubmitted: 2})
	for number, want := range map[int64]string{1: fmt.Sprintf(fast, 1, "success"), 2: later.Input} {
		if input, _ := owner.Input(number); string(input) != want {
			t.Errorf("payload %d is %q, want %q", number, input, want)
		}
	}
}

// An input that came without an endpoint is submitted to the one that is told later.
func TestEndpointOfAnInputIsCorrected(t *testing.T) {
	r := newRig(t, faulty.Config{Endpoints: []simulator.Endpoint{{Name: "e"}}})
	request := r.given(1, simulator.Plan{Run: time.Hour})[0]
	assumed := request
	assumed.Endpoint, assumed.EndpointAssumed = "default", true
	owner := r.run()
	owner.Track([]queue.Request{assumed})
	request.Input = ""
	if tracked := owner.Track([]queue.Request{request}); tracked.Corrected != 1 {
		t.Fatalf("tracked %+v", tracked)
	}
	owner.Await("the endpoint of the payload", func(map[int32]*poller.Task, poller.Update) bool {
		return owner.Payloads[1] != nil && owner.Payloads[1].Endpoint == "e"
	})
}
