package download

import (
	"path"
	"time"

	"polltop/poller/queue"
)

// State is the state of an output's file.
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

var stateWords = [StateCount]string{"waiting", "running", "done", "failed", "already there"}

// String returns the word for the state.
func (s State) String() string {
	if s >= StateCount {
		return "unknown"
	}
	return stateWords[s]
}

// File is the progress of one output.
type File struct {
	// Request and N name the output.
	Request queue.Key
	N       int
	// Path is the file's path. Until the file is Done or AlreadyThere, its extension
	// can still change, and it can get a number if another file has the name. Name is
	// Path's last element. Both are safe for every file system, not for the terminal.
	Name, Path string
	State      State
	// Bytes is how much of the file is on disk, Total its size; -1 if unknown.
	Bytes, Total int64
	// Error is why it failed; for a running one, why it is being tried again.
	Error string
}

// Progress is the progress of all outputs.
type Progress struct {
	// Files are all outputs in the order of addition.
	Files []File
	// Counts has the number of files in each state.
	Counts [StateCount]int
	// Bytes and Total sum up the files that did not fail; Total is -1 while that
	// of any of them is unknown.
	Bytes, Total int64
	// BytesPerSecond is the receive rate, smoothed over a few seconds.
	BytesPerSecond float64
}

// Snapshot returns a copy of the progress of all files.
func (f *Downloader) Snapshot() Progress {
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
