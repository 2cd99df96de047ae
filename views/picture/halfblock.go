package picture

import (
	"image"
	"image/color"
	"strings"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
)

// The characters that HalfBlocks draws with.
const (
	upperHalf = "▀"
	lowerHalf = "▄"
	// ramp is from dark to bright on a dark background; on a light one the
	// picture is a negative.
	ramp = " .:-=+*#%@"
)

// HalfBlocks draws the picture in at most width x height cells, its aspect ratio kept, as [Fit]
// sizes it. Every line has the same width in cells, starts with its own colors and ends in a
// reset. Pixels that are more than half transparent show the terminal's background. Without
// colors the lines are plain characters of more or less ink, without any sequence. Where there
// is nothing to draw, or nowhere, there are no lines.
func HalfBlocks(img image.Image, width, height int, colors colorprofile.Profile) (lines []string) {
	w, h := fitPixels(img.Bounds().Size(), width, 2*height)
	if w == 0 {
		return nil
	}
	pixels := scaled(img, w, h)
	lines = make([]string, 0, (h+1)/2)
	for y := 0; y < h; y += 2 {
		if colors <= colorprofile.ASCII {
			lines = append(lines, rampLine(pixels, y))
		} else {
			lines = append(lines, colorLine(pixels, y, colors))
		}
	}
	return lines
}

// colorLine draws the rows y and y+1 of pixels. Colors are written only where
// they change: most of a line's bytes are colors.
func colorLine(pixels *image.RGBA, y int, colors colorprofile.Profile) string {
	var line strings.Builder
	last := ""
	for x := range pixels.Rect.Dx() {
		sgr, glyph := half(reduced(pixels, x, y, colors), reduced(pixels, x, y+1, colors))
		if sgr != last {
			line.WriteString(sgr)
			last = sgr
		}
		line.WriteString(glyph)
	}
	line.WriteString(ansi.ResetStyle)
	return line.String()
}

// half returns the cell that shows two pixels, nil for a transparent one. The
// sequence sets both of the cell's colors, whatever they were before.
func half(top, bottom color.Color) (sgr, glyph string) {
	switch {
	case top == nil && bottom == nil:
		return ansi.ResetStyle, " "
	case top == nil:
		return ansi.Style{}.ForegroundColor(bottom).BackgroundColor(nil).String(), lowerHalf
	default:
		return ansi.Style{}.ForegroundColor(top).BackgroundColor(bottom).String(), upperHalf
	}
}

// reduced returns the color of a pixel as the terminal can show it, nil for one that is
// transparent or below the picture: a picture of odd height ends in the middle of a cell.
func reduced(pixels *image.RGBA, x, y int, colors colorprofile.Profile) color.Color {
	if c, ok := opaque(pixels, x, y); ok {
		return colors.Convert(c)
	}
	return nil
}

// opaque returns the full color of a pixel that is at least half opaque. The
// terminal's background is not known, so there is nothing to blend with.
func opaque(pixels *image.RGBA, x, y int) (color.RGBA, bool) {
	if y >= pixels.Rect.Dy() {
		return color.RGBA{}, false
	}
	c := color.NRGBAModel.Convert(pixels.RGBAAt(x, y)).(color.NRGBA)
	if c.A < 0x80 {
		return color.RGBA{}, false
	}
	return color.RGBA{R: c.R, G: c.G, B: c.B, A: 0xff}, true
}

// rampLine draws the rows y and y+1 of pixels as the brightness of the two.
func rampLine(pixels *image.RGBA, y int) string {
	line := make([]byte, pixels.Rect.Dx())
	for x := range line {
		sum, rows := 0, min(pixels.Rect.Dy()-y, 2)
		for dy := range rows {
			if c, ok := opaque(pixels, x, y+dy); ok {
				sum += int(color.GrayModel.Convert(c).(color.Gray).Y)
			}
		}
		line[x] = ramp[sum*(len(ramp)-1)/(rows*0xff)]
	}
	return string(line)
}
