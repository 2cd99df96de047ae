package opener

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestSaysWhyItCanNotOpen(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for _, c := range []struct {
		env map[string]string
		url string
		say string
	}{
		{map[string]string{"SSH_CONNECTION": "10.0.0.1 22"}, "https://cdn.test/1.png", "SSH"},
		{map[string]string{"SSH_TTY": "/dev/pts/1", "DISPLAY": ":0"}, "https://cdn.test/1.png", "SSH"},
		{map[string]string{"DISPLAY": ":0"}, "file:///etc/passwd", "only http"},
		{map[string]string{"DISPLAY": ":0"}, "javascript:alert(1)", "only http"},
	} {
		err := New(func(name string) string { return c.env[name] })(c.url)
		if err == nil || !strings.Contains(err.Error(), c.say) {
			t.Errorf("%v %s: %v, want an error about %q", c.env, c.url, err, c.say)
		}
	}
	if runtime.GOOS == "linux" {
		for want, env := range map[string]map[string]string{"graphical": {}, "no browser": {"DISPLAY": ":0"}} {
			err := New(func(name string) string { return env[name] })("https://cdn.test/1.png")
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v: %v, want an error about %q", env, err, want)
			}
		}
	}
}

func TestOpensWithTheSystemsOpener(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("LOUD: the stand-in for the system's opener is a shell script named as Linux has it")
	}
	dir := t.TempDir()
	out := filepath.Join(dir, "opened")
	script := "#!/bin/sh\nprintf %s \"$1\" > " + out + "\n"
	if err := os.WriteFile(filepath.Join(dir, "xdg-open"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":/bin:/usr/bin")
	const address = "https://cdn.test/a.png?x=1&y=$(touch%20x)"
	if err := New(func(name string) string { return map[string]string{"DISPLAY": ":0"}[name] })(address); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(out); err != nil || string(got) != address {
		t.Errorf("opened %q, %v; want %s", got, err, address)
	}
}
