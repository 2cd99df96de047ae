package journal

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
)

// Observe logs the changes in the state of hosts and of the disk since the last update. Only one
// goroutine at a time may call it.
func (j *Journal) Observe(u poller.Update) {
	if j == nil {
		return
	}
	for _, h := range u.Hosts {
		j.observeHost(h)
	}
	storeErr, damage, viewing := "", u.Persistence.Damage, u.Persistence.PolledBy
	if u.StoreErr != nil {
		storeErr = u.StoreErr.Error()
	}
	j.logChange(j.log, "store", "", storeErr, slog.LevelError, "unkept", "kept again", "message", storeErr)
	j.logChange(j.log, "store", "damage", damage, slog.LevelError, "damaged", "", "message", damage)
	j.logChange(j.log, "store", "viewing", viewing, slog.LevelInfo, "viewing", "polling", "polled_by", viewing)
}

// logChange logs an event if the state of a key has changed. "" is the first state of each key; a
// change to it is logged as endEvent, unless that is "".
func (j *Journal) logChange(log *slog.Logger, message, key, state string, level slog.Level, event, endEvent string, attrs ...any) {
	key = message + " " + key
	before := j.lastStates[key]
	if j.lastStates[key] = state; before == state || state == "" && endEvent == "" {
		return
	}
	if state == "" {
		level, event = slog.LevelInfo, endEvent
	}
	log.Log(context.Background(), level, message, append([]any{"event", event}, attrs...)...)
}

// observeHost logs the changes of a host and its endpoints.
func (j *Journal) observeHost(h poller.HostStatus) {
	log := j.log.With("host", h.Base.Host())
	logChange := func(state string, level slog.Level, event, over string, attrs ...any) {
		j.logChange(log, "host", h.Base.String()+" "+event, state, level, event, over, attrs...)
	}
	on := func(is bool) string {
		if is {
			return "on"
		}
		return ""
	}
	logChange(on(h.HoldUntil != 0), slog.LevelWarn, "hold", "hold over", "rate", h.Rate, "most", h.MaxRate)
	logChange(on(h.Outage != nil), slog.LevelWarn, "outage", "reachable", faultAttr(h.Outage))
	logChange(on(h.Stopped != nil), slog.LevelError, "stopped", "asked again", faultAttr(h.Stopped))
	names, faults := "", []any{}
	for _, e := range h.Troubles {
		names, faults = names+e.Endpoint+" ", append(faults, slog.Any(e.Endpoint, faultAttr(e.Fault).Value))
	}
	logChange(names, slog.LevelWarn, "endpoints in trouble", "all endpoints answer", faults...)
	names, faults = "", nil
	for _, f := range h.Forbidden {
		names, faults = names+f.Endpoint+" ", append(faults, slog.Any(f.Endpoint, faultAttr(f.Fault).Value))
	}
	logChange(names, slog.LevelWarn, "forbidden", "", faults...)
}

// creationNames are the outcomes of creating a task in the log.
var creationNames = map[queue.CreateOutcome]string{
	queue.CreationUnknown: "unknown", queue.CreationDone: "created", queue.CreationRetryable: "not created", queue.CreationRejected: "rejected",
}

// Request logs a request to a service and its outcome, without a payload.
func (j *Journal) Request(e queue.Exchange) {
	if j == nil {
		return
	}
	id := e.Request.ID
	var attrs []any
	switch a := e.Answer.(type) {
	case queue.Answer:
		if attrs = []any{"status", cmp.Or(a.Word, a.Status.String())}; e.Logs {
			attrs = append(attrs, "logs", true)
		}
	case queue.ResultAnswer:
		attrs = []any{"done", !a.Pending, "http", a.HTTP}
	case queue.CancelOutcome:
		attrs = []any{"outcome", a.String()}
	case queue.CreateAnswer:
		id, attrs = a.Request.ID, []any{"outcome", creationNames[a.Outcome], "bytes", e.Sent}
	case queue.ListPage:
		attrs = []any{"requests", len(a.Items)}
	}
	log := j.log.With(
		"kind", e.Kind, "host", e.Request.Base.Host(), "endpoint", e.Request.Endpoint,
		"request_id", id, "ms", float64(time.Since(e.StartedAt).Microseconds())/1000,
	)
	switch {
	case e.Fault == nil:
		log.Info("request", attrs...)
	case e.Canceled: // canceled at the end of the run
		log.Info("request", "given_up", true)
	default:
		log.Warn("request", faultAttr(e.Fault))
	}
}

// faultKindNames are the names of the kinds of faults in the log.
var faultKindNames = map[queue.FaultKind]string{
	queue.Unreachable: "unreachable", queue.TimedOut: "timed out", queue.RateLimited: "rate limited",
	queue.Unauthorized: "unauthorized", queue.Forbidden: "forbidden", queue.Missing: "missing",
	queue.ServerError: "server error", queue.BadAnswer: "bad answer", queue.Refused: "refused", queue.Gateway: "gateway",
}

// faultAttr returns a fault as an attribute of the log, an empty one for none.
func faultAttr(f *queue.Fault) slog.Attr {
	if f == nil {
		return slog.Attr{}
	}
	attrs := []any{slog.String("kind", faultKindNames[f.Kind]), slog.String("message", f.Message)}
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
