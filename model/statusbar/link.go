package statusbar

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views"
)

// link returns the state of the polling, of the host in the worst state, as texts of which each
// is shorter than the one before.
func (b *Bar) link() (link views.Link, texts []string) {
	link, texts = views.LinkLive, []string{"live"}
	if b.env.LiveCount() == 0 {
		link, texts = views.LinkIdle, []string{"idle"}
	}
	if viewing := b.env.Polling.Persistence.PolledBy; viewing != "" {
		if b.env.Polling.Persistence.OwnerSilent {
			return views.LinkViewing, []string{viewing + " polls and does not answer", viewing + " is silent"}
		}
		return views.LinkViewing, []string{"viewing: " + viewing + " polls", "viewing"}
	}
	for _, h := range b.env.Polling.Hosts {
		if l, t := hostLink(h, b.env.Time); l > link && (h.Live > 0 || l >= views.LinkFailing) {
			link, texts = l, t
		}
	}
	if b.env.Polling.Paused && link != views.LinkUnauthorized {
		if !b.env.Allows("p") {
			return views.LinkPaused, []string{"paused"}
		}
		return views.LinkPaused, []string{"paused: p goes on", "paused"}
	}
	return link, texts
}

func hostLink(h poller.HostStatus, now time.Time) (link views.Link, texts []string) {
	switch {
	case h.Stopped != nil:
		return views.LinkUnauthorized, []string{"key refused: K reads it again", "key refused"}
	case len(h.NotFoundQueues) > 0 && (h.Outage == nil || h.Outage.Kind == queue.Missing):
		return views.LinkFailing, []string{"every answer is 404 from " + h.NotFoundQueues[0] + ": check BASE_URL and ENDPOINT", "every answer is 404: check BASE_URL and ENDPOINT", "every answer is 404"}
	case h.Outage != nil:
		return outageLink(h, now)
	case h.SilentSince != 0:
		return views.LinkSilent, []string{"no answer for " + views.Duration(now.Sub(h.SilentSince.Time()))}
	case h.HoldUntil.Time().After(now):
		wait := "waits " + views.Duration(h.HoldUntil.Time().Sub(now)+time.Second-time.Millisecond)
		return views.LinkWaiting, []string{wait + " (the service asked)", wait}
	case len(h.Troubles) > 0:
		return views.LinkDegraded, troubleTexts(h.Troubles, poller.StampOf(now))
	}
	return views.LinkLive, nil
}

func outageLink(h poller.HostStatus, now time.Time) (link views.Link, texts []string) {
	next := "trying now"
	if wait := h.NextProbe.Time().Sub(now); wait > 0 {
		next = "next try in " + views.Duration(wait+time.Second-time.Millisecond)
	}
	if h.Outage.HTTP == 0 {
		return views.LinkOffline, []string{"offline, " + next + ": " + h.Outage.Error(), "offline, " + next, "offline"}
	}
	text := views.OutageText(h.Outage)
	full := text + ", " + next
	if h.Outage.HTTP == http.StatusNotFound {
		full += " (base URL right?)"
	}
	return views.LinkFailing, []string{full, text + ", " + next, text}
}

func troubleTexts(troubles []poller.EndpointTrouble, now poller.Stamp) (texts []string) {
	first, more := troubles[0], ""
	note := views.EndpointTrouble(first, now)
	switch n := len(troubles) - 1; n {
	case 0:
	case 1:
		note += "; " + views.EndpointTrouble(troubles[1], now)
		more = ", 1 more"
	default:
		note += fmt.Sprintf("; %d other endpoints are in trouble", n)
		more = fmt.Sprintf(", %d more", n)
	}
	texts = []string{note}
	for _, text := range append([]string{strings.TrimPrefix(views.EndpointTrouble(first, now), first.Endpoint+": ")}, views.BriefTrouble(first, now)...) {
		texts = append(texts, first.Endpoint+": "+text+more)
	}
	return append(texts, "degraded: "+first.Endpoint)
}

// eta returns in how long all tasks are expected to have ended. It uses the poller's estimate for
// each host, or, if another process polls, the rate at which tasks end. It is zero while a host
// does not respond.
func (b *Bar) eta() (eta views.ETA) {
	mute := func(h poller.HostStatus) bool { return h.Live > 0 && !b.env.Responsive(h, "") }
	if !b.env.Responsive(poller.HostStatus{}, "") || slices.ContainsFunc(b.env.Polling.Hosts, mute) {
		return views.ETA{}
	}
	// The planner does not know about payloads that wait to be submitted.
	if len(b.env.Polling.Hosts) == 0 || b.env.Submissions.Pending() > 0 {
		rate := b.progress.perMinute(b.env.Time)
		if b.progress.total < minEnds || rate <= 0 {
			return views.ETA{}
		}
		left := time.Duration(float64(b.env.LiveCount()) / rate * float64(time.Minute))
		return views.ETA{Low: left, Median: left, High: left}
	}
	for _, h := range b.env.Polling.Hosts {
		if h.Live == 0 {
			continue
		}
		if h.Ends == (poller.EndEstimate{}) {
			return views.ETA{}
		}
		eta.Low = max(eta.Low, h.Ends.Low.Sub(b.env.Now))
		eta.Median = max(eta.Median, h.Ends.Median.Sub(b.env.Now))
		eta.High = max(eta.High, h.Ends.High.Sub(b.env.Now))
	}
	return eta
}

// warn shows, once for each host or endpoint, what stops the polling until the user acts.
func (b *Bar) warn() {
	for _, h := range b.env.Polling.Hosts {
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
