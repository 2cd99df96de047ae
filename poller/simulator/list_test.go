package simulator

import (
	"testing"
	"time"
)

func TestFalListsRequests(t *testing.T) {
	const second, list = time.Second, modelsListPath + "?endpoint_id=fal-ai/flux/dev"
	plans := map[string]Plan{
		"ok": {Run: second, Prompt: "fog"}, "bad": {Run: second, ResultError: falFailures[2].result}, "lost": {Run: second, Outcome: Outcome{"runner_disconnected", "gone"}},
		"flow": {Run: time.Hour},
	}
	endpoints := every("fal-ai/flux/dev", plans)
	endpoints["flow"] = "workflows/me/flow"
	answerCalls(t, Config{Service: Fal}, endpoints, plans, []call{
		{name: "all", when: 2 * second, method: "GET", path: list, code: 200, not: "json_input",
			want: []string{`"request_id":"ok","endpoint_id":"fal-ai/flux/dev","sent_at":"2000-01-01T00:00:00Z","ended_at":"2000-01-01T00:00:01Z","status_code":200}`, `"request_id":"bad"`, `"status_code":422`, `"status_code":503`, `"has_more":false,`, `"next_cursor":null`}},
		{name: "own apps", when: 2 * second, method: "GET", path: serverlessListPath + "?endpoint_id=fal-ai/flux/dev", code: 200, want: []string{`"request_id":"ok"`}},
		{name: "live", when: 2 * second, method: "GET", path: modelsListPath + "?endpoint_id=workflows/me/flow", code: 200, not: "ended_at", want: []string{`"request_id":"flow"`}},
		{name: "the first page", method: "GET", path: list + "&limit=2", code: 200, want: []string{`"has_more":true`, `"next_cursor":"Mg=="`}},
		{name: "the last page", method: "GET", path: list + "&limit=2&cursor=Mg==", code: 200, want: []string{`"has_more":false`, `"next_cursor":null`, `"request_id":"`}},
		{name: "behind it", method: "GET", path: list + "&limit=2&cursor=Mw==", code: 200, want: []string{`"items":[]`}},
		{name: "payloads", method: "GET", path: list + "&expand=payloads", code: 200, want: []string{`"json_input":{"prompt":"fog"}`}},
		{name: "one", method: "GET", path: list + "&request_id=ok", code: 200, not: `"bad"`, want: []string{`"request_id":"ok"`}},
		{name: "an old one", when: 48 * time.Hour, method: "GET", path: list + "&request_id=ok", code: 200, want: []string{`"request_id":"ok"`}},
		{name: "a day later", when: 48 * time.Hour, method: "GET", path: list, code: 200, want: []string{`"items":[]`}},
		{name: "since the start", when: 48 * time.Hour, method: "GET", path: list + "&start=2000-01-01", code: 200, want: []string{`"request_id":"ok"`}},
		{name: "what failed", when: 2 * second, method: "GET", path: list + "&status=user_error", code: 200, not: `"ok"`, want: []string{`"request_id":"bad"`}},
		{name: "no endpoint", method: "GET", path: modelsListPath, code: 400, want: []string{`"message":"endpoint_id: Required"`}},
		{name: "unknown endpoint", method: "GET", path: modelsListPath + "?endpoint_id=a/b", code: 404, want: []string{`"type":"not_found"`}},
		{name: "too long a page", method: "GET", path: list + "&limit=101", code: 400, want: []string{`"message":"limit:`}},
		{name: "bad start", method: "GET", path: list + "&start=yesterday", code: 400, want: []string{`"message":"start:`}},
		{name: "bad cursor", method: "GET", path: list + "&cursor=x", code: 400, want: []string{`"message":"cursor:`}},
		{name: "cursor beyond all pages", method: "GET", path: list + "&cursor=OTIyMzM3MjAzNjg1NDc3NTgwNw==", code: 400, want: []string{`"message":"cursor:`}},
		{name: "wrong key", method: "GET", path: list, header: "Authorization: Key other", code: 401},
		{name: "method", method: "POST", path: list, code: 405},
	})
}
