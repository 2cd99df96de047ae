package settings

import (
	"slices"
	"strings"
	"testing"
)

// TestServiceOfABase holds where the service of a base URL comes from.
func TestServiceOfABase(t *testing.T) {
	const proxies = "[[base]]\nurl = 'https://a.example'\nservice = 'fal'\n[[base]]\nurl = 'https://b.example/x/'\nservice = 'COMFY'\n[[base]]\nurl = 'https://c.example'\n"
	a, b := "--base-url=https://a.example", "--base-url=https://b.example/x"
	tests := []struct {
		name string
		give sources
		want []string
	}{
		{"an unknown host", sources{args: []string{a}}, []string{"https://a.example seacloud"}},
		{"the flag", sources{args: []string{a, "--service=fal"}}, []string{"https://a.example fal"}},
		{"the flag before its base URL", sources{args: []string{"--service=Comfy", a}}, []string{"https://a.example comfy"}},
		{"one for each", sources{args: []string{a, "--service=comfy", b, "--service=fal"}}, []string{"https://a.example comfy", "https://b.example/x fal"}},
		{"the flag for the variable", sources{args: []string{"--service=fal"}, env: map[string]string{"BASE_URL": "https://a.example"}}, []string{"https://a.example fal"}},
		{"the variable", sources{env: map[string]string{"BASE_URL": "https://a.example", "POLLTOP_SERVICE": "fal"}}, []string{"https://a.example fal"}},
		{"the variable is not for a flag", sources{args: []string{a}, env: map[string]string{"POLLTOP_SERVICE": "fal"}}, []string{"https://a.example seacloud"}},
		{"no base URL", sources{args: []string{"--service=fal", "--service=seacloud", "--service=comfy"}}, []string{"https://queue.fal.run fal", "https://cloud.seaart.ai/model seacloud", "https://api.comfy.org comfy"}},
		{"the config file", sources{config: proxies}, []string{"https://a.example fal", "https://b.example/x comfy", "https://c.example seacloud"}},
		{"one of the config file", sources{args: []string{b}, config: proxies}, []string{"https://b.example/x comfy"}},
		{"one of the config file as another", sources{args: []string{b, "--service=fal"}, config: proxies}, []string{"https://b.example/x fal"}},
		{"inline tables", sources{config: "base = [{url = 'https://a.example', service = 'fal'}, {url = 'https://b.example'}]"}, []string{"https://a.example fal", "https://b.example seacloud"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.give.noKey = true
			var got []string
			for _, base := range test.give.must(t).Bases {
				got = append(got, base.String()+" "+base.Service())
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("bases %q, want %q", got, test.want)
			}
		})
	}
}

// TestKeyOfABaseItsOwn holds which key goes to a base that has a key file of its
// own, and that it goes to no other.
func TestKeyOfABaseItsOwn(t *testing.T) {
	const config = "api_key_file = 'all.key'\n[[base]]\nurl = 'https://a.example'\napi_key_file = 'a.key'\n" +
		"[[base]]\nurl = 'https://b.example'\nservice = 'comfy'\napi_key_file = 'b.key'\n[[base]]\nurl = 'https://c.example'\n"
	all := map[string]string{"API_KEY": "sea-key", "COMFY_API_KEY": "comfy-key"}
	tests := []struct {
		name string
		args []string
		env  map[string]string
		want []string
	}{
		{"from its file", nil, nil, []string{"Key key-of-a", "key-of-b", "Key key-of-all"}},
		{"before variables", nil, all, []string{"Key key-of-a", "key-of-b", "Key sea-key"}},
		{"a flag is for the first", []string{"--api-key-file=DIR/flag.key"}, all, []string{"Key key-of-flag", "key-of-b", "Key key-of-flag"}},
		{"a header is for the first", []string{"-H", "Authorization: Key given"}, nil, []string{"Key given", "key-of-b", "Key given"}},
		{"another base URL", []string{"--base-url=https://d.example"}, all, []string{"Key sea-key"}},
		{"one of them", []string{"--base-url=https://b.example"}, all, []string{"key-of-b"}},
	}
	files := map[string]string{"flag.key": "key-of-flag"}
	for _, name := range []string{"a", "b", "all"} {
		files["polltop/"+name+".key"] = "key-of-" + name
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := sources{args: test.args, env: test.env, config: config, files: files}.must(t)
			var got []string
			for _, base := range s.Bases {
				got = append(got, strings.TrimSpace(s.HeaderFor(base).Get("Authorization")+" "+s.HeaderFor(base).Get("X-Api-Key")))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("Authorization = %q, want %q", got, test.want)
			}
			for _, header := range got {
				if !slices.ContainsFunc(s.Secrets, func(secret string) bool {
					return len(header) >= len(secret) && header[len(header)-len(secret):] == secret
				}) {
					t.Errorf("Secrets = %q lack that of %q", s.Secrets, header)
				}
			}
		})
	}
}
