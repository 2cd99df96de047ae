package simulator

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"
)

// view is a task's state at one moment.
type view struct {
	phase       phase
	position    int
	outcome     Outcome
	provider    *ProviderError
	resultError *ResultError
	inference   float64  // seconds
	ran         bool     // whether it ever had a worker
	progress    *float64 // from 0 to 1; nil where the task tells none
	logs        []logLine
	gone        bool // the result is kept no longer
}

// viewOf returns a task's state. The caller holds the lock.
func (s *Server) viewOf(t *task, now time.Duration) view {
	inference := t.plan.InferenceTime
	if inference == 0 {
		inference = t.plan.Run * 9 / 10
	}
	v := view{
		phase:   t.phase(now),
		outcome: t.plan.Outcome, provider: t.plan.Provider, resultError: t.plan.ResultError,
		// Faster than the clock, a run is shorter for who watches it.
		inference: math.Round(inference.Seconds()/s.config.Speed*100) / 100,
		ran:       t.ran(),
		logs:      s.logsOf(t, now),
		gone:      t.plan.Kept != 0 && now >= t.end+max(0, t.plan.Kept),
	}
	if t.canceled {
		v.outcome, v.provider, v.resultError = s.dialect.canceledOutcome(), nil, nil
	}
	if v.phase == inQueue && !s.config.PositionAlwaysZero {
		v.position = t.line.position(t, now)
	}
	if t.plan.Progress && v.phase != inQueue && t.end > t.start {
		done := min(1, float64(now-t.start)/float64(t.end-t.start))
		done = math.Round(done*100) / 100
		v.progress = &done
	}
	return v
}

// route answers a request that is let in.
func (x *exchange) route(body []byte) {
	method, ok := methods[x.target.action]
	switch {
	case !ok:
		x.refuse(noPath, "Not Found")
	case x.r.Method != method:
		x.w.Header().Set("Allow", method)
		x.refuse(wrongMethod, "Method Not Allowed")
	case x.server.service() == SeaCloud && strings.Contains(x.r.Header.Get("Accept"), "text/event-stream"):
		x.refuse(noStream, "SSE streaming not supported")
	case !x.server.knows(x.target):
		x.refuse(noEndpoint, "App not found: "+x.target.endpoint)
	case x.target.action == "create":
		x.create(body)
	case x.task == nil:
		x.refuse(noRequest, "Request not found")
	case x.hasInner:
		x.suffer(x.inner)
	default:
		x.answer()
	}
}

// answer answers a request about a task.
func (x *exchange) answer() {
	switch x.target.action {
	case "status":
		x.status()
	case "response":
		x.dialect().response(x)
	case "stream":
		fal{}.stream(x)
	case "cancel":
		x.cancel()
	}
}

// refuse answers with an error of the API.
func (x *exchange) refuse(r refusal, text string) { x.dialect().refuse(x, r, text) }

// knows reports whether there is the endpoint that a request is for.
func (s *Server) knows(wanted target) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if wanted.action == "create" {
		return s.lines[wanted.endpoint] != nil
	}
	return s.apps[wanted.endpoint]
}

// status answers a request for the status.
func (x *exchange) status() {
	x.dialect().status(x)
	x.told(x.view.phase)
}

// told notes that an answer has told a phase, for the client's manners after the
// end.
func (x *exchange) told(p phase) {
	if p != completed || x.r.Context().Err() != nil {
		return
	}
	// The answer leaves when the handler returns, so a client that has it can't
	// ask again before this.
	x.server.mu.Lock()
	defer x.server.mu.Unlock()
	x.task.delivered = true
}

// cancel answers a request to cancel.
func (x *exchange) cancel() {
	s := x.server
	s.mu.Lock()
	now := s.elapsed()
	before := x.task.phase(now)
	lag := s.config.CancelLag
	if before == inQueue && s.dialect.cancelsAtOnce() {
		lag = 0
	}
	if before != completed {
		x.task.line.cancel(x.task, now, now+lag)
	}
	s.mu.Unlock()
	x.dialect().canceled(x, before)
}

// create submits a task with a random plan.
func (x *exchange) create(body []byte) {
	var input map[string]json.RawMessage
	if err := json.Unmarshal(body, &input); err != nil {
		x.refuse(badInput, "the request body is not a JSON object")
		return
	}
	query := x.r.URL.Query()
	for _, name := range []string{"webhook", "webhook_url", "fal_webhook"} {
		if _, inBody := input[name]; inBody || query.Has(name) {
			x.refuse(noWebhook, "webhook not supported")
			return
		}
	}
	s := x.server
	if x.server.service() == Comfy && (comfy{}).repeated(x, string(body)) {
		return
	}
	s.mu.Lock()
	l := s.lines[x.target.endpoint]
	plan := s.randomPlan(l.endpoint)
	if wished, ok := input["simulate"]; ok {
		if err := s.grant(&plan, wished); err != nil {
			s.mu.Unlock()
			x.refuse(badInput, err.Error())
			return
		}
	}
	// A prompt of another type is the model's to refuse, and here there is none.
	_ = json.Unmarshal(input["prompt"], &plan.Prompt)
	t := s.add(s.dialect.newID(s), x.target.endpoint, plan)
	if key := x.r.Header.Get("Idempotency-Key"); key != "" {
		s.created[key] = creation{x.target.endpoint, string(body), t}
	}
	v := s.viewOf(t, s.elapsed())
	s.mu.Unlock()
	x.task = t
	x.dialect().created(x, v)
}

// json answers with a JSON body.
func (x *exchange) json(code int, body any) {
	x.dialect().header(x)
	x.w.Header().Set("Content-Type", "application/json")
	x.w.WriteHeader(code)
	// An error means that the client has left, and nobody is there to tell.
	_ = json.NewEncoder(x.w).Encode(body)
}

// unauthorized answers that the key is missing or wrong.
func (x *exchange) unauthorized() {
	x.server.mu.Lock()
	x.server.stats.Unauthorized++
	x.server.mu.Unlock()
	x.refuse(unauthorized, "Invalid or missing API key")
}

// callID returns an id for the HTTP request itself: it names no task.
func (x *exchange) callID() string { return fmt.Sprintf("req_%08d", x.number) }
