package simulator

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"
)

// view is a task's state at one time.
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
		// With Speed, a run is shorter on the clock.
		inference: math.Round(inference.Seconds()/s.config.Speed*100) / 100,
		ran:       t.ran(),
		logs:      s.logsOf(t, now),
		gone:      t.plan.Kept != 0 && now >= t.end+max(0, t.plan.Kept),
	}
	if t.canceled {
		v.outcome, v.provider, v.resultError = s.dialect.canceledOutcome(), nil, nil
	}
	if v.phase == inQueue {
		v.position = t.queue.position(t, now)
	}
	if t.plan.Progress && v.phase != inQueue && t.end > t.start {
		done := min(1, float64(now-t.start)/float64(t.end-t.start))
		done = math.Round(done*100) / 100
		v.progress = &done
	}
	return v
}

// route answers an authorized request.
func (x *Exchange) route() {
	method, ok := methods[x.target.action]
	switch {
	case !ok:
		x.Refuse(noPath, "Not Found")
	case x.Request.Method != method:
		x.Writer.Header().Set("Allow", method)
		x.Refuse(wrongMethod, "Method Not Allowed")
	case x.server.service() == SeaCloud && strings.Contains(x.Request.Header.Get("Accept"), "text/event-stream"):
		x.Refuse(noStream, "SSE streaming not supported")
	case !x.server.knows(x.target):
		x.Refuse(noEndpoint, "App not found: "+x.target.endpoint)
	case x.target.action == "create":
		x.create(x.body, x.dialect().created)
	case x.task == nil:
		x.Refuse(noRequest, "Request not found")
	case x.inner.Kind != nil:
		x.inner.Kind.Serve(x, x.inner)
	default:
		x.answer()
	}
}

// answer answers a request about a task.
func (x *Exchange) answer() {
	switch x.target.action {
	case "status":
		x.Status()
	case "response":
		x.dialect().response(x)
	case "stream":
		fal{}.stream(x)
	case "cancel":
		x.cancel()
	}
}

// Refuse answers with an error of the API.
func (x *Exchange) Refuse(r Refusal, text string) {
	x.Refused = r
	x.dialect().refuse(x, r, text)
}

// knows reports whether the endpoint of a request exists.
func (s *Server) knows(wanted target) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if wanted.action == "create" {
		return s.queues[wanted.endpoint] != nil
	}
	return s.apps[wanted.endpoint]
}

// Status answers a request for the status.
func (x *Exchange) Status() {
	x.dialect().status(x)
	x.ShowedEnd = x.Ended()
}

// cancel answers a request to cancel.
func (x *Exchange) cancel() {
	s := x.server
	s.mu.Lock()
	now := s.elapsed()
	before := x.task.phase(now)
	lag := s.config.CancelLag
	if before == inQueue && s.dialect.cancelsAtOnce() {
		lag = 0
	}
	if before != completed {
		x.task.queue.cancel(x.task, now, now+lag)
	}
	s.mu.Unlock()
	x.dialect().canceled(x, before)
}

// JSON answers with a JSON body.
func (x *Exchange) JSON(code int, body any) {
	x.dialect().header(x)
	x.Writer.Header().Set("Content-Type", "application/json")
	x.Writer.WriteHeader(code)
	// An error means that the client has left.
	_ = json.NewEncoder(x.Writer).Encode(body)
}

// RefuseKey answers that the key is missing or wrong.
func (x *Exchange) RefuseKey() { x.Refuse(Unauthorized, "Invalid or missing API key") }

// callID returns an id of the HTTP request, not of a task.
func (x *Exchange) callID() string { return fmt.Sprintf("req_%08d", x.number) }
