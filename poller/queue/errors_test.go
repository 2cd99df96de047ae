package queue

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// The bodies of errors of PROTOCOL section 5, each over HTTP, and relatives.
func TestErrorBodiesBecomeOneLine(t *testing.T) {
	cases := []struct {
		name, body, code, line string
	}{
		{"SeaCloud (S6)", `{"error":{"code":"UNAUTHORIZED","message":"invalid key"},"request_id":"r"}`, "UNAUTHORIZED", "UNAUTHORIZED: invalid key"},
		{"LLM (S8)", `{"error":{"message":"no quota","type":"insufficient_quota","code":"quota"}}`, "quota", "quota: no quota"},
		{"LLM without a code", `{"error":{"message":"no quota","type":"insufficient_quota","code":null}}`, "insufficient_quota", "insufficient_quota: no quota"},
		{"a text", `{"error":"it broke"}`, "", "it broke"},
		{"code twice", `{"error":{"code":"E1","message":"E1: it broke"}}`, "E1", "E1: it broke"},
		{"a code that is a number", `{"error":{"code":1301,"message":"unsafe"}}`, "1301", "1301: unsafe"},
		{"a code alone", `{"error":{"code":"E1"}}`, "E1", "E1"},
		{"detail (S6, fal)", `{"detail":"Request not found"}`, "", "Request not found"},
		{"seacloud CLI", `{"status":{"code":402,"message":"no credits","error_code":40201},"data":null}`, "40201", "no credits (40201)"},
		{"message", `{"message":"go away"}`, "", "go away"},
		{"fal (F6)", `{"detail":"Request timed out","error_type":"request_timeout"}`, "request_timeout", "request_timeout: Request timed out"},
		{"Comfy (C1)", `{"detail":"The provider failed","error_type":"provider_error","upstream_detail":"NSFW"}`, "provider_error", "provider_error: NSFW"},
		{"a type alone", `{"error_type":"internal_error"}`, "internal_error", "internal_error"},
		{"the word (S5, F5)", `{"status":"NOT_FOUND"}`, "", "NOT_FOUND"},
		{"error and provider_error (seacloud CLI)", `{"error":"failed","provider_error":{"code":"InvalidParameter","message":"bad"}}`, "InvalidParameter", "InvalidParameter: failed"},
		// Lists (F7, C3, pydantic).
		{"one", `{"detail":[{"loc":["body","prompt"],"msg":"Field required","type":"missing"}]}`, "missing", "prompt: Field required"},
		{"more", `{"detail":[{"loc":["body","prompt"],"msg":"Field required","type":"missing"},{},{}]}`, "missing", "prompt: Field required (+2 more)"},
		{"numbers", `{"detail":[{"loc":["body","loras",2,"path"],"msg":"bad","type":"x"}]}`, "x", "loras[2].path: bad"},
		{"a number first", `{"detail":[{"loc":["body",0,"path"],"msg":"bad","type":"x"}]}`, "x", "[0].path: bad"},
		{"the body alone", `{"detail":[{"loc":["body"],"msg":"Flagged","type":"content_policy_violation"}]}`, "content_policy_violation", "Flagged"},
		{"elsewhere", `{"detail":[{"loc":["query","body","n"],"msg":"bad","type":"x"}]}`, "x", "query.body.n: bad"},
		{"no place", `{"detail":[{"msg":"bad"}]}`, "", "bad"},
		{"no message", `{"detail":[{"loc":["body","n"],"type":"missing"}]}`, "missing", "n: missing"},
		{"texts", `{"detail":["bad","worse"]}`, "", "bad (+1 more)"},
		{"an object", `{"detail":{"code":"E1","msg":"bad"}}`, "E1", "bad"},
		{"a list and a type", `{"detail":[{"loc":["body","n"],"msg":"bad","type":"x"}],"error_type":"bad_request"}`, "bad_request", "bad_request: n: bad"},
		{"controls", `{"detail":"a\n\tb\u001b[31m c\u0085d\u0000"}`, "", "a b [31m c d"},
	}
	for _, c := range cases {
		r := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusTeapot)
			fmt.Fprint(w, c.body)
		})
		_, fault := testClient(time.Second).Status(t.Context(), r, false)
		if fault == nil || fault.Code != c.code || fault.Message != c.line {
			t.Errorf("%s: %+v\nwant code %q, line %q", c.name, fault, c.code, c.line)
		}
	}
}

// The input that a validation error repeats is never told, and a line has an end.
func TestErrorLinesAreBoundedAndHoldNoInput(t *testing.T) {
	for _, body := range []string{
		`{"detail":[{"loc":["body","prompt"],"msg":"too long","type":"x","input":"SECRET PROMPT","ctx":{"input":"SECRET PROMPT"}}]}`,
		`{"detail":[{"input":"SECRET PROMPT"}]}`, `{"detail":[{"loc":["body","a"],"input":{"a":"SECRET PROMPT"}}]}`,
		`{"detail":{"input":"SECRET PROMPT","x":1}}`, `{"error":{"input":"SECRET PROMPT","code":7}}`,
	} {
		if code, line := apiError(parseObject([]byte(body))); strings.Contains(code+line, "SECRET") {
			t.Errorf("%s: %q %q", body, code, line)
		}
	}
	if _, line := apiError(parseObject([]byte(`{"detail":"` + strings.Repeat("ä", 5000) + `"}`))); len(line) > maxErrorLine+len("…") {
		t.Errorf("%d bytes", len(line))
	}
}

// Every error type has a meaning, an advice and one of the five next steps.
func TestEveryErrorTypeIsExplained(t *testing.T) {
	steps := map[NextStep]bool{StepSubmitAgain: true, StepWait: true, StepChangeInput: true, StepCheckAccount: true, StepNothing: true}
	for _, s := range services {
		for errorType := range s.errors {
			e := Explain(s.name, errorType)
			if e.Meaning == "" || e.Advice == "" || !steps[e.Next] || strings.HasSuffix(e.Meaning, ".") || !strings.HasSuffix(e.Advice, ".") {
				t.Errorf("%s %s: %+v", s.name, errorType, e)
			}
		}
	}
	for _, c := range []struct {
		service, errorType string
		want               NextStep
	}{
		{SeaCloud, "INFERENCE_TIMEOUT", StepSubmitAgain}, {SeaCloud, "content_blocked", StepChangeInput}, {SeaCloud, "40207", StepCheckAccount},
		{Fal, "runner_incomplete_response", StepSubmitAgain}, {Fal, "archive_file_count_exceeds_maximum", StepChangeInput}, {Fal, "client_cancelled", StepNothing},
		{Comfy, "queue_backlog_full", StepWait}, {Comfy, "NOT_ENABLED", StepCheckAccount}, {Comfy, "request_not_found", StepNothing},
		{Fal, "queue_backlog_full", ""}, {"nobody", "missing", ""}, {Fal, "", ""},
	} {
		if got := Explain(c.service, c.errorType).Next; got != c.want {
			t.Errorf("%s %s: %q, want %q", c.service, c.errorType, got, c.want)
		}
	}
	for _, c := range []struct {
		fault Fault
		want  NextStep
	}{
		{Fault{Kind: Unauthorized, HTTP: 401}, StepCheckAccount}, {Fault{Kind: Forbidden, HTTP: 403}, StepCheckAccount},
		{Fault{Kind: Refused, HTTP: 402}, StepCheckAccount}, {Fault{Kind: RateLimited, HTTP: 429}, StepWait}, {Fault{Kind: Gateway, HTTP: 502}, ""},
	} {
		if got := c.fault.NextStep(); got != c.want {
			t.Errorf("%+v: %q, want %q", c.fault, got, c.want)
		}
	}
}

// A window that moves over the log is put together to the whole.
func TestLogsAreMerged(t *testing.T) {
	line := func(n int) LogLine { return LogLine{Time: fmt.Sprint("t", n/2), Message: fmt.Sprint("m", n)} }
	window := func(from, to int) (lines []LogLine) {
		for n := from; n < to; n++ {
			lines = append(lines, line(n))
		}
		return lines
	}
	var all []LogLine
	for _, w := range [][]LogLine{window(0, 5), window(0, 5), nil, window(3, 8), window(8, 9), append(window(8, 10), line(9))} {
		all = MergeLogs(all, w)
	}
	if fmt.Sprint(all) != fmt.Sprint(window(0, 10)) {
		t.Errorf("%v", all)
	}
	if all = MergeLogs(all, window(10, 5000)); len(all) != maxLogLines || all[len(all)-1] != line(4999) {
		t.Errorf("%d lines are kept, the last %v", len(all), all[len(all)-1])
	}
}

// The log lines of fal come only when they are asked for, those of SeaCloud with
// every answer.
func TestLogsAreAskedFor(t *testing.T) {
	for _, service := range []string{SeaCloud, Fal, Comfy} {
		var query string
		r := serve(t, func(w http.ResponseWriter, q *http.Request) {
			query = q.URL.RawQuery
			fmt.Fprint(w, `{"status":"IN_PROGRESS","logs":[{"timestamp":"2026-11-01T10:00:00Z","message":"half","level":"INFO","source":"USER"},{"timestamp":7,"message":"odd"},"bare",8,{"x":1}]}`)
		})
		r.Base = testBaseAs(t, r.Base.String(), service)
		r.URLs = &URLs{Status: r.StatusURL() + "?token=abc"}
		for _, logs := range []bool{false, true} {
			want := "token=abc"
			if logs && service == Fal {
				want += "&logs=1"
			}
			answer, fault := testClient(time.Second).Status(t.Context(), r, logs)
			lines := []LogLine{{"2026-11-01T10:00:00Z", "INFO", "USER", "half"}, {Time: "7", Message: "odd"}, {Message: "bare"}}
			if fault != nil || query != want || fmt.Sprint(answer.Logs) != fmt.Sprint(lines) {
				t.Errorf("%s: query %q, want %q; %v, %v", service, query, want, answer.Logs, fault)
			}
		}
	}
}
