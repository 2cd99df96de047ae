package download

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestContentRange(t *testing.T) {
	for value, want := range map[string]string{
		"bytes 0-4/5":                        "0 4 5 true",
		" Bytes 100-199/* ":                  "100 199 -1 true",
		"bytes 5-5/6":                        "5 5 6 true",
		"bytes */5":                          "0 0 0 false",
		"bytes 0-5/5":                        "0 0 0 false",
		"bytes 4-3/5":                        "4 3 5 false",
		"bytes -1-3/5":                       "0 0 0 false",
		"bytes 0-4":                          "0 0 0 false",
		"items 0-4/5":                        "0 0 0 false",
		"bytes 0-4/x":                        "0 0 0 false",
		"bytes 0-99999999999999999999/*":     "0 -1 -1 false",
		"bytes 0-9223372036854775807/*":      "0 9223372036854775807 -1 false",
		"":                                   "0 0 0 false",
		"bytes 0-4/5, bytes 6-7/8":           "0 0 0 false",
		"multipart/byteranges; boundary=abc": "0 0 0 false",
	} {
		first, last, total, ok := contentRange(value)
		got := fmt.Sprint(first, " ", last, " ", total, " ", ok)
		if _, wantOK := strings.CutSuffix(want, "true"); got != want && (ok || wantOK) {
			t.Errorf("contentRange(%q) = %s, want %s", value, got, want)
		}
	}
}

func FuzzContentRange(f *testing.F) {
	for _, seed := range []string{"bytes 0-4/5", "bytes 100-199/*", "bytes */5", "bytes 1-", "bytes 0-9223372036854775807/9223372036854775807"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		first, last, total, ok := contentRange(value)
		if ok && (first < 0 || last < first || last-first+1 <= 0 || (total >= 0 && last >= total) || total < -1) {
			t.Errorf("contentRange(%q) = %d, %d, %d", value, first, last, total)
		}
	})
}

func TestValidatorsAreStrong(t *testing.T) {
	const date, earlier = "Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:36 GMT"
	for _, c := range []struct{ etag, modified, date, wantETag, wantModified string }{
		{`"a"`, earlier, date, `"a"`, earlier},
		{`W/"a"`, date, date, "", ""},
		{"a", earlier, "", "", ""},
		{"", "yesterday", date, "", ""},
	} {
		etag, modified := validators(http.Header{"Etag": {c.etag}, "Last-Modified": {c.modified}, "Date": {c.date}})
		if etag != c.wantETag || modified != c.wantModified {
			t.Errorf("of %+v: %q and %q", c, etag, modified)
		}
	}
}

// ledgerOf returns a ledger of a directory of its own.
func ledgerOf(t testing.TB) (*os.Root, *ledger) {
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	l := ledger{files: map[string]record{}}
	return root, &l
}

func TestLedgerSurvivesWhatHappensToIt(t *testing.T) {
	root, ours := ledgerOf(t)
	theirs := ledger{files: map[string]record{}}
	rec := func(name string) record {
		return record{Identity: name, Path: name, Size: 1}
	}
	known := func(l *ledger, names ...string) {
		t.Helper()
		l.read(root)
		for _, name := range names {
			if r := l.files[name]; r.Path != name {
				t.Errorf("%s is not known: %+v", name, r)
			}
		}
		if len(l.files) != len(names) {
			t.Errorf("%d files known, want %d", len(l.files), len(names))
		}
	}
	ours.add(root, rec("a"))
	known(&theirs, "a")
	theirs.add(root, rec("b"))
	known(ours, "a", "b")

	// A program that was killed in the middle of a line.
	path := filepath.Join(root.Name(), ledgerName)
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteString("null\n{}\n{\"output\":\"x\",\"name\":\"x\",\"path\":\"../x\"}\n{\"output\":\"y\",\"na"); err != nil {
		t.Fatal(err)
	}
	file.Close()
	known(ours, "a", "b")
	ours.add(root, rec("c"))
	known(ours, "a", "b", "c")
	fresh := ledger{files: map[string]record{}}
	known(&fresh, "a", "b", "c")

	// A user who clears it: what was known stays so, and what comes is written.
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	known(ours, "a", "b", "c")
	ours.add(root, rec("d"))
	fresh = ledger{files: map[string]record{}}
	known(&fresh, "d")
}

func TestLedgerThatIsALinkIsNotFollowed(t *testing.T) {
	root, l := ledgerOf(t)
	if err := root.WriteFile("precious", []byte("precious\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := root.Symlink("precious", ledgerName); err != nil {
		t.Skip("this system makes no links:", err)
	}
	l.read(root)
	l.add(root, record{Identity: "x", Path: "a"})
	if b, err := root.ReadFile("precious"); err != nil || string(b) != "precious\n" {
		t.Errorf("what a link for a ledger leads to now holds %q, %v", b, err)
	}
}

func FuzzLedger(f *testing.F) {
	f.Add([]byte("{\"output\":\"x\",\"name\":\"a\",\"path\":\"a\",\"size\":1}\n"))
	f.Add([]byte("{\"output\":\"x\",\"path\":\"../../etc/passwd\"}\n\n\nnull\n[1]\n{\"output\":1"))
	f.Fuzz(func(t *testing.T, b []byte) {
		root, l := ledgerOf(t)
		if err := root.WriteFile(ledgerName, b, 0o644); err != nil {
			t.Fatal(err)
		}
		l.read(root)
		for _, r := range l.files {
			if !filepath.IsLocal(r.Path) {
				t.Errorf("%q is believed to be a file of the directory", r.Path)
			}
		}
		r := record{Identity: "added", Path: "p", Size: 7}
		l.add(root, r)
		fresh := ledger{files: map[string]record{}}
		fresh.read(root)
		if fresh.files["added"] != r {
			t.Errorf("what was added behind %q is not found again", b)
		}
	})
}
