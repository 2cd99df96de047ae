package serve

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	gossh "golang.org/x/crypto/ssh"
)

// keyLines makes n keys, and returns the line of each without a comment.
func keyLines(t *testing.T, n int) (lines []string, keys []gossh.PublicKey) {
	s := &served{t: t}
	for range n {
		key := s.newKey("", nil).PublicKey()
		keys = append(keys, key)
		lines = append(lines, strings.TrimSpace(string(gossh.MarshalAuthorizedKey(key))))
	}
	return lines, keys
}

// write writes a file of a test's own, and returns its path.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAccess(t *testing.T) {
	lines, keys := keyLines(t, 9)
	a := Access{
		AuthorizedKeys: write(t, "keys", strings.Join([]string{
			"# the team", "", lines[0] + " ana@desk ", "no-pty " + lines[1] + " ci",
			`command="backup",no-port-forwarding ` + lines[2], `from="10.0.0.*" ` + lines[3], "expiry-time=20200101 " + lines[4],
			"no-port-forwarding,no-agent-forwarding " + lines[5] + " bo", "ssh-ed25519 AAAA", lines[6], "restrict " + lines[7], "cert-authority " + lines[8],
		}, "\r\n")),
		Operators: "",
	}
	a.Operators = write(t, "operators", lines[5]+"\n"+lines[1]+"\n")
	for i, want := range []string{"ana@desk (viewer)", "", "", "", "", "bo (operator)", gossh.FingerprintSHA256(keys[6]) + " (viewer)", "", ""} {
		got := ""
		if who, ok := a.identify(keys[i]); ok {
			got = fmt.Sprintf("%s (%s)", who.name, who.role)
		}
		if got != want {
			t.Errorf("key %d is of %q, want %q", i, got, want)
		}
	}
	if _, ok := a.identify(nil); ok {
		t.Error("no key lets in")
	}
	viewers, operators, warnings, err := a.Check()
	if viewers != 2 || operators != 1 || err != nil {
		t.Errorf("%d viewers, %d operators, %v", viewers, operators, err)
	}
	all := strings.Join(warnings, "\n")
	for _, want := range []string{
		"line 4: polltop does not check the option no-pty", "line 5: polltop does not check the option command", "line 6: polltop does not check the option from",
		"line 7: polltop does not check the option expiry-time", "line 9: it is no public key", "line 11: polltop does not check the option restrict",
		"line 12: polltop does not check the option cert-authority", "operators, line 2: the key is not in",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("no warning %q among\n%s", want, all)
		}
	}
}

func TestAccessSaysWhatIsWrong(t *testing.T) {
	lines, _ := keyLines(t, 1)
	good := write(t, "keys", lines[0])
	open := write(t, "open", lines[0])
	if err := os.Chmod(open, 0o622); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		access Access
		want   string
	}{
		{Access{AuthorizedKeys: filepath.Join(t.TempDir(), "none")}, "--authorized-keys: can't read"},
		{Access{AuthorizedKeys: t.TempDir()}, "is a directory"},
		{Access{AuthorizedKeys: write(t, "empty", "# nobody\n")}, "has no key that lets anybody in"},
		{Access{AuthorizedKeys: write(t, "bad", "hello\n")}, "line 1: it is no public key"},
		{Access{AuthorizedKeys: good, Operators: filepath.Join(t.TempDir(), "none")}, "--operators: can't read"},
		{Access{AuthorizedKeys: open}, "chmod go-w"},
		{Access{AuthorizedKeys: good, Operators: open}, "--operators: others can write"},
	} {
		if strings.Contains(c.want, "write") && runtime.GOOS == "windows" {
			continue
		}
		if _, _, _, err := c.access.Check(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.access, err, c.want)
		}
	}
}

func TestHostKeyStaysAndIsItsOwnersAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", "host_key")
	fingerprint := func() string {
		s, err := New(Options{HostKey: path, Poller: newFake(t, 0)})
		if err != nil {
			t.Fatal(err)
		}
		return s.Fingerprint()
	}
	first := fingerprint()
	if again := fingerprint(); again != first || !strings.HasPrefix(first, "SHA256:") {
		t.Errorf("the fingerprint is %s, then %s", first, again)
	}
	if runtime.GOOS == "windows" {
		return
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("the host key has mode %v, %v", info.Mode(), err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := New(Options{HostKey: path, Poller: newFake(t, 0)}); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a host key that others can read: %v", err)
	}
	os.WriteFile(path, []byte("damaged"), 0o600)
	os.Chmod(path, 0o600)
	if _, err := New(Options{HostKey: path, Poller: newFake(t, 0)}); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("a damaged host key: %v", err)
	}
}

func TestEnvironmentOfAClientNamesNothingOfTheServer(t *testing.T) {
	got := environ([]string{"LANG=C.UTF-8", "TMUX=/tmp/x", "LD_PRELOAD=x", "COLORTERM=truecolor", "HOME=/root"}, "../../etc/passwd")
	if want := "LANG=C.UTF-8 COLORTERM=truecolor TERM=xterm"; strings.Join(got, " ") != want {
		t.Errorf("the environment is %q, want %q", got, want)
	}
}
