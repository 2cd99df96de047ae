package download

import (
	"bytes"
	"encoding/json"
	"io"
	"io/fs"
	"os"
)

// ledgerName is the file in the output directory that says which output each file is.
// No output's name starts with a dot, so none can collide with it.
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

// ledger is the list of the files that were downloaded into a directory. A name and a
// size alone don't tell which output a file is: the same id on two bases, ids that
// differ by case, a type that only the answer says, a file cut by a power failure.
// Several processes may write the file, so each reads on from where it has grown.
type ledger struct {
	files  map[string]record // by Identity
	names  map[string]string // Path by fold(Path)
	offset int64             // bytes of the file that were read
	torn   bool              // the file's last line is incomplete
}

func newLedger() ledger {
	return ledger{files: map[string]record{}, names: map[string]string{}}
}

// read reads what was added to the ledger since the last call. A ledger that can't be
// read contains no files, so outputs are downloaded again to numbered names.
func (l *ledger) read(root *os.Root) {
	info, err := root.Lstat(ledgerName)
	if err != nil || !info.Mode().IsRegular() || info.Size() == l.offset {
		return
	}
	if info.Size() < l.offset {
		// The file was truncated. Records that were read before stay valid, because
		// find checks each file.
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
	end := bytes.LastIndexByte(added, '\n') + 1
	l.offset, l.torn = l.offset+int64(end), end < len(added)
	for line := range bytes.Lines(added[:end]) {
		var r record
		// Lines of others, and lines that a crash cut, are skipped.
		if json.Unmarshal(line, &r) == nil && r.Identity != "" && fs.ValidPath(r.Path) {
			l.put(r)
		}
	}
}

// put adds a record to the maps.
func (l *ledger) put(r record) {
	l.files[r.Identity] = r
	l.names[fold(r.Path)] = r.Path
}

// add appends a record to the ledger. A write error, as on a full disk, does not fail
// the download: the file exists, and a later run downloads it once more.
func (l *ledger) add(root *os.Root, r record) {
	l.put(r)
	line, err := json.Marshal(r)
	if err != nil {
		return
	}
	if info, err := root.Lstat(ledgerName); err == nil && !info.Mode().IsRegular() {
		return // the target of a link must not be written
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
	// One write per line, so that the lines of two processes don't mix.
	if _, err := file.Write(append(line, '\n')); err != nil {
		l.torn = true
	}
}
