//go:build unix

package e2e

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"polltop/poller/simulator/faulty"
)

// team is a polltop serve on loopback, and the keys of a viewer, an operator and somebody
// who is not let in.
type team struct {
	t       *testing.T
	command *exec.Cmd
	dir     string
	port    string
	exited  chan error
}

// startTeam serves tasks to the real OpenSSH client, which the test is skipped without.
func startTeam(t *testing.T, s *service, ids ...string) *team {
	t.Helper()
	for _, program := range []string{"ssh", "ssh-keygen"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("SKIPPED, so nothing is known of ssh: there is no %s (Debian: openssh-client)", program)
		}
	}
	m := &team{t: t, dir: t.TempDir(), exited: make(chan error, 1)}
	for _, who := range []string{"ana", "bo", "eve"} {
		if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", who, "-f", m.path(who)).CombinedOutput(); err != nil {
			t.Fatalf("ssh-keygen: %v: %s", err, out)
		}
	}
	m.write("keys", m.read("ana.pub")+m.read("bo.pub"))
	m.write("operators", m.read("bo.pub"))
	m.command = exec.Command(binary, append([]string{"serve", "--listen", "127.0.0.1:0", "--authorized-keys", m.path("keys"), "--operators", m.path("operators")}, ids...)...)
	m.command.Env = append(s.env("XDG_STATE_HOME="+m.dir, "XDG_CONFIG_HOME="+m.dir, "HOME="+m.dir, "NO_PROXY=*"), "PATH="+os.Getenv("PATH"))
	m.command.Dir = m.dir
	out, err := m.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	m.command.Stderr = os.Stderr
	if err := m.command.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for m.port == "" && lines.Scan() {
		_, rest, _ := strings.Cut(lines.Text(), "serving on 127.0.0.1:")
		m.port, _, _ = strings.Cut(rest, ":")
	}
	if !lines.Scan() || !strings.Contains(lines.Text(), "host key SHA256:") {
		t.Fatalf("the fingerprint is not told: %q", lines.Text())
	}
	go func() {
		io.Copy(io.Discard, out)
		m.exited <- m.command.Wait()
	}()
	t.Cleanup(func() { m.command.Process.Kill() })
	return m
}

func (m *team) path(name string) string { return filepath.Join(m.dir, name) }

func (m *team) read(name string) string {
	m.t.Helper()
	text, err := os.ReadFile(m.path(name))
	if err != nil {
		m.t.Fatal(err)
	}
	return string(text)
}

func (m *team) write(name, text string) {
	m.t.Helper()
	if err := os.WriteFile(m.path(name), []byte(text), 0o600); err != nil {
		m.t.Fatal(err)
	}
}

// ssh connects as somebody, in a terminal of 100x24 cells.
func (m *team) ssh(who string, more ...string) *terminal {
	m.t.Helper()
	ssh, err := exec.LookPath("ssh")
	if err != nil {
		m.t.Fatal(err)
	}
	return start(m.t, options{width: 100, height: 24, program: ssh}, append([]string{
		"-F", "none", "-p", m.port, "-i", m.path(who), "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes", "-o", "LogLevel=ERROR",
		"-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=" + m.path("known_hosts"), "anybody@127.0.0.1",
	}, more...)...)
}

func TestDashboardsOverOpenSSH(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	ids := s.submit(3, forever)
	m := startTeam(t, s, ids[:2]...)
	ana, bo := m.ssh("ana"), m.ssh("bo")
	ana.waitText("running 2", "2 connected")
	bo.waitText("running 2", "2 connected")

	ana.keys("x")
	ana.waitText("x (cancel) is for operators")
	ana.paste(ids[2])
	ana.waitText("a (add tasks) is for operators")
	bo.paste(ids[2])
	bo.waitText("1 added")
	bo.waitText("running 3")
	ana.waitText("running 3")
	bo.keys("x")
	bo.answer("Cancel 1 task", "y")
	bo.waitText("canceled 1")
	ana.waitText("canceled 1")

	ana.resize(60, 16)
	ana.waitFor("the smaller screen", func(screen string) bool {
		return !strings.Contains(screen, "ENDPOINT") && strings.Contains(screen, "STATUS")
	})
	ana.keys("y")
	ana.waitText("copied 1 request id")
	ana.waitFor("OSC 52 through ssh", func(string) bool { return strings.Contains(ana.raw.String(), "\x1b]52;c;") })
	ana.keys("q")
	if status, _ := ana.wait(); status != 0 {
		t.Errorf("q ends ssh with status %d", status)
	}
	ana.wantRestored()
	bo.waitText("1 connected")

	// A client that is killed has left.
	ana = m.ssh("ana")
	bo.waitText("2 connected")
	ana.command.Process.Kill()
	bo.waitText("1 connected")

	// A server that is told to end restores the terminals.
	m.command.Process.Signal(syscall.SIGTERM)
	status, after := bo.wait()
	if status != 0 || !strings.Contains(after, "the server has ended") {
		t.Errorf("the end of the server ends ssh with status %d and %q", status, after)
	}
	bo.wantRestored()
	select {
	case err := <-m.exited:
		if err != nil {
			t.Errorf("serve ends with %v", err)
		}
	case <-time.After(patience):
		t.Error("serve does not end")
	}
}

func TestOnlyOperatorsDownloadAndToTheServer(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	m := startTeam(t, s, s.submit(1, quick)...)
	ana, bo := m.ssh("ana"), m.ssh("bo")
	ana.waitText("✓ done")
	ana.keys("d")
	ana.waitText("d (download outputs) is for operators")
	bo.waitText("✓ done")
	bo.keys("d")
	bo.waitText("downloaded 1 file")
	if files, _ := filepath.Glob(m.path("polltop-out/*")); len(files) == 0 {
		t.Error("nothing lies in the server's --output-dir")
	}
}

func TestOpenSSHIsRefused(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	m := startTeam(t, s, s.submit(1, forever)...)
	for _, c := range []struct {
		who  string
		more []string
		want string
	}{
		{"eve", nil, "Permission denied (publickey)"},
		{"bo", []string{"sh", "-c", "id"}, "no commands are run here"},
		{"bo", []string{"-s", "sftp"}, "subsystem request failed"},
	} {
		term := m.ssh(c.who, c.more...)
		status, _ := term.wait()
		if status == 0 || !strings.Contains(term.written(), c.want) {
			t.Errorf("%s %v: status %d, %q; want %q", c.who, c.more, status, term.written(), c.want)
		}
	}
}

func TestServeSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		"--authorized-keys: can't read":                   {"--authorized-keys", filepath.Join(dir, "none")},
		"--authorized-keys: can't read " + dir + "/.ssh":  nil,
		"has no key that lets anybody in: add the public": {"--authorized-keys", empty},
	} {
		command := exec.Command(binary, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
		command.Env = s.env("HOME="+dir, "XDG_STATE_HOME="+dir, "XDG_CONFIG_HOME="+dir)
		out, err := command.CombinedOutput()
		if err == nil || !strings.Contains(string(out), want) {
			t.Errorf("%v: %v, %q; want %q", args, err, out, want)
		}
	}
}
