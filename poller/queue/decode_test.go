package queue

import (
	"runtime"
	"strings"
	"testing"
)

func testBase(t testing.TB, raw string) *Base {
	t.Helper()
	base, err := ParseBase(raw)
	if err != nil {
		t.Fatal(err)
	}
	return base
}

func TestDecodeAnswer(t *testing.T) {
	r := Request{ID: "mmsu_1", Endpoint: "wan26_i2v", Base: testBase(t, "https://api.test/model")}
	plain := Answer{QueuePosition: -1, InferenceTime: -1, Progress: -1}
	with := func(change func(*Answer)) Answer {
		a := plain
		change(&a)
		return a
	}
	failed := func(text, class string) Answer {
		return with(func(a *Answer) { a.Status, a.HasError, a.Error, a.ErrorType = OutcomeSucceeded, true, text, class })
	}
	done := with(func(a *Answer) { a.Status = OutcomeSucceeded })
	queued := with(func(a *Answer) { a.Status = OutcomeWaiting })
	cases := []struct {
		name, body string
		want       Answer
	}{
		{"queued at the head", `{"status":"IN_QUEUE","request_id":"mmsu_1","queue_position":0}`, with(func(a *Answer) { a.Status, a.QueuePosition = OutcomeWaiting, 0 })},
		{"queued", `{"status":"IN_QUEUE","queue_position":12}`, with(func(a *Answer) { a.Status, a.QueuePosition = OutcomeWaiting, 12 })},
		{"running", `{"status":"IN_PROGRESS","request_id":"mmsu_1"}`, with(func(a *Answer) { a.Status = OutcomeRunning })},
		{"done", `{"status":"COMPLETED","metrics":{"inference_time":12.34}}`, with(func(a *Answer) { a.Status, a.InferenceTime = OutcomeSucceeded, 12.34 })},
		{"failed", `{"status":"COMPLETED","error":"Task execution failed","error_type":"INFERENCE_FAILURE"}`, failed("Task execution failed", ErrorInference)},
		{"failed without a type", `{"status":"COMPLETED","error":"boom"}`, failed("boom", "")},
		{"failed by type alone, as Comfy Router says it", `{"status":"COMPLETED","error_type":"CANCELED"}`, failed("", ErrorCanceled)},
		{"error as an object", `{"status":"COMPLETED","error":{"code":"E7","message":"boom"}}`, failed("boom", "E7")},
		{"error as an object of its own kind", `{"status":"COMPLETED","error":{"x":1}}`, failed(`{"x":1}`, "")},
		{"error as a list", `{"status":"COMPLETED","error":[{"msg":"bad size","type":"value_error"}]}`, failed("bad size", "value_error")},
		{"error that is a number", `{"status":"COMPLETED","error":7}`, failed("7", "")},
		{"a comma too many", `{"status":"COMPLETED","logs":[1,],}`, done},
		{"text behind the object", `{"status":"COMPLETED"}` + "\n<!-- served by gateway -->", done},
		{"two objects", `{"status":"IN_QUEUE"}` + "\n" + `{"status":"COMPLETED"}`, queued},
		{"the provider's words where there are no others", `{"status":"FAILED","provider_error":{"code":7,"message":"no GPU"}}`,
			with(func(a *Answer) { a.Status, a.Error, a.ErrorType = OutcomeFailed, "no GPU", "7" })},
		{"the provider's error as a text", `{"status":"COMPLETED","error_type":"INFERENCE_FAILURE","provider_error":"no GPU"}`, failed("no GPU", ErrorInference)},
		{"an empty error is none", `{"status":"COMPLETED","error":""}`, done},
		{"no status", `{"request_id":"mmsu_1"}`, plain},
		{"no status, but an error", `{"error":{"code":"X","message":"go away"}}`, with(func(a *Answer) { a.HasError, a.Error, a.ErrorType = true, "go away", "X" })},
		{"a status of a wrong type", `{"status":7}`, with(func(a *Answer) { a.Word = "7" })},
		{"an unknown word", `{"status":"PAUSED"}`, with(func(a *Answer) { a.Word = "PAUSED" })},
		{"progress", `{"status":"IN_PROGRESS","progress":0.25}`, with(func(a *Answer) { a.Status, a.Progress = OutcomeRunning, 0.25 })},
		{"progress that is none", `{"status":"IN_PROGRESS","progress":25}`, with(func(a *Answer) { a.Status = OutcomeRunning })},
		{"null is no error", `{"status":"COMPLETED","error":null,"error_type":null}`, done},
		{"an empty type is none", `{"status":"COMPLETED","error_type":""}`, done},
		{"position of a wrong type", `{"status":"IN_QUEUE","queue_position":"three"}`, queued},
		{"position below zero", `{"status":"IN_QUEUE","queue_position":-4}`, queued},
		{"id of a wrong type", `{"status":"IN_QUEUE","request_id":42}`, queued},
		{"metrics of a wrong type", `{"status":"COMPLETED","metrics":"fast"}`, done},
		{"own addresses kept, foreign ones left out", `{"status":"IN_QUEUE","response_url":"https://api.test/r","cancel_url":"https://evil.test/c","status_url":"https://api.test:444/s"}`,
			with(func(a *Answer) { a.Status, a.URLs.Response = OutcomeWaiting, "https://api.test/r" })},
	}
	for _, c := range cases {
		got, fault := DecodeAnswer([]byte(c.body), r)
		if fault != nil {
			t.Errorf("%s: fault %v", c.name, fault)
			continue
		}
		if string(got.Raw) != c.body {
			t.Errorf("%s: Raw = %q", c.name, got.Raw)
		}
		if c.want.Status != OutcomeUnclear {
			c.want.Word = got.Word
		}
		if got.Status != c.want.Status || got.Word != c.want.Word || got.Progress != c.want.Progress || got.QueuePosition != c.want.QueuePosition || got.HasError != c.want.HasError ||
			got.Error != c.want.Error || got.ErrorType != c.want.ErrorType || got.InferenceTime != c.want.InferenceTime || got.URLs != c.want.URLs {
			t.Errorf("%s:\n got %+v\nwant %+v", c.name, got, c.want)
		}
	}
}

func TestDecodeAnswerFaults(t *testing.T) {
	r := Request{ID: "mmsu_1", Endpoint: "wan26_i2v", Base: testBase(t, "https://api.test/model")}
	cases := map[string]string{
		"":                     "empty",
		" \n":                  "empty",
		`{"status":"IN_QUEUE"`: "cut short",
		`<html><title>502 Bad Gateway</title></html>`: "502 Bad Gateway",
		`null`: "not a JSON object",
		`[1]`:  "not a JSON object",
		`{"status":"COMPLETED","request_id":"mmsu_2"}`:                                                               "another request (mmsu_2)",
		`{"status":"COMPLETED","response_url":"https://api.test/model/v1/queue/wan26_i2v/requests/mmsu_2/response"}`: "another request (mmsu_2)",
		`{"status":"COMPLETED","status_url":"https://api.test/model/v1/queue/wan26_i2v/requests/mmsu_2/status"}`:     "another request (mmsu_2)",
		`{"detail":"` + strings.Repeat("long ", 500) + `"`:                                                           "cut short",
	}
	for body, want := range cases {
		_, fault := DecodeAnswer([]byte(body), r)
		if fault == nil || fault.Kind != BadAnswer || !strings.Contains(fault.Message, want) {
			t.Errorf("%.60q: fault %v, want a bad answer that says %q", body, fault, want)
		}
	}
}

// The id in an answer may be in other letters than those that were asked with; one of its own wins over
// those in its addresses.
func TestAnswerAboutTheRequestIsTaken(t *testing.T) {
	r := Request{ID: "mmsu_1a", Endpoint: "wan26_i2v", Base: testBase(t, "https://api.test/model")}
	for _, body := range []string{
		`{"status":"COMPLETED","request_id":"MMSU_1A"}`,
		`{"status":"COMPLETED","request_id":"mmsu_1a","response_url":"https://api.test/model/v1/queue/x/requests/job7/response"}`,
		`{"status":"COMPLETED","response_url":"https://api.test/model/v1/queue/x/requests/Mmsu_1a/response"}`,
		`{"status":"COMPLETED","response_url":"https://api.test/files/7","request_id":7}`,
		`{"status":"COMPLETED","response_url":"https://api.test/api/v3/requests/download"}`,
		`{"status":"COMPLETED","response_url":"https://queue.fal.run/fal-ai/flux/requests/upstream7/response"}`, // the base is that of a gateway with ids of its own
	} {
		if answer, fault := DecodeAnswer([]byte(body), r); fault != nil || answer.Status != OutcomeSucceeded {
			t.Errorf("%s: %+v, %v", body, answer, fault)
		}
	}
}

// The addresses that a service gave for a request may have another id than its request_id.
func TestAnswerWithTheIDOfGivenAddressesIsTaken(t *testing.T) {
	r := Request{ID: "mmsu_1a", Endpoint: "wan26_i2v", Base: testBase(t, "https://api.test/model")}
	const root = "https://api.test/model/v1/queue/wan26_i2v/requests/"
	r = r.WithURLs(URLs{Status: root + "job7/status", Response: root + "file8/response"})
	for body, taken := range map[string]bool{
		`{"status":"COMPLETED","status_url":"` + root + `job7/status"}`:       true,
		`{"status":"COMPLETED","response_url":"` + root + `file8/response"}`:  true,
		`{"status":"COMPLETED","response_url":"` + root + `mmsu_2/response"}`: false,
		`{"status":"COMPLETED","request_id":"job7"}`:                          false,
	} {
		if answer, fault := DecodeAnswer([]byte(body), r); (fault == nil) != taken {
			t.Errorf("%s: %+v, %v", body, answer, fault)
		}
	}
}

// An error that is nested deep takes memory by its length, not by its square, as it would if
// each level were decoded anew with all that it holds.
func TestDeepErrorIsDecodedOnce(t *testing.T) {
	allocated := func(depth int) uint64 {
		body := []byte(`{"status":"COMPLETED","error":` + strings.Repeat(`{"a":`, depth) + "0" + strings.Repeat("}", depth) + "}")
		r := Request{Base: testBase(t, "https://api.test/model")}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if answer, fault := DecodeAnswer(body, r); fault != nil || answer.HasError {
			t.Fatalf("%+v, %v", answer, fault)
		}
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	if once, twice := allocated(4000), allocated(8000); twice > 3*once {
		t.Errorf("%d levels take %d bytes, twice as many %d", 4000, once, twice)
	}
}

func FuzzDecodeAnswer(f *testing.F) {
	for _, seed := range []string{
		`{"status":"COMPLETED","error":[{"msg":1}],"metrics":{"inference_time":-1}}`, `{"status":"IN_QUEUE","queue_position":1e99}`,
		"\x00", `{"status":"IN_PROGRESS","status_url":"http://[::1"}`, strings.Repeat("[", 10_000),
		`{"status":"COMPLETED","error":` + strings.Repeat(`{"a":`, 9000) + "1" + strings.Repeat("}", 9000) + `,"detail":[` + strings.Repeat("[", 900) + strings.Repeat("]", 900) + "]}",
	} {
		f.Add([]byte(seed))
	}
	base := testBase(f, "https://api.test/model")
	f.Fuzz(func(t *testing.T, body []byte) {
		answer, fault := DecodeAnswer(body, Request{ID: "mmsu_1", Base: base})
		if fault != nil {
			if fault.Kind != BadAnswer || fault.Message == "" {
				t.Fatalf("fault %+v", fault)
			}
			return
		}
		if answer.Status > OutcomeExpired || answer.QueuePosition < -1 || len(answer.Error) > maxMessage+3 {
			t.Fatalf("answer %+v", answer)
		}
		for _, u := range []string{answer.URLs.Status, answer.URLs.Response, answer.URLs.Cancel} {
			if u != "" && !strings.HasPrefix(strings.ToLower(u), "https://api.test") {
				t.Fatalf("an address on another origin was kept: %q", u)
			}
		}
	})
}
