package download

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/gofrs/flock"
)

// maxPartInfo bounds the file beside a part that holds its partInfo, in bytes.
const maxPartInfo = 256 << 10

// partInfo says which file a part belongs to. It is stored beside the part, so that a
// later run can resume, and never joins the pieces of two files.
type partInfo struct {
	Identity string `json:"output"`
	Source   string `json:"source"`
	// ETag and LastModified are those that validators returned.
	ETag         string `json:"etag,omitempty"`
	LastModified string `json:"last_modified,omitempty"`
	ContentType  string `json:"content_type,omitempty"`
	Total        int64  `json:"total"` // the size of the whole file in bytes; -1 if unknown
}

// validator returns what If-Range names the file's version by; empty if nothing does.
func (i partInfo) validator() string { return cmp.Or(i.ETag, i.LastModified) }

// part is a file that is being downloaded. Its name is the final one with the start of
// the output's identity: the same in each run, and no other output's. The lock file
// beside it keeps other processes away until it is closed.
type part struct {
	dir  *outputDir
	name string
	file *os.File
	lock *flock.Flock
	size int64
	info partInfo
}

// partName returns the name of the part for an output that is to have the given name, infoName
// and lockName those of the files beside a part that hold its partInfo and its lock.
func partName(name, identity string) string { return name + "." + identity[:8] + partEnding }
func infoName(part string) string           { return strings.TrimSuffix(part, partEnding) + infoEnding }
func lockName(part string) string           { return strings.TrimSuffix(part, partEnding) + lockEnding }

// errBusy says that another process holds the lock of a part.
var errBusy = &downloadError{message: "another polltop is downloading this file into the same directory: wait for it, or give another --output-dir"}

// openPart opens the part of an output from the given source, or creates one. It
// returns errBusy if another process holds its lock.
func (d *outputDir) openPart(name, identity, source string) (*part, error) {
	folder := path.Dir(name)
	if err := d.root.MkdirAll(folder, 0o755); err != nil {
		return nil, diskError("can't make the directory", d.full(folder), err)
	}
	p := &part{dir: d, name: partName(name, identity), info: partInfo{Identity: identity, Source: source, Total: -1}}
	var err error
	if p.lock, err = d.lock(lockName(p.name)); err != nil {
		return nil, diskError("can't lock", d.full(lockName(p.name)), err)
	}
	if p.file, err = d.openFile(p.name); err == nil {
		p.size, err = p.file.Seek(0, io.SeekEnd)
	}
	if err != nil {
		p.unlock()
		return nil, diskError("can't open", d.full(p.name), err)
	}
	p.readInfo()
	return p, nil
}

// lock acquires a lock file for this process, and creates it if it does not exist. It returns
// errBusy if another process holds it. On a file system without locks it succeeds without one.
func (d *outputDir) lock(name string) (*flock.Flock, error) {
	// Opened through the root, so that no link leads out of it.
	file, err := d.openFile(name)
	if err != nil {
		return nil, err
	}
	file.Close()
	lock := flock.New(d.full(name), flock.SetFlag(os.O_RDWR))
	acquired, err := lock.TryLock()
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && !acquired:
		return nil, errBusy
	case err == nil && !d.isAt(lock, name): // the process that held it before has removed the file that is locked now
		_ = lock.Close()
		return nil, errBusy
	}
	return lock, nil
}

// openFile opens a plain file for reading and writing, and creates it if it does not exist.
func (d *outputDir) openFile(name string) (*os.File, error) {
	if _, err := d.stat(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return d.root.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
}

// readInfo reads the part's info where there is one that fits its output and source.
func (p *part) readInfo() {
	name, info := infoName(p.name), partInfo{Total: -1}
	if stat, err := p.dir.stat(name); err != nil || stat.Size() > maxPartInfo {
		return
	}
	b, err := p.dir.root.ReadFile(name)
	if err == nil && json.Unmarshal(b, &info) == nil && info.Identity == p.info.Identity && info.Source == p.info.Source {
		p.info = info
	}
}

func (p *part) complete() bool { return p.info.Total >= 0 && p.size == p.info.Total }

// resumable reports whether only the rest of the file can be requested. Without a
// validator the file could have changed since.
func (p *part) resumable() bool {
	return p.size > 0 && p.info.validator() != "" && (p.info.Total < 0 || p.size < p.info.Total)
}

// restart makes the next request ask for the whole file.
func (p *part) restart() {
	p.info = partInfo{Identity: p.info.Identity, Source: p.info.Source, Total: -1}
}

// begin empties the part and stores the info of the file that it now belongs to. It
// replaces the file instead of truncating it: if an earlier run was killed while it
// finalized the part, the finished file is the same one.
func (p *part) begin(info partInfo) error {
	p.file.Close() // Windows removes no file that is open
	err := p.dir.remove(p.name)
	if err == nil {
		p.file, err = p.dir.create(p.name)
	}
	if err != nil {
		return diskError("can't replace", p.dir.full(p.name), err)
	}
	info.Identity, info.Source = p.info.Identity, p.info.Source
	p.info, p.size = info, 0
	note, _ := json.Marshal(info) // texts and numbers always encode
	name := infoName(p.name)
	if err = p.dir.remove(name); err == nil { // so that no link is followed
		err = p.dir.root.WriteFile(name, note, 0o644)
	}
	if err != nil {
		return diskError("can't write", p.dir.full(name), err)
	}
	return nil
}

func (p *part) write(b []byte) error {
	n, err := p.dir.write(p.file, b)
	p.size += int64(n)
	if err != nil {
		return diskError("can't write", p.dir.full(p.name), err)
	}
	return nil
}

// removePart removes a part and its info. A later run removes or resumes what can't be
// removed now.
func (d *outputDir) removePart(part string) {
	_ = d.remove(part)
	_ = d.remove(infoName(part))
}

// close closes the part and releases its lock. Its content stays for a later run; an
// empty part is removed.
func (p *part) close() {
	if p.size == 0 {
		p.dir.removePart(p.name)
	}
	p.file.Close()
	p.unlock()
}

// unlock removes the lock file beside the part and releases the lock.
func (p *part) unlock() {
	name := lockName(p.name)
	err := p.dir.remove(name)
	_ = p.lock.Close()
	if err != nil {
		_ = p.dir.remove(name) // Windows removes no file that is open
	}
}
