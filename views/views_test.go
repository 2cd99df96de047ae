package views_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"polltop/poller"
	"polltop/views"
	"polltop/views/theme"
)

// plainLines returns a screen without its styles.
func plainLines(p props) []string {
	return strings.Split(ansi.Strip(render(p)), "\n")
}

func TestDuration(t *testing.T) {
	const day = 24 * time.Hour
	tests := []struct {
		d    time.Duration
		want string
	}{
		{-time.Hour, "0s"},
		{999 * time.Millisecond, "0s"},
		{4 * time.Second, "4s"},
		{59*time.Second + 999*time.Millisecond, "59s"},
		{72 * time.Second, "1m12s"},
		{time.Hour - time.Second, "59m59s"},
		{2*time.Hour + 5*time.Minute, "2h05m"},
		{day - time.Second, "23h59m"},
		{3*day + 4*time.Hour, "3d4h"},
		{100*day - time.Second, "99d23h"},
		{100 * day, "100d"},
	}
	for _, tt := range tests {
		if got := views.Duration(tt.d); got != tt.want {
			t.Errorf("Duration(%v) is %q, want %q", tt.d, got, tt.want)
		}
	}
}

// TestStatesAreWhole checks that in no width a state is cut: it is its symbol
// and its word, or on the narrowest screens its symbol alone.
func TestStatesAreWhole(t *testing.T) {
	for width := 1; width <= 220; width++ {
		p := screen(width, 24)
		lines := plainLines(p)
		layout := views.NewLayout(width, 24, false)
		for i, task := range p.Table.Rows {
			line, word := lines[layout.RowsTop+i], theme.Symbol(task.State)
			if width >= 23 {
				word += " " + task.State.String()
			}
			if width >= 5 && !strings.Contains(line, word) {
				t.Errorf("width %d: the row of a task that is %v is %q", width, task.State, line)
			}
		}
	}
}

// TestNarrowIsUseful checks what a small screen still shows of a task: its
// state, enough of its id to tell it, and one thing more.
func TestNarrowIsUseful(t *testing.T) {
	p := screen(40, 10)
	lines := plainLines(p)
	top := views.NewLayout(40, 10, false).RowsTop
	for _, want := range []string{"▸ running", "…s4t6q2", "1m12s"} {
		if !strings.Contains(lines[top], want) {
			t.Errorf("the first row is %q, without %q", lines[top], want)
		}
	}
}

// TestIDsAreWholeWherePossible checks that ids are not shortened on a screen
// that has room for them.
func TestIDsAreWholeWherePossible(t *testing.T) {
	p := screen(170, 30)
	lines, top := plainLines(p), views.NewLayout(170, 30, false).RowsTop
	for i, task := range p.Table.Rows {
		if !strings.Contains(lines[top+i], task.Request.ID) {
			t.Errorf("row %d is %q, without the id %q", i, lines[top+i], task.Request.ID)
		}
	}
}

// The id is shortened before the reason of a failure is, to a tail that tells the rows on
// the screen apart.
func TestReasonsHaveTheWidthOfTheIDs(t *testing.T) {
	p := screen(80, 24)
	p.Table.Tab, p.Tab = views.TabFailed, views.TabFailed
	text := strings.Join(plainLines(p), "\n")
	for _, want := range []string{"…y9k3m4  nano_banana_2", "CONTENT_BLOCKED  output was blocked by the safe", "WHY"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not on the screen:\n%s", want, text)
		}
	}
	same := *p.Table.Rows[0]
	same.Request.ID = "mmsu_02zzzzzzzzzzzzzzzz5p8r1s4t6q2"[:30] + "s4t6q2"
	first := same
	first.Request.ID = "mmsu_02zzzzzzzzzzzzzzzz5p8r1s4t6q2"[:29] + "as4t6q2"
	p.Table.Rows = []*poller.Task{&first, &same}
	lines := plainLines(p)
	top := p.frame().Layout.RowsTop
	if a, b := strings.Fields(lines[top])[0], strings.Fields(lines[top+1])[0]; a == b {
		t.Errorf("two tasks are both shown as %q", a)
	}
}

// A task that runs shows its time beside the usual one, with a bar where there is room.
func TestRunsAreMeasuredByTheUsual(t *testing.T) {
	for width, want := range map[int]string{120: "━━━━━━━━━ 1m12s/18s", 80: "1m12s/18s", 40: "1m12s/18s"} {
		p := screen(width, 24)
		p.Table.Info = make([]views.RowInfo, len(p.Table.Rows))
		p.Table.Info[0].Usual, p.Table.Info[0].Slow = 18*time.Second, true
		p.Table.Info[1].StartsIn = 40 * time.Second
		text := strings.Join(plainLines(p), "\n")
		if !strings.Contains(text, strings.TrimPrefix(want, "━")) || width == 120 && (!strings.Contains(text, "slow: 4 times the usual") || !strings.Contains(text, "starts in ~40s")) {
			t.Errorf("%q is not on the screen:\n%s", want, text)
		}
	}
}

// TestHits checks that the mouse hits what is drawn: a row's task and a tab.
func TestLabelsHaveAColumnWhereTheyAreAndFit(t *testing.T) {
	for _, c := range []struct {
		width   int
		labeled bool
		titles  []string
		without string
	}{
		{200, true, []string{"LABEL", "WAIT", "AGE"}, "nothing"},
		{200, false, []string{"WAIT", "AGE"}, "LABEL"},
		{120, true, []string{"LABEL", "RUN", "DETAIL"}, "nothing"},
		{80, true, []string{"RUN", "DETAIL"}, "LABEL"},
	} {
		p := screen(c.width, 24)
		p.Table.Labeled = c.labeled
		p.Table.Rows[0].Request.Label = "night 7"
		lines := plainLines(p)
		titles := lines[p.frame().Layout.ColumnsY]
		for _, title := range c.titles {
			if !strings.Contains(titles, title) {
				t.Errorf("%d cells, labels %v: no %s in %q", c.width, c.labeled, title, titles)
			}
		}
		if strings.Contains(titles, c.without) || strings.Contains(lines[p.frame().Layout.RowsTop], "night 7") != strings.Contains(titles, "LABEL") {
			t.Errorf("%d cells, labels %v:\n%s\n%s", c.width, c.labeled, titles, lines[p.frame().Layout.RowsTop])
		}
	}
}

func TestMatchesStandOut(t *testing.T) {
	p := screen(120, 24)
	plain := render(p)
	p.Table.Find = func(c views.Column, cell string) (from, to int) {
		if from = strings.Index(cell, "o_ba"); c != views.ColumnEndpoint || from < 0 {
			return len(cell), len(cell)
		}
		return from, from + 4
	}
	marked := render(p)
	if ansi.Strip(plain) != ansi.Strip(marked) {
		t.Errorf("the text is another:\n%s", ansi.Strip(marked))
	}
	got, want := strings.Count(marked, "\x1b[1;4m"), strings.Count(ansi.Strip(plain), "nano_banana")
	if got == 0 || got != want {
		t.Errorf("%d matches stand out, want %d:\n%q", got, want, marked)
	}
}

func TestHits(t *testing.T) {
	for _, size := range [][2]int{{12, 6}, {30, 9}, {40, 10}, {80, 24}, {120, 36}, {200, 50}} {
		p := screen(size[0], size[1])
		layout, lines := views.NewLayout(size[0], size[1], false), plainLines(p)
		for row, task := range p.Table.Rows {
			if line := lines[layout.RowsTop+row]; !strings.Contains(line, theme.Symbol(task.State)) {
				t.Errorf("%v: row %d is %q", size, row, line)
			}
		}
		hits := lipgloss.NewCompositor(views.TabLayers(layout, p.Counts, p.Tab)...)
		under := map[string]string{} // each cell is one code point on this line
		for x, r := range []rune(lines[layout.TabsY]) {
			if id := hits.Hit(x, layout.TabsY).ID(); id != "" {
				under[id] += string(r)
			}
			if id := hits.Hit(x, layout.TabsY+1).ID(); id != "" {
				t.Errorf("%v: a tab can be hit below its line", size)
			}
		}
		if len(under) == 0 {
			t.Errorf("%v: no tab can be hit", size)
		}
		for tab := range views.TabCount {
			if text, ok := under[tab.ID()]; ok && !strings.HasSuffix(text, " "+strconv.Itoa(tab.Count(p.Counts))+" ") {
				t.Errorf("%v: the cells of tab %q are %q", size, tab.Title(), text)
			}
		}
	}
}

// TestActiveTabIsThere checks that the active tab shows wherever it can.
func TestActiveTabIsThere(t *testing.T) {
	for width := 10; width <= 120; width++ {
		p := screen(width, 24)
		for active := range views.TabCount {
			layers := views.TabLayers(views.NewLayout(width, 24, false), p.Counts, active)
			if !slices.ContainsFunc(layers, func(l *lipgloss.Layer) bool { return l.GetID() == active.ID() }) {
				t.Errorf("width %d: the active tab %q is not there", width, active.Title())
			}
		}
	}
}

// TestFilterIsShownEverywhere checks that a filter in force is never out of
// sight, as the table would seem to have lost its tasks.
func TestFilterIsShownEverywhere(t *testing.T) {
	for width := 30; width <= 200; width++ {
		for _, height := range []int{6, 10, 24} {
			p := screen(width, height)
			p.FilterText = "wan"
			if got := ansi.Strip(render(p)); !strings.Contains(got, "/wan") {
				t.Errorf("%dx%d: the filter is not told:\n%s", width, height, got)
			}
		}
	}
}

// TestDialogShowsAll scrolls through a dialog that is longer than the screen:
// every line of it shows, and no scrolling goes past the end.
func TestDialogShowsAll(t *testing.T) {
	for _, size := range [][2]int{{10, 3}, {20, 6}, {40, 10}, {80, 24}, {200, 50}} {
		p := screen(size[0], size[1])
		p.Dialog = &views.Dialog{Title: "Keys", Hint: "esc close"}
		for i := range 70 {
			p.Dialog.Body = append(p.Dialog.Body, fmt.Sprintf("line%02d", i))
		}
		seen := map[string]bool{}
		for scroll := 0; scroll <= len(p.Dialog.Body)-views.DialogRows(size[1]); scroll++ {
			p.Dialog.Scroll = scroll
			text := strings.Join(plainLines(p), "\n")
			for _, line := range p.Dialog.Body[scroll : scroll+views.DialogRows(size[1])] {
				if !strings.Contains(text, line) {
					t.Fatalf("%v, scrolled to %d: %s is not there:\n%s", size, scroll, line, text)
				}
				seen[line] = true
			}
		}
		if len(seen) != len(p.Dialog.Body) {
			t.Errorf("%v: %d of %d lines showed", size, len(seen), len(p.Dialog.Body))
		}
	}
}

// TestColumnTitles checks that every order of the table has a name of its own.
func TestColumnTitles(t *testing.T) {
	seen := map[string]bool{}
	for c := range views.ColumnCount {
		title := views.ColumnTitle(c)
		if seen[title] || title == views.ColumnTitle(views.ColumnCount) {
			t.Errorf("column %d is called %q", c, title)
		}
		seen[title] = true
	}
}

func TestCostHasItsNounInTheRightNumber(t *testing.T) {
	for want, got := range map[string]string{
		"1 billable unit":   views.Cost(1, "billable units"),
		"1 credit":          views.Cost(1.00001, "credits"),
		"1.25 credits":      views.Cost(1.25, "credits"),
		"0 units":           views.Cost(0, "units"),
		"12 billable units": views.Cost(12, "billable units"),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
