package statusbar

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"polltop/poller"
	"polltop/views"
)

// link returns the state of the polling, with a note on it and the same in fewer and fewer
// words: of several hosts, the one in the worst state.
func (b *Bar) link() (link views.Link, note string, brief []string) {
	link = views.LinkLive
	if b.env.Live() == 0 {
		link, note = views.LinkIdle, b.elapsed()
	}
	if b.persistence.Viewing != "" {
		if b.persistence.Silent {
			return views.LinkViewing, b.persistence.Viewing + " does not answer", nil
		}
		return views.LinkViewing, b.persistence.Viewing + " polls", nil
	}
	for _, h := range b.hosts {
		l, n, fewer := linkOf(h, b.env.Clock)
		if l > link && (h.Live > 0 || l == views.LinkUnauthorized) {
			link, note, brief = l, n, fewer
		}
	}
	if b.paused && link != views.LinkUnauthorized {
		return views.LinkPaused, "p goes on", nil
	}
	return link, note, brief
}

// linkOf returns the state of one host.
func linkOf(h poller.HostStatus, now time.Time) (link views.Link, note string, brief []string) {
	switch {
	case h.Stopped != nil:
		return views.LinkUnauthorized, h.Stopped.Error(), nil
	case h.Outage != nil:
		return outageLink(h, now)
	case h.Hold.Time().After(now):
		wait := views.Duration(h.Hold.Time().Sub(now) + time.Second - time.Millisecond)
		return views.LinkWaiting, wait + " as the service asked", []string{"waiting " + wait + " as the service asked", "waiting " + wait}
	case len(h.Troubles) > 0:
		note, brief = troublesNote(h.Troubles, poller.StampOf(now))
		return views.LinkDegraded, note, brief
	}
	return views.LinkLive, "", nil
}

// outageLink returns the state of a host that is in trouble as a whole.
func outageLink(h poller.HostStatus, now time.Time) (link views.Link, note string, brief []string) {
	next := "trying now"
	if wait := h.Probe.Time().Sub(now); wait > 0 {
		next = "next try in " + views.Duration(wait+time.Second-time.Millisecond)
	}
	if h.Outage.HTTP == 0 {
		return views.LinkOffline, next + ": " + h.Outage.Error(), []string{"offline, " + next}
	}
	text := views.Outage(h.Outage)
	note = text + ", " + next
	if h.Outage.HTTP == http.StatusNotFound {
		note += " (base URL right?)"
	}
	return views.LinkFailing, note, []string{text + ", " + next, text}
}

// troublesNote names the endpoints in trouble. Of many the first is told whole, and how
// many others there are.
func troublesNote(troubles []poller.EndpointTrouble, now poller.Stamp) (note string, brief []string) {
	first, more := troubles[0], ""
	note = views.EndpointTrouble(first, now)
	switch n := len(troubles) - 1; n {
	case 0:
	case 1:
		note += "; " + views.EndpointTrouble(troubles[1], now)
		more = ", 1 more"
	default:
		note += fmt.Sprintf("; %d other endpoints are in trouble", n)
		more = fmt.Sprintf(", %d more", n)
	}
	for _, text := range append([]string{strings.TrimPrefix(views.EndpointTrouble(first, now), first.Endpoint+": ")}, views.BriefTrouble(first, now)...) {
		brief = append(brief, first.Endpoint+": "+text+more)
	}
	return note, append(brief, "degraded: "+first.Endpoint)
}

// elapsed says how long the batch took, once all of it has ended.
func (b *Bar) elapsed() string {
	if b.progress.total == 0 {
		return ""
	}
	return "all ended after " + views.Duration(b.progress.last.Sub(b.progress.first))
}

// rateLimit returns the most requests/s that a service has been found to bear,
// where that is less than is configured; 0 where none has. Of several hosts it
// is the lowest.
func (b *Bar) rateLimit() float64 {
	limit := 0.0
	for _, h := range b.hosts {
		if h.Live > 0 && h.Rate < h.Most && (limit == 0 || h.Rate < limit) {
			limit = h.Rate
		}
	}
	return limit
}

// eta returns when all tasks are expected to have ended, from now on: the last of
// all services. The poller tells it from what it learned; where another process
// polls, only the rate is known at which tasks end.
func (b *Bar) eta() (eta views.ETA) {
	if len(b.hosts) == 0 {
		left, _ := b.progress.atRate(b.env.Live(), b.env.Clock)
		return views.ETA{Low: left, Median: left, High: left}
	}
	for _, h := range b.hosts {
		if h.Live == 0 {
			continue
		}
		if h.Ends == (poller.Ends{}) || b.paused {
			return views.ETA{}
		}
		eta.Low = max(eta.Low, h.Ends.Low.Sub(b.env.Now))
		eta.Median = max(eta.Median, h.Ends.Median.Sub(b.env.Now))
		eta.High = max(eta.High, h.Ends.High.Sub(b.env.Now))
	}
	return eta
}

// warn tells, once each, what stops the polling until the user does something.
func (b *Bar) warn() {
	for _, h := range b.hosts {
		if h.Stopped != nil && !b.warned[h.Base.Host()] {
			b.warned[h.Base.Host()] = true
			b.env.Say(views.LevelBad, fmt.Sprintf("key refused, polling stopped: K reads it again, r retries, or restart with another (%s: %s)", h.Base.Host(), h.Stopped.Error()))
			return
		}
		for _, f := range h.Forbidden {
			if name := h.Base.Host() + " " + f.Endpoint; !b.warned[name] {
				b.warned[name] = true
				b.env.Say(views.LevelBad, fmt.Sprintf("%s is not asked any more, r tries again (%s: %s)", f.Endpoint, h.Base.Host(), f.Fault.Error()))
				return
			}
		}
	}
}
