package faulty

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"polltop/poller/simulator"

	"polltop/poller/queue"
)

// TestOddAnswers has each odd form of an answer, from a task that runs, one that
// has succeeded and one that has failed.
func TestOddAnswers(t *testing.T) {
	const broken = "\xff\xc3\x28\xed\xa0\x80"
	tests := map[*simulator.FaultKind][3]string{ // what is in the answers
		RedirectSame: {`"status":"IN_PROGRESS"`, `"metrics":{"inference_time":0.9}`, `"error":"boom","error_type":"INFERENCE_FAILURE"}`},
		ErrorObject: {`"status":"IN_PROGRESS"`, `"metrics":{"inference_time":0.9}}`,
			`/response","error":{"code":"INFERENCE_FAILURE","message":"boom"}}`},
		ErrorNull:    {`"error":null}`, `"metrics":{"inference_time":0.9},"error":null}`, `"error_type":"INFERENCE_FAILURE","error":null}`},
		ErrorEmpty:   {`"error":""}`, `"metrics":{"inference_time":0.9},"error":""}`, `"error_type":"INFERENCE_FAILURE","error":""}`},
		NumberID:     {`"IN_PROGRESS","response_url"`, `"request_id":42}`, `"request_id":42}`},
		PositionText: {`"queue_position":"three"}`, `"queue_position":"three"}`, `"queue_position":"three"}`},
		DuplicateKeys: {`{"status":"COMPLETED","request_id":"mmsu_01hother0000000000000000000","status":"IN_PROGRESS","request_id":"running"`,
			`"status":"COMPLETED","request_id":"good"`, `"status":"COMPLETED","request_id":"bad"`},
		InvalidUTF8: {`,"worker":"` + broken + `"}`, broken, `"error":"boom` + broken + `","error_type"`},
		HostileText: {`{"status":"COMPLETED"`, `"error_type":"INFERENCE_FAILURE"`, `"error":"\u001b[2J\u001b[H`},
	}
	for _, kind := range OddAnswers() {
		parts, ok := tests[kind]
		if !ok {
			t.Errorf("%v is not tested", kind)
			continue
		}
		bubble(t, Config{}, func(t *testing.T, s *Server, c *client) {
			c.CheckRedirect = nil // one redirect is followed
			faults := []simulator.Fault{{Kind: kind}}
			s.SubmitID("running", "e", simulator.Plan{Run: time.Hour, Faults: faults})
			s.SubmitID("good", "e", simulator.Plan{Run: time.Second, Faults: faults})
			s.SubmitID("bad", "e", simulator.Plan{Run: time.Second, Faults: faults, Outcome: simulator.Outcome{ErrorType: queue.ErrorInference, Message: "boom"}})
			time.Sleep(2 * time.Second)
			for i, id := range []string{"running", "good", "bad"} {
				got := c.Must("GET", path(id, "status"), "")
				if got.Code != 200 || !strings.Contains(got.Body, parts[i]) {
					t.Errorf("%v, %s: got %d %.300q, want %q in it", kind, id, got.Code, got.Body, parts[i])
				}
				if !json.Valid([]byte(got.Body)) && kind != InvalidUTF8 {
					t.Errorf("%v, %s: %.300q is not valid JSON", kind, id, got.Body)
				}
			}
			if got := s.Stats(); got.Polls != 3 || got.MaxInFlightPerID != 1 {
				t.Errorf("%v: %+v, want a poll of each task", kind, got)
			}
			c.Must("GET", path("good", "status"), "")
			if got := s.Stats().AfterEnd; got != 1 {
				t.Errorf("%v: %d polls after an end was told, want 1", kind, got)
			}
		})
	}
}

// TestDeepNesting looks at the depth that makes a reader give up.
func TestDeepNesting(t *testing.T) {
	bubble(t, Config{}, func(t *testing.T, s *Server, c *client) {
		s.SubmitID("id", "e", simulator.Plan{Run: time.Hour, Faults: []simulator.Fault{{Kind: DeepNesting}}})
		got := c.Must("GET", path("id", "status"), "")
		if n := strings.Count(got.Body, "["); n != deepLevels || strings.Count(got.Body, "]") != n {
			t.Errorf("%d lists are opened, want %d", n, deepLevels)
		}
	})
}

// TestRedirectLoop follows a redirect that leads to itself, as one poll.
func TestRedirectLoop(t *testing.T) {
	bubble(t, Config{}, func(t *testing.T, s *Server, c *client) {
		c.CheckRedirect = nil
		s.SubmitID("id", "e", simulator.Plan{Run: time.Hour, Faults: []simulator.Fault{{Kind: RedirectLoop}}})
		if got, err := c.Do("GET", path("id", "status"), ""); err == nil || !strings.Contains(err.Error(), "stopped after 10 redirects") {
			t.Errorf("got %+v, %v", got, err)
		}
		if got := s.Stats(); got.Polls != 1 || got.Requests != 10 {
			t.Errorf("%+v, want one poll of ten requests", got)
		}
	})
}

// TestHostileError has all that must not reach a terminal.
func TestHostileError(t *testing.T) {
	text := HostileError()
	if len(text) < 10<<10 || !utf8.ValidString(text) {
		t.Errorf("%d bytes, valid UTF-8 %v", len(text), utf8.ValidString(text))
	}
	for _, part := range []string{"\x1b[", "\x1b]52;", "\x1b]8;", "\x1bP", "\u009b", "\u009d", "\u202e", "\u2066", "\u200d", "\u0301", "\t", "\n", "\r", "\x00", "\x7f", "\u2028", "\ufeff", "宽"} {
		if !strings.Contains(text, part) {
			t.Errorf("%+q is not in it", part)
		}
	}
}
