package settings

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/adrg/xdg"
	"github.com/spf13/pflag"

	"polltop/poller/queue"
)

// flagSet returns the settings' flags in a flag set of their own.
func flagSet() (*pflag.FlagSet, *Flags) {
	set := pflag.NewFlagSet("polltop", pflag.ContinueOnError)
	return set, Bind(set, Polling, Sessions, Outputs, Dashboard)
}

// TestKeyPrecedence takes away the place that gave the key, one after another.
func TestKeyPrecedence(t *testing.T) {
	files := map[string]string{"flag.key": "from-flag\n", "env.key": "from-env-file\r\n", "polltop/file.key": "from-config\nsecond line\n"}
	const config = "api_key_file = 'file.key'"
	envFile := map[string]string{"POLLTOP_API_KEY_FILE": "DIR/env.key", "API_KEY": " from-env\n"}
	tests := []struct {
		name string
		give sources
		want string
	}{
		{"header", sources{args: []string{"-H", "Authorization: Key from-header"}, env: envFile, config: config}, "from-header"},
		{"flag", sources{args: []string{"--api-key-file=DIR/flag.key"}, env: envFile, config: config}, "from-flag"},
		{"file of the environment", sources{env: envFile, config: config}, "from-env-file"},
		{"environment", sources{env: map[string]string{"API_KEY": " from-env\n"}, config: config}, "from-env"},
		{"config file", sources{env: map[string]string{"API_KEY": "", "FAL_KEY": "not-for-this"}, config: config}, "from-config"},
		{"a file that is not needed may be missing", sources{env: map[string]string{"API_KEY": "from-env"}, config: "api_key_file = '/nonexistent'"}, "from-env"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.give.files = files
			s := test.give.must(t)
			if got := s.HeaderFor(s.Bases[0]).Get("Authorization"); got != "Key "+test.want {
				t.Errorf("Authorization = %q, want the key %q", got, test.want)
			}
			if !slices.Contains(s.Secrets, test.want) {
				t.Errorf("Secrets = %q lack the key", s.Secrets)
			}
		})
	}
}

// TestKeyPerBase holds which service is sent which key.
func TestKeyPerBase(t *testing.T) {
	const sea, fal, comfy = "--base-url=" + queue.DefaultBaseURL, "--base-url=https://queue.fal.run", "--base-url=https://api.comfy.org"
	all := map[string]string{"API_KEY": "sea-key", "FAL_KEY": "fal:key", "COMFY_API_KEY": "comfy-key"}
	header := []string{"-H", "Authorization: Key given"}
	tests := []struct {
		name string
		args []string
		env  map[string]string
		want []string
	}{
		{"each its own", []string{sea, fal, comfy}, all, []string{"Key sea-key", "Key fal:key", "comfy-key"}},
		{"one for all", []string{sea, fal, comfy}, map[string]string{"API_KEY": "sea-key"}, []string{"Key sea-key", "Key sea-key", "sea-key"}},
		{"the header is for the first", append([]string{sea, fal}, header...), all, []string{"Key given", "Key fal:key"}},
		{"and for others of its service", append([]string{sea, "--base-url=https://mirror.example"}, header...), all, []string{"Key given", "Key given"}},
		{"and for those without a key", append([]string{fal, comfy}, header...), map[string]string{"FAL_KEY": "fal:key"}, []string{"Key given", "Key given"}},
		{"Comfy Router's own header", []string{comfy, "-H", "x-api-key: comfyui-1"}, nil, []string{"comfyui-1"}},
		{"Comfy Router's token of a session", []string{comfy}, map[string]string{"COMFY_API_KEY": "eyJhbGciOi.e30.sig"}, []string{"Bearer eyJhbGciOi.e30.sig"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := sources{args: test.args, env: test.env}.must(t)
			var got []string
			for _, base := range s.Bases {
				got = append(got, strings.TrimSpace(s.HeaderFor(base).Get("Authorization")+" "+s.HeaderFor(base).Get("X-Api-Key")))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("Authorization = %q, want %q", got, test.want)
			}
			stranger, err := queue.ParseBase("https://stranger.example/model")
			if err != nil {
				t.Fatal(err)
			}
			if h := s.HeaderFor(stranger); len(h) > 0 {
				t.Errorf("a base that is not configured is sent %q", h)
			}
		})
	}
}

func TestKeysRefused(t *testing.T) {
	file := func(text string) sources {
		return sources{args: []string{"--api-key-file=DIR/key"}, files: map[string]string{"key": text}}
	}
	tests := []struct {
		give sources
		want string
	}{
		{sources{}, `no API key: export API_KEY=... (or give --api-key-file FILE, or -H "Authorization: Key $API_KEY"); polltop demo needs none`},
		{sources{args: []string{"--base-url=https://proxy.example"}, env: map[string]string{"FAL_KEY": "fal-key"}}, `no API key: export API_KEY=... (or give --api-key-file FILE, or -H "Authorization: Key $API_KEY"); FAL_KEY is set: if fal is behind this base URL, give --service fal; polltop demo needs none`},
		{sources{env: map[string]string{"API_KEY": "\n"}}, `no API key: export API_KEY=... (or give --api-key-file FILE, or -H "Authorization: Key $API_KEY"); polltop demo needs none`},
		{sources{args: []string{"--base-url=https://queue.fal.run"}}, `no API key for https://queue.fal.run: export FAL_KEY=... (or give --api-key-file FILE, or -H "Authorization: Key $FAL_KEY"); polltop demo needs none`},
		{sources{args: []string{"--base-url=https://queue.fal.run", "--base-url=https://api.comfy.org"}, env: map[string]string{"FAL_KEY": "fal-key"}}, `no API key for https://api.comfy.org: export COMFY_API_KEY=... (or give --api-key-file FILE, or -H "X-Api-Key: $COMFY_API_KEY"); polltop demo needs none`},
		{sources{env: map[string]string{"API_KEY": "abc"}}, `the API key for cloud.seaart.ai is shorter than 4 characters, which no key is: check what gives it (API_KEY, --api-key-file or -H)`},
		{sources{env: map[string]string{"API_KEY": "Bearer hunter2"}}, `API_KEY in the environment holds a space, a control character or one that is not ASCII: give the key alone, without Key or Bearer before it`},
		{file(""), `--api-key-file: the key file DIR/key is empty: write the key in its first line`},
		{file(" \r\n\n"), `--api-key-file: the key file DIR/key is empty: write the key in its first line`},
		{file("ab\x00cd"), `--api-key-file: the key file DIR/key holds control characters: save it as plain text, with the key alone in its first line`},
		{file("\xff\xfea\x00b\x00"), `--api-key-file: the key file DIR/key holds control characters: save it as plain text, with the key alone in its first line`},
		{file("Key hunter2"), `--api-key-file: the key file DIR/key holds a space or a character that is not ASCII: write the key alone in its first line, without Key or Bearer before it`},
		{file(strings.Repeat("k", maxKeyFileSize+1)), `--api-key-file: the key file DIR/key is longer than 64 KiB: name a file that holds the key alone`},
		{sources{args: []string{"--api-key-file="}}, `--api-key-file: the file name is empty: give the name of a file that holds the key`},
		{sources{args: []string{"--api-key-file=DIR"}}, `--api-key-file: can't read the key file DIR: it is a directory`},
		{sources{env: map[string]string{"POLLTOP_API_KEY_FILE": "DIR/none"}}, `POLLTOP_API_KEY_FILE in the environment: can't read the key file DIR/none: no such file or directory`},
		{sources{config: "rate = 1\napi_key_file = \"a\\nb\""}, `config file DIR/polltop/config.toml, line 2: api_key_file: can't read the key file "DIR/polltop/a\nb": no such file or directory`},
		{sources{args: []string{"--api-key-file=sk0livehunter2abcdef"}}, `--api-key-file: there is no such file (its name is not shown, as it may be the key itself): give the name of a file that holds the key`},
	}
	for _, test := range tests {
		t.Run(test.want, func(t *testing.T) {
			if _, got := test.give.resolve(t); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestUnreadableKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte("k-123456"), 0o000); err != nil {
		t.Fatal(err)
	}
	if _, err := os.ReadFile(path); err == nil {
		t.Skip("this user may read every file")
	}
	want := "--api-key-file: can't read the key file " + path + ": permission denied"
	if _, got := (sources{args: []string{"--api-key-file", path}}).resolve(t); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestKeyFileOpenToOthers(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("files have no such mode there")
	}
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte("k-123456"), 0o600); err != nil {
		t.Fatal(err)
	}
	for mode, want := range map[os.FileMode][]string{
		0o600: nil,
		0o400: nil,
		0o640: {"the key file " + path + " can be read by others: chmod 600 it"},
		0o604: {"the key file " + path + " can be read by others: chmod 600 it"},
	} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		s := sources{args: []string{"--api-key-file", path}}.must(t)
		if !slices.Equal(s.Warnings, want) {
			t.Errorf("mode %o: Warnings = %q, want %q", mode, s.Warnings, want)
		}
	}
}

// TestKeyFromPipe reads the key as from a shell's <(command), for two bases.
func TestKeyFromPipe(t *testing.T) {
	if _, err := os.Stat("/dev/fd"); err != nil {
		t.Skip("there is no /dev/fd")
	}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	if _, err := write.WriteString("k-123456\n"); err != nil {
		t.Fatal(err)
	}
	if err := write.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("/dev/fd", strconv.Itoa(int(read.Fd())))
	s := sources{args: []string{"--api-key-file", path, "--base-url=https://a.example", "--base-url=https://queue.fal.run"}}.must(t)
	for _, base := range s.Bases {
		if got := s.HeaderFor(base).Get("Authorization"); got != "Key k-123456" {
			t.Errorf("%s: Authorization = %q", base, got)
		}
	}
	if len(s.Warnings) > 0 {
		t.Errorf("Warnings = %q", s.Warnings)
	}
}

func TestExpand(t *testing.T) {
	for give, want := range map[string]string{
		"~/key":  filepath.Join(xdg.Home, "key"),
		"~other": "~other", "/~/key": "/~/key", "key": "key", "": "",
	} {
		if got := Expand(give); got != want {
			t.Errorf("Expand(%q) = %q, want %q", give, got, want)
		}
	}
}

// FuzzParseKeyFile holds that what is accepted stands in the file, can stand in
// a header, and is the same when it is read again.
func FuzzParseKeyFile(f *testing.F) {
	for _, seed := range []string{"k-123456\n", "", "\ufeffk\r\n", "a b", "a\x00b", "\n\nk\nsecond", "ключ"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		key, err := parseKeyFile(text)
		if err != nil {
			if key != "" || strings.ContainsAny(err.Error(), "\r\n") {
				t.Fatalf("parseKeyFile(%q) = %q, %v", text, key, err)
			}
			return
		}
		if key == "" || strings.ContainsFunc(key, isNotKeyChar) || !strings.Contains(text, key) {
			t.Fatalf("parseKeyFile(%q) = %q", text, key)
		}
		if again, err := parseKeyFile(key + "\n"); again != key || err != nil {
			t.Fatalf("parseKeyFile(%q) = %q, %v", key, again, err)
		}
	})
}
