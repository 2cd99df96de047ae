package insight

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestPattern(t *testing.T) {
	tests := []struct{ name, give, want string }{
		{"empty", "", ""},
		{"blank", " \t\n ", ""},
		{"words stay", "Task execution failed", "Task execution failed"},
		{"an apostrophe is no quote", "can't read the users' input", "can't read the users' input"},
		{"white space", "  out\n\tof   memory ", "out of memory"},
		{"not printable", "out\x1b[31m of\u202e mem\x00ory\xff", "out [#m of mem ory\ufffd"},
		{"number", "step 12 of 40 failed", "step # of # failed"},
		{"fraction and group", "1,234.5 > 3", "# > #"},
		{"exponent", "loss 1e-05", "loss #"},
		{"signs", "seed -5 or +7 or --4", "seed # or # or #"},
		{"a sign between words stays", "non-zero exit", "non-zero exit"},
		{"a list is one number", "shape [1, 3, 512, 512] at 3 4", "shape [#] at # #"},
		{"clock and address", "10.0.0.1:8080 after 1:02:03", "# after #"},
		{"unit", "needs 16GiB, has 8.5 GiB, took 1h30m5.2s at 24fps", "needs #GiB, has # GiB, took #h#m#s at #fps"},
		{"dimensions", "1024x768 or 1024x768x3px", "#x# or #x#x#px"},
		{"a number in a word", "GPU3: fp16 gpt-4 wan26_i2v", "GPU#: fp# gpt-# wan#_i#v"},
		{"percent", "at 50%", "at #%"},
		{"hash", "queue #12, worker # 3", "queue #, worker # #"},
		{"request id", "request mmsu_01hxyz8k3vq2m4n6p8r0s2t4w6 failed", "request # failed"},
		{"UUID", "id=764cabcf-b745-4b3e-ae38-1200304cf45b.", "id=#."},
		{"UUID of digits", "id=76400000-1745-4131-8138-120030400451", "id=#"},
		{"id that begins like a duration", "mmsu_01h0000000000000000000000", "#"},
		{"hex", "at 0x7ffe12 in deadbeefcafe and 9f86d081884c7d65", "at # in # and #"},
		{"short id", "task cnhb1lde878c738nq0b0 (req_a1b2c3)", "task # (#)"},
		{"mail", "user jane.doe+x@example.com", "user #"},
		{"URL", "GET https://x.example/a?b=1#c: 404 (see http://y.example/z).", "GET <url>: # (see <url>)."},
		{"data URL", "bad image data:image/png;base64,iVBORw0KGgo=", "bad image <url>"},
		{"storage URL", "s3://bucket/key.png,gone", "<url>"},
		{"path", "no such file: /tmp/run-3/in.png, ./a.txt or C:\\x\\y", "no such file: <path>, <path> or <path>"},
		{"endpoint", "fal-ai/flux/dev is down", "<path> is down"},
		{"words with a slash", "input and/or output is image/png or video/mp4", "input and/or output is image/png or video/mp#"},
		{"rates", "5 tokens/s, 3/10 done", "# tokens/s, #/# done"},
		{"file", "cannot decode in_01.PNG", "cannot decode <file>"},
		{"dotted words are no file", "torch.cuda.OutOfMemoryError: model.forward e.g.", "torch.cuda.OutOfMemoryError: model.forward e.g."},
		{"timestamps", "2024-01-02T03:04:05.123Z 2024-01-02 03:04:05 +0200 2024/01/02", "<time> <time> <time>"},
		{"HTTP date", "until Tue, 02 Jan 2024 15:04:05 GMT, then", "until <time>, then"},
		{"quotes", `field "prompt" is not 'a b' or “c” or` + " `d`", `field "…" is not '…' or “…” or` + " `…`"},
		{"quotes around all", `"'NSFW content'"`, "NSFW content"},
		{"stray quote", `5" of "x`, `#" of "x`},
		{"JSON", `{"code": 17, "at": "x"}`, `{"…": #, "…": "…"}`},
		{"Chinese", "请求mmsu_01hxyz8k3vq2m4n6失败,第3次", "请求#失败,第#次"},
		{"long words", strings.Repeat("long ", 100), strings.Repeat("long ", 39) + "long…"},
		{"one long word", strings.Repeat("qz", 3000), "#"},
	}
	for _, test := range tests {
		if got := Pattern(test.give); got != test.want {
			t.Errorf("%s: Pattern(%q)\n = %q,\nwant %q", test.name, test.give, got, test.want)
		}
	}
}

// identity draws something that tells one task from another.
func identity(kind string) *rapid.Generator[string] {
	switch kind {
	case "request id":
		return rapid.StringMatching(`mmsu_01h[0-9a-hjkmnp-tv-z]{22}`)
	case "UUID":
		return rapid.StringMatching(`[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{11}7`)
	case "hex":
		return rapid.StringMatching(`[0-9a-f]{32}`)
	case "integer":
		return rapid.StringMatching(`-?[1-9][0-9]{0,9}`)
	case "number":
		return rapid.StringMatching(`(0|[1-9][0-9]{0,2}(,[0-9]{3}){0,2})(\.[0-9]{1,6})?`)
	case "URL":
		return rapid.StringMatching(`https?://[a-z0-9]{1,8}\.example(:[1-9][0-9]{0,3})?(/[A-Za-z0-9_~%-]{1,12}){0,4}(\?[a-z]=[A-Za-z0-9&=]{0,9}[a-z])?`)
	case "path":
		return rapid.StringMatching(`(/[A-Za-z0-9_-]{1,12}){1,4}/[a-z0-9]{1,9}\.png`)
	case "time":
		return rapid.StringMatching(`20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9](\.[0-9]{3})?Z`)
	}
	return rapid.StringMatching(`"[A-Za-z0-9 ._/-]{0,20}"`)
}

var kinds = []string{"request id", "UUID", "hex", "integer", "number", "URL", "path", "time", "quoted"}

// words draws some of a message's own words: none of eight letters or more of
// which hex could be made.
func words(t *rapid.T) string {
	return rapid.StringMatching(`([A-Z]?[a-z]{1,6}[,:]? ){1,4}`).Draw(t, "words")
}

// Messages that differ only in what identifies a task are one failure.
func TestPatternDropsWhatIdentifiesATask(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var one, other, expect strings.Builder
		for range rapid.IntRange(1, 4).Draw(t, "parts") {
			text, kind := words(t), rapid.SampledFrom(kinds).Draw(t, "kind")
			a, b := identity(kind).Draw(t, kind), identity(kind).Draw(t, "other "+kind)
			tail := rapid.SampledFrom([]string{" ", ". ", ", ", ") "}).Draw(t, "tail")
			one.WriteString(text + a + tail)
			other.WriteString(text + b + tail)
			expect.WriteString(text)
		}
		got := Pattern(one.String())
		if also := Pattern(other.String()); got != also {
			t.Fatalf("two failures where there is one:\n%q -> %q\n%q -> %q", one.String(), got, other.String(), also)
		}
		if strings.HasSuffix(got, "…") {
			return // cut, so not all words are there
		}
		for word := range strings.FieldsSeq(expect.String()) {
			if !strings.Contains(got, strings.Trim(word, ",:")) {
				t.Fatalf("Pattern(%q) = %q has lost %q", one.String(), got, word)
			}
		}
	})
}

// check holds what is true of every pattern.
func check(t interface {
	Helper()
	Fatalf(string, ...any)
}, message string) {
	t.Helper()
	got := Pattern(message)
	if again := Pattern(got); again != got {
		t.Fatalf("Pattern(%q) = %q, whose own is %q", message, got, again)
	}
	if len(got) > maxPattern+len("…") {
		t.Fatalf("Pattern(%q) is %d bytes long", message, len(got))
	}
	if !utf8.ValidString(got) || strings.Contains(got, "  ") || strings.TrimSpace(got) != got {
		t.Fatalf("Pattern(%q) = %q is not one clean line", message, got)
	}
	for _, r := range got {
		if !unicode.IsPrint(r) {
			t.Fatalf("Pattern(%q) = %q holds %U", message, got, r)
		}
		if r >= '0' && r <= '9' {
			t.Fatalf("Pattern(%q) = %q holds a number", message, got)
		}
	}
}

func TestPatternIsItsOwnPattern(t *testing.T) {
	pieces := []string{
		"#", "-", "+", ".", ",", ":", "/", "\\", "\"", "'", "`", "“", "”", "«", "<", ">", "url", "path", "…", " ", "\n", "\x1b", "é", "内",
		"0", "12", "1.5", "1e5", "0x1f", "a1b2c3", "GPU", "png", ".png", "://", "http", "data:", ";base64,", "@", "_", "=", "(", ")", "[", "Z",
		"2024-01-02", "10:11:12", "Tue, 02 Jan 2024 15:04:05 GMT", "mmsu_01hxyz", "ms", "x", "px", strings.Repeat("w", 90),
	}
	rapid.Check(t, func(t *rapid.T) {
		check(t, strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 40).Draw(t, "pieces"), ""))
	})
}

func FuzzPattern(f *testing.F) {
	for _, seed := range []string{
		"", "Task execution failed", `"'a'"`, "1.-2", "<url>", "ab\u200bc1d2", "--1", "a.-1b", "#, #,#", "…#1", "1:2,3.4",
		"request mmsu_01hxyz8k3vq2m4n6p8r0s2t4w6 took 12.5s at https://x.example/y?z=1 and \"/tmp/a.png\"",
		strings.Repeat("字", 300), strings.Repeat("a1 ", 300), "“'“a”'”", "\xff\xfe\x80 1", "a/b.png/c", "C:\\1", "x=/", "0#", "9e", "Mon, ",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, message string) { check(t, message) })
}

var sink string

func BenchmarkPattern(b *testing.B) {
	message := "request mmsu_01hxyz8k3vq2m4n6p8r0s2t4w6 failed after 12.5s: output 3 of 4 at https://x.example/y?z=1 was \"blocked\""
	b.ReportAllocs()
	for b.Loop() {
		sink = Pattern(message)
	}
}
