package simulator

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"polltop/poller/simulator/simulatortest"
)

// A create request can say how its task ends; each end that a service has comes.
func TestWishedEndsCome(t *testing.T) {
	creates := map[Service]string{
		SeaCloud: BasePath + "/v1/queue/wan26_i2v", Fal: "/fal-ai/flux/dev", Comfy: "/v2/models/bfl/flux-2-pro/requests",
	}
	for _, service := range Services() {
		for _, end := range dialects[service].outcomeNames() {
			t.Run(fmt.Sprint(service, " ", end), func(t *testing.T) {
				simulatortest.Run(t, configured(Config{Service: service}), func(t *testing.T, s *Server, c *client) {
					auth := "Authorization: " + map[Service]string{SeaCloud: "Key k", Fal: "Key k", Comfy: "Bearer k"}[service]
					got := c.Must("POST", origin+creates[service], `{"simulate":{"queue":1,"run":2,"end":"`+end+`"}}`, auth)
					var created struct {
						Status   string `json:"status_url"`
						Response string `json:"response_url"`
					}
					if err := json.Unmarshal([]byte(got.Body), &created); err != nil || created.Status == "" {
						t.Fatalf("created %d %s", got.Code, got.Body)
					}
					advance(2 * time.Second)
					if got := c.Must("GET", created.Status, "", auth); !strings.Contains(got.Body, "IN_PROGRESS") {
						t.Errorf("after 2 s it is %s", got.Body)
					}
					advance(time.Second)
					status, result := c.Must("GET", created.Status, "", auth), c.Must("GET", created.Response, "", auth)
					if fine := status.Code == 200 && result.Code == 200; fine != (end == outcomeSuccess) {
						t.Errorf("it ended %d %s, %d %.300s", status.Code, status.Body, result.Code, result.Body)
					}
					kind := result.Header.Get("X-Fal-Error-Type") + result.Header.Get("X-Comfy-Error-Type") + status.Body + result.Body
					if end != outcomeSuccess && end != outcomeExpired && !strings.Contains(kind, strings.TrimSuffix(end, "_in_header")) {
						t.Errorf("neither answer tells %s: %s, %d %s", end, status.Body, result.Code, result.Body)
					}
				})
			})
		}
	}
}

func TestWrongWishesAreRefused(t *testing.T) {
	for given, want := range map[string]string{
		`"success"`:         "give an object such as",
		`{"run":-1}`:        "seconds, from 0",
		`{"end":"nothing"}`: "end is one of success, ",
		`{"end":"expired"}`: "end is one of success, INFERENCE_FAILURE", // SeaCloud documents no expiry
	} {
		simulatortest.Run(t, configured(Config{}), func(t *testing.T, s *Server, c *client) {
			got := c.Must("POST", origin+BasePath+"/v1/queue/wan26_i2v", `{"simulate":`+given+`}`)
			if got.Code != 400 || !strings.Contains(got.Body, want) {
				t.Errorf("%s is answered %d %s, want 400 with %q", given, got.Code, got.Body, want)
			}
		})
	}
}
