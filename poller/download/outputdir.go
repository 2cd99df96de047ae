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

// maxNameTries bounds the names that are tried for a file.
const maxNameTries = 9999

// outputDir is the output directory. All reads and writes go through an os.Root, so that no link
// leads out of it, and no file in it is ever replaced. Names are paths relative to it, with slashes.
type outputDir struct {
	path string
	root *os.Root

	mu     sync.Mutex
	ledger ledger

	// Tests replace link and write to simulate a file system without hard links and a full disk.
	link  func(oldname, newname string) error
	write func(file *os.File, b []byte) (int, error)
}

// fullPath returns the path of a name, for messages and other programs.
func (d *outputDir) fullPath(name string) string { return fullPath(d.path, name) }
func fullPath(dir, name string) string           { return filepath.Join(dir, filepath.FromSlash(name)) }

// errNotRegular means that a name is not that of a regular file.
var errNotRegular = errors.New("there is something there that is not a plain file")

// stat returns the file info of a regular file. A link is an error, because its target must not be
// written.
func (d *outputDir) stat(name string) (fs.FileInfo, error) {
	info, err := d.root.Lstat(name)
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: name, Err: errNotRegular}
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

// find returns the name and size of the file to which any run has downloaded an output, and whether
// it still exists with that size.
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

// finalize moves a complete part to its final name, or to a numbered one if a file has that name. It
// returns the name.
//
// It does not sync the file, because on a busy disk that takes tens of seconds, during which the user
// could not quit. If a power failure truncates the file, find ignores it because of its size.
func (d *outputDir) finalize(p *part, final string) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for k := 1; k <= maxNameTries; k++ {
		r := record{p.info.Identity, numbered(final, k), p.size}
		err := d.rename(p, r.Path)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return "", diskError("can't make", d.fullPath(r.Path), err)
		}
		d.removePart(p.name)
		// Close is where network file systems report a full disk.
		if err := p.file.Close(); err != nil {
			return "", diskError("can't write", d.fullPath(r.Path), errors.Join(err, d.remove(r.Path)))
		}
		d.ledger.add(d.root, r)
		return r.Path, nil
	}
	return "", &downloadError{message: fmt.Sprintf("%s and %d more names like it are taken: move those files away or give another --output-dir", d.fullPath(final), maxNameTries-1)}
}

// rename renames a part. It returns fs.ErrExist if a file has the new name. The old name may remain.
func (d *outputDir) rename(p *part, name string) error {
	err := d.link(p.name, name)
	if errors.Is(err, fs.ErrExist) && d.isAt(p.file, name) {
		return nil // a run that was killed after this step has linked the part
	}
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	// Some file systems have no hard links. Reserve the name, because a rename replaces a file that
	// another process creates meanwhile.
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

// isAt reports whether an open file is a regular file with the given name.
func (d *outputDir) isAt(file interface{ Stat() (fs.FileInfo, error) }, name string) bool {
	named, nameErr := d.stat(name)
	opened, err := file.Stat()
	return nameErr == nil && err == nil && os.SameFile(named, opened)
}

// ledgerName is the name of the ledger in the output directory. It can't collide with an output, whose
// name never begins with a dot.
const ledgerName = ".polltop-downloads.ndjson"

// record is a line of the ledger: a downloaded output.
type record struct {
	Identity string `json:"output"`
	Path     string `json:"path"`
	Size     int64  `json:"size"`
}

// ledger is the list of the files that were downloaded into a directory. A name and a size do not
// identify an output: two bases may have the same id, and a power failure may truncate a file.
// Several processes append to it, so each reads what was added since its last read.
type ledger struct {
	files          map[string]record // by Identity
	offset         int64             // how many bytes were read
	lineIncomplete bool              // the last line has no end
}

// read reads what was added to the ledger since the last call. If it can't be read, outputs are
// downloaded again to numbered names.
func (l *ledger) read(root *os.Root) {
	info, err := root.Lstat(ledgerName)
	if err != nil || !info.Mode().IsRegular() || info.Size() == l.offset {
		return
	}
	if info.Size() < l.offset {
		// The file was truncated. Earlier records stay, because find checks each file.
		l.offset = 0
	}
	file, err := root.Open(ledgerName)
	if err != nil {
		return
	}
	defer file.Close()
	added, _ := io.ReadAll(io.NewSectionReader(file, l.offset, info.Size()-l.offset))
	end := bytes.LastIndexByte(added, '\n') + 1
	l.offset, l.lineIncomplete = l.offset+int64(end), end < len(added)
	for line := range bytes.Lines(added[:end]) {
		var r record
		// Skip unknown lines and lines that a crash truncated.
		if json.Unmarshal(line, &r) == nil && r.Identity != "" && fs.ValidPath(r.Path) {
			l.files[r.Identity] = r
		}
	}
}

// add appends a record to the ledger. It ignores a write error: the file exists, but a later run
// downloads it again.
func (l *ledger) add(root *os.Root, r record) {
	l.read(root) // another process may have written an incomplete line
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
	if l.lineIncomplete {
		line = append([]byte{'\n'}, line...)
	}
	// Write a line at once, so that the lines of two processes don't mix.
	_, err = file.Write(append(line, '\n'))
	l.lineIncomplete = err != nil
}
