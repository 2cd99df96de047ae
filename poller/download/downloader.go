package download

import (
	"context"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"polltop/poller/guard"
	"polltop/poller/queue"
	"polltop/poller/signal"
)

// atOnce is how many outputs are downloaded at once: more would take the bandwidth from each
// other.
const atOnce = 3

// Options configure a Downloader.
type Options struct {
	// Dir is the output directory. It is created for the first output.
	Dir string
	// MaxBytes is the size in bytes beyond which a file is not downloaded.
	MaxBytes int64
	// Header returns the headers of requests to a base, credentials included. It is
	// called only for URLs on the base's own origin; nil for no headers at all.
	Header func(*queue.Base) http.Header
	// UserAgent names the program to the servers.
	UserAgent string
	// Secrets are texts that are redacted from errors.
	Secrets []string
	// AllowPrivate lets outputs be fetched from every address; see
	// queue.OutputTransport.
	AllowPrivate bool
	// Dial opens connections; nil for the network. Tests pass their own.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
}

// Downloader downloads outputs. It is safe for concurrent use, and must be closed. Its
// goroutines run only while there is something to download.
type Downloader struct {
	options   Options
	atOnce    int // tests set another
	transport *queue.OutputTransport
	meter     meter
	changed   signal.Signal
	backoff   func(try int, retryAfter time.Duration) time.Duration

	ctx    context.Context // ends when the downloader is closed
	cancel context.CancelFunc
	wg     sync.WaitGroup // the workers

	mu         sync.Mutex
	entries    []*entry // in the order of addition
	byKey      map[key]*entry
	waiting    []*entry // those that no worker has taken yet, in order
	workers    int
	unfinished int // outputs that are waiting or running
	closed     bool

	dirMu sync.Mutex
	dir   *outputDir // nil until the first output
}

// New returns a downloader.
func New(o Options) *Downloader {
	// A short text would redact harmless ones.
	o.Secrets = slices.DeleteFunc(slices.Clone(o.Secrets), func(secret string) bool { return len(secret) < 4 })
	f := &Downloader{
		options:   o,
		atOnce:    atOnce,
		transport: queue.NewOutputTransport(queue.OutputOptions{AllowPrivate: o.AllowPrivate, Concurrency: atOnce, Dial: o.Dial}),
		changed:   signal.New(), backoff: retryDelay, byKey: map[key]*entry{},
	}
	f.ctx, f.cancel = context.WithCancel(context.Background())
	return f
}

// Add enqueues outputs and returns how many it accepted. It skips those that were added
// before, except failed ones, which are tried again. A closed downloader accepts none.
func (f *Downloader) Add(jobs ...Job) (accepted int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return 0
	}
	for _, job := range jobs {
		k := key{job.Request.Key(), job.N}
		e, ok := f.byKey[k]
		if ok && e.state != Failed {
			continue
		}
		if !ok {
			e = &entry{}
			f.byKey[k] = e
			f.entries = append(f.entries, e)
		}
		e.reset(job, outputName(&job, extension(&job, "")))
		f.waiting = append(f.waiting, e)
		accepted++
	}
	f.unfinished += accepted
	for f.workers < min(f.atOnce, f.unfinished) {
		f.workers++
		f.wg.Go(guard.Func(f.work))
	}
	if accepted > 0 {
		f.changed.Set()
	}
	return accepted
}

// Active reports whether an output is waiting or running.
func (f *Downloader) Active() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.unfinished > 0
}

// Changed returns a channel that receives a value when Snapshot has changed, one for any
// number of changes. Close closes it. The rate also changes without a value: while
// Active, call Snapshot once a second too.
func (f *Downloader) Changed() <-chan struct{} { return f.changed }

// Close stops all downloads and waits for them. What has arrived stays on disk, and a
// later run resumes from there. Snapshot still works; a second Close does nothing.
func (f *Downloader) Close() {
	f.mu.Lock()
	again := f.closed
	f.closed = true
	for _, e := range f.waiting {
		e.state, e.err = Failed, errStopped.message
	}
	f.unfinished -= len(f.waiting)
	f.waiting = nil
	f.mu.Unlock()
	f.cancel()
	f.wg.Wait()
	f.transport.CloseIdleConnections()
	if !again {
		close(f.changed)
	}
	f.dirMu.Lock()
	defer f.dirMu.Unlock()
	if f.dir != nil {
		f.dir.close()
		f.dir = nil
	}
}

// work downloads waiting outputs until there are none.
func (f *Downloader) work() {
	for {
		f.mu.Lock()
		if len(f.waiting) == 0 {
			f.workers--
			f.mu.Unlock()
			return
		}
		e := f.waiting[0]
		f.waiting = f.waiting[1:]
		e.state = Running
		f.mu.Unlock()
		f.changed.Set()

		name, state, err := f.process(e)
		f.mu.Lock()
		e.state, e.err = state, ""
		if err != nil {
			e.err = f.redact(err.Error())
		} else {
			e.path = name
		}
		e.job.Content = "" // it may be large
		f.unfinished--
		f.mu.Unlock()
		f.changed.Set()
	}
}

// full returns the path of a name under the output directory.
func (f *Downloader) full(name string) string {
	return filepath.Join(f.options.Dir, filepath.FromSlash(name))
}

// progressed records how much of a file has arrived, and that n bytes came just now.
func (f *Downloader) progressed(e *entry, p *part, n int) {
	e.bytes.Store(p.size)
	if n > 0 {
		f.meter.add(n, time.Now())
	}
	f.changed.Set()
}

// report sets the message of a file that is still being downloaded.
func (f *Downloader) report(e *entry, message string) {
	message = f.redact(message)
	f.mu.Lock()
	e.err = message
	f.mu.Unlock()
	f.changed.Set()
}

// redact removes the user's secrets from a message, and bounds its length.
func (f *Downloader) redact(message string) string {
	for _, secret := range f.options.Secrets {
		message = strings.ReplaceAll(message, secret, "[redacted]")
	}
	return queue.Truncate(message, 1000)
}
