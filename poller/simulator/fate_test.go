package simulator

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// A create request can say how its task ends; each end that a service has comes.
func TestWishedEndsCome(t *testing.T) {
	creates := map[Service]string{
		SeaCloud: BasePath + "/v1/queue/wan26_i2v", Fal: "/fal-ai/flux/dev", Comfy: "/v2/models/bfl/flux-2-pro/requests",
	}
	for _, service := range Services() {
		for _, end := range ends(service) {
			t.Run(fmt.Sprint(service, " ", end), func(t *testing.T) {
				bubble(t, configured(Config{Service: service}), func(t *testing.T, s *Server, c *client) {
					auth := "Authorization: " + map[Service]string{SeaCloud: "Key k", Fal: "Key k", Comfy: "Bearer k"}[service]
					got := c.must("POST", origin+creates[service], `{"simulate":{"queue":1,"run":2,"end":"`+end+`"}}`, auth)
					var created struct {
						Status   string `json:"status_url"`
						Response string `json:"response_url"`
					}
					if err := json.Unmarshal([]byte(got.body), &created); err != nil || created.Status == "" {
						t.Fatalf("created %d %s", got.code, got.body)
					}
					advance(2 * time.Second)
					if got := c.must("GET", created.Status, "", auth); !strings.Contains(got.body, "IN_PROGRESS") {
						t.Errorf("after 2 s it is %s", got.body)
					}
					advance(time.Second)
					status, result := c.must("GET", created.Status, "", auth), c.must("GET", created.Response, "", auth)
					if fine := status.code == 200 && result.code == 200; fine != (end == endSuccess) {
						t.Errorf("it ended %d %s, %d %.300s", status.code, status.body, result.code, result.body)
					}
					kind := result.header.Get("X-Fal-Error-Type") + result.header.Get("X-Comfy-Error-Type") + status.body + result.body
					if end != endSuccess && end != endExpired && !strings.Contains(kind, strings.TrimSuffix(end, "_in_header")) {
						t.Errorf("neither answer tells %s: %s, %d %s", end, status.body, result.code, result.body)
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
		bubble(t, configured(Config{}), func(t *testing.T, s *Server, c *client) {
			got := c.must("POST", origin+BasePath+"/v1/queue/wan26_i2v", `{"simulate":`+given+`}`)
			if got.code != 400 || !strings.Contains(got.body, want) {
				t.Errorf("%s is answered %d %s, want 400 with %q", given, got.code, got.body, want)
			}
		})
	}
}
