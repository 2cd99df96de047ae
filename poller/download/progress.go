package download

import (
	"math"
	"path"
	"time"

	"polltop/poller/queue"
)

// State is the state of an output's file.
type State uint8

const (
	Waiting      State = iota // its turn has not come
	Running                   // is being downloaded, or waits to be tried again
	Done                      // was downloaded
	Failed                    // was not, and is not tried again by itself
	AlreadyThere              // was downloaded by an earlier run, and is as it was
	StateCount                // how many states there are
)

// File is the progress of one output.
type File struct {
	Request queue.Key
	N       int // the output's number among those of the request
	// Path is the file's path. Until the file is Done or AlreadyThere, its extension
	// can still change, and it can get a number if another file has the name. Name is
	// Path's last element. Both are safe for every file system, not for the terminal.
	Name, Path   string
	State        State
	Bytes, Total int64  // how much is on disk, and the size of the file; -1 if unknown
	Error        string // why it failed; for a running one, why it is being tried again
}

// Progress is the progress of all outputs.
type Progress struct {
	Files  []File          // in the order of addition
	Counts [StateCount]int // the number of files in each state
	// Bytes and Total sum up the files that did not fail; Total is -1 while that
	// of any of them is unknown.
	Bytes, Total   int64
	BytesPerSecond float64 // the receive rate, smoothed over a few seconds
}

// Snapshot returns a copy of the progress of all files.
func (f *Downloader) Snapshot() Progress {
	f.mu.Lock()
	defer f.mu.Unlock()
	p := Progress{Files: make([]File, len(f.entries)), BytesPerSecond: f.meter.perSecond(time.Now())}
	for i, e := range f.entries {
		file := File{
			Request: e.job.Request.Key(), N: e.job.N,
			Name: path.Base(e.path), Path: full(f.options.Dir, e.path),
			State: e.state, Bytes: e.bytes.Load(), Total: e.total.Load(), Error: e.err,
		}
		if file.Bytes > file.Total {
			file.Total = -1 // the result's size was wrong
		}
		p.Files[i] = file
		p.Counts[file.State]++
		if file.State == Failed {
			continue
		}
		p.Bytes += file.Bytes
		if file.Total < 0 || p.Total < 0 {
			p.Total = -1
			continue
		}
		p.Total += file.Total
	}
	return p
}

// smoothing is the time constant of the rate's exponential average.
const smoothing = 3 * time.Second

// meter measures the rate of received bytes.
type meter struct {
	rate      float64   // as of at
	at, since time.Time // of the last bytes, and of the first after a pause
}

// add counts n received bytes.
func (m *meter) add(n int, now time.Time) {
	if now.Sub(m.at) > 5*smoothing {
		m.rate, m.since = 0, now
	}
	m.rate = m.rate*decay(now.Sub(m.at)) + float64(n)/smoothing.Seconds()
	m.at = now
}

// perSecond returns the rate in bytes per second.
func (m *meter) perSecond(now time.Time) float64 {
	if m.rate == 0 || now.Sub(m.at) > 5*smoothing {
		return 0
	}
	// At first the mean has not seen enough to weigh as it will; a moment of a
	// few bytes says little of the rate.
	seen := 1 - decay(max(now.Sub(m.since), 200*time.Millisecond))
	return m.rate * decay(now.Sub(m.at)) / seen
}

// decay returns the weight of bytes of age d.
func decay(d time.Duration) float64 { return math.Exp(-d.Seconds() / smoothing.Seconds()) }
