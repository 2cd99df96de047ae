package download

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
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

// openOutputDir opens the output directory, and creates it if it does not exist.
func openOutputDir(dir string) (*outputDir, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, diskError("can't make the directory", dir, err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, diskError("can't open the directory", dir, err)
	}
	return &outputDir{path: dir, root: root, ledger: newLedger(), link: root.Link, write: (*os.File).Write}, nil
}

// close closes the directory.
func (d *outputDir) close() { d.root.Close() }

// full returns the path of a name, for messages and for other programs.
func (d *outputDir) full(name string) string { return filepath.Join(d.path, filepath.FromSlash(name)) }

// errIrregular says that a name belongs to something else than a plain file.
var errIrregular = errors.New("there is something there that is not a plain file")

// stat returns the file info of a plain file. A link is an error: its target must not
// be written, even within the output directory.
func (d *outputDir) stat(name string) (fs.FileInfo, error) {
	info, err := d.root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: name, Err: errIrregular}
	}
	return info, nil
}

// create creates a file; one that exists is an error.
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
	if err != nil || info.Size() != r.Size {
		return "", 0, false
	}
	return r.Path, r.Size, true
}

// finalize moves a complete part to its final name, or to a numbered one if another
// file has that. It returns the name.
//
// It does not sync the file: on a busy disk that takes tens of seconds, during which
// the user could not quit. After a power failure the file may be short; then find does
// not return it, because its size differs from the ledger's.
func (d *outputDir) finalize(p *part, r record, final string) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ledger.read(d.root)
	for k := 1; k <= maxNumber; k++ {
		r.Path = numbered(final, k)
		if d.differsByCase(r.Path) {
			continue
		}
		err := d.rename(p, r.Path)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return "", diskError("can't make", d.full(r.Path), err)
		}
		p.discard()
		// Network file systems report a full disk only here.
		if err := p.file.Close(); err != nil {
			return "", diskError("can't write", d.full(r.Path), errors.Join(err, d.remove(r.Path)))
		}
		r.Size = p.size
		d.ledger.add(d.root, r)
		return r.Path, nil
	}
	return "", &downloadError{message: fmt.Sprintf("%s and %d more names like it are taken: move those files away or give another --output-dir", d.full(final), maxNumber-1)}
}

// differsByCase reports whether a downloaded file exists whose name differs from this
// one by case alone: a file system that ignores case would take the two for one.
func (d *outputDir) differsByCase(name string) bool {
	other, ok := d.ledger.names[fold(name)]
	if !ok || other == name {
		return false
	}
	_, err := d.stat(other)
	return err == nil
}

// rename gives a part a name that no file has; it returns fs.ErrExist if one has it.
// The part's old name may remain.
func (d *outputDir) rename(p *part, name string) error {
	err := d.link(p.name, name)
	if errors.Is(err, fs.ErrExist) {
		// A run that was killed after this step has linked the part already.
		there, thereErr := d.stat(name)
		part, partErr := p.file.Stat()
		if thereErr == nil && partErr == nil && os.SameFile(there, part) {
			return nil
		}
		return err
	}
	if err == nil {
		return nil
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

// makeFolder creates the folder of a name.
func (d *outputDir) makeFolder(name string) error {
	folder := path.Dir(name)
	if err := d.root.MkdirAll(folder, 0o755); err != nil {
		return diskError("can't make the directory", d.full(folder), err)
	}
	return nil
}
