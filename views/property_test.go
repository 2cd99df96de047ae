package views_test

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views"
	"polltop/views/safe"
	"polltop/views/theme"
)

// hostile draws text as nobody wants to have it on a terminal.
func hostile() *rapid.Generator[string] {
	piece := rapid.OneOf(
		rapid.SampledFrom([]string{
			"\x1b[31m", "\x1b[2J", "\x1b[1;1H", "\x1b]0;title\x07", "\x1b]8;;https://example.com\x1b\\", "\x1bP1$r0m\x1b\\",
			"\x1b", "\x1b[", "\x9b31m", "\u009b31m", "\x00", "\x07", "\x08", "\x7f", "\r", "\n", "\r\n", "\t", "\v",
			"\u202e", "\u2066", "\u200f", "\u2028", "\ufeff", "\u200d", "\u200b", "\xff\xfe", "\xc3", "\xe2\x80",
			"世界", "한국어", "ｆｕｌｌ", "👩‍👩‍👧", "🇩🇪", "✌🏽", "❤️", "e\u0301\u0302\u0303\u0304", "\u0301", "ᄀ", "ำ", "ﾞ", "𓀀", "\U000e0041",
		}),
		rapid.StringN(0, 12, -1),
		rapid.StringMatching(`[a-z_ ./:{}",#-]{0,60}`),
	)
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(piece, 0, 8).Draw(t, "pieces"), "")
	})
}

// hostileTask draws a task whose every field may be anything.
func hostileTask(t *rapid.T, label string) *poller.Task {
	stamp := rapid.OneOf(rapid.Just(poller.Stamp(0)), rapid.Map(rapid.Int64Range(-1e9, 1e12), func(v int64) poller.Stamp { return now - poller.Stamp(v) }))
	task := &poller.Task{
		Seq:           rapid.Int32().Draw(t, label+" seq"),
		QueuePosition: rapid.Int32().Draw(t, label+" position"),
		Polls:         rapid.Uint32().Draw(t, label+" polls"),
		Failures:      rapid.Uint16().Draw(t, label+" failures"),
		State:         poller.State(rapid.Uint8Range(0, uint8(poller.StateCount)).Draw(t, label+" state")),
		Request:       queue.Request{ID: hostile().Draw(t, label+" id"), Endpoint: hostile().Draw(t, label+" endpoint"), Label: hostile().Draw(t, label+" label"), Base: base},
		Added:         stamp.Draw(t, label+" added"), Queued: stamp.Draw(t, label+" queued"), Started: stamp.Draw(t, label+" started"),
		Ended: stamp.Draw(t, label+" ended"), Seen: stamp.Draw(t, label+" seen"), Next: stamp.Draw(t, label+" next"),
		InferenceTime: rapid.Float64().Draw(t, label+" inference"),
		Error:         hostile().Draw(t, label+" error"), ErrorType: hostile().Draw(t, label+" type"), OutputSummary: hostile().Draw(t, label+" made"),
	}
	if rapid.Bool().Draw(t, label+" has urls") {
		task.Canceling, task.Fetched = rapid.Bool().Draw(t, label+" canceling"), rapid.Bool().Draw(t, label+" fetched")
		task.Request.URLs = &queue.URLs{Status: hostile().Draw(t, label+" status url"), Cancel: hostile().Draw(t, label+" cancel url")}
	}
	if rapid.Bool().Draw(t, label+" troubled") {
		task.Trouble = &queue.Fault{
			Kind: queue.FaultKind(rapid.Uint8Range(0, 12).Draw(t, label+" kind")), HTTP: rapid.IntRange(0, 999).Draw(t, label+" http"),
			Code: hostile().Draw(t, label+" code"), Message: hostile().Draw(t, label+" message"),
		}
	}
	return task
}

// hostileProps draws a screen with hostile text in every field.
func hostileProps(t *rapid.T) props {
	text := func(name string) string { return hostile().Draw(t, name) }
	number := func(name string) int { return rapid.OneOf(rapid.IntRange(0, 9), rapid.Int()).Draw(t, name) }
	span := func(name string) time.Duration { return time.Duration(number(name)) }
	p := props{
		Width: rapid.IntRange(1, 300).Draw(t, "width"), Height: rapid.IntRange(1, 80).Draw(t, "height"),
		Theme: theme.New(rapid.Bool().Draw(t, "dark"), colorprofile.Profile(rapid.Uint8Range(0, 7).Draw(t, "profile"))), Now: now,
	}
	p.Bars = views.Bars{
		Host: text("host"), Link: views.Link(rapid.Uint8Range(0, uint8(views.LinkUnauthorized)).Draw(t, "link")), LinkTexts: []string{text("link"), text("brief link")},
		PollsPerSecond: rapid.Float64().Draw(t, "rate"), RateLimit: rapid.Float64().Draw(t, "limit"),
		PerMinute: rapid.Float64().Draw(t, "per minute"), Spark: rapid.SliceOfN(rapid.Float64(), 0, 60).Draw(t, "spark"),
		ETA: views.ETA{Low: span("low"), Median: span("median"), High: span("high")}, TableStatus: views.TableStatus{FilterText: text("filter")},
		Notice: text("notice"), NoticeLevel: views.Level(rapid.Uint8Range(0, 3).Draw(t, "level")),
	}
	for i := range p.Counts {
		p.Counts[i] = rapid.OneOf(rapid.IntRange(0, 3), rapid.IntRange(0, 1e6)).Draw(t, "count")
	}
	p.Tab = views.Tab(rapid.Uint8Range(0, uint8(views.TabCount)-1).Draw(t, "tab"))
	for range rapid.IntRange(0, 12).Draw(t, "rows") {
		p.Table.Rows = append(p.Table.Rows, hostileTask(t, "row"))
	}
	p.Table.First, p.Table.Total = rapid.IntRange(0, 1e6).Draw(t, "first"), rapid.IntRange(0, 1e6).Draw(t, "total")
	p.Table.Cursor = rapid.IntRange(-2, 14).Draw(t, "cursor")
	p.Table.Sort = views.Column(rapid.Uint8Range(0, uint8(views.ColumnCount)).Draw(t, "sort"))
	p.Table.Labeled = rapid.Bool().Draw(t, "labeled")
	if text := hostile().Draw(t, "filter"); text != "" {
		p.Table.Find = func(_ views.Column, cell string) (from, to int) {
			if from = strings.Index(cell, text); from < 0 {
				return len(cell), len(cell)
			}
			return from, from + len(text)
		}
	}
	p.Table.Descending, p.Focus = rapid.Bool().Draw(t, "descending"), views.Focus(rapid.Uint8Range(0, 2).Draw(t, "focus"))
	p.Table.Empty = rapid.SliceOfN(hostile(), 0, 5).Draw(t, "empty")
	for range rapid.IntRange(0, 6).Draw(t, "keys") {
		p.Keys = append(p.Keys, [2]string{"k", "polltop's own words"})
	}
	if rapid.Bool().Draw(t, "detail open") {
		p.Detail = &views.Detail{
			Task: hostileTask(t, "detail"), Raw: []byte(text("raw")),
		}
		p.Scroll = number("detail scroll")
	}
	if rapid.Bool().Draw(t, "dialog open") {
		p.Dialog = &views.Dialog{
			Title: text("title"), Hint: text("hint"), Scroll: number("dialog scroll"),
			Body: rapid.SliceOfN(hostile(), 0, 30).Draw(t, "body"),
		}
	}
	hostileActs(t, &p)
	if rapid.Bool().Draw(t, "filter typed") {
		p.FilterField = text("field")
	}
	return p
}

var styleSequence = regexp.MustCompile(`\x1b\[[0-9;:]*m`)

// themeStyles returns every style sequence of a theme.
func themeStyles(th *theme.Theme) map[string]bool {
	found := map[string]bool{theme.Reset: true, "\x1b[1;4m": true} // the second marks what a filter finds
	var walk func(v reflect.Value)
	walk = func(v reflect.Value) {
		if style, ok := v.Interface().(lipgloss.Style); ok {
			before, _, _ := strings.Cut(style.Render("x"), "x")
			found[before] = true
			return
		}
		switch v.Kind() {
		case reflect.String:
			found[v.String()] = true
		case reflect.Struct:
			for i := range v.NumField() {
				walk(v.Field(i))
			}
		case reflect.Array:
			for i := range v.Len() {
				walk(v.Index(i))
			}
		}
	}
	walk(reflect.ValueOf(*th))
	return found
}

// harmless returns what is wrong with a line of the screen that was drawn with
// the given styles; nil styles allow any.
func harmless(line string, styles map[string]bool) error {
	for _, style := range styleSequence.FindAllString(line, -1) {
		if styles != nil && !styles[style] {
			return fmt.Errorf("the style %q is not the theme's", style)
		}
	}
	text := styleSequence.ReplaceAllString(line, "")
	if !utf8.ValidString(text) {
		return fmt.Errorf("it is not valid UTF-8")
	}
	for _, r := range text {
		if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
			return fmt.Errorf("it holds %U", r)
		}
	}
	return nil
}

// TestRenderTakesAnything draws screens of any size with hostile text in every
// field: they always have exactly their size, by the terminal's measure, and
// hold nothing but text and the theme's own styles.
func TestRenderTakesAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		safe.SetGraphemeClusters(rapid.Bool().Draw(t, "graphemes"))
		defer safe.SetGraphemeClusters(false)
		p := hostileProps(t)
		styles := themeStyles(p.Theme)
		if p.FilterField != "" || p.Dialog != nil {
			styles = nil // text fields bring styles of their own
		}
		lines := strings.Split(render(p), "\n")
		if len(lines) != p.Height {
			t.Fatalf("%dx%d: %d lines, want %d", p.Width, p.Height, len(lines), p.Height)
		}
		for y, line := range lines {
			if got := safe.WidthMethod().StringWidth(line); got != p.Width {
				t.Fatalf("%dx%d: line %d is %d cells wide, want %d: %q", p.Width, p.Height, y, got, p.Width, line)
			}
			if err := harmless(line, styles); err != nil {
				t.Fatalf("%dx%d: line %d: %v: %q", p.Width, p.Height, y, err, line)
			}
		}
	})
}

// TestDetailLinesTakeAnything holds the pane's lines to their width.
func TestDetailLinesTakeAnything(t *testing.T) {
	th := theme.New(true, colorprofile.TrueColor)
	styles := themeStyles(th)
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(-1, 120).Draw(t, "width")
		d := views.Detail{
			Task: hostileTask(t, "task"), Raw: []byte(hostile().Draw(t, "raw")),
			Slow: hostile().Draw(t, "slow"), Result: hostileResult(t),
		}
		lines := detailLines(d, width)
		if len(lines) == 0 {
			t.Fatal("the pane is empty")
		}
		for i, line := range lines {
			if got := ansi.StringWidth(line); got > max(width, 1) {
				t.Fatalf("line %d is %d cells wide, want at most %d: %q", i, got, width, line)
			}
			if err := harmless(line, styles); err != nil {
				t.Fatalf("line %d: %v: %q", i, err, line)
			}
		}
	})
}

// TestLayoutIsSound checks that the parts of the screen lie within it and do
// not share a cell, at any size.
func TestLayoutIsSound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width, height := rapid.IntRange(-1, 300).Draw(t, "width"), rapid.IntRange(-1, 80).Draw(t, "height")
		open := rapid.Bool().Draw(t, "open")
		l := views.NewLayout(width, height, open)
		parts := []views.Rect{{X: 0, Y: l.RowsTop, W: l.TableWidth, H: l.Rows}, l.Detail}
		lines := []int{l.HeaderY, l.ProgressY, l.TabsY, l.FooterY}
		if l.NoticeY != l.FooterY {
			lines = append(lines, l.NoticeY)
		}
		for _, y := range lines {
			if y >= 0 {
				parts = append(parts, views.Rect{Y: y, W: l.Width, H: 1})
			}
		}
		if l.ColumnsY >= 0 {
			parts = append(parts, views.Rect{Y: l.ColumnsY, W: l.TableWidth, H: 1})
		}
		taken := map[[2]int]int{}
		for i, r := range parts {
			for y := r.Y; y < r.Y+r.H; y++ {
				for x := r.X; x < r.X+r.W; x++ {
					if other, ok := taken[[2]int{x, y}]; ok {
						t.Fatalf("%dx%d: parts %d and %d share the cell %d, %d", width, height, other, i, x, y)
					}
					taken[[2]int{x, y}] = i
					if x < 0 || y < 0 || x >= width || y >= height {
						t.Fatalf("%dx%d: part %d reaches out to %d, %d", width, height, i, x, y)
					}
				}
			}
		}
		if width > 0 && height > 0 && l.Rows == 0 && l.Detail.H == 0 {
			t.Fatalf("%dx%d: neither table nor pane", width, height)
		}
		if open && width > 0 && height > 0 && l.Detail.H == 0 {
			t.Fatalf("%dx%d: no room for the pane", width, height)
		}
	})
}
