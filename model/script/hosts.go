package script

import (
	"net/http"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views/report"
	"polltop/views/safe"
)

// hostsReported is what was told of the hosts, so that it is told once.
type hostsReported struct {
	sick      map[queue.Origin]bool
	forbidden map[refusal]bool
	waits     map[refusal]time.Duration // 0 for one that was not told
}

// longWait is the longest pause of a service that is not reported.
const longWait = 10 * time.Second

// refusal identifies an endpoint of a host that refuses the key or is waited for; "" is the
// whole host.
type refusal struct {
	origin   queue.Origin
	endpoint string
}

// reportHosts reports what newly keeps tasks of hosts from being polled.
func (w *watch) reportHosts() {
	for _, h := range w.hosts {
		origin := h.Base.Origin()
		sick := report.Trouble(h)
		switch {
		case sick != "" && !w.reported.sick[origin]:
			w.printer.notice(sick)
		case sick == "" && w.reported.sick[origin]:
			w.printer.notice(safe.Line(h.Base.Host()) + " answers again")
		}
		w.reported.sick[origin] = sick != ""
		for _, f := range h.Forbidden {
			if key := (refusal{origin, f.Endpoint}); !w.reported.forbidden[key] {
				w.reported.forbidden[key] = true
				w.printer.notice(report.Refusal(h, f))
			}
		}
	}
}

// reportWaits reports what is waited for: pauses that services asked for where they are long,
// again where one is more than twice as long, and endpoints in trouble, once; and when that
// is over.
func (w *watch) reportWaits() {
	waits := map[refusal]time.Duration{}
	for _, h := range w.hosts {
		for _, wait := range report.Waits(h, w.options.Clock()) {
			outage := wait.Object.Reason == report.WaitOutage
			if w.options.Once && outage {
				continue // it is not waited for
			}
			key := refusal{h.Base.Origin(), wait.Object.Endpoint}
			before, asked := w.reported.waits[key], wait.Object.Reason == report.WaitRetryAfter
			long := max(time.Duration(wait.Object.Wait*float64(time.Second)), 1)
			if waits[key] = before; asked && long > max(longWait, 2*before) || !asked && before == 0 {
				waits[key] = long
				if !outage { // reportHosts tells people of it
					w.printer.notice(wait.Text)
				}
				w.printer.object(wait.Object)
			}
		}
	}
	for key, told := range w.reported.waits {
		if told > 0 && key.endpoint != "" && waits[key] == 0 && w.host(key.origin).Outage == nil {
			w.printer.notice(safe.Line(key.endpoint) + " answers again")
		}
	}
	w.reported.waits = waits
}

// judge decides whether nothing more can be learned: without a dashboard nobody gives another
// key.
func (w *watch) judge() {
	w.refused = false
	if w.stats.InFlight > 0 || !w.hurt() {
		// Requests under way may still bring answers.
		return
	}
	w.release(func(t *poller.Task) bool { return w.host(t.Request.Base.Origin()).Stopped != nil })
	w.refused = !w.options.Once
	for _, t := range w.tasks {
		if t == nil || t.State.Terminal() || (w.options.Once && w.answered[t.Seq]) {
			continue
		}
		fault := w.denied(t.Request.Base, t.Request.Endpoint)
		if fault == nil {
			w.refused = false
		} else if w.options.Once {
			unheard := *t
			unheard.Trouble = fault
			w.applyOnce(&unheard)
		}
	}
	w.refused = w.refused && !w.canSubmit()
}

// hurt reports whether a host refuses some or all requests.
func (w *watch) hurt() bool {
	for _, h := range w.hosts {
		if h.Stopped != nil || h.Outage != nil || len(h.Forbidden) > 0 || len(h.Troubles) > 0 || h.Hold != 0 {
			return true
		}
	}
	return false
}

// host returns the status of a host.
func (w *watch) host(origin queue.Origin) poller.HostStatus {
	for _, h := range w.hosts {
		if h.Base.Origin() == origin {
			return h
		}
	}
	return poller.HostStatus{}
}

// denied returns why an endpoint of a host is not asked, nil if it is. Outages, endpoints in
// trouble and long pauses count only with Once: else they are waited for.
func (w *watch) denied(base *queue.Base, endpoint string) *queue.Fault {
	h, now := w.host(base.Origin()), poller.StampOf(w.options.Clock())
	if h.Stopped != nil {
		return h.Stopped
	}
	for _, f := range h.Forbidden {
		if f.Endpoint == endpoint {
			return f.Fault
		}
	}
	if !w.options.Once {
		return nil
	}
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
