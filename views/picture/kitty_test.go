package picture

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/png"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/colorprofile"
	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/ansi/kitty"
	"pgregory.net/rapid"
)

var graphics = regexp.MustCompile(`\x1b_G([^;\x1b]*);?([^\x1b]*)\x1b\\`)

// noise returns a picture that does not compress.
func noise(w, h int) image.Image {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	r := rand.New(rand.NewPCG(1, 2))
	for i := range img.Pix {
		img.Pix[i] = byte(r.Uint32()) | 0x80*byte(i&3/3)
	}
	return img
}

// received returns what a terminal makes of a transmission: the options of its
// first chunk and the file. It fails for what a terminal would refuse.
func received(t testing.TB, seq string) (options []string, file []byte) {
	t.Helper()
	chunks := graphics.FindAllStringSubmatch(seq, -1)
	if graphics.ReplaceAllString(seq, "") != "" || len(chunks) == 0 {
		t.Fatal("there is more in the transmission than graphics, or none")
	}
	var payload strings.Builder
	for i, c := range chunks {
		if len(c[2]) > kitty.MaxChunkSize || i < len(chunks)-1 && len(c[2])%4 != 0 {
			t.Fatalf("chunk %d carries %d bytes", i, len(c[2]))
		}
		got := strings.Split(c[1], ",")
		more := slices.Contains(got, "m=1")
		if more != (i < len(chunks)-1) {
			t.Fatalf("chunk %d of %d has the options %q", i, len(chunks), got)
		}
		if !slices.Contains(got, "q=2") {
			t.Fatalf("chunk %d would be answered: %q", i, got)
		}
		if i == 0 {
			options = got
		}
		payload.WriteString(c[2])
	}
	file, err := base64.StdEncoding.DecodeString(payload.String())
	if err != nil {
		t.Fatal(err)
	}
	return options, file
}

func TestKittyTransmit(t *testing.T) {
	tests := []struct {
		name       string
		img        image.Image
		cols, rows int
		chunks     int // at least
		size       image.Point
	}{
		{"one chunk", gradient(8, 8), 4, 2, 1, image.Pt(8, 8)},
		{"many chunks", noise(200, 100), 20, 10, 5, image.Pt(200, 100)},
		{"shrunk to the cells", noise(800, 200), 10, 10, 2, image.Pt(120, 30)},
		{"shrunk to what is sent at most", gradient(1040, 1040), 297, 297, 1, image.Pt(780, 780)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			seq := KittyTransmit(tt.img, 42, tt.cols, tt.rows)
			options, file := received(t, seq)
			for _, want := range []string{"a=T", "U=1", "i=42", "f=100"} {
				if !slices.Contains(options, want) {
					t.Errorf("the options %q lack %s", options, want)
				}
			}
			if n := strings.Count(seq, "\x1b_G"); n < tt.chunks {
				t.Errorf("%d chunks, want %d at least", n, tt.chunks)
			}
			got, err := png.Decode(bytes.NewReader(file))
			if err != nil {
				t.Fatal(err)
			}
			if got.Bounds().Size() != tt.size {
				t.Errorf("a picture of %v was sent, want %v", got.Bounds().Size(), tt.size)
			}
		})
	}
}

func TestKittyTransmitNames(t *testing.T) {
	options, _ := received(t, KittyTransmit(gradient(8, 8), 0x12345678, 1000, 1))
	for _, want := range []string{"i=305419896", "c=297", "r=1"} {
		if !slices.Contains(options, want) {
			t.Errorf("the options %q lack %s", options, want)
		}
	}
	if got := KittyTransmit(gradient(8, 8), 1, 0, 4); got != "" {
		t.Errorf("into no columns: %q", got)
	}
	if got := KittyTransmit(image.NewRGBA(image.Rectangle{}), 1, 4, 4); got != "" {
		t.Errorf("of an empty picture: %q", got)
	}
}

func TestKittyPlaceholderGolden(t *testing.T) {
	tests := []struct {
		name       string
		id         uint32
		cols, rows int
		want       []string
	}{
		{"two lines", 0x010203, 2, 2, []string{
			"\x1b[38;2;1;2;3m\U0010EEEE\u0305\u0305\U0010EEEE\u0305\u030D\x1b[m",
			"\x1b[38;2;1;2;3m\U0010EEEE\u030D\u0305\U0010EEEE\u030D\u030D\x1b[m",
		}},
		{"nowhere", 42, 0, 3, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := KittyPlaceholder(tt.id, tt.cols, tt.rows); !slices.Equal(got, tt.want) {
				t.Errorf("got  %+q\nwant %+q", got, tt.want)
			}
		})
	}
}

func TestKittyDelete(t *testing.T) {
	if got, want := KittyDelete(42), "\x1b_Gq=2,i=42,d=I,a=d\x1b\\"; got != want {
		t.Errorf("KittyDelete(42) = %q, want %q", got, want)
	}
}

// Every diacritic must leave its cell one wide under both ways of measuring, or
// the renderer would count the columns wrongly.
func TestKittyPlaceholderWidth(t *testing.T) {
	lines := KittyPlaceholder(0x010203, 400, 400)
	if len(lines) != maxKittyCells {
		t.Fatalf("%d lines, want %d", len(lines), maxKittyCells)
	}
	for i, line := range lines {
		if g, w := ansi.StringWidth(line), ansi.StringWidthWc(line); g != maxKittyCells || w != maxKittyCells {
			t.Fatalf("line %d is %d or %d cells wide", i, g, w)
		}
		if n := strings.Count(line, string(kitty.Placeholder)); n != maxKittyCells {
			t.Fatalf("line %d has %d cells", i, n)
		}
	}
}

// What the program's renderer does with a placeholder, in its own buffer: every
// cell keeps the character, its diacritics and the color, with neighbors of
// other styles, under both ways of measuring.
func TestKittyPlaceholderInCellBuffer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.Uint32Range(1, 1<<24-1).Draw(t, "id")
		cols, rows := rapid.IntRange(1, maxKittyCells).Draw(t, "cols"), rapid.IntRange(1, 20).Draw(t, "rows")
		screen := uv.NewScreenBuffer(cols+4, rows)
		screen.Method = rapid.SampledFrom([]ansi.Method{ansi.WcWidth, ansi.GraphemeWidth}).Draw(t, "method")
		lines := KittyPlaceholder(id, cols, rows)
		frame := "\x1b[31m│ \x1b[m" + strings.Join(lines, "\x1b[1m |\x1b[m\n\x1b[31m│ \x1b[m") + "\x1b[1m |\x1b[m"
		uv.NewStyledString(frame).Draw(screen, screen.Bounds())
		for y := range rows {
			for x := range cols {
				want := string([]rune{kitty.Placeholder, kitty.Diacritic(y), kitty.Diacritic(x)})
				cell := screen.CellAt(x+2, y)
				if cell.Content != want || cell.Width != 1 || cell.Style.Fg != idColor(id) && !sameColor(cell.Style.Fg, idColor(id)) {
					t.Fatalf("cell %d,%d is %+q, %d wide, in %v", x, y, cell.Content, cell.Width, cell.Style.Fg)
				}
			}
			if end := screen.CellAt(cols+3, y).Content; end != "|" {
				t.Fatalf("line %d ends in %q", y, end)
			}
		}
	})
}

func sameColor(a, b ansi.Color) bool {
	return ansi.Style{}.ForegroundColor(a).String() == ansi.Style{}.ForegroundColor(b).String()
}

// The id must come out of the renderer as it went in.
func TestKittyIDSurvivesRenderer(t *testing.T) {
	tests := []struct {
		name    string
		id      uint32
		profile colorprofile.Profile
		want    string
	}{
		{"24 bits, after text that looks the same", 0x00d787, colorprofile.TrueColor, "38;2;0;215;135"},
		{"24 bits, true color", 0x01fe03, colorprofile.TrueColor, "38;2;1;254;3"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			renderer := uv.NewTerminalRenderer(&out, []string{"TERM=xterm-kitty"})
			renderer.SetColorProfile(tt.profile)
			screen := uv.NewScreenBuffer(5, 2)
			before := "\x1b[38;2;0;215;135m|"
			uv.NewStyledString(before+strings.Join(KittyPlaceholder(tt.id, 4, 2), "\n"+before)).Draw(screen, screen.Bounds())
			renderer.Render(screen.RenderBuffer)
			if err := renderer.Flush(); err != nil {
				t.Fatal(err)
			}
			first, _, _ := strings.Cut(out.String(), string(kitty.Placeholder))
			if last := first[strings.LastIndex(first, "\x1b["):]; !strings.HasPrefix(last, "\x1b["+tt.want+"m") {
				t.Errorf("the first placeholder is drawn after %+q, not in %s", last, tt.want)
			}
			if n := strings.Count(out.String(), string(kitty.Placeholder)); n != 8 {
				t.Errorf("%d cells came out, want 8: %+q", n, out.String())
			}
		})
	}
}
