package fetch

import (
	"bytes"
	"encoding/json"
	"io"
	"io/fs"
	"os"
)

// ledgerName is the file in the output directory that tells which output each
// file is. No output's name starts with a dot, so none is ever taken for it.
const ledgerName = ".polltop-downloads.ndjson"

// record is a line of the ledger: an output that was downloaded.
type record struct {
	Identity  string `json:"output"`
	RequestID string `json:"request_id"`
	Endpoint  string `json:"endpoint,omitempty"`
	N         int    `json:"n"`
	Path      string `json:"path"`
	Size      int64  `json:"size"`
}

// ledger is what is known of the files that were downloaded into a directory.
// It is read on where it has grown, as another polltop may write it too.
type ledger struct {
	files  map[string]record // by Identity
	names  map[string]string // Path by its fold
	offset int64             // up to where the file is read
	torn   bool              // the file's last line lacks its end
}

func newLedger() ledger {
	return ledger{files: map[string]record{}, names: map[string]string{}}
}

// read reads what was added to the ledger since the last time. A ledger that
// can't be read knows of no files, and so costs a numbered copy, nothing more.
func (l *ledger) read(root *os.Root) {
	info, err := root.Lstat(ledgerName)
	if err != nil || !info.Mode().IsRegular() || info.Size() == l.offset {
		return
	}
	if info.Size() < l.offset {
		// Somebody cut it: what it said before still counts if the files are there.
		l.offset = 0
	}
	file, err := root.Open(ledgerName)
	if err != nil {
		return
	}
	defer file.Close()
	added, err := io.ReadAll(io.NewSectionReader(file, l.offset, info.Size()-l.offset))
	if err != nil {
		return
	}
	whole := bytes.LastIndexByte(added, '\n') + 1
	l.offset, l.torn = l.offset+int64(whole), whole < len(added)
	for line := range bytes.Lines(added[:whole]) {
		var r record
		// A line that is not ours or was cut by a crash says nothing.
		if json.Unmarshal(line, &r) == nil && r.Identity != "" && fs.ValidPath(r.Path) {
			l.note(r)
		}
	}
}

// note takes in a record.
func (l *ledger) note(r record) {
	l.files[r.Identity] = r
	l.names[fold(r.Path)] = r.Path
}

// add writes a record at the ledger's end. That it can't, as on a full disk, is
// no failure of the download: the file is there, and only a later run would not
// know it for the same.
func (l *ledger) add(root *os.Root, r record) {
	l.note(r)
	line, err := json.Marshal(r)
	if err != nil {
		return
	}
	if info, err := root.Lstat(ledgerName); err == nil && !info.Mode().IsRegular() {
		return // a link would have it written elsewhere
	}
	file, err := root.OpenFile(ledgerName, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return
	}
	defer file.Close()
	if l.torn {
		line = append([]byte{'\n'}, line...)
		l.torn = false
	}
	// One write, so that the lines of two programs don't mix.
	if _, err := file.Write(append(line, '\n')); err != nil {
		l.torn = true
	}
}
