//go:build unix

package e2e

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"image/color"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	uv "github.com/charmbracelet/ultraviolet"
)

// TestPictures makes the README's pictures from the real program. It is run by
// hand, with UPDATE_PICTURES=1, when the look has changed.
func TestPictures(t *testing.T) {
	if os.Getenv("UPDATE_PICTURES") == "" {
		t.Skip("LOUD: this makes the README's pictures, which are not made anew on every run; UPDATE_PICTURES=1 does")
	}
	term := start(t, options{width: 160, height: 36}, "demo", "--speed", "4", "--tasks", "200")
	term.waitFor("a fifth of the batch", regexp.MustCompile(`\b[12]\d %`).MatchString)
	term.picture("dashboard")
	term.waitText("of model time")
	term.keys(esc)
	term.waitFor("the pane closed", func(screen string) bool { return !strings.Contains(screen, "Timeline") })
	term.keys("g")
	term.waitText("its tasks")
	term.picture("groups")
	term.keys("t")
	term.waitText("P95")
	term.picture("stats")
}

// TestPicturesNeedNoSpacesKept holds what makes the pictures right in every
// browser: spaces at the ends of a run of text and repeated ones collapse, now
// that xml:space is not honoured any more, and textLength then stretches what is
// left over the width of all.
func TestPicturesNeedNoSpacesKept(t *testing.T) {
	paths, err := filepath.Glob("../../.docs/*.svg")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no pictures: %v", err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, problem := range spacesKept(text) {
			t.Errorf("%s: %s", filepath.Base(path), problem)
		}
	}
}

// spacesKept returns what in an SVG is right only where spaces are kept as they
// are.
func spacesKept(svg []byte) []string {
	var problems []string
	var inside xml.StartElement
	decoder := xml.NewDecoder(bytes.NewReader(svg))
	for {
		token, err := decoder.Token()
		switch {
		case errors.Is(err, io.EOF):
			return problems
		case err != nil:
			return append(problems, err.Error())
		}
		switch token := token.(type) {
		case xml.StartElement:
			inside = token.Copy()
			for _, attribute := range token.Attr {
				if attribute.Name.Local == "space" {
					problems = append(problems, "xml:space in <"+token.Name.Local+">")
				}
			}
		case xml.EndElement:
			inside = xml.StartElement{}
		case xml.CharData:
			if text := string(token); inside.Name.Local == "text" && strings.Join(strings.Fields(text), " ") != text {
				problems = append(problems, fmt.Sprintf("a run of text with spaces that collapse: %q", text))
			}
		}
	}
}

func TestSpacesKept(t *testing.T) {
	for svg, want := range map[string]int{
		`<svg><text textLength="9">a b</text> <text>c</text></svg>`: 0,
		`<svg xml:space="preserve"><text>a b</text></svg>`:          1,
		`<svg><text textLength="9">a </text><text> b</text></svg>`:  2,
		`<svg><text textLength="9">a  b</text></svg>`:               1,
		`<svg><text textLength="9">a`:                               1,
	} {
		if got := spacesKept([]byte(svg)); len(got) != want {
			t.Errorf("%s: %q, want %d problems", svg, got, want)
		}
	}
}

// The size of a cell in the picture.
const cellWidth, cellHeight = 8.4, 18.0

// svgHead opens a picture of a screen of a size in cells.
func svgHead(width, height int) string {
	w, h := float64(width)*cellWidth+20, float64(height)*cellHeight+16
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f" font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="14" shape-rendering="crispEdges"><rect width="100%%" height="100%%" rx="8" fill="#12151c"/>`+"\n", w, h, w, h)
}

// picture writes the screen as an SVG. Each word has its own place, so that the
// columns stand whatever font the reader has.
func (term *terminal) picture(name string) {
	term.t.Helper()
	var b strings.Builder
	b.WriteString(svgHead(term.screen.Width(), term.screen.Height()))
	for y := range term.screen.Height() {
		term.drawLine(&b, y, y)
	}
	b.WriteString("</svg>\n")
	writePicture(term.t, name, b.String())
}

func writePicture(t *testing.T, name, svg string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join("..", "..", ".docs", name+".svg"), []byte(svg), 0o644); err != nil {
		t.Fatal(err)
	}
}

// drawLine writes line y of the screen as line at of a picture.
func (term *terminal) drawLine(b *strings.Builder, y, at int) {
	for x := 0; x < term.screen.Width(); {
		r := cellRun{x: x, y: at, style: term.screen.CellAt(x, y).Style}
		for x < term.screen.Width() {
			cell := term.screen.CellAt(x, y)
			if !cell.Style.Equal(&r.style) {
				break
			}
			r.cells = append(r.cells, cell.Content)
			// The cells that a wide character covers are empty.
			r.cells = append(r.cells, make([]string, max(cell.Width, 1)-1)...)
			x += max(cell.Width, 1)
		}
		r.draw(b)
	}
}

// cellRun is a run of cells of one style.
type cellRun struct {
	x, y  int // of its first cell
	cells []string
	style uv.Style
}

// draw writes the run's background and its words.
func (r cellRun) draw(b *strings.Builder) {
	fore, back := hex(r.style.Fg, "#d5d9e0"), hex(r.style.Bg, "")
	if r.style.Attrs&uv.AttrReverse != 0 {
		fore, back = "#12151c", hex(r.style.Fg, "#d5d9e0")
	}
	left, top := 10+float64(r.x)*cellWidth, 8+float64(r.y)*cellHeight
	if back != "" {
		fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>`, left, top, float64(len(r.cells))*cellWidth, cellHeight, back)
	}
	weight := ""
	if r.style.Attrs&uv.AttrBold != 0 {
		weight = ` font-weight="bold"`
	}
	for first := 0; first < len(r.cells); {
		if w, h := block(r.cells[first]); w > 0 {
			fmt.Fprintf(b, `<rect x="%.1f" y="%.2f" width="%.2f" height="%.2f" fill="%s"/>`+"\n",
				left+float64(first)*cellWidth, top+(1-h)*cellHeight, w*cellWidth, h*cellHeight, fore)
			first++
			continue
		}
		end := first
		for end < len(r.cells) && r.cells[end] != " " && !isBlock(r.cells[end]) {
			end++
		}
		if text := strings.Join(r.cells[first:end], ""); text != "" {
			fmt.Fprintf(b, `<text x="%.1f" y="%.1f" textLength="%.1f" fill="%s"%s>%s</text>`+"\n",
				left+float64(first)*cellWidth, top+13.5, float64(end-first)*cellWidth, fore, weight, html.EscapeString(text))
		}
		first = max(end, first+1)
	}
}

// isBlock reports whether a cell holds a block that is drawn as a rectangle:
// fonts leave gaps between them.
func isBlock(cell string) bool { w, _ := block(cell); return w > 0 }

// block returns the size of a block that stands on the lower left corner of a
// cell, as shares of the cell's; 0 for any other text.
func block(cell string) (width, height float64) {
	switch c, size := utf8.DecodeRuneInString(cell); {
	case size != len(cell):
	case c >= '▁' && c <= '█':
		return 1, float64(c-'▁'+1) / 8
	case c > '█' && c <= '▏':
		return float64('▏'-c+1) / 8, 1
	}
	return 0, 0
}

func hex(c color.Color, otherwise string) string {
	if c == nil {
		return otherwise
	}
	r, g, bl, _ := c.RGBA()
	return fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, bl>>8)
}
