package picture

import (
	"bytes"
	"errors"
	"fmt"
	"image"

	// The formats that outputs come in; each registers its decoder.
	_ "image/gif"
	_ "image/jpeg"
	_ "image/png"

	_ "golang.org/x/image/webp"
)

// MaxPixels is a good bound for [Decode]: 4096 x 4096, the largest that the
// usual models make. A decoded picture takes 4 bytes a pixel as a rule, 64 MB at
// this bound, and up to 24 while a progressive JPEG of four colors is decoded.
const MaxPixels = 1 << 24

// ErrFormat says that the data is no picture of a kind that Decode reads.
var ErrFormat = errors.New("not a PNG, JPEG, GIF or WebP picture; open the file instead")

// SizeError says that a picture is larger than was allowed.
type SizeError struct {
	Width, Height int // as the file's header says, in pixels
	MaxPixels     int // what was allowed
}

// Error says how large the picture is and what to do instead.
func (e *SizeError) Error() string {
	return fmt.Sprintf("the picture has %d x %d pixels, a preview takes %d at most; open the file instead",
		e.Width, e.Height, e.MaxPixels)
}

// Decode decodes a PNG, JPEG, GIF (its first frame) or WebP picture. The header
// is read first, and a picture whose width times height is more than maxPixels
// is refused with a [*SizeError] before any memory is taken for it: a file of a
// few bytes may claim any size. The decoders hold every frame to the size in the
// header. It is [ErrFormat] for other data, and another error for a picture that
// is damaged or ends too early.
func Decode(data []byte, maxPixels int) (image.Image, error) {
	config, format, err := image.DecodeConfig(bytes.NewReader(data))
	if errors.Is(err, image.ErrFormat) {
		return nil, ErrFormat
	}
	if err != nil {
		return nil, fmt.Errorf("reading the picture's header: %w", err)
	}
	switch format {
	case "png", "jpeg", "gif", "webp":
	default:
		// Another package of the program may have registered more formats,
		// whose decoders nobody has looked at for this.
		return nil, ErrFormat
	}
	if config.Width <= 0 || config.Height <= 0 {
		return nil, fmt.Errorf("the picture has no pixels: its header says %d x %d", config.Width, config.Height)
	}
	// Divided, for the product of two numbers from a header may overflow.
	if config.Width > maxPixels/config.Height {
		return nil, &SizeError{Width: config.Width, Height: config.Height, MaxPixels: maxPixels}
	}
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("decoding the %s picture: %w", format, err)
	}
	if img.Bounds().Empty() {
		return nil, fmt.Errorf("the first frame of the %s picture has no pixels", format)
	}
	return img, nil
}
