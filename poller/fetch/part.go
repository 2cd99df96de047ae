package fetch

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/gofrs/flock"
)

// maxNote bounds the note beside a part in bytes.
const maxNote = 256 << 10

// note says what a part is a part of. It lies beside it, so that a later run
// can go on, and never joins the pieces of two files.
type note struct {
	Identity string `json:"output"`
	Source   string `json:"source"`
	// ETag and LastModified are the answer's, and empty where they do not tell
	// a changed file for sure (RFC 9110, section 13.1.5).
	ETag         string `json:"etag,omitempty"`
	LastModified string `json:"last_modified,omitempty"`
	ContentType  string `json:"content_type,omitempty"`
	// Total is the size of the whole file in bytes; -1 when not told.
	Total int64 `json:"total"`
}

// validator returns what the server can tell the file's version by, empty when
// there is nothing.
func (n note) validator() string { return cmp.Or(n.ETag, n.LastModified) }

// part is a file on its way. Its name is the wanted one with the start of the
// output's identity: the same in each run, and no other output's. The lock beside it
// keeps other processes away until it is closed.
type part struct {
	shelf *shelf
	name  string
	file  *os.File
	lock  *flock.Flock
	fresh bool // made by us, and so nobody else's under another name
	gone  bool // removed, so that what has the name now is not ours
	size  int64
	note  note
}

// partName returns the name of the part for an output that is to have the
// wanted name.
func partName(want, identity string) string { return want + "." + identity[:8] + partEnding }

// noteName returns the name of the note beside a part.
func noteName(part string) string { return part[:len(part)-len(partEnding)] + noteEnding }

// lockName returns the name of the lock beside a part.
func lockName(part string) string { return part[:len(part)-len(partEnding)] + lockEnding }

// errBusy says that another process has a part.
var errBusy = &trouble{message: "another polltop is downloading this file into the same directory: wait for it, or give another --output-dir"}

// openPart opens the part of an output from the given source, or starts one. It
// returns errBusy when another process has it.
func (s *shelf) openPart(want, identity, source string) (*part, error) {
	if err := s.makeFolder(want); err != nil {
		return nil, err
	}
	p := &part{shelf: s, name: partName(want, identity), note: note{Identity: identity, Source: source, Total: -1}}
	var err error
	if p.lock, err = s.lock(lockName(p.name)); err != nil {
		return nil, diskTrouble("can't lock", s.full(lockName(p.name)), err)
	}
	if err := p.open(); err != nil {
		p.unlock()
		return nil, diskTrouble("can't open", s.full(p.name), err)
	}
	if n, ok := s.readNote(noteName(p.name)); ok && n.Identity == identity && n.Source == source {
		p.note = n
	}
	return p, nil
}

// lock takes a lock file for this process, and makes it where there is none. It
// returns errBusy when another process has it. A file system that knows no locks is
// used without.
func (s *shelf) lock(name string) (*flock.Flock, error) {
	// Made under the root, so that no link leads out of it.
	file, err := s.create(name)
	if err == nil {
		err = file.Close()
	}
	if errors.Is(err, fs.ErrExist) {
		_, err = s.stat(name)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errBusy // another process has just let go of it
	}
	if err != nil {
		return nil, err
	}
	lock := flock.New(s.full(name), flock.SetFlag(os.O_RDWR))
	taken, err := lock.TryLock()
	if err != nil {
		return lock, nil
	}
	// Who had it before may have removed the file that is locked now.
	locked, lockedErr := lock.Stat()
	there, thereErr := s.stat(name)
	if !taken || lockedErr != nil || thereErr != nil || !os.SameFile(locked, there) {
		_ = lock.Close()
		return nil, errBusy
	}
	return lock, nil
}

// open opens the file, and makes it where there is none.
func (p *part) open() error {
	file, err := p.shelf.create(p.name)
	p.fresh = err == nil
	if errors.Is(err, fs.ErrExist) {
		if _, err := p.shelf.stat(p.name); err != nil {
			return err
		}
		file, err = p.shelf.root.OpenFile(p.name, os.O_RDWR, 0)
	}
	if err != nil {
		return err
	}
	p.file = file
	p.size, err = file.Seek(0, io.SeekEnd)
	return err
}

// readNote reads the note beside a part.
func (s *shelf) readNote(name string) (note, bool) {
	info, err := s.stat(name)
	if err != nil || info.Size() > maxNote {
		return note{}, false
	}
	b, err := s.root.ReadFile(name)
	n := note{Total: -1}
	if err != nil || json.Unmarshal(b, &n) != nil {
		return note{}, false
	}
	return n, true
}

// whole reports whether the part is all of the file.
func (p *part) whole() bool { return p.note.Total >= 0 && p.size == p.note.Total }

// resumable reports whether the rest alone can be asked for. A part without a
// validator can't be told from one of a file that has changed since.
func (p *part) resumable() bool {
	return p.size > 0 && p.note.validator() != "" && (p.note.Total < 0 || p.size < p.note.Total)
}

// forget makes the next request ask for the whole file.
func (p *part) forget() { p.note = note{Identity: p.note.Identity, Source: p.note.Source, Total: -1} }

// begin empties the part and notes what it is now a part of. The old file is
// left to whoever else has it, not cut: a run that was killed at the right
// moment leaves a part that is the finished file as well.
func (p *part) begin(n note) error {
	s := p.shelf
	if !p.fresh || p.size > 0 {
		if err := s.remove(p.name); err != nil {
			return diskTrouble("can't replace", s.full(p.name), err)
		}
		file, err := s.create(p.name)
		if err != nil {
			return diskTrouble("can't make", s.full(p.name), err)
		}
		p.file.Close()
		p.file, p.fresh, p.size = file, true, 0
	}
	n.Identity, n.Source = p.note.Identity, p.note.Source
	p.note = n
	return p.writeNote()
}

// writeNote writes the note beside the part.
func (p *part) writeNote() error {
	s, name := p.shelf, noteName(p.name)
	b, err := json.Marshal(p.note)
	if err != nil {
		return err
	}
	if err := s.remove(name); err != nil {
		return diskTrouble("can't replace", s.full(name), err)
	}
	file, err := s.create(name)
	if err != nil {
		return diskTrouble("can't make", s.full(name), err)
	}
	_, err = s.write(file, b)
	if err = errors.Join(err, file.Close()); err != nil {
		return diskTrouble("can't write", s.full(name), err)
	}
	return nil
}

// write adds to the part.
func (p *part) write(b []byte) error {
	n, err := p.shelf.write(p.file, b)
	p.size += int64(n)
	if err != nil {
		return diskTrouble("can't write", p.shelf.full(p.name), err)
	}
	return nil
}

// discard removes the part and its note.
func (p *part) discard() {
	p.shelf.sweep(p.name)
	p.gone = true
}

// sweep removes a part that nobody needs, and its note. A later run removes or
// takes up what can't be removed now.
func (s *shelf) sweep(part string) {
	_ = s.remove(part)
	_ = s.remove(noteName(part))
}

// close closes the part and lets others have it. What is in it stays for a later run;
// an empty one goes.
func (p *part) close() {
	if p.size == 0 && !p.gone {
		p.discard()
	}
	p.file.Close()
	p.unlock()
}

// unlock removes the lock beside the part, and lets go of it.
func (p *part) unlock() {
	name := lockName(p.name)
	err := p.shelf.remove(name)
	_ = p.lock.Close()
	if err != nil {
		_ = p.shelf.remove(name) // Windows removes no file that is open
	}
}
