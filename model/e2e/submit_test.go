//go:build unix

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"polltop/poller/queue"
	"polltop/poller/simulator"
	"polltop/poller/simulator/faulty"
)

// payload is a line with a payload whose task ends at once.
func payload(n int, end string) string {
	return fmt.Sprintf(`{"prompt":"secret prompt %d","simulate":{"queue":0,"run":0.01,"end":%q}}`+"\n", n, end)
}

func TestSubmitsExitStatus(t *testing.T) {
	t.Parallel()
	good := payload(1, "success") + payload(2, "success")
	for name, c := range map[string]struct {
		input  string
		args   []string
		fault  *simulator.FaultKind
		status int
		says   string
		made   int
	}{
		"all done":     {input: good, status: 0, says: "done  2", made: 2},
		"one failed":   {input: good + payload(3, "CONTENT_BLOCKED"), status: 1, says: "failed  1", made: 3},
		"retried":      {input: payload(3, "INFERENCE_FAILURE"), args: []string{"--retries", "1"}, status: 1, says: "failed  2", made: 2},
		"not retried":  {input: payload(3, "CONTENT_BLOCKED"), args: []string{"--retries", "3"}, status: 1, says: "failed  1", made: 1},
		"rejected":     {input: good, fault: faulty.NotCreated422, status: 1, says: "2 rejected"},
		"unknown":      {input: good, fault: faulty.CreatedReset, status: 3, says: "2 unknown whether submitted", made: 2},
		"out of time":  {input: good, args: []string{"--timeout", "300ms"}, fault: faulty.NotCreated429, status: 3, says: "2 of 2 payloads are not submitted"},
		"key refused":  {input: good, fault: faulty.Unauthorized401, status: 3, says: "key is refused"},
		"a bad line":   {input: good + "oops\n", status: 2, says: "standard input, line 3"},
		"no line":      {input: "\n", status: 2, says: "no payloads in standard input"},
		"dry run":      {input: good, args: []string{"--dry-run"}, status: 0, says: "would submit 2 tasks to wan26_i2v at 127.0.0.1"},
		"dry of none":  {input: "[]", args: []string{"--dry-run"}, status: 2, says: "no payloads in standard input"},
		"no store":     {input: good, args: []string{"--no-store"}, status: 2, says: "--no-store"},
		"bad max-live": {input: good, args: []string{"--max-live", "0"}, status: 2, says: "--max-live 0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := faulty.Config{Endpoints: []simulator.Endpoint{{Name: "wan26_i2v"}}}
			if c.fault != nil {
				config.Faults = []simulator.Fault{{Kind: c.fault}}
			}
			s := serve(t, config)
			status, _, stderr := run(t, s.env(), c.input, append([]string{"submit", "--interval", "20ms"}, c.args...)...)
			if words := strings.Join(strings.Fields(stderr), " "); status != c.status || !strings.Contains(words, strings.Join(strings.Fields(c.says), " ")) {
				t.Errorf("exit status %d, want %d; %q, want %q in it", status, c.status, stderr, c.says)
			}
			made := 0
			for _, n := range s.Created() {
				made += n
			}
			if made != c.made {
				t.Errorf("%d tasks were created, want %d", made, c.made)
			}
		})
	}
}

// An attempt that succeeds takes the ones before it out of the failed.
func TestSubmitRetriesUntilItIsDone(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{Endpoints: []simulator.Endpoint{{Name: "wan26_i2v"}}})
	dir, home := state(t)
	file := filepath.Join(dir, "p.jsonl")

	if err := os.WriteFile(file, []byte(payload(1, "success")), 0o600); err != nil {
		t.Fatal(err)
	}
	s.FailNext(simulator.Outcome{ErrorType: "INFERENCE_FAILURE", Message: "CUDA out of memory"})
	status, stdout, stderr := run(t, s.env(home), "", "submit", "--json", "--retries", "2", "--interval", "20ms", file)
	all := objects(t, stdout)
	if len(all) == 0 {
		t.Fatalf("exit status %d: %s", status, stderr)
	}
	summary := all[len(all)-1]
	if status != 0 || summary["retried"] != 1.0 || summary["succeeded"] != 1.0 || summary["failed"] != 0.0 {
		t.Errorf("exit status %d: %v %s", status, summary, stderr)
	}
	var attempts []any
	for _, o := range all {
		if o["event"] == "submission" {
			attempts = append(attempts, o["attempt"])
		}
	}
	if fmt.Sprint(attempts) != "[1 2]" {
		t.Errorf("attempts %v in %s", attempts, stdout)
	}
}

// What the user submits is in the session alone, for the user alone: not in the log, nor in
// what is printed.
func TestPayloadsStayInTheSession(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{Endpoints: []simulator.Endpoint{{Name: "wan26_i2v"}}, Faults: []simulator.Fault{{Kind: faulty.NotCreated422, UntilPoll: 2}}})
	dir, home := state(t)
	log := filepath.Join(dir, "polltop.log")
	_, stdout, stderr := run(t, s.env(home), payload(1, "success")+payload(2, "INFERENCE_FAILURE"), "submit", "--json", "--log", log, "--interval", "20ms")
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	if all := stdout + stderr + string(text); strings.Contains(all, "secret prompt") || !strings.Contains(all, `"kind":"create"`) {
		t.Errorf("a payload is in the log or the output, or no creation is:\n%s", all)
	}
	err = filepath.WalkDir(filepath.Join(dir, "polltop"), func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if info, err := entry.Info(); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has the rights %v, %v", path, info.Mode(), err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// A command of --exec gets the input where that is asked for alone.
func TestExecGetsPayloadsWhereAskedFor(t *testing.T) {
	t.Parallel()
	for _, asked := range []bool{false, true} {
		s := serve(t, faulty.Config{Endpoints: []simulator.Endpoint{{Name: "wan26_i2v"}}})
		dir, home := state(t)
		file, log, got := filepath.Join(dir, "p.jsonl"), filepath.Join(dir, "polltop.log"), filepath.Join(dir, "got")
		if err := os.WriteFile(file, []byte(payload(1, "INFERENCE_FAILURE")), 0o600); err != nil {
			t.Fatal(err)
		}
		args := []string{"submit", "--yes", "--interval", "20ms", "--log", log, "--exec", "cat > '" + got + "'; env >> '" + log + "'"}
		if asked {
			args = append(args, "--exec-payload")
		}
		term := start(t, options{env: s.env(home)}, append(args, file)...)
		term.waitText("--exec: 1 command run")
		term.keys("q")
		term.wait()
		task, err := os.ReadFile(got)
		text, logErr := os.ReadFile(log)
		if err != nil || logErr != nil || strings.Contains(string(task), "secret prompt 1") != asked || strings.Contains(string(text), "secret prompt") || !strings.Contains(string(task), `"payload":1`) {
			t.Errorf("asked for %v: the command got %s, %v; in the log and its environment: %s, %v", asked, task, err, text, logErr)
		}
	}
}

// The dashboard counts what is yet to be submitted, submits what failed again after a question,
// and asks about what may or may not have been submitted.
func TestDashboardSubmitsAgain(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{Endpoints: []simulator.Endpoint{{Name: "wan26_i2v"}}})
	dir, home := state(t)
	file := filepath.Join(dir, "p.jsonl")
	if err := os.WriteFile(file, []byte(payload(1, "success")+payload(2, "success")), 0o600); err != nil {
		t.Fatal(err)
	}
	s.FailNext(simulator.Outcome{ErrorType: "INFERENCE_FAILURE", Message: "CUDA out of memory"})
	term := start(t, options{env: s.env(home)}, "submit", "--interval", "20ms", file)
	term.waitText("Submit 2 tasks to wan26_i2v at 127.0.0.1", "[y/N]")
	term.keys("y\r")
	term.waitText("failed 1", "done 1")
	term.keys("f")
	term.waitText("CUDA out of memory")
	term.keys("R")
	term.waitText("Submit 1 task again", "1 task to wan26_i2v", "y  Submit again")
	term.keys("y")
	term.waitText("done 2")
	term.keys("1")
	term.waitText("↻ retried")
	term.keys("q")
	if status, after := term.wait(); status != 0 || !strings.Contains(after, "retried") {
		t.Errorf("exit status %d: %s", status, after)
	}

	s.SetFaults(simulator.Fault{Kind: faulty.CreatedReset})
	if status, _, stderr := run(t, s.env(home), payload(3, "success"), "submit", "--interval", "20ms"); status != 3 {
		t.Fatalf("exit status %d: %s", status, stderr)
	}
	s.SetFaults()
	term = start(t, options{env: s.env(home)})
	term.waitText("1 payload may or may not have been submitted", "connection", "del  Give up")
	term.keys("R")
	term.waitText("done 3")
	term.keys("q")
	if status, after := term.wait(); status != 0 {
		t.Errorf("exit status %d: %s", status, after)
	}
}

// With --download, exit status 0 means that the outputs are on disk.
func TestSubmitDownloadsTheOutputs(t *testing.T) {
	t.Parallel()
	for _, kind := range simulator.Services() {
		endpoint := map[simulator.Service]string{simulator.SeaCloud: "wan26_i2v", simulator.Fal: "fal-ai/flux/dev", simulator.Comfy: "bfl/flux-2-pro"}[kind]
		s := serve(t, faulty.Config{Service: kind, Endpoints: []simulator.Endpoint{{Name: endpoint}}})
		out := filepath.Join(t.TempDir(), "out")
		args := []string{"submit", "--json", "--interval", "20ms", "--download", "--output-dir", out, "--endpoint", endpoint}
		env := s.env("POLLTOP_SERVICE="+string(kind), "COMFY_API_KEY="+key, "FAL_KEY="+key)
		status, stdout, stderr := run(t, env, payload(1, "success")+payload(2, "success"), args...)
		all := objects(t, stdout)
		found, err := filepath.Glob(filepath.Join(out, "*"))
		if err != nil || status != 0 || len(found) < 2 || all[len(all)-1]["files"].(float64) < 2 {
			t.Errorf("%s: exit status %d, %d files in %s: %s", kind, status, len(found), stdout, stderr)
		}
		if status, _, stderr := run(t, env, payload(1, "success"), append(args, "--max-download", "1B")...); status != 1 || !strings.Contains(stderr, "not downloaded") {
			t.Errorf("%s: exit status %d where the outputs are too large: %s", kind, status, stderr)
		}
	}
}

// A adds payloads, and export writes what was submitted with as lines that submit reads.
func TestPayloadsAreAddedAndExported(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{Endpoints: []simulator.Endpoint{{Name: "wan26_i2v"}}})
	_, home := state(t)
	term := start(t, options{env: s.env(home)}, "--interval", "20ms")
	term.waitText("No tasks yet")
	term.keys("A")
	term.waitText("Submit payloads")
	term.paste(payload(1, "success") + "oops")
	term.keys("\x13")
	term.waitText("line 2")
	term.keys("A")
	term.waitText("oops")
	term.keys("\x7f\x7f\x7f\x7f")
	term.paste(payload(2, "CONTENT_BLOCKED"))
	term.keys("\x13")
	term.waitText("2 tasks to wan26_i2v", "y  Submit")
	term.keys("y")
	term.waitText("done 1", "failed 1")
	term.keys("A")
	term.waitText("Submit payloads", "with the model's parameters") // the text is gone
	term.keys("\x1b")
	term.waitFor("no dialog", func(screen string) bool { return !strings.Contains(screen, "Submit payloads") })
	term.keys("f")
	term.waitText("failed 1", "CONTENT_BLOCKED")
	term.keys("Y")
	term.waitText("curl to submit")
	term.keys("p")
	term.waitText("copied curl command that submits it")
	term.keys("q")
	if status, after := term.wait(); status != 0 {
		t.Errorf("exit status %d: %s", status, after)
	}

	status, failed, stderr := run(t, s.env(home), "", "export", "--state", "failed", "--format", "payloads")
	if want := `{"endpoint":"wan26_i2v","input":` + strings.TrimSpace(payload(2, "CONTENT_BLOCKED")) + "}\n"; status != 0 || failed != want {
		t.Errorf("exit status %d, exported %q, want %q: %s", status, failed, want, stderr)
	}
	if status, stdout, stderr := run(t, s.env(home), failed, "submit", "--dry-run"); status != 0 || stdout != failed {
		t.Errorf("exit status %d: %q, want %q: %s", status, stdout, failed, stderr)
	}
}

// A batch can be stopped: what waits is given up, and who starts again is told what waits.
func TestSubmittingIsStopped(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{Endpoints: []simulator.Endpoint{{Name: "wan26_i2v"}}})
	_, home := state(t)
	long := strings.ReplaceAll(payload(1, "success")+payload(2, "success")+payload(3, "success"), "0.01", "3600")
	status, _, stderr := run(t, s.env(home), long, "submit", "--max-live", "1", "--timeout", "500ms")
	if status != 3 || !strings.Contains(stderr, "2 of 3 payloads are not submitted") {
		t.Fatalf("exit status %d: %s", status, stderr)
	}
	_, _, stderr = run(t, s.env(home), payload(4, "success"), "submit", "--interval", "20ms")
	if !strings.Contains(stderr, "session default has 2 other payloads that are yet to be submitted") {
		t.Errorf("told %s", stderr)
	}
	term := start(t, options{env: s.env(home)})
	term.waitText("submitting 2 payloads: R stops that", "2 to submit")
	term.keys("R")
	term.waitText("2 payloads still to be submitted", "del  Give up")
	term.keys("\x1b[3~")
	term.waitText("gave up 2 payloads")
	term.keys("q")
	if status, after := term.wait(); status != 0 {
		t.Errorf("exit status %d: %s", status, after)
	}
	if n := len(s.Created()); n != 2 {
		t.Errorf("%d tasks were created", n)
	}
}

// A record that has its input beside its request id can be submitted again.
func TestRecordsWithInputsAreSubmittedAgain(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{Endpoints: []simulator.Endpoint{{Name: "wan26_i2v"}}})
	dir, home := state(t)
	file := filepath.Join(dir, "jobs.json")
	failed := simulator.Plan{Outcome: simulator.Outcome{ErrorType: "INFERENCE_FAILURE", Message: "CUDA out of memory"}}
	record := func(n int) string {
		return fmt.Sprintf(`{"request_id": %q, "input": %s}`, s.Submit("wan26_i2v", failed), strings.TrimSpace(payload(n, "success")))
	}
	if err := os.WriteFile(file, []byte("["+record(1)+",\n"+record(2)+"]"), 0o600); err != nil {
		t.Fatal(err)
	}
	term := start(t, options{env: s.env(home)}, "--interval", "20ms", file)
	term.waitText("failed 2")
	term.paste(record(3))
	term.waitText("failed 3")
	term.keys("g")
	term.waitText("3 worth submitting again")
	term.keys("R")
	term.waitText("Submit 3 tasks again", "3 tasks to wan26_i2v", "y  Submit again")
	term.keys("y")
	term.waitText("done 3")
	term.keys("q")
	if status, after := term.wait(); status != 0 || !strings.Contains(after, "retried") {
		t.Errorf("exit status %d: %s", status, after)
	}
	status, stdout, stderr := run(t, s.env(home), "", "export", "--format", "payloads")
	for n := range 3 {
		if want := `"input":` + strings.TrimSpace(payload(n+1, "success")); !strings.Contains(stdout, want) {
			t.Errorf("exit status %d: %s is missing in %s: %s", status, want, stdout, stderr)
		}
	}
	// Also of what is piped, but for what is too long.
	long := strings.Replace(record(5), "secret", strings.Repeat("x", queue.MaxInput), 1)
	status, _, stderr = run(t, s.env(home), record(4)+"\n"+long, "wait", "--session", "piped", "--interval", "20ms")
	if status != 1 || !strings.Contains(stderr, "inputs not kept, so that their tasks can't be submitted again: 1 (longer than 10 MiB)") {
		t.Errorf("exit status %d: %.500s", status, stderr)
	}
	if _, stdout, stderr = run(t, s.env(home), "", "export", "--session", "piped", "--format", "payloads"); strings.Count(stdout, "\n") != 1 || !strings.Contains(stdout, strings.TrimSpace(payload(4, "success"))) || !strings.Contains(stderr, "1 of 2 tasks are left out") {
		t.Errorf("exported %.500s: %s", stdout, stderr)
	}
}

// A payload without a task has a row of its own, which the task then takes.
func TestPayloadsHaveRows(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{Endpoints: []simulator.Endpoint{{Name: "wan26_i2v"}}})
	dir, home := state(t)
	file := filepath.Join(dir, "p.jsonl")
	long := strings.ReplaceAll(payload(1, "success")+payload(2, "success")+payload(3, "success"), "0.01", "3600")
	if err := os.WriteFile(file, []byte(long), 0o600); err != nil {
		t.Fatal(err)
	}
	term := start(t, options{env: s.env(home), width: 100, height: 30}, "submit", "--yes", "--max-live", "1", "--interval", "20ms", file)
	term.waitText("all 3", "queued 2", "running 1", "2 to submit", "to submit    payload 2", "to submit    payload 3")
	if title := term.written(); !strings.Contains(title, "polltop 0/3") {
		t.Error("the title does not count what is yet to be submitted")
	}
	term.keys("2", "G", "x")
	term.waitText("del gives up what is not submitted")
	term.keys("\x1b[3~")
	term.waitText("gave up 1 payload", "queued 1", "canceled 1")
	term.keys("q")
	term.waitText("1 payload is not submitted yet: the next polltop of the session goes on", "Quit without")
	term.keys("q")
	if status, after := term.wait(); status != 0 || !strings.Contains(after, "1 waiting to submit, 1 given up") {
		t.Errorf("exit status %d: %s", status, after)
	}

	// Rejected and unknown ones are shown as such after a restart too.
	s.SetFaults(simulator.Fault{Kind: faulty.NotCreated422})
	_, other := state(t)
	run(t, s.env(other), payload(4, "success"), "submit", "--interval", "20ms")
	s.SetFaults(simulator.Fault{Kind: faulty.CreatedReset})
	run(t, s.env(other), payload(5, "success"), "submit", "--interval", "20ms")
	s.SetFaults()
	term = start(t, options{env: s.env(other), width: 100, height: 30})
	term.waitText("1 payload may or may not have been submitted", "Later, with R")
	term.keys(esc)
	term.waitFor("no question", func(screen string) bool { return !strings.Contains(screen, "Later, with R") })
	term.waitText("all 2", "failed 1", "unknown 1", "✗ rejected", "payload 1", "unknown", "payload 2", "may or may not")
	term.keys("5", "R")
	term.waitText("1 task to wan26_i2v at", "Submit again")
	term.keys("y")
	term.waitText("done 1", "failed 0", "unknown 1")
	term.keys("7")
	term.waitText("payload 2")
	term.keys("\x1b[3~")
	term.waitText("gave up 1 payload", "canceled 1")
	term.keys("q")
	if status, after := term.wait(); status != 0 {
		t.Errorf("exit status %d: %s", status, after)
	}
}

// Where results are deleted soon the question offers to download them.
func TestSubmitToFalOffersToDownload(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{Service: simulator.Fal, Endpoints: []simulator.Endpoint{{Name: "fal-ai/flux/dev"}}})
	dir, home := state(t)
	file, out := filepath.Join(dir, "p.jsonl"), filepath.Join(dir, "out")
	if err := os.WriteFile(file, []byte(payload(1, "success")), 0o600); err != nil {
		t.Fatal(err)
	}
	env := s.env(home, "POLLTOP_SERVICE=fal", "FAL_KEY="+key, "ENDPOINT=fal-ai/flux/dev")
	term := start(t, options{env: env, width: 100, height: 24}, "submit", "--interval", "20ms", "--output-dir", out, file)
	term.waitText("fal deletes results after an hour", "d: yes and --download")
	term.keys("d\r")
	term.waitText("done 1", "downloaded")
	term.keys("q")
	if status, after := term.wait(); status != 0 {
		t.Errorf("exit status %d: %s", status, after)
	}
	if files, err := os.ReadDir(out); err != nil || len(files) == 0 {
		t.Errorf("in the directory are %v, %v", files, err)
	}
	_, other := state(t)
	term = start(t, options{env: append(env, other), width: 100, height: 24})
	term.waitText("fal deletes results after an hour")
}
