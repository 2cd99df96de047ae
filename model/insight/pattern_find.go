package insight

import (
	"strings"
	"unicode/utf8"
)

// finders are what is recognized where a word can begin, each by how many bytes
// of a text it is the start of; 0 for none. The first that finds something
// decides.
var finders = []struct {
	name string
	find func(string) int
}{
	{"<url>", locator},
	{"<time>", timestamp},
	{"<path>", path},
	{"<file>", fileName},
}

// quoteMost bounds in bytes how far a closing quote is looked for: beyond it, an
// opening quote is more likely to be a stray one.
const quoteMost = 600

// quoted returns the length of a quoted value, quotes and all, that begins at a
// place in a text. An apostrophe inside a word neither opens nor closes one.
func quoted(text string, at int) int {
	open, width := utf8.DecodeRuneInString(text[at:])
	end := closing(open)
	if end == 0 || at > 0 && open < utf8.RuneSelf && wordByte(text[at-1]) {
		return 0
	}
	for i := at + width; i < len(text) && i-at < quoteMost; {
		r, n := utf8.DecodeRuneInString(text[i:])
		i += n
		if r == end && (i == len(text) || end >= utf8.RuneSelf || !wordByte(text[i])) {
			return i - at
		}
	}
	return 0
}

// digit reports whether b is a digit, or the # that stands for some.
func digit(b byte) bool { return b >= '0' && b <= '9' || b == '#' }

func letter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }

// wordByte reports whether b is part of a word wherever it stands.
func wordByte(b byte) bool { return letter(b) || digit(b) || b == '_' }

// word returns the length of a word: letters, digits and underscores, also with
// dots, hyphens and at signs between them.
func word(text string) int {
	n := 0
	for n < len(text) {
		switch b := text[n]; {
		case wordByte(b):
		case (b == '.' || b == '-' || b == '@') && n > 0 && wordByte(text[n-1]) && n+1 < len(text) && wordByte(text[n+1]):
		default:
			return n
		}
		n++
	}
	return n
}

// sign returns the length of the signs in front of a number.
func sign(text string) int {
	n := 0
	for n < len(text) && (text[n] == '-' || text[n] == '+') {
		n++
	}
	if n == len(text) || !digit(text[n]) {
		return 0
	}
	return n
}

// locator returns the length of a URL: a scheme and :// and what follows, or a
// data URL. Punctuation at its end belongs to the sentence.
func locator(text string) int {
	n := 0
	for n < len(text) && n < 20 && (letter(text[n]) || n > 0 && (digit(text[n]) || strings.IndexByte("+.-", text[n]) >= 0)) {
		n++
	}
	switch {
	case n > 0 && strings.HasPrefix(text[n:], "://"):
		n += len("://")
	case n == len("data") && strings.HasPrefix(text, "data:") && strings.Contains(text[:min(len(text), 80)], ";base64,"):
	default:
		return 0
	}
	for n < len(text) && text[n] > ' ' && text[n] < utf8.RuneSelf && strings.IndexByte("\"'`<>|", text[n]) < 0 {
		n++
	}
	return n - trailing(text[:n], ".,;:!?)]}")
}

// trailing returns how many of the given characters stand at the end of text.
func trailing(text, set string) int { return len(text) - len(strings.TrimRight(text, set)) }

// path returns the length of a file's path, or of the like: an endpoint of
// several segments, a host with a path. A single slash between two words is
// none (and/or, image/png), nor are numbers with slashes.
func path(text string) int {
	n, slashes, numbers := 0, 0, true
	for n < len(text) {
		b := text[n]
		if b == '/' || b == '\\' {
			slashes++
		} else if !wordByte(b) && strings.IndexByte(".-~%+@:=", b) < 0 {
			break
		}
		numbers = numbers && (digit(b) || b == '/' || b == '.' || b == ':')
		n++
	}
	n -= trailing(text[:n], ".:=+-")
	run := text[:n]
	if slashes == 0 || numbers || !strings.ContainsFunc(run, func(r rune) bool { return wordByte(byte(r)) }) {
		return 0
	}
	rooted := strings.IndexByte(`/\~`, run[0]) >= 0 || strings.HasPrefix(run, "./") || strings.HasPrefix(run, "../") ||
		len(run) > 2 && letter(run[0]) && run[1] == ':' && (run[2] == '\\' || run[2] == '/')
	if rooted || slashes > 1 {
		return n
	}
	cut := strings.IndexAny(run, `/\`)
	if cut < 0 {
		return 0
	}
	if last := run[cut+1:]; identifies(run[:cut]) || identifies(last) || fileName(last) == len(last) && last != "" {
		return n
	}
	return 0
}

// extensions are those of the files that inputs, outputs, models and programs
// are in.
var extensions = map[string]bool{
	"png": true, "jpg": true, "jpeg": true, "webp": true, "gif": true, "bmp": true, "tif": true, "tiff": true,
	"avif": true, "heic": true, "svg": true, "psd": true, "exr": true, "hdr": true,
	"mp4": true, "mov": true, "webm": true, "mkv": true, "avi": true, "m4v": true,
	"mp3": true, "wav": true, "flac": true, "ogg": true, "opus": true, "aac": true, "m4a": true,
	"json": true, "jsonl": true, "yaml": true, "yml": true, "toml": true, "csv": true, "txt": true, "md": true,
	"log": true, "html": true, "xml": true, "pdf": true, "zip": true, "tar": true, "gz": true, "tmp": true,
	"glb": true, "gltf": true, "obj": true, "stl": true, "fbx": true, "usdz": true, "ply": true,
	"safetensors": true, "ckpt": true, "pt": true, "pth": true, "bin": true, "onnx": true, "gguf": true,
	"py": true, "go": true, "rs": true, "js": true, "ts": true, "cpp": true, "cc": true, "cu": true, "so": true, "dll": true,
}

// fileName returns the length of a file's name, known by its extension.
func fileName(text string) int {
	n := word(text)
	dot := strings.LastIndexByte(text[:n], '.')
	if dot <= 0 || !extensions[strings.ToLower(text[dot+1:n])] {
		return 0
	}
	return n
}
