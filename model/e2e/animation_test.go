//go:build unix

package e2e

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// frameSeconds is how long an animated picture shows each frame: a reader has
// the time to find what has changed, and 14 frames are over in 20 s.
const frameSeconds = 1.4

// animationBytes is what the README's animated picture may weigh.
const animationBytes = 1 << 20

// TestPicturesAnimation makes the README's animated picture from the real
// program, as TestPictures makes the others.
func TestPicturesAnimation(t *testing.T) {
	if os.Getenv("UPDATE_PICTURES") == "" {
		t.Skip("LOUD: this makes the README's animated picture, which is not made anew on every run; UPDATE_PICTURES=1 does")
	}
	term := start(t, options{width: 100, height: 28}, "demo", "--speed", "4", "--tasks", "120")
	var film animation
	for _, percent := range []int{1, 6, 12, 18, 24} {
		term.waitPercent(percent)
		film.take(term)
	}
	term.waitText("esc close")
	term.keys(esc)
	term.waitFor("the first failure's pane closed", func(screen string) bool { return !strings.Contains(screen, "esc close") })
	term.keys("g")
	term.waitText("its tasks")
	film.take(term)
	term.keys(enter)
	term.waitText("group:")
	film.take(term)
	term.keys(esc)
	term.waitText("its tasks")
	term.keys(esc)
	term.waitText("STATUS")
	for _, percent := range []int{40, 52, 64} {
		term.waitPercent(percent)
		film.take(term)
	}
	term.keys("t")
	term.waitText("P95")
	film.take(term)
	term.keys("t")
	term.waitText("STATUS")
	for _, percent := range []int{76, 88, 100} {
		term.waitPercent(percent)
		film.take(term)
	}
	writePicture(t, "demo", film.svg(2))
}

var shownPercent = regexp.MustCompile(`(\d+) %`)

// waitPercent waits until the batch's share of ended tasks is at least percent;
// a batch that has ended shows what came of it in place of its share.
func (term *terminal) waitPercent(percent int) {
	term.t.Helper()
	term.waitFor(fmt.Sprintf("%d %% of the batch", percent), func(screen string) bool {
		m := shownPercent.FindStringSubmatch(screen)
		if m == nil {
			return strings.Contains(screen, "of model time")
		}
		n, err := strconv.Atoi(m[1])
		return err == nil && n >= percent
	})
}

// animation is the frames of an animated picture. A line that several frames
// show is kept once.
type animation struct {
	width, height int
	lines         []string       // distinct ones, each drawn as the topmost
	number        map[string]int // of a line in lines
	frames        [][]int        // the numbers of each frame's lines
}

// take adds what the terminal shows as a frame.
func (a *animation) take(term *terminal) {
	a.width, a.height = term.screen.Width(), term.screen.Height()
	if a.number == nil {
		a.number = map[string]int{}
	}
	frame := make([]int, a.height)
	for y := range frame {
		var b strings.Builder
		term.drawLine(&b, y, 0)
		n, ok := a.number[b.String()]
		if !ok {
			n = len(a.lines)
			a.number[b.String()] = n
			a.lines = append(a.lines, b.String())
		}
		frame[y] = n
	}
	a.frames = append(a.frames, frame)
}

// svg returns the picture. CSS shows the frames in turn; where nothing moves,
// or the reader asks for no motion, the frame numbered still stands alone.
func (a *animation) svg(still int) string {
	var b strings.Builder
	b.WriteString(svgHead(a.width, a.height))
	count := len(a.frames)
	fmt.Fprintf(&b, "<style>.f{visibility:hidden;animation:f %.1fs steps(1) infinite}.still{visibility:visible}"+
		"@keyframes f{0%%{visibility:visible}%.4f%%,100%%{visibility:hidden}}"+
		"@media (prefers-reduced-motion:reduce){.f{animation:none}}</style>\n",
		frameSeconds*float64(count), 100/float64(count))
	b.WriteString("<defs>\n")
	for n, line := range a.lines {
		if line != "" {
			fmt.Fprintf(&b, "<g id=\"l%d\">%s</g>\n", n, line)
		}
	}
	b.WriteString("</defs>\n")
	for i, frame := range a.frames {
		class := "f"
		if i == still {
			class = "f still"
		}
		// All delays are negative: every frame is in its place from the start.
		fmt.Fprintf(&b, `<g class="%s" style="animation-delay:%.1fs">`, class, frameSeconds*float64(i-count))
		for y, n := range frame {
			if a.lines[n] != "" {
				fmt.Fprintf(&b, `<use href="#l%d" y="%.0f"/>`, n, float64(y)*cellHeight)
			}
		}
		b.WriteString("</g>\n")
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func TestAnimationIsSmallAndNeedsNoScript(t *testing.T) {
	svg, err := os.ReadFile("../../.docs/demo.svg")
	if err != nil {
		t.Fatal(err)
	}
	if len(svg) >= animationBytes {
		t.Errorf("%d bytes, want less than %d", len(svg), animationBytes)
	}
	for _, want := range []string{"@keyframes", "prefers-reduced-motion", "f still"} {
		if !strings.Contains(string(svg), want) {
			t.Errorf("no %q in the picture", want)
		}
	}
	if n := strings.Count(string(svg), `<g class="f`); n < 12 {
		t.Errorf("%d frames, want 12 or more", n)
	}
	for _, bad := range []string{"<script", "<animate", "http-equiv", "onload"} {
		if strings.Contains(string(svg), bad) {
			t.Errorf("%q in the picture", bad)
		}
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if first := regexp.MustCompile(`!\[[^]]*\]\(([^)]*)\)`).FindSubmatch(readme); first == nil || string(first[1]) != ".docs/demo.svg" {
		t.Errorf("the README's first picture is %q", first)
	}
}
