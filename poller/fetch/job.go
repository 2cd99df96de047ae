package fetch

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"sync/atomic"

	"polltop/poller/queue"
)

// Job is one output to have on disk. What the service told of it is taken as
// it came; the fetcher makes safe what it uses.
type Job struct {
	// Request is the request that the output is of. Its Base is the only place
	// that may see the user's headers; where it is nil, none may.
	Request queue.Request
	// N is the output's place among the request's outputs, from 1.
	N int
	// URL is where the output lies: http or https. It is empty for an output
	// that came in the result itself, which Content or Data then holds.
	URL string
	// Content is the text of an output that came in the result itself. It is
	// ignored where there is a URL.
	Content string
	// Data is an output that came in the result itself as a data: URI (see
	// queue.Output). It is ignored where there is a URL or Content.
	Data string
	// Type is the service's word for the output: image, video, audio, text.
	Type string
	// ContentType is the media type, such as image/png; empty when not told.
	ContentType string
	// FileName is the name that the service suggests; empty when not told.
	FileName string
	// Size is the told size in bytes, 0 or less when not told. It serves the
	// progress bar, and tells a cut transfer where nothing else does; where
	// the transfer itself says how long it is, that counts.
	Size int64
}

// key tells outputs apart.
type key struct {
	request queue.Key
	n       int
}

// identity tells outputs apart on disk, across runs: 32 hexadecimal digits. It
// leaves out the URL, which is a new one each time where URLs are signed.
func (j *Job) identity() string {
	base := ""
	if j.Request.Base != nil {
		base = j.Request.Base.String()
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %d", base, j.Request.ID, j.N))
	return hex.EncodeToString(sum[:16])
}

// address returns the URL to fetch, nil for an output whose content is here
// already. It leaves out a user name and password: they would be sent as
// credentials that the user never gave.
func (j *Job) address() (*url.URL, error) {
	if j.URL == "" && j.Content == "" && j.Data == "" {
		return nil, &trouble{message: "the output has neither a URL nor content; fetch the result again, or look at it in the detail pane"}
	}
	if j.URL == "" {
		return nil, nil
	}
	u, err := url.Parse(j.URL)
	if err != nil {
		return nil, &trouble{message: "the output's URL is not a valid one; fetch the result again, or look at it in the detail pane"}
	}
	if !fetchable(u) {
		return nil, &trouble{message: fmt.Sprintf("the output's URL is a %q one: only http and https can be downloaded", clip(u.Scheme, 20))}
	}
	u.User = nil
	return u, nil
}

// inline returns the bytes of an output that came in the result itself.
func (j *Job) inline() ([]byte, error) {
	if j.Content != "" {
		return []byte(j.Content), nil
	}
	data, err := queue.Output{Data: j.Data}.Bytes()
	if err != nil {
		return nil, &trouble{message: err.Error() + "; look at the raw result in the detail pane"}
	}
	return data, nil
}

// fetchable reports whether a URL is of a kind that is ever asked.
func fetchable(u *url.URL) bool {
	return (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != ""
}

// source names where a file comes from as the note beside a part does, to tell
// a part of another file. It is a hash, and without the query, as a URL can hold
// a signature that should not lie on the disk and differs each time. It is empty
// for what comes from no URL.
func source(u *url.URL) string {
	if u == nil {
		return ""
	}
	sum := sha256.Sum256([]byte(u.Scheme + "://" + u.Host + u.EscapedPath()))
	return hex.EncodeToString(sum[:16])
}

// entry is a job and how far it is. The fetcher's lock guards state, path and
// err; the worker that runs the job owns the rest.
type entry struct {
	job  Job
	want string // the file's name under the output directory, with slashes

	state State
	path  string // where it is or is to be, under the output directory, with slashes
	err   string

	bytes, total atomic.Int64
}

// reset makes the entry wait for a worker with a job, anew.
func (e *entry) reset(job Job, want string) {
	e.job, e.want, e.path = job, want, want
	e.state, e.err = Waiting, ""
	e.bytes.Store(0)
	e.total.Store(-1)
	switch {
	case job.URL == "" && job.Content != "":
		e.total.Store(int64(len(job.Content)))
	case job.Size > 0:
		e.total.Store(job.Size)
	}
}
