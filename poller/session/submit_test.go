package session_test

import (
	"fmt"
	"io"
	"maps"
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

// fast is an input whose task ends at once.
const fast = `{"n":%d,"simulate":{"queue":0,"run":0.05,"end":%q}}`

// source returns n payloads with different inputs for an endpoint.
func (r *rig) source(n, maxLive int, input string) func() (*poller.Payload, []byte, error) {
	i := 0
	return func() (*poller.Payload, []byte, error) {
		if i++; i > n {
			return nil, nil, io.EOF
		}
		return &poller.Payload{Base: r.Base, Endpoint: "e", Attempt: 1, Key: fmt.Sprint("k", i), MaxLive: maxLive}, fmt.Appendf(nil, input, i, "success"), nil
	}
}

// creating starts a service with the endpoint e.
func creating(t *testing.T, faults ...simulator.Fault) *rig {
	return newRig(t, faulty.Config{Endpoints: []simulator.Endpoint{{Name: "e"}}, Faults: faults})
}

// states returns how many payloads are in each state.
func (p *process) states() map[poller.PayloadState]int {
	counts := map[poller.PayloadState]int{}
	for _, payload := range p.Payloads {
		counts[payload.State]++
	}
	return counts
}

// settled waits until payloads are in these states.
func (p *process) settled(wanted map[poller.PayloadState]int) {
	p.Await(fmt.Sprint("payloads ", wanted), func(map[int32]*poller.Task, poller.Update) bool { return maps.Equal(p.states(), wanted) })
}

// times returns how often each input was created.
func (r *rig) times() []int {
	return slices.Sorted(maps.Values(r.Server.Created()))
}

func TestPayloadsAreSubmittedAsTasksEnd(t *testing.T) {
	r := creating(t)
	p := r.run()
	if n, err := p.AddPayloads(r.source(40, 3, fast)); n != 40 || err != nil {
		t.Fatal(n, err)
	}
	most := 0
	p.Await("40 done", func(tasks map[int32]*poller.Task, _ poller.Update) bool {
		live, done := 0, 0
		for _, task := range tasks {
			if task.State == poller.Succeeded {
				done++
			} else {
				live++
			}
		}
		most = max(most, live)
		return done == 40
	})
	if most > 3 {
		t.Errorf("%d tasks were live at once", most)
	}
	if times := r.times(); len(times) != 40 || times[39] != 1 {
		t.Errorf("created %v times", times)
	}
	p.settled(map[poller.PayloadState]int{poller.PayloadSubmitted: 40})
}

// What may have been created is not sent again but by the user, also after a restart.
func TestUnknownSubmissionIsTheUsersToRepeat(t *testing.T) {
	r := creating(t, simulator.Fault{Kind: faulty.CreatedReset})
	p := r.run()
	p.AddPayloads(r.source(3, 9, fast))
	p.settled(map[poller.PayloadState]int{poller.PayloadUnknown: 3})
	r.Server.SetFaults()
	p.Stop()
	p = r.run()
	p.settled(map[poller.PayloadState]int{poller.PayloadUnknown: 3})
	p.GiveUp(2)
	if n := p.Resubmit(1, 2, 99); n != 2 {
		t.Errorf("%d are submitted again", n)
	}
	p.settled(map[poller.PayloadState]int{poller.PayloadUnknown: 1, poller.PayloadSubmitted: 2})
	if times := r.times(); !slices.Equal(times, []int{1, 2, 2}) {
		t.Errorf("created %v times", times)
	}
	if n := p.Resubmit(3); n != 1 {
		t.Errorf("%d are submitted again", n)
	}
	p.Await("3 done", sessiontest.Ended(3))
}

func TestRefusedPayloadIsSentAgainLater(t *testing.T) {
	r := creating(t, simulator.Fault{Kind: faulty.NotCreated429, UntilPoll: 4}, simulator.Fault{Kind: faulty.NotCreated503, FromPoll: 4, UntilPoll: 6, RetryAfter: time.Millisecond})
	p := r.run()
	p.AddPayloads(r.source(3, 9, fast))
	p.Await("3 done", sessiontest.Ended(3))
	if times := r.times(); !slices.Equal(times, []int{1, 1, 1}) {
		t.Errorf("created %v times", times)
	}
}

func TestRejectedPayloadSaysWhy(t *testing.T) {
	r := creating(t, simulator.Fault{Kind: faulty.NotCreated422})
	p := r.run()
	p.AddPayloads(r.source(20, 9, fast))
	p.settled(map[poller.PayloadState]int{poller.PayloadRejected: 20})
	if why := p.Payloads[7].Fault; why.Message != "prompt: Field required" || why.HTTP != 422 {
		t.Errorf("rejected: %v", why)
	}
	if n := r.Server.Stats().Requests; n != 20 {
		t.Errorf("%d requests", n)
	}
}

// A service that answers with the task of another payload, or of the attempt before, has not shown that it
// created one.
func TestOneTaskForSeveralPayloads(t *testing.T) {
	r := creating(t, simulator.Fault{Kind: faulty.CreatedSame})
	p := r.run()
	p.AddPayloads(r.source(3, 9, fast))
	p.settled(map[poller.PayloadState]int{poller.PayloadSubmitted: 1, poller.PayloadUnknown: 2})
	for _, payload := range p.Payloads {
		if payload.State == poller.PayloadUnknown && !strings.Contains(payload.Fault.Message, "which another payload has") {
			t.Errorf("%d: %v", payload.Number, payload.Fault)
		}
	}
	p.Stop()
	p = r.run()
	p.settled(map[poller.PayloadState]int{poller.PayloadSubmitted: 1, poller.PayloadUnknown: 2})
}

// A gateway's page is no refusal of the service's.
func TestPayloadsWaitWhereAGatewayAnswers(t *testing.T) {
	r := creating(t, simulator.Fault{Kind: faulty.NotCreatedPage, UntilPoll: 5})
	p := r.run()
	p.AddPayloads(r.source(9, 9, fast))
	p.Await("9 done", sessiontest.Ended(9))
	if times := r.times(); !slices.Equal(times, []int{1, 1, 1, 1, 1, 1, 1, 1, 1}) {
		t.Errorf("created %v times", times)
	}
}

// After three refusals about the account, the rest of a batch is not tried.
func TestRefusedEndpointRejectsTheRest(t *testing.T) {
	r := creating(t, simulator.Fault{Kind: faulty.Forbidden403})
	p := r.run()
	p.AddPayloads(r.source(200, 1, fast))
	p.settled(map[poller.PayloadState]int{poller.PayloadRejected: 200})
	if n := r.Server.Stats().Requests; n != 3 {
		t.Errorf("%d requests were made", n)
	}
}

// A service that is down gets the payloads when it is back.
func TestPayloadsWaitForTheService(t *testing.T) {
	r := creating(t)
	p := r.run()
	r.Server.SetFaults(simulator.Fault{Kind: faulty.Unauthorized401, UntilPoll: 2})
	p.AddPayloads(r.source(4, 9, fast))
	p.Await("4 done", sessiontest.Ended(4))
	if times := r.times(); !slices.Equal(times, []int{1, 1, 1, 1}) {
		t.Errorf("created %v times", times)
	}
}

func TestViewersPayloadsAreSentByTheOwner(t *testing.T) {
	r := creating(t)
	owner := r.run()
	owner.Await("the first update", func(_ map[int32]*poller.Task, u poller.Update) bool { return u.Persistence.Session != "" })
	viewer := r.run()
	viewer.Await("that it views", func(_ map[int32]*poller.Task, u poller.Update) bool { return u.Persistence.PolledBy != "" })
	if n, err := viewer.AddPayloads(r.source(3, 9, fast)); n != 3 || err != nil {
		t.Fatal(n, err)
	}
	viewer.Await("3 done", sessiontest.Ended(3))
	viewer.settled(map[poller.PayloadState]int{poller.PayloadSubmitted: 3})
	if input, ok := viewer.Input(2); !ok || string(input) != fmt.Sprintf(fast, 2, "success") {
		t.Errorf("input %q, %v", input, ok)
	}
	viewer.Resubmit(2)
	viewer.Await("4 done", sessiontest.Ended(4))
	if times := r.times(); !slices.Equal(times, []int{1, 1, 2}) {
		t.Errorf("created %v times", times)
	}
	viewer.Await("the link to the first attempt", func(tasks map[int32]*poller.Task, _ poller.Update) bool {
		attempts := map[int32]*poller.Task{}
		for _, task := range tasks {
			if task.Payload == 2 {
				attempts[task.Attempt] = task
			}
		}
		return len(attempts) == 2 && attempts[2].RetryOf == attempts[1].Request.ID && attempts[1].RetryOf == ""
	})
}

// Ending polltop waits for what is being created.
func TestEndWaitsForACreation(t *testing.T) {
	r := newRig(t, faulty.Config{Endpoints: []simulator.Endpoint{{Name: "e"}}, Latency: 300 * time.Millisecond})
	p := r.run()
	p.AddPayloads(r.source(1, 9, fast))
	p.Await("that it is sent", func(map[int32]*poller.Task, poller.Update) bool {
		return len(p.Payloads) == 1 && p.Payloads[1].State == poller.PayloadSending
	})
	p.Stop()
	p = r.run()
	p.settled(map[poller.PayloadState]int{poller.PayloadSubmitted: 1})
	if times := r.times(); !slices.Equal(times, []int{1}) {
		t.Errorf("created %v times", times)
	}
}

// Comfy Router knows a payload again by its idempotency key.
func TestKeyedPayloadIsRepeated(t *testing.T) {
	r := newRig(t, faulty.Config{Service: simulator.Comfy, Endpoints: []simulator.Endpoint{{Name: "bfl/flux"}}, Faults: []simulator.Fault{{Kind: faulty.CreatedReset, UntilPoll: 2}, {Kind: faulty.CreatedGateway, UntilPoll: 3}}})
	var err error
	if r.Base, err = queue.ParseBaseAs(r.Base.String(), queue.Comfy); err != nil {
		t.Fatal(err)
	}
	p := r.run()
	source := r.source(2, 9, fast)
	p.AddPayloads(func() (*poller.Payload, []byte, error) {
		payload, input, err := source()
		if err == nil {
			payload.Endpoint = "bfl/flux"
		}
		return payload, input, err
	})
	p.Await("2 done", sessiontest.Ended(2))
	if times := r.times(); !slices.Equal(times, []int{1, 1}) {
		t.Errorf("created %v times", times)
	}
}

// A payload without a task gives its place to the one that it is edited to.
func TestEditedPayloadTakesThePlaceOfARejectedOne(t *testing.T) {
	r := creating(t, simulator.Fault{Kind: faulty.NotCreated422})
	p := r.run()
	p.AddPayloads(r.source(2, 9, fast))
	p.settled(map[poller.PayloadState]int{poller.PayloadRejected: 2})
	r.Server.SetFaults()
	row := p.Payloads[1].Placeholder().Seq
	given := r.source(1, 9, fast)
	p.AddPayloads(func() (*poller.Payload, []byte, error) {
		payload, input, err := given()
		if err == nil {
			payload.Replaces, payload.Attempt = 1, 2
		}
		return payload, input, err
	})
	p.settled(map[poller.PayloadState]int{poller.PayloadRejected: 1, poller.PayloadReplaced: 1, poller.PayloadSubmitted: 1})
	p.Await("1 done", sessiontest.Ended(1))
	if n := p.Resubmit(1); n != 0 || p.Tasks[row] == nil || p.Tasks[row].Payload != 3 {
		t.Errorf("%d replaced payloads are sent again; the tasks are %v", n, p.Tasks)
	}
	p.GiveUp(1, 3)
	p.Stop()
	p = r.run()
	p.settled(map[poller.PayloadState]int{poller.PayloadRejected: 1, poller.PayloadReplaced: 1, poller.PayloadSubmitted: 1})
}

// The row that stands for a payload is the one that its task takes, also after a restart and
// beside tasks that are added meanwhile.
func TestTaskTakesTheRowOfItsPayload(t *testing.T) {
	const slow = `{"n":%d,"simulate":{"queue":0,"run":0.5,"end":%q}}`
	r := creating(t)
	p := r.run()
	p.AddPayloads(r.source(3, 1, slow))
	p.settled(map[poller.PayloadState]int{poller.PayloadSubmitted: 1, poller.PayloadWaiting: 2})
	p.Track([]queue.Request{{ID: "mmsu_other", Endpoint: "e", Base: r.Base}})
	p.Stop()
	p = r.run()
	rows := map[int32]int64{}
	p.Await("3 done", func(tasks map[int32]*poller.Task, _ poller.Update) bool {
		for _, payload := range p.Payloads {
			if unsent := payload.Placeholder(); unsent != nil {
				rows[unsent.Seq] = payload.Number
			}
		}
		done := 0
		for _, task := range tasks {
			if task.State == poller.Succeeded {
				done++
			}
		}
		return done == 3
	})
	for _, task := range p.Tasks {
		if of, waited := rows[task.Seq]; waited && of != task.Payload {
			t.Errorf("payload %d has the row of payload %d", task.Payload, of)
		}
	}
	if len(p.Tasks) != 4 || len(rows) < 2 {
		t.Errorf("%d tasks and %d rows of payloads", len(p.Tasks), len(rows))
	}
}
