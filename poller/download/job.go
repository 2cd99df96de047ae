package download

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"

	"polltop/poller/queue"
)

// Job is one output to download. Its fields may be hostile, because they come from the service.
type Job struct {
	// Request is the request of the output. The user's headers are sent only to the origin of
	// its Base; to none if that is nil.
	Request queue.Request
	N       int // the output's number among the request's outputs, from 1
	// Output is at its URL, else in Content, else in Data. Its FileSize is used for the progress
	// bar, and to detect a truncated transfer if the answer has no length.
	queue.Output
}

// Jobs returns the downloads of a request's outputs.
func Jobs(r queue.Request, outputs []queue.Output) []Job {
	jobs := make([]Job, len(outputs))
	for i, o := range outputs {
		jobs[i] = Job{r, i + 1, o}
	}
	return jobs
}

// identity identifies an output across runs, by 32 hexadecimal digits. It does not depend on the URL,
// because signed URLs differ each time.
func (j *Job) identity() string {
	base := ""
	if j.Request.Base != nil {
		base = j.Request.Base.String()
	}
	return digest(fmt.Sprintf("%q %q %d", base, j.Request.ID, j.N))
}

// address returns the URL to download; nil for an output that is in the result itself.
func (j *Job) address() (*url.URL, error) {
	u, err := url.Parse(j.URL)
	switch {
	case j.URL == "" && j.Content == "" && j.Data == "":
		return nil, &downloadError{message: "the output has neither a URL nor content; fetch the result again, or look at it in the detail pane"}
	case j.URL == "":
		return nil, nil
	case err != nil:
		return nil, &downloadError{message: "the output's URL is not a valid one; fetch the result again, or look at it in the detail pane"}
	case !queue.Fetchable(u):
		return nil, &downloadError{message: fmt.Sprintf("the output's URL is a %q one: only http and https can be downloaded", queue.Truncate(u.Scheme, 20))}
	}
	return u, nil
}

// inline returns the bytes of an output that is in the result itself.
func (j *Job) inline() ([]byte, error) {
	if j.Content != "" {
		return []byte(j.Content), nil
	}
	data, err := j.Bytes()
	if err != nil {
		return nil, &downloadError{message: err.Error() + "; look at the raw result in the detail pane"}
	}
	return data, nil
}

// sourceID identifies the URL of a file in partInfo. It is a hash, because a URL can be a secret, and
// does not depend on the query, because signatures in it differ each time. It is "" without a URL.
func sourceID(u *url.URL) string {
	if u == nil {
		return ""
	}
	return digest(u.Scheme + "://" + u.Host + u.EscapedPath())
}

// digest returns a text's hash in 32 hexadecimal digits.
func digest(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text)))[:32] }

// entry is a job and its progress. Downloader.mu guards state, path and err; the worker that runs the
// job owns the other fields.
type entry struct {
	job  Job
	name string // the expected path in the output directory, with slashes

	state State
	path  string // name until the file is complete, then the final path
	err   string // why it failed or is being retried; "" for nothing

	bytes, total atomic.Int64
}

// reset makes the entry wait for a worker. name is the expected path of the file.
func (e *entry) reset(job Job, name string) {
	e.job, e.name, e.path = job, name, name
	e.state, e.err = Waiting, ""
	e.bytes.Store(0)
	e.total.Store(-1)
	switch {
	case job.URL == "" && job.Content != "":
		e.total.Store(int64(len(job.Content)))
	case job.FileSize > 0:
		e.total.Store(job.FileSize)
	}
}

// maxExtension is the length in bytes of the longest extension.
const maxExtension = 11

// extensions are the extensions of media types. The operating system's tables are not used, because
// they differ from machine to machine.
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

// allowedExtensions are the extensions that a URL or a suggested name may give a file. Any other
// becomes bin, so that a server can't store a program or a shortcut that a click runs.
var allowedExtensions = func() map[string]bool {
	allowed := map[string]bool{
		"jpeg": true, "tiff": true, "fbx": true, "blend": true, "safetensors": true, "npy": true, "npz": true,
		"yaml": true, "tsv": true, "log": true, "mpeg": true, "aiff": true, "7z": true, "tgz": true,
	}
	for _, extension := range extensions {
		allowed[extension] = true
	}
	return allowed
}()

// defaultExtensions are the extensions of the services' words for kinds of output.
var defaultExtensions = map[string]string{
	"image": "png", "video": "mp4", "audio": "mp3", "text": "txt", "json": "json",
	"model": "glb", "3d": "glb", "mesh": "glb",
}

// extension returns the extension of the job's file, without a dot: by the result's content type, the
// URL's path, the suggested name, the content type of the answer ("" before there is one; often a
// wrong text/plain), the kind of output, and else bin.
func extension(j *Job, answerType string) string {
	ofURL, kind := "", strings.ToLower(strings.TrimSpace(j.Type))
	if u, err := url.Parse(j.URL); err == nil && queue.Fetchable(u) {
		ofURL = allowedExtension(u.Path)
	}
	if j.URL == "" && j.Content != "" && kind != "json" {
		kind = "text" // content in the result is text, whatever its kind
	}
	return cmp.Or(extensionOfType(j.ContentType), ofURL, allowedExtension(j.FileName), extensionOfType(answerType), defaultExtensions[kind], "bin")
}

// textual are extensions of files that may be empty, or begin as web pages, XML or JSON do; bin is
// that of a file of which nothing is known.
var textual = []string{"html", "xml", "svg", "json", "ndjson", "gltf", "txt", "md", "csv", "tsv", "vtt", "srt", "yaml", "log", "bin"}

// textTypes matches the content types of pictures and models that are XML or JSON.
var textTypes = regexp.MustCompile(`(?i)^\s*(image|model)/[^;]*\+(xml|json)\b`)

// checkContent returns an error if the content of a part is none of the job's output: nothing, or
// what a server sends with HTTP 200 in place of a file that it does not give.
func (j *Job) checkContent(p *part, host string) error {
	expected := extension(j, "")
	if slices.Contains(textual, expected) || p.size > 0 && textTypes.MatchString(p.info.ContentType) {
		return nil
	}
	head := make([]byte, 512) // as much as DetectContentType looks at
	n, err := p.file.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return diskError("can't read", p.dir.fullPath(p.name), err)
	}
	head = bytes.TrimPrefix(head[:n], []byte("\xef\xbb\xbf"))
	kind, _, _ := strings.Cut(http.DetectContentType(head), ";")
	what := map[string]string{"text/html": "a web page", "text/xml": "XML"}[kind]
	switch {
	case n == 0:
		what = "an empty file"
	case kind == "text/plain" && bytes.HasPrefix(bytes.TrimSpace(head), []byte("{")):
		what = "JSON"
	case what == "", what == "XML" && bytes.Contains(head, []byte("<svg")):
		return nil
	}
	return &downloadError{message: fmt.Sprintf("%s sends %s, where a %s was expected; fetch the result again for a fresh link", host, what, expected), discard: true}
}

// extensionOfType returns the extension of a content type; "" for an unknown one.
func extensionOfType(contentType string) string {
	mediaType, _, _ := mime.ParseMediaType(contentType) // it also returns the type if a parameter is invalid
	return extensions[mediaType]
}

// allowedExtension returns the extension of a path or name; "" if it is not allowed.
func allowedExtension(name string) string {
	found := strings.ToLower(strings.TrimPrefix(path.Ext(name), "."))
	if !allowedExtensions[found] {
		return ""
	}
	return found
}
