package report

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"polltop/poller"
	"polltop/poller/paste"
	"polltop/poller/queue"
)

// TestEveryFormatIsReadBack holds that what is exported in each format gives the same
// requests when it is pasted, without a default endpoint.
func TestEveryFormatIsReadBack(t *testing.T) {
	s := source(t)
	s.Endpoint = ""
	var tasks []*poller.Task
	for i, r := range []queue.Request{
		{ID: "mmsu_01hxyz8k3vq2m4n6p8r0s2t4w6", Endpoint: "wan26_i2v", Base: s.Bases[0]},
		{ID: "cnhb1lde878c738nq0b0", Endpoint: "kling_v3", Base: s.Bases[0], Label: "night, batch 7"},
		{ID: "4f1c2a9e-0b7d-4c58-9a63-5d2e8f7b1c04", Endpoint: "fal-ai/flux/dev", Base: s.Bases[1]},
	} {
		tasks = append(tasks, &poller.Task{Seq: int32(i), Request: r, State: poller.Failed, Error: `the prompt, "as it is", was | blocked`, ErrorType: "CONTENT_BLOCKED"})
	}
	for _, format := range Formats() {
		if format == IDs || format == Payloads {
			continue // bare ids name no endpoint, and payloads no request
		}
		var out bytes.Buffer
		if err := Export(&out, format, tasks, ExportOptions{Now: time.Now(), Source: s}); err != nil {
			t.Fatal(err)
		}
		read := paste.Parse(out.String(), s)
		if len(read.Requests) != len(tasks) || len(read.Questions)+len(read.Problems) > 0 {
			t.Errorf("%s: %d of %d requests are read back, and %v %v from\n%s", format, len(read.Requests), len(tasks), read.Questions, read.Problems, out.String())
			continue
		}
		for i, r := range read.Requests {
			if want := tasks[i].Request; r.ID != want.ID || r.Endpoint != want.Endpoint || r.Base != want.Base || r.Label != want.Label {
				t.Errorf("%s: %+v is read back as %+v", format, want, r)
			}
		}
	}
}

// TestCutIDsOfTheScreenAreRefused holds that rows copied off the screen are refused,
// with the reason.
func TestCutIDsOfTheScreenAreRefused(t *testing.T) {
	read := paste.Parse(" ▌ ▸ running    …9damkg    wan26_i2v         3s   12s/28s\n   ✗ failed     mmsu_01kg1rp6c…ec7pse    nano_banana_2    16s\n", source(t))
	if len(read.Requests)+len(read.Questions) > 0 || len(read.Problems) != 2 || !strings.Contains(read.Problems[0].Reason, "cut short") {
		t.Errorf("%+v", read)
	}
}

// TestFarewellIsReadBack holds that the tasks that the farewell lists are read back under
// their own endpoint, not under the default one.
func TestFarewellIsReadBack(t *testing.T) {
	s := source(t)
	s.Endpoint = "kling_v3"
	task := &poller.Task{State: poller.Failed, ErrorType: "CONTENT_BLOCKED", Error: "blocked", Request: queue.Request{ID: "mmsu_01hxyz8k3vq2m4n6p8r0s2t4w6", Endpoint: "wan26_i2v", Base: s.Bases[0]}}
	for _, width := range []int{30, 80, 200} {
		var out bytes.Buffer
		if err := Summary(&out, SummaryProps{Tasks: []*poller.Task{task}, Width: width}); err != nil {
			t.Fatal(err)
		}
		read := paste.Parse(out.String(), s)
		if len(read.Requests) != 1 || read.Requests[0].Endpoint != "wan26_i2v" || len(read.Questions) > 0 {
			t.Errorf("width %d: read back as %+v from\n%s", width, read, out.String())
		}
	}
}
