package picture

import (
	"github.com/charmbracelet/colorprofile"
	"image"
	"image/color"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"
)

var allColors = []colorprofile.Profile{colorprofile.TrueColor, colorprofile.ANSI256, colorprofile.ANSI, colorprofile.ASCII}

// sgrOf is what a line may hold of sequences, by the number of colors.
var sgrOf = map[colorprofile.Profile]*regexp.Regexp{
	colorprofile.TrueColor: regexp.MustCompile(`^\x1b\[(|38;2;\d+;\d+;\d+;(49|48;2;\d+;\d+;\d+))m$`),
	colorprofile.ANSI256:   regexp.MustCompile(`^\x1b\[(|38;5;\d+;(49|48;5;\d+))m$`),
	colorprofile.ANSI:      regexp.MustCompile(`^\x1b\[(|(3|9)[0-7];(49|(4|10)[0-7]))m$`),
}

var anySequence = regexp.MustCompile(`\x1b[^m]*m`)

// anyPicture draws a picture of random pixels, transparent ones among them.
func anyPicture(t *rapid.T) image.Image {
	w, h := rapid.IntRange(1, 60).Draw(t, "w"), rapid.IntRange(1, 60).Draw(t, "h")
	pix := rapid.SliceOfN(rapid.Byte(), 64, 64).Draw(t, "pixels")
	img := image.NewNRGBA(image.Rect(-2, 7, w-2, h+7))
	for i := range img.Pix {
		img.Pix[i] = pix[(i*7+i/64)%len(pix)]
	}
	return img
}

func TestHalfBlocksProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		img := anyPicture(t)
		width, height := rapid.IntRange(-1, 40).Draw(t, "width"), rapid.IntRange(-1, 30).Draw(t, "height")
		colors := rapid.SampledFrom(allColors).Draw(t, "colors")
		lines := HalfBlocks(img, width, height, colors)
		cols, rows := FitCells(img.Bounds().Size(), width, height)
		if len(lines) != rows || cols > max(width, 0) || rows > max(height, 0) {
			t.Fatalf("%d lines, Fit says %dx%d in %dx%d", len(lines), cols, rows, width, height)
		}
		for i, line := range lines {
			if g, w := ansi.StringWidth(line), ansi.StringWidthWc(line); g != cols || w != cols {
				t.Fatalf("line %d is %d or %d cells wide, want %d: %q", i, g, w, cols, line)
			}
			checkLine(t, line, colors)
		}
	})
}

func checkLine(t *rapid.T, line string, colors colorprofile.Profile) {
	if colors == colorprofile.ASCII {
		if strings.Trim(line, ramp) != "" {
			t.Fatalf("a line without colors holds more than the ramp: %q", line)
		}
		return
	}
	if !strings.HasPrefix(line, "\x1b[") || !strings.HasSuffix(line, "\x1b[m") {
		t.Fatalf("a line must start with its colors and end in a reset: %q", line)
	}
	for _, seq := range anySequence.FindAllString(line, -1) {
		if !sgrOf[colors].MatchString(seq) {
			t.Fatalf("%q is no sequence of profile %v", seq, colors)
		}
	}
	if rest := strings.Trim(ansi.Strip(line), " "+upperHalf+lowerHalf); rest != "" {
		t.Fatalf("%q is no half block", rest)
	}
}

func TestHalfBlocks(t *testing.T) {
	red := color.NRGBA{R: 0xff, A: 0xff}
	blue := color.NRGBA{B: 0xff, A: 0xff}
	clear := color.NRGBA{R: 0xff, A: 0x40}
	faint := color.NRGBA{R: 0xff, A: 0xc0}
	columns := func(rows ...[]color.NRGBA) image.Image {
		img := image.NewNRGBA(image.Rect(0, 0, len(rows[0]), len(rows)))
		for y, row := range rows {
			for x, c := range row {
				img.SetNRGBA(x, y, c)
			}
		}
		return img
	}
	type row = []color.NRGBA
	tests := []struct {
		name   string
		img    image.Image
		colors colorprofile.Profile
		want   []string
	}{
		{"top and bottom", columns(row{red, red}, row{blue, blue}), colorprofile.TrueColor,
			[]string{"\x1b[38;2;255;0;0;48;2;0;0;255m▀▀\x1b[m"}},
		{"256 colors", columns(row{red}, row{blue}), colorprofile.ANSI256, []string{"\x1b[38;5;196;48;5;21m▀\x1b[m"}},
		{"16 colors", columns(row{red}, row{blue}), colorprofile.ANSI, []string{"\x1b[91;104m▀\x1b[m"}},
		{"an odd height ends in half a cell", columns(row{red}, row{red}, row{blue}), colorprofile.TrueColor,
			[]string{"\x1b[38;2;255;0;0;48;2;255;0;0m▀\x1b[m", "\x1b[38;2;0;0;255;49m▀\x1b[m"}},
		{"transparent", columns(row{clear, red, clear}, row{clear, clear, blue}), colorprofile.TrueColor,
			[]string{"\x1b[m \x1b[38;2;255;0;0;49m▀\x1b[38;2;0;0;255;49m▄\x1b[m"}},
		{"more opaque than not keeps its color", columns(row{faint}, row{clear}), colorprofile.TrueColor,
			[]string{"\x1b[38;2;255;0;0;49m▀\x1b[m"}},
		{"no colors", columns(row{{}, {A: 0xff}, {128, 128, 128, 0xff}, {255, 255, 255, 0xff}}, row{{}, {A: 0xff}, {128, 128, 128, 0xff}, {255, 255, 255, 0xff}}), colorprofile.ASCII,
			[]string{"  =@"}},
		{"no colors, half a cell", columns(row{{255, 255, 255, 0xff}}), colorprofile.ASCII, []string{"@"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := HalfBlocks(tt.img, 10, 10, tt.colors); !slices.Equal(got, tt.want) {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestHalfBlocksNowhere(t *testing.T) {
	for _, box := range []image.Point{{0, 5}, {5, 0}, {-3, 5}} {
		if got := HalfBlocks(gradient(4, 4), box.X, box.Y, colorprofile.TrueColor); got != nil {
			t.Errorf("in a box of %v: %q", box, got)
		}
	}
	if got := HalfBlocks(image.NewRGBA(image.Rectangle{}), 5, 5, colorprofile.TrueColor); got != nil {
		t.Errorf("of an empty picture: %q", got)
	}
}

func TestRampGrowsWithBrightness(t *testing.T) {
	img := image.NewGray(image.Rect(0, 0, 256, 2))
	for x := range 256 {
		img.SetGray(x, 0, color.Gray{Y: uint8(x)})
		img.SetGray(x, 1, color.Gray{Y: uint8(x)})
	}
	line := HalfBlocks(img, 256, 1, colorprofile.ASCII)[0]
	last := 0
	for x := range line {
		at := strings.IndexByte(ramp, line[x])
		if at < last {
			t.Fatalf("%d is darker than %d: %q", x, x-1, line)
		}
		last = at
	}
	if line[0] != ' ' || line[255] != '@' {
		t.Errorf("black is %q and white is %q", line[0], line[255])
	}
}
