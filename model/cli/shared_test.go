package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"polltop/poller"
	"polltop/poller/natsstore"
	"polltop/poller/natsstore/natstest"
	"polltop/poller/queue"
)

func TestCommandsOnASessionInNATS(t *testing.T) {
	home(t, "default")
	at := natstest.JetStream(t).ClientURL()
	payloads := filepath.Join(t.TempDir(), "payloads.jsonl")
	if err := os.WriteFile(payloads, []byte(`{"prompt": "a"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for what, test := range map[string]struct {
		args []string
		says string
	}{
		"export of none":   {[]string{"export", "--session", at + "/b"}, "there is no such session yet: polltop --session " + at + "/b"},
		"wait for none":    {[]string{"wait", "--session", at + "/b"}, "there is no such session yet"},
		"no name":          {[]string{"wait", "--session", at}, "such as nats://localhost:4222/batch-7"},
		"no server":        {[]string{"wait", "--session", "nats://127.0.0.1:1/b"}, "start nats-server -js there"},
		"private payloads": {[]string{"submit", "--yes", "--endpoint", "e", "--session", at + "/b", payloads}, "nothing was submitted: parameters are stored in NATS, where the machine that polls finds them, only with --share-payloads"},
		"nothing to share": {[]string{"wait", "--share-payloads", "mmsu_01hxyz8k3vq2m4n6p8r0s2t4w6"}, "name one with --session nats://HOST:PORT/NAME"},
	} {
		if _, _, err := polltop(t, "", test.args...); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v, want %q", what, err, test.says)
		}
	}

	address, err := natsstore.ParseAddress(at+"/b", os.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := natsstore.Open(address, natsstore.Options{Create: true, Getenv: os.Getenv})
	if err != nil {
		t.Fatal(err)
	}
	base, err := queue.ParseBase("https://api.test/model")
	if err != nil {
		t.Fatal(err)
	}
	if _, held, err := kept.Acquire(); !held || err != nil {
		t.Fatal(held, err)
	}
	kept.Put(&poller.Task{State: poller.Failed, Request: queue.Request{ID: "mmsu_01hxyz8k3vq2m4n6p8r0s2t4w6", Endpoint: "e", Base: base}}, true)
	if err := kept.Close(); err != nil {
		t.Fatal(err)
	}
	if out, _, err := polltop(t, "", "export", "--format", "ids", "--session", at+"/b"); err != nil || out != "mmsu_01hxyz8k3vq2m4n6p8r0s2t4w6\n" {
		t.Errorf("exported %q: %v", out, err)
	}
}
