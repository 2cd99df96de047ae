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
	ramp      = " .:-=+*#%@" // from dark to bright on a dark background
)

// HalfBlocks draws the picture in at most width x height cells with the aspect ratio of [FitCells].
// All lines have the same width, set their own colors and end in a reset. Pixels that are more than
// half transparent show the terminal's background. Without colors the lines are plain characters. An
// empty picture or size has no lines.
func HalfBlocks(img image.Image, width, height int, colors colorprofile.Profile) (lines []string) {
	pixels := shrink(img, width, 2*height)
	if pixels == nil {
		return nil
	}
	thresholdAlpha(pixels)
	for y := 0; y < pixels.Rect.Dy(); y += 2 {
		if colors <= colorprofile.ASCII {
			lines = append(lines, rampLine(pixels, y))
		} else {
			lines = append(lines, colorLine(pixels, y, colors))
		}
	}
	return lines
}

// colorLine draws the rows y and y+1 of pixels. Colors are written only where they change.
func colorLine(pixels *image.RGBA, y int, colors colorprofile.Profile) string {
	var line strings.Builder
	last := ""
	for x := range pixels.Rect.Dx() {
		top, bottom := colorAt(pixels, x, y, colors), colorAt(pixels, x, y+1, colors)
		style, glyph := ansi.Style{}.ForegroundColor(top).BackgroundColor(bottom).String(), upperHalf
		switch {
		case top == nil && bottom == nil:
			style, glyph = ansi.ResetStyle, " "
		case top == nil:
			style, glyph = ansi.Style{}.ForegroundColor(bottom).BackgroundColor(nil).String(), lowerHalf
		}
		if style != last {
			line.WriteString(style)
			last = style
		}
		line.WriteString(glyph)
	}
	line.WriteString(ansi.ResetStyle)
	return line.String()
}

// colorAt returns the color of a pixel as the terminal can show it; nil for one that is transparent
// or below the picture.
func colorAt(pixels *image.RGBA, x, y int, colors colorprofile.Profile) color.Color {
	if c := pixels.RGBAAt(x, y); c.A > 0 {
		return colors.Convert(c)
	}
	return nil
}

// rampLine draws the brightness of the rows y and y+1 of pixels.
func rampLine(pixels *image.RGBA, y int) string {
	line := make([]byte, pixels.Rect.Dx())
	for x := range line {
		sum, rows := 0, min(pixels.Rect.Dy()-y, 2)
		for dy := range rows {
			sum += int(color.GrayModel.Convert(pixels.RGBAAt(x, y+dy)).(color.Gray).Y)
		}
		line[x] = ramp[sum*(len(ramp)-1)/(rows*0xff)]
	}
	return string(line)
}
