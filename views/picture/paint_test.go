package picture

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/png"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi/sixel"
	"pgregory.net/rapid"
)

var sixelRun = regexp.MustCompile(`!(\d+)([?-~])`)

// unsixel decodes a Sixel sequence. Runs are written out first, for the decoder
// loses the pixels that follow one.
func unsixel(t rapid.TB, seq string) image.Image {
	t.Helper()
	payload, ok := strings.CutPrefix(seq, "\x1bP0;1q")
	payload, end := strings.CutSuffix(payload, "\x1b\\")
	if !ok || !end {
		t.Fatalf("%.20q ... is no Sixel sequence", seq)
	}
	payload = sixelRun.ReplaceAllStringFunc(payload, func(run string) string {
		m := sixelRun.FindStringSubmatch(run)
		n, err := strconv.Atoi(m[1])
		if err != nil {
			t.Fatal(err)
		}
		return strings.Repeat(m[2], n)
	})
	img, err := new(sixel.Decoder).Decode(strings.NewReader(payload))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func TestSixelSequenceProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		img := anyPicture(t)
		w, h := rapid.IntRange(1, 80).Draw(t, "width"), rapid.IntRange(1, 80).Draw(t, "height")
		got := unsixel(t, SixelSequence(img, w, h)).Bounds().Size()
		wantW, wantH := fitPixels(img.Bounds().Size(), w, h)
		if got != image.Pt(wantW, wantH) {
			t.Fatalf("%v in %dx%d is %v, want %dx%d", img.Bounds().Size(), w, h, got, wantW, wantH)
		}
	})
}

func TestSixelSequence(t *testing.T) {
	img := plain(20, 20, color.NRGBA{R: 0xff, A: 0xff})
	img.SetNRGBA(7, 7, color.NRGBA{G: 0xff, A: 0xff})
	img.SetNRGBA(9, 9, color.NRGBA{B: 0xff, A: 0x10})
	got := unsixel(t, SixelSequence(img, 100, 100))
	for at, want := range map[image.Point]color.RGBA{
		{1, 1}: {R: 0xff, A: 0xff},
		{7, 7}: {G: 0xff, A: 0xff},
		{9, 9}: {},
	} {
		if c := color.RGBAModel.Convert(got.At(at.X, at.Y)); c != want {
			t.Errorf("the pixel at %v is %v, want %v", at, c, want)
		}
	}
	for _, box := range []image.Point{{0, 9}, {9, 0}, {-1, -1}} {
		if seq := SixelSequence(img, box.X, box.Y); seq != "" {
			t.Errorf("in %v: %q", box, seq)
		}
	}
}

func TestSixelSequenceIsBounded(t *testing.T) {
	size := unsixel(t, SixelSequence(plain(1890, 630, color.White), 1890, 630)).Bounds().Size()
	if size.X*size.Y > maxSent || size.X*size.Y < maxSent/2 {
		t.Errorf("1890x630 pixels became %v", size)
	}
	if ratio := float64(size.X) / float64(size.Y); ratio < 2.98 || ratio > 3.02 {
		t.Errorf("1890x630 pixels became %v: the aspect ratio is lost", size)
	}
}

func TestITerm2Sequence(t *testing.T) {
	seq := ITerm2Sequence(gradient(800, 200), 10, 4)
	options, content, ok := strings.Cut(seq, ":")
	if !ok || !strings.HasPrefix(seq, "\x1b]1337;File=") || !strings.HasSuffix(seq, "\x07") {
		t.Fatalf("%.60q ... is no inline image", seq)
	}
	file, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(content, "\x07"))
	if err != nil {
		t.Fatal(err)
	}
	want := "\x1b]1337;File=size=" + strconv.Itoa(len(file)) + ";width=10;height=4;inline=1;doNotMoveCursor=1"
	if options != want {
		t.Errorf("the options are %q, want %q", options, want)
	}
	img, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if got := img.Bounds().Size(); got != image.Pt(10*cellWidth, 10*cellWidth/4) {
		t.Errorf("a picture of %v was sent", got)
	}
	if got := ITerm2Sequence(gradient(4, 4), 0, 4); got != "" {
		t.Errorf("into no columns: %q", got)
	}
}

func TestPaintAt(t *testing.T) {
	if got, want := PaintAt(5, 3, "PICTURE"), "\x1b7\x1b[3;5HPICTURE\x1b8"; got != want {
		t.Errorf("At(5, 3) = %q, want %q", got, want)
	}
	if got := PaintAt(5, 3, ""); got != "" {
		t.Errorf("At of nothing = %q", got)
	}
}
