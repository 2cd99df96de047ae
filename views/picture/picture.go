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

// The size in pixels that a cell is taken to have: between the 8x16 of a plain screen and
// the 20x40 of a dense one. It only bounds how much is sent; the terminal scales the picture.
const (
	cellWidth  = 12
	cellHeight = 2 * cellWidth
)

const (
	// maxSent is how many pixels a sequence carries at most: enough for a large window, and
	// little enough for a slow line. Sixel's encoder takes 32 bytes for each.
	maxSent = 1 << 20
	// maxSmooth is the longest side of a picture that is scaled smoothly. That
	// takes memory by the side's length, up to a hundred times the picture's own
	// when it is a pixel wide and millions high.
	maxSmooth = 1 << 14
)

// FitCells returns how many cells a picture of size pixels takes in a box of cols x
// rows cells, its aspect ratio kept (a cell is taken to be twice as high as it
// is wide) and at least 1x1. It is never enlarged beyond a pixel a half cell.
// Where there is nothing to fit, or nowhere, both are 0.
func FitCells(size image.Point, cols, rows int) (c, r int) {
	w, h := fitPixels(size, cols, 2*rows)
	return w, (h + 1) / 2
}

// fitPixels returns the largest size with size's aspect ratio that fits in a
// box of maxW x maxH pixels, never larger than size, at least 1x1.
func fitPixels(size image.Point, maxW, maxH int) (w, h int) {
	if size.X <= 0 || size.Y <= 0 || maxW <= 0 || maxH <= 0 {
		return 0, 0
	}
	if size.X <= maxW && size.Y <= maxH {
		return size.X, size.Y
	}
	// 64 bits, for an int may have 32 and the products are of pixels squared.
	sw, sh, bw, bh := int64(size.X), int64(size.Y), int64(maxW), int64(maxH)
	if sw*bh >= sh*bw {
		return maxW, int(max(1, (sh*bw+sw/2)/sw))
	}
	return int(max(1, (sw*bh+sh/2)/sh)), maxH
}

// within returns a size with the aspect ratio of w x h and at most maxSent pixels. It goes in
// steps, as the height alone can come down of a picture that is one pixel wide.
func within(w, h int) (int, int) {
	for w > maxSent/h {
		w, h = fitPixels(image.Pt(w, h), max(1, w*3/4), max(1, h*3/4))
	}
	return w, h
}

// scaled returns the picture in w x h pixels with its corner at 0,0, as encoders expect it.
func scaled(img image.Image, w, h int) *image.RGBA {
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

// shrunk returns the picture in no more than width x height pixels, or nil where there is
// nothing to show or nowhere.
func shrunk(img image.Image, width, height int) *image.RGBA {
	w, h := fitPixels(img.Bounds().Size(), width, height)
	if w == 0 {
		return nil
	}
	w, h = within(w, h)
	return scaled(img, w, h)
}

// MaxPixels is a good bound for [Decode]: 4096 x 4096, the largest that the
// usual models make. A decoded picture takes 4 bytes a pixel as a rule, 64 MB at
// this bound, and up to 24 while a progressive JPEG of four colors is decoded.
const MaxPixels = 1 << 24

// Decode decodes a PNG, JPEG, GIF (its first frame) or WebP picture. The header
// is read first, and a picture whose width times height is more than maxPixels
// is refused before any memory is taken for it: a file of a few bytes may claim any
// size. The decoders hold every frame to the size in the header.
func Decode(data []byte, maxPixels int) (image.Image, error) {
	config, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	// Divided, for the product of two numbers from a header may overflow.
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

// konsoleSixel is the KONSOLE_VERSION (year, month, patch) that brought Sixel.
const konsoleSixel = 220400

// sixelAttribute is the primary device attribute that stands for Sixel.
const sixelAttribute = 4

// terms and programs are the protocols of terminals by TERM and by TERM_PROGRAM. WezTerm
// speaks Kitty's protocol but for the placeholders.
var (
	terms = map[string]Protocol{
		"kitty": Kitty, "ghostty": Kitty, "wezterm": ITerm2, "foot": Sixel, "contour": Sixel, "mlterm": Sixel, "yaft": Sixel,
	}
	programs = map[string]Protocol{"kitty": Kitty, "ghostty": Kitty, "iterm.app": ITerm2, "wezterm": ITerm2, "mintty": ITerm2}
)

// Detect returns the protocol to use, by the environment that getenv reads (os.Getenv, or the
// remote side's). It never asks the terminal: where it returns [HalfBlock], the answer to a
// request for the primary device attributes may still say better, see [HasSixel].
//
// Variables are inherited by whatever is started in a terminal, another terminal
// included, so the ones that every terminal sets itself are asked first: TERM,
// then TERM_PROGRAM, then the marks that only one terminal leaves.
//
// In tmux, screen and Zellij it is HalfBlock, whatever the terminal outside:
// they pass pictures on only with an option that cannot be seen from here.
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
		return HalfBlock // over SSH only TERM is left of a multiplexer on the near side
	case terms[name] != HalfBlock:
		return terms[name]
	case program != "":
		return programs[program] // of another one that is named, marks of others were inherited
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

// HasSixel reports whether a terminal that answered the request for its
// primary device attributes (DA1) with these draws Sixel. A multiplexer answers
// for itself, so this holds in tmux and Zellij as well.
func HasSixel(da1 []int) (sixel bool) { return slices.Contains(da1, sixelAttribute) }
