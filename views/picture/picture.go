package picture

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"slices"
	"strconv"
	"strings"

	// The formats that outputs come in; each registers its decoder.
	_ "image/gif"
	_ "image/jpeg"
	_ "image/png"

	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp"
)

// Protocol is a way of showing a picture in a terminal.
type Protocol uint8

// The protocols. HalfBlock, the zero value, works wherever there are colors.
const (
	HalfBlock Protocol = iota // two pixels a cell, with the character U+2580
	Kitty                     // the Kitty graphics protocol with Unicode placeholders
	ITerm2                    // iTerm2's inline images, OSC 1337
	Sixel                     // DEC's Sixel graphics
	None                      // the terminal shows no picture at all
)

// The assumed size of a cell in pixels, between the 8x16 of a common screen and the 20x40 of a dense
// one. It only bounds how much is sent; the terminal scales the picture.
const (
	cellWidth  = 12
	cellHeight = 2 * cellWidth
)

const (
	// maxSent bounds the pixels of a sequence: enough for a large window, few enough for a slow
	// connection. Sixel's encoder takes 32 bytes for each.
	maxSent = 1 << 20
	// maxSmooth bounds the longer side of a picture that is scaled smoothly, in pixels. That takes
	// memory by the side's length: up to a hundred times the picture's own for one a pixel wide.
	maxSmooth = 1 << 14
)

// FitCells returns the cells that a picture of size pixels takes in a box of cols x rows cells. It
// keeps the aspect ratio, for cells twice as high as wide, is at least 1x1 and not enlarged beyond a
// pixel in each half cell. Both are 0 for an empty picture or box.
func FitCells(size image.Point, cols, rows int) (c, r int) {
	w, h := fitPixels(size, cols, 2*rows)
	return w, (h + 1) / 2
}

// fitPixels returns the largest size with size's aspect ratio in a box of maxW x maxH pixels, at most
// size and at least 1x1.
func fitPixels(size image.Point, maxW, maxH int) (w, h int) {
	if size.X <= 0 || size.Y <= 0 || maxW <= 0 || maxH <= 0 {
		return 0, 0
	}
	if size.X <= maxW && size.Y <= maxH {
		return size.X, size.Y
	}
	// An int may have 32 bits, too few for the products.
	sw, sh, bw, bh := int64(size.X), int64(size.Y), int64(maxW), int64(maxH)
	if sw*bh >= sh*bw {
		return maxW, int(max(1, (sh*bw+sw/2)/sw))
	}
	return int(max(1, (sw*bh+sh/2)/sh)), maxH
}

// limitPixels returns a size with the aspect ratio of w x h and at most maxSent pixels. It shrinks in
// steps, because only the height of a picture that is a pixel wide can shrink.
func limitPixels(w, h int) (int, int) {
	for w > maxSent/h {
		w, h = fitPixels(image.Pt(w, h), max(1, w*3/4), max(1, h*3/4))
	}
	return w, h
}

// scale returns the picture in w x h pixels with its corner at 0,0, as encoders expect it.
func scale(img image.Image, w, h int) *image.RGBA {
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	size := img.Bounds().Size()
	switch {
	case size == dst.Rect.Size():
		draw.Draw(dst, dst.Rect, img, img.Bounds().Min, draw.Src)
	case max(size.X, size.Y) > maxSmooth:
		draw.ApproxBiLinear.Scale(dst, dst.Rect, img, img.Bounds(), draw.Src, nil)
	default:
		draw.CatmullRom.Scale(dst, dst.Rect, img, img.Bounds(), draw.Src, nil)
	}
	return dst
}

// shrink returns the picture in at most width x height pixels; nil for an empty picture or size.
func shrink(img image.Image, width, height int) *image.RGBA {
	w, h := fitPixels(img.Bounds().Size(), width, height)
	if w == 0 {
		return nil
	}
	w, h = limitPixels(w, h)
	return scale(img, w, h)
}

// MaxPixels is a suitable bound for [Decode]: 4096 x 4096, the largest picture of common models. A
// decoded picture takes mostly 4 bytes a pixel, 64 MB at this bound, and a progressive JPEG of four
// colors up to 24 while it is decoded.
const MaxPixels = 1 << 24

// Decode decodes a PNG, JPEG, GIF (its first frame) or WebP picture. It refuses a picture of more than
// maxPixels by its header, before it takes memory: a file of a few bytes may claim any size. The
// decoders refuse frames larger than the header says.
func Decode(data []byte, maxPixels int) (image.Image, error) {
	config, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	// The product of the two could overflow.
	if config.Width <= 0 || config.Height <= 0 || config.Width > maxPixels/config.Height {
		return nil, fmt.Errorf("a picture of %d x %d pixels, of at most %d that are drawn", config.Width, config.Height, maxPixels)
	}
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	if img.Bounds().Empty() {
		return nil, errors.New("a picture whose first frame has no pixels")
	}
	return img, nil
}

const (
	konsoleSixel   = 220400 // the first KONSOLE_VERSION (year, month, patch) with Sixel
	sixelAttribute = 4      // the primary device attribute of Sixel
)

// terms and programs are the protocols of terminals by TERM and by TERM_PROGRAM. WezTerm has Kitty's
// protocol without placeholders.
var (
	terms = map[string]Protocol{
		"kitty": Kitty, "ghostty": Kitty, "wezterm": ITerm2, "foot": Sixel, "contour": Sixel, "mlterm": Sixel, "yaft": Sixel,
	}
	programs = map[string]Protocol{"kitty": Kitty, "ghostty": Kitty, "iterm.app": ITerm2, "wezterm": ITerm2, "mintty": ITerm2}
)

// Detect returns the protocol to use, by the environment that getenv reads (os.Getenv, or that of an
// SSH client). It does not query the terminal: after [HalfBlock], its primary device attributes may
// still say that it has Sixel, see [HasSixel].
//
// A terminal that is started in another one inherits its variables. TERM and TERM_PROGRAM, which
// every terminal sets, count before the variables of a single terminal.
//
// In tmux, screen and Zellij it is HalfBlock: they pass pictures on only with an option that can't be
// read.
func Detect(getenv func(string) string) Protocol {
	set := func(names ...string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return getenv(n) != "" })
	}
	term, program := getenv("TERM"), strings.ToLower(getenv("TERM_PROGRAM"))
	name, _, _ := strings.Cut(strings.TrimPrefix(term, "xterm-"), "-")
	switch {
	case term == "dumb":
		return None
	case set("TMUX", "STY", "ZELLIJ"), strings.HasPrefix(term, "tmux"), strings.HasPrefix(term, "screen"):
		return HalfBlock // of a multiplexer on the client's side of SSH only TERM is seen
	case terms[name] != HalfBlock:
		return terms[name]
	case program != "":
		return programs[program] // variables of other terminals are inherited
	case set("KITTY_WINDOW_ID", "GHOSTTY_RESOURCES_DIR", "GHOSTTY_BIN_DIR"):
		return Kitty
	case set("WEZTERM_PANE", "WEZTERM_EXECUTABLE"), getenv("LC_TERMINAL") == "iTerm2":
		return ITerm2
	}
	if v, err := strconv.Atoi(getenv("KONSOLE_VERSION")); err == nil && v >= konsoleSixel {
		return Sixel
	}
	return HalfBlock
}

// HasSixel reports whether primary device attributes (DA1) include Sixel. A multiplexer answers with
// its own.
func HasSixel(da1 []int) (sixel bool) { return slices.Contains(da1, sixelAttribute) }
