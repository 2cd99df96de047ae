package simulator

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"polltop/poller/queue"
	"polltop/poller/simulator/simulatortest"
)

// protocolTest is a request at a time and its answer.
type protocolTest struct {
	name        string
	when        time.Duration
	method, url string
	body        string
	header      []string
	code        int
	want        string
}

// protocolTests are the answers that the documentation shows, byte by byte.
func protocolTests() []protocolTest {
	const link = `"response_url":"http://queue.test/model/v1/queue/wan26_i2v/requests/ID/response"`
	queued := `{"status":"IN_QUEUE","request_id":"ok","queue_position":0,` + strings.Replace(link, "ID", "ok", 1) + `}`
	running := `{"status":"IN_PROGRESS","request_id":"ok",` + strings.Replace(link, "ID", "ok", 1) + `}`
	done := `{"status":"COMPLETED","request_id":"ok",` + strings.Replace(link, "ID", "ok", 1) + `,"metrics":{"inference_time":12.34}}`
	failed := `{"status":"COMPLETED","request_id":"bad",` + strings.Replace(link, "ID", "bad", 1) +
		`,"error":"Task execution failed","error_type":"INFERENCE_FAILURE"}`
	untold := `{"status":"COMPLETED","request_id":"untold",` + strings.Replace(link, "ID", "untold", 1) + `,"error_type":"CONTENT_BLOCKED"}`
	result := `{"metadata":{"model":"wan26_i2v","prompt":"a red fox","seed":2062759836,"inference_time":12.34,"fps":24},"outputs":[{"type":"video",` +
		`"url":"http://cdn.seaart.example/files/ok/1.mp4","content_type":"video/mp4","file_name":"1.mp4","width":1280,"height":720,` +
		`"file_size":4798041,"duration":5}],"request_id":"ok"}`
	unauthorized := `{"error":{"code":"UNAUTHORIZED","message":"Invalid or missing API key"},"request_id":"req_NUMBER"}`
	create := origin + "/model/v1/queue/wan26_i2v"
	at := func(id, action string) string { return path("wan26_i2v", id, action) }
	return []protocolTest{
		{"queued", 0, "GET", at("ok", "status"), "", nil, 200, queued},
		{"result while queued", 0, "GET", at("ok", "response"), "", nil, 202, queued},
		{"running", 4 * time.Second, "GET", at("ok", "status"), "", nil, 200, running},
		{"result while running", 23*time.Second + 999*time.Millisecond, "GET", at("ok", "response"), "", nil, 202, running},
		{"done", 24 * time.Second, "GET", at("ok", "status"), "", nil, 200, done},
		{"bearer", 24 * time.Second, "GET", at("ok", "status"), "", []string{"Authorization: Bearer k"}, 200, done},
		{"result", 24 * time.Second, "GET", at("ok", "response"), "", nil, 200, result},
		{"failed", 24 * time.Second, "GET", at("bad", "status"), "", nil, 200, failed},
		{"failed without a message", 24 * time.Second, "GET", at("untold", "status"), "", nil, 200, untold},
		{"result of a failure", 24 * time.Second, "GET", at("bad", "response"), "", nil, 422,
			`{"error":{"code":"INFERENCE_FAILURE","message":"Task execution failed"},"request_id":"bad"}`},
		{"cancel too late", 24 * time.Second, "PUT", at("ok", "cancel"), "", nil, 400, `{"status":"ALREADY_COMPLETED"}`},
		{"cancel of nothing", 0, "PUT", at("nothing", "cancel"), "", nil, 404, `{"status":"NOT_FOUND"}`},
		{"unknown request", 0, "GET", at("nothing", "status"), "", nil, 404, `{"detail":"Request not found"}`},
		{"other endpoint", 0, "GET", path("flux_kontext", "ok", "status"), "", nil, 404, `{"detail":"Request not found"}`},
		{"unknown endpoint", 0, "GET", path("no/such", "ok", "status"), "", nil, 404, `{"detail":"App not found: no/such"}`},
		{"unknown path", 0, "GET", origin + "/model/v1/other", "", nil, 404, `{"detail":"Not Found"}`},
		{"wrong method", 0, "POST", at("ok", "status"), "", nil, 405, `{"detail":"Method Not Allowed"}`},
		{"wrong key", 0, "GET", at("ok", "status"), "", []string{"Authorization: Key other"}, 401, unauthorized},
		{"wrong scheme", 0, "GET", at("ok", "status"), "", []string{"Authorization: Basic k"}, 401, unauthorized},
		{"no key", 0, "GET", at("ok", "status"), "", []string{"Authorization: Key "}, 401, unauthorized},
		{"webhook in the body", 0, "POST", create, `{"webhook_url":"https://a.example"}`, nil, 400, `{"detail":"webhook not supported"}`},
		{"webhook in the query", 0, "POST", create + "?fal_webhook=https://a.example", `{}`, nil, 400, `{"detail":"webhook not supported"}`},
		{"event stream", 0, "GET", at("ok", "status"), "", []string{"Accept: text/event-stream"}, 400, `{"detail":"SSE streaming not supported"}`},
		{"no object", 0, "POST", create, `[]`, nil, 400, `{"detail":"the request body is not a JSON object"}`},
		{"huge input", 0, "POST", create, strings.Repeat(" ", maxBody+1), nil, 413,
			`{"detail":"the request body is cut short or over 16777216 bytes"}`},
	}
}

// TestProtocol holds the answers against the documented ones.
func TestProtocol(t *testing.T) {
	number := regexp.MustCompile(`req_\d+`)
	for _, test := range protocolTests() {
		t.Run(test.name, func(t *testing.T) {
			simulatortest.Run(t, configured(Config{Key: "k"}), func(t *testing.T, s *Server, c *client) {
				s.SubmitID("ok", "wan26_i2v", Plan{Queue: 4 * time.Second, Run: 20 * time.Second, InferenceTime: 12340 * time.Millisecond, Prompt: "a red fox"})
				s.SubmitID("bad", "wan26_i2v", Plan{Run: time.Second, Outcome: Outcome{queue.ErrorInference, "Task execution failed"}})
				s.SubmitID("untold", "wan26_i2v", Plan{Run: time.Second, Outcome: Outcome{ErrorType: queue.ErrorBlocked}})
				advance(test.when)
				got := c.Must(test.method, test.url, test.body, test.header...)
				body := number.ReplaceAllString(got.Body, "req_NUMBER")
				if got.Code != test.code || body != test.want {
					t.Errorf("%s %s\ngot  %d %s\nwant %d %s", test.method, test.url, got.Code, body, test.code, test.want)
				}
				if kind := got.Header.Get("Content-Type"); kind != "application/json" {
					t.Errorf("Content-Type is %q", kind)
				}
			})
		})
	}
}

// TestCreate submits over HTTP and follows the addresses in the answer.
func TestCreate(t *testing.T) {
	simulatortest.Run(t, configured(Config{Workers: 1}), func(t *testing.T, s *Server, c *client) {
		var ids []string
		for position := range 3 {
			got := c.Must("POST", origin+"/model/v1/queue/flux_kontext", `{"prompt":"fog"}`)
			var created struct {
				RequestID string `json:"request_id"`
				Response  string `json:"response_url"`
				Status    string `json:"status_url"`
				Cancel    string `json:"cancel_url"`
				Position  *int   `json:"queue_position"`
			}
			if err := json.Unmarshal([]byte(got.Body), &created); err != nil || got.Code != http.StatusOK {
				t.Fatalf("got %d %s (%v)", got.Code, got.Body, err)
			}
			id := created.RequestID
			if !regexp.MustCompile(`^mmsu_01h[0-9a-hjkmnp-tv-z]{23}$`).MatchString(id) {
				t.Errorf("request id %q has not the form of SeaCloud's", id)
			}
			// The first has a worker at once; of the others the first is next.
			if want := max(0, position-1); created.Position == nil || *created.Position != want {
				t.Errorf("task %d: queue_position in %s, want %d", position, got.Body, want)
			}
			for action, url := range map[string]string{"status": created.Status, "response": created.Response, "cancel": created.Cancel} {
				if want := path("flux_kontext", id, action); url != want {
					t.Errorf("%s_url is %s, want %s", action, url, want)
				}
			}
			ids = append(ids, id)
		}
		if ids[0] >= ids[1] || ids[1] >= ids[2] {
			t.Errorf("ids %q don't grow, as ULIDs do", ids)
		}
		advance(time.Minute)
		if got := c.Must("GET", path("flux_kontext", ids[2], "status"), ""); !strings.Contains(got.Body, `"COMPLETED"`) {
			t.Errorf("after a minute: %s", got.Body)
		}
	})
}

// TestCreateMany submits many tasks to two servers with the same seed: they get
// the same ids and ends, and some of them fail.
func TestCreateMany(t *testing.T) {
	ends := func(seed uint64) (list []string) {
		simulatortest.Run(t, configured(Config{Seed: seed}), func(t *testing.T, s *Server, c *client) {
			for range 60 {
				c.Must("POST", origin+"/model/v1/queue/wan26_i2v", "{}")
			}
			advance(time.Minute)
			for _, task := range s.order {
				list = append(list, task.id+c.Must("GET", path("wan26_i2v", task.id, "status"), "").Body)
			}
		})
		return list
	}
	first, other := ends(3), ends(4)
	if again := ends(3); !slices.Equal(first, again) {
		t.Error("the same seed gives other tasks")
	}
	if slices.Equal(first, other) {
		t.Error("another seed gives the same tasks")
	}
	failed := 0
	for _, end := range first {
		if !strings.Contains(end, `"COMPLETED"`) {
			t.Errorf("after a minute: %s", end)
		}
		if strings.Contains(end, `"error"`) {
			failed++
		}
	}
	if failed < 3 || failed > 20 {
		t.Errorf("%d of 60 tasks failed, want about one in six", failed)
	}
}

// FuzzParseTarget holds the reading of paths against the addresses that the
// client's side builds.
func FuzzParseTarget(f *testing.F) {
	for _, seed := range [][2]string{
		{"wan26_i2v", "mmsu_01hxyz"}, {"fal-ai/flux/dev", "a b"}, {"requests", "requests"}, {"e", ".."}, {"a/./b", "x/y"},
		{"e", "%2F"}, {"é", "😕?#"}, {"", ""}, {"a//b", "x"},
	} {
		f.Add(seed[0], seed[1])
	}
	base, err := queue.ParseBase(origin + BasePath)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, endpoint, id string) {
		built := queue.Request{ID: id, Endpoint: endpoint, Base: base}.StatusURL()
		got := seacloud.parsePath(strings.TrimPrefix(built, origin))
		want := target{endpoint: endpoint, id: id, action: "status"}
		if id == "" || endpoint == "" || strings.HasPrefix(endpoint, "/") || strings.HasSuffix(endpoint, "/") || strings.Contains(endpoint, "//") {
			want = target{}
		}
		if got != want {
			t.Errorf("parse(%q) is %+v, want %+v", built, got, want)
		}
	})
}
