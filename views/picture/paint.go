package picture

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/png"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/ansi/iterm2"
	"github.com/charmbracelet/x/ansi/sixel"
)

// ITerm2Sequence returns the sequence that paints the picture over cols x rows
// cells from the cursor on, its aspect ratio kept. It is empty where there is nothing to
// show or nowhere.
//
// Source: https://iterm2.com/documentation-images.html
func ITerm2Sequence(img image.Image, cols, rows int) string {
	small := shrunk(img, cols, rows)
	if small == nil {
		return ""
	}
	var file bytes.Buffer
	if err := png.Encode(&file, small); err != nil {
		return "" // neither a picture with pixels nor a bytes.Buffer fails
	}
	return ansi.ITerm2(iterm2.File{
		Size:   int64(file.Len()),
		Width:  iterm2.Cells(cols),
		Height: iterm2.Cells(rows),
		Inline: true,
		// At puts the cursor back, but a cursor that moves below the last line
		// has scrolled the screen by then. WezTerm heeds this, others ignore it.
		DoNotMoveCursor: true,
		Content:         base64.StdEncoding.AppendEncode(nil, file.Bytes()),
	})
}

// SixelSequence returns the sequence that paints the picture from the cursor on,
// in at most pxWidth x pxHeight pixels of the screen, its aspect ratio kept and
// never enlarged. Sixel knows no cells, so the caller must know a cell's size. Pixels that
// are more than half transparent are left as they are on the screen. It is empty where there
// is nothing to show or nowhere.
func SixelSequence(img image.Image, pxWidth, pxHeight int) string {
	w, h := fitPixels(img.Bounds().Size(), pxWidth, pxHeight)
	if w == 0 {
		return ""
	}
	w, h = within(w, h)
	var payload bytes.Buffer
	if err := new(sixel.Encoder).Encode(&payload, cutout(scaled(img, w, h))); err != nil {
		return "" // a bytes.Buffer does not fail
	}
	// Without a background (p2 = 1) transparent pixels stay what they were.
	return ansi.SixelGraphics(0, 1, 0, payload.Bytes())
}

// cutout makes every pixel either opaque or transparent, for Sixel has nothing
// in between.
func cutout(pixels *image.RGBA) *image.RGBA {
	for y := range pixels.Rect.Dy() {
		for x := range pixels.Rect.Dx() {
			c, ok := opaque(pixels, x, y)
			if !ok {
				c = color.RGBA{}
			}
			pixels.SetRGBA(x, y, c)
		}
	}
	return pixels
}

// At returns seq written at column x and row y of the screen, both from 1; "" for an empty
// seq. A picture that is painted so lies over cells that a cell buffer holds for blank: it
// must be sent when those are on the screen, and again when they were written or have moved.
func At(x, y int, seq string) string {
	if seq == "" {
		return ""
	}
	return ansi.SaveCursor + ansi.CursorPosition(x, y) + seq + ansi.RestoreCursor
}
