package download

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"os"
	"sync"
	"time"

	"polltop/poller/guard"
	"polltop/poller/queue"
	"polltop/poller/signal"
)

// defaultConcurrency is how many outputs are downloaded at once. More would compete for bandwidth.
const defaultConcurrency = 3

// Options configure a Downloader.
type Options struct {
	Dir      string // the output directory, which is created for the first output
	MaxBytes int64  // the maximum size of a file in bytes
	// Header returns the headers of requests to a base, including credentials. It is called only
	// for URLs on the base's origin; nil for no headers.
	Header    func(*queue.Base) http.Header
	UserAgent string                 // the User-Agent header, unless Header sets one
	Outputs   *queue.OutputTransport // makes the requests; nil uses one that refuses private addresses
	Redact    func(string) string    // removes the user's secrets from an error; nil for no secrets
}

// Downloader downloads outputs. It is safe for concurrent use, and must be closed. It has goroutines
// only while outputs are waiting or running.
type Downloader struct {
	options     Options
	concurrency int // tests set another
	changed     signal.Signal
	backoff     func(try int, retryAfter time.Duration) time.Duration

	ctx    context.Context // ends when the downloader is closed
	cancel context.CancelFunc
	wg     sync.WaitGroup // the workers

	mu      sync.Mutex
	meter   meter
	entries []*entry          // in the order of addition
	byID    map[string]*entry // by Job.identity
	waiting []*entry          // not yet started, in order
	workers int               // the running goroutines
	closed  bool

	dirMu sync.Mutex
	dir   *outputDir // nil until the first output
}

// New returns a downloader.
func New(o Options) *Downloader {
	o.Outputs = cmp.Or(o.Outputs, &queue.OutputTransport{Concurrency: defaultConcurrency})
	f := &Downloader{options: o, concurrency: defaultConcurrency, changed: signal.New(), backoff: retryDelay, byID: map[string]*entry{}}
	f.ctx, f.cancel = context.WithCancel(context.Background())
	return f
}

// Add enqueues outputs and returns how many it accepted. It skips outputs that were added before,
// unless they have failed. A closed downloader accepts none.
func (f *Downloader) Add(jobs ...Job) (accepted int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return 0
	}
	for _, job := range jobs {
		id := job.identity()
		e, ok := f.byID[id]
		if ok && e.state != Failed {
			continue
		}
		if !ok {
			e = &entry{}
			f.byID[id] = e
			f.entries = append(f.entries, e)
		}
		e.reset(job, outputName(&job, extension(&job, "")))
		f.waiting = append(f.waiting, e)
		accepted++
	}
	for range min(f.concurrency-f.workers, len(f.waiting)) {
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
	return f.workers > 0
}

// Changed returns a channel that receives one value for any number of changes of Snapshot. Close
// closes it. The rate also changes without a value: while Active, call Snapshot every second.
func (f *Downloader) Changed() <-chan struct{} { return f.changed }

// Close stops all downloads and waits for them. A later run resumes them. Snapshot still works; a
// second Close does nothing.
func (f *Downloader) Close() {
	f.mu.Lock()
	wasClosed := f.closed
	f.closed = true
	for _, e := range f.waiting {
		e.state, e.err = Failed, errStopped.message
	}
	f.waiting = nil
	f.mu.Unlock()
	f.cancel()
	f.wg.Wait()
	f.options.Outputs.CloseIdleConnections()
	if !wasClosed {
		close(f.changed)
	}
	f.dirMu.Lock()
	defer f.dirMu.Unlock()
	if f.dir != nil {
		f.dir.root.Close()
		f.dir = nil
	}
}

// work downloads waiting outputs until none is left.
func (f *Downloader) work() {
	f.mu.Lock()
	for len(f.waiting) > 0 {
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
		e.job.Content, e.job.Data = "", "" // they may be large
	}
	f.workers--
	f.mu.Unlock()
	f.changed.Set()
}

// recordProgress records the size of a part, to which n bytes were just added.
func (f *Downloader) recordProgress(e *entry, p *part, n int) {
	e.bytes.Store(p.size)
	if n > 0 {
		f.mu.Lock()
		f.meter.add(n, time.Now())
		f.mu.Unlock()
	}
	f.changed.Set()
}

// setMessage sets the message of a running download.
func (f *Downloader) setMessage(e *entry, message string) {
	message = f.redact(message)
	f.mu.Lock()
	e.err = message
	f.mu.Unlock()
	f.changed.Set()
}

// redact removes the user's secrets from a message, and bounds its length.
func (f *Downloader) redact(message string) string {
	if f.options.Redact != nil {
		message = f.options.Redact(message)
	}
	return queue.Truncate(message, 1000)
}

// process downloads an output unless an earlier run has done so. It returns the name of the file, and
// Done or AlreadyDownloaded.
func (f *Downloader) process(e *entry) (name string, state State, err error) {
	d, err := f.open()
	if err != nil {
		return "", Failed, err
	}
	j, identity := &e.job, e.job.identity()
	if name, size, ok := d.find(identity); ok {
		d.removePart(partName(e.name, identity)) // a killed run may have left it
		e.bytes.Store(size)
		e.total.Store(size)
		return name, AlreadyDownloaded, nil
	}
	address, err := j.address()
	if err != nil {
		return "", Failed, err
	}
	p, err := d.openPart(e.name, identity, sourceID(address))
	if err != nil {
		return "", Failed, err
	}
	defer p.close()
	f.recordProgress(e, p, 0)
	if address == nil {
		err = f.writeContent(e, p)
	} else {
		err = f.transfer(f.ctx, e, address, p)
		if err == nil {
			err = j.checkContent(p, address.Host)
		}
	}
	if failed, ok := errors.AsType[*downloadError](err); ok && failed.discard {
		d.removePart(p.name)
		e.bytes.Store(0)
	}
	if err == nil {
		name, err = d.finalize(p, outputName(j, extension(j, p.info.ContentType)))
	}
	if err != nil {
		return "", Failed, err
	}
	e.total.Store(p.size)
	return name, Done, nil
}

// open returns the output directory, and opens it on the first call.
func (f *Downloader) open() (*outputDir, error) {
	f.dirMu.Lock()
	defer f.dirMu.Unlock()
	if f.dir != nil {
		return f.dir, nil
	}
	dir := f.options.Dir
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, diskError("can't make the directory", dir, err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, diskError("can't open the directory", dir, err)
	}
	f.dir = &outputDir{path: dir, root: root, ledger: ledger{files: map[string]record{}}, link: root.Link, write: (*os.File).Write}
	return f.dir, nil
}

// writeContent writes an output that is in the result itself.
func (f *Downloader) writeContent(e *entry, p *part) error {
	content, err := e.job.inline()
	if err != nil {
		return err
	}
	size := int64(len(content))
	if size > f.options.MaxBytes {
		return errTooLarge(size, f.options.MaxBytes)
	}
	if err := p.begin(partInfo{Total: size}); err != nil {
		return err
	}
	err = p.write(content)
	f.recordProgress(e, p, 0)
	return err
}
