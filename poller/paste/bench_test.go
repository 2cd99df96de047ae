//go:build unix

package paste_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"polltop/poller/paste"
)

// BenchmarkForms reads 100,000 lines of each of the usual forms. Each is to take less
// than a second of processor time.
func BenchmarkForms(b *testing.B) {
	source := sourceOf(b, want{DefaultEndpoint: "wan26_i2v", BaseURLs: []string{"https://cloud.seaart.ai/model", "https://queue.fal.run"}})
	for _, form := range []struct{ name, head, line string }{
		{"ids", "", "mmsu_01hxyz8k3vq2m4n6p8r0%06d\n"},
		{"endpoint_and_id", "", "fal-ai/flux/dev 764cabcf-b745-4b3e-ae38-1200%08d\n"},
		{"pairs", "", "nano_banana_2/mmsu_01hxyz8k3vq2m4n6p8r0%06d\n"},
		{"urls", "", "https://cloud.seaart.ai/model/v1/queue/kling_v3/requests/mmsu_01hxyz8k3vq2m4n6p8r0%06d/status\n"},
		{"logfmt", "", "2026-11-26T21:14:03Z worker-3 INFO submitted request_id=mmsu_01hxyz8k3vq2m4n6p8r0%06d endpoint=kling_v3 seed=8812345\n"},
		{"log", "", "2026-11-26 10:00:02,123 - worker - INFO - [fal-ai/wan-i2v] submitted 764cabcf-b745-4b3e-ae38-1200%08d after 2 tries\n"},
		{"log_without_ids", "", "2026-11-26 10:00:02,123 [worker-3] DEBUG connection pool: acquired connection %d in 17 ms (idle 3, busy 9)\n"},
		{"access_log", "", `10.0.0.1 - - [26/Nov/2026:10:00:00 +0000] "GET /model/v1/queue/kling_v3/requests/mmsu_01hxyz8k3vq2m4n6p8r0%06d/status HTTP/1.1" 200 123 "-" "curl/8.9.1"` + "\n"},
		{"json", "", `{"time":"2026-11-26T10:00:00Z","request_id":"mmsu_01hxyz8k3vq2m4n6p8r0%06d","endpoint":"kling_v3","status":"IN_QUEUE","queue_position":7,"prompt":"a cat on a mat"}` + "\n"},
		{"pretty_json", "[\n", " {\n  \"request_id\": \"mmsu_01hxyz8k3vq2m4n6p8r0%06d\",\n  \"endpoint\": \"kling_v3\"\n },\n"},
		{"csv", "time,request_id,endpoint,status,prompt\n", "2026-11-26T10:00:00Z,mmsu_01hxyz8k3vq2m4n6p8r0%06d,kling_v3,IN_QUEUE,\"a cat, sitting\"\n"},
		{"table", "| task_id | endpoint | status |\n", "| mmsu_01hxyz8k3vq2m4n6p8r0%06d | kling_v3 | COMPLETED |\n"},
		{"yaml", "jobs:\n", "  - request_id: mmsu_01hxyz8k3vq2m4n6p8r0%06d\n    endpoint: kling_v3\n"},
	} {
		b.Run(form.name, func(b *testing.B) {
			var text strings.Builder
			text.WriteString(form.head)
			perRequest := strings.Count(form.line, "\n")
			for i := range 100_000 / perRequest {
				fmt.Fprintf(&text, form.line, i)
			}
			start := processorTime(b)
			for b.Loop() {
				paste.Parse(text.String(), source)
			}
			b.ReportMetric((processorTime(b)-start).Seconds()/float64(b.N), "cpu-s/op")
		})
	}
}

// processorTime returns what this process took of the processors so far. On a busy machine
// it says more than the time on the clock.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano())
}
