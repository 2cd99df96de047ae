package fetch

import (
	"path"
	"time"

	"polltop/poller/queue"
)

// State is how far an output's file is.
type State uint8

// The states of a file.
const (
	// Waiting is a file whose turn has not come.
	Waiting State = iota
	// Running is being downloaded, or waits to be tried again.
	Running
	// Done was downloaded.
	Done
	// Failed was not, and is not tried again by itself.
	Failed
	// AlreadyThere was downloaded by an earlier run, and is as it was.
	AlreadyThere
	// StateCount is how many states there are.
	StateCount
)

// String returns the word for the state.
func (s State) String() string {
	switch s {
	case Waiting:
		return "waiting"
	case Running:
		return "running"
	case Done:
		return "done"
	case Failed:
		return "failed"
	case AlreadyThere:
		return "already there"
	}
	return "unknown"
}

// File is how far one output is.
type File struct {
	// Request and N name the output.
	Request queue.Key
	N       int
	// Path is where the file is, or is to be: until it is Done or AlreadyThere
	// it can still become another, for its type or for a file that has the name.
	// Name is Path's last element. Both are safe for every file system; a view
	// makes them safe for the terminal like any other text.
	Name, Path string
	State      State
	// Bytes is how much of it is on the disk, Total how much it is; -1 when not
	// told.
	Bytes, Total int64
	// Error is why it failed; for a running one, why it is being tried again.
	Error string
}

// Progress is how far all outputs are.
type Progress struct {
	// Files are all outputs in the order of addition.
	Files []File
	// Counts has the number of files in each state.
	Counts [StateCount]int
	// Bytes and Total sum up the files that did not fail; Total is -1 while that
	// of any of them is not told.
	Bytes, Total int64
	// BytesPerSecond is what the network brings, smoothed over a few seconds.
	BytesPerSecond float64
}

// Snapshot returns how far all is. It copies: the caller may keep and change it.
func (f *Fetcher) Snapshot() Progress {
	f.mu.Lock()
	defer f.mu.Unlock()
	p := Progress{Files: make([]File, len(f.entries)), BytesPerSecond: f.meter.perSecond(time.Now())}
	for i, e := range f.entries {
		file := File{
			Request: e.job.Request.Key(), N: e.job.N,
			Name: path.Base(e.path), Path: f.full(e.path),
			State: e.state, Bytes: e.bytes.Load(), Total: e.total.Load(), Error: e.err,
		}
		if file.Bytes > file.Total {
			file.Total = -1 // the result told a wrong size
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
