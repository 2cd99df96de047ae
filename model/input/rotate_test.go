package input_test

import (
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

const (
	rotated   = " was rotated: went on with the new file"
	truncated = " was truncated: reading it from the start"
	rewritten = " was rewritten: reading it from the start"
)

func TestRotationByRenaming(t *testing.T) {
	f := tempFile(t)
	f.append("mmsu_01hxyz00000000000000000001\n")
	b := start(t, nil, f.path)
	b.wantIDs("mmsu_01hxyz00000000000000000001")

	old := file{t, f.path + ".1"}
	f.append("mmsu_01hxyz00000000000000000002\n")
	f.must(os.Rename(f.path, old.path))
	f.append("") // the new file is there, and who writes does not know yet
	old.append("mmsu_01hxyz00000000000000000003\n")
	b.wantIDs("mmsu_01hxyz00000000000000000001", "mmsu_01hxyz00000000000000000002", "mmsu_01hxyz00000000000000000003")
	old.append("mmsu_01hxyz00000000000000000004") // the last of the old file
	f.append("mmsu_01hxyz00000000000000000005\nmmsu_01hxyz00000000000000000006\n")
	b.wantIDs("mmsu_01hxyz00000000000000000001", "mmsu_01hxyz00000000000000000002", "mmsu_01hxyz00000000000000000003", "mmsu_01hxyz00000000000000000004", "mmsu_01hxyz00000000000000000005", "mmsu_01hxyz00000000000000000006")
	b.wantNotice(f.path + rotated)
	f.append("mmsu_01hxyz00000000000000000007\n")
	b.until(func() bool { return b.latest[f.path].Tracked.Added == 7 })
}

func TestRotationByCopyingAndTruncating(t *testing.T) {
	f := tempFile(t)
	f.append("mmsu_01hxyz00000000000000000001\nmmsu_01hxyz00000000000000000002\n")
	b := start(t, nil, f.path)
	b.wantIDs("mmsu_01hxyz00000000000000000001", "mmsu_01hxyz00000000000000000002")
	f.must(os.Truncate(f.path, 0))
	f.append("mmsu_01hxyz00000000000000000003\n")
	b.wantIDs("mmsu_01hxyz00000000000000000001", "mmsu_01hxyz00000000000000000002", "mmsu_01hxyz00000000000000000003")
	if b.said[f.path+truncated]+b.said[f.path+rewritten] != 1 {
		t.Errorf("the notices are %+v", b.notices)
	}
}

// Who does not open a file to append writes on where they were, so that after
// truncation the file begins with a hole.
func TestTruncationUnderAWriter(t *testing.T) {
	f := tempFile(t)
	writer, err := os.Create(f.path)
	f.must(err)
	defer writer.Close()
	writer.WriteString("mmsu_01hxyz00000000000000000001\n")
	b := start(t, nil, f.path)
	b.wantIDs("mmsu_01hxyz00000000000000000001")
	f.must(writer.Truncate(0))
	b.wantNotice(f.path + truncated)
	// As a line, the hole would make the first id a part of a line too long.
	_, err = writer.Seek(4<<20-5, io.SeekStart)
	f.must(err)
	writer.WriteString("mmsu_01hxyz00000000000000000002\n")
	b.wantIDs("mmsu_01hxyz00000000000000000001", "mmsu_01hxyz00000000000000000002")
	if len(b.badText) != 0 {
		t.Errorf("the problems are %+v", b.badText)
	}
}

func TestRewriteIsNoticedWhateverTheLength(t *testing.T) {
	f := tempFile(t)
	f.append("mmsu_01hxyz00000000000000000001\nmmsu_01hxyz00000000000000000002\n")
	b := start(t, nil, f.path)
	b.wantIDs("mmsu_01hxyz00000000000000000001", "mmsu_01hxyz00000000000000000002")
	// At once, so that it can't be seen while it is short.
	file, err := os.OpenFile(f.path, os.O_WRONLY, 0)
	f.must(err)
	defer file.Close()
	file.WriteString("mmsu_01hxyz00000000000000000003\nmmsu_01hxyz00000000000000000004\n")
	b.wantIDs("mmsu_01hxyz00000000000000000001", "mmsu_01hxyz00000000000000000002", "mmsu_01hxyz00000000000000000003", "mmsu_01hxyz00000000000000000004")
	b.wantNotice(f.path + rewritten)
	f.rewrite("mmsu_01hxyz00000000000000000005\nmmsu_01hxyz00000000000000000006\nmmsu_01hxyz00000000000000000007\n")
	b.until(func() bool { return b.latest[f.path].Tracked.Added == 7 })
}

func TestFileIsDeletedAndMadeAgain(t *testing.T) {
	f := tempFile(t)
	f.append("mmsu_01hxyz00000000000000000001\n")
	b := start(t, nil, f.path)
	b.wantIDs("mmsu_01hxyz00000000000000000001")
	writer, err := os.OpenFile(f.path, os.O_APPEND|os.O_WRONLY, 0)
	f.must(err)
	defer writer.Close()
	f.must(os.Remove(f.path))
	b.wantNotice(f.path + " is gone: waiting for it to come back")
	writer.WriteString("mmsu_01hxyz00000000000000000002\n") // who writes may not be done
	b.wantIDs("mmsu_01hxyz00000000000000000001", "mmsu_01hxyz00000000000000000002")
	f.append("mmsu_01hxyz00000000000000000003\n")
	b.wantIDs("mmsu_01hxyz00000000000000000001", "mmsu_01hxyz00000000000000000002", "mmsu_01hxyz00000000000000000003")
	b.wantNotice(f.path + rotated)
}

func TestDirectoryIsMovedAndMadeAgain(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows does not let go of a directory whose files are open")
	}
	dir := filepath.Join(t.TempDir(), "logs")
	f := file{t, filepath.Join(dir, "tasks.log")}
	f.must(os.Mkdir(dir, 0o700))
	f.append("mmsu_01hxyz00000000000000000001\n")
	b := start(t, nil, f.path)
	b.wantIDs("mmsu_01hxyz00000000000000000001")
	f.must(os.Rename(dir, dir+".old"))
	f.must(os.Mkdir(dir, 0o700))
	f.append("mmsu_01hxyz00000000000000000002\n")
	b.wantIDs("mmsu_01hxyz00000000000000000001", "mmsu_01hxyz00000000000000000002")
	f.append("mmsu_01hxyz00000000000000000003\n")
	b.wantIDs("mmsu_01hxyz00000000000000000001", "mmsu_01hxyz00000000000000000002", "mmsu_01hxyz00000000000000000003")
}

// As Kubernetes does it: the file is a link through a link to a directory, and
// that one is swapped.
func TestLinkOnTheWayIsSwapped(t *testing.T) {
	dir := t.TempDir()
	f := file{t, filepath.Join(dir, "tasks.log")}
	version := func(name, text string) file {
		f.must(os.Mkdir(filepath.Join(dir, name), 0o700))
		v := file{t, filepath.Join(dir, name, "tasks.log")}
		v.append(text)
		link := filepath.Join(dir, "..new")
		if err := os.Symlink(name, link); err != nil {
			t.Skip(err) // Windows lets few make links
		}
		f.must(os.Rename(link, filepath.Join(dir, "..data")))
		return v
	}
	one := version("..1", "mmsu_01hxyz00000000000000000001\n")
	f.must(os.Symlink(filepath.Join("..data", "tasks.log"), f.path))
	b := start(t, nil, f.path)
	b.wantIDs("mmsu_01hxyz00000000000000000001")
	one.append("mmsu_01hxyz00000000000000000002\n")
	b.wantIDs("mmsu_01hxyz00000000000000000001", "mmsu_01hxyz00000000000000000002")
	two := version("..2", "mmsu_01hxyz00000000000000000003\n")
	b.wantIDs("mmsu_01hxyz00000000000000000001", "mmsu_01hxyz00000000000000000002", "mmsu_01hxyz00000000000000000003")
	b.wantNotice(f.path + rotated)
	f.must(os.RemoveAll(filepath.Dir(one.path)))
	two.append("mmsu_01hxyz00000000000000000004\n")
	b.wantIDs("mmsu_01hxyz00000000000000000001", "mmsu_01hxyz00000000000000000002", "mmsu_01hxyz00000000000000000003", "mmsu_01hxyz00000000000000000004")
}

// A file is moved aside and back, as who edits it may do.
func TestFileThatComesBackIsReadOn(t *testing.T) {
	f := tempFile(t)
	f.append("mmsu_01hxyz00000000000000000001\nmmsu_01hx")
	b := start(t, nil, f.path)
	b.wantIDs("mmsu_01hxyz00000000000000000001")
	f.must(os.Rename(f.path, f.path+"~"))
	b.wantNotice(f.path + " is gone: waiting for it to come back")
	f.must(os.Rename(f.path+"~", f.path))
	b.wantNotice(f.path + " is there now")
	f.append("yz00000000000000000002\n")
	b.wantIDs("mmsu_01hxyz00000000000000000001", "mmsu_01hxyz00000000000000000002")
	for text := range b.said {
		if strings.HasSuffix(text, rotated) {
			t.Errorf("the notices are %+v", b.notices)
		}
	}
}
