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
	Waiting           State = iota // waits for a worker
	Running                        // is being downloaded, or waits for a retry
	Done                           // was downloaded
	Failed                         // was not downloaded; only Add retries it
	AlreadyDownloaded              // was downloaded by an earlier run, and still has its size
	StateCount                     // the number of states
)

// File is the progress of one output.
type File struct {
	Request queue.Key
	N       int // the output's number among those of the request
	// Path is the file's path, and Name its last element. Until the file is Done or
	// AlreadyDownloaded, the extension can change and a number can be added. Both are safe for
	// every file system, but not for the terminal.
	Name, Path   string
	State        State
	Bytes, Total int64  // how much is on disk, and the size of the file; -1 if unknown
	Error        string // why it failed or is being retried; "" for nothing
}

// Progress is the progress of all outputs.
type Progress struct {
	Files          []File          // in the order of addition
	Counts         [StateCount]int // the number of files in each state
	Bytes, Total   int64           // sums over the files that have not failed; Total is -1 if one is unknown
	BytesPerSecond float64         // the receive rate, smoothed over a few seconds
}

// Snapshot returns a copy of the progress of all files.
func (f *Downloader) Snapshot() Progress {
	f.mu.Lock()
	defer f.mu.Unlock()
	p := Progress{Files: make([]File, len(f.entries)), BytesPerSecond: f.meter.perSecond(time.Now())}
	for i, e := range f.entries {
		file := File{
			Request: e.job.Request.Key(), N: e.job.N,
			Name: path.Base(e.path), Path: fullPath(f.options.Dir, e.path),
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

// rateTimeConstant is the time constant of the rate's exponential average.
const rateTimeConstant = 3 * time.Second

// meter measures the rate of received bytes.
type meter struct {
	rate      float64   // in bytes per second, at the time at
	at, since time.Time // when the last bytes and the first bytes after a pause arrived
}

// add counts n received bytes.
func (m *meter) add(n int, now time.Time) {
	if now.Sub(m.at) > 5*rateTimeConstant {
		m.rate, m.since = 0, now
	}
	m.rate = m.rate*decay(now.Sub(m.at)) + float64(n)/rateTimeConstant.Seconds()
	m.at = now
}

// perSecond returns the rate in bytes per second.
func (m *meter) perSecond(now time.Time) float64 {
	if m.rate == 0 || now.Sub(m.at) > 5*rateTimeConstant {
		return 0
	}
	// After a pause the weights of the average do not yet sum up to 1. The minimum avoids a huge
	// rate from the first bytes.
	weight := 1 - decay(max(now.Sub(m.since), 200*time.Millisecond))
	return m.rate * decay(now.Sub(m.at)) / weight
}

// decay returns the weight of bytes with an age.
func decay(age time.Duration) float64 { return math.Exp(-age.Seconds() / rateTimeConstant.Seconds()) }
