package settings

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/adrg/xdg"
	"github.com/spf13/pflag"

	"polltop/poller/queue"
)

// sources is what a test configures. In args and env, DIR stands for a
// directory of its own, which holds the config file and the other files.
type sources struct {
	args   []string
	env    map[string]string
	config string
	files  map[string]string // in DIR, with mode 600
	noKey  bool              // resolve without the need of a key
}

// resolve resolves the sources as the program does, and returns what came of
// it, with DIR for the directory.
func (s sources) resolve(t *testing.T) (*Settings, string) {
	t.Helper()
	dir := t.TempDir()
	files := map[string]string{}
	for name, text := range s.files {
		files[name] = text
	}
	if s.config != "" {
		files["polltop/config.toml"] = s.config
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	configHome(t, dir)
	env := map[string]string{}
	for name, value := range s.env {
		env[name] = strings.ReplaceAll(value, "DIR", dir)
	}
	set := pflag.NewFlagSet("polltop", pflag.ContinueOnError)
	flags := Bind(set, Polling, Sessions, Outputs, Dashboard)
	args := make([]string, len(s.args))
	for i, arg := range s.args {
		args[i] = strings.ReplaceAll(arg, "DIR", dir)
	}
	if err := set.Parse(args); err != nil {
		t.Fatal(err)
	}
	lookup := func(name string) (string, bool) {
		value, ok := env[name]
		return value, ok
	}
	settings, err := flags.Resolve(lookup, !s.noKey)
	if err != nil {
		if settings != nil {
			t.Error("there are settings beside the error")
		}
		return nil, strings.ReplaceAll(err.Error(), dir, "DIR")
	}
	for i, warning := range settings.Warnings {
		settings.Warnings[i] = strings.ReplaceAll(warning, dir, "DIR")
	}
	return settings, ""
}

// configHome sets the directory of the user's config files during a test.
func configHome(t *testing.T, dir string) {
	t.Cleanup(xdg.Reload) // after the environment is as it was
	t.Setenv("XDG_CONFIG_HOME", dir)
	xdg.Reload()
}

// must resolves sources that nothing is wrong with.
func (s sources) must(t *testing.T) *Settings {
	t.Helper()
	settings, problem := s.resolve(t)
	if problem != "" {
		t.Fatalf("refused: %s", problem)
	}
	return settings
}

func bases(s *Settings) []string {
	var texts []string
	for _, base := range s.Bases {
		texts = append(texts, base.String())
	}
	return texts
}

func TestDefaults(t *testing.T) {
	s := sources{env: map[string]string{"API_KEY": "k-123456"}}.must(t)
	if got := bases(s); !slices.Equal(got, []string{queue.DefaultBaseURL}) {
		t.Errorf("Bases = %q", got)
	}
	if s.Endpoint != "" || s.Rate != 10 || s.Concurrency != 16 || s.Interval != time.Second || s.RequestTimeout != 15*time.Second {
		t.Errorf("defaults: %q, %v, %v, %v, %v", s.Endpoint, s.Rate, s.Concurrency, s.Interval, s.RequestTimeout)
	}
	if len(s.Warnings) > 0 || len(s.EnvTasks) > 0 {
		t.Errorf("Warnings = %q, Fallback = %q", s.Warnings, s.EnvTasks)
	}
	if got := s.HeaderFor(s.Bases[0]).Get("Authorization"); got != "Key k-123456" {
		t.Errorf("Authorization = %q", got)
	}
}

// TestPrecedence resolves every setting from each place, with all the places
// below it giving something else.
func TestPrecedence(t *testing.T) {
	all := sources{
		args: []string{
			"--base-url", "https://flag.example", "--base-url", "https://flag2.example/api/", "--endpoint", "flag",
			"--rate=0.5", "--concurrency=2", "--interval=0s", "--request-timeout=2s",
		},
		env: map[string]string{
			"API_KEY": "k-123456", "BASE_URL": "https://env.example", "ENDPOINT": "env", "POLLTOP_RATE": "30",
			"POLLTOP_CONCURRENCY": "3", "POLLTOP_INTERVAL": "300ms", "POLLTOP_REQUEST_TIMEOUT": "3s",
		},
		config: "base_url = [\"https://file.example\", 'https://file2.example']\nendpoint = \"file\"\nrate = 40\nconcurrency = 4\ninterval = \"4s\"\nrequest_timeout = \"1m\"\n",
	}
	onlyEnv := sources{env: all.env, config: all.config}
	emptyEnv := sources{env: map[string]string{"API_KEY": "k-123456", "BASE_URL": "", "ENDPOINT": " ", "POLLTOP_RATE": ""}, config: all.config}
	tests := []struct {
		name              string
		give              sources
		bases             []string
		endpoint          string
		rate              float64
		concurrency       int
		interval, timeout time.Duration
	}{
		{"flags", all, []string{"https://flag.example", "https://flag2.example/api"}, "flag", 0.5, 2, 0, 2 * time.Second},
		{"environment", onlyEnv, []string{"https://env.example"}, "env", 30, 3, 300 * time.Millisecond, 3 * time.Second},
		{"config file", emptyEnv, []string{"https://file.example", "https://file2.example"}, "file", 40, 4, 4 * time.Second, time.Minute},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := test.give.must(t)
			if got := bases(s); !slices.Equal(got, test.bases) {
				t.Errorf("Bases = %q, want %q", got, test.bases)
			}
			if s.Endpoint != test.endpoint || s.Rate != test.rate || s.Concurrency != test.concurrency {
				t.Errorf("endpoint %q, rate %v, concurrency %v", s.Endpoint, s.Rate, s.Concurrency)
			}
			if s.Interval != test.interval || s.RequestTimeout != test.timeout {
				t.Errorf("interval %v, timeout %v", s.Interval, s.RequestTimeout)
			}
		})
	}
}

func TestAccepted(t *testing.T) {
	tests := []struct {
		name  string
		give  sources
		check func(*Settings) bool
	}{
		{"an empty flag wins too", sources{args: []string{"--endpoint="}, env: map[string]string{"API_KEY": "k-123456", "ENDPOINT": "env"}},
			func(s *Settings) bool { return s.Endpoint == "" }},
		{"the last of a flag wins", sources{args: []string{"--rate=1", "--rate=2"}, env: withKey},
			func(s *Settings) bool { return s.Rate == 2 }},
		{"a base in a string", sources{config: `base_url = "https://file.example/"`, env: withKey},
			func(s *Settings) bool { return bases(s)[0] == "https://file.example" }},
		{"the same base twice", sources{args: []string{"--base-url=https://a.example", "--base-url=https://a.example/"}, env: withKey},
			func(s *Settings) bool { return len(s.Bases) == 1 }},
		{"loopback in plain http", sources{args: []string{"--base-url=http://127.0.0.1:8099"}, env: withKey},
			func(s *Settings) bool { return len(s.Warnings) == 0 }},
		{"plain http that is meant", sources{args: []string{"--base-url=http://a.example", "--insecure-http"}, env: withKey},
			func(s *Settings) bool { return len(s.Warnings) == 1 && strings.Contains(s.Warnings[0], "in clear") }},
		{"plain http by the environment", sources{args: []string{"--base-url=http://a.example"}, env: map[string]string{"API_KEY": "k-123456", "POLLTOP_INSECURE_HTTP": "1"}},
			func(s *Settings) bool { return len(s.Warnings) == 1 }},
		{"plain http by the config file", sources{config: "base_url = 'http://a.example'\ninsecure_http = true", env: withKey},
			func(s *Settings) bool { return len(s.Warnings) == 1 }},
		{"a whole number for a rate", sources{config: "rate = 7", env: withKey},
			func(s *Settings) bool { return s.Rate == 7 }},
		{"a config file that is named", sources{args: []string{"--config=DIR/other.toml"}, config: "rate = 1", files: map[string]string{"other.toml": "\ufeffrate = 2.5"}, env: withKey},
			func(s *Settings) bool { return s.Rate == 2.5 }},
		{"an empty config file", sources{args: []string{"--config=" + os.DevNull}, config: "rate = 1", env: withKey},
			func(s *Settings) bool { return s.Rate == 10 }},
		{"no key where none is needed", sources{noKey: true},
			func(s *Settings) bool { return len(s.HeaderFor(s.Bases[0])) == 0 && len(s.Secrets) == 0 }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if s := test.give.must(t); !test.check(s) {
				t.Errorf("got %+v with bases %q", s, bases(s))
			}
		})
	}
}

func TestFallback(t *testing.T) {
	const url = "https://cloud.seaart.ai/model/v1/queue/wan26_i2v/requests/mmsu_01/status"
	tests := []struct {
		name, id, statusURL string
		want                []string
	}{
		{"none", "", "", nil},
		{"an id", "mmsu_01", "", []string{"mmsu_01"}},
		{"a URL", "", url, []string{url}},
		{"both of one request", "mmsu_01", url, []string{url}},
		{"both of one request, escaped", "a/b", "https://x.example/v1/queue/e/requests/a%2Fb/status", []string{"https://x.example/v1/queue/e/requests/a%2Fb/status"}},
		{"both of two requests", "mmsu_0", url, []string{url, "mmsu_0"}},
		{"a URL of no request", "mmsu_01", "https://x.example/mmsu_01", []string{"https://x.example/mmsu_01", "mmsu_01"}},
		{"no URL", "mmsu_01", "://%zz", []string{"://%zz", "mmsu_01"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := sources{env: map[string]string{"REQUEST_ID": test.id, "STATUS_URL": test.statusURL}, noKey: true}.must(t)
			if !slices.Equal(s.EnvTasks, test.want) {
				t.Errorf("Fallback = %q, want %q", s.EnvTasks, test.want)
			}
		})
	}
}

func TestSource(t *testing.T) {
	s := sources{args: []string{"--endpoint=wan26_i2v", "--base-url=https://a.example", "--base-url=https://b.example"}, noKey: true}.must(t)
	source := s.Source()
	if !slices.Equal(source.Bases, s.Bases) || source.Endpoint != "wan26_i2v" {
		t.Errorf("Source() = %+v", source)
	}
}

func TestDemo(t *testing.T) {
	t.Setenv("API_KEY", "k-123456")
	t.Setenv("POLLTOP_REQUEST_TIMEOUT", "1s")
	s, err := Demo("http://127.0.0.1:8099", "demo", 42.5)
	if err != nil {
		t.Fatal(err)
	}
	if s.Rate != 42.5 || s.Concurrency != 16 || s.RequestTimeout != 15*time.Second || bases(s)[0] != "http://127.0.0.1:8099" {
		t.Errorf("got %+v", s)
	}
	if h := s.HeaderFor(s.Bases[0]); len(h) != 1 || h.Get("Authorization") != "Key demo" {
		t.Errorf("the demo is sent %q", h)
	}
	if _, err := Demo("nonsense", "demo", 1); err == nil {
		t.Error("a base URL that is none is accepted")
	}
}

func TestResultsAndNoResults(t *testing.T) {
	key := map[string]string{"API_KEY": "k-123456"}
	tests := []struct {
		sources   sources
		all, none bool
	}{
		{sources{env: key}, false, false},
		{sources{env: key, args: []string{"--results"}}, true, false},
		{sources{env: key, args: []string{"--no-results"}}, false, true},
		{sources{env: key, config: "no_results = true", args: []string{"--results"}}, true, false},
		{sources{env: key, config: "results = true", args: []string{"--no-results"}}, false, true},
	}
	for _, tt := range tests {
		if s := tt.sources.must(t); s.Results != tt.all || s.NoResults != tt.none {
			t.Errorf("%v %q: results %v, no results %v", tt.sources.args, tt.sources.config, s.Results, s.NoResults)
		}
	}
	_, problem := sources{env: key, args: []string{"--results", "--no-results"}}.resolve(t)
	if want := "--no-results: it contradicts --results: give one of the two"; problem != want {
		t.Errorf("both are refused with %q, want %q", problem, want)
	}
}
