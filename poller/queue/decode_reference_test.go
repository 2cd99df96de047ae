package queue

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"testing"
)

// The decoder as it was first written, by encoding/json alone: slow, and so
// plainly right that the quick one is measured by it.
func referenceDecode(body []byte, r Request) (Answer, *Fault) {
	if len(bytes.TrimSpace(body)) == 0 {
		return Answer{}, &Fault{Kind: BadAnswer, Message: "the answer is empty"}
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		return Answer{}, &Fault{Kind: BadAnswer, Message: notJSON(body), Raw: body}
	}
	status := referenceText(fields["status"])
	known, ok := statuses[status]
	if !ok {
		return Answer{}, &Fault{Kind: BadAnswer, Message: unknownStatus(status, body), Raw: body}
	}
	if id := referenceText(fields["request_id"]); id != "" && id != r.ID {
		return Answer{}, &Fault{Kind: BadAnswer, Message: fmt.Sprintf("the answer is about another request (%s)", clip(id, 100)), Raw: body}
	}
	answer := Answer{Status: known, QueuePosition: -1, InferenceTime: -1, Raw: body}
	var position int32
	if json.Unmarshal(fields["queue_position"], &position) == nil && position >= 0 {
		answer.QueuePosition = int(position)
	}
	var metrics struct {
		InferenceTime *float64 `json:"inference_time"`
	}
	if json.Unmarshal(fields["metrics"], &metrics) == nil && metrics.InferenceTime != nil && *metrics.InferenceTime >= 0 {
		answer.InferenceTime = *metrics.InferenceTime
	}
	answer.ErrorType = clip(referenceText(fields["error_type"]), 200)
	raw := bytes.TrimSpace(fields["error"])
	if len(raw) > 0 && !bytes.Equal(raw, []byte("null")) {
		answer.HasError = true
		code, message := referenceErrorBody(raw)
		answer.Error = clip(message, maxMessage)
		if answer.ErrorType == "" {
			answer.ErrorType = clip(code, 200)
		}
	}
	if answer.ErrorType != "" {
		answer.HasError = true
	}
	answer.URLs = URLs{
		Status:   referenceOrigin(referenceText(fields["status_url"]), r.Base),
		Response: referenceOrigin(referenceText(fields["response_url"]), r.Base),
		Cancel:   referenceOrigin(referenceText(fields["cancel_url"]), r.Base),
	}
	return answer, nil
}

func referenceErrorBody(raw []byte) (code, message string) {
	if s := referenceText(raw); s != "" || bytes.Equal(raw, []byte(`""`)) {
		return "", s
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(raw, &object) == nil {
		for _, name := range []string{"code", "type", "error_type"} {
			if code = referenceText(object[name]); code != "" {
				break
			}
		}
		for _, name := range []string{"message", "msg", "detail", "error"} {
			if message = referenceText(object[name]); message != "" {
				return code, message
			}
		}
		return code, string(raw)
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) == nil && len(list) > 0 {
		return referenceErrorBody(list[0])
	}
	return "", string(raw)
}

func referenceText(raw json.RawMessage) string {
	var s string
	if len(raw) == 0 || raw[0] != '"' || json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

func referenceOrigin(raw string, base *Base) string {
	u, err := url.Parse(raw)
	if raw == "" || len(raw) > maxURL || err != nil || u.User != nil || OriginOf(u) != base.origin {
		return ""
	}
	return raw
}

// answers are what the two decoders are compared on; the fuzzer starts from them.
var answers = []string{
	"", " \n\t", "\u0085", "\ufeff{\"status\":\"IN_QUEUE\"}", `null`, `[]`, `{}`, `{"status":"IN_QUEUE"} x`, `{"status":"IN_QUEUE"}{}`,
	`{"status":"IN_QUEUE","request_id":"mmsu_1","queue_position":0,"response_url":"https://api.test/model/v1/queue/m/requests/mmsu_1/response"}`,
	` { "status" : "COMPLETED" , "metrics" : { "inference_time" : 12.34 } , "request_id" : "mmsu_1" } ` + "\r\n",
	`{"status":"COMPLETED","metrics":{"inference_time": 1e3}}`, `{"status":"COMPLETED","metrics":{"inference_time":1e999}}`,
	`{"status":"COMPLETED","metrics":{"inference_time":-0.0}}`, `{"status":"COMPLETED","metrics":{"inference_time":-1}}`,
	`{"status":"COMPLETED","metrics":{"INFERENCE_TIME":7,"inference_time":null}}`, `{"status":"COMPLETED","metrics":{"inference_time":1,"Inference_Time":2}}`,
	`{"status":"COMPLETED","metrics":{"inference_time":"1"}}`, `{"status":"COMPLETED","metrics":null}`, `{"status":"COMPLETED","metrics":[1]}`,
	`{"status":"IN_QUEUE","queue_position":null}`, `{"status":"IN_QUEUE","queue_position":-0}`, `{"status":"IN_QUEUE","queue_position":1.0}`,
	`{"status":"IN_QUEUE","queue_position":2147483648}`, `{"status":"IN_QUEUE","queue_position":999999999}`, `{"status":"IN_QUEUE","queue_position":01}`,
	`{"status":"IN_QUEUE","status":"COMPLETED","error":"a","error":null}`, `{"Status":"IN_QUEUE"}`, `{"sta\u0074us":"IN_QUEUE"}`,
	`{"status":"IN\u005fQUEUE","request_id":"mmsu\u005f1"}`, `{"status":"IN_QUEUE","request_id":"mmsu\\_1"}`, `{"status":"IN_QUEUE","request_id":""}`,
	"{\"status\":\"COMPLETED\",\"error\":\"bad \xff\xc3\",\"error_type\":\"\xe2\x82\"}", "{\"status\":\"COMPLETED\",\"error\":\"a\nb\"}", "{\"\xff\":1,\"status\":\"IN_QUEUE\"}",
	`{"status":"COMPLETED","error":"\ud83d\ude00 \ud83d"}`, `{"status":"COMPLETED","error":"\x"}`, `{"status":"COMPLETED","error":"\u12g4"}`, `{"status":"COMPLETED","error":"\u12`,
	`{"status":"COMPLETED","error":[{"loc":["body",0],"msg":"m","type":"t"}]}`, `{"status":"COMPLETED","error":{"code":1,"type":"T","msg":""}}`, `{"status":"COMPLETED","error":false}`,
	`{"status":"COMPLETED","error_type":"` + strings.Repeat("é", 150) + `","error":"` + strings.Repeat("x", 5000) + `"}`,
	`{"status":"IN_QUEUE","status_url":"https://api.test","response_url":"https:\/\/api.test\/r","cancel_url":"https://api.test/a%zz"}`,
	`{"status":"IN_QUEUE","status_url":"https://api.test@evil.test/","response_url":"https://api.test:443/r","cancel_url":"HTTPS://API.test/c?x=1"}`,
	`{"status":"IN_QUEUE","status_url":"https://api.test.evil/","response_url":"https://api.test//evil.test/","cancel_url":"https://api.test/a b"}`,
	`{"status":"IN_QUEUE","logs":[{"message":"a\nb","n":[1,-2.5e+3,true,false,null,{}]},[]]}`, `{"status":"IN_QUEUE","x":tru}`, `{"status":"IN_QUEUE",}`, `{"status":"IN_QUEUE","x":-}`,
	`{"status":"IN_QUEUE","x":1.}`, `{"status":"IN_QUEUE","x":1e}`, `{"status":"IN_QUEUE","x":[1,]}`, `{"status" "IN_QUEUE"}`, `{status:1}`, `{"status":"PAUSED"}`, `{"status":7,"detail":"d"}`,
	`{"status":"IN_QUEUE","x":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`, `{"status":"IN_QUEUE","x":` + strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001) + `}`,
	`{"status":"IN_QUEUE","x":` + strings.Repeat(`{"a":`, 9_998) + `1` + strings.Repeat("}", 9_998) + `}`, "{\"status\":\"IN_QUEUE\"\x00}", "{\"status\":\"IN_QUEUE\"",
}

// compareDecoders fails when the two decoders do not say the same of a body.
func compareDecoders(t *testing.T, body []byte, r Request) {
	t.Helper()
	got, gotFault := DecodeAnswer(bytes.Clone(body), r)
	want, wantFault := referenceDecode(bytes.Clone(body), r)
	if !reflect.DeepEqual(got, want) || !reflect.DeepEqual(gotFault, wantFault) {
		t.Errorf("of %.300q, about %q:\n got %+v, %+v\nwant %+v, %+v", body, r.ID, got, gotFault, want, wantFault)
	}
}

func TestDecoderReadsWhatTheReferenceReads(t *testing.T) {
	for _, id := range []string{"mmsu_1", `mmsu\u005f1`, `mmsu\\_1`, "\xff", ""} {
		for _, base := range []string{"https://api.test/model", "https://API.test", "https://api.test:443"} {
			r := Request{ID: id, Endpoint: "m", Base: testBase(t, base)}
			for _, body := range answers {
				compareDecoders(t, []byte(body), r)
			}
		}
	}
}

// Every way to cut an answer short, or to change one byte of it, is read alike.
func TestDecoderReadsBrokenAnswersAsTheReferenceDoes(t *testing.T) {
	const whole = `{"status":"COMPLETED","request_id":"mmsu_1","queue_position":12,"metrics":{"inference_time":12.34},"x":[1.5e3,true,null,"a\u00e9\n"],"error":"b","cancel_url":"https://api.test/c"}`
	r := Request{ID: "mmsu_1", Base: testBase(t, "https://api.test/model")}
	for i := range len(whole) {
		compareDecoders(t, []byte(whole[:i]), r)
		compareDecoders(t, []byte(whole[:i]+whole[i+1:]), r)
		for _, b := range []byte("\x00 \"\\,:{}[]01-.eEunté\xff\n/") {
			compareDecoders(t, []byte(whole[:i]+string(b)+whole[i:]), r)
			changed := []byte(whole)
			changed[i] = b
			compareDecoders(t, changed, r)
		}
	}
}

func FuzzDecodersAgree(f *testing.F) {
	for _, seed := range answers {
		f.Add([]byte(seed), "mmsu_1")
	}
	base := testBase(f, "https://api.test/model")
	f.Fuzz(func(t *testing.T, body []byte, id string) { compareDecoders(t, body, Request{ID: id, Base: base}) })
}
