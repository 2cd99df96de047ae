//go:build unix

package e2e

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"polltop/poller/simulator"
	"polltop/poller/simulator/faulty"
)

const flux = "fal-ai/flux/dev"

// serveFal starts a simulated fal, and returns the environment of a user of its queue and list.
func serveFal(t *testing.T, faults ...simulator.Fault) (*service, []string) {
	s := serve(t, faulty.Config{Service: simulator.Fal, Endpoints: []simulator.Endpoint{{Name: flux}}, Faults: faults})
	return s, []string{"FAL_KEY=" + key, "ENDPOINT=" + flux}
}

// bases are the flags that name a simulated fal's queue and list.
func (s *service) bases() []string {
	return []string{"--base-url", s.url, "--service", "fal", "--base-url", s.url + "/v1/models", "--service", "fal"}
}

// post creates a task, as a program beside polltop does.
func (s *service) post(t *testing.T, endpoint, body string) (id string) {
	t.Helper()
	request, err := http.NewRequest(http.MethodPost, s.url+"/"+endpoint, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Key "+key)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var answer struct {
		RequestID string `json:"request_id"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || answer.RequestID == "" {
		t.Fatalf("created %+v, %v", answer, err)
	}
	return answer.RequestID
}

// recent writes all requests of an endpoint, as lines that polltop reads.
func TestRecentRequestsArePipedIntoPolltop(t *testing.T) {
	t.Parallel()
	s, env := serveFal(t)
	for range 205 {
		s.Submit(flux, quick)
	}
	status, lines, stderr := run(t, env, "", append(s.bases(), "recent")...)
	if n := strings.Count(lines, flux+" "); status != 0 || n != 205 || stderr != "" {
		t.Fatalf("exit status %d, %d lines: %s", status, n, stderr)
	}
	status, stdout, stderr := run(t, env, lines, append(s.bases(), "wait", "--json", "--interval", "20ms", "--rate", "1000")...)
	if all := objects(t, stdout); status != 0 || all[len(all)-1]["succeeded"] != 205.0 {
		t.Errorf("exit status %d: %s", status, stderr)
	}
	status, stdout, stderr = run(t, env, "", append(s.bases(), "recent", "--json")...)
	if first := objects(t, stdout)[0]; status != 0 || first["endpoint"] != flux || first["request_id"] == "" || first["input"] != nil {
		t.Errorf("exit status %d: %v %s", status, first, stderr)
	}
}

// What can't be listed is told with the way out, and with the exit status of its kind.
func TestRecentsExitStatus(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		env    []string
		args   []string
		fault  *simulator.FaultKind
		status int
		says   string
	}{
		"wrong key":        {env: []string{"FAL_KEY=sk-another-key"}, status: 3, says: "HTTP 401: Invalid or missing API key; check the key: FAL_KEY"},
		"no key":           {env: []string{"FAL_KEY="}, status: 2, says: "no API key"},
		"no endpoint":      {env: []string{"ENDPOINT="}, status: 2, says: "name one with --endpoint"},
		"unknown endpoint": {args: []string{"--endpoint", "fal-ai/nope"}, status: 3, says: "Endpoint not found: fal-ai/nope; if it is an app of your own"},
		"bad since":        {args: []string{"--since", "yesterday"}, status: 2, says: "--since"},
		"an argument":      {args: []string{"x"}, status: 2, says: "x"},
		"forbidden":        {fault: faulty.Forbidden403, status: 3, says: "HTTP 403"},
		"a page":           {fault: faulty.NotJSON, status: 3, says: "is no list of requests"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var faults []simulator.Fault
			if c.fault != nil {
				faults = append(faults, simulator.Fault{Kind: c.fault})
			}
			s, env := serveFal(t, faults...)
			status, stdout, stderr := run(t, append(env, c.env...), "", append(append(s.bases(), "recent"), c.args...)...)
			if status != c.status || !strings.Contains(stderr, c.says) || stdout != "" {
				t.Errorf("exit status %d, want %d; %q, want %q in it; %s", status, c.status, stderr, c.says, stdout)
			}
		})
	}
	for service, says := range map[string]string{
		"seacloud": "seacloud has no list of recent requests", "comfy": "comfy has no list of recent requests", "fal": "a host of its own, which your key goes to only if you name it too: --base-url https://api.fal.ai/v1/models",
	} {
		env := []string{"API_KEY=" + key, "FAL_KEY=" + key, "COMFY_API_KEY=" + key}
		if status, _, stderr := run(t, env, "", "recent", "--service", service); status != 2 || !strings.Contains(stderr, says) {
			t.Errorf("%s: exit status %d: %s", service, status, stderr)
		}
	}
}

// A page that is refused for a while is asked for again.
func TestRecentWaitsForTheService(t *testing.T) {
	t.Parallel()
	s, env := serveFal(t, simulator.Fault{Kind: simulator.RateLimit429, UntilPoll: 2})
	s.Submit(flux, quick)
	if status, stdout, stderr := run(t, env, "", append(s.bases(), "recent")...); status != 0 || strings.Count(stdout, "\n") != 1 {
		t.Errorf("exit status %d: %s%s", status, stdout, stderr)
	}
}

// A task of fal's that another program submitted is submitted again once fal's list was asked
// for its payload, which it is only then.
func TestFalsListHasThePayload(t *testing.T) {
	t.Parallel()
	s, env := serveFal(t)
	_, home := state(t)
	s.FailNext(simulator.Outcome{ErrorType: "runner_disconnected", Message: "the runner was lost"})
	id := s.post(t, flux, strings.TrimSpace(payload(1, "success")))
	args := []string{"--interval", "20ms", flux + "/" + id}

	term := start(t, options{env: append(env, home)}, append([]string{"--base-url", s.url, "--service", "fal"}, args...)...)
	term.waitText("failed 1")
	term.keys("R")
	term.waitText("polltop knows no payload of 1 task here", "polltop submit", "https://api.fal.ai/v1/models")
	term.keys("\x1b")
	term.waitFor("no dialog", func(screen string) bool { return !strings.Contains(screen, "No payload") })
	term.keys("q")
	term.wait()

	term = start(t, options{env: append(env, home)}, append(s.bases(), args...)...)
	term.waitText("failed 1")
	term.keys("R")
	term.waitText("fal's list of requests may have it", "Ask for 1 payload")
	term.keys("\x1b")
	term.waitFor("no dialog", func(screen string) bool { return !strings.Contains(screen, "No payload") })
	term.keys("R")
	term.waitText("fal's list of requests may have it", "Ask for 1 payload")
	term.keys("y")
	term.waitText("1 payload known now: R submits again")
	term.keys("R")
	term.waitText("Submit 1 task again", "1 task to "+flux, "y  Submit again")
	term.keys("y")
	term.waitText("done 1")
	term.keys("q")
	if status, after := term.wait(); status != 0 || !strings.Contains(after, "retried") {
		t.Errorf("exit status %d: %s", status, after)
	}
	if made := s.Created()[strings.TrimSpace(payload(1, "success"))]; made != 2 {
		t.Errorf("the payload was submitted %d times", made)
	}

	status, records, stderr := run(t, env, "", append(s.bases(), "recent", "--payloads")...)
	if !strings.Contains(records, `"input":`+strings.TrimSpace(payload(1, "success"))) {
		t.Errorf("exit status %d: %s%s", status, records, stderr)
	}
}
