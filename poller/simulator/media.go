package simulator

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"math/rand/v2"
)

// The size of a picture, in pixels.
const imageWidth, imageHeight = 512, 384

// picture returns an image file: its colors follow from the look, its pattern from
// the seed.
func picture(look, seed uint64, asJPEG bool) []byte {
	var b bytes.Buffer
	img := draw(look, seed)
	var err error
	if asJPEG {
		err = jpeg.Encode(&b, img, &jpeg.Options{Quality: 85})
	} else {
		err = (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, img)
	}
	if err != nil {
		panic(err) // a buffer takes all, and the image is a valid one
	}
	return b.Bytes()
}

// draw paints a picture. Colors from a palette make it small, and quick to
// encode.
func draw(look, seed uint64) *image.Paletted {
	img := image.NewPaletted(image.Rect(0, 0, imageWidth, imageHeight), palette(look))
	// The sine by 1024ths of a turn: one for every pixel would take too long
	// where results are asked for by the thousand.
	var sine [1024]int
	for i := range sine {
		sine[i] = int(math.Round(48 * math.Sin(2*math.Pi*float64(i)/1024)))
	}
	wave := func(turn int) int { return sine[turn&1023] }
	centerX, centerY := int(seed%imageWidth), int(seed>>16%imageHeight)
	phase, stretch := int(seed>>32&1023), 2+int(seed>>48&3)
	for y := range imageHeight {
		row := img.Pix[y*img.Stride:][:imageWidth]
		for x := range row {
			dx, dy := x-centerX, y-centerY
			level := wave((dx*dx+dy*dy)/96+phase) + wave(y*stretch)/2 // rings around a point
			// From shade to light over the height, so that it has a sky.
			row[x] = uint8(min(max(96+level+(imageHeight-y)/6, 0), 255))
		}
	}
	return img
}

// palette returns 256 colors from dark to light that go from one hue to another.
func palette(look uint64) color.Palette {
	p := make(color.Palette, 256)
	from, to := float64(look%360), float64(look%360)+80+float64(look>>16%90)
	for i := range p {
		at := float64(i) / 255
		hue := (from + (to-from)*at) * math.Pi / 180
		channel := func(shift float64) uint8 {
			// A color wheel of three cosines, brighter and paler toward the end.
			wheel := 0.5 + 0.5*math.Cos(hue-shift*2*math.Pi/3)
			return uint8(255 * (0.08 + 0.92*at) * (0.35*at + (1-0.35*at)*(0.25+0.75*wheel)))
		}
		p[i] = color.RGBA{channel(0), channel(1), channel(2), 255}
	}
	return p
}

// The size of a video in bytes, at least and at most.
const videoLeast, videoMost = 2 << 20, 5 << 20

// inlineVideo is the size in bytes of a video that stands in the result itself.
const inlineVideo = 48 << 10

// videoSize returns the size in bytes of the video of a seed.
func videoSize(seed uint64) int64 { return videoLeast + int64(seed%(videoMost-videoLeast)) }

// video returns a file that is taken for an MP4 by who looks at its header: the boxes
// ftyp and mdat, the second full of noise.
func video(seed uint64, size int64) []byte {
	// The brands: isom, version 512, compatible with the rest (ISO/IEC 14496-12).
	const ftyp = "\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41"
	header := binary.BigEndian.AppendUint32([]byte(ftyp), uint32(size)-uint32(len(ftyp)))
	header = append(header, "mdat"...)
	file := make([]byte, size)
	var key [32]byte
	binary.BigEndian.PutUint64(key[:], seed)
	// Read of ChaCha8 never fails.
	_, _ = rand.NewChaCha8(key).Read(file[copy(file, header):])
	return file
}
