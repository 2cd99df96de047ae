package journal

import (
	"cmp"
	"context"
	"log/slog"

	"polltop/poller"
	"polltop/poller/queue"
)

// Observe logs the changes in the state of hosts and disk. Only one goroutine at a time may call
// it.
func (j *Journal) Observe(u poller.Update) {
	if j == nil {
		return
	}
	for _, h := range u.Hosts {
		j.observeHost(h)
	}
	storeErr := ""
	if u.StoreErr != nil {
		storeErr = u.StoreErr.Error()
	}
	if j.changed("store", storeErr) {
		level, event := slog.LevelError, "unkept"
		if storeErr == "" {
			level, event = slog.LevelInfo, "kept again"
		}
		j.log.Log(context.Background(), level, "store", "event", event, "message", storeErr)
	}
	if damage := u.Persistence.Damage; j.changed("damage", damage) {
		j.log.Error("store", "event", "damaged", "message", damage)
	}
	if viewing := u.Persistence.Viewing; j.changed("viewing", viewing) {
		event := "polling"
		if viewing != "" {
			event = "viewing"
		}
		j.log.Info("store", "event", event, "polled_by", viewing)
	}
}

// changed reports whether a state differs from the one that was seen last, at first "".
func (j *Journal) changed(name, state string) bool {
	before := j.seen[name]
	j.seen[name] = state
	return before != state
}

// observeHost logs the changes of a host and its endpoints.
func (j *Journal) observeHost(h poller.HostStatus) {
	name, log := h.Base.String()+" ", j.log.With("host", h.Base.Host())
	state := ""
	if h.Hold != 0 {
		state = "hold"
	}
	if j.changed(name+"hold", state) {
		log.Warn("host", "event", cmp.Or(state, "hold over"), "rate", h.Rate, "most", h.Most)
	}
	for _, s := range []struct {
		event, over string
		level       slog.Level
		fault       *queue.Fault
	}{
		{"outage", "reachable", slog.LevelWarn, h.Outage},
		{"stopped", "asked again", slog.LevelError, h.Stopped},
	} {
		switch {
		case s.fault == nil && j.changed(name+s.event, ""):
			log.Info("host", "event", s.over)
		case s.fault != nil && j.changed(name+s.event, s.event):
			log.Log(context.Background(), s.level, "host", "event", s.event, faultAttr(s.fault))
		}
	}
	troubles := ""
	for _, e := range h.Troubles {
		troubles += e.Endpoint + " "
	}
	if j.changed(name+"troubles", troubles) {
		for _, e := range h.Troubles {
			log.Warn("host", "event", "endpoint in trouble", "endpoint", e.Endpoint, faultAttr(e.Fault))
		}
		if troubles == "" {
			log.Info("host", "event", "all endpoints answer")
		}
	}
	forbidden := ""
	for _, f := range h.Forbidden {
		forbidden += f.Endpoint + " "
	}
	if j.changed(name+"forbidden", forbidden) {
		for _, f := range h.Forbidden {
			log.Warn("host", "event", "forbidden", "endpoint", f.Endpoint, faultAttr(f.Fault))
		}
	}
}
