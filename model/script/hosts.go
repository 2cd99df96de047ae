package script

import (
	"net/http"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views/report"
	"polltop/views/safe"
)

// hostsTold is what was told of the hosts, so that it is told once.
type hostsTold struct {
	sick      map[queue.Origin]bool
	forbidden map[refusal]bool
	waits     map[refusal]bool
}

// longWait is how long a service may ask to wait without that being told.
const longWait = 10 * time.Second

// refusal is an endpoint of a host, that it refuses to the key or that is waited for; ""
// is the whole host.
type refusal struct {
	origin   queue.Origin
	endpoint string
}

// tellHosts tells what keeps hosts' tasks from being asked, when that is new.
func (w *watch) tellHosts() {
	for _, h := range w.hosts {
		origin := h.Base.Origin()
		sick := report.Trouble(h)
		switch {
		case sick != "" && !w.told.sick[origin]:
			w.printer.notice(sick)
		case sick == "" && w.told.sick[origin]:
			w.printer.notice(safe.Line(h.Base.Host()) + " answers again")
		}
		w.told.sick[origin] = sick != ""
		for _, f := range h.Forbidden {
			if key := (refusal{origin, f.Endpoint}); !w.told.forbidden[key] {
				w.told.forbidden[key] = true
				w.printer.notice(report.Refusal(h, f))
			}
		}
	}
}

// tellWaits tells, once each, what is waited for: pauses that services asked for where they
// are long, and endpoints in trouble; and when that is over.
func (w *watch) tellWaits() error {
	waits := map[refusal]bool{}
	for _, h := range w.hosts {
		for _, wait := range report.Waits(h, w.options.Clock()) {
			outage := wait.Object.Reason == report.WaitOutage
			if w.options.Once && outage {
				continue // it is not waited for
			}
			key := refusal{h.Base.Origin(), wait.Object.Endpoint}
			told := w.told.waits[key]
			waits[key] = told || wait.Object.Reason != report.WaitRetryAfter || wait.Object.Wait > longWait.Seconds()
			if !told && waits[key] {
				if err := w.tellWait(wait, !outage); err != nil { // tellHosts tells an outage
					return err
				}
			}
		}
		w.tellRecoveries(h, waits)
	}
	w.told.waits = waits
	return nil
}

// tellRecoveries tells which endpoints of a host are in trouble no longer.
func (w *watch) tellRecoveries(h poller.HostStatus, waits map[refusal]bool) {
	for key, told := range w.told.waits {
		if told && key.endpoint != "" && key.origin == h.Base.Origin() && !waits[key] && h.Outage == nil {
			w.printer.notice(safe.Line(key.endpoint) + " answers again")
		}
	}
}

// tellWait tells one thing that is waited for, to people only where notice says so.
func (w *watch) tellWait(wait report.Wait, notice bool) error {
	if notice {
		w.printer.notice(wait.Text)
	}
	if !w.options.JSON {
		return nil
	}
	return w.printer.object(wait.Object)
}

// judge finds out what can't be learned: nobody is here to give another key, as
// there may be before a dashboard.
func (w *watch) judge() error {
	w.refused = false
	if w.stats.InFlight > 0 || !w.hurt() {
		// What is under way may bring answers yet.
		return nil
	}
	if err := w.release(func(t *poller.Task) bool { return w.stopped(t) != nil }); err != nil {
		return err
	}
	w.refused = !w.options.Once
	for _, t := range w.tasks {
		if t == nil || t.State.Terminal() || (w.options.Once && w.answered[t.Seq]) {
			continue
		}
		fault := w.denied(t)
		if fault == nil {
			w.refused = false
		} else if w.options.Once {
			unheard := *t
			unheard.Trouble = fault
			if err := w.look(&unheard); err != nil {
				return err
			}
		}
	}
	return nil
}

// hurt reports whether there is a host that can't be asked for everything.
func (w *watch) hurt() bool {
	for _, h := range w.hosts {
		if h.Stopped != nil || h.Outage != nil || len(h.Forbidden) > 0 || len(h.Troubles) > 0 || h.Hold != 0 {
			return true
		}
	}
	return false
}

// host returns the host that a task lives at.
func (w *watch) host(t *poller.Task) poller.HostStatus {
	for _, h := range w.hosts {
		if h.Base.Origin() == t.Request.Base.Origin() {
			return h
		}
	}
	return poller.HostStatus{}
}

// stopped returns the refusal of the key by a task's host, nil for none.
func (w *watch) stopped(t *poller.Task) *queue.Fault { return w.host(t).Stopped }

// denied returns why a task is not asked for, nil if it is. Outages, endpoints in
// trouble and long pauses may end, which is waited for, but not with Once.
func (w *watch) denied(t *poller.Task) *queue.Fault {
	h := w.host(t)
	if h.Stopped != nil {
		return h.Stopped
	}
	for _, f := range h.Forbidden {
		if f.Endpoint == t.Request.Endpoint {
			return f.Fault
		}
	}
	if w.options.Once {
		return w.unavailable(h, t.Request.Endpoint)
	}
	return nil
}

// unavailable returns why an endpoint of a host is not asked for now, nil if it is or will
// be soon.
func (w *watch) unavailable(h poller.HostStatus, endpoint string) *queue.Fault {
	now := poller.StampOf(w.options.Clock())
	if h.Outage != nil {
		return h.Outage
	}
	if wait := h.Hold.Sub(now); h.Hold != 0 && wait > longWait {
		return &queue.Fault{Kind: queue.RateLimited, HTTP: http.StatusTooManyRequests, RetryAfter: wait, Message: "the service asked to wait"}
	}
	for _, e := range h.Troubles {
		if e.Endpoint == endpoint && (!e.Held || e.Probe.Sub(now) > longWait) {
			return e.Fault
		}
	}
	return nil
}

// short returns a task's id, safe to show.
func short(t *poller.Task) string { return safe.Middle(t.Request.ID, 80) }

// line returns a fault as a line that is safe to show.
func line(f *queue.Fault) string { return safe.Line(f.Error()) }
