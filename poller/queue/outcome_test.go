package queue

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

func testBaseAs(t testing.TB, raw, service string) *Base {
	t.Helper()
	base, err := ParseBaseAs(raw, service)
	if err != nil {
		t.Fatal(err)
	}
	return base
}

// exchange is an HTTP answer of a service: "200 body", with headers between
// brackets behind the code: "504 [X-Fal-Error-Type: request_timeout] body".
type exchange string

func (e exchange) write(w http.ResponseWriter) {
	code, body, _ := strings.Cut(string(e), " ")
	if headers, rest, found := strings.Cut(strings.TrimPrefix(body, "["), "] "); found && strings.HasPrefix(body, "[") {
		for header := range strings.SplitSeq(headers, ", ") {
			name, value, _ := strings.Cut(header, ": ")
			w.Header().Set(name, value)
		}
		body = rest
	}
	var status int
	fmt.Sscan(code, &status)
	w.WriteHeader(status)
	fmt.Fprint(w, body)
}

// verdictOver asks a server that gives these answers, and returns the verdict in a
// line: "failed/TYPE/step: error", or "fault KIND" of the status or result. An empty
// result is not read.
func verdictOver(t *testing.T, service string, status, result exchange) string {
	t.Helper()
	r := serve(t, func(w http.ResponseWriter, q *http.Request) {
		if strings.HasSuffix(q.URL.Path, "/status") {
			status.write(w)
		} else {
			result.write(w)
		}
	})
	r.Base = testBaseAs(t, r.Base.String(), service)
	client := testClient(5 * time.Second)
	defer client.Close()
	answer, fault := client.Status(t.Context(), r, false)
	if fault != nil {
		return fmt.Sprintf("status fault %d: %s", fault.Kind, fault)
	}
	var read *ResultAnswer
	if result != "" {
		got, fault := client.Result(t.Context(), r)
		if fault != nil {
			return fmt.Sprintf("result fault %d: %s", fault.Kind, fault)
		}
		read = &got
	}
	v := Decide(service, answer, read)
	line := v.Outcome.String()
	if v.ErrorType != "" || v.NextStep != "" {
		line += "/" + v.ErrorType + "/" + string(v.NextStep)
	}
	if v.Error != "" {
		line += ": " + v.Error
	}
	return line
}

// The status answers of PROTOCOL section 3, each over HTTP, for all services.
func TestStatusDecides(t *testing.T) {
	cases := []struct {
		service string
		status  exchange
		want    string
	}{
		// Words: documented, of other clients, in any case.
		{SeaCloud, `200 {"status":"IN_QUEUE"}`, "waiting"},
		{SeaCloud, `200 {"status":"QUEUED"}`, "waiting"},
		{Fal, `202 {"status":"IN_PROGRESS"}`, "running"},
		{Comfy, `200 {"status":"Running"}`, "running"},
		{SeaCloud, `200 {"status":"processing"}`, "running"},
		{SeaCloud, `200 {"status":"completed"}`, "succeeded"},
		{Comfy, `200 {"status":"COMPLETED"}`, "succeeded"},
		{Fal, `200 {"status":"COMPLETED"}`, "reading"},
		{SeaCloud, `200 {"status":"FAILED","error":"boom"}`, "failed//submit again: boom"},
		{SeaCloud, `200 {"status":"Error"}`, "failed//submit again: " + "the service gives no reason"},
		{Fal, `200 {"status":"TIMED_OUT"}`, "failed//submit again: the service says that it timed out (TIMED_OUT)"},
		{Fal, `200 {"status":"CANCELLED"}`, "canceled//nothing"},
		{Comfy, `200 {"status":"canceled"}`, "canceled//nothing"},
		{SeaCloud, `200 {"status":"EXPIRED"}`, "expired//submit again: " + seacloud.expiredText},
		{SeaCloud, `200 {"status":"FAILED","error_type":"CANCELED"}`, "canceled/CANCELED/nothing"},
		// Unknown words and none: not final.
		{SeaCloud, `200 {"status":"PAUSED"}`, "unclear"},
		{SeaCloud, `200 {"status":""}`, "unclear"},
		{SeaCloud, `200 {"status":7}`, "unclear"},
		{Fal, `200 {}`, "unclear"},
		{Comfy, `200 {"request_id":"mmsu_1"}`, "unclear"},
		// Errors.
		{SeaCloud, `200 {"status":"COMPLETED","error":"Task execution failed","error_type":"INFERENCE_FAILURE"}`, "failed/INFERENCE_FAILURE/submit again: Task execution failed"},
		{SeaCloud, `200 {"status":"COMPLETED","error_type":"REQUEST_INVALID"}`, "failed/REQUEST_INVALID/change the input"},
		{SeaCloud, `200 {"status":"COMPLETED","error_type":"CANCELED","error":"canceled by user"}`, "canceled/CANCELED/nothing: canceled by user"},
		{Comfy, `200 {"status":"COMPLETED","error_type":"cancelled"}`, "canceled/cancelled/nothing"},
		{Fal, `200 {"status":"COMPLETED","error_type":"client_cancelled","error":"x"}`, "canceled/client_cancelled/nothing: x"},
		{Fal, `200 {"status":"COMPLETED","error_type":"CLIENT_CANCELED"}`, "canceled/CLIENT_CANCELED/nothing"},
		{SeaCloud, `200 {"status":"COMPLETED","error_type":"Cancelled"}`, "canceled/Cancelled/nothing"},
		{SeaCloud, `200 {"status":"COMPLETED","error":{"code":"InvalidParameter","message":"Provider rejected request"},"error_type":"REQUEST_INVALID","provider_error":{"code":"InvalidParameter","message":"Provider rejected request","task_status":"FAILED"}}`,
			"failed/REQUEST_INVALID/change the input: InvalidParameter: Provider rejected request"},
		{SeaCloud, `200 {"status":"COMPLETED","error":"Task execution failed","provider_error":{"code":1301,"message":"unsafe"}}`, "failed/1301/submit again: Task execution failed"},
		{SeaCloud, `200 {"status":"COMPLETED","error_type":"INFERENCE_FAILURE","provider_error":{"code":"E1","message":"no face"}}`, "failed/INFERENCE_FAILURE/submit again: E1: no face"},
		{SeaCloud, `200 {"status":"COMPLETED","error":"App not found: wan99"}`, "failed//change the input: App not found: wan99"},
		{SeaCloud, `200 {"status":"COMPLETED","error":"Model not allowed for this user"}`, "failed//check the account: Model not allowed for this user"},
		{Comfy, `200 {"status":"COMPLETED","error_type":"something_new"}`, "failed/something_new/submit again"},
		{Fal, `200 {"status":"COMPLETED","error":"x","error_type":"runner_disconnected"}`, "failed/runner_disconnected/submit again: x"},
		// An error in another form or place than the documented one.
		{SeaCloud, `200 {"status":"COMPLETED","error_type":{"code":"X"}}`, "failed/X/submit again"},
		{Comfy, `200 {"status":"COMPLETED","error_type":["X"]}`, "failed/X/submit again"},
		{Fal, `200 {"status":"COMPLETED","error_type":7}`, "failed/7/submit again"},
		{SeaCloud, `200 {"status":"COMPLETED","error_code":"E1","error_message":"boom"}`, "failed//submit again: boom"},
		{Comfy, `200 {"status":"COMPLETED","error_code":"E1"}`, "failed//submit again: E1"},
		{SeaCloud, `200 {"status":"COMPLETED","error":"","errors":[{"message":"boom"},{"message":"more"}]}`, "failed//submit again: boom (+1 more)"},
		{Fal, `200 {"status":"COMPLETED","detail":[{"loc":["body","prompt"],"msg":"Field required","type":"missing"}]}`, "failed/missing/change the input: prompt: Field required"},
		{SeaCloud, `200 {"status":"COMPLETED","result":{"error":{"code":"X","message":"boom"}}}`, "failed/X/submit again: boom"},
		{SeaCloud, `200 {"status":"COMPLETED","provider_error":{"code":"X","message":"boom","task_status":"FAILED"}}`, "failed/X/submit again: boom"},
		{SeaCloud, `200 {"status":"COMPLETED","error_code":0,"error_message":"success"}`, "succeeded"},
		{Comfy, `200 {"status":"COMPLETED","data":{"error_code":"0","error_msg":"ok"},"errors":[null,""]}`, "succeeded"},
		{SeaCloud, `200 {"status":"COMPLETED","error_code":null,"error_message":"boom"}`, "failed//submit again: boom"},
		{SeaCloud, `200 {"status":"COMPLETED","errors":[null,"boom"],"detail":[null]}`, "failed//submit again: boom"},
		{SeaCloud, `200 {"status":"COMPLETED","provider_error":{"code":0,"message":"SUCCEED","task_status":"succeed"},"errors":[],"error_code":0,"detail":"done","data":{"error":null}}`, "succeeded"},
		// No error (SeaCloud's example and CLI).
		{SeaCloud, `200 {"status":"COMPLETED","error":""}`, "succeeded"},
		{SeaCloud, `200 {"status":"COMPLETED","error":{}}`, "succeeded"},
		{SeaCloud, `200 {"status":"COMPLETED","error":null,"error_type":null}`, "succeeded"},
		{SeaCloud, `200 {"status":"COMPLETED","error":{"code":"","message":null}}`, "succeeded"},
		{SeaCloud, `200 {"status":"COMPLETED","error_type":"  "}`, "succeeded"},
		{SeaCloud, `200 {"status":"COMPLETED","error":" \n"}`, "succeeded"},
		{SeaCloud, `200 {"status":"COMPLETED","error":{"code":0,"message":""}}`, "succeeded"},
		{SeaCloud, `200 {"status":"COMPLETED","error":{"code":"0","detail":{"message":null}}}`, "succeeded"},
		{SeaCloud, `200 {"status":"COMPLETED","error":{"code":0,"message":"out of memory"}}`, "failed/0/submit again: out of memory"},
		{SeaCloud, `200 {"status":"COMPLETED","error":{"code":7,"message":""}}`, "failed/7/submit again"},
		{Fal, `200 {"status":"COMPLETED","error":[]}`, "reading"},
		// An error before the end is not the end.
		{Fal, `200 {"status":"IN_PROGRESS","error":"retrying"}`, "running: retrying"},
		// Not finished, without a status.
		{Fal, `202 `, "running"}, {SeaCloud, `202 {}`, "running"}, {SeaCloud, `202 accepted`, "running"}, {Comfy, `202 null`, "running"},
		{SeaCloud, `204 `, "running"}, {Fal, `202 {"detail":"Request is still in progress"}`, "running"},
		{Fal, `400 {"detail":"Request is still in progress"}`, "running"},
		{SeaCloud, `400 {"detail":"Request is still in progress"}`, "status fault 9: HTTP 400: Request is still in progress"},
		// Gone.
		{Comfy, `410 {"detail":"gone","error_type":"gone"}`, "expired/gone/submit again: " + comfy.expiredText},
		{SeaCloud, `410 `, "expired//submit again: " + seacloud.expiredText},
		{Comfy, `410 <html>Gone</html>`, "status fault 10: HTTP 410 (no JSON)"},
		// What can't be read beside the status is left out.
		{SeaCloud, `200 {"status":"COMPLETED","metrics":{"inference_time":NaN}}`, "succeeded"},
		{SeaCloud, `200 {"status":"IN_QUEUE","queue_position":-Infinity,"x":None}`, "waiting"},
		{SeaCloud, "200 \xef\xbb\xbf{\"status\":\"COMPLETED\"}", "succeeded"},
		{SeaCloud, "200 {\"status\":\"COMPLETED\",\"error\":\"line\nbreak \\x\"}", "failed//submit again: line\nbreak \\x"},
		{SeaCloud, `200 {"status":"COMPLETED","metrics":"fast","logs":7,"progress":"half","queue_position":{}}`, "succeeded"},
		{SeaCloud, `200 {"status":"COMPLETED","error":`, "status fault 8: HTTP 200: the answer is not valid JSON, or was cut short"},
		{SeaCloud, `200 {"status":"COMPLETED","x":NaN,"error":"cut`, "status fault 8: HTTP 200: the answer is not valid JSON, or was cut short"},
	}
	for _, c := range cases {
		if got := verdictOver(t, c.service, c.status, ""); got != c.want {
			t.Errorf("%s: %s\n got %s\nwant %s", c.service, c.status, got, c.want)
		}
	}
}

// The answers to reading a result of PROTOCOL section 3, each over HTTP.
func TestResultDecides(t *testing.T) {
	const (
		two  = `{"detail":[{"loc":["body","prompt"],"msg":"Field required","type":"missing","input":{"secret":1}},{"loc":["body","n"],"msg":"x","type":"y"}]}`
		page = `<html><head><title>504 Gateway Time-out</title></head></html>`
	)
	cases := []struct {
		service string
		result  exchange
		want    string
	}{
		{Fal, `200 {"images":[]}`, "succeeded"},
		{Fal, `200 {"error_type":"my own data","status":"great"}`, "succeeded"},
		{Fal, `200 {"status":"COMPLETED","error_type":"internal_error","error":"boom"}`, "failed/internal_error/submit again: internal_error: boom"},
		{Fal, `200 {"status":"COMPLETED","error_type":"client_cancelled"}`, "canceled/client_cancelled/nothing: client_cancelled"},
		// Another status, or an error alone, in place of a result.
		{Fal, `200 {"status":"COMPLETED","error":"boom"}`, "failed//submit again: boom"},
		{Fal, `200 {"status":"COMPLETED","error_type":{"code":"X"}}`, "failed/X/submit again"},
		{Fal, `200 {"status":"FAILED"}`, "failed//submit again: the service gives no reason"},
		{Fal, `200 {"status":"ERROR","error":"Invalid status code: 422","payload":{"detail":[]}}`, "failed//submit again: Invalid status code: 422"},
		{Fal, `200 {"status":"Cancelled"}`, "canceled//nothing"},
		{Fal, `200 {"status":"EXPIRED"}`, "expired//submit again: " + fal.expiredText},
		{Fal, `200 {"status":"QUEUED"}`, "reading"}, {Fal, `200 {"status":"processing"}`, "reading"},
		{Fal, `200 {"error":"CUDA out of memory"}`, "failed//submit again: CUDA out of memory"},
		{Comfy, `200 {"error":{"code":"X","message":"boom"},"status":"failure"}`, "failed/X/submit again: X: boom"},
		{Fal, `200 ` + exchange(two), "failed/missing/change the input: prompt: Field required (+1 more)"},
		{Fal, `200 {"detail":"Internal error","images":null}`, "failed//submit again: Internal error"},
		{Fal, `200 {"success":false,"message":"boom"}`, "failed//submit again: boom"},
		{SeaCloud, `200 {"status":{"code":500,"message":"boom","error_code":"50001"},"data":null}`, "failed/50001/submit again: boom (50001)"},
		{Fal, `200 {"error":{"message":"` + exchange(strings.Repeat("x", 2<<10)) + `"}}`, "failed//submit again: " + strings.Repeat("x", maxErrorLine) + "…"},
		// What is a result nevertheless.
		{Fal, `200 {"error":"one of two was flagged","images":[{"url":"https://x.test/a.png"}]}`, "succeeded"},
		{Fal, `200 {"status":"COMPLETED","error":"one of two was flagged","images":[{"url":"https://x.test/a.png"}]}`, "succeeded"},
		{Fal, `200 {"status":"COMPLETED","errors":[{"type":"nsfw","msg":"one was flagged"}],"images":[{"url":"https://x.test/a.png"}]}`, "succeeded"},
		{Comfy, `200 {"status":"COMPLETED","error":{"code":"X","message":"one was flagged"},"images":[{"url":"https://x.test/a.png"}]}`, "succeeded"},
		{Fal, `200 {"status":"processing","video":{"url":"https://x.test/a.mp4"}}`, "succeeded"},
		{Fal, `200 {"status":"failed","text":"the claim does not hold"}`, "succeeded"},
		{Comfy, `200 {"status":"expired","images":["https://x.test/a.png"]}`, "succeeded"},
		{Fal, `200 {"status":"IN_PROGRESS","images":["https://x.test/a.png"]}`, "reading"},
		{Fal, `200 {"status":"FAILED","error":"boom","images":["https://x.test/a.png"]}`, "failed//submit again: boom"},
		{Fal, `200 {"status":"COMPLETED","error_type":"X","images":["https://x.test/a.png"]}`, "failed/X/submit again: X"},
		{Fal, `200 {"error":0.02,"score":0.5}`, "succeeded"}, {Fal, `200 {"error":null,"status":"COMPLETED"}`, "succeeded"},
		{Fal, `200 {"code":200,"message":"ok"}`, "succeeded"}, {Fal, `200 {"message":"hello","success":true}`, "succeeded"},
		{Fal, `202 {"status":"IN_PROGRESS"}`, "reading"}, {Fal, `202 `, "reading"}, {Fal, `204 `, "reading"},
		{Fal, `200 {"status":"IN_QUEUE","queue_position":2}`, "reading"},
		{Fal, `400 {"detail":"Request is still in progress"}`, "reading"},
		// The model's own errors.
		{Fal, `422 ` + exchange(two), "failed/missing/change the input: prompt: Field required (+1 more)"},
		{Fal, `422 {"detail":[{"loc":["body","images",0,"url"],"msg":"Input should be a valid URL","type":"url_parsing"}]}`, "failed/url_parsing/change the input: images[0].url: Input should be a valid URL"},
		{Fal, `422 {"detail":[{"loc":["body"],"msg":"flagged","type":"content_policy_violation"}]}`, "failed/content_policy_violation/change the input: flagged"},
		{Fal, `504 {"detail":"Request timed out","error_type":"request_timeout"}`, "failed/request_timeout/submit again: request_timeout: Request timed out"},
		{Fal, `504 [X-Fal-Error-Type: request_timeout] `, "failed/request_timeout/submit again"},
		{Fal, `503 [X-Fal-Error-Type: runner_scheduling_failure] {"detail":"no runner"}`, "failed/runner_scheduling_failure/submit again: no runner"},
		{Fal, `500 {"detail":[{"loc":["body"],"msg":"Internal","type":"internal_server_error"}]}`, "failed/internal_server_error/submit again: Internal"},
		{Fal, `500 [X-Fal-Retryable: false] {"detail":[{"loc":["body"],"msg":"Internal","type":"internal_server_error"}]}`, "failed/internal_server_error/change the input: Internal"},
		{Fal, `422 [X-Fal-Retryable: true] {"detail":[{"loc":["body"],"msg":"x","type":"no_media_generated"}]}`, "failed/no_media_generated/submit again: x"},
		{Fal, `400 {"detail":"no such size"}`, "failed//change the input: no such size"},
		{Fal, `499 {"detail":"canceled","error_type":"client_cancelled"}`, "canceled/client_cancelled/nothing: client_cancelled: canceled"},
		{Fal, `499 `, "canceled//nothing"},
		{Fal, `499 {"detail":"left","error_type":"client_disconnected"}`, "canceled/client_disconnected/submit again: client_disconnected: left"},
		{Fal, `200 {"status":"in_progress"}`, "reading"},
		{Fal, `200 {"status":"completed","error_type":"internal_error"}`, "failed/internal_error/submit again: internal_error"},
		{Fal, `403 {"detail":[{"loc":["body"],"msg":"no","type":"feature_not_supported"}]}`, "failed/feature_not_supported/change the input: no"},
		// Gone.
		{Fal, `404 {"detail":"Not Found"}`, "expired//submit again: " + fal.expiredText},
		{Fal, `404 {"status":"NOT_FOUND"}`, "expired//submit again: " + fal.expiredText},
		{Fal, `410 `, "expired//submit again: " + fal.expiredText},
		// What says nothing of the task.
		{Fal, `504 ` + page, "result fault 10: HTTP 504 (no JSON)"},
		{Fal, `502 `, "result fault 10: HTTP 502 (no JSON)"},
		{Fal, `503 upstream connect error`, "result fault 10: HTTP 503 (no JSON)"},
		{Fal, `404 <html>nginx</html>`, "result fault 10: HTTP 404 (no JSON)"},
		{Fal, `403 <html>nginx</html>`, "result fault 10: HTTP 403 (no JSON)"},
		{Fal, `502 [X-Fal-Request-Id: r1] oops`, "result fault 7: HTTP 502: Bad Gateway"},
		{Fal, `500 {"detail":"Internal Server Error"}`, "result fault 7: HTTP 500: Internal Server Error"},
		{Fal, `500 {"error":{"message":"dropped","type":"server_error","code":"drop"}}`, "result fault 7: HTTP 500: dropped"},
		{Fal, `503 {"error":{"message":"busy","type":"overloaded"}}`, "result fault 7: HTTP 503: overloaded: busy"},
		{Fal, `401 {"detail":"no key"}`, "result fault 4: HTTP 401: no key"},
		{Fal, `403 {"detail":"User is locked. Reason: Exhausted balance"}`, "result fault 5: HTTP 403: User is locked. Reason: Exhausted balance"},
		{Fal, `429 {"detail":"slow down"}`, "result fault 3: HTTP 429: slow down"},
		{Fal, `400 <html>Bad Request</html>`, "result fault 9: HTTP 400: Bad Request"},
		{Fal, `200 <html>log in</html>`, "result fault 8: HTTP 200: the answer is a web page, not a status"},
		{Fal, `200 {"images":[`, "result fault 8: HTTP 200: the answer is not valid JSON, or was cut short"},
		// Comfy Router.
		{Comfy, `200 {"id":"x","error_type":"mine"}`, "succeeded"},
		{Comfy, `200 {"status":"COMPLETED","error_type":"provider_error"}`, "failed/provider_error/submit again: provider_error"},
		{Comfy, `200 {"x":"` + exchange(strings.Repeat("x", 2<<20)) + `","status":"COMPLETED","error_type":"provider_error"}`, "failed/provider_error/submit again: provider_error"},
		{Comfy, `202 {"status":"IN_PROGRESS"}`, "reading"},
		{Comfy, `409 {"detail":"it was cancelled","error_type":"cancelled"}`, "canceled/cancelled/nothing: cancelled: it was cancelled"},
		{Comfy, `504 {"detail":"never started","error_type":"queue_timeout"}`, "failed/queue_timeout/submit again: queue_timeout: never started"},
		{Comfy, `504 [X-Comfy-Error-Type: queue_timeout] {"detail":"never started"}`, "failed/queue_timeout/submit again: never started"},
		{Comfy, `410 {"detail":"gone","error_type":"request_expired"}`, "expired/request_expired/submit again: " + comfy.expiredText},
		{Comfy, `404 {"detail":"unknown","error_type":"request_not_found"}`, "not found/request_not_found/nothing: request_not_found: unknown"},
		{Comfy, `404 {"detail":"unknown","error_type":"model_not_found"}`, "succeeded"},
		{Comfy, `409 {"detail":"wait","error_type":"concurrency_limit_exceeded"}`, "succeeded"},
		{Comfy, `504 {"detail":"x","error_type":"deadline_exceeded"}`, "result fault 7: HTTP 504: deadline_exceeded: x"},
		{Comfy, `504 ` + page, "result fault 10: HTTP 504 (no JSON)"},
		{Comfy, `403 {"detail":"x","error_type":"insufficient_credits"}`, "result fault 5: HTTP 403: insufficient_credits: x"},
		// SeaCloud: the status decides.
		{SeaCloud, `200 {"outputs":[]}`, "succeeded"},
		{SeaCloud, `200 {"status":"COMPLETED","error_type":"INTERNAL_SERVER_ERROR"}`, "failed/INTERNAL_SERVER_ERROR/submit again: INTERNAL_SERVER_ERROR"},
		{SeaCloud, `202 {"status":"IN_PROGRESS"}`, "reading"},
		{SeaCloud, `404 {"detail":"Request not found"}`, "succeeded"},
		{SeaCloud, `422 {"error":{"code":"X","message":"y"}}`, "succeeded"},
		{SeaCloud, `410 {"detail":"gone"}`, "expired//submit again: " + seacloud.expiredText},
		{SeaCloud, `500 {"error":"oops"}`, "result fault 7: HTTP 500: oops"},
	}
	for _, c := range cases {
		if got := verdictOver(t, c.service, `200 {"status":"COMPLETED"}`, c.result); got != c.want {
			t.Errorf("%s: %s\n got %s\nwant %s", c.service, c.result, got, c.want)
		}
	}
}

// A status that tells a failure is not changed by a result, which Comfy Router may
// keep nevertheless; and nothing is decided by a result before the end.
func TestResultCountsOnlyAfterASuccess(t *testing.T) {
	for status, want := range map[exchange]string{
		`200 {"status":"COMPLETED","error_type":"provider_error"}`: "failed/provider_error/submit again",
		`200 {"status":"COMPLETED","error_type":"cancelled"}`:      "canceled/cancelled/nothing",
		`200 {"status":"IN_PROGRESS"}`:                             "running",
		`200 {"status":"STRANGE"}`:                                 "unclear",
	} {
		if got := verdictOver(t, Comfy, status, `200 {"result":{"sample":"https://x.test/a.png"}}`); got != want {
			t.Errorf("%s: %s, want %s", status, got, want)
		}
	}
}

// FuzzDecide holds that every pair of answers has a verdict, that COMPLETED with an
// error is never a success, and that fal's is none without its result.
func FuzzDecide(f *testing.F) {
	f.Add("fal", `{"status":"COMPLETED"}`, 422, `{"detail":[{"loc":["body"],"msg":"x","type":"y"}]}`)
	f.Add("comfy", `{"status":"COMPLETED","error_type":"cancelled"}`, 200, `{}`)
	f.Add("seacloud", `{"status":"completed","error":{"code":7}}`, 404, `{"detail":"gone"}`)
	f.Add("?", `{"status":NaN}`, 0, "\x1f\x8b")
	f.Fuzz(func(t *testing.T, name, status string, code int, result string) {
		base, err := ParseBaseAs("https://api.test/model", name)
		if err != nil {
			base = testBase(t, "https://api.test/model")
		}
		answer, fault := DecodeAnswer([]byte(status), Request{ID: "mmsu_1", Base: base})
		if fault != nil {
			return
		}
		if v := Decide(name, answer, nil); v.Outcome == OutcomeSucceeded && (answer.HasError || base.service == fal) {
			t.Fatalf("%+v is %+v", answer, v)
		}
		read, fault := base.service.resultAnswer(&reply{code: code, header: http.Header{}, body: []byte(result)})
		if fault != nil {
			return
		}
		v := Decide(name, answer, &read)
		if v.Outcome == OutcomeUnclear && answer.Status != OutcomeUnclear || v.Outcome == OutcomeSucceeded && (answer.Status != OutcomeSucceeded || answer.HasError) {
			t.Fatalf("%+v and %+v is %+v", answer, read, v)
		}
		if base.service == fal && v.Outcome == OutcomeSucceeded && (code < 200 || code > 299) {
			t.Fatalf("HTTP %d %s is a success", code, result)
		}
		if (v.Outcome == OutcomeFailed || v.Outcome == OutcomeExpired) && v.NextStep == "" {
			t.Fatalf("%+v has no next step", v)
		}
	})
}
