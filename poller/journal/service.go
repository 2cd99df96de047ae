package journal

import (
	"context"
	"log/slog"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
)

// service logs each request to another service.
type service struct {
	poller.Service
	journal *Journal
}

// Wrap returns a service that passes requests to another one and logs each. With a nil journal
// it is the other itself.
func Wrap(of poller.Service, j *Journal) poller.Service {
	if j == nil {
		return of
	}
	return &service{Service: of, journal: j}
}

// Status asks for a request's status.
func (s *service) Status(ctx context.Context, r queue.Request) (queue.Answer, *queue.Fault) {
	begun := time.Now()
	answer, fault := s.Service.Status(ctx, r)
	s.note(ctx, "poll", r, begun, fault, slog.String("status", answer.Status.String()))
	return answer, fault
}

// StatusWithLogs asks for a request's status and its log lines.
func (s *service) StatusWithLogs(ctx context.Context, r queue.Request) (queue.Answer, *queue.Fault) {
	begun := time.Now()
	answer, fault := s.Service.StatusWithLogs(ctx, r)
	s.note(ctx, "poll", r, begun, fault, slog.String("status", answer.Status.String()), slog.Bool("logs", true))
	return answer, fault
}

// Result asks for a request's result.
func (s *service) Result(ctx context.Context, r queue.Request) (queue.ResultAnswer, *queue.Fault) {
	begun := time.Now()
	answer, fault := s.Service.Result(ctx, r)
	s.note(ctx, "fetch", r, begun, fault, slog.Bool("done", !answer.Pending), slog.Int("http", answer.HTTP))
	return answer, fault
}

// Cancel asks to cancel a request.
func (s *service) Cancel(ctx context.Context, r queue.Request) (queue.CancelOutcome, *queue.Fault) {
	begun := time.Now()
	outcome, fault := s.Service.Cancel(ctx, r)
	s.note(ctx, "cancel", r, begun, fault, slog.String("outcome", outcome.String()))
	return outcome, fault
}

// creations are the outcomes of creating in the log.
var creations = map[queue.Creation]string{
	queue.CreationUnknown: "unknown", queue.CreationDone: "created", queue.CreationNotYet: "not created", queue.CreationRejected: "rejected",
}

// Create creates a task. The payload is not logged.
func (s *service) Create(ctx context.Context, p queue.Payload) queue.CreateAnswer {
	begun := time.Now()
	a := s.Service.Create(ctx, p)
	about := queue.Request{ID: a.Request.ID, Endpoint: p.Endpoint, Base: p.Base}
	s.note(ctx, "create", about, begun, a.Fault, slog.String("outcome", creations[a.Outcome]), slog.Int("bytes", len(p.Input)))
	return a
}

// WrapList returns a function that passes requests to another one and logs each. With a nil
// journal it is the other itself.
func WrapList(of queue.ListFunc, j *Journal) queue.ListFunc {
	if j == nil {
		return of
	}
	return func(ctx context.Context, q queue.ListQuery) (queue.ListPage, *queue.Fault) {
		begun := time.Now()
		page, fault := of(ctx, q)
		about := queue.Request{ID: q.RequestID, Endpoint: q.Endpoint, Base: q.Base}
		(&service{journal: j}).note(ctx, "list", about, begun, fault, slog.Int("requests", len(page.Items)))
		return page, fault
	}
}

// note logs a request and its outcome, unless the end of the run canceled it.
func (s *service) note(ctx context.Context, kind string, r queue.Request, begun time.Time, fault *queue.Fault, came ...slog.Attr) {
	attrs := []slog.Attr{
		slog.String("kind", kind), slog.String("host", r.Base.Host()), slog.String("endpoint", r.Endpoint),
		slog.String("request_id", r.ID), slog.Float64("ms", float64(time.Since(begun).Microseconds())/1000),
	}
	level := slog.LevelInfo
	switch {
	case fault == nil:
		attrs = append(attrs, came...)
	case ctx.Err() != nil:
		attrs = append(attrs, slog.Bool("given_up", true))
	default:
		level = slog.LevelWarn
		attrs = append(attrs, faultAttr(fault))
	}
	s.journal.log.LogAttrs(context.Background(), level, "request", attrs...)
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
