package simulator

import (
	"strings"
	"testing"
	"time"

	"polltop/poller/simulator/simulatortest"
)

// falPlans are tasks of fal-ai/flux/dev and of a workflow.
func falPlans() map[string]Plan {
	const second = time.Second
	return map[string]Plan{
		"ok":      {Queue: 4 * second, Run: 20 * second, InferenceTime: 12340 * time.Millisecond, Logs: runLog(16)},
		"bad":     {Run: second, Outcome: Outcome{"runner_disconnected", "gone"}},
		"invalid": {Run: second, ResultError: falFailures[2].result},
		"late":    {Run: second, ResultError: falFailures[3].result},
		"flagged": {Run: second, ResultError: falFailures[0].result},
		"expired": {Run: second, Retention: time.Hour},
		"text":    {Run: second, Shape: ShapeText},
		"strings": {Run: second, Shape: ShapeStrings, Outputs: 2},
		"data":    {Run: second, Shape: ShapeDataURI},
		"flow":    {Run: time.Hour},
	}
}

func TestFalAnswers(t *testing.T) {
	const r = "/fal-ai/flux/requests/"
	const links = `"response_url":"http://queue.test/fal-ai/flux/requests/ok","status_url":"http://queue.test/fal-ai/flux/requests/ok/status"` +
		`,"cancel_url":"http://queue.test/fal-ai/flux/requests/ok/cancel"`
	plans := falPlans()
	endpoints := every("fal-ai/flux/dev", plans)
	endpoints["flow"] = "workflows/me/flow"
	end := 24 * time.Second
	answerCalls(t, Config{Service: Fal, CancelLag: time.Second}, endpoints, plans, []call{
		{name: "queued", method: "GET", path: r + "ok/status", code: 202, sets: "X-Fal-Request-Id: ok",
			want: []string{`"status":"IN_QUEUE"`, links, `"queue_position":0`, `"logs":null`, `"metrics":{}`}, not: "error"},
		{name: "running without logs", when: 5 * time.Second, method: "GET", path: r + "ok/status?logs=0", code: 202,
			want: []string{`"IN_PROGRESS"`, `"logs":null`, `"metrics":{}`}, not: "queue_position"},
		{name: "running with logs", when: 5 * time.Second, method: "GET", path: r + "ok/status?logs=1", code: 202,
			want: []string{`"message":"Loading weights","level":"INFO","source":"USER"`}, not: "Step 5/16"},
		{name: "the window of logs moves", when: 22 * time.Second, method: "GET", path: r + "ok/status?logs=1", code: 202,
			want: []string{"Step 15/16"}, not: "Loading weights"},
		{name: "done", when: end, method: "GET", path: r + "ok/status", code: 200,
			want: []string{`"COMPLETED"`, `"metrics":{"inference_time":12.34}`}, not: "error"},
		{name: "result", when: end, method: "GET", path: r + "ok", code: 200, sets: "X-Fal-Billable-Units: 1",
			want: []string{`"images":[{"url":"http`, `"content_type":"image/png"`}},
		{name: "result at the other path", when: end, method: "GET", path: r + "ok/response", code: 200, want: []string{`"images"`}},
		{name: "result too early", method: "GET", path: r + "ok", code: 400, want: []string{`{"detail":"Request is still in progress"}`}},
		{name: "failure told by the status", when: end, method: "GET", path: r + "bad/status", code: 200,
			want: []string{`"error":"gone","error_type":"runner_disconnected"`}},
		{name: "its result", when: end, method: "GET", path: r + "bad", code: 503, sets: "X-Fal-Error-Type: runner_disconnected",
			want: []string{`{"detail":"gone","error_type":"runner_disconnected"}`}},
		{name: "failure that the status hides", when: end, method: "GET", path: r + "invalid/status", code: 200,
			want: []string{`"COMPLETED"`}, not: "error"},
		{name: "the result tells it", when: end, method: "GET", path: r + "invalid", code: 422, sets: "X-Fal-Request-Id: invalid",
			want: []string{`{"detail":[{"loc":["body","prompt"],"msg":"Field required","type":"missing"`, `["body","loras",0,"scale"]`}},
		{name: "flagged", when: end, method: "GET", path: r + "flagged", code: 422, sets: "X-Fal-Retryable: false",
			want: []string{`"type":"content_policy_violation"`}},
		{name: "type in the header alone", when: end, method: "GET", path: r + "late", code: 504, sets: "X-Fal-Error-Type: request_timeout",
			want: []string{`{"detail":"Request timed out"}`}},
		{name: "kept", when: time.Hour, method: "GET", path: r + "expired", code: 200},
		{name: "expired", when: time.Hour + time.Second, method: "GET", path: r + "expired", code: 404, want: []string{`NOT_FOUND`}},
		{name: "its status is kept", when: time.Hour + time.Second, method: "GET", path: r + "expired/status", code: 200, want: []string{`COMPLETED`}},
		{name: "text", when: end, method: "GET", path: r + "text", code: 200, want: []string{`"output":"A caption for: `}},
		{name: "strings", when: end, method: "GET", path: r + "strings", code: 200,
			want: []string{`"outputs":["http://cdn.seaart.example/files/strings/1.png","http://cdn.seaart.example/files/strings/2.png"]`}},
		{name: "data URI", when: end, method: "GET", path: r + "data", code: 200, want: []string{`"url":"data:image/png;base64,iVBOR`}},
		{name: "workflow", method: "GET", path: "/workflows/me/flow/requests/flow/status", code: 202, want: []string{`IN_PROGRESS`}},
		{name: "the whole endpoint", method: "GET", path: "/fal-ai/flux/dev/requests/ok/status", code: 405},
		{name: "cancel in the queue", method: "PUT", path: r + "ok/cancel", code: 200, want: []string{`{"status":"OK"}`}},
		{name: "cancel while it runs", when: 5 * time.Second, method: "PUT", path: r + "ok/cancel", code: 202, want: []string{`CANCELLATION_REQUESTED`}},
		{name: "cancel too late", when: end, method: "PUT", path: r + "ok/cancel", code: 400, want: []string{`ALREADY_COMPLETED`}},
		{name: "cancel of nothing", method: "PUT", path: r + "none/cancel", code: 404, want: []string{`{"status":"NOT_FOUND"}`}},
		{name: "unknown request", method: "GET", path: r + "none/status", code: 404, want: []string{`{"status":"NOT_FOUND"}`}},
		{name: "unknown app", method: "GET", path: "/a/b/requests/ok/status", code: 404, want: []string{`"detail":"App not found`}},
		{name: "bearer", method: "GET", path: r + "ok/status", header: "Authorization: Bearer k", code: 401, want: []string{`{"detail":"`}},
		{name: "webhook", method: "POST", path: "/fal-ai/flux/dev?fal_webhook=https://a.example", body: "{}", code: 400, want: []string{`{"detail":"webhook not supported"}`}},
		{name: "create", method: "POST", path: "/fal-ai/flux/dev", body: `{"prompt":"fog"}`, code: 200,
			want: []string{`"status":"IN_PROGRESS"`, `"status_url":"http://queue.test/fal-ai/flux/requests/`, `"logs":null`}},
		{name: "stream", when: end, method: "GET", path: r + "ok/status/stream?logs=1", code: 200, sets: "Content-Type: text/event-stream",
			want: []string{`data: {"status":"COMPLETED"`, `Uploading`}},
	})
}

// A task that is canceled in the queue is over at once, one that runs some time later.
func TestFalCancelEnds(t *testing.T) {
	simulatortest.Run(t, configured(Config{Service: Fal, CancelLag: 3 * time.Second}), func(t *testing.T, s *Server, c *client) {
		s.SubmitID("queued", "fal-ai/flux", Plan{Queue: time.Hour, Run: time.Hour})
		s.SubmitID("running", "fal-ai/flux", Plan{Run: time.Hour})
		advance(time.Second)
		const r = origin + "/fal-ai/flux/requests/"
		const ended = `"inference_time":null},"error":"Request was cancelled by the client","error_type":"client_cancelled"}`
		c.Must("PUT", r+"queued/cancel", "")
		c.Must("PUT", r+"running/cancel", "")
		if got := c.Must("GET", r+"queued/status", ""); got.Code != 200 || !strings.Contains(got.Body, ended) {
			t.Errorf("the queued one is %d %s", got.Code, got.Body)
		}
		if got := c.Must("GET", r+"queued", ""); got.Code != 499 || got.Header.Get("X-Fal-Error-Type") != "client_cancelled" {
			t.Errorf("its result is %d %s", got.Code, got.Body)
		}
		if got := c.Must("GET", r+"running/status", ""); got.Code != 202 {
			t.Errorf("the running one is %d %s", got.Code, got.Body)
		}
		advance(3 * time.Second)
		if got := c.Must("GET", r+"running/status", ""); got.Code != 200 || !strings.Contains(got.Body, "client_cancelled") {
			t.Errorf("the running one is %d %s after the lag", got.Code, got.Body)
		}
	})
}

// A stream tells each change of the status until the end.
func TestFalStreamTellsEachChange(t *testing.T) {
	simulatortest.Run(t, configured(Config{Service: Fal}), func(t *testing.T, s *Server, c *client) {
		s.SubmitID("id", "fal-ai/flux", Plan{Queue: time.Second, Run: time.Second})
		got := c.Must("GET", origin+"/fal-ai/flux/requests/id/status/stream", "")
		var words []string
		for event := range strings.SplitSeq(got.Body, "data: ") {
			if _, rest, ok := strings.Cut(event, `"status":"`); ok {
				word, _, _ := strings.Cut(rest, `"`)
				words = append(words, word)
			}
		}
		if strings.Join(words, " ") != "IN_QUEUE IN_PROGRESS COMPLETED" {
			t.Errorf("the stream tells %q", words)
		}
	})
}
