package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/adrg/xdg"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/poller/store"
)

// polltop runs a command with a standard input, in a home of its own, and returns what it
// writes.
func polltop(t *testing.T, stdin string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	cmd := rootCommand()
	var out, errs bytes.Buffer
	cmd.SetArgs(args)
	cmd.SetIn(strings.NewReader(stdin))
	cmd.SetOut(&out)
	cmd.SetErr(&errs)
	err = cmd.Execute()
	return out.String(), errs.String(), err
}

// home gives the test a home, with a session of two tasks.
func home(t *testing.T, session string) {
	t.Helper()
	dir := t.TempDir()
	t.Cleanup(xdg.Reload) // after the environment is as it was
	for name, value := range map[string]string{"HOME": dir, "XDG_STATE_HOME": dir, "XDG_CONFIG_HOME": dir, "API_KEY": "sk-test-0123456789"} {
		t.Setenv(name, value)
	}
	xdg.Reload()
	path, err := store.PathOf(store.Dir(), session)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := store.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	base, err := queue.ParseBase("https://api.test/model")
	if err != nil {
		t.Fatal(err)
	}
	now := poller.StampOf(time.Now())
	for i, state := range []poller.State{poller.Succeeded, poller.Failed} {
		id := []string{"mmsu_01hxyz8k3vq2m4n6p8r0s2t4w6", "mmsu_01hxyz8k3vq2m4n6p8r0s2t4w7"}[i]
		task := &poller.Task{Seq: int32(i), State: state, Added: now, Ended: now, InferenceTime: -1, Request: queue.Request{ID: id, Endpoint: "wan26_i2v", Base: base}}
		kept.Put(task, true)
	}
	if err := kept.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestParseListsWhatIsReadAndWhatIsNot(t *testing.T) {
	home(t, "default")
	const text = "mmsu_01hxyz8k3vq2m4n6p8r0s2t4w6\nabc-1234-xyz\nrequest_id: no id here\n"
	out, errs, err := polltop(t, text, "parse", "--endpoint", "wan26_i2v")
	if err != nil || !strings.Contains(out, "mmsu_01hxyz8k3vq2m4n6p8r0s2t4w6") || strings.Contains(out, "abc-1234-xyz") {
		t.Errorf("%v, written %q", err, out)
	}
	if !strings.Contains(errs, "abc-1234-xyz") || !strings.Contains(errs, "line 3") {
		t.Errorf("standard error is %q", errs)
	}
	out, _, err = polltop(t, text, "parse", "--json", "--endpoint", "wan26_i2v")
	var events []string
	for line := range strings.Lines(out) {
		var event parsedEvent
		if json.Unmarshal([]byte(line), &event) != nil {
			t.Fatalf("%q is no JSON", line)
		}
		events = append(events, event.Event)
	}
	if err != nil || len(events) != 3 {
		t.Errorf("%v, events %v of %q", err, events, out)
	}
	if out, errs, err := polltop(t, "hello world\n", "parse"); err != nil || out != "" || !strings.Contains(errs, "there is no request in the text") {
		t.Errorf("of prose: %v, written %q and %q", err, out, errs)
	}
	if _, _, err := polltop(t, "", "parse", filepath.Join(t.TempDir(), "gone.txt")); err == nil || !strings.Contains(err.Error(), "gone.txt") {
		t.Errorf("of a file that is not there: %v", err)
	}
}

func TestExportWritesASession(t *testing.T) {
	home(t, "night")
	out, _, err := polltop(t, "", "export", "--session", "night", "--format", "ids")
	if err != nil || strings.Count(out, "mmsu_") != 2 {
		t.Errorf("%v, written %q", err, out)
	}
	path := filepath.Join(t.TempDir(), "failed.csv")
	if out, _, err = polltop(t, "", "export", "--session", "night", "--state", "failed", "--output", path); err != nil || out != "" {
		t.Errorf("%v, written %q", err, out)
	}
	if text, err := os.ReadFile(path); err != nil || strings.Count(string(text), "mmsu_") < 1 || strings.Contains(string(text), "4w6") {
		t.Errorf("%v, the file holds %q", err, text)
	}
	if _, _, err := polltop(t, "", "export", "--session", "day"); err == nil || !strings.Contains(err.Error(), "there is no session day: polltop sessions lists") {
		t.Errorf("of a session that is not there: %v", err)
	}
}

func TestSessionsListsThem(t *testing.T) {
	home(t, "night")
	if out, _, err := polltop(t, "", "sessions"); err != nil || !strings.Contains(out, "night") {
		t.Errorf("%v, written %q", err, out)
	}
}
