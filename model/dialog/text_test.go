package dialog

import (
	"strings"
	"testing"

	"polltop/model/common"
	"polltop/model/common/commontest"
)

// reopen returns the dialog of payloads, opened again with a text that was refused.
func reopen(t *testing.T, text string) (*Dialogs, *common.Env) {
	t.Helper()
	d, env := newDialogs(t)
	d.Update(commontest.Command("A"))
	d.addPayloads.submit(text)
	d.Update(common.FocusChanged{}) // closed
	d.Update(commontest.Command("A"))
	env.Drain()
	return d, env
}

// However long a text is, it is kept whole, and the text area has a bounded part of it.
func TestTextOfAnyLengthIsEditedInParts(t *testing.T) {
	line := `{"prompt":"` + strings.Repeat("a cat ", 20) + "\"}\n"
	for name, text := range map[string]string{
		"more lines than a text area holds": "{oops\n" + strings.Repeat(line, 12_000),
		"one line of 1 MB":                  `{"prompt":"` + strings.Repeat("a cät ", 170_000) + `"}`,
		"10 MB":                             strings.Repeat(line, 75_000),
		"empty lines":                       strings.Repeat("\n", 20_000) + "end",
		"wide characters":                   strings.Repeat("猫が歩く🐈", 5_000) + "\n",
	} {
		text := strings.TrimSuffix(text, "\n")
		t.Run(name, func(t *testing.T) {
			d, env := reopen(t, text)
			area := &d.addPayloads.text
			press := func(key, want string) {
				t.Helper()
				commontest.Press(env, d, key)
				if area.Value() != want {
					t.Fatalf("after %q the text has %d bytes and not %d, or differs", key, len(area.Value()), len(want))
				}
				if got := area.Model.Value(); len(got) > 5*partBytes || strings.Count(got, "\n") > 5*partLines {
					t.Fatalf("after %q the text area has %d bytes in %d lines", key, len(got), strings.Count(got, "\n"))
				}
			}
			press("x", text+"x")
			press("backspace", text)
			if view := commontest.Text(d.View()); !strings.Contains(view, "more above") || strings.Contains(view, "more below") {
				t.Errorf("it does not tell of the rest:\n%s", view)
			}
			for range 20 {
				press("up", text)
				press("pgup", text)
			}
			for range 40 {
				press("pgdown", text)
			}
			head, tail := area.split()
			if area.after != "" || len(tail) > 0 && !strings.HasSuffix(text, tail) {
				t.Errorf("%d bytes are below after as many pages down", len(area.after))
			}
			press("y", area.before+head+"y"+tail)
			added, ok := commontest.Posted[common.AddPayloads](commontest.Press(env, d, "ctrl+s"))
			if !ok || len(added.Text) != len(text)+1 {
				t.Errorf("submitted %d of %d bytes", len(added.Text), len(text)+1)
			}
		})
	}
}

// The first line can be reached and mended, whatever the length.
func TestTheBeginningOfALongTextIsReached(t *testing.T) {
	text := strings.Repeat("{\"prompt\":\"a cat\"}\n", 500) + "{}"
	d, env := reopen(t, text)
	for n := 0; d.addPayloads.text.before != "" || d.addPayloads.text.Line() > 0; n++ {
		if commontest.Press(env, d, "pgup"); n > 500 {
			t.Fatal("it is not reached")
		}
	}
	commontest.Press(env, d, "home", "x")
	if got := d.addPayloads.text.Value(); got != "x"+text {
		t.Errorf("the text is %.30q and so on", got)
	}
	if view := commontest.Text(d.View()); strings.Contains(view, "more above") || !strings.Contains(view, "x{") || !strings.Contains(view, "kB more below") {
		t.Errorf("it shows\n%s", view)
	}
}
