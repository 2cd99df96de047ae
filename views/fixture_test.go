package views_test

import (
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views"
	"polltop/views/safe"
	"polltop/views/theme"
)

// TestMain puts the tests into one time zone, as the detail pane shows local
// time.
func TestMain(m *testing.M) {
	time.Local = time.UTC
	os.Exit(m.Run())
}

// now is when all of the screens are drawn.
var now = poller.StampOf(time.Date(2026, 3, 2, 14, 5, 0, 0, time.UTC))

func ago(d time.Duration) poller.Stamp { return now - poller.Stamp(d/time.Millisecond) }

var base = func() *queue.Base {
	base, err := queue.ParseBase(queue.DefaultBaseURL)
	if err != nil {
		panic(err)
	}
	return base
}()

// task returns a task that was added some time ago and is in a state.
func task(seq int32, state poller.State, id, endpoint string, age time.Duration) *poller.Task {
	t := &poller.Task{
		Seq: seq, State: state, QueuePosition: -1, InferenceTime: -1, Polls: 12,
		Request: queue.Request{ID: id, Endpoint: endpoint, Base: base},
		Added:   ago(age), Queued: ago(age - time.Second), Seen: ago(2 * time.Second),
	}
	if state >= poller.Running {
		t.Started = ago(age - 5*time.Second)
	}
	if state.Terminal() {
		t.Ended = ago(age - 46*time.Second)
		t.Seen = t.Ended
	} else {
		t.Next = now + 3000
	}
	return t
}

const (
	rawFailure = `{"status":"COMPLETED","request_id":"mmsu_01hxyza0pdv4c8n2w5t7y9k3m4","response_url":"https://cloud.seaart.ai/model/v1/queue/nano_banana_2/requests/mmsu_01hxyza0pdv4c8n2w5t7y9k3m4/response","error":"output was blocked by the safety filter: the generated image was classified as restricted content","error_type":"CONTENT_BLOCKED"}`
)

// failure is the failed task that the screens with a detail pane explain.
func failure() *poller.Task {
	t := task(2, poller.Failed, "mmsu_01hxyza0pdv4c8n2w5t7y9k3m4", "nano_banana_2", 4*time.Minute)
	t.ErrorType = queue.ErrorBlocked
	t.Error = "output was blocked by the safety filter: the generated image was classified as restricted content"
	return t
}

// tasks returns a task or more in every state, with every kind of trouble.
func tasks() []*poller.Task {
	running := task(0, poller.Running, "mmsu_01hxyz8k3vq7m2n5p8r1s4t6q2", "wan26_i2v", 77*time.Second)
	queued := task(1, poller.Queued, "mmsu_01hxyz9m1cb6d9f2g5h8j1k47f", "wan26_i2v", 131*time.Second)
	queued.QueuePosition = 12
	done := task(3, poller.Succeeded, "mmsu_01hxyzb7ken4p7q1r5s8t2v60x", "nano_banana_2", 6*time.Minute)
	done.InferenceTime = 12.34
	canceled := task(4, poller.Canceled, "mmsu_01hxyzc2a6b9c3d7e1f5g8h2jk", "wan26_i2v", 9*time.Minute)
	canceled.ErrorType, canceled.Error = queue.ErrorCanceled, "canceled by the user"
	missing := task(5, poller.NotFound, "mmsu_01hxyzd8w2x5y9z3a7b1c4d6e8", "nano_banana_pro", time.Hour)
	missing.Error = "HTTP 404: Request not found, 5 times in 2m10s"
	fresh := task(6, poller.New, "mmsu_01hxyze5f8g2h6j1k4m7n9p3q5", "kling_v3_omni_video", 2*time.Second)
	fresh.Queued, fresh.Seen = 0, 0
	troubled := task(7, poller.Running, "mmsu_01hxyzf1r4s7t2v5w8x3y6z9a1", "wan26_i2v", 2*time.Hour+5*time.Minute)
	troubled.Trouble = &queue.Fault{Kind: queue.ServerError, HTTP: 502, Message: "the gateway answered with a page, not with a status"}
	troubled.Failures, troubled.Next, troubled.Seen = 3, now+7400, ago(48*time.Second)
	slow := task(8, poller.Queued, "7f0c2a4e-5b1d-4c6f-9e8a-3d2b1c0f9e8d", "fal-ai/flux-pro/v1.1-ultra", 26*time.Hour)
	slow.QueuePosition = 20417
	inference := task(9, poller.Failed, "mmsu_01hxyzg6b9c2d5e8f1g4h7j3k0", "wan26_i2v", 20*time.Minute)
	inference.ErrorType, inference.Error = queue.ErrorInference, "Task execution failed"
	return []*poller.Task{running, queued, failure(), done, canceled, missing, fresh, troubled, slow, inference}
}

// props is everything that is on a screen.
type props struct {
	views.Bars
	Width, Height int
	Theme         *theme.Theme
	Now           poller.Stamp
	Focus         views.Focus
	Table         views.Table
	Groups        *views.Groups // nil but in the groups view
	Stats         *views.Stats  // nil but in the stats view
	StatsScroll   int
	Detail        *views.Detail // nil when the pane is closed
	Scroll        int           // of the pane
	Dialog        *views.Dialog // nil when none is open
	Keys          [][2]string   // of the footer, and what they do
}

// frame returns what the parts of the screen are drawn with.
func (p props) frame() views.Frame {
	focus := p.Focus
	if p.Dialog != nil {
		focus = views.OnDialog
	}
	return views.Frame{
		Theme: p.Theme, Now: p.Now, Focus: focus,
		Layout: views.NewLayout(p.Width, p.Height, p.Detail != nil && p.Stats == nil),
	}
}

// render draws the parts of a screen and puts them together, as the dashboard does.
func render(p props) string {
	if p.Width <= 0 || p.Height <= 0 {
		return strings.Repeat("\n", max(p.Height-1, 0))
	}
	f, area, pane := p.frame(), "", ""
	switch {
	case p.Stats != nil:
		lines := views.StatsLines(f, p.Stats)
		area = views.DrawStats(f, lines, max(min(p.StatsScroll, len(lines)-f.Layout.StatsRows()), 0))
	case p.Groups != nil:
		p.Position = views.Position(p.Groups.Cursor, len(p.Groups.Rows))
		area = views.DrawGroups(f, p.Groups)
	default:
		p.Position = views.Position(p.Table.First+p.Table.Cursor, p.Table.Total)
		area = views.DrawTable(f, &p.Table)
	}
	if p.Detail != nil && p.Stats == nil {
		width, rows := f.Layout.PaneText()
		hints := footer(p.Theme, [][2]string{{"y", "id"}, {"Y", "more"}, {"r", "ask"}})
		pane = views.DrawPane(f, p.Detail.Task, views.DetailText(f, p.Detail, width, rows), p.Scroll, hints)
	}
	p.Footer = footer(p.Theme, p.Keys)
	screen := views.Compose(f, views.DrawBars(f, &p.Bars), area, pane)
	if p.Dialog == nil {
		return screen
	}
	return views.Overlay(f, strings.Split(ansi.Strip(screen), "\n"), views.DialogLayer(f, p.Dialog))
}

// detailLines returns the pane's text in a width.
func detailLines(d views.Detail, width int) []string {
	f := views.Frame{Theme: theme.New(true, colorprofile.TrueColor), Now: now}
	return views.DetailText(f, &d, width, math.MaxInt).Lines
}

// screen returns the props of a screen with tasks in every state.
func screen(width, height int) props {
	rows := tasks()
	p := props{
		Width: width, Height: height, Now: now,
		Theme: theme.New(true, colorprofile.TrueColor),
	}
	p.Keys = [][2]string{
		{"↑↓", "move"}, {"enter", "inspect"}, {"/", "filter"},
		{"n", "next failure"}, {"f", "failures"}, {"a", "add"},
		{"?", "help"}, {"q", "quit"}, {"p", "pause"}, {"s", "sort"},
	}
	p.Bars = views.Bars{
		Host: "cloud.seaart.ai", LinkTexts: []string{"live"}, PollsPerSecond: 9.4, RateLimit: 10,
		PerMinute: 14.2, Spark: []float64{0, 1, 2, 3, 5, 8, 6, 7, 5, 4, 6, 9, 7, 5, 3},
		ETA: views.ETA{Low: 5 * time.Minute, Median: 6 * time.Minute, High: 9 * time.Minute},
	}
	p.Table = views.Table{Rows: rows, Total: 500, Cursor: 2, Sort: views.ColumnRun, Descending: true}
	p.Counts = [poller.StateCount]int{
		poller.Queued: 28, poller.Running: 60, poller.Succeeded: 405, poller.Failed: 5, poller.Canceled: 1, poller.NotFound: 1,
	}
	if rows := views.NewLayout(width, height, false).Rows; len(p.Table.Rows) > rows {
		p.Table.Rows = p.Table.Rows[:rows]
	}
	return p
}

// empty returns the props of a screen without tasks.
func empty(width, height int) props {
	p := screen(width, height)
	p.Counts = [poller.StateCount]int{}
	p.Link, p.LinkTexts, p.RateLimit, p.PerMinute, p.Spark, p.ETA = views.LinkIdle, []string{"idle"}, 0, 0, nil, views.ETA{}
	p.Table = views.Table{Cursor: -1, Empty: []string{
		"No tasks yet.", "",
		"Paste request ids, status URLs or create-task answers here,",
		"press a to type them,",
		"or start with a file: polltop tasks.txt", "",
		"? shows all keys",
	}}
	p.Keys = [][2]string{{"a", "add"}, {"?", "help"}, {"q", "quit"}}
	return p
}

// footer draws as many keys as fit, as bubbles/help does.
func footer(th *theme.Theme, keys [][2]string) func(room int) string {
	return func(room int) string {
		text := ""
		for _, k := range keys {
			item := th.Field.Key.Render(k[0]) + " " + th.Field.Dim.Render(k[1])
			if text != "" {
				item = "  " + item
			}
			if safe.Width(text+item) > room {
				break
			}
			text += item
		}
		return text
	}
}
