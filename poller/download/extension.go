package download

import (
	"mime"
	"net/url"
	"path"
	"strings"
)

// maxExtension is the length of the longest extension, in bytes.
const maxExtension = 11

// extensions of media types. The operating system's own tables are not asked:
// they differ from machine to machine, and so would the names.
var extensions = map[string]string{
	"image/png": "png", "image/jpeg": "jpg", "image/jpg": "jpg", "image/webp": "webp", "image/gif": "gif",
	"image/avif": "avif", "image/svg+xml": "svg", "image/bmp": "bmp", "image/tiff": "tif", "image/heic": "heic",
	"image/heif": "heif", "image/jxl": "jxl", "image/apng": "apng", "image/x-exr": "exr", "image/vnd.radiance": "hdr",
	"image/vnd.adobe.photoshop": "psd", "image/x-icon": "ico", "image/vnd.microsoft.icon": "ico",
	"video/mp4": "mp4", "video/webm": "webm", "video/quicktime": "mov", "video/x-matroska": "mkv",
	"video/x-msvideo": "avi", "video/mpeg": "mpg", "video/ogg": "ogv", "video/x-m4v": "m4v",
	"audio/mpeg": "mp3", "audio/mp3": "mp3", "audio/wav": "wav", "audio/x-wav": "wav", "audio/wave": "wav", "audio/vnd.wave": "wav",
	"audio/ogg": "ogg", "audio/opus": "opus", "audio/flac": "flac", "audio/x-flac": "flac", "audio/aac": "aac",
	"audio/mp4": "m4a", "audio/x-m4a": "m4a", "audio/webm": "weba", "audio/midi": "mid",
	"text/plain": "txt", "text/markdown": "md", "text/html": "html", "text/csv": "csv", "text/vtt": "vtt", "text/xml": "xml",
	"application/json": "json", "application/x-ndjson": "ndjson", "application/xml": "xml", "application/pdf": "pdf",
	"application/x-subrip": "srt", "application/zip": "zip", "application/gzip": "gz", "application/x-tar": "tar",
	"model/gltf-binary": "glb", "model/gltf+json": "gltf", "model/obj": "obj", "model/stl": "stl", "model/vnd.usdz+zip": "usdz",
	"model/ply": "ply", "model/3mf": "3mf",
}

// known are the extensions that a URL or a suggested name may give a file. Any other
// becomes bin, so that a server can't store a program or a shortcut that a click runs.
var known = func() map[string]bool {
	known := map[string]bool{
		"jpeg": true, "tiff": true, "fbx": true, "blend": true, "safetensors": true, "npy": true, "npz": true,
		"yaml": true, "tsv": true, "log": true, "mpeg": true, "aiff": true, "7z": true, "tgz": true,
	}
	for _, extension := range extensions {
		known[extension] = true
	}
	return known
}()

// usual extensions of the service's own words for kinds of output.
var usual = map[string]string{
	"image": "png", "video": "mp4", "audio": "mp3", "text": "txt", "json": "json",
	"model": "glb", "3d": "glb", "mesh": "glb",
}

// extension returns the extension for the job's file, without a dot: by the
// result's content type, the URL's path, the suggested name, the type of the answer
// (empty where there is none yet; servers that know no better say text/plain),
// the kind of output, and else bin.
func extension(j *Job, answered string) string {
	if found := extensionOf(j.ContentType); found != "" {
		return found
	}
	if u, err := url.Parse(j.URL); err == nil && fetchable(u) {
		if found := knownEnding(u.Path); found != "" {
			return found
		}
	}
	if found := knownEnding(j.FileName); found != "" {
		return found
	}
	if found := extensionOf(answered); found != "" {
		return found
	}
	kind := strings.ToLower(strings.TrimSpace(j.Type))
	switch found := usual[kind]; {
	case j.URL == "" && j.Content != "" && kind != "json":
		return "txt" // content in the result is text, of whatever kind it speaks
	case found != "":
		return found
	}
	return "bin"
}

// extensionOf returns the extension of a content type, empty if none is known.
func extensionOf(contentType string) string {
	// A parameter that is wrong does not make the type before it so.
	mediaType, _, _ := mime.ParseMediaType(contentType)
	return extensions[mediaType]
}

// knownEnding returns the extension that a path or name ends in, if it is one
// that a file may have.
func knownEnding(name string) string {
	found := strings.ToLower(strings.TrimPrefix(path.Ext(name), "."))
	if !known[found] {
		return ""
	}
	return found
}
