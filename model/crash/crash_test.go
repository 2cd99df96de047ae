package crash

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const secret = "sk-crash-0123456789"

// catcher returns one that writes to directories of a test's own.
func catcher(dirs ...string) *Catcher {
	return New("v1.2.3", func(s string) string { return strings.ReplaceAll(s, secret, "[redacted]") }, dirs...)
}

// fail panics as far down as a real one does.
func fail(c *Catcher, value any) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer c.Catch()
		panic(value)
	}()
	<-done
}

// printed returns the lines that Print writes of a crash.
func printed(e *Error) []string {
	var b strings.Builder
	Print(&b, e)
	return slices.Collect(strings.Lines(strings.TrimSuffix(b.String(), "\n")))
}

func TestReportHoldsWhatIsNeededAndNoSecret(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not", "there")
	c := catcher(dir)
	if c.Err() != nil {
		t.Fatalf("before anything: %v", c.Err())
	}
	fail(c, errors.New("the key "+secret+"\nsecond line"))
	fail(c, "what followed")
	<-c.Caught()
	var e *Error
	if !errors.As(c.Err(), &e) || e.Error() != "crashed, which is polltop's own fault: the key [redacted]" {
		t.Fatalf("the line: %v", c.Err())
	}
	if words := printed(e); len(words) != 2 || words[0] != "polltop: "+e.Error()+"\n" || !strings.HasSuffix(words[1], ": "+e.Path) || len(printed(e)) != 0 {
		t.Errorf("told is %q, and then %q", words, printed(e))
	}
	info, err := os.Stat(e.Path)
	if err != nil || info.Mode().Perm() != 0o600 || filepath.Dir(e.Path) != dir {
		t.Fatalf("%s: %v, %v", e.Path, info, err)
	}
	text, _ := os.ReadFile(e.Path)
	for _, want := range []string{"polltop v1.2.3", "second line", "crash.fail.func1", "testing.tRunner", "all goroutines:"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the report has no %q:\n%s", want, text)
		}
	}
	for _, not := range []string{secret, "what followed"} {
		if strings.Contains(string(text), not) {
			t.Errorf("the report holds %q", not)
		}
	}
}

func TestReportGoesWhereItCan(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	other := t.TempDir()
	var e *Error
	c := catcher(file, other)
	fail(c, "x")
	if !errors.As(c.Err(), &e) || filepath.Dir(e.Path) != other {
		t.Errorf("%+v", c.Err())
	}
	// A second report in the same second does not replace the first.
	again := catcher(other)
	fail(again, "y")
	if files, _ := filepath.Glob(filepath.Join(other, "crash-*.txt")); len(files) != 2 {
		t.Errorf("reports: %v", files)
	}
	c = catcher(file)
	fail(c, "x")
	if !errors.As(c.Err(), &e) || e.Path != "" || !strings.Contains(e.Error(), "no report could be written") || len(printed(e)) != 1 {
		t.Errorf("%+v", c.Err())
	}
}
