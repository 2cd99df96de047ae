package views

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"polltop/poller"
	"polltop/poller/queue"
)

// TestSegments holds the progress bar to what it may say: never more than its
// width, nothing that is there unseen, and full only when all has ended.
func TestSegments(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.OneOf(rapid.IntRange(0, 3), rapid.IntRange(0, 1e5)), 3, 3).Draw(t, "parts")
		rest := rapid.OneOf(rapid.Just(0), rapid.IntRange(0, 1e5)).Draw(t, "rest")
		width := rapid.IntRange(minBar, 200).Draw(t, "width")
		sum := parts[0] + parts[1] + parts[2]
		cells, used := segments(parts, sum+rest, width), 0
		for i, n := range cells {
			used += n
			if n < 0 || (n == 0) != (parts[i] == 0) {
				t.Fatalf("%v of %d in %d cells are %v", parts, sum+rest, width, cells)
			}
		}
		if full := sum > 0 && rest == 0; used > width || (used == width) != full {
			t.Fatalf("%v of %d in %d cells are %v", parts, sum+rest, width, cells)
		}
	})
}

// TestThumb checks that a scrollbar's thumb touches the ends at the first and
// the last line only, and moves one way.
func TestThumb(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 60).Draw(t, "size")
		total := rapid.IntRange(0, 100000).Draw(t, "total")
		if total <= size {
			if from, to := thumb(0, size, total); from != to {
				t.Fatalf("all of %d lines show in %d, and the thumb is %d to %d", total, size, from, to)
			}
			return
		}
		first := rapid.IntRange(0, total-size).Draw(t, "first")
		from, to := thumb(first, size, total)
		if from < 0 || to > size || from >= to {
			t.Fatalf("line %d of %d in %d: the thumb is %d to %d", first, total, size, from, to)
		}
		if atEnd := first == total-size; atEnd && to != size || first == 0 && from != 0 {
			t.Fatalf("line %d of %d in %d: the thumb is %d to %d", first, total, size, from, to)
		}
		if first > 0 {
			if before, _ := thumb(first-1, size, total); before > from {
				t.Fatalf("line %d of %d in %d: the thumb goes back from %d to %d", first, total, size, before, from)
			}
		}
	})
}

func TestSparkline(t *testing.T) {
	tests := []struct {
		values []float64
		width  int
		want   string
	}{
		{nil, 5, ""},
		{[]float64{0, 0}, 5, "▁▁"},
		{[]float64{0, 1, 2, 7}, 5, "▁▂▃█"},
		{[]float64{9, 9, 0, 4}, 2, "▁█"},
		{[]float64{1, 2}, -1, ""},
		{[]float64{math.NaN(), 1}, 2, "▁▁"},
		{[]float64{math.Inf(1), -3}, 2, "▁▁"},
	}
	for _, tt := range tests {
		if got := sparkline(tt.values, tt.width); got != tt.want {
			t.Errorf("sparkline(%v, %d) is %q, want %q", tt.values, tt.width, got, tt.want)
		}
	}
}

// TestFit checks which pieces go when there is no room for all.
func TestFit(t *testing.T) {
	pieces := []piece{{text: "aaaa", priority: 2}, {text: "bb", priority: 1}, {text: "cc", priority: 1}, {text: "d", priority: 3}}
	tests := []struct {
		width int
		want  string
	}{
		{100, "aaaa bb cc d"}, {12, "aaaa bb cc d"}, {11, "aaaa bb d"}, {8, "aaaa d"}, {5, "d"}, {1, "d"}, {0, ""}, {-1, ""},
	}
	for _, tt := range tests {
		kept, used := fit(pieces, tt.width, 1)
		var texts []string
		for _, p := range kept {
			texts = append(texts, p.text)
		}
		if got := strings.Join(texts, " "); got != tt.want || used != len(tt.want) {
			t.Errorf("in %d cells: %q of width %d, want %q", tt.width, got, used, tt.want)
		}
	}
}

func TestTroubleText(t *testing.T) {
	const now = poller.Stamp(1_000_000)
	tests := []struct {
		fault    queue.Fault
		failures uint16
		next     poller.Stamp
		want     string
	}{
		{queue.Fault{Kind: queue.ServerError, HTTP: 502}, 3, now + 7001, "HTTP 502, 3 tries, again in 8s"},
		{queue.Fault{Kind: queue.TimedOut}, 1, now + 1000, "timed out, 1 try, again in 1s"},
		{queue.Fault{Kind: queue.Unreachable}, 2, now, "not reachable, 2 tries, again now"},
		{queue.Fault{Kind: queue.Unauthorized, HTTP: 401}, 1, 0, "HTTP 401 key refused, 1 try"},
		{queue.Fault{Kind: queue.Forbidden, HTTP: 403}, 0, 0, "HTTP 403 not allowed"},
		{queue.Fault{Kind: queue.RateLimited, HTTP: 429}, 1, now + 61_000, "HTTP 429 rate limit, 1 try, again in 1m01s"},
		{queue.Fault{Kind: queue.Missing, HTTP: 404}, 0, 0, "HTTP 404 not known"},
		{queue.Fault{Kind: queue.BadAnswer, HTTP: 200}, 0, 0, "unreadable answer"},
		{queue.Fault{Kind: queue.Refused, HTTP: 418}, 0, 0, "HTTP 418"},
		{queue.Fault{Kind: queue.Refused}, 0, 0, "address refused"},
	}
	for _, tt := range tests {
		task := &poller.Task{Trouble: &tt.fault, Failures: tt.failures, Next: tt.next}
		if got := troubleText(task, now, 80); got != tt.want {
			t.Errorf("%+v is told as %q, want %q", tt.fault, got, tt.want)
		}
	}
}

// In a narrow column no word is cut: what does not fit is left out.
func TestTroubleTextFitsTheWidth(t *testing.T) {
	const now = poller.Stamp(1_000_000)
	task := &poller.Task{Trouble: &queue.Fault{Kind: queue.RateLimited, HTTP: 429}, Failures: 2, Next: now + 7001}
	for width, want := range map[int]string{
		45: "HTTP 429 rate limit, 2 tries, again in 8s", 34: "HTTP 429 rate limit, again in 8s", 28: "HTTP 429 rate limit, in 8s",
		20: "HTTP 429 rate limit", 18: "HTTP 429, in 8s", 10: "HTTP 429", 3: "HTTP 429",
	} {
		if got := troubleText(task, now, width); got != want {
			t.Errorf("in %d cells: %q, want %q", width, got, want)
		}
	}
}

func TestApproximate(t *testing.T) {
	tests := []struct {
		d    time.Duration
		want string
	}{
		{0, "0s"}, {40 * time.Second, "40s"}, {61 * time.Second, "2m"}, {6 * time.Minute, "6m"},
		{59*time.Minute + time.Second, "60m"}, {2 * time.Hour, "2h00m"},
	}
	for _, tt := range tests {
		if got := approximate(tt.d); got != tt.want {
			t.Errorf("approximate(%v) is %q, want %q", tt.d, got, tt.want)
		}
	}
}

// FuzzIndentJSON checks that what is shown of an answer is the answer, and not much
// more of it than there was.
func FuzzIndentJSON(f *testing.F) {
	for _, seed := range []string{
		`{"status":"IN_QUEUE","logs":[{"a":1},[]],"b":"\"[[[{,"}`, `[]`, `not json`, `{"a":`, "",
		strings.Repeat("[", 5000) + strings.Repeat("]", 5000), strings.Repeat(`[{"a":[1,`, 40),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		got := indentJSON(string(raw))
		if most := (2*maxNesting + 8) * (len(raw) + 1); len(got) > most {
			t.Fatalf("%d bytes became %d", len(raw), len(got))
		}
		// Compared without white space: as values they would have to fit Go's.
		var want, have bytes.Buffer
		if json.Compact(&want, raw) != nil {
			if got != string(raw) {
				t.Fatalf("%q, which is no JSON, became %q", raw, got)
			}
			return
		}
		if err := json.Compact(&have, []byte(got)); err != nil {
			t.Fatalf("%q became %q: %v", raw, got, err)
		}
		if want.String() != have.String() {
			t.Fatalf("%s became %s", want.String(), have.String())
		}
	})
}

// FuzzStyled holds what a text field draws to its width, and to text and
// styles.
func FuzzStyled(f *testing.F) {
	for _, seed := range []string{
		" / wan26\x1b[7m \x1b[m", "\x1b[38;5;240mplaceholder\x1b[0m", "\x1b[", "\x1b[31", "\x1b]0;a\x1b[1mb\x07", "世\x1b[4m界", "\x1b[2J\x1b[1m",
	} {
		f.Add(seed, 10)
	}
	f.Fuzz(func(t *testing.T, text string, width int) {
		if width < 0 || width > 500 {
			return
		}
		line := drawLine(width, func(l *line) { l.styled("\x1b[0;1m", text) })
		if got := ansi.StringWidth(line); got != width {
			t.Fatalf("%q takes %d cells, want %d: %q", text, got, width, line)
		}
		for rest := line; rest != ""; {
			at := styleSequence.FindStringIndex(rest)
			if strings.ContainsFunc(rest[:at[0]], func(r rune) bool { return r < ' ' || (r >= 0x7f && r < 0xa0) }) {
				t.Fatalf("%q is drawn as %q", text, line)
			}
			rest = rest[at[1]:]
		}
	})
}

// TestScrollAt holds a click on a scrollbar to moving the thumb below it, and those on the
// ends to the first and the last line.
func TestScrollAt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(0, 60).Draw(t, "size")
		total := rapid.OneOf(rapid.IntRange(0, 80), rapid.IntRange(0, 1e6)).Draw(t, "total")
		y := rapid.IntRange(-2, 62).Draw(t, "y")
		first, ok := ScrollAt(y, size, total)
		if want := y >= 0 && y < size && total > size; ok != want {
			t.Fatalf("there is a thumb: %v", ok)
		}
		if !ok {
			return
		}
		if first < 0 || first > total-size {
			t.Fatalf("it scrolls to %d", first)
		}
		if from, to := thumb(first, size, total); y < from || y >= to {
			t.Errorf("the thumb goes to %d up to %d", from, to)
		}
		if y == 0 && first != 0 || y == size-1 && size > 1 && first != total-size {
			t.Errorf("an end scrolls to %d", first)
		}
	})
}
