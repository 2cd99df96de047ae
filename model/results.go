package model

import (
	"fmt"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views"
)

// lingering is how long the pane must stay on a task before its result is
// fetched: moving through a list of a thousand asks for none of them.
const lingering = 300 * time.Millisecond

// lingeredMsg says that the pane has been on a task for that long.
type lingeredMsg struct{ seq int32 }

// openedMsg says what came of opening an output.
type openedMsg struct {
	url string
	err error // why it was not opened, so that it is copied instead
}

// wantResult asks for the result and the log of the task in the pane, if it has ended
// and the pane stays on it.
func (m *Model) wantResult(seq int32) tea.Cmd {
	t := m.index.Get(seq)
	if t == nil || !t.State.Terminal() {
		return nil
	}
	return tea.Tick(lingering, func(time.Time) tea.Msg { return lingeredMsg{seq} })
}

// lingered fetches the result and the log of the task that the pane is still on.
func (m *Model) lingered(msg lingeredMsg) tea.Cmd {
	t := m.index.Get(msg.seq)
	if m.detail.seq != msg.seq || t == nil {
		return nil
	}
	p := m.options.Poller
	inspect := func() tea.Msg {
		p.FetchLogs(msg.seq)
		return nil
	}
	if t.State != poller.Succeeded || t.Fetched {
		return inspect
	}
	return tea.Batch(m.fetchResult(msg.seq), inspect)
}

// fetchResult asks for a task's result. That it has come is told by an update.
func (m *Model) fetchResult(seq int32) tea.Cmd {
	p := m.options.Poller
	body := m.fetchBody(seq)
	return func() tea.Msg {
		p.Fetch(seq)
		return body()
	}
}

// resultProps returns the result of the task in the pane as it is drawn.
func (m *Model) resultProps() *views.Result {
	if !m.detail.known {
		return nil
	}
	r := &views.Result{Pending: m.detail.result.Pending, Fault: m.detail.result.Fault, Made: m.detail.result.Result}
	if t := m.index.Get(m.detail.seq); t != nil {
		r.Files = m.downloads.files(t.Request.Key(), len(r.Made.Outputs))
	}
	if m.picture.seq == m.detail.seq {
		r.Preview, r.PreviewWidth = m.picture.lines, m.picture.width
		r.PreviewRefused = m.picture.refused
	}
	return r
}

// openOutput opens an output of the task in the browser or viewer: the only one,
// or the one that the user picks. A result that is not there yet is fetched
// first.
func (m *Model) openOutput() tea.Cmd {
	t := m.subject()
	switch {
	case t == nil:
		return nil
	case t.State == poller.Unread:
		return m.say(views.LevelInfo, "no output to open: the result was not read; r reads it")
	case t.State == poller.Reading:
		return m.say(views.LevelInfo, "no output to open yet: the result is being read")
	case t.State != poller.Succeeded && !keepsOutputs(t):
		return m.say(views.LevelInfo, "no output to open: the task has not succeeded")
	}
	f, ok := m.options.Poller.Result(t.Seq)
	switch {
	case !ok || f.Pending:
		m.opening = t.Seq
		return tea.Batch(m.fetchResult(t.Seq), m.say(views.LevelInfo, "fetching the result, then opening it"))
	case f.Fault != nil:
		m.opening = t.Seq
		return tea.Batch(m.fetchResult(t.Seq), m.say(views.LevelBad, "the result could not be fetched, trying again: "+f.Fault.Error()))
	}
	return m.openOneOf(f.Result.Outputs)
}

// keepsOutputs reports whether a task that failed or was canceled may have outputs all
// the same: Comfy Router keeps what was made until then, and may charge for it.
func keepsOutputs(t *poller.Task) bool {
	return (t.State == poller.Failed || t.State == poller.Canceled) && t.Request.Base.Service() == queue.Comfy
}

// openOneOf opens the output that has a URL, or asks which of several.
func (m *Model) openOneOf(outputs []queue.Output) tea.Cmd {
	var items []views.MenuItem
	urls := map[string]string{}
	for _, o := range outputs {
		if o.URL == "" || len(items) == 9 {
			continue
		}
		k := fmt.Sprint(len(items) + 1)
		urls[k] = o.URL
		items = append(items, views.MenuItem{Key: k, Label: o.Type, Value: o.URL})
	}
	switch len(items) {
	case 0:
		if slices.ContainsFunc(outputs, queue.Output.Inline) {
			return m.say(views.LevelInfo, "the result holds the output itself and no URL to open: press d to download it to a file")
		}
		return m.say(views.LevelInfo, "the result has no output with a URL")
	case 1:
		return m.launch(urls["1"])
	}
	m.openDialog(dialog{
		title: "Open which output?",
		body:  func(width int) []string { return views.MenuBody(items, width) },
		hint:  "a number opens  esc close",
		press: func(key string) (tea.Cmd, bool) {
			url, ok := urls[key]
			if !ok {
				return nil, false
			}
			return m.launch(url), true
		},
	})
	return nil
}

// launch opens a URL with the system's opener.
func (m *Model) launch(url string) tea.Cmd {
	open := m.options.Open
	return func() tea.Msg { return openedMsg{url: url, err: open(url)} }
}

// opened says what came of it: where nothing can be opened, the URL is copied.
func (m *Model) opened(msg openedMsg) tea.Cmd {
	if msg.err == nil {
		return m.say(views.LevelGood, "opened "+msg.url)
	}
	copied := m.clip(msg.url, "")
	return tea.Batch(copied, m.say(views.LevelWarn, msg.err.Error()+": copied the URL instead"))
}

// continueOpening goes on with opening an output once its result has come.
func (m *Model) continueOpening(tasks []*poller.Task) tea.Cmd {
	if m.opening == none || !changed(tasks, m.opening) {
		return nil
	}
	f, ok := m.options.Poller.Result(m.opening)
	if !ok || f.Pending {
		return nil
	}
	m.opening = none
	if f.Fault != nil {
		return m.say(views.LevelBad, "the result could not be fetched: "+f.Fault.Error())
	}
	return m.openOneOf(f.Result.Outputs)
}
