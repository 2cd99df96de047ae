package download

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// maxNumber bounds how many names are tried for a file.
const maxNumber = 9999

// outputDir is the directory that outputs are downloaded to. All reads and writes go
// through an os.Root, so that no link leads out of it, and no file in it is ever
// replaced. Names are relative to it, with slashes.
type outputDir struct {
	path string
	root *os.Root

	mu     sync.Mutex
	ledger ledger

	// link and write are those of root and of os.File. Tests replace them to simulate
	// a file system without hard links and a full disk.
	link  func(oldname, newname string) error
	write func(file *os.File, b []byte) (int, error)
}

// full returns the path of a name, for messages and for other programs.
func (d *outputDir) full(name string) string { return full(d.path, name) }
func full(dir, name string) string           { return filepath.Join(dir, filepath.FromSlash(name)) }

// errIrregular says that a name belongs to something else than a plain file.
var errIrregular = errors.New("there is something there that is not a plain file")

// stat returns the file info of a plain file. A link is an error: its target must not
// be written, even within the output directory.
func (d *outputDir) stat(name string) (fs.FileInfo, error) {
	info, err := d.root.Lstat(name)
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: name, Err: errIrregular}
	}
	return info, err
}

func (d *outputDir) create(name string) (*os.File, error) {
	return d.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
}

// remove removes a file. One that does not exist is no error.
func (d *outputDir) remove(name string) error {
	if err := d.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// find returns the name and size of the file that an output was downloaded to before,
// by this run or another, and whether it still exists with that size.
func (d *outputDir) find(identity string) (string, int64, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ledger.read(d.root)
	r, ok := d.ledger.files[identity]
	if !ok {
		return "", 0, false
	}
	info, err := d.stat(r.Path)
	return r.Path, r.Size, err == nil && info.Size() == r.Size
}

// finalize moves a complete part to its final name, or to a numbered one if another
// file has that. It returns the name.
//
// It does not sync the file: on a busy disk that takes tens of seconds, during which
// the user could not quit. After a power failure the file may be short; then find does
// not return it, because its size differs from the ledger's.
func (d *outputDir) finalize(p *part, final string) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for k := 1; k <= maxNumber; k++ {
		r := record{p.info.Identity, numbered(final, k), p.size}
		err := d.rename(p, r.Path)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return "", diskError("can't make", d.full(r.Path), err)
		}
		d.removePart(p.name)
		// Network file systems report a full disk only here.
		if err := p.file.Close(); err != nil {
			return "", diskError("can't write", d.full(r.Path), errors.Join(err, d.remove(r.Path)))
		}
		d.ledger.add(d.root, r)
		return r.Path, nil
	}
	return "", &downloadError{message: fmt.Sprintf("%s and %d more names like it are taken: move those files away or give another --output-dir", d.full(final), maxNumber-1)}
}

// rename gives a part a name that no file has; it returns fs.ErrExist if one has it.
// The part's old name may remain.
func (d *outputDir) rename(p *part, name string) error {
	err := d.link(p.name, name)
	if errors.Is(err, fs.ErrExist) && d.isAt(p.file, name) {
		return nil // a run that was killed after this step has linked the part already
	}
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	// Some file systems have no hard links. A rename replaces a file that is created
	// meanwhile, so the name is reserved first.
	reserved, err := d.create(name)
	if err != nil {
		return err
	}
	reserved.Close()
	if err := d.root.Rename(p.name, name); err != nil {
		return errors.Join(err, d.remove(name))
	}
	return nil
}

// isAt reports whether a plain file has the given name.
func (d *outputDir) isAt(file interface{ Stat() (fs.FileInfo, error) }, name string) bool {
	there, thereErr := d.stat(name)
	info, err := file.Stat()
	return thereErr == nil && err == nil && os.SameFile(there, info)
}

// ledgerName is the file in the output directory that says which output each file is.
// No output's name starts with a dot, so none can collide with it.
const ledgerName = ".polltop-downloads.ndjson"

// record is a line of the ledger: an output that was downloaded.
type record struct {
	Identity string `json:"output"`
	Path     string `json:"path"`
	Size     int64  `json:"size"`
}

// ledger is the list of the files that were downloaded into a directory. A name and a
// size alone do not show which output a file is: the same id on two bases, a type that only
// the answer says, a file cut by a power failure.
// Several processes may write the file, so each reads on from where it has grown.
type ledger struct {
	files  map[string]record // by Identity
	offset int64             // bytes of the file that were read
	torn   bool              // the file's last line is incomplete
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
	added, _ := io.ReadAll(io.NewSectionReader(file, l.offset, info.Size()-l.offset))
	end := bytes.LastIndexByte(added, '\n') + 1
	l.offset, l.torn = l.offset+int64(end), end < len(added)
	for line := range bytes.Lines(added[:end]) {
		var r record
		// Lines of others, and lines that a crash cut, are skipped.
		if json.Unmarshal(line, &r) == nil && r.Identity != "" && fs.ValidPath(r.Path) {
			l.files[r.Identity] = r
		}
	}
}

// add appends a record to the ledger. A write error, as on a full disk, does not fail
// the download: the file exists, and a later run downloads it once more.
func (l *ledger) add(root *os.Root, r record) {
	l.read(root) // another process may have written half a line
	l.files[r.Identity] = r
	line, _ := json.Marshal(r) // texts and numbers always encode
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
	}
	// One write per line, so that the lines of two processes don't mix.
	_, err = file.Write(append(line, '\n'))
	l.torn = err != nil
}
