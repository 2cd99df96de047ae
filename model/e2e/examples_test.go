//go:build unix

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"polltop/poller/natsstore/natstest"
	"polltop/poller/simulator"
	"polltop/poller/simulator/faulty"
)

// TestExamplesWork runs every example that the help and the documentation show, in a
// terminal, against simulated services: each ends with the exit status that it should,
// and prints something where it pipes JSON into jq.
func TestExamplesWork(t *testing.T) {
	t.Parallel()
	stage := newStage(t)
	examples := append(helpExamples(t), docExamples(t)...)
	if len(examples) < 25 {
		t.Fatalf("only %d examples: %q", len(examples), examples)
	}
	for i, example := range examples {
		t.Run(fmt.Sprintf("%d %s", i, strings.Fields(example)[0]), func(t *testing.T) {
			t.Parallel()
			stage.play(t, example)
		})
	}
}

// helpExamples returns the examples in the help of every command.
func helpExamples(t *testing.T) []string {
	t.Helper()
	var examples []string
	command := regexp.MustCompile(`(?m)^  (\S+) `)
	section := regexp.MustCompile(`\n\n[A-Z][A-Za-z ]+:\n`)
	var read func(names ...string)
	read = func(names ...string) {
		_, help, _ := run(t, nil, "", append(names, "--help")...)
		for line := range strings.Lines(help) {
			if text := strings.TrimSuffix(line, "\n"); utf8.RuneCountInString(text) > 80 && !strings.Contains(text, "polltop ") {
				t.Errorf("polltop %s --help, %d columns: %s", strings.Join(names, " "), utf8.RuneCountInString(text), text)
			}
		}
		_, rest, found := strings.Cut(help, "Examples:\n")
		own := section.Split(rest, 2)[0]
		if !found && !slices.Contains([]string{"help", "completion"}, names[0]) {
			t.Errorf("polltop %s --help has no example", strings.Join(names, " "))
		}
		examples = append(examples, commandsIn(own)...)
		_, commands, _ := strings.Cut(help, "Available Commands:\n")
		commands, _, _ = strings.Cut(commands, "\n\n")
		for _, found := range command.FindAllStringSubmatch(commands, -1) {
			if found[1] != "help" && found[1] != "completion" {
				read(append(slices.Clone(names), found[1])...)
			}
		}
	}
	read()
	return examples
}

// docExamples returns the commands in the blocks of shell of the documentation.
func docExamples(t *testing.T) []string {
	t.Helper()
	var examples []string
	block := regexp.MustCompile("(?ms)^```sh\n(.*?)^```$")
	for _, name := range docFiles(t) {
		text, _ := docFile(t, name)
		for _, found := range block.FindAllStringSubmatch(text, -1) {
			examples = append(examples, commandsIn(found[1])...)
		}
	}
	return examples
}

// commandsIn returns the commands of a shell text, one a line or continued with a
// backslash.
func commandsIn(text string) []string {
	var commands []string
	for line := range strings.Lines(strings.ReplaceAll(text, "\\\n", " ")) {
		line = strings.TrimSpace(line)
		// The test sets what the variables say.
		if line != "" && line[0] != '#' && !strings.HasPrefix(line, "export ") {
			commands = append(commands, line)
		}
	}
	return commands
}

// stage is what examples run on: the services, sessions that earlier runs left, and
// the scripts that the examples name.
type stage struct {
	service, fal, comfy *service
	done, failed        string // request ids on service
	nats                string // the address of a NATS server
	home, bin           string
	goEnv               []string
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{service: serve(t, faulty.Config{}), fal: serve(t, faulty.Config{Service: simulator.Fal}), comfy: serve(t, faulty.Config{Service: simulator.Comfy})}
	s.nats = natstest.JetStream(t).Addr().String()
	s.done, s.failed = s.service.Submit("wan26_i2v", quick), s.service.Submit("wan26_i2v", blocked)
	s.home, s.bin = t.TempDir(), t.TempDir()
	for _, session := range []string{"default", "batch-7"} {
		if status, _, stderr := run(t, s.service.env("XDG_STATE_HOME="+s.home), "", "wait", "--session", session, s.done, s.failed); status != 1 {
			t.Fatalf("preparing the session %s: exit status %d, %s", session, status, stderr)
		}
	}
	for name, text := range map[string]string{
		"submit.sh":   `echo '{"request_id": "` + s.done + `", "endpoint": "wan26_i2v"}'`,
		"publish.sh":  "echo published",
		"resubmit.sh": "cat",
	} {
		writeScript(t, filepath.Join(s.bin, name), text)
	}
	if err := os.Symlink(binary, filepath.Join(s.bin, "polltop")); err != nil {
		t.Fatal(err)
	}
	s.goEnv = []string{"CGO_ENABLED=0"} // as the program under test is built
	for _, name := range []string{"GOCACHE", "GOMODCACHE"} {
		value, err := exec.Command("go", "env", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		s.goEnv = append(s.goEnv, name+"="+strings.TrimSpace(string(value)))
	}
	return s
}

func writeScript(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}

// publicKey is the key of somebody who may look at what is served.
const publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILhjy7nJxA9m3DSN2HOVoM6YNHMzuyTVtB3vTqMPUX5c ana\n"

// exampleID is a request id in an example.
var exampleID = regexp.MustCompile(`\bmmsu_01h[a-z0-9]+`)

// play runs an example.
func (s *stage) play(t *testing.T, example string) {
	for _, program := range []string{"jq", "curl", "go", "pbpaste"} {
		if _, err := exec.LookPath(program); err != nil && regexp.MustCompile(`\b`+program+` `).MatchString(example) {
			t.Skipf("LOUD: %s is not installed, so this is not tried: %s", program, example)
		}
	}
	if strings.HasPrefix(example, "ssh ") {
		t.Skipf("LOUD: this needs the server of the example before it, see TestDashboardsOverOpenSSH: %s", example)
	}
	if strings.HasPrefix(example, "nats-server ") {
		t.Skipf("LOUD: the examples after it have a NATS server of the test's: %s", example)
	}
	if strings.Contains(example, "go test ") || strings.Contains(example, ".ci/") {
		t.Skipf("LOUD: this runs tests itself: %s", example)
	}
	// What shows failures needs one.
	ids, failing := []string{s.done}, strings.Contains(example, "failed")
	if failing {
		ids = append(ids, s.failed)
	}
	base, statusURL := s.service, s.service.url+"/v1/queue/wan26_i2v/requests/"+s.done+"/status"
	if strings.Contains(example, "--service fal") {
		base, ids, statusURL = s.fal, []string{s.fal.Submit("fal-ai/flux/dev", quick)}, ""
	}
	dir, home := t.TempDir(), t.TempDir()
	if err := os.CopyFS(home, os.DirFS(s.home)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"tasks.txt", "notes.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(strings.Join(ids, "\n")), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(home, ".ssh"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(home, ".ssh", "authorized_keys"), filepath.Join(dir, "team.keys"), filepath.Join(dir, "ops.keys")} {
		if err := os.WriteFile(path, []byte(publicKey), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{
		"payloads.jsonl": payload(1, "success") + payload(2, "success"), "prompts.csv": "a cat,1\na dog,2\n", "prompts.json": `["a cat"]`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if strings.HasPrefix(example, "go ") {
		dir = root
	}
	env := append(base.env("HOME="+home, "XDG_STATE_HOME="+home, "FAL_KEY="+key, "COMFY_API_KEY="+key, "STATUS_URL="+statusURL,
		"PATH="+s.bin+":"+os.Getenv("PATH"), "GOBIN="+t.TempDir(), "NO_PROXY=127.0.0.1", "HTTPS_PROXY=http://127.0.0.1:1"), s.goEnv...)
	if strings.Contains(example, "polltop recent") {
		env = append(s.listing(t, home), env...)
		env = slices.DeleteFunc(env, func(set string) bool { return strings.HasPrefix(set, "BASE_URL=") })
		env = append(env, "ENDPOINT=fal-ai/flux/dev")
	}
	command := strings.NewReplacer("./", s.bin+"/", "127.0.0.1:8099", "127.0.0.1:0", "localhost:4222", s.nats, "0.0.0.0:2222", "127.0.0.1:0", "serve tasks", "serve --listen 127.0.0.1:0 tasks",
		"https://proxy.example/fal", s.fal.url, "https://proxy.example/comfy", s.comfy.url).Replace(exampleID.ReplaceAllString(example, s.done))
	text := fmt.Sprintf("cd %s || exit\nCOMMON_HEADERS=(-H \"Authorization: Key $API_KEY\")\n%s\n", dir, command)
	term := start(t, options{width: 200, height: 40, program: "bash", env: env}, "-c", text)
	status, output := term.playThrough()
	if status != 0 || regexp.MustCompile(`(?m)^null\r?$`).MatchString(output) {
		t.Errorf("%s\nexit status %d\n%s", command, status, output)
	}
	if strings.Contains(example, "| jq") && !strings.Contains(example, "| xargs") && strings.TrimSpace(output) == "" {
		t.Errorf("%s\nprints nothing", command)
	}
}

// listing configures fal's queue and list in a home, and returns the variable that names it.
func (s *stage) listing(t *testing.T, home string) []string {
	t.Helper()
	file := filepath.Join(home, "polltop", "config.toml")
	text := fmt.Sprintf("[[base]]\nurl = %q\nservice = \"fal\"\n\n[[base]]\nurl = %q\nservice = \"fal\"\n", s.fal.url, s.fal.url+"/v1/models")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s.fal.Submit("fal-ai/flux/dev", quick)
	return []string{"XDG_CONFIG_HOME=" + home}
}

// playThrough ends what would go on until somebody ends it, the dashboard and the
// simulator, and returns the exit status and the output.
func (term *terminal) playThrough() (status int, output string) {
	term.t.Helper()
	shows := func(texts ...string) func(screen string) bool {
		return func(screen string) bool {
			return term.over || slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(screen, text) })
		}
	}
	screen := term.waitFor("a question, a dashboard, a simulator or the end", shows("[y/N]", "q quit", "Submit another task", "keys let in"))
	if strings.Contains(screen, "[y/N]") {
		term.keys("y\r")
		screen = term.waitFor("a dashboard or the end", shows("q quit"))
	}
	switch {
	case strings.Contains(screen, "q quit"):
		term.keys("q")
		if screen = term.waitFor("a question or the end", shows("Quit without")); strings.Contains(screen, "Quit without") {
			term.keys("q")
		}
	case strings.Contains(screen, "Submit another task"), strings.Contains(screen, "keys let in"):
		term.keys(ctrlC)
	}
	status, after := term.wait()
	if after == "" {
		after = term.written()
	}
	return status, ansi.Strip(after)
}

// TestConfigExamplesAreValid reads each config file that the pages show, with the key
// files that it names.
func TestConfigExamplesAreValid(t *testing.T) {
	block := regexp.MustCompile("(?ms)^```toml\n(.*?)^```$")
	keyFile := regexp.MustCompile(`api_key_file = "([^"]+)"`)
	n := 0
	for _, name := range docFiles(t) {
		text, _ := docFile(t, name)
		for _, found := range block.FindAllStringSubmatch(text, -1) {
			dir := t.TempDir()
			files := map[string]string{"config.toml": found[1]}
			for _, named := range keyFile.FindAllStringSubmatch(found[1], -1) {
				files[named[1]] = key
			}
			for file, content := range files {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			n++
			if status, _, stderr := run(t, nil, "mmsu_01hxyz8k3v9d2c7q4n1b6w5t0e", "parse", "--endpoint", "e", "--config", filepath.Join(dir, "config.toml")); status != 0 {
				t.Errorf("%s: exit status %d, %s", name, status, stderr)
			}
		}
	}
	if n == 0 {
		t.Error("the pages show no config file")
	}
}
