package journal

import (
	"cmp"
	"log/slog"
	"time"

	"polltop/poller/queue"
)

// creations are the outcomes of creating in the log.
var creations = map[queue.Creation]string{
	queue.CreationUnknown: "unknown", queue.CreationDone: "created", queue.CreationNotYet: "not created", queue.CreationRejected: "rejected",
}

// Request logs a request to a service and its outcome, but no payload.
func (j *Journal) Request(e queue.Exchange) {
	if j == nil {
		return
	}
	id := e.Request.ID
	var came []any
	switch a := e.Answer.(type) {
	case queue.Answer:
		if came = []any{"status", cmp.Or(a.Word, a.Status.String())}; e.Logs {
			came = append(came, "logs", true)
		}
	case queue.ResultAnswer:
		came = []any{"done", !a.Pending, "http", a.HTTP}
	case queue.CancelOutcome:
		came = []any{"outcome", a.String()}
	case queue.CreateAnswer:
		id, came = a.Request.ID, []any{"outcome", creations[a.Outcome], "bytes", e.Sent}
	case queue.ListPage:
		came = []any{"requests", len(a.Items)}
	}
	log := j.log.With(
		"kind", e.Kind, "host", e.Request.Base.Host(), "endpoint", e.Request.Endpoint,
		"request_id", id, "ms", float64(time.Since(e.Begun).Microseconds())/1000,
	)
	switch {
	case e.Fault == nil:
		log.Info("request", came...)
	case e.GivenUp: // the end of the run canceled it
		log.Info("request", "given_up", true)
	default:
		log.Warn("request", faultAttr(e.Fault))
	}
}

// kinds are the names of the kinds of faults in the log.
var kinds = map[queue.FaultKind]string{
	queue.Unreachable: "unreachable", queue.TimedOut: "timed out", queue.RateLimited: "rate limited",
	queue.Unauthorized: "unauthorized", queue.Forbidden: "forbidden", queue.Missing: "missing",
	queue.ServerError: "server error", queue.BadAnswer: "bad answer", queue.Refused: "refused", queue.Gateway: "gateway",
}

// faultAttr returns a fault as an attribute of the log.
func faultAttr(f *queue.Fault) slog.Attr {
	attrs := []any{slog.String("kind", kinds[f.Kind]), slog.String("message", f.Message)}
	if f.HTTP != 0 {
		attrs = append(attrs, slog.Int("http", f.HTTP))
	}
	if f.Code != "" {
		attrs = append(attrs, slog.String("code", f.Code))
	}
	if f.RetryAfter != 0 {
		attrs = append(attrs, slog.Float64("retry_after_s", seconds(f.RetryAfter)))
	}
	return slog.Group("fault", attrs...)
}
