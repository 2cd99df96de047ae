package queue

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestDecodeResult(t *testing.T) {
	cases := []struct {
		name, body string
		outputs    []Output
		metadata   []Field
	}{
		{
			"SeaCloud", `{"request_id":"mmsu_1","outputs":[
				{"type":"video","url":"https://cdn.test/a.mp4","content_type":"video/mp4","file_name":"a.mp4","width":1280,"height":720,"file_size":1234567,"duration":5.2},
				{"type":"text","content":"a caption"}],
				"metadata":{"seed":42,"prompt":"a lighthouse"}}`,
			[]Output{
				{Type: "video", URL: "https://cdn.test/a.mp4", ContentType: "video/mp4", FileName: "a.mp4", Width: 1280, Height: 720, FileSize: 1234567, Duration: 5.2},
				{Type: "text", Content: "a caption"},
			},
			[]Field{{"prompt", "a lighthouse"}, {"seed", "42"}},
		},
		{
			"fal", `{"images":[{"url":"https://cdn.test/1.png","content_type":"image/png","width":512,"height":512}],"prompt":"x","timings":{"inference":1.5}}`,
			[]Output{{Type: "image", URL: "https://cdn.test/1.png", ContentType: "image/png", Width: 512, Height: 512}},
			[]Field{{"prompt", "x"}, {"timings", `{"inference":1.5}`}},
		},
		{"fal, one video", `{"video":{"url":"https://cdn.test/v.mp4"}}`, []Output{{Type: "video", URL: "https://cdn.test/v.mp4"}}, nil},
		{"a bare URL", `{"outputs":["https://cdn.test/1.png"]}`, []Output{{Type: "image", URL: "https://cdn.test/1.png"}}, nil},
		{"URLs that no browser may be given", `{"outputs":[{"url":"file:///etc/passwd"},{"url":"javascript:alert(1)"},{"url":"https://me:pw@cdn.test/"}]}`, nil, nil},
		{"wrong types", `{"outputs":[{"url":"https://cdn.test/1.png","width":"wide","file_size":-0.5,"duration":{}}]}`, []Output{{Type: "image", URL: "https://cdn.test/1.png"}}, nil},
		{"nothing", `{}`, nil, nil},
	}
	for _, c := range cases {
		got, fault := DecodeResult([]byte(c.body))
		if fault != nil {
			t.Errorf("%s: %v", c.name, fault)
			continue
		}
		if len(got.Outputs)+len(c.outputs) > 0 && !reflect.DeepEqual(got.Outputs, c.outputs) {
			t.Errorf("%s: outputs\n %+v, want\n %+v", c.name, got.Outputs, c.outputs)
		}
		if len(got.Metadata)+len(c.metadata) > 0 && !reflect.DeepEqual(got.Metadata, c.metadata) {
			t.Errorf("%s: metadata %+v, want %+v", c.name, got.Metadata, c.metadata)
		}
	}
	for _, body := range []string{"", "null", "OK", "<html>", `{"outputs":`} {
		if _, fault := DecodeResult([]byte(body)); fault == nil {
			t.Errorf("%q: no fault", body)
		}
	}
}

func FuzzDecodeResult(f *testing.F) {
	f.Add([]byte(`{"a":[[[[[[[[{"url":"https://x.test"}]]]]]]]],"metadata":7}`))
	f.Add([]byte(`{"outputs":[1,"x",null,{"url":"https://x.test","content":"y"}],"metadata":{"a":null}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		result, fault := DecodeResult(body)
		if fault != nil {
			return
		}
		if len(result.Outputs) > maxOutputs || len(result.Metadata) > maxMetadata {
			t.Fatalf("%d outputs, %d entries of metadata", len(result.Outputs), len(result.Metadata))
		}
		for _, o := range result.Outputs {
			if o.URL != "" && !strings.HasPrefix(strings.ToLower(o.URL), "http") {
				t.Fatalf("a URL that is not of the web: %q", o.URL)
			}
		}
	})
}

func TestCancelTellsOutcomesApart(t *testing.T) {
	cases := []struct {
		service string
		code    int
		body    string
		want    CancelOutcome
	}{
		{SeaCloud, 202, `{"status":"CANCELLATION_REQUESTED"}`, CancelAccepted},
		{SeaCloud, 200, ``, CancelAccepted},
		{SeaCloud, 400, `{"status":"ALREADY_COMPLETED"}`, CancelTooLate},
		{SeaCloud, 409, ``, CancelTooLate},
		{SeaCloud, 404, `{"status":"NOT_FOUND"}`, CancelUnknown},
		{SeaCloud, 404, `{"detail":"Request not found"}`, CancelUnknown},
		{SeaCloud, 500, `{"error":"oops"}`, 0},
		{SeaCloud, 404, `<html>404 Not Found</html>`, 0},
		{SeaCloud, 503, ``, 0},
		{SeaCloud, 200, `{"status":"OK"}`, CancelAccepted},
		{Fal, 200, `{"status":"OK"}`, CancelDone}, // F5, F14: was queued, removed
		{Fal, 200, ``, CancelDone}, {Fal, 200, "OK\n", CancelDone}, {Fal, 200, `<html>log in</html>`, CancelAccepted},
		{Fal, 200, `{"status":"CANCELLATION_REQUESTED"}`, CancelAccepted},
		{Fal, 202, `{"status":"CANCELLATION_REQUESTED"}`, CancelAccepted},
		{Fal, 400, `{"status":"ALREADY_COMPLETED"}`, CancelTooLate},
		{Fal, 404, `{"status":"NOT_FOUND"}`, CancelUnknown},
		{Comfy, 202, `{"status":"CANCELLATION_REQUESTED"}`, CancelAccepted},
		{Comfy, 409, `{"status":"ALREADY_COMPLETED"}`, CancelTooLate}, // C1; one schema says 400
		{Comfy, 400, `{"status":"ALREADY_COMPLETED"}`, CancelTooLate},
		{Comfy, 404, `{"detail":"unknown","error_type":"request_not_found"}`, CancelUnknown},
		{SeaCloud, 429, ``, 0},
	}
	for _, c := range cases {
		r := serve(t, func(w http.ResponseWriter, q *http.Request) {
			if q.Method != http.MethodPut || !strings.HasSuffix(q.URL.Path, "/mmsu_1/cancel") || q.Header.Get("Authorization") == "" {
				t.Errorf("%s %s %v", q.Method, q.URL.Path, q.Header)
			}
			w.WriteHeader(c.code)
			fmt.Fprint(w, c.body)
		})
		r.Base = testBaseAs(t, r.Base.String(), c.service)
		got, fault := testClient(time.Second).Cancel(context.Background(), r)
		if got != c.want || (fault != nil) != (c.want == 0) {
			t.Errorf("%s: HTTP %d %s: %s, fault %v; want %s", c.service, c.code, c.body, got, fault, c.want)
		}
	}
}
