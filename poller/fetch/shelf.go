package fetch

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

// shelf is the output directory. Nothing is ever read or written outside it,
// whatever links lie in it, and no file in it is ever replaced. Names are
// relative to it, with slashes.
type shelf struct {
	dir  string
	root *os.Root

	mu     sync.Mutex
	ledger ledger

	// link and write are the root's and the file's own; tests put others here
	// for a file system without hard links and for a disk that is full.
	link  func(oldname, newname string) error
	write func(file *os.File, b []byte) (int, error)
}

// openShelf opens the output directory, and makes it where there is none.
func openShelf(dir string) (*shelf, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, diskTrouble("can't make the directory", dir, err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, diskTrouble("can't open the directory", dir, err)
	}
	return &shelf{dir: dir, root: root, ledger: newLedger(), link: root.Link, write: (*os.File).Write}, nil
}

// close lets go of the directory.
func (s *shelf) close() { s.root.Close() }

// full returns a name as a path for people and other programs.
func (s *shelf) full(name string) string { return filepath.Join(s.dir, filepath.FromSlash(name)) }

// errIrregular says that something else than a plain file stands at a name.
var errIrregular = errors.New("there is something there that is not a plain file")

// stat returns what is known of a plain file. A link is none: what it leads to
// is not ours to write, even within the output directory.
func (s *shelf) stat(name string) (fs.FileInfo, error) {
	info, err := s.root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: name, Err: errIrregular}
	}
	return info, nil
}

// create makes a file that was not there before.
func (s *shelf) create(name string) (*os.File, error) {
	return s.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
}

// remove removes a file, if it is there.
func (s *shelf) remove(name string) error {
	if err := s.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// have returns the name and size of the file that the output was downloaded to
// before, by this run or another, if it is still there.
func (s *shelf) have(identity string) (string, int64, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ledger.read(s.root)
	r, ok := s.ledger.files[identity]
	if !ok {
		return "", 0, false
	}
	info, err := s.stat(r.Path)
	if err != nil || info.Size() != r.Size {
		return "", 0, false
	}
	return r.Path, r.Size, true
}

// settle gives a whole part its final name: the given one, or a numbered one
// where that is another file's. It returns the name.
//
// It does not wait until the disk has it all: on a busy one that takes tens of
// seconds, and nobody could quit. After a power cut the file may be short, and
// then the ledger does not take it for the one that was downloaded.
func (s *shelf) settle(p *part, r record, final string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ledger.read(s.root)
	for k := 1; k <= maxNumber; k++ {
		r.Path = numbered(final, k)
		if s.alike(r.Path) {
			continue
		}
		err := s.place(p, r.Path)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return "", diskTrouble("can't make", s.full(r.Path), err)
		}
		p.discard()
		// Network file systems tell a full disk only now.
		if err := p.file.Close(); err != nil {
			return "", diskTrouble("can't write", s.full(r.Path), errors.Join(err, s.remove(r.Path)))
		}
		r.Size = p.size
		s.ledger.add(s.root, r)
		return r.Path, nil
	}
	return "", &trouble{message: fmt.Sprintf("%s and %d more names like it are taken: move those files away or give another --output-dir", s.full(final), maxNumber-1)}
}

// alike reports whether a file of ours is there whose name differs from this
// one by case alone: on another machine the two would be one.
func (s *shelf) alike(name string) bool {
	other, ok := s.ledger.names[fold(name)]
	if !ok || other == name {
		return false
	}
	_, err := s.stat(other)
	return err == nil
}

// place gives the part a name that no file has. It returns fs.ErrExist when one
// has it.
func (s *shelf) place(p *part, name string) error {
	err := s.link(p.name, name)
	if errors.Is(err, fs.ErrExist) {
		// A run that was killed may have come as far as this.
		placed, placedErr := s.stat(name)
		part, partErr := p.file.Stat()
		if placedErr == nil && partErr == nil && os.SameFile(placed, part) {
			return nil
		}
		return err
	}
	if err == nil {
		return nil
	}
	// Some file systems have no hard links. A plain rename would replace a file
	// that comes in between, so the name is taken first.
	taken, err := s.create(name)
	if err != nil {
		return err
	}
	taken.Close()
	if err := s.root.Rename(p.name, name); err != nil {
		return errors.Join(err, s.remove(name))
	}
	return nil
}

// makeFolder makes the folder of a name.
func (s *shelf) makeFolder(name string) error {
	folder := path.Dir(name)
	if err := s.root.MkdirAll(folder, 0o755); err != nil {
		return diskTrouble("can't make the directory", s.full(folder), err)
	}
	return nil
}
