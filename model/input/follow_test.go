package input_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"polltop/model/input"
)

func TestFollowReadsFromTheStartAndWhatIsAppended(t *testing.T) {
	f := tempFile(t)
	f.append("mmsu_01hxyz00000000000000000001\r\nmmsu_01hxyz00000000000000000002\r\n")
	b := start(t, nil, f.path)
	b.wantIDs("mmsu_01hxyz00000000000000000001", "mmsu_01hxyz00000000000000000002")
	f.append("wan26_i2v/mmsu_01hxyz00000000000000000003\nhttp://localhost:80/v1/queue/kling/requests/$ID/status\nmmsu_01hxyz00000000000000000001\n")
	b.wantIDs("mmsu_01hxyz00000000000000000001", "mmsu_01hxyz00000000000000000002", "mmsu_01hxyz00000000000000000003", "mmsu_01hxyz00000000000000000001")
	s := b.latest[f.path]
	if s.Tracked.Added != 3 || s.Tracked.AlreadyTracked != 1 || s.Tracked.First != 0 || s.RefusedLines != 1 || s.Ended || s.Err != nil {
		t.Errorf("the stream is %+v", s)
	}
	if len(b.badText) != 1 || b.badText[0].From != f.path || b.badText[0].Line != 4 {
		t.Errorf("the problems are %+v", b.badText)
	}
	if len(b.notices) != 0 {
		t.Errorf("the notices are %+v", b.notices)
	}
}

func TestFollowWaitsForTheRestOfALine(t *testing.T) {
	f := tempFile(t)
	f.append("mmsu_01hxyz00000000000000000001\nmmsu_01hx")
	b := start(t, nil, f.path)
	b.wantIDs("mmsu_01hxyz00000000000000000001")
	// By this notice, the half line was looked at more than once.
	b.wantNotice(f.path + ": its last line has no line break yet: waiting for the rest of it")
	f.append("yz00000000000000000002\nmmsu_01hxyz00000000000000000003\n")
	b.wantIDs("mmsu_01hxyz00000000000000000001", "mmsu_01hxyz00000000000000000002", "mmsu_01hxyz00000000000000000003")
}

func TestFollowReadsAFileOfManyChunks(t *testing.T) {
	f := tempFile(t)
	all, text := ids("many", 60_000)
	half := len(text)/2 + 7
	f.append(text[:half])
	b := start(t, nil, f.path)
	f.append(text[half:]) // while it is read for the first time
	b.until(func() bool { return b.latest[f.path].Tracked.Added >= len(all) })
	if !slices.Equal(b.tracker.all(), all) {
		t.Error("the requests are not those of the file")
	}
	if b.tracker.calls > 100 {
		t.Errorf("%d requests were tracked in %d calls", len(all), b.tracker.calls)
	}
}

func TestFollowReadsSeveralFiles(t *testing.T) {
	one, two := tempFile(t), tempFile(t)
	one.append("mmsu_01hxyz00000000000000000001\n")
	b := start(t, strings.NewReader("http://localhost:80/v1/queue/kling/requests/$ID/status\nmmsu_01hxyz00000000000000000009"), one.path, two.path, one.path)
	two.append("mmsu_01hxyz00000000000000000002\n")
	b.until(func() bool { return b.latest[two.path].Tracked.Added == 1 && b.latest["standard input"].Ended })
	one.append("mmsu_01hxyz00000000000000000003\n")
	b.until(func() bool { return b.latest[one.path].Tracked.Added == 2 })
	if got := b.tracker.all(); len(got) != 4 {
		t.Errorf("the requests are %q", got)
	}
	if len(b.badText) != 1 || b.badText[0].From != "standard input" {
		t.Errorf("the problems are %+v", b.badText)
	}
}

func TestFollowResolvesAPathOnce(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	f := file{t, filepath.Join(dir, "tasks.log")}
	f.append("mmsu_01hxyz00000000000000000001\n")
	b := start(t, nil, "tasks.log")
	b.wantIDs("mmsu_01hxyz00000000000000000001")
	f.must(os.Chdir(t.TempDir()))
	f.append("mmsu_01hxyz00000000000000000002\n")
	b.wantIDs("mmsu_01hxyz00000000000000000001", "mmsu_01hxyz00000000000000000002")
	if _, ok := b.latest["tasks.log"]; !ok {
		t.Errorf("the streams are %+v", b.latest)
	}
}

func TestFollowWaitsForAFileToAppear(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "logs")
	f := file{t, filepath.Join(dir, "tasks.log")}
	b := start(t, nil, f.path)
	b.wantNotice(f.path + ": waiting for it to appear (there is no directory " + dir + " either)")
	f.must(os.Mkdir(dir, 0o700))
	b.wantNotice(f.path + ": waiting for it to appear")
	f.append("mmsu_01hxyz00000000000000000001\n")
	b.wantIDs("mmsu_01hxyz00000000000000000001")
	b.wantNotice(f.path + " is there now")
}

func TestFollowRefusesWhatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	for name, want := range map[string]string{
		"":         "the path of a file to follow is empty: name a file",
		"-":        "- can't be followed: pipe into polltop to have standard input read as it comes, or write ./- for a file of that name",
		dir:        "can't follow " + dir + ": it is a directory: name a file in it",
		os.DevNull: "can't follow " + os.DevNull + ": it is neither a file nor a named pipe: pipe what comes from it into polltop",
		dir + "/a": "", // may appear
	} {
		_, err := input.NewReader(input.Options{Source: testSource(t), Follow: []string{name}})
		if got := errorText(err); got != want {
			t.Errorf("%q: the error is %q, not %q", name, got, want)
		}
	}
}

func TestFollowRefusesAFileThatItMayNotRead(t *testing.T) {
	f := tempFile(t)
	f.append("mmsu_01hxyz00000000000000000001\n")
	f.must(os.Chmod(f.path, 0))
	if file, err := os.Open(f.path); err == nil {
		file.Close()
		t.Skip("this user may read everything")
	}
	_, err := input.NewReader(input.Options{Source: testSource(t), Follow: []string{f.path}})
	want := "can't follow " + f.path + ": permission denied: ask for the right to read it, as with chmod"
	if errorText(err) != want {
		t.Errorf("the error is %q, not %q", errorText(err), want)
	}
}

func TestFollowTriesOnWhereItCannotRead(t *testing.T) {
	f := tempFile(t)
	b := start(t, nil, f.path)
	b.wantNotice(f.path + ": waiting for it to appear")
	f.must(os.Mkdir(f.path, 0o700))
	b.wantNotice(f.path + " can't be read: it is a directory: name a file in it; trying on")
	if b.latest[f.path].Err == nil {
		t.Error("the stream has no error")
	}
	f.must(os.Remove(f.path))
	f.append("mmsu_01hxyz00000000000000000001\n")
	b.wantIDs("mmsu_01hxyz00000000000000000001")
	b.until(func() bool { return b.latest[f.path].Err == nil })
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
