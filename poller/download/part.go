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

// maxPartInfo bounds the size in bytes of a partInfo file.
const maxPartInfo = 256 << 10

// partInfo identifies the file of a part. It is stored in a file beside the part, so that a later run
// can resume it, and never joins the pieces of two files.
type partInfo struct {
	Identity string `json:"output"` // Job.identity
	Source   string `json:"source"` // sourceID
	// ETag and LastModified are what validators returned.
	ETag         string `json:"etag,omitempty"`
	LastModified string `json:"last_modified,omitempty"`
	ContentType  string `json:"content_type,omitempty"`
	Total        int64  `json:"total"` // the size of the whole file in bytes; -1 if unknown
}

// validator returns the validator for If-Range; "" for none.
func (i partInfo) validator() string { return cmp.Or(i.ETag, i.LastModified) }

// part is an incomplete file. Its name is the expected one with the start of the output's identity, so
// it is unique and the same in each run. Its lock file excludes other processes until it is closed.
type part struct {
	dir  *outputDir
	name string
	file *os.File
	lock *flock.Flock
	size int64
	info partInfo
}

// partName returns the name of the part for an output's expected name. infoName and lockName return
// the names of a part's partInfo and lock files.
func partName(name, identity string) string { return name + "." + identity[:8] + partEnding }
func infoName(part string) string           { return strings.TrimSuffix(part, partEnding) + infoEnding }
func lockName(part string) string           { return strings.TrimSuffix(part, partEnding) + lockEnding }

// errLocked means that another process holds the lock of a part.
var errLocked = &downloadError{message: "another polltop is downloading this file into the same directory: wait for it, or give another --output-dir"}

// openPart opens or creates the part of an output from a source. It returns errLocked if another
// process holds its lock.
func (d *outputDir) openPart(name, identity, source string) (*part, error) {
	folder := path.Dir(name)
	if err := d.root.MkdirAll(folder, 0o755); err != nil {
		return nil, diskError("can't make the directory", d.fullPath(folder), err)
	}
	p := &part{dir: d, name: partName(name, identity), info: partInfo{Identity: identity, Source: source, Total: -1}}
	var err error
	if p.lock, err = d.lock(lockName(p.name)); err != nil {
		return nil, diskError("can't lock", d.fullPath(lockName(p.name)), err)
	}
	if p.file, err = d.openFile(p.name); err == nil {
		p.size, err = p.file.Seek(0, io.SeekEnd)
	}
	if err != nil {
		p.unlock()
		return nil, diskError("can't open", d.fullPath(p.name), err)
	}
	p.readInfo()
	return p, nil
}

// lock acquires a lock file, and creates it if it does not exist. It returns errLocked if another
// process holds it. On a file system without locks it succeeds without one.
func (d *outputDir) lock(name string) (*flock.Flock, error) {
	// Open it through the root, so that no link leads out of the directory.
	file, err := d.openFile(name)
	if err != nil {
		return nil, err
	}
	file.Close()
	lock := flock.New(d.fullPath(name), flock.SetFlag(os.O_RDWR))
	acquired, err := lock.TryLock()
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && !acquired:
		return nil, errLocked
	case err == nil && !d.isAt(lock, name): // the previous holder has removed this lock file
		_ = lock.Close()
		return nil, errLocked
	}
	return lock, nil
}

// openFile opens a regular file for reading and writing, and creates it if it does not exist.
func (d *outputDir) openFile(name string) (*os.File, error) {
	if _, err := d.stat(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return d.root.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
}

// readInfo sets the part's info from its file if that has the same output and source.
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

// resumable reports whether the rest of the file can be requested. Without a validator the file may
// have changed.
func (p *part) resumable() bool {
	return p.size > 0 && p.info.validator() != "" && (p.info.Total < 0 || p.size < p.info.Total)
}

// restart discards the info, so that the next request is for the whole file.
func (p *part) restart() {
	p.info = partInfo{Identity: p.info.Identity, Source: p.info.Source, Total: -1}
}

// begin empties the part and stores the info of its new file. It replaces the file instead of
// truncating it, because after a kill in finalize the finished output may be the same file.
func (p *part) begin(info partInfo) error {
	p.file.Close() // Windows removes no file that is open
	err := p.dir.remove(p.name)
	if err == nil {
		p.file, err = p.dir.create(p.name)
	}
	if err != nil {
		return diskError("can't replace", p.dir.fullPath(p.name), err)
	}
	info.Identity, info.Source = p.info.Identity, p.info.Source
	p.info, p.size = info, 0
	encoded, _ := json.Marshal(info) // strings and numbers always encode
	name := infoName(p.name)
	if err = p.dir.remove(name); err == nil { // so that no link is followed
		err = p.dir.root.WriteFile(name, encoded, 0o644)
	}
	if err != nil {
		return diskError("can't write", p.dir.fullPath(name), err)
	}
	return nil
}

func (p *part) write(b []byte) error {
	n, err := p.dir.write(p.file, b)
	p.size += int64(n)
	if err != nil {
		return diskError("can't write", p.dir.fullPath(p.name), err)
	}
	return nil
}

// removePart removes a part and its info. It ignores errors: a later run removes or resumes them.
func (d *outputDir) removePart(part string) {
	_ = d.remove(part)
	_ = d.remove(infoName(part))
}

// close closes the part and releases its lock. It removes an empty part; any other stays for a later
// run.
func (p *part) close() {
	if p.size == 0 {
		p.dir.removePart(p.name)
	}
	p.file.Close()
	p.unlock()
}

// unlock removes the lock file and releases the lock.
func (p *part) unlock() {
	name := lockName(p.name)
	err := p.dir.remove(name)
	_ = p.lock.Close()
	if err != nil {
		_ = p.dir.remove(name) // Windows removes no file that is open
	}
}
