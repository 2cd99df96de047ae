package settings

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// keyAnd returns an environment with a key and another variable.
func keyAnd(name, value string) map[string]string {
	return map[string]string{"API_KEY": "k-123456", name: value}
}

var refused = []struct {
	give sources
	want string
}{
	{sources{args: []string{"--rate=fast"}, env: withKey}, `--rate: "fast" is not a number from 0.001 to 100000: write one such as 10 or 0.5`},
	{sources{args: []string{"--rate=0"}, env: withKey}, `--rate: "0" is not a number from 0.001 to 100000: write one such as 10 or 0.5`},
	{sources{args: []string{"--rate=-1"}, env: withKey}, `--rate: "-1" is not a number from 0.001 to 100000: write one such as 10 or 0.5`},
	{sources{args: []string{"--rate=NaN"}, env: withKey}, `--rate: "NaN" is not a number from 0.001 to 100000: write one such as 10 or 0.5`},
	{sources{env: keyAnd("POLLTOP_RATE", "inf")}, `POLLTOP_RATE in the environment: "inf" is not a number from 0.001 to 100000: write one such as 10 or 0.5`},
	{sources{env: withKey, config: "\nrate = inf"}, `config file DIR/polltop/config.toml, line 2: rate: "+Inf" is not a number from 0.001 to 100000: write one such as 10 or 0.5`},
	{sources{args: []string{"--concurrency=0"}, env: withKey}, `--concurrency: "0" is not a whole number from 1 to 1024`},
	{sources{args: []string{"--concurrency=1025"}, env: withKey}, `--concurrency: "1025" is not a whole number from 1 to 1024`},
	{sources{args: []string{"--concurrency=1.5"}, env: withKey}, `--concurrency: "1.5" is not a whole number from 1 to 1024`},
	{sources{args: []string{"--interval=5"}, env: withKey}, `--interval: 5 has no unit: write 5s`},
	{sources{env: keyAnd("POLLTOP_REQUEST_TIMEOUT", "1.5")}, `POLLTOP_REQUEST_TIMEOUT in the environment: 1.5 has no unit: write 1.5s`},
	{sources{args: []string{"--interval=-5s"}, env: withKey}, `--interval: -5s is less than nothing: write 0s for none, or a duration such as 5s`},
	{sources{args: []string{"--interval=soon"}, env: withKey}, `--interval: "soon" is not a duration: write one such as 500ms, 5s or 1m30s`},
	{sources{args: []string{"--interval="}, env: withKey}, `--interval: "" is not a duration: write one such as 500ms, 5s or 1m30s`},
	{sources{args: []string{"--request-timeout=0s"}, env: withKey}, `--request-timeout: 0s is too short: write a duration over 0, such as 15s`},
	{sources{args: []string{"--timeout=5s"}, env: withKey}, `--timeout: the time for one request is now --request-timeout: rename it (only wait has a --timeout: the time for all tasks to end)`},
	{sources{env: keyAnd("POLLTOP_TIMEOUT", "5s")}, `POLLTOP_TIMEOUT in the environment: the time for one request is now POLLTOP_REQUEST_TIMEOUT: rename it`},
	{sources{env: withKey, config: "rate = 1\ntimeout = '5s'"}, `config file DIR/polltop/config.toml, line 2: timeout: the time for one request is now request_timeout: rename it`},
	{sources{args: []string{"--insecure-http=perhaps"}, env: withKey}, `--insecure-http: "perhaps" is neither true nor false: write one of them`},

	{sources{args: []string{"--base-url="}, env: withKey}, `--base-url: the base URL is empty; the documented one is https://cloud.seaart.ai/model`},
	{sources{env: keyAnd("BASE_URL", "cloud.seaart.ai")}, `BASE_URL in the environment: "cloud.seaart.ai" is not a base URL: give scheme, host and path, such as https://cloud.seaart.ai/model`},
	{sources{args: []string{"--base-url=https://me:hunter2%zz@a.example"}, env: withKey}, `--base-url: a base URL has a scheme, a host and a path, and no user name, query or fragment: give one such as https://cloud.seaart.ai/model`},
	{sources{args: []string{"--base-url=https://a.example?token=hunter2"}, env: withKey}, `--base-url: a base URL has a scheme, a host and a path, and no user name, query or fragment: give one such as https://cloud.seaart.ai/model`},
	{sources{args: []string{"--base-url=http://a.example"}, env: withKey}, `--base-url: http://a.example is plain http, over which the key would travel in clear: use https, or give --insecure-http if that is meant`},
	{sources{env: withKey, config: "base_url = []"}, `config file DIR/polltop/config.toml, line 1: base_url: names no base URL: the documented one is https://cloud.seaart.ai/model`},

	{sources{args: []string{"--config=DIR/none.toml"}, env: withKey}, `--config: can't read DIR/none.toml: no such file or directory: name a file that exists`},
	{sources{args: []string{"--config="}, env: withKey}, `--config: the file name is empty: give a file, or leave the flag out`},
	{sources{args: []string{"--label", " "}, env: withKey}, `--label: the name is empty: name one such as batch-7, or leave the flag out`},
	{sources{args: []string{"--config=DIR"}, env: withKey}, `config file DIR: can't be read: it is a directory`},
	{sources{env: withKey, config: strings.Repeat("# long\n", 200_000)}, `config file DIR/polltop/config.toml: longer than 1 MiB, which is no config file`},
	{sources{env: withKey, config: "rate = 1\ninterval = 5"}, `config file DIR/polltop/config.toml, line 2: interval: 5 has no unit: write "5s"`},
	{sources{env: withKey, config: "interval = true"}, `config file DIR/polltop/config.toml, line 1: interval: "true" is not a duration: write one such as 500ms, 5s or 1m30s`},
	{sources{env: withKey, config: "interval = \"5\""}, `config file DIR/polltop/config.toml, line 1: interval: 5 has no unit: write "5s"`},
	{sources{env: withKey, config: "[rate]\nmost = 1"}, `config file DIR/polltop/config.toml, line 1: rate: expected a single value, such as a string in quotes`},
	{sources{env: withKey, config: "concurrency = 1.5"}, `config file DIR/polltop/config.toml, line 1: concurrency: "1.5" is not a whole number from 1 to 1024`},
	{sources{env: withKey, config: "endpoint = ['a']"}, `config file DIR/polltop/config.toml, line 1: endpoint: expected a single value, such as a string in quotes`},
	{sources{env: withKey, config: "base_url = [1]"}, `config file DIR/polltop/config.toml, line 1: base_url: expected a string in quotes, or an array of them`},
	{sources{env: withKey, config: "insecure_http = 'yes'"}, `config file DIR/polltop/config.toml, line 1: insecure_http: "yes" is neither true nor false: write one of them`},
	{sources{env: withKey, config: "rate = 1\n\nintervall = '1s'"}, `config file DIR/polltop/config.toml, line 3: intervall: there is no such key: did you mean interval?`},
	{sources{env: withKey, config: "base-url = 'x'"}, `config file DIR/polltop/config.toml, line 1: base-url: there is no such key: did you mean base_url?`},
	{sources{env: withKey, config: "'' = 1"}, `config file DIR/polltop/config.toml, line 1: "": there is no such key: there are allow_private_outputs, api_key_file, base_url, concurrency, download, endpoint, exec, exec_payload, headers, insecure_http, interval, log, max_download, no_preview, no_results, no_store, notify, output_dir, rate, reduced_motion, request_timeout, results, session, share_payloads, slow_after`},
	{sources{env: withKey, config: "palette = 'dark'"}, `config file DIR/polltop/config.toml, line 1: palette: there is no such key: there are allow_private_outputs, api_key_file, base_url, concurrency, download, endpoint, exec, exec_payload, headers, insecure_http, interval, log, max_download, no_preview, no_results, no_store, notify, output_dir, rate, reduced_motion, request_timeout, results, session, share_payloads, slow_after`},
	{sources{env: withKey, config: "rate = 1\n[polltop]\ninterval = '1s'"}, `config file DIR/polltop/config.toml, line 2: polltop: there is no such table: all keys but those of a [[base]] stand at the top, outside of any [table]`},
	{sources{env: withKey, config: "\n[[bases]]\nurl = 'https://a.example'"}, `config file DIR/polltop/config.toml, line 2: bases: there is no such table: did you mean [[base]]?`},
	{sources{env: withKey, config: "[base]\nurl = 'https://a.example'"}, `config file DIR/polltop/config.toml, line 1: base: write a table for each base URL: [[base]], then url, service and api_key_file in lines of their own`},
	{sources{env: withKey, config: "base.url = 'https://a.example'"}, `config file DIR/polltop/config.toml, line 1: base: write a table for each base URL: [[base]], then url, service and api_key_file in lines of their own`},
	{sources{env: withKey, config: "[base.fal]\nurl = 'https://a.example'"}, `config file DIR/polltop/config.toml, line 1: base: write a table for each base URL: [[base]], then url, service and api_key_file in lines of their own`},
	{sources{env: withKey, config: "[[base.fal]]\nurl = 'https://a.example'"}, `config file DIR/polltop/config.toml, line 1: base: write a table for each base URL: [[base]], then url, service and api_key_file in lines of their own`},
	{sources{env: withKey, config: "base = 'https://a.example'"}, `config file DIR/polltop/config.toml, line 1: base: write a table for each base URL: [[base]], then url, service and api_key_file in lines of their own`},
	{sources{env: withKey, config: "base = ['https://a.example']"}, `config file DIR/polltop/config.toml, line 1: base: expected tables with url, service and api_key_file`},
	{sources{env: withKey, config: "service = 'fal'"}, `config file DIR/polltop/config.toml, line 1: service: it belongs to a base URL: write [[base]], and below it the url and its service`},
	{sources{env: withKey, config: "base_url = 'https://a.example'\n[[base]]\nurl = 'https://b.example'"}, `config file DIR/polltop/config.toml, line 1: base_url and [[base]] both name base URLs: write a [[base]] with this url instead`},
	{sources{env: withKey, config: "[[base]]\nurl = 'https://a.example'\n[[base]]\nservice = 'fal'"}, `config file DIR/polltop/config.toml, line 3: [[base]]: url is missing: write the base URL, such as url = "https://proxy.example/fal"`},
	{sources{env: withKey, config: "[[base]]\nurl = 'https://a.example'\nservice = 'sea'"}, `config file DIR/polltop/config.toml, line 1: [[base]]: url: "sea" is no service that polltop speaks: write one of seacloud, fal, comfy`},
	{sources{env: withKey, config: "[[base]]\nurl = 'https://a.example'\nkey_file = 'a.key'"}, `config file DIR/polltop/config.toml, line 1: [[base]]: key_file: there is no such key: there are api_key_file, service, url`},
	{sources{env: withKey, config: "[[base]]\nurl = 'https://a.example'\napi_key = 'hunter2'"}, `config file DIR/polltop/config.toml, line 1: [[base]]: api_key: the key does not belong in the config file, which gets copied and committed: write it to a file of its own and name that with api_key_file`},
	{sources{env: withKey, config: "[[base]]\nurl = 7"}, `config file DIR/polltop/config.toml, line 1: [[base]]: url: expected a string in quotes`},
	{sources{env: withKey, config: "[[base]]\nurl = 'http://a.example'"}, `config file DIR/polltop/config.toml, line 1: [[base]]: url: http://a.example is plain http, over which the key would travel in clear: use https, or give --insecure-http if that is meant`},
	{sources{env: withKey, config: "[[base]]\nurl = 'https://a.example'\napi_key_file = 'none'"}, `config file DIR/polltop/config.toml, line 1: [[base]]: api_key_file: can't read the key file DIR/polltop/none: no such file or directory`},
	{sources{args: []string{"--service=sea"}, env: withKey}, `--service: "sea" is no service that polltop speaks: write one of seacloud, fal, comfy`},
	{sources{args: []string{"--service=fal"}, env: keyAnd("BASE_URL", "https://cloud.seaart.ai/model")}, `BASE_URL in the environment: cloud.seaart.ai speaks seacloud, not fal: the base URL of fal is https://queue.fal.run`},
	{sources{args: []string{"--base-url=https://a.example", "--service="}, env: withKey}, `--service: "" is no service that polltop speaks: write one of seacloud, fal, comfy`},
	{sources{env: keyAnd("POLLTOP_SERVICE", "falai")}, `POLLTOP_SERVICE in the environment: "falai" is no service that polltop speaks: write one of seacloud, fal, comfy`},
	{sources{args: []string{"--base-url=https://a.example", "--base-url=https://b.example", "--service=fal"}, env: withKey}, `--service: 1 given for 2 base URLs: give one for each, in the same order`},
	{sources{args: []string{"--base-url=https://a.example", "--base-url=https://a.example/", "--service=fal", "--service=comfy"}, env: withKey}, `--base-url: https://a.example is given for two services, fal and comfy: give it once`},
	{sources{env: withKey, config: "[[service]]\nrate = 1"}, `config file DIR/polltop/config.toml, line 1: service: there is no such table: all keys but those of a [[base]] stand at the top, outside of any [table]`},
	{sources{env: withKey, config: "rate = 1\nrate = 2"}, `config file DIR/polltop/config.toml, line 2: not valid TOML: key rate is already defined`},
	{sources{env: withKey, config: "rate = 1\ninterval = 5s"}, `config file DIR/polltop/config.toml, line 2: not valid TOML: strings must be quoted`},
	{sources{config: "api_key = 'hunter2'"}, `config file DIR/polltop/config.toml, line 1: api_key: the key does not belong in the config file, which gets copied and committed: write it to a file of its own and name that with api_key_file`},
	{sources{config: "\nheaders = ['X-A: 1', 'authorization: Key hunter2']"}, `config file DIR/polltop/config.toml, line 2: headers number 2: an Authorization header does not belong in the config file, which gets copied and committed: write the key to a file of its own and name that with api_key_file`},
}

// TestRefused holds each error as the user sees it.
func TestRefused(t *testing.T) {
	for _, test := range refused {
		t.Run(test.want, func(t *testing.T) {
			if _, got := test.give.resolve(t); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

// TestErrorsHideKeys gives the key in places where it does not belong: whatever
// the error is, it is one line and does not show it.
func TestErrorsHideKeys(t *testing.T) {
	const key = "sk0livehunter2abcdef"
	places := [][]string{
		{"--rate", key}, {"--interval", key}, {"--base-url", key}, {"--base-url", "https://a.example/?k=" + key},
		{"--config", key}, {"--api-key-file", key}, {"--concurrency", key}, {"--insecure-http=" + key},
		{"-H", key}, {"-H", "Key " + key}, {"-H", "Host: " + key}, {"-H", "Authorization: Key " + key + "\nX: y"},
		{"-H", "X-Key: " + key + "\x00"}, {"-H", "bad name: " + key},
		{"-H", "Authorization: Key " + key, "-H", "Authorization: Bearer " + key},
	}
	configHome(t, "/nonexistent")
	rapid.Check(t, func(rt *rapid.T) {
		env := map[string]string{}
		for _, name := range []string{"API_KEY", "FAL_KEY", "POLLTOP_RATE", "POLLTOP_API_KEY_FILE", "BASE_URL", "POLLTOP_REQUEST_TIMEOUT"} {
			if rapid.Bool().Draw(rt, name) {
				env[name] = rapid.SampledFrom([]string{key, "Bearer " + key, " " + key + "\n"}).Draw(rt, name+" is")
			}
		}
		env["API_KEY"] = key
		set, flags := flagSet()
		for _, place := range rapid.SliceOfN(rapid.SampledFrom(places), 1, 4).Draw(rt, "args") {
			if err := set.Parse(place); err != nil {
				rt.Fatal(err)
			}
		}
		_, err := flags.Resolve(func(name string) (string, bool) { return env[name], env[name] != "" }, true)
		if err == nil {
			return
		}
		if text := err.Error(); strings.Contains(text, key) || strings.ContainsAny(text, "\r\n") {
			rt.Fatalf("the error is %q", text)
		}
	})
}
