package download

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"polltop/poller/queue"
)

// device is what Windows takes for a device (Naming Files, Paths, and
// Namespaces), and some older versions with it.
var device = regexp.MustCompile(`(?i)^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$|clock\$) *(\..*)?$`)

// unfit returns why a path is not a name on each of Windows, macOS and Linux;
// empty if it is.
func unfit(name string) string {
	switch {
	case !fs.ValidPath(name) || name == "." || !filepath.IsLocal(name):
		return "is no relative path"
	case len(name) > 1024:
		return "is longer than macOS takes"
	case !norm.NFC.IsNormalString(name):
		return "has two spellings"
	}
	for segment := range strings.SplitSeq(name, "/") {
		switch {
		case len(segment) > maxSegment || !utf8.ValidString(segment):
			return "is too long or no UTF-8"
		case strings.ContainsAny(segment, `<>:"\|?*$~`+"`'"):
			return "has a character that a shell or Windows minds"
		case strings.TrimRight(segment, ". ") != segment || strings.TrimLeft(segment, ".- ") != segment:
			return "starts or ends as no name should"
		case device.MatchString(segment):
			return "is a device of Windows"
		case strings.HasSuffix(strings.ToLower(segment), partEnding), strings.HasSuffix(strings.ToLower(segment), infoEnding), strings.HasSuffix(strings.ToLower(segment), lockEnding):
			return "is a part's"
		}
		for _, r := range segment {
			if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Bidi_Control, unicode.Zl, unicode.Zp) || !unicode.IsGraphic(r) {
				return fmt.Sprintf("has %U", r)
			}
		}
	}
	return ""
}

func TestSafeSegment(t *testing.T) {
	for text, want := range map[string]string{
		"mmsu_01hxyz8k3v":                      "mmsu_01hxyz8k3v",
		"":                                     "_",
		".":                                    "_",
		"..":                                   "_",
		"...":                                  "_",
		"../../etc/passwd":                     "_._.._etc_passwd",
		`C:\Windows\x`:                         "C__Windows_x",
		"/etc":                                 "_etc",
		".bashrc":                              "_bashrc",
		"-rf":                                  "_rf",
		"a. . ":                                "a",
		"  a b  ":                              "a b",
		"CON":                                  "CO_",
		"con.tar.gz":                           "co_.tar.gz",
		"NUL .txt":                             "NU_ .txt",
		"com1":                                 "com_",
		"LPT9.a":                               "LPT_.a",
		"com10":                                "com10",
		"console":                              "console",
		"a\x00b\x1b[31mc":                      "a_b__31mc",
		"a\u202egnp.exe":                       "a_gnp.exe",
		"a\u200bb\u2066c\ufeff":                "a_b_c_",
		"x:stream":                             "x_stream",
		"a\xffb":                               "a_b",
		"x.part":                               "x_part",
		"x.PART-INFO":                          "x_PART-INFO",
		"x.part-lock":                          "x_part-lock",
		"x.part-İnfo":                          "x.part-İnfo",
		"cafe\u0301":                           "caf\u00e9",
		"\u0301a":                              "_a",
		"画像":                                   "画像",
		"صورة":                                 "صورة",
		"😀":                                    "_",
		strings.Repeat("é", 99):                strings.Repeat("é", 60),
		"nul" + strings.Repeat(" ", 200) + "x": "nu_",
	} {
		if got := safeSegment(text, maxSegment); got != want {
			t.Errorf("safeSegment(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestNumbered(t *testing.T) {
	long := strings.Repeat("x", maxSegment-4)
	for _, c := range []struct {
		name string
		k    int
		want string
	}{
		{"a/b-1.png", 1, "a/b-1.png"},
		{"a/b-1.png", 2, "a/b-1-2.png"},
		{"b", 10, "b-10"},
		{"a.b/c", 2, "a.b/c-2"},
		{"v1.something_long_that_is_no_extension", 3, "v1.something_long_that_is_no_extension-3"},
		{"d/" + long + ".png", 9999, "d/" + long[:len(long)-5] + "-9999.png"},
	} {
		if got := numbered(c.name, c.k); got != c.want {
			t.Errorf("numbered(%q, %d) = %q, want %q", c.name, c.k, got, c.want)
		}
	}
}

// nasty are texts that a hostile server might send, and plain ones.
func nasty() *rapid.Generator[string] {
	piece := rapid.OneOf(
		rapid.SampledFrom([]string{
			"..", ".", "/", `\`, "a", "CON", "nul", "com1", "LPT¹", ".part", ".part-info", " ", "\x00", "\x1b", "\u202e", "\u2067",
			":", "=", "\u0338", "e\u0301", "K", "ſ", "İ", "\u00ad", "\U000e0041", "\xff", "\xed\xa0\x80", "{n}", "{ext}", "\ufffe", "~1", ".png", "-",
		}),
		rapid.String(),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 200), func(b []byte) string { return string(b) }),
	)
	return rapid.Map(rapid.SliceOfN(piece, 0, 8), func(pieces []string) string { return strings.Join(pieces, "") })
}

func TestSafeSegmentIsANameEverywhereAndStaysAsItIs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, limit := nasty().Draw(t, "text"), rapid.IntRange(16, maxSegment).Draw(t, "limit")
		got := safeSegment(text, limit)
		if why := unfit(got); why != "" || len(got) > limit || strings.Contains(got, "/") {
			t.Fatalf("safeSegment(%q, %d) = %q, which %s", text, limit, got, why)
		}
		if again := safeSegment(got, limit); again != got {
			t.Fatalf("safeSegment(%q) = %q, and of that %q", text, got, again)
		}
	})
}

// names checks what the names of a job must be for any content of its fields.
func names(t interface{ Fatalf(string, ...any) }, j Job, k int) string {
	name := numbered(outputName(&j, extension(&j, j.FileName)), k)
	if why := unfit(name); why != "" {
		t.Fatalf("the name of %+v is %q, which %s", j, name, why)
	}
	for segment := range strings.SplitSeq(name, "/") {
		if again := safeSegment(segment, maxSegment); again != segment {
			t.Fatalf("the name of %+v has %q, made safe again %q", j, segment, again)
		}
	}
	part := partName(name, j.identity())
	for _, other := range []string{part, infoName(part), lockName(part)} {
		// eCryptfs takes no more.
		if file := path.Base(other); len(file) > 143 || other == name {
			t.Fatalf("the part of %q is %q, %d bytes long", name, file, len(file))
		}
	}
	return name
}

func TestNamesAreSafeWhateverTheServerSays(t *testing.T) {
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	rapid.Check(t, func(t *rapid.T) {
		j := Job{
			Request: queue.Request{ID: nasty().Draw(t, "id"), Endpoint: nasty().Draw(t, "endpoint")},
			N:       rapid.Int().Draw(t, "n"), Output: queue.Output{
				URL: "https://host/" + nasty().Draw(t, "url"), Type: nasty().Draw(t, "type"),
				ContentType: nasty().Draw(t, "content type"), FileName: nasty().Draw(t, "file name"),
			},
		}
		name := names(t, j, rapid.IntRange(1, maxNameTries).Draw(t, "k"))
		// The file system has the last word.
		if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := root.WriteFile(name, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := root.RemoveAll(strings.Split(name, "/")[0]); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzName(f *testing.F) {
	f.Add("mmsu_01hxyz", "wan26_i2v", "https://cdn/x.png", "image/png", "out.png", 1)
	f.Add("..", "../../..", "https://cdn/..%2f..%2fx.exe", "../..", "con", 0)
	f.Add("CON", "a/./b//c/../d/e/f/g/h", "file:///etc/passwd", "a/b; c", "NUL.part", -1)
	f.Add("\u202e\x00\xff", strings.Repeat("é/", 300), "%zz", "image/png; q", strings.Repeat("x", 5000), 9999)
	f.Fuzz(func(t *testing.T, id, endpoint, url, contentType, fileName string, n int) {
		j := Job{Request: queue.Request{ID: id, Endpoint: endpoint}, N: n, Output: queue.Output{URL: url, ContentType: contentType, FileName: fileName}}
		names(t, j, 1+(n&maxNameTries))
	})
}
