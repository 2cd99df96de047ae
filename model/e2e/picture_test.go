//go:build unix

package e2e

import (
	"fmt"
	"html"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"

	uv "github.com/charmbracelet/ultraviolet"
)

// TestPictures makes the README's pictures from the real program. It is run by
// hand, with UPDATE_PICTURES=1, when the look has changed.
func TestPictures(t *testing.T) {
	if os.Getenv("UPDATE_PICTURES") == "" {
		t.Skip("LOUD: this makes the README's pictures, which are not made anew on every run; UPDATE_PICTURES=1 does")
	}
	term := start(t, options{width: 160, height: 36}, "demo", "--speed", "4", "--tasks", "200")
	term.waitFor("half of the batch", func(screen string) bool { return strings.Contains(screen, "canceled 1") })
	term.picture("dashboard")
	term.waitText("all ended after")
	term.keys(esc)
	term.waitFor("the pane closed", func(screen string) bool { return !strings.Contains(screen, "Timeline") })
	term.keys("g")
	term.waitText("show these")
	term.picture("groups")
	term.keys("t")
	term.waitText("P95")
	term.picture("stats")
}

// The size of a cell in the picture.
const cellWidth, cellHeight = 8.4, 18.0

// picture writes the screen as an SVG: every run of like cells has its place, so
// that the columns stand whatever font the reader has.
func (term *terminal) picture(name string) {
	term.t.Helper()
	width, height := term.screen.Width(), term.screen.Height()
	var b strings.Builder
	w, h := float64(width)*cellWidth+20, float64(height)*cellHeight+16
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f" font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="14" xml:space="preserve"><rect width="100%%" height="100%%" rx="8" fill="#12151c"/>`+"\n", w, h, w, h)
	for y := range height {
		for x := 0; x < width; {
			cell := term.screen.CellAt(x, y)
			end := x + max(cell.Width, 1)
			text := cell.Content
			for end < width {
				next := term.screen.CellAt(end, y)
				if !next.Style.Equal(&cell.Style) || next.Width != 1 {
					break
				}
				text += next.Content
				end++
			}
			drawRun(&b, x, y, end-x, text, cell.Style)
			x = end
		}
	}
	b.WriteString("</svg>\n")
	path := filepath.Join("..", "..", ".docs", name+".svg")
	if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
		term.t.Fatal(err)
	}
}

func drawRun(b *strings.Builder, x, y, cells int, text string, style uv.Style) {
	fore, back := hex(style.Fg, "#d5d9e0"), hex(style.Bg, "")
	if style.Attrs&uv.AttrReverse != 0 {
		fore, back = "#12151c", hex(style.Fg, "#d5d9e0")
	}
	left, top := 10+float64(x)*cellWidth, 8+float64(y)*cellHeight
	if back != "" {
		fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>`, left, top, float64(cells)*cellWidth, cellHeight, back)
	}
	if strings.TrimSpace(text) == "" {
		return
	}
	weight := ""
	if style.Attrs&uv.AttrBold != 0 {
		weight = ` font-weight="bold"`
	}
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f" textLength="%.1f" fill="%s"%s>%s</text>`+"\n",
		left, top+13.5, float64(cells)*cellWidth, fore, weight, html.EscapeString(text))
}

func hex(c color.Color, otherwise string) string {
	if c == nil {
		return otherwise
	}
	r, g, bl, _ := c.RGBA()
	return fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, bl>>8)
}
