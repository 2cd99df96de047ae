//go:build unix

package e2e

import (
	"regexp"
	"strings"
	"testing"

	"polltop/poller/queue"
	"polltop/poller/simulator"
	"polltop/poller/simulator/faulty"
	"polltop/views"
)

// The screen on which outside text is looked at.
const hostileWidth, hostileHeight = 120, 40

// Whatever a service tells, in whatever odd form, stays in the cells that the
// layout gave to text: the screen around it is cell for cell that of a service
// which tells the same in plain words.
func TestHostileTextStaysInItsCells(t *testing.T) {
	t.Parallel()
	hostile := screensOfAll(t, faulty.HostileError())
	plain := screensOfAll(t, strings.Repeat("the model failed with plain words ", 300))
	if len(hostile) != len(plain) || len(plain) < len(faulty.OddAnswers()) {
		t.Fatalf("%d screens with hostile text, %d with plain one", len(hostile), len(plain))
	}
	for id, want := range plain {
		got := hostile[id]
		if len(got) != len(want) {
			t.Errorf("%s: no screen with hostile text", id)
			continue
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%s: part %d of the screen around the text is\n%q, and around plain text\n%q", id, i, got[i], want[i])
			}
		}
	}
}

// screensOfAll runs polltop with tasks that tell a text in every place that the
// protocol has for one, opens the pane on each, and returns what is around the
// text, by the request id. Those are the same on every run.
func screensOfAll(t *testing.T, text string) map[string][]string {
	t.Helper()
	s := serve(t, faulty.Config{Seed: 5})
	failed := simulator.Outcome{ErrorType: queue.ErrorInference, Message: text}
	ids := []string{
		s.Submit("wan26_i2v", simulator.Plan{Outcome: failed}),
		s.Submit("wan26_i2v", simulator.Plan{Outcome: simulator.Outcome{ErrorType: text}}),
		s.Submit("wan26_i2v", simulator.Plan{Prompt: text, FileNames: []string{text[:200]}}),
	}
	for _, kind := range faulty.OddAnswers() {
		if kind == faulty.HostileText {
			kind = faulty.DuplicateKeys // its text is not ours to choose: it is the first task's
		}
		ids = append(ids, s.Submit("wan26_i2v", simulator.Plan{Outcome: failed, Faults: []simulator.Fault{{Kind: kind}}}))
	}
	term := start(t, options{width: hostileWidth, height: hostileHeight, env: s.env()}, ids...)
	term.waitText("idle", "INFERENCE_FAILURE")
	term.keys(esc) // the first failure opened the pane
	term.waitFor("the pane closed", func(screen string) bool { return !strings.Contains(screen, "esc close") })
	term.keys("s") // the order of addition is the same each time
	term.waitText("sorted by time added")
	term.waitFor("the notice gone", func(screen string) bool { return !strings.Contains(screen, "sorted by") })
	term.keys("\x1b[H", enter)
	l := views.NewLayout(hostileWidth, hostileHeight, true)
	found := map[string][]string{}
	for range ids {
		var id string
		var around []string
		term.waitFor("another task in the pane", func(string) bool {
			id = idInTitle.FindString(term.cells(l.Detail.Y, 0, hostileWidth))
			around = term.around(l)
			return id != "" && found[id] == nil && strings.Contains(term.cursorRow(l), id[len(id)-6:])
		})
		found[id] = around
		term.keys("j")
	}
	term.wantNothingButOwn()
	return found
}

// Every kind of trouble leaves the screen's frame where the layout puts it.
func TestEveryFaultKeepsTheFrame(t *testing.T) {
	t.Parallel()
	l := views.NewLayout(hostileWidth, hostileHeight, true)
	for _, kind := range faulty.Kinds() {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			s := serve(t, faulty.Config{Seed: 5})
			plan := forever
			plan.Faults = []simulator.Fault{{Kind: kind, URL: "http://127.0.0.1:1/"}}
			id := s.Submit("wan26_i2v", plan)
			term := start(t, options{width: hostileWidth, height: hostileHeight, env: s.env()}, id)
			screen := term.waitFor("what came of the poll", saysWhatCame.MatchString)
			if !strings.Contains(screen, "esc close") { // an end opens the pane by itself
				term.keys(enter)
			}
			screen = term.waitText("esc close")
			around := term.around(l)
			for part, want := range map[int]string{
				l.HeaderY:  "polltop HOST ",
				l.TabsY:    " all 1  queued ",
				l.ColumnsY: "   STATUS         REQUEST ID ",
				l.RowsTop:  id[len(id)-8:] + "  wan26_i2v", // a long reason takes room from the id
				l.Detail.Y: " " + id,
				l.FooterY:  " esc close  ",
			} {
				if !strings.Contains(around[part], want) {
					t.Errorf("line %d is %q, want %q in it\n%s", part, around[part], want, screen)
				}
			}
			for y := l.Detail.Y + 1; y < l.Detail.Y+l.Detail.H; y++ {
				edges := "|│| |│"
				if y == l.Detail.Y+l.Detail.H-1 {
					edges = "|╰|─|╯"
				}
				if around[y] != edges {
					t.Errorf("the edges of line %d are %q\n%s", y, around[y], screen)
				}
			}
			t.Logf("it says %q", saysWhatCame.FindString(screen))
			term.wantNothingButOwn()
		})
	}
}

var (
	idInTitle    = regexp.MustCompile(`mmsu_[0-9a-z]+`)
	saysWhatCame = regexp.MustCompile(`without an answer|is not known t|has no status|\d (?:try|tries)|not asked again|again (?:in|now)|next try|trying|▸ running|· queued|✓ done|✗ failed|waiting|offline|unauthorized|not allowed`)
	hostInHeader = regexp.MustCompile(`127\.0\.0\.1:\d+`)
	elapsed      = regexp.MustCompile(`after \S+`)
	place        = regexp.MustCompile(`\d+–\d+ of \d+`)
)

// cells returns what is in the cells of a line, from one up to another.
func (term *terminal) cells(y, from, to int) string {
	var b strings.Builder
	for x := from; x < to; {
		cell := term.screen.CellAt(x, y)
		if cell == nil || cell.Content == "" {
			b.WriteByte(' ')
			x++
			continue
		}
		b.WriteString(cell.Content)
		x += max(cell.Width, 1)
	}
	return b.String()
}

// cursorRow returns the line of the table that the cursor is on.
func (term *terminal) cursorRow(l views.Layout) string {
	for y := l.RowsTop; y < l.RowsTop+l.Rows; y++ {
		if line := term.cells(y, 0, hostileWidth); strings.HasPrefix(line, " ▌") {
			return line
		}
	}
	return ""
}

// around returns all of the screen that is not outside text, line for line: the
// rows up to the column with the error, of the pane only its edges. What differs
// from run to run by itself has a word in its place.
func (term *terminal) around(l views.Layout) []string {
	detail := strings.Index(term.cells(l.ColumnsY, 0, hostileWidth), "DETAIL")
	lines := make([]string, hostileHeight)
	for y := range lines {
		switch {
		case y == l.HeaderY:
			line := hostInHeader.ReplaceAllString(term.cells(y, 0, hostileWidth), "HOST")
			lines[y] = strings.Join(strings.Fields(elapsed.ReplaceAllString(line, "after TIME")), " ")
		case y == l.NoticeY:
			// A notice goes by itself.
			lines[y] = term.cells(y, hostileWidth-12, hostileWidth)
		case y >= l.RowsTop && y < l.RowsTop+l.Rows:
			lines[y] = age.ReplaceAllString(term.cells(y, 0, max(detail, 0)), " AGO")
		case y == l.Detail.Y:
			// How many lines the pane has is as the text is long.
			lines[y] = strings.TrimRight(place.ReplaceAllString(term.cells(y, 0, hostileWidth), ""), " ─")
		case y > l.Detail.Y && y < l.Detail.Y+l.Detail.H:
			// The bar is as long as the text is short.
			lines[y] = "|" + term.cells(y, 0, 1) + "|" + term.cells(y, hostileWidth-2, hostileWidth-1) + "|" +
				strings.ReplaceAll(term.cells(y, hostileWidth-1, hostileWidth), "┃", "│")
		default:
			lines[y] = term.cells(y, 0, hostileWidth)
		}
	}
	return lines
}

// age is how long ago a task ended, which the two runs reach at different times.
var age = regexp.MustCompile(` *\d+[smh] ago`)

// The sequences that polltop writes by itself and that do more than draw.
var (
	osc     = regexp.MustCompile(`\x1b\](\d*)([^\x07\x1b]*)`)
	leaving = regexp.MustCompile(`\x1b\[\?(?:1049l|25h)`)
)

// wantNothingButOwn checks that nothing of the outside text reached the
// terminal as a sequence: no title, clipboard, link, picture or mode but
// polltop's own.
func (term *terminal) wantNothingButOwn() {
	term.t.Helper()
	term.mu.Lock()
	raw := term.raw.String()
	term.mu.Unlock()
	for _, found := range osc.FindAllStringSubmatch(raw, -1) {
		switch number, text := found[1], found[2]; {
		case number == "0" || number == "2": // the title
			if strings.Contains(text, "succeeded") || !strings.Contains(text, "polltop") && text != ";" {
				term.t.Errorf("the title was set to %q", text)
			}
		case number == "52" || number == "8":
			term.t.Errorf("the clipboard or a link was set: %q", found[0])
		}
	}
	for _, r := range raw {
		if r >= 0x80 && r <= 0x9f || r == '\u202e' || r == '\u2066' || r == '\u2067' || r == '\u200f' || r == '\u061c' {
			term.t.Fatalf("%U reached the terminal", r)
		}
	}
	if leaving.MatchString(raw) && !term.over {
		term.t.Errorf("the alternate screen was left or the cursor shown: %q", leaving.FindString(raw))
	}
	if term.screen.Width() != hostileWidth || term.screen.Height() != hostileHeight {
		term.t.Errorf("the terminal is %dx%d", term.screen.Width(), term.screen.Height())
	}
}
