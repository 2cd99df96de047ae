package model

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"polltop/model/table"
	"polltop/poller"
	"polltop/views"
)

// props returns the screen as it is to be drawn.
func (m *Model) props() views.Props {
	now := poller.StampOf(m.now)
	rows, first := m.index.Window(m.layout.Rows)
	link, note, brief := m.link()
	p := views.Props{
		Width: m.width, Height: m.height, Theme: m.theme, Now: now,
		Host: m.options.Host, Link: link, LinkNote: note, LinkBrief: brief,
		InFlight: m.stats.InFlight,
		Counts:   m.index.Counts(),
		Tabs:     m.tabs(), FilterText: m.filterText(),
		Groups: m.groupsProps(), Marked: len(m.marks.seqs), Transfers: m.downloads.transfers(),
		Table: views.Table{
			Rows: rows, Notes: m.notes(rows), First: first, Total: m.index.Matching(),
			Cursor: m.index.CursorRank() - first,
			Sort:   m.index.Sort(), Descending: m.index.Descending(),
			Focused: m.focus == onTable, Empty: m.empty(),
		},
		Detail: m.detailProps(), Dialog: m.dialogProps(),
		Notice: m.notice.text, NoticeLevel: m.notice.level,
		Keys: m.footer(),
	}
	p.Session, p.StoreErr = m.keepingProps()
	if m.overview.screen == statsScreen {
		p.Stats = m.statsProps()
	}
	if m.focus == onFilter {
		p.FilterField = m.filter.input.View()
	}
	if m.live() > 0 {
		p.PollsPerSecond, p.RateLimit = m.progress.rate, m.rateLimit()
		p.PerMinute, p.Spark = m.progress.perMinute(m.now), m.progress.spark(m.now)
		p.ETA = m.eta()
	}
	return p
}

// rateLimit returns the most requests/s that a service has been found to bear,
// where that is less than is configured; 0 where none has. Of several hosts it
// is the lowest.
func (m *Model) rateLimit() float64 {
	limit := 0.0
	for _, h := range m.hosts {
		if h.Live > 0 && h.Rate < h.Most && (limit == 0 || h.Rate < limit) {
			limit = h.Rate
		}
	}
	return limit
}

// notes returns what the dashboard knows of the rows beside their tasks.
func (m *Model) notes(rows []*poller.Task) []views.Note {
	notes := make([]views.Note, len(rows))
	for i, t := range rows {
		_, fresh := m.signs.fresh[t.Seq]
		notes[i] = views.Note{Marked: m.marks.has(t.Seq), Slow: t.Slow && !t.State.Terminal(), Fresh: fresh}
		notes[i].Trouble, notes[i].Brief = m.endpointTrouble(t)
	}
	return notes
}

// endpointTrouble says that the endpoint or the host of a live task is in trouble, whole
// and in few words; "" if they are not.
func (m *Model) endpointTrouble(t *poller.Task) (whole string, brief []string) {
	if t.State.Terminal() {
		return "", nil
	}
	now := poller.StampOf(m.now)
	for _, h := range m.hosts {
		if h.Base.Origin() != t.Request.Base.Origin() {
			continue
		}
		if h.Outage != nil {
			whole := poller.EndpointTrouble{Endpoint: h.Base.Host(), Fault: h.Outage, Probe: h.Probe}
			return views.EndpointTrouble(whole, now), views.BriefTrouble(whole, now)
		}
		for _, trouble := range h.Troubles {
			if trouble.Endpoint == t.Request.Endpoint {
				return views.EndpointTrouble(trouble, now), views.BriefTrouble(trouble, now)
			}
		}
	}
	return "", nil
}

// filterText returns what the table is filtered by.
func (m *Model) filterText() string {
	if m.overview.group == "" {
		return m.index.Filter()
	}
	return strings.TrimSpace("group: " + m.overview.group + "  " + m.index.Filter())
}

// link returns how the polling fares, with a note on that and the same in fewer and fewer
// words: of several hosts, the one that fares worst.
func (m *Model) link() (link views.Link, note string, brief []string) {
	link = views.LinkLive
	if m.live() == 0 {
		link, note = views.LinkIdle, m.elapsed()
	}
	if m.viewing() {
		if m.persistence.Silent {
			return views.LinkViewing, m.persistence.Viewing + " does not answer", nil
		}
		return views.LinkViewing, m.persistence.Viewing + " polls", nil
	}
	for _, h := range m.hosts {
		l, n, b := linkOf(h, m.now)
		if l > link && (h.Live > 0 || l == views.LinkUnauthorized) {
			link, note, brief = l, n, b
		}
	}
	if m.paused && link != views.LinkUnauthorized {
		return views.LinkPaused, "p goes on", nil
	}
	return link, note, brief
}

// linkOf returns how one host fares.
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

// outageLink returns how a host fares that is in trouble as a whole.
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
func (m *Model) elapsed() string {
	if m.progress.total == 0 {
		return ""
	}
	return "all ended after " + views.Duration(m.progress.last.Sub(m.progress.first))
}

// tabs returns the state tabs with their counts.
func (m *Model) tabs() []views.Tab {
	counts := m.index.Counts()
	tabs := make([]views.Tab, 0, table.TabCount)
	for tab := range table.TabCount {
		n := 0
		for state, count := range counts {
			if tab.Match(poller.State(state)) {
				n += count
			}
		}
		tabs = append(tabs, views.Tab{
			Key: strconv.Itoa(int(tab) + 1), Title: tabTitles[tab], Count: n,
			Active: tab == m.index.Tab(), State: tabStates[tab], All: tab == table.TabAll,
		})
	}
	return tabs
}

// tabTitles are the words for the tabs.
var tabTitles = [table.TabCount]string{
	table.TabAll: "all", table.TabQueued: "queued", table.TabRunning: "running", table.TabDone: "done",
	table.TabFailed: "failed", table.TabCanceled: "canceled", table.TabUnknown: "unknown",
}

// tabStates is the state that gives each tab its colour.
var tabStates = [table.TabCount]poller.State{
	table.TabQueued: poller.Queued, table.TabRunning: poller.Running, table.TabDone: poller.Succeeded,
	table.TabFailed: poller.Failed, table.TabCanceled: poller.Canceled, table.TabUnknown: poller.Expired,
}

// empty returns what to say where no row is shown.
func (m *Model) empty() []string {
	if m.index.Total() > 0 {
		if m.index.Filter() != "" {
			return []string{"nothing matches the filter", "esc clears it"}
		}
		return []string{"no task is " + tabTitles[m.index.Tab()], "1 shows all"}
	}
	return []string{
		"No tasks yet.", "",
		"Paste request ids, status URLs or create-task answers here,",
		"press a to type them,",
		"or start with a file: polltop tasks.txt", "",
		"? shows all keys",
	}
}

// title returns the window's title: ASCII only, as the bytes of some characters
// (✗ is E2 9C 97) end the title early in terminals that look for the C1 control
// ST within it, and the rest of it lands on the screen.
func (m *Model) title() string {
	total := m.index.Total()
	if total == 0 {
		return "polltop"
	}
	text := fmt.Sprintf("polltop %d/%d", total-m.live(), total)
	if n := m.failures(); n > 0 {
		text += fmt.Sprintf(", %d failed", n)
	}
	if n := m.unknown(); n > 0 {
		text += fmt.Sprintf(", %d unknown", n)
	}
	return text
}
