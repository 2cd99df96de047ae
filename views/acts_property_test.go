package views_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"polltop/poller"
	"polltop/poller/download"
	"polltop/poller/queue"
	"polltop/views"
	"polltop/views/theme"
)

// hostileActs puts into a screen what comes with acting on tasks, with hostile
// text in every field: marks, results, groups, statistics and downloads.
func hostileActs(t *rapid.T, p *props) {
	for range rapid.IntRange(0, 14).Draw(t, "notes") {
		p.Table.Info = append(p.Table.Info, views.RowInfo{
			Marked: rapid.Bool().Draw(t, "marked"), Slow: rapid.Bool().Draw(t, "is slow"), Fresh: rapid.Bool().Draw(t, "fresh"),
		})
	}
	p.Marked = rapid.OneOf(rapid.IntRange(0, 9), rapid.Int()).Draw(t, "all marked")
	if p.Detail != nil {
		p.Detail.Slow, p.Detail.Result = hostile().Draw(t, "slow"), hostileResult(t)
	}
	switch rapid.IntRange(0, 4).Draw(t, "view") {
	case 1:
		p.Groups = hostileGroups(t)
	case 2:
		p.Stats = hostileStats(t)
		p.StatsScroll = rapid.OneOf(rapid.IntRange(-3, 60), rapid.Int()).Draw(t, "stats scroll")
	}
	if rapid.Bool().Draw(t, "downloads") {
		p.Notice = rapid.SampledFrom([]string{"", p.Notice}).Draw(t, "notice again")
		p.Transfers = &download.Progress{
			Files: make([]download.File, rapid.IntRange(0, 40).Draw(t, "files")),
			Bytes: rapid.Int64().Draw(t, "bytes"), Total: rapid.Int64().Draw(t, "total"), BytesPerSecond: rapid.Float64().Draw(t, "speed"),
		}
		p.Transfers.Counts[download.Done] = rapid.Int().Draw(t, "done")
		p.Transfers.Counts[download.Failed] = rapid.Int().Draw(t, "failed")
	}
}

// hostileResult draws a result, none as often as not.
func hostileResult(t *rapid.T) *views.Result {
	if rapid.Bool().Draw(t, "no result") {
		return nil
	}
	r := &views.Result{FetchedResult: poller.FetchedResult{Pending: rapid.Bool().Draw(t, "pending")}, Files: rapid.SliceOfN(hostile(), 0, 4).Draw(t, "files")}
	if rapid.Bool().Draw(t, "fault") {
		r.Fault = &queue.Fault{Kind: queue.FaultKind(rapid.Uint8Range(0, 12).Draw(t, "kind")), Code: hostile().Draw(t, "code"), Message: hostile().Draw(t, "message")}
	}
	for range rapid.IntRange(0, 4).Draw(t, "outputs") {
		r.Result.Outputs = append(r.Result.Outputs, queue.Output{
			Type: hostile().Draw(t, "output type"), URL: hostile().Draw(t, "url"), ContentType: hostile().Draw(t, "content type"),
			FileName: hostile().Draw(t, "file name"), Content: hostile().Draw(t, "content"),
			Width: rapid.Int().Draw(t, "w"), Height: rapid.Int().Draw(t, "h"), FileSize: rapid.Int64().Draw(t, "size"), Duration: rapid.Float64().Draw(t, "length"),
		})
	}
	for range rapid.IntRange(0, 4).Draw(t, "fields") {
		r.Result.Metadata = append(r.Result.Metadata, queue.Field{Name: hostile().Draw(t, "name"), Value: hostile().Draw(t, "value")})
	}
	// A preview is polltop's own and exact: all that can happen to it is that it
	// does not fit.
	r.PreviewWidth = rapid.IntRange(-1, 120).Draw(t, "preview width")
	for range rapid.IntRange(0, 9).Draw(t, "preview height") {
		r.Preview = append(r.Preview, strings.Repeat("▀", max(r.PreviewWidth, 0)))
	}
	return r
}

func hostileGroups(t *rapid.T) *views.Groups {
	stamp := rapid.Map(rapid.Int64Range(-1e9, 1e12), func(v int64) poller.Stamp { return now - poller.Stamp(v) })
	g := &views.Groups{
		By:    rapid.OneOf(rapid.SampledFrom([]string{"error", "endpoint", "state"}), hostile()).Draw(t, "by"),
		First: rapid.IntRange(-3, 30).Draw(t, "first group"), Cursor: rapid.IntRange(-3, 30).Draw(t, "group cursor"),
	}
	for range rapid.IntRange(0, 25).Draw(t, "groups") {
		g.Rows = append(g.Rows, views.Group{
			Label: hostile().Draw(t, "label"), NextStep: hostile().Draw(t, "step"), Count: rapid.Int().Draw(t, "group count"), Share: rapid.Float64().Draw(t, "share"),
			State:   poller.State(rapid.Uint8Range(0, uint8(poller.StateCount)).Draw(t, "group state")),
			Example: example(hostile().Draw(t, "example"), hostile().Draw(t, "group message")),
			First:   stamp.Draw(t, "first"), Last: stamp.Draw(t, "last"),
		})
	}
	return g
}

func hostileStats(t *rapid.T) *views.Stats {
	span := rapid.Map(rapid.Int64(), func(v int64) time.Duration { return time.Duration(v) })
	s := &views.Stats{
		Cursor: rapid.IntRange(-3, 30).Draw(t, "endpoint cursor"),
		TaskStats: views.TaskStats{
			Ended:  rapid.SliceOfN(rapid.Float64(), 0, 70).Draw(t, "ended"),
			Failed: rapid.SliceOfN(rapid.Float64(), 0, 70).Draw(t, "failed"),
		},
		Polling: poller.Stats{
			Polls: rapid.Uint64().Draw(t, "polls"), Answers: rapid.Uint64().Draw(t, "answers"), RateLimited: rapid.Uint64().Draw(t, "429s"),
			Faults: rapid.Uint64().Draw(t, "faults"), Requests: rapid.Uint64().Draw(t, "requests"),
		}, Rate: rapid.Float64().Draw(t, "rate"),
	}
	for range rapid.IntRange(0, 20).Draw(t, "endpoints") {
		e := views.EndpointStats{
			Name: hostile().Draw(t, "endpoint name"), Live: rapid.Int().Draw(t, "live"), Succeeded: rapid.Int().Draw(t, "succeeded"),
			Failed: rapid.Int().Draw(t, "endpoint failed"), Canceled: rapid.Int().Draw(t, "canceled"), Polls: rapid.Uint64().Draw(t, "endpoint polls"),
			Queue: views.Quantiles{P50: span.Draw(t, "q50"), P95: span.Draw(t, "q95"), Max: span.Draw(t, "qmax")},
			Run:   views.Quantiles{P50: span.Draw(t, "r50"), P95: span.Draw(t, "r95"), Max: span.Draw(t, "rmax")}, Inference: views.Quantiles{P50: span.Draw(t, "i50")},
		}
		for range rapid.IntRange(0, 3).Draw(t, "bins") {
			e.Histogram = append(e.Histogram, views.Bin{From: span.Draw(t, "from"), To: span.Draw(t, "to"), Count: rapid.Int().Draw(t, "bin")})
		}
		s.Endpoints = append(s.Endpoints, e)
	}
	return s
}

// TestDialogBodiesTakeAnything holds the bodies of the question, with its buttons, and of the menu
// to their width, whatever they are made of.
func TestDialogBodiesTakeAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(-1, 120).Draw(t, "width")
		var items []views.MenuItem
		for range rapid.IntRange(0, 5).Draw(t, "items") {
			items = append(items, views.MenuItem{Key: hostile().Draw(t, "key"), Label: hostile().Draw(t, "label"), Value: hostile().Draw(t, "value")})
		}
		menu := views.MenuBody(items, rapid.IntRange(-1, 5).Draw(t, "chosen"), "\x1b[7m", width)
		if len(menu) != len(items) {
			t.Fatalf("%d lines for %d items", len(menu), len(items))
		}
		f := views.Frame{Theme: theme.New(true, colorprofile.TrueColor), Layout: views.NewLayout(width+4, 20, false)}
		d := views.Dialog{Title: hostile().Draw(t, "title")}
		d.Body = views.QuestionBody(rapid.SliceOfN(hostile(), 0, 3).Draw(t, "counts"), rapid.SliceOfN(hostile(), 0, 5).Draw(t, "lines"), width)
		text := len(d.Body)
		for i, at := range views.AddButtons(f, &d, items, 0, false) {
			if i >= len(items) || at.Y < text || at.Y >= text+len(d.Foot) || at.X < 0 || at.X+at.W > max(width, 1) {
				t.Fatalf("width %d: button %d is at %v of %d lines", width, i, at, text+len(d.Foot))
			}
		}
		for _, line := range slices.Concat(menu, d.Body, d.Foot) {
			if got := ansi.StringWidth(line); got > max(width, 1) {
				t.Fatalf("width %d: %q takes %d cells", width, line, got)
			}
			if err := harmless(line, nil); err != nil {
				t.Fatalf("%q: %v", line, err)
			}
		}
	})
}

// TestSlowAndMarkedAreShown checks that in every width in which a state can be
// read, it can be read without color that a task is slow, marked or being
// canceled.
func TestSlowAndMarkedAreShown(t *testing.T) {
	for width := 23; width <= 220; width++ {
		p := marked(width, 24)
		p.Theme = theme.New(true, colorprofile.ASCII)
		p.Table.Cursor = 2
		lines, top := plainLines(p), views.NewLayout(width, 24, false).RowsTop
		for i, note := range p.Table.Info {
			line, task := lines[top+i], p.Table.Rows[i]
			state := theme.Symbol(task.State) + " " + task.State.String()
			if task.Canceling {
				state = theme.Symbol(task.State) + " canceling"
			}
			if !strings.Contains(line, state) {
				t.Errorf("width %d: row %d is %q, without %q", width, i, line, state)
			}
			if strings.HasPrefix(line, "●") != note.Marked {
				t.Errorf("width %d: row %d, marked %t, is %q", width, i, note.Marked, line)
			}
			if told := strings.Contains(line, "slow") || strings.Contains(line, state+" !") || strings.Contains(line, "#12 !"); told != note.Slow {
				t.Errorf("width %d: row %d, slow %t, is %q", width, i, note.Slow, line)
			}
		}
		if got := strings.Join(lines, "\n"); !strings.Contains(got, "● 4") {
			t.Errorf("width %d: how many are marked is not told:\n%s", width, got)
		}
	}
}

// TestGroupRows checks that as many groups show as the layout tells, the
// selected one among them with its sign.
func TestGroupRows(t *testing.T) {
	for _, open := range []bool{false, true} {
		for height := 1; height <= 60; height++ {
			p := grouped(100, height)
			p.Groups.Rows = nil
			for i := range 100 {
				p.Groups.Rows = append(p.Groups.Rows, views.Group{Label: fmt.Sprintf("label%02d", i), Count: 1})
			}
			p.Groups.First, p.Groups.Cursor = 10, 10
			if open {
				p.Detail = &views.Detail{Task: failure()}
			}
			rows := views.NewLayout(100, height, open).GroupRows()
			shown := 0
			for _, line := range plainLines(p) {
				if !strings.Contains(line, " 0%") || !strings.Contains(line, "label") {
					continue
				}
				if want := fmt.Sprintf("label%02d", 10+shown); !strings.Contains(line, want) || strings.Contains(line, "▌") != (shown == 0) {
					t.Errorf("height %d: row %d is %q, want %s", height, shown, line, want)
				}
				shown++
			}
			if shown != rows {
				t.Errorf("height %d, pane open %t: %d groups show, want %d", height, open, shown, rows)
			}
		}
	}
}

// TestStatsScroll checks that the stats view scrolls just to its last line, and that
// all of it shows on the way.
func TestStatsScroll(t *testing.T) {
	for _, size := range append(sizes, [2]int{20, 4}, [2]int{300, 90}) {
		p := statistics(size[0], size[1])
		most := max(len(views.StatsLines(p.frame(), p.Stats))-p.frame().Layout.StatsRows(), 0)
		p.StatsScroll = most
		if end := render(p); size[1] > 7 && !strings.Contains(ansi.Strip(end), "m ago") {
			t.Errorf("%v: scrolled to the end, the axis is not there:\n%s", size, ansi.Strip(end))
		} else if p.StatsScroll = most - 1; most > 0 && render(p) == end {
			t.Errorf("%v: one line before the end, the screen is the same", size)
		}
		all := ""
		for p.StatsScroll = 0; p.StatsScroll <= most; p.StatsScroll++ {
			all += strings.Join(plainLines(p), "\n")
		}
		for _, want := range []string{"18,233", "429s 12", "18.5", "all", "Run times of all", "214", "Ended a minute", "Failed a minute"} {
			if size[0] > 20 && !strings.Contains(all, want) {
				t.Errorf("%v: %q never shows", size, want)
			}
		}
	}
}
