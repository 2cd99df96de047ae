// Package fetch downloads the outputs of finished requests into a directory:
// a few at once, resumed where the server allows, tried again when that may
// help, and without ever replacing a file or writing outside the directory.
//
// It holds what comes from a server to be wrong or hostile: names, types, sizes,
// redirects. The user's headers go to the origin of the request's base alone.
package fetch

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"polltop/poller/queue"
	"polltop/poller/queue/guard"
)

// What options are when they are not given.
const (
	DefaultDir         = "polltop-out"
	DefaultConcurrency = 3
	DefaultMaxBytes    = 2 << 30
)

// Options configure a Fetcher. The zero value of each field is its default.
type Options struct {
	// Dir is the output directory; DefaultDir if empty. It is made when the
	// first output comes.
	Dir string
	// Concurrency is how many outputs are downloaded at once.
	Concurrency int
	// MaxBytes is the size in bytes beyond which a file is not downloaded.
	MaxBytes int64
	// Header returns the headers that requests under a base carry, credentials
	// included. It is asked only for a URL on the base's own origin; nil for
	// none at all.
	Header func(*queue.Base) http.Header
	// UserAgent names the program to the servers.
	UserAgent string
	// Secrets are texts that no error may show.
	Secrets []string
	// AllowPrivate lets outputs be fetched from every address; see
	// queue.OutputTransport.
	AllowPrivate bool
	// Dial opens connections; nil for the network. Tests pass their own.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
}

// Fetcher downloads outputs. It is safe for concurrent use, and has to be
// closed. Its goroutines run only while there is something to download.
type Fetcher struct {
	options   Options
	transport *queue.OutputTransport
	meter     meter
	notifier  *notifier
	backoff   func(try int, asked time.Duration) time.Duration

	ctx    context.Context // ends when the fetcher is closed
	cancel context.CancelFunc
	wg     sync.WaitGroup // the workers

	mu      sync.Mutex
	entries []*entry // in the order of addition
	byKey   map[key]*entry
	waiting []*entry // those of them whose turn has not come, the next one first
	workers int
	live    int // outputs that wait or run
	closed  bool

	shelfMu sync.Mutex
	shelf   *shelf // the output directory; nil until the first output comes
}

// New returns a fetcher, or an error that says which option is wrong.
func New(o Options) (*Fetcher, error) {
	o.Dir = cmp.Or(o.Dir, DefaultDir)
	if o.Concurrency == 0 {
		o.Concurrency = DefaultConcurrency
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	if o.Concurrency < 0 || o.MaxBytes < 0 {
		return nil, fmt.Errorf("downloads need a positive number at once and a positive limit in bytes, not %d and %d", o.Concurrency, o.MaxBytes)
	}
	// A short text would blot out harmless ones.
	o.Secrets = slices.DeleteFunc(slices.Clone(o.Secrets), func(secret string) bool { return len(secret) < 4 })
	f := &Fetcher{
		options:   o,
		transport: queue.NewOutputTransport(queue.OutputOptions{AllowPrivate: o.AllowPrivate, Concurrency: o.Concurrency, Dial: o.Dial}),
		notifier:  newNotifier(noticeEvery), backoff: backoff, byKey: map[key]*entry{},
	}
	f.ctx, f.cancel = context.WithCancel(context.Background())
	return f, nil
}

// Add has outputs downloaded and returns how many of them are new. An output
// that waits, runs or is on the disk already since New is none; one that failed
// is tried again. A closed fetcher takes none.
func (f *Fetcher) Add(jobs ...Job) (accepted int) {
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
	f.live += accepted
	for f.workers < min(f.options.Concurrency, f.live) {
		f.workers++
		f.wg.Go(guard.Func(f.work))
	}
	if accepted > 0 {
		f.notifier.notify()
	}
	return accepted
}

// Active reports whether an output waits or is being downloaded.
func (f *Fetcher) Active() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.live > 0
}

// Changed returns a channel that holds a token when Snapshot has something new
// to say, at most ten times a second. It is closed by Close. The rate alone
// changes without a token: while Active, look once a second too.
func (f *Fetcher) Changed() <-chan struct{} { return f.notifier.changed }

// Close stops all downloads and returns when they have. What has arrived stays
// on the disk, and a fetcher that is given the same outputs later goes on from
// there. Snapshot still works; closing twice does nothing more.
func (f *Fetcher) Close() {
	f.mu.Lock()
	f.closed = true
	for _, e := range f.waiting {
		e.state, e.err = Failed, errStopped.message
	}
	f.live -= len(f.waiting)
	f.waiting = nil
	f.mu.Unlock()
	f.cancel()
	f.wg.Wait()
	f.transport.CloseIdleConnections()
	f.notifier.close()
	f.shelfMu.Lock()
	defer f.shelfMu.Unlock()
	if f.shelf != nil {
		f.shelf.close()
		f.shelf = nil
	}
}

// work downloads what waits until nothing does.
func (f *Fetcher) work() {
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
		f.notifier.notify()

		name, state, err := f.obtain(e)
		f.mu.Lock()
		e.state, e.err = state, ""
		if err != nil {
			e.err = f.redact(err.Error())
		} else {
			e.path = name
		}
		e.job.Content = "" // of no more use, and possibly large
		f.live--
		f.mu.Unlock()
		f.notifier.notify()
	}
}

// full returns a name under the output directory as a path.
func (f *Fetcher) full(name string) string {
	return filepath.Join(f.options.Dir, filepath.FromSlash(name))
}

// arrived takes note of how much of a file is there, n bytes of it just now.
func (f *Fetcher) arrived(e *entry, p *part, n int) {
	e.bytes.Store(p.size)
	if n > 0 {
		f.meter.add(n, time.Now())
	}
	f.notifier.notify()
}

// tell puts a message beside a file that is still being downloaded.
func (f *Fetcher) tell(e *entry, message string) {
	message = f.redact(message)
	f.mu.Lock()
	e.err = message
	f.mu.Unlock()
	f.notifier.notify()
}

// redact blots the user's secrets out of a message, and bounds it.
func (f *Fetcher) redact(message string) string {
	for _, secret := range f.options.Secrets {
		message = strings.ReplaceAll(message, secret, "[redacted]")
	}
	return clip(message, 1000)
}
