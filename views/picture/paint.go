package picture

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/png"
	"strings"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/ansi/iterm2"
	"github.com/charmbracelet/x/ansi/kitty"
	"github.com/charmbracelet/x/ansi/sixel"
)

// ITerm2Sequence returns the sequence that paints the picture over cols x rows cells from the
// cursor on, its aspect ratio kept. It is empty where there is nothing to show or nowhere.
//
// Source: https://iterm2.com/documentation-images.html
func ITerm2Sequence(img image.Image, cols, rows int) string {
	small := shrunk(img, cols*cellWidth, rows*cellHeight)
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
	small := shrunk(img, pxWidth, pxHeight)
	if small == nil {
		return ""
	}
	var payload bytes.Buffer
	if err := new(sixel.Encoder).Encode(&payload, cutout(small)); err != nil {
		return "" // a bytes.Buffer does not fail
	}
	// Without a background (p2 = 1) transparent pixels stay what they were.
	return ansi.SixelGraphics(0, 1, 0, payload.Bytes())
}

// cutout makes every pixel either opaque or transparent, as Sixel and cells have nothing in
// between: the terminal's background is not known, so there is nothing to blend with.
func cutout(pixels *image.RGBA) *image.RGBA {
	for y := range pixels.Rect.Dy() {
		for x := range pixels.Rect.Dx() {
			c := color.NRGBAModel.Convert(pixels.RGBAAt(x, y)).(color.NRGBA)
			if c.A < 0x80 {
				c = color.NRGBA{}
			} else {
				c.A = 0xff
			}
			pixels.SetRGBA(x, y, color.RGBA(c))
		}
	}
	return pixels
}

// PaintAt returns seq written at column x and row y of the screen, both from 1; "" for an empty
// seq. A picture that is painted so lies over cells that a cell buffer holds for blank: it
// must be sent when those are on the screen, and again when they were written or have moved.
func PaintAt(x, y int, seq string) string {
	if seq == "" {
		return ""
	}
	return ansi.SaveCursor + ansi.CursorPosition(x, y) + seq + ansi.RestoreCursor
}

// MaxKittyCells is how many columns, and how many rows, a picture of placeholders
// has at most: the protocol numbers them with a list of that many diacritics.
const MaxKittyCells = 297

// quiet keeps the terminal from answering: an answer would arrive as keys.
const quiet = 2

// KittyTransmit returns the sequence that gives the terminal the picture under
// id, shrunk to cols x rows cells, to be shown by the lines of [KittyPlaceholder] of the
// same id and size. It is sent once, before or after those lines are drawn, and again when
// the size changes; the terminal keeps the picture until [KittyDelete]. It is empty where
// there is nothing to show or nowhere.
//
// The id is given by a color of 24 bits: it must not be 0, and the terminal must have such
// colors. A renderer that compares colors by what they look like writes no new color
// after text that looks the same, and the id is lost: avoid the looks of other text and
// of the 256 colors, such as 0x800000.
//
// Source: https://sw.kovidgoyal.net/kitty/graphics-protocol/, "Unicode placeholders".
func KittyTransmit(img image.Image, id uint32, cols, rows int) string {
	cols, rows = min(cols, MaxKittyCells), min(rows, MaxKittyCells)
	small := shrunk(img, cols*cellWidth, rows*cellHeight)
	if small == nil {
		return ""
	}
	var seq strings.Builder
	err := kitty.EncodeGraphics(&seq, small, &kitty.Options{
		Action: kitty.TransmitAndPut,
		// Left out, nothing at all is encoded.
		Transmission: kitty.Direct,
		Quiet:        quiet,
		ID:           int(id),
		// Not the raw formats: the encoder writes their colors multiplied by
		// alpha, which the protocol does not mean.
		Format:           kitty.PNG,
		Columns:          cols,
		Rows:             rows,
		VirtualPlacement: true,
		Chunk:            true,
	})
	if err != nil {
		return "" // neither a picture with pixels nor a strings.Builder fails
	}
	return seq.String()
}

// KittyPlaceholder returns the lines, each cols cells wide, that show the picture
// of [KittyTransmit] where they are drawn: U+10EEEE in every cell, with a
// diacritic for the row and one for the column, in a color that is the id.
func KittyPlaceholder(id uint32, cols, rows int) []string {
	cols, rows = min(cols, MaxKittyCells), min(rows, MaxKittyCells)
	if cols <= 0 || rows <= 0 {
		return nil
	}
	sgr := ansi.Style{}.ForegroundColor(idColor(id)).String()
	lines := make([]string, rows)
	for row := range lines {
		var line strings.Builder
		line.WriteString(sgr)
		for col := range cols {
			line.WriteRune(kitty.Placeholder)
			line.WriteRune(kitty.Diacritic(row))
			line.WriteRune(kitty.Diacritic(col))
		}
		line.WriteString(ansi.ResetStyle)
		lines[row] = line.String()
	}
	return lines
}

// KittyDelete returns the sequence that takes the picture of id off the screen
// and frees it in the terminal.
func KittyDelete(id uint32) string {
	o := kitty.Options{Action: kitty.Delete, Delete: kitty.DeleteID, DeleteResources: true, ID: int(id), Quiet: quiet}
	return ansi.KittyGraphics(nil, o.Options()...)
}

func idColor(id uint32) ansi.Color {
	return ansi.RGBColor{R: uint8(id >> 16), G: uint8(id >> 8), B: uint8(id)}
}
