package download

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"sync/atomic"

	"polltop/poller/queue"
)

// Job is one output to download. Its fields are as the service sent them; the
// downloader makes safe what it uses.
type Job struct {
	// Request is the request that made the output. Only the origin of its Base gets
	// the user's headers; with nil, none does.
	Request queue.Request
	// N is the output's number among the request's outputs, from 1.
	N int
	// URL is the output's address: http or https. It is empty for an output that
	// the result itself holds, which is then in Content or Data.
	URL string
	// Content is the text of an output that the result itself holds. It is ignored if
	// there is a URL.
	Content string
	// Data is an output that the result itself holds as a data: URI (see
	// queue.Output). It is ignored if there is a URL or Content.
	Data string
	// Type is the service's word for the output: image, video, audio, text.
	Type string
	// ContentType is the media type, such as image/png; empty if unknown.
	ContentType string
	// FileName is the name that the service suggests; empty for none.
	FileName string
	// Size is the size in bytes that the result says, 0 or less for none. It is used
	// for the progress bar, and to detect a cut transfer if the answer itself has no
	// length.
	Size int64
}

// Jobs returns the downloads of a request's outputs.
func Jobs(r queue.Request, outputs []queue.Output) []Job {
	jobs := make([]Job, 0, len(outputs))
	for i, o := range outputs {
		jobs = append(jobs, Job{
			Request: r, N: i + 1, URL: o.URL, Content: o.Content, Data: o.Data, Type: o.Type,
			ContentType: o.ContentType, FileName: o.FileName, Size: o.FileSize,
		})
	}
	return jobs
}

// key identifies an output.
type key struct {
	request queue.Key
	n       int
}

// identity identifies an output on disk, across runs: 32 hexadecimal digits. It leaves
// out the URL, because signed URLs differ each time.
func (j *Job) identity() string {
	base := ""
	if j.Request.Base != nil {
		base = j.Request.Base.String()
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %d", base, j.Request.ID, j.N))
	return hex.EncodeToString(sum[:16])
}

// address returns the URL to download, nil for an output that the result itself holds.
// It leaves out a user name and password: they would be sent as credentials that the
// user never gave.
func (j *Job) address() (*url.URL, error) {
	if j.URL == "" && j.Content == "" && j.Data == "" {
		return nil, &downloadError{message: "the output has neither a URL nor content; fetch the result again, or look at it in the detail pane"}
	}
	if j.URL == "" {
		return nil, nil
	}
	u, err := url.Parse(j.URL)
	if err != nil {
		return nil, &downloadError{message: "the output's URL is not a valid one; fetch the result again, or look at it in the detail pane"}
	}
	if !fetchable(u) {
		return nil, &downloadError{message: fmt.Sprintf("the output's URL is a %q one: only http and https can be downloaded", queue.Truncate(u.Scheme, 20))}
	}
	u.User = nil
	return u, nil
}

// inline returns the bytes of an output that the result itself holds.
func (j *Job) inline() ([]byte, error) {
	if j.Content != "" {
		return []byte(j.Content), nil
	}
	data, err := queue.Output{Data: j.Data}.Bytes()
	if err != nil {
		return nil, &downloadError{message: err.Error() + "; look at the raw result in the detail pane"}
	}
	return data, nil
}

// fetchable reports whether a URL can be downloaded: http or https with a host.
func fetchable(u *url.URL) bool {
	return (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != ""
}

// source identifies the URL of a file for partInfo. It is a hash, because a URL can be
// a secret, and leaves out the query, because signatures in it differ each time. It is
// empty for an output without a URL.
func source(u *url.URL) string {
	if u == nil {
		return ""
	}
	sum := sha256.Sum256([]byte(u.Scheme + "://" + u.Host + u.EscapedPath()))
	return hex.EncodeToString(sum[:16])
}

// entry is a job and its progress. Downloader.mu guards state, path and err; the worker
// that runs the job owns the rest.
type entry struct {
	job  Job
	name string // the file's expected name under the output directory, with slashes

	state State
	path  string // its name so far; the final one may have another extension or a number
	err   string

	bytes, total atomic.Int64
}

// reset makes the entry wait for a worker. The file is to have the given name.
func (e *entry) reset(job Job, name string) {
	e.job, e.name, e.path = job, name, name
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
