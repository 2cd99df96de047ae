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
