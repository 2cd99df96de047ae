package views

import (
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"polltop/poller"
	"polltop/poller/download"
	"polltop/views/theme"
)

func TestNumbers(t *testing.T) {
	tests := []struct{ got, want string }{
		{percent(0), "0%"}, {percent(0.0001), "1%"}, {percent(0.5), "50%"}, {percent(0.9999), "99%"}, {percent(1), "100%"}, {percent(math.NaN()), "0%"},
		{compactCount(7), "7"}, {compactCount(999_999), "999999"}, {compactCount(1_200_000), "1M"}, {compactCount(-5), "-5"},
		{oneDecimal(5.2), "5.2"}, {oneDecimal(5), "5"}, {oneDecimal(math.Inf(1)), "–"}, {oneDecimal(math.NaN()), "–"},
		{withCommas(18233), "18,233"}, {withCommas(math.MaxUint64), "9,223,372,036,854,775,807"},
		{bytesText(-1), "0 B"}, {bytesText(8_412_345), "8.4 MB"},
		{lengthText(0), ""}, {lengthText(-3), ""}, {lengthText(5.25), "5.2 s"}, {lengthText(75), "1m15s"}, {lengthText(math.NaN()), ""}, {lengthText(1e300), ""},
		{dimensions(1280, 720), "1280×720"}, {dimensions(1280, 0), ""},
		{durationOrDash(0), "–"}, {durationOrDash(400 * time.Millisecond), "0.4s"}, {durationOrDash(72 * time.Second), "1m12s"},
		{binLabel(Bin{0, 2500 * time.Millisecond, 1}), "0s – 2.5s"}, {binLabel(Bin{40 * time.Second, 80 * time.Second, 1}), "40s – 1m20s"},
		{failShare(EndpointStats{Live: 3}), "–"}, {failShare(EndpointStats{Succeeded: 3, Failed: 1, Canceled: 4}), "25%"},
	}
	for i, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("number %d is %q, want %q", i, tt.got, tt.want)
		}
	}
}

// FuzzTruncateBytes checks that the start of a text is its start, whole characters
// only, and as much of it as may be.
func FuzzTruncateBytes(f *testing.F) {
	for _, seed := range []string{"", "abc", "a€b", "世界", "\xff\xfe\xfd\xfc\xfb", "👩‍👩‍👧"} {
		f.Add(seed, 2)
	}
	f.Fuzz(func(t *testing.T, text string, most int) {
		start, left := TruncateBytes(text, most)
		if !strings.HasPrefix(text, start) || len(start)+left != len(text) || (len(start) > most && most >= 0) {
			t.Fatalf("%q to %d bytes is %q and %d more", text, most, start, left)
		}
		if utf8.ValidString(text) && (!utf8.ValidString(start) || left > 0 && most >= 0 && len(start) < most-3) {
			t.Fatalf("%q to %d bytes is %q", text, most, start)
		}
	})
}

// TestBar holds a bar to what it may say: never more than its width, something
// for something, and nothing for nothing.
func TestBar(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(1, 100).Draw(t, "width")
		a, b := rapid.Float64Range(-1, 2).Draw(t, "a"), rapid.Float64Range(-1, 2).Draw(t, "b")
		got := ansi.StringWidth(bar(a, width))
		if got > width || (got == 0) != (a <= 0) || a >= 1 && bar(a, width) != strings.Repeat("█", width) {
			t.Fatalf("%v of %d cells is %q", a, width, bar(a, width))
		}
		if a <= b && got > ansi.StringWidth(bar(b, width)) {
			t.Fatalf("%v of %d cells is %q, and %v %q", a, width, bar(a, width), b, bar(b, width))
		}
	})
}

// TestChartColumns checks that a chart's columns are as high as their values,
// to an eighth of a cell, and that none that is not nothing is unseen.
func TestChartColumns(t *testing.T) {
	const blocks = " ▁▂▃▄▅▆▇█"
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(0, 100)), 1, 30).Draw(t, "values")
		height := rapid.IntRange(1, 8).Draw(t, "height")
		highest := 0.0
		for _, v := range values {
			highest = max(highest, v)
		}
		heights := make([]int, len(values)) // in eighths
		for level := range height {
			for i, cell := range []rune(chartLine(values, highest, height, level, 1)) {
				eighths := strings.Index(blocks, string(cell))
				heights[i] += utf8.RuneCountInString(blocks[:eighths])
			}
		}
		for i, v := range values {
			if v == 0 {
				if heights[i] != 0 {
					t.Fatalf("nothing is %d eighths high", heights[i])
				}
				continue
			}
			want := v / highest * float64(height*8)
			if heights[i] < 1 || math.Abs(float64(heights[i])-want) > 1 {
				t.Fatalf("%v of %v in %d lines is %d eighths high, want %.1f", v, highest, height, heights[i], want)
			}
		}
	})
}

// TestMinutesChart checks that a chart with less room shows the latest minutes.
func TestMinutesChart(t *testing.T) {
	styles := &theme.Styles{}
	values := make([]float64, 60)
	values[0], values[59] = 9, 3
	narrow := minutesChart(values, axisWidth+20, 1, "", styles)
	if got := strings.TrimSpace(ansi.Strip(narrow[0])); got != "3 │"+strings.Repeat(" ", 19)+"█" {
		t.Errorf("in 20 columns: %q", got)
	}
	if got := ansi.Strip(narrow[1]); !strings.Contains(got, "20m ago") || !strings.HasSuffix(got, "now") {
		t.Errorf("the axis is %q", got)
	}
	wide := minutesChart(values, axisWidth+130, 1, "", styles)
	if got := ansi.Strip(wide[0]); !strings.Contains(got, "9 │██") {
		t.Errorf("in 130 columns: %q", got)
	}
}

func TestWrapAtMost(t *testing.T) {
	tests := []struct {
		text        string
		width, most int
		want        string
	}{
		{"one two three four", 8, 2, "one two|three f…"},
		{"one two", 8, 2, "one two"},
		{"one two three", 8, 1, "one two…"},
		{"a\nb\nc", 8, 2, "a|b c"},
		{"anything", 8, 0, ""},
		{"", 8, 2, ""},
	}
	for _, tt := range tests {
		if got := strings.Join(wrapAtMost(tt.text, tt.width, tt.most), "|"); got != tt.want {
			t.Errorf("wrapAtMost(%q, %d, %d) is %q, want %q", tt.text, tt.width, tt.most, got, tt.want)
		}
	}
}

func TestShortClock(t *testing.T) {
	at := func(text string) poller.Stamp {
		moment, err := time.ParseInLocation(time.DateTime, text, time.Local)
		if err != nil {
			t.Fatal(err)
		}
		return poller.StampOf(moment)
	}
	now := at("2026-03-02 14:05:00")
	for text, want := range map[string]string{
		"2026-03-02 01:02:03": "01:02:03", "2026-03-01 23:59:59": "Mar 01", "2025-03-02 14:05:00": "2025-03",
	} {
		if got := shortClock(at(text), now); got != want {
			t.Errorf("%s is %q, want %q", text, got, want)
		}
	}
	if got := shortClock(0, now); got != "" {
		t.Errorf("never is %q", got)
	}
}

// TestTransferShare checks how much of the downloads is said to be done.
func TestTransferShare(t *testing.T) {
	of := func(files, done, failed int, bytes, total int64) transfers {
		p := &download.Progress{Files: make([]download.File, files), Bytes: bytes, Total: total}
		p.Counts[download.Done], p.Counts[download.Failed] = done, failed
		return transfers{p}
	}
	tests := []struct {
		transfers transfers
		share     float64
		running   bool
		bytes     string
	}{
		{of(12, 3, 0, 41_000_000, 82_000_000), 0.5, true, "41 MB of 82 MB"},
		{of(4, 2, 1, 41_000_000, -1), 0.75, true, "41 MB"},
		{of(4, 4, 0, 9, 8), 1, false, "9 B"},
		{of(0, 0, 0, 0, 0), 0, false, "0 B"},
	}
	for _, tt := range tests {
		x := tt.transfers
		if x.share() != tt.share || x.running() != tt.running || x.bytes() != tt.bytes {
			t.Errorf("%+v: share %v, running %t, %q", *x.Progress, x.share(), x.running(), x.bytes())
		}
	}
	if (transfers{}).running() {
		t.Error("no downloads run")
	}
}
