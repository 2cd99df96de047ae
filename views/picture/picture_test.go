package picture

import (
	"image"
	"image/color"
	"testing"

	"pgregory.net/rapid"
)

// gradient returns an opaque picture whose red grows to the right and whose
// green grows downward; its corner is not at 0,0, as a cropped picture's is not.
func gradient(w, h int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(3, 5, 3+w, 5+h))
	for y := range h {
		for x := range w {
			img.SetNRGBA(3+x, 5+y, color.NRGBA{R: uint8(255 * x / w), G: uint8(255 * y / h), B: 0x40, A: 0xff})
		}
	}
	return img
}

// plain returns a picture of one color.
func plain(w, h int, c color.Color) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.Set(x, y, c)
		}
	}
	return img
}

func TestFit(t *testing.T) {
	tests := []struct {
		name             string
		size             image.Point
		cols, rows       int
		wantCol, wantRow int
	}{
		{"a square is twice as many columns as rows", image.Pt(1000, 1000), 80, 20, 40, 20},
		{"wide is bounded by the columns", image.Pt(1600, 400), 40, 40, 40, 5},
		{"high is bounded by the rows", image.Pt(100, 1000), 40, 10, 2, 10},
		{"exactly the box", image.Pt(800, 400), 40, 10, 40, 10},
		{"a small picture stays small", image.Pt(4, 4), 80, 20, 4, 2},
		{"an odd height takes half a cell more", image.Pt(3, 3), 80, 20, 3, 2},
		{"a line is still seen", image.Pt(100000, 1), 40, 10, 40, 1},
		{"a column is still seen", image.Pt(1, 100000), 40, 10, 1, 10},
		{"no picture", image.Pt(0, 10), 40, 10, 0, 0},
		{"no columns", image.Pt(10, 10), 0, 10, 0, 0},
		{"no rows", image.Pt(10, 10), 10, 0, 0, 0},
		{"less than no room", image.Pt(10, 10), -1, -1, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, r := FitCells(tt.size, tt.cols, tt.rows)
			if c != tt.wantCol || r != tt.wantRow {
				t.Errorf("Fit(%v, %d, %d) = %d, %d; want %d, %d", tt.size, tt.cols, tt.rows, c, r, tt.wantCol, tt.wantRow)
			}
		})
	}
}

// checkAspect fails unless w x h has size's aspect ratio, as far as whole pixels
// allow: one side is off by half a pixel at most, or is the least there is.
func checkAspect(t *rapid.T, size image.Point, w, h int) {
	byWidth := h == 1 || abs(2*(w*size.Y-h*size.X)) <= size.X
	byHeight := w == 1 || abs(2*(w*size.Y-h*size.X)) <= size.Y
	if !byWidth && !byHeight {
		t.Fatalf("%v became %dx%d", size, w, h)
	}
}

func abs(n int) int { return max(n, -n) }

func TestFitPixelsProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		side := rapid.IntRange(1, 1<<20)
		size := image.Pt(side.Draw(t, "x"), side.Draw(t, "y"))
		maxW, maxH := rapid.IntRange(1, 5000).Draw(t, "maxW"), rapid.IntRange(1, 5000).Draw(t, "maxH")
		w, h := fitPixels(size, maxW, maxH)
		if w < 1 || h < 1 || w > min(maxW, size.X) || h > min(maxH, size.Y) {
			t.Fatalf("fitPixels(%v, %d, %d) = %d, %d is out of bounds", size, maxW, maxH, w, h)
		}
		if w != maxW && h != maxH && (w != size.X || h != size.Y) {
			t.Fatalf("fitPixels(%v, %d, %d) = %d, %d leaves room on both sides", size, maxW, maxH, w, h)
		}
		checkAspect(t, size, w, h)
	})
}

func TestLimitPixelsProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		side := rapid.IntRange(1, 1<<24)
		size := image.Pt(side.Draw(t, "w"), side.Draw(t, "h"))
		w, h := limitPixels(size.X, size.Y)
		if w < 1 || h < 1 || w*h > maxSent {
			t.Fatalf("limitPixels(%v) = %d, %d", size, w, h)
		}
		if size.X*size.Y <= maxSent && (w != size.X || h != size.Y) {
			t.Fatalf("limitPixels(%v) = %d, %d: it was small enough", size, w, h)
		}
		if w > 1 && h > 1 && w*h < maxSent/4 && size.X*size.Y > maxSent {
			t.Fatalf("limitPixels(%v) = %d, %d: much smaller than it must be", size, w, h)
		}
	})
}

func TestScaleLongPictures(t *testing.T) {
	c := color.NRGBA{R: 0x20, G: 0x90, B: 0xc0, A: 0xff}
	for _, size := range []image.Point{{maxSmooth + 1, 2}, {2, maxSmooth + 1}, {40, 30}} {
		got := scale(plain(size.X, size.Y, c), 7, 5)
		if got.Rect != image.Rect(0, 0, 7, 5) {
			t.Fatalf("%v became %v", size, got.Rect)
		}
		if at := got.RGBAAt(3, 2); at != (color.RGBA{R: 0x20, G: 0x90, B: 0xc0, A: 0xff}) {
			t.Errorf("%v: a plain picture changed its color to %v", size, at)
		}
	}
}
