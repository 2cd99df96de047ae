//go:build unix

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"polltop/poller/simulator/faulty"
)

// mixed is a text with a line of each verdict around a task.
func mixed(task string) string {
	return "\n" + task + "\nshot_01 mmsu_01kdj46abw60h2nbpka9tgx22v\nrequest_id: no id here\n"
}

func TestScriptsTellUnsureAndRefusedLines(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	done := s.Submit("wan26_i2v", quick)
	const unsure, refused = "unsure, line 3: mmsu_01kdj46abw60h2nbpka9tgx22v: is shot_01 its endpoint?", "line 4: what stands for the request id is none"
	for name, c := range map[string]struct {
		stdin  string
		args   []string
		status int
		says   []string
		never  string
	}{
		"wait":                  {stdin: mixed(done), args: []string{"wait"}, status: 3, says: []string{unsure, refused}},
		"status":                {stdin: mixed(done), args: []string{"status"}, status: 3, says: []string{unsure, refused}},
		"only unsure":           {stdin: "task_id: 833446756123456789\n", args: []string{"wait"}, status: 3, says: []string{"line 1: 833446756123456789", "unsure of every id"}, never: "no task was named"},
		"only refused":          {stdin: "request_id: no id here\n", args: []string{"wait"}, status: 2, says: []string{"line 1", "no task was named but in the lines that are refused"}},
		"bad lines are ignored": {stdin: done + "\nrequest_id: no id here\n", args: []string{"status", "--ignore-bad-lines"}, status: 0, says: []string{"line 2"}},
		"unsure ids are taken":  {stdin: mixed(done), args: []string{"status", "--take-unsure", "--json"}, status: 3, never: `"event":"unsure"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, stdout, stderr := run(t, s.env(), c.stdin, c.args...)
			if status != c.status || c.never != "" && strings.Contains(stdout+stderr, c.never) {
				t.Errorf("exit status %d, want %d, without %q:\n%s%s", status, c.status, c.never, stdout, stderr)
			}
			for _, says := range c.says {
				if !strings.Contains(stderr, says) {
					t.Errorf("it does not say %q:\n%s", says, stderr)
				}
			}
		})
	}
	_, stdout, _ := run(t, s.env(), mixed(done), "wait", "--json")
	var events []string
	for _, o := range objects(t, stdout) {
		events = append(events, fmt.Sprint(o["event"], " ", o["line"]))
	}
	for _, want := range []string{"refused 4", "unsure 3", "ended <nil>"} {
		if !slices.Contains(events, want) {
			t.Errorf("there is no %q in\n%s", want, stdout)
		}
	}
}

func TestAnotherEndpointInALaterTextIsTold(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	id := s.Submit("wan26_i2v", quick)
	status, _, stderr := run(t, s.env(), "", "wait", "wan26_i2v/"+id, "kling_v3/"+id)
	if want := id + " stays under wan26_i2v, not kling_v3"; status != 0 || !strings.Contains(stderr, want) {
		t.Errorf("exit status %d, without %q:\n%s", status, want, stderr)
	}
}

// TestParsedLinesAreReadBack holds that what parse writes names the same requests, also
// where the short form would be taken for something else.
func TestParsedLinesAreReadBack(t *testing.T) {
	t.Parallel()
	env := []string{"ENDPOINT=wan26_i2v"}
	bases := []string{"--base-url", "https://cloud.seaart.ai/model", "--base-url", "https://queue.fal.run", "--base-url", "https://api.comfy.org"}
	text := `request_id=8334-1234 endpoint=wan26_i2v
request_id=mmsu_01kg1rp6c2x5t9b3h7q4ec7pse endpoint=wan27_t2v
fal-ai/flux/dev 6d65692c-18b7-487f-85bc-bb3dc3a5eb0c
https://api.comfy.org/v2/models/bfl/flux-2-pro/requests/f69ba066-9413-43f4-8405-09246d45d584
https://cloud.seaart.ai/model/v1/queue/kling_v3/requests/1f474542-a9ae-46c4-9a52-0aff783d888e/status?token=abc
{"request_id": "job.17", "endpoint": "x"}
`
	requests := func(text string) []string {
		_, stdout, _ := run(t, env, text, append([]string{"parse", "--json"}, bases...)...)
		var out []string
		for _, o := range objects(t, stdout) {
			out = append(out, fmt.Sprint(o["event"], o["base_url"], o["endpoint"], o["request_id"], o["status_url"]))
		}
		slices.Sort(out)
		return out
	}
	_, written, _ := run(t, env, text, append([]string{"parse"}, bases...)...)
	want, got := requests(text), requests(written)
	if len(want) != 6 || !slices.Equal(want, got) {
		t.Errorf("read\n%s\nread back\n%s\nfrom\n%s", strings.Join(want, "\n"), strings.Join(got, "\n"), written)
	}
}

func TestUnansweredQuestionsStayInSightAndAreToldAtTheEnd(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	term := start(t, options{env: s.env()})
	term.waitText("No tasks yet")
	term.paste("shot_01 mmsu_01kdj46abw60h2nbpka9tgx22v\n")
	term.waitText("1 of 1 unsure: e to look", "e 1 unsure")
	term.keys("e")
	term.waitText("is shot_01 its endpoint?")
	term.keys("\x1b")
	term.waitText("e 1 unsure")
	term.keys("q")
	term.waitText("1 unsure id not answered, so not tracked", "unsure, line 1: mmsu_01kdj46abw60h2nbpka9tgx22v: is shot_01 its endpoint?")
	term.wait()
}

// TestWhatScriptsWriteIsReadBack holds that what wait and status write, and their logs,
// name the same requests when they are pasted under another default endpoint.
func TestWhatScriptsWriteIsReadBack(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	failed, done := s.Submit("wan26_i2v", blocked), s.Submit("wan26_i2v", quick)
	log := filepath.Join(t.TempDir(), "log")
	_, waited, farewell := run(t, s.env(), "", "wait", "--progress", "plain", "--log", log, failed, done)
	_, once, _ := run(t, s.env(), "", "status", failed, done)
	logged, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"wait": waited, "farewell": farewell, "status": once, "log": string(logged)} {
		_, parsed, _ := run(t, s.env("ENDPOINT=kling_v3"), text, "parse", "--json")
		for _, o := range objects(t, parsed) {
			if o["event"] != "request" || o["endpoint"] != "wan26_i2v" {
				t.Errorf("%s: read back as %v from\n%s", name, o, text)
			}
		}
		if !strings.Contains(parsed, failed) || name != "farewell" && !strings.Contains(parsed, done) {
			t.Errorf("%s: a task is not read back from\n%s", name, text)
		}
	}
}
