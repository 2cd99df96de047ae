package settings

import (
	"bufio"
	"net/http"
	"net/textproto"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// withKey is an environment with a key and nothing else.
var withKey = map[string]string{"API_KEY": "k-123456"}

var headerTests = []struct {
	name     string
	give     sources
	want     http.Header
	secrets  []string
	warnings []string
}{
	{
		"the documentation's COMMON_HEADERS",
		sources{args: []string{"-H", "Authorization: Key k-abcdef", "-H", "Content-Type: application/json"}},
		http.Header{"Authorization": {"Key k-abcdef"}, "Content-Type": {"application/json"}},
		[]string{"Key k-abcdef", "k-abcdef"}, nil,
	},
	{
		"Bearer over the environment",
		sources{args: []string{"--header=authorization:Bearer k-abcdef\r"}, env: withKey},
		http.Header{"Authorization": {"Bearer k-abcdef"}},
		[]string{"Bearer k-abcdef", "k-abcdef"}, nil,
	},
	{
		"a scheme that nobody has heard of",
		sources{args: []string{"-HAuthorization: HMAC id sig-123"}},
		http.Header{"Authorization": {"HMAC id sig-123"}},
		[]string{"HMAC id sig-123", "sig-123"}, nil,
	},
	{
		"no scheme",
		sources{args: []string{"-H", "Authorization: k-abcdef"}},
		http.Header{"Authorization": {"k-abcdef"}},
		[]string{"k-abcdef"}, nil,
	},
	{
		"the same Authorization twice",
		sources{args: []string{"-H", "Authorization: Key k-abcdef", "-H", "Authorization: Key k-abcdef"}},
		http.Header{"Authorization": {"Key k-abcdef"}},
		[]string{"Key k-abcdef", "k-abcdef"}, nil,
	},
	{
		"secrets by their names",
		sources{args: []string{"-H", "Cookie: session=1234", "-H", "x-api-key: 987654", "-H", "X-Token: no", "-H", "Referer: https://cloud.seaart.ai/", "-H", "User-Agent: me/1.0"}, env: withKey},
		http.Header{"Authorization": {"Key k-123456"}, "Cookie": {"session=1234"}, "X-Api-Key": {"987654"}, "X-Token": {"no"}, "Referer": {"https://cloud.seaart.ai/"}, "User-Agent": {"me/1.0"}},
		[]string{"session=1234", "k-123456", "987654"}, nil,
	},
	{
		"repeated and empty",
		sources{args: []string{"-H", "X-A: 1", "-H", "X-A: 2, 3", "-H", "Accept:"}, env: withKey},
		http.Header{"Authorization": {"Key k-123456"}, "X-A": {"1", "2, 3"}},
		[]string{"k-123456"}, nil,
	},
	{
		"headers of the connection",
		sources{args: []string{"-H", "accept-encoding: gzip", "-H", "X-A: 1"}, env: withKey},
		http.Header{"Authorization": {"Key k-123456"}, "X-A": {"1"}},
		[]string{"k-123456"}, []string{"-H number 1: Accept-Encoding is left out: polltop manages the connection itself"},
	},
	{
		"flags over the config file, name by name",
		sources{args: []string{"-H", "x-a: flag", "-H", "X-C:"}, env: withKey, config: "headers = ['X-A: file', 'X-A: file2', 'X-B: file', 'X-C: file']"},
		http.Header{"Authorization": {"Key k-123456"}, "X-A": {"flag"}, "X-B": {"file"}},
		[]string{"k-123456"}, nil,
	},
	{
		"one header in the config file",
		sources{env: withKey, config: "headers = 'X-B: file'"},
		http.Header{"Authorization": {"Key k-123456"}, "X-B": {"file"}},
		[]string{"k-123456"}, nil,
	},
}

func TestHeaders(t *testing.T) {
	for _, test := range headerTests {
		t.Run(test.name, func(t *testing.T) {
			s := test.give.must(t)
			if got := s.HeaderFor(s.Bases[0]); !reflect.DeepEqual(got, test.want) {
				t.Errorf("headers %q, want %q", got, test.want)
			}
			if !slices.Equal(s.Secrets, test.secrets) {
				t.Errorf("Secrets = %q, want %q", s.Secrets, test.secrets)
			}
			if !slices.Equal(s.Warnings, test.warnings) {
				t.Errorf("Warnings = %q, want %q", s.Warnings, test.warnings)
			}
		})
	}
}

func TestHeadersRefused(t *testing.T) {
	tests := []struct {
		args []string
		env  map[string]string
		want string
	}{
		{[]string{"-H", "nonsense"}, nil, "-H: a header without a colon: write 'Name: value'"},
		{[]string{"-H", "X-A: 1", "-H", "@headers.txt"}, nil, "-H number 2: a header without a colon: write 'Name: value'"},
		{[]string{"-H", ": value"}, nil, "-H: a header's name is letters, digits and hyphens: write 'Name: value'"},
		{[]string{"-H", "X A: value"}, nil, "-H: a header's name is letters, digits and hyphens: write 'Name: value'"},
		{[]string{"-H", "Ünder: value"}, nil, "-H: a header's name is letters, digits and hyphens: write 'Name: value'"},
		{[]string{"-H", "X-A: a\r\nX-B: b"}, nil, "-H: the value of X-A holds a line break or another control character: write it on one line"},
		{[]string{"-H", "X-A: \x1b[31m"}, nil, "-H: the value of X-A holds a line break or another control character: write it on one line"},
		{[]string{"-H", "Host: a.example"}, nil, "-H: a Host header asks another site than the base URL names: give its URL with --base-url"},
		{
			[]string{"-H", "Authorization: Key ", "-H", "Content-Type: application/json"}, nil,
			"-H number 1: the Authorization header has no key in it, as API_KEY was empty when the header was written: export API_KEY=... first, write the header (or COMMON_HEADERS) again",
		},
		{
			[]string{"-H", "Authorization: bearer"}, map[string]string{"API_KEY": "k-123456"},
			"-H: the Authorization header has no key in it, as API_KEY was empty when the header was written: now that it is set, write the header (or COMMON_HEADERS) again",
		},
		{
			[]string{"-H", "Authorization:"}, nil,
			"-H: the Authorization header has no key in it, as API_KEY was empty when the header was written: export API_KEY=... first, write the header (or COMMON_HEADERS) again",
		},
		{
			[]string{"-H", "Authorization: Key one", "-H", "Authorization: Key two"}, nil,
			"-H: two Authorization headers with different keys: leave one out",
		},
		{
			[]string{"-H", "Authorization: Key one", "--api-key-file=DIR/key"}, nil,
			"-H Authorization and --api-key-file both give the key: leave one out",
		},
	}
	for _, test := range tests {
		t.Run(test.want, func(t *testing.T) {
			if _, got := (sources{args: test.args, env: test.env}).resolve(t); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestConnectionHeadersAreCanonical(t *testing.T) {
	for _, name := range connectionHeaders {
		if canonical := textproto.CanonicalMIMEHeaderKey(name); name != canonical {
			t.Errorf("%s is compared with %s and never matches", name, canonical)
		}
	}
}

// FuzzParseHeader holds that what is accepted is one header, which reads back
// from the wire as it is.
func FuzzParseHeader(f *testing.F) {
	for _, seed := range []string{"Authorization: Key abc", "X-A:", "no colon", "a b: c", "X: a\r\nY: b", "X: \x00", "x-ü: 1", "X:\t a \t"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		h, err := parseHeader(text)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\r\n") {
				t.Fatalf("parseHeader(%q): %q is more than a line", text, err)
			}
			return
		}
		wire := h.name + ": " + h.value + "\r\n\r\n"
		read, err := textproto.NewReader(bufio.NewReader(strings.NewReader(wire))).ReadMIMEHeader()
		if err != nil {
			t.Fatalf("parseHeader(%q) = %q, which does not read back: %v", text, wire, err)
		}
		if want := (textproto.MIMEHeader{h.name: {h.value}}); !reflect.DeepEqual(read, want) {
			t.Fatalf("parseHeader(%q) reads back as %q, want %q", text, read, want)
		}
	})
}
