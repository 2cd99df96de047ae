//go:build unix

package actions

import (
	"encoding/base64"
	"os/exec"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"polltop/model/common"
	"polltop/model/common/commontest"
	"polltop/poller"
	"polltop/poller/queue"
	"polltop/poller/simulator"
	"polltop/poller/simulator/faulty"
)

func (f *fake) Input(int64) ([]byte, bool) { return f.input, f.input != nil }

// copied returns the text that is put on the clipboard.
func copied(posted []tea.Msg) string {
	for _, msg := range posted {
		raw, ok := msg.(tea.RawMsg)
		if sequence, is := raw.Msg.(string); ok && is {
			text, _ := base64.StdEncoding.DecodeString(strings.TrimSuffix(strings.TrimPrefix(sequence, "\x1b]52;c;"), "\a"))
			return string(text)
		}
	}
	return ""
}

// The command that Y p copies submits the payload as it is, to each service, in a shell that
// has the key in the service's variable; it has no key in it.
func TestCopiedCommandSubmitsThePayload(t *testing.T) {
	for _, program := range []string{"curl", "bash"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip("LOUD: " + program + " is not installed")
		}
	}
	const key = "sk-live-secret-42"
	input := "{\"prompt\":\"it's \\\"$HOME\\\" `id` \\\\ !! @file %s\\n雨\",\n \"n\": [1, 2.50]}"
	for service, endpoint := range map[simulator.Service]string{simulator.SeaCloud: "wan26_i2v", simulator.Fal: "fal-ai/flux/dev", simulator.Comfy: "bfl/flux-2-pro"} {
		server := faulty.New(faulty.Config{Service: service, Key: key, Endpoints: []simulator.Endpoint{{Name: endpoint}}})
		address, err := server.Start("127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(server.Close)
		base, err := queue.ParseBaseAs(address, string(service))
		if err != nil {
			t.Fatal(err)
		}
		s := newSet(t, Options{}, 1, poller.Failed)
		s.fake.input = []byte(input)
		s.payloads(func(_ int, _ *poller.Task, p *poller.Payload) { p.Base, p.Endpoint = base, endpoint })
		menu, _ := commontest.Posted[common.Ask](s.press("Y"))
		var text string
		for _, c := range menu.Choices {
			if c.Key == "p" {
				text = copied(s.do(c.Do()))
			}
		}
		command := exec.Command("bash", "-c", text)
		command.Env = []string{"PATH=/usr/bin:/bin:/usr/local/bin", "HOME=/", "NO_PROXY=*", base.KeyEnv() + "=" + key}
		answer, err := command.CombinedOutput()
		if err != nil || strings.Contains(text, key) || server.Created()[input] != 1 || !strings.Contains(string(answer), "request_id") {
			t.Errorf("%s: %s\n%s\n%v; created %v", service, text, answer, err, server.Created())
		}
	}
}
