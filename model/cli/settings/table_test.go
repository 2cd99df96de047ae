package settings

import (
	"strings"
	"testing"
)

// TestTable holds that the table says each name once, and each row something.
func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range table {
		for _, name := range []string{"--" + s.flag, "-" + s.short, "$" + s.env, "=" + s.key} {
			if len(name) > 2 || name == "-H" {
				if seen[name] {
					t.Errorf("%s is in the table twice", name)
				}
				seen[name] = true
			}
		}
		if s.flag == "" && s.env == "" {
			t.Errorf("%q can't be set", s.description)
		}
		if s.description == "" || strings.ContainsAny(s.description, "|\n`") {
			t.Errorf("--%s: %q does not do for help and Markdown", s.flag, s.description)
		}
	}
}

func TestFlagsComeFromTheTable(t *testing.T) {
	set, _ := flagSet()
	for _, s := range table {
		if s.flag == "" {
			continue
		}
		flag := set.Lookup(s.flag)
		if flag == nil {
			t.Errorf("there is no --%s", s.flag)
			continue
		}
		if flag.DefValue != s.defaultValue || flag.Shorthand != s.short || !strings.Contains(flag.Usage, s.env) {
			t.Errorf("--%s: default %q, shorthand %q, usage %q", s.flag, flag.DefValue, flag.Shorthand, flag.Usage)
		}
	}
	if err := set.Parse([]string{"-H", "Authorization: Key hunter2"}); err != nil {
		t.Fatal(err)
	}
	if text := set.Lookup("header").Value.String(); text != "" {
		t.Errorf("the header flag prints %q, which could be a key", text)
	}
}

func TestMarkdownTable(t *testing.T) {
	text := MarkdownTable()
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) != len(table)+2 {
		t.Fatalf("%d lines for %d settings:\n%s", len(lines), len(table), text)
	}
	for _, line := range lines {
		if strings.Count(line, "|") != 6 {
			t.Errorf("not five cells: %s", line)
		}
	}
	for _, want := range []string{
		"| `-H, --header HEADER` | | `headers` | | header of every request",
		"| `--rate N` | `POLLTOP_RATE` | `rate` | `10` | most requests per second to one host |",
		"| `--insecure-http` | `POLLTOP_INSECURE_HTTP` | `insecure_http` | `false` |",
		"| | `API_KEY` | | | the API key",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the table lacks %s:\n%s", want, text)
		}
	}
}

func TestNearest(t *testing.T) {
	candidates := []string{"rate", "interval", "base_url", "api_key_file", "results", "no_results"}
	for give, want := range map[string]string{
		"rate": "rate", "rates": "rate", "intervall": "interval", "baseurl": "base_url", "interfal": "interval",
		"apikeyfile": "api_key_file", "noresults": "no_results", "result": "results", "palette": "", "x": "", "": "",
	} {
		if got := nearest(give, candidates); got != want {
			t.Errorf("nearest(%q) = %q, want %q", give, got, want)
		}
	}
}

// FuzzParseConfig holds that any text is read or refused with one line that
// names the file.
func FuzzParseConfig(f *testing.F) {
	for _, seed := range []string{
		"rate = 1", "base_url = ['https://a.example']", "[rate]\nx = 1", "rate.x = 1", "headers = [[]]", "api_key = 1", "rate = ",
		"\"\" = 1", "\"a\\nb\" = 1", "[[rate]]", "rate = 1e400", "rate = 1979-05-27", "rate = 1\nrate = 2", "a = {b = 1}",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parseConfig("/c.toml", []byte(text))
		if err != nil {
			if !strings.HasPrefix(err.Error(), "config file /c.toml, line ") || strings.ContainsAny(err.Error(), "\r\n") {
				t.Fatalf("parseConfig(%q): %q", text, err)
			}
			return
		}
		for key, e := range c.entries {
			if s, ok := byKey(key); !ok || !strings.HasPrefix(e.from, "config file /c.toml, line ") || (!s.repeatable && len(e.values) != 1) {
				t.Fatalf("parseConfig(%q): %s is %+v", text, key, e)
			}
		}
	})
}
