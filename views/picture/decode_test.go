package picture

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"github.com/charmbracelet/colorprofile"
	"hash/crc32"
	"image"
	"image/color/palette"
	"image/gif"
	"image/jpeg"
	"image/png"
	"runtime"
	"strings"
	"testing"
)

// The smallest WebP pictures, 1x1: there is no encoder to make them with.
const (
	webpLossless = "UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA=="
	webpLossy    = "UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA"
)

// encoded returns a picture of 40x30 in every format that has an encoder, and
// one of 1x1 in the others.
func encoded(t testing.TB) map[string][]byte {
	t.Helper()
	img := gradient(40, 30)
	var p, j, g bytes.Buffer
	frames := &gif.GIF{Config: image.Config{Width: 40, Height: 30}, Delay: []int{1, 1}}
	for range 2 {
		frames.Image = append(frames.Image, image.NewPaletted(image.Rect(0, 0, 40, 30), palette.Plan9))
	}
	frames.Image[0].Set(3, 4, palette.Plan9[77])
	for _, err := range []error{png.Encode(&p, img), jpeg.Encode(&j, img, nil), gif.EncodeAll(&g, frames)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	files := map[string][]byte{"png": p.Bytes(), "jpeg": j.Bytes(), "gif": g.Bytes()}
	for name, text := range map[string]string{"webp lossless": webpLossless, "webp lossy": webpLossy} {
		data, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = data
	}
	return files
}

func sizeOf(name string) image.Point {
	if strings.HasPrefix(name, "webp") {
		return image.Pt(1, 1)
	}
	return image.Pt(40, 30)
}

func TestDecode(t *testing.T) {
	for name, data := range encoded(t) {
		img, err := Decode(data, MaxPixels)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := img.Bounds().Size(); got != sizeOf(name) {
			t.Errorf("%s: decoded as %v", name, got)
		}
	}
	first, err := Decode(encoded(t)["gif"], MaxPixels)
	if err != nil {
		t.Fatal(err)
	}
	if got := first.At(3, 4); got != palette.Plan9[77] {
		t.Errorf("the GIF's picture is not its first frame: %v at 3,4", got)
	}
}

func TestDecodeBoundIsExact(t *testing.T) {
	for name, data := range encoded(t) {
		pixels := sizeOf(name).X * sizeOf(name).Y
		if _, err := Decode(data, pixels); err != nil {
			t.Errorf("%s of just %d pixels: %v", name, pixels, err)
		}
		if _, err := Decode(data, pixels-1); err == nil {
			t.Errorf("%s of a pixel too many: %v", name, err)
		}
	}
}

func TestDecodeTruncated(t *testing.T) {
	for name, data := range encoded(t) {
		for n := range len(data) {
			img, err := Decode(data[:n], MaxPixels)
			switch {
			case err == nil && img.Bounds().Size() != sizeOf(name):
				t.Errorf("%s cut to %d of %d bytes is %v", name, n, len(data), img.Bounds())
			case err == nil && n < len(data)/2:
				t.Errorf("%s cut to %d of %d bytes is taken for whole", name, n, len(data))
			case err != nil && img != nil:
				t.Errorf("%s cut to %d bytes: a picture and an error", name, n)
			}
		}
	}
}

func TestDecodeOther(t *testing.T) {
	for _, data := range []string{"", "x", "<svg/>", "BM\x00\x00", "%PDF-1.7", strings.Repeat("\x00", 100)} {
		if _, err := Decode([]byte(data), MaxPixels); !errors.Is(err, image.ErrFormat) {
			t.Errorf("%q: %v, want image.ErrFormat", data, err)
		}
	}
	if _, err := Decode([]byte("GIF89a\x00\x00\x00\x00\x00\x00\x00"), MaxPixels); err == nil || !strings.Contains(err.Error(), "0 x 0") {
		t.Errorf("a GIF of no pixels: %v", err)
	}
}

// chunk returns a chunk of a RIFF file.
func chunk(id string, data []byte) []byte {
	out := append([]byte(id), binary.LittleEndian.AppendUint32(nil, uint32(len(data)))...)
	return append(out, data...)
}

// bombs returns files that are small and claim to be huge.
func bombs(t testing.TB) map[string][]byte {
	t.Helper()
	files := encoded(t)
	p := bytes.Clone(files["png"])
	binary.BigEndian.PutUint32(p[16:], 1<<20)
	binary.BigEndian.PutUint32(p[20:], 1<<20)
	binary.BigEndian.PutUint32(p[29:], crc32.ChecksumIEEE(p[12:29]))

	j := bytes.Clone(files["jpeg"])
	sof := bytes.Index(j, []byte{0xff, 0xc0})
	binary.BigEndian.PutUint16(j[sof+5:], 0xffff)
	binary.BigEndian.PutUint16(j[sof+7:], 0xffff)

	g := bytes.Clone(files["gif"])
	copy(g[6:], "\xff\xff\xff\xff")

	canvas := make([]byte, 10)
	canvas[4], canvas[5], canvas[7], canvas[8] = 0xff, 0x3f, 0xff, 0x3f
	x := append([]byte("WEBP"), chunk("VP8X", canvas)...)
	return map[string][]byte{"png": p, "jpeg": j, "gif": g, "webp": chunk("RIFF", x)}
}

// smallOutside returns a WebP file whose header says 1x1 and whose picture says
// 16384x16384.
func smallOutside() []byte {
	x := append([]byte("WEBP"), chunk("VP8X", make([]byte, 10))...)
	x = append(x, chunk("VP8L", []byte{0x2f, 0xff, 0xff, 0xff, 0x0f, 0, 0, 0})...)
	return chunk("RIFF", x)
}

// taken returns the bytes that f allocates.
func taken(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// bombBudget is what refusing a bomb may take; drawing the smallest of them
// takes 256 MB.
const bombBudget = 1 << 20

func TestDecodeRefusesBombs(t *testing.T) {
	for name, data := range bombs(t) {
		var err error
		n := taken(func() { _, err = Decode(data, MaxPixels) })
		if err == nil || !strings.Contains(err.Error(), "pixels") {
			t.Errorf("%s: %v, want that its size is refused", name, err)
			continue
		}
		if n > bombBudget {
			t.Errorf("%s: %d bytes were taken to refuse it", name, n)
		}
	}
	var err error
	n := taken(func() { _, err = Decode(smallOutside(), MaxPixels) })
	if err == nil || n > bombBudget {
		t.Errorf("a huge picture under a small header: %v, %d bytes taken", err, n)
	}
}

func FuzzDecode(f *testing.F) {
	for _, data := range encoded(f) {
		f.Add(data)
		f.Add(data[:len(data)*2/3])
	}
	for _, data := range bombs(f) {
		f.Add(data)
	}
	f.Add(smallOutside())
	f.Add([]byte("no picture"))
	const maxPixels = 1 << 14
	f.Fuzz(func(t *testing.T, data []byte) {
		var img image.Image
		var err error
		n := taken(func() { img, err = Decode(data, maxPixels) })
		// 24 bytes a pixel, tables of the decoders by the file's length, and
		// what the fuzzer itself does at the same time.
		if limit := uint64(24*maxPixels + 64*len(data) + 64<<20); n > limit {
			t.Errorf("%d bytes were taken for %d of input", n, len(data))
		}
		if err != nil {
			return
		}
		size := img.Bounds().Size()
		if size.X <= 0 || size.Y <= 0 || size.X*size.Y > maxPixels {
			t.Fatalf("a picture of %v was let through", size)
		}
		for _, line := range HalfBlocks(img, 8, 4, colorprofile.TrueColor) {
			if !strings.HasSuffix(line, "\x1b[m") {
				t.Fatalf("line %q does not end in a reset", line)
			}
		}
	})
}
