package simulator

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"

	"polltop/poller/queue"
)

// view is a task's state at one moment.
type view struct {
	status    queue.Status
	position  int
	outcome   Outcome
	inference float64 // seconds
}

// viewOf returns a task's state. The caller holds the lock.
func (s *Server) viewOf(t *task, now time.Duration) view {
	inference := t.plan.InferenceTime
	if inference == 0 {
		inference = t.plan.Run * 9 / 10
	}
	v := view{
		status:  t.status(now),
		outcome: t.outcome(),
		// Faster than the clock, a run is shorter for who watches it.
		inference: math.Round(inference.Seconds()/s.config.Speed*100) / 100,
	}
	if v.status == queue.StatusInQueue && !s.config.PositionAlwaysZero {
		v.position = t.line.position(t, now)
	}
	return v
}

// route answers a request that is let in.
func (x *exchange) route(body []byte) {
	method, ok := methods[x.target.action]
	switch {
	case !ok:
		x.detail(http.StatusNotFound, "Not Found")
	case x.r.Method != method:
		x.w.Header().Set("Allow", method)
		x.detail(http.StatusMethodNotAllowed, "Method Not Allowed")
	case strings.Contains(x.r.Header.Get("Accept"), "text/event-stream"):
		x.detail(http.StatusBadRequest, "SSE streaming not supported")
	case !x.server.knows(x.target.endpoint):
		x.detail(http.StatusNotFound, "App not found: "+x.target.endpoint)
	case x.target.action == "create":
		x.create(body)
	case x.task == nil && x.target.action == "cancel":
		x.json(http.StatusNotFound, map[string]string{"status": "NOT_FOUND"})
	case x.task == nil:
		x.detail(http.StatusNotFound, "Request not found")
	case x.hasInner:
		x.suffer(x.inner)
	case x.target.action == "status":
		x.status()
	case x.target.action == "response":
		x.response()
	default:
		x.cancel()
	}
}

// knows reports whether there is such an endpoint.
func (s *Server) knows(endpoint string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lines[endpoint] != nil
}

// statusBody returns the status answer that tells a state.
func (x *exchange) statusBody(v view) statusBody {
	body := statusBody{
		Status:      v.status.String(),
		RequestID:   x.target.id,
		ResponseURL: x.url(x.target.id, "response"),
	}
	switch {
	case v.status == queue.StatusInQueue:
		body.QueuePosition = &v.position
	case v.status == queue.StatusCompleted && v.outcome.Failed():
		body.Error, body.ErrorType = v.outcome.Message, v.outcome.ErrorType
	case v.status == queue.StatusCompleted:
		body.Metrics = &metrics{InferenceTime: v.inference}
	}
	return body
}

// status answers a request for the status.
func (x *exchange) status() {
	x.json(http.StatusOK, x.statusBody(x.view))
	x.told(x.view.status)
}

// told notes that an answer has told a status, for the client's manners after
// the end.
func (x *exchange) told(status queue.Status) {
	if status != queue.StatusCompleted || x.r.Context().Err() != nil {
		return
	}
	// The answer leaves when the handler returns, so a client that has it can't
	// ask again before this.
	x.server.mu.Lock()
	defer x.server.mu.Unlock()
	x.task.delivered = true
}

// response answers a request for the result.
func (x *exchange) response() {
	switch {
	case x.view.status != queue.StatusCompleted:
		x.json(http.StatusAccepted, x.statusBody(x.view))
	case x.view.outcome.Failed():
		// Assumed: the documentation does not say what the result of a failed
		// task is; fal answers 422 with the reason.
		x.problem(http.StatusUnprocessableEntity, x.view.outcome.ErrorType, x.view.outcome.Message, x.target.id)
	default:
		x.json(http.StatusOK, x.result())
	}
}

// cancel answers a request to cancel.
func (x *exchange) cancel() {
	s := x.server
	s.mu.Lock()
	now := s.elapsed()
	done := x.task.status(now) == queue.StatusCompleted
	if !done {
		x.task.line.cancel(x.task, now, now+s.config.CancelLag)
	}
	s.mu.Unlock()
	if done {
		x.json(http.StatusBadRequest, map[string]string{"status": "ALREADY_COMPLETED"})
		return
	}
	x.json(http.StatusAccepted, map[string]string{"status": "CANCELLATION_REQUESTED"})
}

// create submits a task with a random plan.
func (x *exchange) create(body []byte) {
	var input map[string]json.RawMessage
	if err := json.Unmarshal(body, &input); err != nil {
		x.detail(http.StatusBadRequest, "the request body is not a JSON object")
		return
	}
	query := x.r.URL.Query()
	for _, name := range []string{"webhook", "webhook_url", "fal_webhook"} {
		if _, inBody := input[name]; inBody || query.Has(name) {
			x.detail(http.StatusBadRequest, "webhook not supported")
			return
		}
	}
	s := x.server
	s.mu.Lock()
	l := s.lines[x.target.endpoint]
	plan := s.randomPlan(l.endpoint)
	// A prompt of another type is the model's to refuse, and here there is none.
	_ = json.Unmarshal(input["prompt"], &plan.Prompt)
	t := s.add(s.newID(), x.target.endpoint, plan)
	v := s.viewOf(t, s.elapsed())
	s.mu.Unlock()
	x.json(http.StatusOK, createBody{
		RequestID:     t.id,
		ResponseURL:   x.url(t.id, "response"),
		StatusURL:     x.url(t.id, "status"),
		CancelURL:     x.url(t.id, "cancel"),
		QueuePosition: v.position,
	})
}

// url returns the address of a request's action, on the host that the client
// asked.
func (x *exchange) url(id, action string) string {
	segments := strings.Split(x.target.endpoint, "/")
	for i, segment := range segments {
		segments[i] = url.PathEscape(segment)
	}
	scheme := "http"
	if x.r.TLS != nil {
		scheme = "https"
	}
	return fmt.Sprintf("%s://%s%s/v1/queue/%s/requests/%s/%s",
		scheme, x.r.Host, BasePath, strings.Join(segments, "/"), url.PathEscape(id), action)
}

// unauthorized answers that the key is missing or wrong.
func (x *exchange) unauthorized() {
	x.server.mu.Lock()
	x.server.stats.Unauthorized++
	x.server.mu.Unlock()
	x.problem(http.StatusUnauthorized, "UNAUTHORIZED", "Invalid or missing API key", x.requestID())
}

// requestID returns an id for the HTTP request itself, as errors of the API
// carry it: it names no task.
func (x *exchange) requestID() string { return fmt.Sprintf("req_%08d", x.number) }
