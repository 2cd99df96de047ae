package model

import (
	"context"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"polltop/model/actions"
	"polltop/model/common"
	"polltop/model/common/commontest"
	"polltop/model/statusbar"
	"polltop/poller"
	"polltop/poller/paste"
	"polltop/poller/queue"
)

// BenchmarkFrame measures a message and the frame behind it at 200x50 cells over 1,000
// tasks with the pane open: a key that moves the cursor, a batch of the poller's, a notice,
// and a key in a dialog.
func BenchmarkFrame(b *testing.B) {
	for _, c := range []struct {
		name   string
		before []string
		next   func(m *Model, n int) tea.Msg
	}{
		{"key", nil, func(_ *Model, n int) tea.Msg { return commontest.KeyPress([]string{"j", "k"}[n%2]) }},
		{"batch", nil, func(m *Model, n int) tea.Msg {
			task := *m.env.Tasks.Get(int32(n % 1000))
			task.Seen = m.env.Now
			return common.TasksChanged{Update: poller.Update{Tasks: []*poller.Task{&task}}}
		}},
		{"notice", nil, func(*Model, int) tea.Msg { return common.Say{Text: "copied 1 request id"} }},
		{"scroll", []string{"enter"}, func(_ *Model, n int) tea.Msg { return commontest.KeyPress([]string{"j", "k"}[n%2]) }},
		{"dialog", []string{"?"}, func(_ *Model, n int) tea.Msg { return commontest.KeyPress([]string{"j", "k"}[n%2]) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			m := benchModel(b)
			for _, key := range c.before {
				m.Update(commontest.KeyPress(key))
			}
			m.View()
			for n := 0; b.Loop(); n++ {
				m.Update(c.next(m, n))
				m.View()
			}
		})
	}
}

// benchModel returns a dashboard with the pane open over the table.
func benchModel(b *testing.B) *Model {
	base, err := queue.ParseBase("https://api.test/model")
	if err != nil {
		b.Fatal(err)
	}
	clock := time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)
	m := New(Options{
		Options: actions.Options{Context: context.Background(), Poller: &fake{}}, Bars: statusbar.Options{Host: base.Host()}, Clock: func() time.Time { clock = clock.Add(time.Millisecond); return clock },
		Source: paste.Source{Bases: []*queue.Base{base}, Endpoint: "wan26_i2v"},
	})
	m.Update(tea.WindowSizeMsg{Width: 200, Height: 50})
	m.Update(common.TasksChanged{Update: poller.Update{Tasks: commontest.Tasks(m.env, 1000, poller.Running, poller.Queued, poller.Succeeded, poller.Failed)}})
	if !m.pane.Open() {
		b.Fatal("the pane is not open on the first failure")
	}
	return m
}
