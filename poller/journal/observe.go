package journal

import (
	"context"
	"log/slog"

	"polltop/poller"
)

// hosts is the last logged state of each host, by its base URL.
type hosts map[string]hostState

// hostState is the last logged state of a host.
type hostState struct {
	hold, outage, stopped bool
	forbidden             int
	troubles              string // the endpoints in trouble
}

// Observe logs the changes in the state of hosts and disk. Only one goroutine at a time may call
// it.
func (j *Journal) Observe(u poller.Update) {
	if j == nil {
		return
	}
	for _, h := range u.Hosts {
		j.observe(h)
	}
	j.observePersistence(u)
}

// observe logs the changes of a host.
func (j *Journal) observe(h poller.HostStatus) {
	name := h.Base.String()
	before := j.hosts[name]
	now := hostState{hold: h.Hold != 0, outage: h.Outage != nil, stopped: h.Stopped != nil, forbidden: len(h.Forbidden)}
	for _, e := range h.Troubles {
		now.troubles += e.Endpoint + " "
	}
	j.hosts[name] = now
	log := j.log.With("host", h.Base.Host())
	if now.hold != before.hold {
		log.Warn("host", "event", either(now.hold, "hold", "hold over"), "rate", h.Rate, "most", h.Most)
	}
	switch {
	case now.outage && !before.outage:
		log.Warn("host", "event", "outage", faultAttr(h.Outage))
	case before.outage && !now.outage:
		log.Info("host", "event", "reachable")
	}
	switch {
	case now.stopped && !before.stopped:
		log.Error("host", "event", "stopped", faultAttr(h.Stopped))
	case before.stopped && !now.stopped:
		log.Info("host", "event", "asked again")
	}
	observeEndpoints(log, h, before, now)
}

// observeEndpoints logs the changes of a host's endpoints.
func observeEndpoints(log *slog.Logger, h poller.HostStatus, before, now hostState) {
	if now.troubles != before.troubles {
		for _, e := range h.Troubles {
			log.Warn("host", "event", "endpoint in trouble", "endpoint", e.Endpoint, faultAttr(e.Fault))
		}
		if now.troubles == "" {
			log.Info("host", "event", "all endpoints answer")
		}
	}
	if now.forbidden > before.forbidden {
		for _, f := range h.Forbidden {
			log.Warn("host", "event", "forbidden", "endpoint", f.Endpoint, faultAttr(f.Fault))
		}
	}
}

// observePersistence logs the changes in how the tasks are kept.
func (j *Journal) observePersistence(u poller.Update) {
	storeErr := ""
	if u.StoreErr != nil {
		storeErr = u.StoreErr.Error()
	}
	if storeErr != j.storeErr {
		level := slog.LevelInfo
		if storeErr != "" {
			level = slog.LevelError
		}
		j.log.Log(context.Background(), level, "store", "event", either(storeErr != "", "unkept", "kept again"), "message", storeErr)
	}
	if damage := u.Persistence.Damage; damage != j.damage {
		j.log.Error("store", "event", "damaged", "message", damage)
	}
	if viewing := u.Persistence.Viewing; viewing != j.viewing {
		j.log.Info("store", "event", either(viewing != "", "viewing", "polling"), "polled_by", viewing)
	}
	j.storeErr, j.damage, j.viewing = storeErr, u.Persistence.Damage, u.Persistence.Viewing
}

// either returns one of two texts.
func either(first bool, one, other string) string {
	if first {
		return one
	}
	return other
}
