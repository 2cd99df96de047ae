package model

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views"
)

// none is the Seq of no task.
const none int32 = -1

// detail is the pane that explains one task, held by its Seq.
type detail struct {
	seq    int32
	raw    []byte // the last answer
	asked  int    // counts what was asked for of it; got is the latest that came
	got    int
	result poller.Fetched
	known  bool // whether result is anything
	logs   []queue.LogLine
	scroll int
	auto   bool // the pane has opened by itself once
}

func (d *detail) open() bool { return d.seq != none }

// body takes in a raw answer, if it is the shown task's.
func (d *detail) body(msg bodyMsg) {
	if msg.seq == d.seq && msg.turn > d.got {
		d.got = msg.turn
		d.raw, d.result, d.known, d.logs = msg.body, msg.result, msg.known, msg.logs
	}
}

// subject returns the task that an action means: the pane's when it has the
// focus, else the one under the cursor; nil when there is none.
func (m *Model) subject() *poller.Task {
	if m.focus == onDetail {
		return m.index.Get(m.detail.seq)
	}
	return m.index.Cursor()
}

// inspect opens the pane on the task under the cursor; if it is open on it
// already, the pane takes the focus.
func (m *Model) inspect() tea.Cmd {
	seq, ok := m.index.CursorSeq()
	if !ok {
		return nil
	}
	if m.detail.seq == seq {
		m.focus = onDetail
		return nil
	}
	return m.openDetail(seq)
}

// openDetail shows a task in the pane, from its first line.
func (m *Model) openDetail(seq int32) tea.Cmd {
	m.detail = detail{seq: seq, auto: m.detail.auto, asked: m.detail.asked, got: m.detail.asked}
	m.arrange()
	return tea.Batch(m.fetchBody(seq), m.wantResult(seq))
}

func (m *Model) closeDetail() {
	m.detail = detail{seq: none, auto: m.detail.auto, asked: m.detail.asked, got: m.detail.asked}
	if m.focus == onDetail {
		m.focus = onTable
	}
	if m.behind == onDetail {
		m.behind = onTable
	}
	m.arrange()
}

// follow makes an open pane show the task under the cursor, after the cursor
// moved.
func (m *Model) follow() tea.Cmd {
	seq, ok := m.index.CursorSeq()
	if !m.detail.open() || !ok || seq == m.detail.seq {
		return nil
	}
	return m.openDetail(seq)
}

// switchFocus moves the keys between table and pane.
func (m *Model) switchFocus() {
	switch {
	case m.focus == onDetail && m.layout.Rows > 0:
		m.focus = onTable
	case m.detail.open():
		m.focus = onDetail
	}
}

// scrollDetail scrolls the pane, and reports whether the key is one that does.
func (m *Model) scrollDetail(msg tea.KeyPressMsg) bool {
	k, page := m.keys, max(m.layout.Detail.H-2, 1)
	switch {
	case key.Matches(msg, k.Up):
		m.detail.scroll--
	case key.Matches(msg, k.Down):
		m.detail.scroll++
	case key.Matches(msg, k.PageUp):
		m.detail.scroll -= page
	case key.Matches(msg, k.PageDown):
		m.detail.scroll += page
	case key.Matches(msg, k.HalfUp):
		m.detail.scroll -= page / 2
	case key.Matches(msg, k.HalfDown):
		m.detail.scroll += page / 2
	case key.Matches(msg, k.Top):
		m.detail.scroll = 0
	case key.Matches(msg, k.Bottom):
		m.detail.scroll = 1 << 20
	default:
		return false
	}
	m.clampDetail()
	return true
}

// clampDetail keeps the pane's scrolling within its lines.
func (m *Model) clampDetail() {
	if !m.detail.open() {
		return
	}
	most := views.DetailScrollMost(*m.detailProps(), m.layout, m.theme, poller.StampOf(m.now))
	m.detail.scroll = max(0, min(m.detail.scroll, most))
}

// detailProps returns the pane as it is drawn, nil when it is closed.
func (m *Model) detailProps() *views.Detail {
	if !m.detail.open() {
		return nil
	}
	return &views.Detail{
		Task: m.index.Get(m.detail.seq), Raw: m.detail.raw,
		Scroll: m.detail.scroll, Focused: m.focus == onDetail,
		Slow: m.slowReason(m.detail.seq), Result: m.resultProps(), Logs: m.detail.logs,
	}
}
