package keyboard

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
)

// play sends pieces of input to a filter, each a pause after the one before, and lets
// the filter's own deadlines pass in between and at the end. It returns all that the
// filter passed on, and how long after the last piece the last of it came.
func play(t *testing.T, pause time.Duration, pieces ...string) (out string, late time.Duration) {
	t.Helper()
	var f filter
	now := time.Unix(1_000_000, 0)
	settle := func(until time.Time) {
		for {
			at, expire := f.deadline()
			if expire == nil || at.After(until) {
				return
			}
			now = at
			expire()
		}
	}
	var sent time.Time
	for i, piece := range pieces {
		if i > 0 {
			settle(sent.Add(pause))
			now = sent.Add(pause)
		}
		sent = now
		f.consume([]byte(piece), now)
	}
	settle(now.Add(time.Hour))
	return withTexts(&f, string(f.out)), now.Sub(sent)
}

// number is what stands for the text of a paste.
var number = regexp.MustCompile(pasteStart[:1] + `\[200~(\d+)` + pasteEnd[:1] + `\[201~`)

// withTexts puts the texts of pastes into what a filter passed on.
func withTexts(f *filter, out string) string {
	return number.ReplaceAllStringFunc(out, func(paste string) string {
		msg := f.RestorePaste(tea.PasteMsg{Content: number.FindStringSubmatch(paste)[1]})
		return pasted(msg.(tea.PasteMsg).Content)
	})
}

func pasted(text string) string { return pasteStart + text + pasteEnd }

const (
	seaCloudID = "mmsu_01hxyz8k3vq2m4n6p8r0s2t4w6"
	falID      = "764cabcf-b745-4b3e-ae38-1200304cf45b"
	xid        = "9m4e2mr0ui3e8a215n4g"
)

func TestBurstIsAPaste(t *testing.T) {
	for _, text := range []string{
		seaCloudID, falID, xid, seaCloudID + "\r", falID + "\n" + falID + "\n", xid + "\r\n" + xid,
		"\t" + xid, " " + xid + " ", "wan26_i2v\t" + seaCloudID + "\r", "naïve-日本語-text",
	} {
		if got, late := play(t, 0, text); got != pasted(text) || late > maxSequenceGap {
			t.Errorf("%q: passed on %q after %v", text, got, late)
		}
		for _, gap := range []time.Duration{time.Millisecond, 5 * time.Millisecond} { // a serial line
			if got, _ := play(t, gap, strings.Split(text, "")...); got != pasted(text) {
				t.Errorf("%q, a byte each %v: passed on %q", text, gap, got)
			}
		}
		for _, gap := range []time.Duration{20 * time.Millisecond, 150 * time.Millisecond} {
			if got, _ := play(t, gap, text[:13], text[13:16], text[16:]); got != pasted(text) {
				t.Errorf("%q in three with pauses of %v: passed on %q", text, gap, got)
			}
		}
	}
}

func TestTypedKeysAreKeys(t *testing.T) {
	for name, c := range map[string]struct {
		pause  time.Duration
		pieces []string
	}{
		"one key":                         {0, []string{"q"}},
		"a chord":                         {2 * time.Millisecond, []string{"j", "k"}},
		"typing":                          {35 * time.Millisecond, strings.Split("the quick brown fox", "")},
		"a held-down letter":              {33 * time.Millisecond, strings.Split(strings.Repeat("j", 40), "")},
		"it over a stalled link":          {0, []string{strings.Repeat("j", 40)}},
		"held-down arrows":                {0, []string{strings.Repeat("\x1b[B", 40)}},
		"enter":                           {0, []string{"\r"}},
		"a character of another alphabet": {0, []string{"й"}},
	} {
		if got, late := play(t, c.pause, c.pieces...); got != strings.Join(c.pieces, "") || late > burstWait {
			t.Errorf("%s: passed on %q after %v", name, got, late)
		}
	}
}

func TestKeysOfTheTerminalAreNotDelayed(t *testing.T) {
	for _, keys := range []string{
		"\x1b[A", "\x1bOP", "\x1b[15~", "\x1b[[A", "\x1b[1;5C", "\x1bj", "\x03", "\x13", "\x1b\x1b[A", "\x1b[27u", "\x1b[1089::99;5u",
		"\x1b[<35;10;20M", "\x1b[<0;10;20m", "\x1b[M !!", "\x1b[I", "\x1b[O", "\x1b[?1;2c", "\x1b[?2026;2$y", "\x1b[8;24;80t",
		"\x1b]11;rgb:1111/2222/3333\x1b\\", "\x1b]11;rgb:1111/2222/3333\a", "\x1bP>|xterm(390)\x1b\\", "\x1b_Gi=31;OK\x1b\\",
	} {
		if got, late := play(t, 0, keys); got != keys || late != 0 {
			t.Errorf("%q: passed on %q after %v", keys, got, late)
		}
		// In two pieces at each place, with a pause.
		for at := 1; at < len(keys); at++ {
			if keys[:at] == "\x1b" && strings.Contains("j\x1b\x03", keys[1:2]) {
				continue // that pause tells them from the key ESC
			}
			for _, gap := range []time.Duration{20 * time.Millisecond, 60 * time.Millisecond, 150 * time.Millisecond, 240 * time.Millisecond} {
				if at == 1 && len(keys) == 2 && gap > maxAltGap {
					continue
				}
				if got, late := play(t, gap, keys[:at], keys[at:]); got != keys || late != 0 {
					t.Errorf("%q, %v, %q: passed on %q after %v", keys[:at], gap, keys[at:], got, late)
				}
			}
		}
	}
}

func TestReportsAmongTypedTextComeAfterIt(t *testing.T) {
	const answer = "\x1b]11;rgb:1111/2222/3333\x1b\\"
	if got, late := play(t, 5*time.Millisecond, "j", answer, "\x1b[I"); got != "j"+answer+"\x1b[I" || late > burstWait {
		t.Errorf("passed on %q after %v", got, late)
	}
	if got, _ := play(t, 5*time.Millisecond, falID[:4], answer, falID[4:]); got != pasted(falID)+answer {
		t.Errorf("passed on %q", got)
	}
}

func TestCharacterInPiecesIsOne(t *testing.T) {
	for _, c := range []string{"й", "日", "😀"} {
		for at := 1; at < len(c); at++ {
			if got, _ := play(t, 150*time.Millisecond, c[:at], c[at:]); got != c {
				t.Errorf("%q in two: passed on %q", c, got)
			}
		}
	}
}

func TestEscapeKey(t *testing.T) {
	for name, c := range map[string]struct {
		pause  time.Duration
		pieces []string
		want   string
	}{
		"alone":                   {0, []string{"\x1b"}, escapeKey},
		"twice":                   {100 * time.Millisecond, []string{"\x1b", "\x1b"}, escapeKey + escapeKey},
		"and a key":               {100 * time.Millisecond, []string{"\x1b", "j"}, escapeKey + "j"},
		"and a capital":           {100 * time.Millisecond, []string{"\x1b", "P"}, escapeKey + "P"},
		"and an arrow key":        {100 * time.Millisecond, []string{"\x1b", "\x1b[B"}, escapeKey + "\x1b[B"},
		"and ctrl+c at once":      {0, []string{"\x1b\x03"}, escapeKey + "\x03"},
		"three times at once":     {0, []string{"\x1b\x1b\x1b"}, escapeKey + escapeKey + escapeKey},
		"and a mouse event":       {0, []string{"\x1b\x1b[<35;10;20M"}, escapeKey + "\x1b[<35;10;20M"},
		"and an old mouse event":  {0, []string{"\x1b\x1b[M !!"}, escapeKey + "\x1b[M !!"},
		"and the focus":           {0, []string{"\x1b\x1b[O"}, escapeKey + "\x1b[O"},
		"and a mode":              {0, []string{"\x1b", "\x1b[?2026;2$y"}, escapeKey + "\x1b[?2026;2$y"},
		"and the size":            {0, []string{"\x1b\x1b[8;24;80t"}, escapeKey + "\x1b[8;24;80t"},
		"and a color":             {0, []string{"\x1b\x1b]11;rgb:1111/2222/3333\a"}, escapeKey + "\x1b]11;rgb:1111/2222/3333\a"},
		"unfinished, then ctrl+c": {100 * time.Millisecond, []string{"\x1b[20", "\x03"}, "\x1b[20\x03"},
		"string, then ctrl+c":     {100 * time.Millisecond, []string{"\x1b]11;rgb", "\x03"}, "\x1b]11;rgb" + stringEnd + "\x03"},
		"string without an end":   {0, []string{"\x1b]11;rgb"}, "\x1b]11;rgb" + stringEnd},
	} {
		if got, late := play(t, c.pause, c.pieces...); got != c.want || late > maxSequenceGap {
			t.Errorf("%s: passed on %q after %v, want %q", name, got, late, c.want)
		}
	}
}

func TestBracketedPasteInPieces(t *testing.T) {
	whole := pasted(seaCloudID + "\r")
	for at := 1; at < len(whole); at++ {
		for _, gap := range []time.Duration{20 * time.Millisecond, 60 * time.Millisecond, 150 * time.Millisecond, 240 * time.Millisecond} {
			if got, late := play(t, gap, whole[:at], whole[at:]); got != whole || late != 0 {
				t.Errorf("%q, %v, %q: passed on %q after %v", whole[:at], gap, whole[at:], got, late)
			}
		}
	}
}

func TestPasteWithoutAnEndEnds(t *testing.T) {
	for name, c := range map[string]struct{ sent, want string }{
		"no end":                  {pasteStart + falID, pasted(falID)},
		"half an end":             {pasteStart + falID + "\x1b[20", pasted(falID + "\x1b[20")},
		"its start was lost":      {falID + pasteEnd, pasted(falID)},
		"it, of the text's tail":  {"q" + pasteEnd, pasted("q")},
		"an end and nothing else": {pasteEnd, ""},
	} {
		got, late := play(t, 0, c.sent)
		if got != c.want || late > pasteTimeout {
			t.Errorf("%s: passed on %q after %v, want %q", name, got, late, c.want)
		}
	}
}

func TestCtrlCEndsAPasteThatHangs(t *testing.T) {
	for _, key := range []string{"\x03", "\x03\x03", "\x1b[99;5u", "\x1b[1089::99;5u", "\x1b[27;5;99~", "\x1b[27;5;1089~"} {
		for _, gap := range []time.Duration{0, 100 * time.Millisecond} {
			pieces := []string{pasteStart + falID, key}
			if gap == 0 {
				pieces = []string{pasteStart + falID + key}
			}
			got, late := play(t, gap, pieces...)
			if got != pasted(falID)+key || late > interruptWait {
				t.Errorf("%q after %v: passed on %q after %v", key, gap, got, late)
			}
		}
	}
	// Among text it is of the text.
	if got, _ := play(t, 0, pasted("a\x03b")); got != pasted("a\x03b") {
		t.Errorf("passed on %q", got)
	}
	// A burst has no brackets, so it is always the key there.
	if got, _ := play(t, 0, falID+"\x03"); got != pasted(falID)+"\x03" {
		t.Errorf("passed on %q", got)
	}
}

func TestKeysThatCameWithABurstAreOfIt(t *testing.T) {
	for name, c := range map[string]struct {
		pieces []string
		want   string
	}{
		"a short last line":  {[]string{falID + "\r", "q\r"}, pasted(falID + "\rq\r")},
		"after an arrow key": {[]string{falID, "\x1b[A", "y"}, pasted(falID) + "\x1b[A" + pasted("y")},
		"a report among it":  {[]string{falID, "\x1b[<35;1;1M", "y"}, pasted(falID+"y") + "\x1b[<35;1;1M"},
		"coloured text":      {[]string{"\x1b[33m" + falID + "\x1b[0m q\r"}, pasted("\x1b[33m" + falID + "\x1b[0m q\r")},
	} {
		if got, _ := play(t, 100*time.Millisecond, c.pieces...); got != c.want {
			t.Errorf("%s: passed on %q, want %q", name, got, c.want)
		}
	}
}

func TestPastedBytesAreRestored(t *testing.T) {
	for _, text := range []string{
		"plain", "\x1b[31mred\x1b[0m", "\x1b]8;;https://x.test/a\x1b\\link\x1b]8;;\x1b\\", "caf\xe9 \xff\xfe", "\ufffd", "\x1bP unfinished",
		"\U0010ff1b stays", "\U0010fe00", "nul \x00 and \x9b",
	} {
		got, _ := play(t, 0, pasted(text))
		if got != pasted(text) {
			t.Errorf("%q came back as %q", text, got)
		}
	}
}

// normal returns bytes without what the filter puts in or leaves out.
func normal(s string) string {
	for {
		before := s
		s = strings.ReplaceAll(s, escapeKey, "\x1b")
		for _, mark := range []string{pasteStart, pasteEnd, stringEnd} {
			s = strings.ReplaceAll(s, mark, "")
		}
		if s == before {
			return s
		}
	}
}

func sorted(s string) string {
	b := []byte(s)
	slices.Sort(b)
	return string(b)
}

func FuzzFilterLosesNothing(f *testing.F) {
	f.Add("q\x1b[A"+seaCloudID+"\r"+pasted(falID)+"\x03", []byte{3, 0, 9, 60, 1, 250})
	f.Add("\x1b[20\x1b]11;rgb\x1bP1+r\x1b\x1b\x1b[33m\xe9\xf4\x8f", []byte{1, 26})
	f.Add("a\x03a\x03\xff\x03"+pasteEnd+"\x1b]"+strings.Repeat("x", 2*maxSequence)+"\a", []byte{200, 2})
	f.Fuzz(func(t *testing.T, in string, cuts []byte) {
		var filter filter
		now := time.Unix(1_000_000, 0)
		var out strings.Builder
		take := func(piece string) {
			filter.consume([]byte(piece), now)
			out.WriteString(withTexts(&filter, string(filter.out)))
			filter.out = filter.out[:0]
		}
		settle := func(until time.Time) {
			for n := 0; ; n++ {
				at, expire := filter.deadline()
				if expire == nil || at.After(until) {
					break
				}
				if n > 8 {
					t.Fatalf("%q is never decided: %+v", in, &filter)
				}
				now = at
				expire()
			}
			out.WriteString(withTexts(&filter, string(filter.out)))
			filter.out = filter.out[:0]
			now = until
		}
		rest := in
		for i := 0; i+1 < len(cuts) && rest != ""; i += 2 { // lengths and pauses by turns
			n := min(1+int(cuts[i]), len(rest))
			take(rest[:n])
			rest = rest[n:]
			settle(now.Add(time.Duration(cuts[i+1]) * 5 * time.Millisecond))
		}
		if rest != "" {
			take(rest)
		}
		settle(now.Add(time.Hour))
		if _, expire := filter.deadline(); expire != nil {
			t.Fatalf("%q: something is held for ever", in)
		}
		got, want := normal(out.String()), normal(in)
		if cap(filter.deferred) > 0 { // reports have gone behind text
			got, want = sorted(got), sorted(want)
		}
		if got != want {
			t.Errorf("%q\npassed on as %q\nwhich is %q\nwant     %q", in, out.String(), got, want)
		}
	})
}
