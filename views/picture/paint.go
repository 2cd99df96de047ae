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

// ITerm2Sequence returns the sequence that paints the picture over cols x rows cells at the cursor
// and keeps its aspect ratio. It is "" for an empty picture or size.
//
// Source: https://iterm2.com/documentation-images.html
func ITerm2Sequence(img image.Image, cols, rows int) string {
	small := shrink(img, cols*cellWidth, rows*cellHeight)
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
		// Below the last line the cursor would scroll the screen. Only WezTerm supports this.
		DoNotMoveCursor: true,
		Content:         base64.StdEncoding.AppendEncode(nil, file.Bytes()),
	})
}

// SixelSequence returns the sequence that paints the picture at the cursor in at most pxWidth x
// pxHeight pixels of the screen, because Sixel knows no cells. It keeps the aspect ratio and does not
// enlarge the picture. Pixels that are more than half transparent leave the screen unchanged. It is
// "" for an empty picture or size.
func SixelSequence(img image.Image, pxWidth, pxHeight int) string {
	small := shrink(img, pxWidth, pxHeight)
	if small == nil {
		return ""
	}
	var payload bytes.Buffer
	if err := new(sixel.Encoder).Encode(&payload, thresholdAlpha(small)); err != nil {
		return "" // a bytes.Buffer does not fail
	}
	// With p2 = 1, transparent pixels leave the screen unchanged.
	return ansi.SixelGraphics(0, 1, 0, payload.Bytes())
}

// thresholdAlpha makes every pixel either opaque or fully transparent, as Sixel and cells can't
// blend with the terminal's background.
func thresholdAlpha(pixels *image.RGBA) *image.RGBA {
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

// PaintAt returns the sequence that writes seq at column x and row y of the screen, both from 1; ""
// for "". It must be sent after the blank cells under the picture, and again when they were written
// or have moved.
func PaintAt(x, y int, seq string) string {
	if seq == "" {
		return ""
	}
	return ansi.SaveCursor + ansi.CursorPosition(x, y) + seq + ansi.RestoreCursor
}

// maxKittyCells bounds the columns and the rows of a picture of placeholders: the protocol numbers
// them with that many diacritics.
const maxKittyCells = 297

// quiet asks the terminal for no answer, which would arrive as keys.
const quiet = 2

// KittyTransmit returns the sequence that stores the picture in the terminal under id, shrunk to cols
// x rows cells. The lines of [KittyPlaceholder] with the same id and size show it. It is sent once,
// before or after those lines, and again when the size changes. The terminal keeps the picture until
// [KittyDelete]. The sequence is "" for an empty picture or size.
//
// The id is shown as a color of 24 bits, which the terminal must support, and must not be 0. It must
// differ from the colors of other text and from the 256 colors, such as 0x800000: a renderer writes
// no new color after text of an equal one, and the id would be lost.
//
// Source: https://sw.kovidgoyal.net/kitty/graphics-protocol/, "Unicode placeholders".
func KittyTransmit(img image.Image, id uint32, cols, rows int) string {
	cols, rows = min(cols, maxKittyCells), min(rows, maxKittyCells)
	small := shrink(img, cols*cellWidth, rows*cellHeight)
	if small == nil {
		return ""
	}
	var seq strings.Builder
	err := kitty.EncodeGraphics(&seq, small, &kitty.Options{
		Action: kitty.TransmitAndPut,
		// Without it, nothing is encoded.
		Transmission: kitty.Direct,
		Quiet:        quiet,
		ID:           int(id),
		// For the raw formats the encoder would write colors multiplied by alpha, which is wrong.
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

// KittyPlaceholder returns lines of cols cells that show the picture of [KittyTransmit]: each cell has
// U+10EEEE with a diacritic for its row and one for its column, in the color of the id.
func KittyPlaceholder(id uint32, cols, rows int) []string {
	cols, rows = min(cols, maxKittyCells), min(rows, maxKittyCells)
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

// KittyDelete returns the sequence that removes the picture of id from the screen and the terminal's
// memory.
func KittyDelete(id uint32) string {
	o := kitty.Options{Action: kitty.Delete, Delete: kitty.DeleteID, DeleteResources: true, ID: int(id), Quiet: quiet}
	return ansi.KittyGraphics(nil, o.Options()...)
}

func idColor(id uint32) ansi.Color {
	return ansi.RGBColor{R: uint8(id >> 16), G: uint8(id >> 8), B: uint8(id)}
}
