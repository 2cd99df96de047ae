package simulator

import (
	"cmp"
	"strings"
	"testing"
	"time"

	"polltop/poller/simulator/simulatortest"
)

// call is a request at a time and what its answer holds.
type call struct {
	name   string
	when   time.Duration
	method string
	path   string // below the origin
	body   string
	header string // "Name: value", instead of the key k
	code   int
	want   []string // parts of the body
	not    string   // what the body must not hold
	sets   string   // "Name: value", a header of the answer
}

// answerCalls makes each call to a server of its own, with tasks of these plans.
func answerCalls(t *testing.T, config Config, endpoints map[string]string, plans map[string]Plan, calls []call) {
	t.Helper()
	config.Key = "k"
	for _, c := range calls {
		t.Run(c.name, func(t *testing.T) {
			simulatortest.Run(t, configured(config), func(t *testing.T, s *Server, client *client) {
				for id, plan := range plans {
					s.SubmitID(id, endpoints[id], plan)
				}
				advance(c.when)
				header := "Authorization: Key k"
				if config.Service == Comfy {
					header = "Authorization: Bearer k"
				}
				got := client.Must(c.method, origin+c.path, c.body, strings.Split(cmp.Or(c.header, header), "\n")...)
				if got.Code != c.code {
					t.Errorf("got %d %s, want %d", got.Code, got.Body, c.code)
				}
				for _, part := range c.want {
					if !strings.Contains(got.Body, part) {
						t.Errorf("the body is %.2000s, want %s in it", got.Body, part)
					}
				}
				if c.not != "" && strings.Contains(got.Body, c.not) {
					t.Errorf("the body is %.2000s, want no %s in it", got.Body, c.not)
				}
				if name, value, _ := strings.Cut(c.sets, ": "); got.Header.Get(name) != value {
					t.Errorf("the header %s is %q, want %q", name, got.Header.Get(name), value)
				}
			})
		})
	}
}

// every returns what has each of these ids at one endpoint.
func every(endpoint string, plans map[string]Plan) map[string]string {
	at := map[string]string{}
	for id := range plans {
		at[id] = endpoint
	}
	return at
}
