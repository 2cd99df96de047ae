package simulator

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"polltop/poller/simulator/simulatortest"
)

// A batch of each service ends within two minutes, and shows all that the service
// has: each way to fail, results of each shape, and one that is gone.
func TestBatchShowsAllOfAService(t *testing.T) {
	shapes := map[Service][]string{
		SeaCloud: {`"outputs":[{"type":"image"`, `"outputs":[{"type":"video"`, `"outputs":[{"type":"text"`, `"usage":{"cost":`},
		Fal:      {`"images":[{"url":"http`, `"video":{"url":"http`, `"url":"data:`, `"outputs":["http`, `"file_data":"`, `"output":"A caption`},
		Comfy:    {`"sample":"http`, `"bytesBase64Encoded":"`, `"b64_json":"`, `"output":["http`, `"image":"data:`, `"text":"A caption`},
	}
	for _, service := range Services() {
		t.Run(string(service), func(t *testing.T) {
			s, submitted := Batch(service, 120, 1, 1)
			simulatortest.Run(t, func() *Server { return s }, func(t *testing.T, s *Server, c *client) {
				header := "Authorization: Key " + DemoKey
				if service == Comfy {
					header = "X-API-Key: " + DemoKey
				}
				c.Must("GET", origin, "", header) // the clock starts with a request
				advance(2 * time.Minute)
				var told strings.Builder
				for _, task := range submitted {
					for _, action := range []string{"status", "result"} {
						got := c.Must("GET", address(service, task, action), "", header)
						told.WriteString(got.Header.Get("X-Fal-Error-Type") + got.Body + "\n")
						if action == "result" && (got.Code == http.StatusGone || got.Code == http.StatusNotFound) {
							told.WriteString("gone\n")
						}
					}
				}
				for _, f := range dialects[service].failures {
					if name := strings.TrimSuffix(f.outcomeName(), "_in_header"); !strings.Contains(told.String(), name) {
						t.Errorf("nothing tells %s", name)
					}
				}
				for _, part := range shapes[service] {
					if !strings.Contains(told.String(), part) {
						t.Errorf("no result has %s", part)
					}
				}
				if strings.Contains(told.String(), "IN_PROGRESS") || strings.Contains(told.String(), "IN_QUEUE") {
					t.Error("not all have ended")
				}
				if gone := strings.Contains(told.String(), "gone\n"); !gone {
					t.Error("no result is gone")
				}
			})
		})
	}
}

// address returns the address of a task's status or result.
func address(service Service, task Submitted, action string) string {
	suffix := ""
	if action == "status" {
		suffix = "/status"
	} else if service == SeaCloud {
		suffix = "/response"
	}
	switch service {
	case Fal:
		return origin + "/" + falApp(task.Endpoint) + "/requests/" + task.ID + suffix
	case Comfy:
		return origin + "/v2/models/" + task.Endpoint + "/requests/" + task.ID + suffix
	}
	return origin + BasePath + "/v1/queue/" + task.Endpoint + "/requests/" + task.ID + suffix
}

// What SeaCloud's own client reads beside the documented fields is told where a plan
// has it.
func TestSeaCloudTellsProgressLogsAndProvider(t *testing.T) {
	simulatortest.Run(t, configured(Config{}), func(t *testing.T, s *Server, c *client) {
		s.SubmitID("id", "e", Plan{
			Queue: time.Second, Run: 10 * time.Second, Progress: true, Logs: []string{"first", "second"},
			Outcome: Outcome{"INFERENCE_FAILURE", "boom"}, ProviderError: &ProviderError{Code: "OOM", Message: "no memory", TaskStatus: "failed"},
		})
		status := func() (got statusAnswer) {
			if err := json.Unmarshal([]byte(c.Must("GET", path("e", "id", "status"), "").Body), &got); err != nil {
				t.Fatal(err)
			}
			return got
		}
		messages := func(s statusAnswer) (list []string) {
			lines, _ := s.Logs.([]any)
			for _, line := range lines {
				list = append(list, line.(map[string]any)["message"].(string))
			}
			return list
		}
		if got := status(); got.Progress != nil || got.Logs != nil {
			t.Errorf("in the queue it tells %v, %v", got.Progress, got.Logs)
		}
		advance(3500 * time.Millisecond)
		if got := status(); got.Progress == nil || *got.Progress != 0.25 || !slices.Equal(messages(got), []string{"first"}) {
			t.Errorf("after a quarter of the run it tells %v, %v", got.Progress, got.Logs)
		}
		advance(8 * time.Second)
		got := status()
		if want := []string{"first", "second", "The run failed"}; !slices.Equal(messages(got), want) {
			t.Errorf("at the end the log is %q, want %q", messages(got), want)
		}
		if got.ProviderError == nil || *got.ProviderError != (ProviderError{"OOM", "no memory", "failed"}) {
			t.Errorf("the provider's error is %v", got.ProviderError)
		}
	})
}
