package simulator

import (
	"regexp"
	"testing"
	"time"
)

func TestComfyAnswers(t *testing.T) {
	const r = "/v2/models/bfl/flux-2-pro/requests/"
	const links = `"response_url":"http://queue.test/v2/models/bfl/flux-2-pro/requests/ok","status_url":"http://queue.test/v2/models/bfl/flux-2-pro/requests/ok/status"` +
		`,"cancel_url":"http://queue.test/v2/models/bfl/flux-2-pro/requests/ok/cancel"`
	plans := map[string]Plan{
		"ok":       {Queue: 4 * time.Second, Run: 20 * time.Second},
		"broken":   {Run: time.Second, Outcome: comfyFailures[0].Outcome, ResultError: comfyFailures[0].result},
		"canceled": {Run: time.Second, Outcome: Outcome{"cancelled", "The request was cancelled"}},
		"waited":   {Run: time.Second, Outcome: Outcome{"queue_timeout", "The request was not started in time"}},
		"invalid":  {Run: time.Second, Outcome: comfyFailures[4].Outcome, ResultError: comfyFailures[4].result},
		"expired":  {Run: time.Second, Retention: comfyRetention},
		"veo":      {Run: time.Second, Shape: ShapeBase64},
		"list":     {Run: time.Second, Shape: ShapeStrings},
		"text":     {Run: time.Second, Shape: ShapeText},
	}
	end, late := 24*time.Second, comfyRetention+time.Second
	answerCalls(t, Config{Service: Comfy}, every("bfl/flux-2-pro", plans), plans, []call{
		{name: "queued", method: "GET", path: r + "ok/status", code: 200, sets: "Retry-After: 2",
			want: []string{`{"status":"IN_QUEUE","request_id":"ok","queue_position":0,` + links + `}`}},
		{name: "running", when: 5 * time.Second, method: "GET", path: r + "ok/status", code: 200, want: []string{`"IN_PROGRESS"`}, not: "queue_position"},
		{name: "done", when: end, method: "GET", path: r + "ok/status", code: 200, sets: "Retry-After: ", want: []string{`"COMPLETED"`}, not: "error"},
		{name: "result", when: end, method: "GET", path: r + "ok", code: 200, sets: "X-Comfy-Credits-Used: 8.44",
			want: []string{`"result":{"`, `"sample":"http://cdn.seaart.example/files/ok/1.jpg"`}},
		{name: "result too early", method: "GET", path: r + "ok", code: 202, sets: "Retry-After: 2", want: []string{`"IN_QUEUE"`}},
		{name: "request id of the call", method: "GET", path: r + "ok", code: 202, sets: "X-Comfy-Request-Id: req_00000001"},
		{name: "failed", when: end, method: "GET", path: r + "broken/status", code: 200, want: []string{`"error_type":"provider_error"`}, not: `"error":`},
		{name: "its result", when: end, method: "GET", path: r + "broken", code: 502, sets: "X-Comfy-Error-Type: provider_error",
			want: []string{`"error_type":"provider_error","upstream_detail":"CUDA error`}},
		{name: "canceled", when: end, method: "GET", path: r + "canceled", code: 409, sets: "X-Comfy-Error-Type: cancelled", want: []string{`"error_type":"cancelled"`}},
		{name: "never started", when: end, method: "GET", path: r + "waited", code: 504, sets: "X-Comfy-Error-Type: queue_timeout"},
		{name: "validation", when: end, method: "GET", path: r + "invalid", code: 422, sets: "X-Comfy-Error-Type: invalid_input",
			want: []string{`{"detail":[{"loc":["body","width"]`}, not: "error_type"},
		{name: "kept", when: comfyRetention, method: "GET", path: r + "expired", code: 200},
		{name: "expired", when: late, method: "GET", path: r + "expired", code: 410},
		{name: "expired status", when: late, method: "GET", path: r + "expired/status", code: 410},
		{name: "base64", when: end, method: "GET", path: r + "veo", code: 200, want: []string{`"data":[{"b64_json":"/9j/`}},
		{name: "list", when: end, method: "GET", path: r + "list", code: 200, want: []string{`"output":["http://`}},
		{name: "text", when: end, method: "GET", path: r + "text", code: 200, want: []string{`"parts":[{"text":"A caption`}},
		{name: "cancel", method: "PUT", path: r + "ok/cancel", code: 202, want: []string{`CANCELLATION_REQUESTED`}},
		{name: "cancel too late", when: end, method: "PUT", path: r + "ok/cancel", code: 409, want: []string{`ALREADY_COMPLETED`}},
		{name: "cancel of nothing", method: "PUT", path: r + "none/cancel", code: 404, sets: "X-Comfy-Error-Type: request_not_found"},
		{name: "unknown request", method: "GET", path: r + "none/status", code: 404, want: []string{`"error_type":"request_not_found"`}},
		{name: "unknown model", method: "GET", path: "/v2/models/a/b/requests/ok", code: 404, want: []string{`model_not_found`}},
		{name: "delivery without the queue", method: "POST", path: "/v2/models/bfl/flux-2-pro", body: "{}", code: 404},
		{name: "bearer", method: "GET", path: r + "ok/status", header: "Authorization: Bearer k", code: 200},
		{name: "key", method: "GET", path: r + "ok/status", header: "X-API-Key: k\nAuthorization: Bearer x", code: 200},
		{name: "the key wins", method: "GET", path: r + "ok/status", header: "X-API-Key: x\nAuthorization: Bearer k", code: 401, want: []string{`unauthorized`}},
		{name: "fal's scheme", method: "GET", path: r + "ok/status", header: "Authorization: Key k", code: 401},
		{name: "create", method: "POST", path: "/v2/models/bfl/flux-2-pro/requests", body: `{"prompt":"fog"}`, code: 201, want: []string{`"cancel_url":"http://`}},
		{name: "no object", method: "POST", path: "/v2/models/bfl/flux-2-pro/requests", body: `[]`, code: 400, want: []string{`invalid_input`}},
	})
}

// The ids of fal and Comfy Router are random UUIDs.
func TestUUIDs(t *testing.T) {
	s, submitted := Batch(Comfy, 40, 1, 1)
	defer s.Close()
	for _, task := range submitted {
		if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(task.ID) {
			t.Errorf("the id %q is no random UUID", task.ID)
		}
	}
}
