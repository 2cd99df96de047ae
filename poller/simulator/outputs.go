package simulator

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"hash/fnv"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"math"
	"math/rand/v2"
	"net/url"
	"strconv"
)

const (
	imageWidth, imageHeight    = 512, 384         // in pixels
	minVideoSize, maxVideoSize = 2 << 20, 5 << 20 // in bytes
	inlineVideoSize            = 48 << 10         // the size in bytes of a video within a result
)

// file describes a file in a result, with the fields of SeaCloud and of fal.
type file struct {
	Type        string  `json:"type,omitempty"`
	Text        string  `json:"text,omitempty"`
	URL         string  `json:"url,omitempty"`
	ContentType string  `json:"content_type,omitempty"`
	FileName    string  `json:"file_name,omitempty"`
	Width       int     `json:"width,omitempty"`
	Height      int     `json:"height,omitempty"`
	FileSize    int64   `json:"file_size,omitempty"` // bytes
	FileData    string  `json:"file_data,omitempty"` // base64
	Duration    float64 `json:"duration,omitempty"`  // seconds
}

// outputFile is one output file of a task. It is computed from the task's endpoint and id.
type outputFile struct {
	file
	name              string // in the URL, such as 1.mp4
	seed, paletteSeed uint64 // determine the content, and the colors that all files of an endpoint share
}

// output returns the task's output with a number from 1 on, without URL and size. The first output
// of a video endpoint is a video, all others are pictures.
func (t *task) output(number int) outputFile {
	e, digits := t.queue.endpoint, strconv.Itoa(number)
	p := outputFile{
		file: file{Type: "image", ContentType: "image/png", Width: imageWidth, Height: imageHeight},
		name: digits + ".png", seed: hash(e.Name, t.id, digits), paletteSeed: hash(e.Name),
	}
	switch {
	case e.Video && number == 1:
		p.name, p.file = digits+".mp4", file{Type: "video", ContentType: "video/mp4", Width: 1280, Height: 720, Duration: 5}
	case e.JPEG:
		p.name, p.ContentType = digits+".jpg", "image/jpeg"
	}
	p.FileName = p.name
	if number <= len(t.plan.FileNames) {
		p.FileName = cmp.Or(t.plan.FileNames[number-1], p.name)
	}
	return p
}

func (x *Exchange) outputs() []outputFile {
	files := x.server.FilesURL()
	list := make([]outputFile, x.task.outputCount())
	for i := range list {
		p := x.task.output(i + 1)
		p.URL, p.FileSize = files+"/files/"+url.PathEscape(x.task.id)+"/"+p.name, videoSize(p.seed)
		if p.Type != "video" {
			p.FileSize = int64(len(p.content()))
		}
		list[i] = p
	}
	return list
}

func (t *task) outputCount() int { return max(1, t.plan.Outputs) }

func (p outputFile) content() []byte {
	if p.Type == "video" {
		return video(p.seed, videoSize(p.seed))
	}
	return picture(p.paletteSeed, p.seed, p.ContentType == "image/jpeg")
}

// prompts are the prompts of tasks without one: short and long, in several scripts.
var prompts = []string{
	"a lighthouse in the fog, long exposure, film grain",
	"an origami fox on a mossy stone, macro photograph, shallow depth of field",
	"isometric cutaway of a tiny bakery at dawn, warm light in the windows, snow on the roof, people queueing " +
		"with umbrellas, a cat on the counter, ultra detailed, soft shadows, 35 mm",
	"雨の夜の路地、ネオンの反射、傘をさす人 ☔",
	"the camera pans slowly over a coral reef while a school of silver fish turns as one",
	"ein Heißluftballon über den Alpen, Aquarell",
	"vintage travel poster: \"Visit Mars\", three colors, bold geometry\nno people, no border",
	"portrait of an old watchmaker, Rembrandt lighting",
}

func (t *task) prompt() string {
	if t.plan.Prompt != "" {
		return t.plan.Prompt
	}
	return prompts[hash("prompt", t.id)%uint64(len(prompts))]
}

// base64 returns the file's bytes in base64. A video is shorter than its file, to bound the size of
// the result.
func (p outputFile) base64() string {
	if p.Type == "video" {
		return base64.StdEncoding.EncodeToString(video(p.seed, inlineVideoSize))
	}
	return base64.StdEncoding.EncodeToString(p.content())
}

func (p outputFile) dataURI() string { return "data:" + p.ContentType + ";base64," + p.base64() }

// text returns the output of a task with ShapeText.
func (t *task) text() string { return "A caption for: " + t.prompt() }

func (t *task) seed() uint64 { return hash("seed", t.id) >> 32 }

// hash returns a 64-bit hash of the texts. A step of splitmix64 spreads it over all bits.
func hash(texts ...string) uint64 {
	h := fnv.New64a()
	for _, text := range texts {
		// The zero byte makes "a", "b" differ from "ab". A hash's Write never fails.
		_, _ = io.WriteString(h, text+"\x00")
	}
	x := h.Sum64() + 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// picture returns an image file: its colors follow from paletteSeed, its pattern from seed.
func picture(paletteSeed, seed uint64, asJPEG bool) []byte {
	var b bytes.Buffer
	encode := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode
	if asJPEG {
		encode = func(w io.Writer, m image.Image) error { return jpeg.Encode(w, m, nil) }
	}
	if err := encode(&b, draw(paletteSeed, seed)); err != nil {
		panic(err) // impossible: a buffer accepts every write, and the image is valid
	}
	return b.Bytes()
}

// draw draws waves in a palette of 256 colors from dark to light. The palette keeps the file small
// and quick to encode, because tests read thousands of results.
func draw(paletteSeed, seed uint64) *image.Paletted {
	colors := make(color.Palette, 256)
	for i := range colors {
		light := float64(i) / 255
		hue := float64(paletteSeed%360)*math.Pi/180 + 2*light
		channel := func(shift float64) uint8 { return uint8(255 * light * (0.75 + 0.25*math.Cos(hue-shift*2*math.Pi/3))) }
		colors[i] = color.RGBA{channel(0), channel(1), channel(2), 255}
	}
	img := image.NewPaletted(image.Rect(0, 0, imageWidth, imageHeight), colors)
	wave := func(at, turns int, phase uint64) int {
		return int(48 * math.Sin(2*math.Pi*(float64(at*turns)/imageWidth+float64(phase&0xff)/256)))
	}
	var across [imageWidth]int
	for x := range across {
		across[x] = wave(x, 2+int(seed&3), seed>>8) + wave(x, 5, seed>>16)/2
	}
	for y := range imageHeight {
		level := 128 + wave(y, 1+int(seed>>2&3), seed>>24)
		for x, offset := range across {
			img.Pix[y*img.Stride+x] = uint8(min(max(level+offset, 0), 255))
		}
	}
	return img
}

// videoSize returns the size in bytes of the video with a seed.
func videoSize(seed uint64) int64 { return minVideoSize + int64(seed%(maxVideoSize-minVideoSize)) }

// video returns a file with the header of an MP4: the box ftyp, and a box mdat with random bytes.
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
