package queue

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Inline reports whether the result itself holds the output's bytes.
func (o Output) Inline() bool { return o.Data != "" }

// Bytes returns the bytes of an inline output.
func (o Output) Bytes() ([]byte, error) {
	head, data, _ := strings.Cut(o.Data, ",")
	if dataType(o.Data) == "" {
		return nil, errors.New("the result does not hold the output's bytes")
	}
	unescaped, err := url.PathUnescape(data)
	if !strings.HasSuffix(strings.ToLower(head), ";base64") {
		return []byte(unescaped), err
	}
	if err == nil {
		data = unescaped
	}
	if decoded := decodeBase64(data); decoded != nil {
		return decoded, nil
	}
	return nil, errors.New("the output's base64 is damaged")
}

// The minimum length, in bytes, of base64 in a member whose name does not declare base64. The decoded
// bytes must be those of media.
const (
	minInlineLength      = 512
	minMediaInlineLength = 64 // if the name is one of mediaNames
)

// mediaNames are names of members with media, without a plural s.
var mediaNames = []string{"image", "video", "audio", "mask", "thumbnail", "picture", "frame", "img"}

// setInline sets the output's data to a text in base64, and reports whether the text is base64. If
// the member's name does not declare base64, the bytes must be those of media.
func (o *Output) setInline(name, s string) bool {
	s = strings.TrimSpace(s)
	lower := strings.ToLower(name)
	declared := strings.Contains(lower, "base64") || strings.Contains(lower, "b64") || lower == "file_data" ||
		o.ContentType != "" && (lower == "data" || lower == "bytes")
	minLength := minInlineLength
	if slices.Contains(mediaNames, nameKind(name)) {
		minLength = minMediaInlineLength
	}
	if s == "" || !declared && len(s) < minLength {
		return false
	}
	head := standardBase64.Replace(s[:min(len(s), 1024)])
	kind := mediaType(decodeBase64(head[:len(head)&^3]))
	if kind == "" {
		if !declared || decodeBase64(s) == nil {
			return false
		}
		kind = "application/octet-stream"
	}
	o.ContentType = cmp.Or(o.ContentType, kind)
	o.Data = "data:" + o.ContentType + ";base64," + standardBase64.Replace(s)
	return true
}

// standardBase64 converts base64 to the standard alphabet without white space.
var standardBase64 = strings.NewReplacer("\n", "", "\r", "", " ", "", "-", "+", "_", "/")

// decodeBase64 decodes base64 in any alphabet, with or without padding and line breaks; nil for any
// other text.
func decodeBase64(s string) []byte {
	decoded, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(standardBase64.Replace(s), "="))
	if err != nil || len(decoded) == 0 {
		return nil
	}
	return decoded
}

// mediaType returns the content type of an image, a video, a sound, a PDF or a 3D model from its first
// bytes; "" for any other.
func mediaType(body []byte) string {
	kind, _, _ := strings.Cut(http.DetectContentType(body), ";")
	major, _, _ := strings.Cut(kind, "/")
	switch {
	case bytes.HasPrefix(body, []byte("glTF")):
		return "model/gltf-binary"
	case bytes.HasPrefix(body, []byte{0xFF, 0xFB}), bytes.HasPrefix(body, []byte{0xFF, 0xF3}):
		return "audio/mpeg"
	case bytes.HasPrefix(body, []byte("fLaC")):
		return "audio/flac"
	case major == "image", major == "video", major == "audio", kind == "application/pdf", kind == "application/ogg":
		return kind
	}
	return ""
}

// dataType returns the content type of a data: URI, "" for any other text.
func dataType(s string) string {
	head, _, found := strings.Cut(s[:min(len(s), 300)], ",")
	if !found || len(head) < 5 || !strings.EqualFold(head[:5], "data:") {
		return ""
	}
	kind, _, _ := strings.Cut(head[5:], ";")
	return cmp.Or(strings.ToLower(kind), "text/plain")
}
