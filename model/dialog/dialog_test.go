package dialog

import (
	"fmt"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"polltop/model/common"
	"polltop/model/common/commontest"
	"polltop/poller"
	"polltop/poller/paste"
	"polltop/poller/queue"
	"polltop/views"
	"polltop/views/theme"
)

func newDialogs(t *testing.T) (*Dialogs, *common.Env) {
	t.Helper()
	env := commontest.Env(t, 100, 24, false)
	d := New(env)
	d.Update(common.LayoutChanged{})
	env.Drain()
	return d, env
}

// chosen is what a test's choice brings.
type chosen string

func choices() []common.Choice {
	return []common.Choice{
		{MenuItem: views.MenuItem{Key: "n", Label: "no"}},
		{MenuItem: views.MenuItem{Key: "y", Label: "yes"}, Do: common.Send(chosen("yes"))},
		{MenuItem: views.MenuItem{Key: "m", Label: "maybe"}, Do: common.Send(chosen("maybe"))},
	}
}

// open opens a dialog with choices, and gives it the keys.
func open(d *Dialogs, env *common.Env, ask common.Ask) {
	d.Update(ask)
	env.Focus = views.OnDialog
	env.Drain()
}

func TestChoicesAreTakenByLettersArrowsAndClicks(t *testing.T) {
	click := func(d *Dialogs, line int) tea.Msg { return common.Click{ID: views.DialogID, X: 4, Y: line} }
	for name, c := range map[string]struct {
		keys  []string
		click int
		want  string
	}{
		"letter":      {keys: []string{"y"}, want: "yes"},
		"capital":     {keys: []string{"Y"}, want: "yes"},
		"enter first": {keys: []string{"enter"}},
		"arrows":      {keys: []string{"down", "enter"}, want: "yes"},
		"to the end":  {keys: []string{"end", "down", "enter"}, want: "maybe"},
		"and back":    {keys: []string{"down", "down", "up", "enter"}, want: "yes"},
		"escape":      {keys: []string{"esc"}},
		// The border is line 0, the question line 1 and an empty line lie above.
		"click":        {click: 4, want: "yes"},
		"click beside": {click: 1},
	} {
		t.Run(name, func(t *testing.T) {
			d, env := newDialogs(t)
			open(d, env, common.Ask{Title: "Copy", Text: func(int) []string { return []string{"Do it?"} }, Choices: choices()})
			var cmd tea.Cmd
			for _, key := range c.keys {
				cmd = d.Update(commontest.KeyPress(key))
			}
			if c.click > 0 {
				cmd = d.Update(click(d, c.click))
			}
			got := ""
			if cmd != nil {
				got = string(cmd().(chosen))
			}
			if got != c.want {
				t.Errorf("chosen is %q, want %q", got, c.want)
			}
			if release, ok := commontest.Posted[common.ReleaseFocus](env.Drain()); !ok || release.Focus != views.OnDialog {
				t.Error("it does not close")
			}
		})
	}
}

// ask returns a question with three answers.
func ask() common.Ask {
	return common.Question("Cancel 330 tasks", []string{"9 running, 321 queued", "170 already ended"}, []string{"What they have made so far is lost."},
		common.NewChoice("y", "Cancel them", common.Send(chosen("yes"))), common.NewChoice("del", "Forget them", common.Send(chosen("forget"))), common.NewChoice("n", "Keep", nil))
}

// asked opens a question on a screen, and lets the time pass in which it takes no answer.
func asked(t *testing.T, width, height int) (*Dialogs, *common.Env) {
	t.Helper()
	d, env := newDialogs(t)
	env.Layout = views.NewLayout(width, height, false)
	open(d, env, ask())
	commontest.Pass(env, answerDelay)
	d.Update(answerable{})
	return d, env
}

func TestQuestionsAreAnsweredByKeysArrowsAndClicks(t *testing.T) {
	for _, c := range []struct {
		keys  string
		click string
		want  string
	}{
		{keys: "enter"}, {keys: "esc"}, {keys: "n"}, {keys: "y", want: "yes"}, {keys: "Y", want: "yes"},
		{keys: "delete", want: "forget"}, {keys: "backspace", want: "forget"},
		{keys: "left enter", want: "forget"}, {keys: "left left enter", want: "yes"}, {keys: "tab enter", want: "yes"}, {keys: "right enter", want: "yes"},
		{keys: "left right enter"}, {keys: "up enter", want: "forget"}, {keys: "up up up enter", want: "yes"}, {keys: "up down enter"},
		{click: "Cancel them", want: "yes"}, {click: "[ del", want: "forget"}, {click: "Keep"}, {click: "already ended"},
	} {
		for _, size := range [][2]int{{120, 36}, {40, 10}} {
			d, env := asked(t, size[0], size[1])
			var cmd tea.Cmd
			for _, key := range strings.Fields(c.keys) {
				cmd = d.Update(commontest.KeyPress(key))
			}
			for y, line := range strings.Split(commontest.Text(d.View()), "\n") {
				if before, _, found := strings.Cut(line, c.click); found && c.click != "" {
					cmd = d.Update(common.Click{ID: views.DialogID, X: ansi.StringWidth(before), Y: y})
				}
			}
			got := ""
			if cmd != nil {
				got = string(cmd().(chosen))
			}
			if _, closed := commontest.Posted[common.ReleaseFocus](env.Drain()); got != c.want || !closed {
				t.Errorf("%v: keys %q, click on %q: %q, closed %v; want %q", size, c.keys, c.click, got, closed, c.want)
			}
		}
	}
}

// However long a question is, its buttons are seen and can be clicked, and its text scrolls.
func TestButtonsStayBelowALongQuestion(t *testing.T) {
	d, env := newDialogs(t)
	env.Layout = views.NewLayout(40, 10, false)
	open(d, env, common.Question("Submit again", nil, []string{"first " + strings.Repeat("and so on ", 40) + "last"},
		common.NewChoice("y", "Submit again", common.Send(chosen("yes"))), common.NewChoice("n", "Keep", nil)))
	commontest.Pass(env, answerDelay)
	d.Update(answerable{})
	for _, c := range []struct{ key, seen string }{{"", "first"}, {"end", "last"}, {"home", "first"}} {
		if c.key != "" {
			commontest.Press(env, d, c.key)
		}
		if text := commontest.Text(d.View()); !strings.Contains(text, c.seen) || !strings.Contains(text, "[ y  Submit again ]") || !strings.Contains(text, "[ n  Keep ]") {
			t.Errorf("after %q:\n%s", c.key, text)
		}
	}
	d.Update(tea.MouseWheelMsg{Button: tea.MouseWheelDown})
	lines := strings.Split(commontest.Text(d.View()), "\n")
	y := slices.IndexFunc(lines, func(line string) bool { return strings.Contains(line, "Submit again ]") })
	before, _, _ := strings.Cut(lines[max(y, 0)], "[ y")
	if cmd := d.Update(common.Click{ID: views.DialogID, X: ansi.StringWidth(before), Y: y}); cmd == nil || strings.Contains(lines[1], "first") {
		t.Errorf("a click on line %d of the scrolled question does nothing:\n%s", y, strings.Join(lines, "\n"))
	}
}

// The answer that enter takes stands out, by color and without.
func TestTheSafeAnswerStandsOut(t *testing.T) {
	for _, profile := range []colorprofile.Profile{colorprofile.ASCII, colorprofile.ANSI, colorprofile.TrueColor} {
		d, env := asked(t, 100, 24)
		env.Theme = theme.New(true, profile)
		for _, c := range [][2]string{{"down", "[ n  Keep ]"}, {"tab", "[ y  Cancel them ]"}} {
			keys, want := c[0], c[1]
			commontest.Press(env, d, keys)
			d.Update(common.LayoutChanged{})
			if !strings.Contains(d.View(), env.Theme.Tab+want) {
				t.Errorf("%v after %q: %q does not stand out in\n%q", profile, keys, want, d.View())
			}
		}
	}
}

func TestQuestionTakesNoKeyOfBeforeItCouldBeRead(t *testing.T) {
	d, env := newDialogs(t)
	open(d, env, ask())
	commontest.Pass(env, answerDelay-1)
	if cmd := d.Update(commontest.KeyPress("y")); cmd != nil || len(env.Drain()) > 0 {
		t.Fatal("it is answered too soon")
	}
	if strings.Contains(commontest.Text(d.View()), "y  ") {
		t.Error("it shows keys that it does not take")
	}
	commontest.Pass(env, 1)
	d.Update(answerable{})
	if !strings.Contains(commontest.Text(d.View()), "[ y  Cancel them ]") || d.Update(commontest.KeyPress("q")) != nil {
		t.Error("it takes another key than its own, or does not show them")
	}
	if cmd := d.Update(commontest.KeyPress("y")); cmd == nil {
		t.Error("it takes no answer")
	}
}

func TestReadOnlyDialogScrollsAndClosesOnAnyKey(t *testing.T) {
	d, env := newDialogs(t)
	open(d, env, common.Ask{Title: "Keys"})
	env.Help = common.MergeHelp(slices.Repeat(Help, 10))
	d.Update(commontest.Command("?"))
	env.Drain()
	top := d.View()
	if len(commontest.Press(env, d, "down", "pgdown")) > 0 || d.View() == top {
		t.Error("it does not scroll")
	}
	if _, ok := commontest.Posted[common.ReleaseFocus](commontest.Press(env, d, "x")); !ok {
		t.Error("another key does not close it")
	}
}

func TestAddDialogKeepsItsTextAndItsEndpoint(t *testing.T) {
	d, env := newDialogs(t)
	if d.Update(commontest.Command("a")); !d.Typing() {
		t.Fatal("keys are no text")
	}
	commontest.Press(env, d, "a", "b", "esc")
	d.Update(common.FocusChanged{}) // closed
	d.Update(commontest.Command("a"))
	commontest.Press(env, d, "c", "tab", "x")
	text := commontest.Text(d.View())
	if !strings.Contains(text, "abc") || !strings.Contains(text, "wan26_i2vx") {
		t.Errorf("the dialog is\n%s", text)
	}
	added, _ := commontest.Posted[common.Paste](commontest.Press(env, d, "ctrl+s"))
	if added.Text != "abc" || added.Source.Endpoint != "wan26_i2vx" {
		t.Errorf("added %q under %q", added.Text, added.Source.Endpoint)
	}
	said, _ := commontest.Posted[common.Say](commontest.Press(env, d, "ctrl+s"))
	if !strings.Contains(said.Text, "nothing to add yet") {
		t.Errorf("of nothing it says %q", said.Text)
	}
}

// Texts that are pasted one after the other stay apart, and their tabs still separate cells.
func TestPastesStayApart(t *testing.T) {
	const first, second = "mmsu_01kd1j5kmvpkm4qev47hww1kep", "mmsu_01kecbw1da5qbw611na86m548a"
	for _, c := range []struct {
		pastes []string
		want   string
	}{
		{[]string{first, second}, first + "\n" + second},
		{[]string{first + "\n", second + "\n"}, first + "\n" + second + "\n"},
		{[]string{first + "\r", second}, first + "\n" + second},
		{[]string{"kling_v3/", first}, "kling_v3/" + first},
		{[]string{first, " kling_v3"}, first + " kling_v3"},
		{[]string{first[:20], first[20:]}, first},
		{[]string{"request_id\tmodel\n", first + "\t\tkling_v3"}, "request_id\tmodel\n" + first + "\t\tkling_v3"},
	} {
		d, env := newDialogs(t)
		d.Update(commontest.Command("a"))
		for _, text := range c.pastes {
			d.Update(tea.PasteMsg{Content: text})
		}
		if added, _ := commontest.Posted[common.Paste](commontest.Press(env, d, "ctrl+s")); added.Text != c.want {
			t.Errorf("%q is added as %q, want %q", c.pastes, added.Text, c.want)
		}
	}
}

// A long text of payloads that is not submitted stays in the dialog, as a short one does.
func TestLongTextOfPayloadsStays(t *testing.T) {
	d, env := newDialogs(t)
	d.Update(commontest.Command("A"))
	text := strings.Repeat(`{"prompt":"a cat"}`+"\n", maxPasteShown/10) + "{oops"
	d.Update(tea.PasteMsg{Content: text})
	if added, ok := commontest.Posted[common.AddPayloads](env.Drain()); !ok || added.Text != text {
		t.Fatalf("submitted %v, %.20q", ok, added.Text)
	}
	d.Update(common.FocusChanged{}) // closed, and the text refused
	d.Update(commontest.Command("A"))
	posted, ok := commontest.Posted[common.AddPayloads](commontest.Press(env, d, "ctrl+s"))
	if !ok || posted.Text != text {
		t.Fatalf("%d of %d bytes are there when it is opened again", len(posted.Text), len(text))
	}
	d.Update(common.FocusChanged{})
	d.Update(commontest.Command("A"))
	commontest.Press(env, d, "x")
	if posted.Stored(); d.addPayloads.text.Value() != text+"x" {
		t.Error("what was typed meanwhile is lost")
	}
	commontest.Press(env, d, "backspace")
	posted.Stored()
	if d.addPayloads.text.Value() != "" {
		t.Error("what was submitted stays")
	}
}

func TestLongPasteIsAddedAtOnce(t *testing.T) {
	d, env := newDialogs(t)
	d.Update(commontest.Command("a"))
	commontest.Press(env, d, "a")
	d.Update(tea.PasteMsg{Content: strings.Repeat("b\n", maxPasteShown)})
	if added, ok := commontest.Posted[common.Paste](env.Drain()); !ok || !strings.HasPrefix(added.Text, "a\nb\n") {
		t.Errorf("added %v, %.20q", ok, added.Text)
	}
}

func TestQuestionsAreAnswered(t *testing.T) {
	d, env := newDialogs(t)
	read := paste.Parse("shot_01 mmsu_01kdj46abw60h2nbpka9tgx22v\nabc-1234-xyz\ndef-1234-xyz\n", env.Source)
	d.Update(common.TasksRead{Questions: read.Questions, QuestionCount: len(read.Questions)})
	if open, _ := commontest.Posted[common.QuestionsChanged](env.Drain()); open.Count != 3 || len(d.Unanswered()) != 4 {
		t.Fatalf("%d questions, told as %q", open.Count, d.Unanswered())
	}
	d.Update(commontest.Command("e"))
	lines, _ := d.questions.body(80)
	if read := paste.Parse(strings.Join(lines, "\n"), env.Source); len(read.Requests) > 0 || len(read.Questions) != 3 {
		t.Errorf("rows of the dialog are read back as %+v", read)
	}
	keys := []string{"e"}
	for range "shot_01" {
		keys = append(keys, "backspace")
	}
	tracked, _ := commontest.Posted[common.Track](commontest.Press(env, d, append(keys, "v", "e", "o", "3", "enter", "space")...))
	if len(tracked.Requests) != 1 || tracked.Requests[0].Endpoint != "veo3" {
		t.Errorf("tracked %+v, want one at veo3", tracked.Requests)
	}
	posted := commontest.Press(env, d, "delete", "enter")
	tracked, _ = commontest.Posted[common.Track](posted)
	if _, closed := commontest.Posted[common.ReleaseFocus](posted); len(tracked.Requests) != 1 || tracked.Requests[0].ID != "def-1234-xyz" || !closed {
		t.Errorf("tracked %+v, closed %v", tracked.Requests, closed)
	}
}

// An id that is tracked is not said to be untracked, whatever was asked about it.
func TestTrackedIDsAreNotUnanswered(t *testing.T) {
	d, env := newDialogs(t)
	task := commontest.Tasks(env, 1, poller.Running)[0]
	task.Request.ID = "8f14e45f-ceea-467f-a8d2-1d2f6b3c4e5a"
	commontest.Give(env, []*poller.Task{task})
	mention := task.Request
	mention.ID = strings.ToUpper(mention.ID)
	other := paste.Question{Line: 2, Why: "is it one?", Request: queue.Request{ID: "abc-1234-xyz"}}
	d.Update(common.TasksRead{Questions: []paste.Question{{Line: 1, Why: "is kling_v3 its endpoint?", Request: mention}, other}, QuestionCount: 2})
	if lines := d.Unanswered(); len(lines) != 2 || !strings.Contains(lines[1], other.Request.ID) {
		t.Errorf("unanswered: %q", lines)
	}
}

// A question that names the endpoint of an id replaces the one that did not.
func TestAQuestionLearnsTheEndpoint(t *testing.T) {
	d, env := newDialogs(t)
	source := env.Source
	source.Endpoint = ""
	reader := paste.NewReader(source)
	for _, line := range []string{"mmsu_01kdj46abw60h2nbpka9tgx22v\n", "kling_v3\n", "mmsu_01kdj46abw60h2nbpka9tgx22v\n"} {
		read := reader.Add(line)
		d.Update(common.TasksRead{Questions: read.Questions, QuestionCount: len(read.Questions)})
	}
	d.Update(commontest.Command("e"))
	tracked, _ := commontest.Posted[common.Track](commontest.Press(env, d, "enter"))
	if len(tracked.Requests) != 1 || tracked.Requests[0].Endpoint != "kling_v3" {
		t.Errorf("tracked %+v, want one at kling_v3", tracked.Requests)
	}
}

// A click selects the question that it hits, also behind what is told of the one before.
func TestUnsureIdsAreClicked(t *testing.T) {
	d, env := newDialogs(t)
	read := paste.Parse("abc-1234-xyz\ndef-1234-xyz\nghi-1234-xyz\n", env.Source)
	d.Update(common.TasksRead{Questions: read.Questions, QuestionCount: len(read.Questions)})
	d.Update(commontest.Command("e"))
	for _, want := range []int{2, 0, 1, 2} {
		id := read.Questions[want].Request.ID
		for y, line := range strings.Split(commontest.Text(d.View()), "\n") {
			if strings.Contains(line, "unsure, line") && strings.Contains(line, id) {
				d.Update(common.Click{ID: views.DialogID, X: 9, Y: y})
				break
			}
		}
		if d.questions.cursor != want {
			t.Fatalf("a click on %s selects %d", id, d.questions.cursor)
		}
		d.Update(common.Click{ID: views.DialogID, X: 9, Y: want + 2}) // on what is told of it
		d.Update(common.Click{X: 1, Y: 1})                            // outside
		if d.questions.cursor != want {
			t.Fatalf("a click on what is told of %s selects %d", id, d.questions.cursor)
		}
	}
}

func TestReadingIsTold(t *testing.T) {
	d, env := newDialogs(t)
	for want, read := range map[string]common.TasksRead{
		"nothing to add: it names no task":                      {},
		"tasks.txt: 2 added, 1 already tracked, 1 line refused": {Tracked: poller.Tracked{Added: 2, AlreadyTracked: 1}, RefusedLines: 1, From: "tasks.txt"},
		"1 added, 1 of 2 unsure: e to look":                     {Tracked: poller.Tracked{Added: 1}, QuestionCount: 1},
		"1 added: L to label":                                   {Tracked: poller.Tracked{Added: 1}, Requests: []queue.Request{{ID: "a"}}},
		"2 labeled":                                             {Tracked: poller.Tracked{AlreadyTracked: 3, Labeled: 2}, Requests: []queue.Request{{ID: "a", Label: "b"}}},
		"1 added, 3 already tracked (2 labeled anew)":           {Tracked: poller.Tracked{Added: 1, AlreadyTracked: 3, Labeled: 2}},
	} {
		d.Update(read)
		if said, _ := commontest.Posted[common.Say](env.Drain()); !strings.HasPrefix(said.Text, want) {
			t.Errorf("said %q, want %q", said.Text, want)
		}
	}
	d.Update(common.TasksRead{From: "tasks.txt"})
	if said, ok := commontest.Posted[common.Say](env.Drain()); ok {
		t.Errorf("of a stream that brought nothing it says %q", said.Text)
	}
	d.Update(common.TasksRead{Problems: []paste.Problem{{From: "tasks.txt", Line: 7, Text: "hello", Reason: "no id"}}, RefusedLines: 1})
	d.Update(commontest.Command("e"))
	if text := commontest.Text(d.View()); !strings.Contains(text, "tasks.txt, line 7: hello") || !strings.Contains(text, "no id") {
		t.Errorf("the refused lines are\n%s", text)
	}
}

func TestTheMarkedOrTheLastAddedAreLabeled(t *testing.T) {
	d, env := newDialogs(t)
	if d.Update(commontest.Command("L")); d.View() != "" {
		t.Error("it opens though there is nothing to label")
	}
	tasks := commontest.Tasks(env, 3, poller.Succeeded)
	added := []queue.Request{{ID: "mmsu_new"}, {ID: "mmsu_own", Label: "own"}}
	commontest.Give(env, append(slices.Clone(tasks), &poller.Task{Seq: 3, Request: added[0]}, &poller.Task{Seq: 4, Request: added[1]}))
	for _, step := range []struct {
		name, key string
		read      common.TasksRead
		command   common.Command
		title     string
		ids       []string
	}{
		{name: "the cursor's", command: common.Command{Tasks: tasks[:1]}, title: "Label 1 task", ids: []string{"mmsu_00"}},
		{name: "the last added", read: common.TasksRead{Tracked: poller.Tracked{Added: 2}, Requests: added}, command: common.Command{Tasks: tasks[:1]}, title: "Label the last added 1 task", ids: []string{"mmsu_new"}},
		{name: "the marked", command: common.Command{Tasks: tasks[1:], Marked: true}, title: "Label the marked 2 tasks", ids: []string{"mmsu_01", "mmsu_02"}},
		{name: "labeled already", read: common.TasksRead{Tracked: poller.Tracked{AlreadyTracked: 1, Labeled: 1}, Requests: added[1:]}, command: common.Command{Tasks: tasks[:1]}, title: "Label 1 task", ids: []string{"mmsu_00"}},
	} {
		t.Run(step.name, func(t *testing.T) {
			d.Update(step.read)
			step.command.KeyPressMsg = commontest.Command("L").KeyPressMsg
			d.Update(step.command)
			env.Focus = views.OnDialog
			if text := commontest.Text(d.View()); !strings.Contains(text, step.title) {
				t.Errorf("without %q:\n%s", step.title, text)
			}
			env.Drain()
			if posted := commontest.Press(env, d, "enter"); len(posted) != 1 {
				t.Errorf("without a label: %+v", posted)
			}
			d.Update(tea.PasteMsg{Content: " cats\nof 7 "})
			tracked, ok := commontest.Posted[common.Track](commontest.Press(env, d, "enter"))
			var ids []string
			for _, r := range tracked.Requests {
				if ids = append(ids, r.ID); r.Label != "cats of 7" {
					t.Errorf("the label is %q", r.Label)
				}
			}
			if !ok || !slices.Equal(ids, step.ids) {
				t.Errorf("labeled %v, want %v", ids, step.ids)
			}
			env.Focus = views.OnTable
			d.Update(common.FocusChanged{})
		})
	}
	if tasks[0].Request.Label+added[0].Label != "" {
		t.Error("snapshots were changed")
	}
}

func TestExportNamesFileAndFormat(t *testing.T) {
	d, env := newDialogs(t)
	env.Getenv = func(name string) string { return map[string]string{"HOME": "/home/ann"}[name] }
	if d.Update(commontest.Command("E")); d.View() != "" {
		t.Error("it opens though there is nothing to export")
	}
	env.Drain()
	tasks := commontest.Tasks(env, 3, poller.Succeeded)
	env.Polling.Persistence.Session = "night"
	d.Update(commontest.Command("E", tasks...))
	for _, want := range []string{"Export the marked 3 tasks", "polltop-night.ndjson", "format ndjson of"} {
		if text := commontest.Text(d.View()); !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	commontest.Press(env, d, "tab")
	if text := commontest.Text(d.View()); strings.Contains(text, ".ndjson") || !strings.Contains(text, "polltop-night.") {
		t.Errorf("tab does not take the next format:\n%s", text)
	}
	d.open.(*prompt).input.SetValue("out.doc")
	if said, _ := commontest.Posted[common.Say](commontest.Press(env, d, "enter")); !strings.Contains(said.Text, `"out.doc": no format has this extension`) {
		t.Errorf("of an extension that is none it says %q", said.Text)
	}
	d.open.(*prompt).input.SetValue("~/out")
	d.Update(tea.PasteMsg{Content: ".csv\nmore\x1b[31m"})
	d.open.(*prompt).input.SetValue("~/out.csv")
	posted := commontest.Press(env, d, "enter")
	written, _ := commontest.Posted[common.Export](posted)
	if _, closed := commontest.Posted[common.ReleaseFocus](posted); written.Path != "/home/ann/out.csv" || !slices.Equal(written.Tasks, tasks) || !closed {
		t.Errorf("written %q with %d tasks, closed %v", written.Path, len(written.Tasks), closed)
	}
}

var sgr = regexp.MustCompile(`\x1b\[([0-9;]*)m`)

// colors returns the colors and attributes in the styles of a text, each as a terminal
// takes it, such as 38;2;1;2;3.
func colors(text string) map[string]bool {
	found := map[string]bool{}
	for _, match := range sgr.FindAllStringSubmatch(text, -1) {
		parts := strings.Split(match[1], ";")
		for i := 0; i < len(parts); i++ {
			n := 1
			if (parts[i] == "38" || parts[i] == "48") && i+1 < len(parts) {
				n = map[string]int{"2": 5, "5": 3}[parts[i+1]]
			}
			found[strings.Join(parts[i:min(i+n, len(parts))], ";")] = true
			i += n - 1
		}
	}
	return found
}

// Text fields draw themselves in the theme's colors, none of the widgets' own: their label
// was white on white, and the text had a black ground.
func TestFieldsHaveTheThemesColorsAlone(t *testing.T) {
	for _, dark := range []bool{true, false} {
		for _, profile := range []colorprofile.Profile{colorprofile.ASCII, colorprofile.ANSI, colorprofile.ANSI256, colorprofile.TrueColor} {
			env := commontest.Env(t, 100, 24, false)
			env.Theme = theme.New(dark, profile)
			ink := &env.Theme.Plain
			allowed := colors(ink.Text + ink.Strong + ink.Dim + ink.Rule + ink.Accent + ink.Good + ink.Warn + ink.Bad + env.Theme.Cursor.Text)
			allowed["7"], allowed[""], allowed["0"] = true, true, true // the cursor's block, and resets
			d := New(env)
			d.Update(common.LayoutChanged{})
			d.Update(common.TasksRead{Questions: []paste.Question{{Request: queue.Request{ID: "abc-1234-xyz"}, Why: "of no form that is known"}}})
			for name, opening := range map[string][]string{"a": {"a", "b"}, "E": nil, "e": {"e"}} {
				d.Update(commontest.Command(name, commontest.Tasks(env, 1, poller.Succeeded)...))
				for _, keys := range [][]string{nil, opening, {"tab"}} {
					commontest.Press(env, d, keys...)
					for color := range colors(d.View()) {
						if !allowed[color] {
							t.Errorf("dark %v, %v, %s after %v: the color %s is none of the theme's", dark, profile, name, keys, color)
						}
					}
				}
			}
		}
	}
}

// Of many questions those around the cursor are written, wherever it goes: a screen shows no more.
func TestManyQuestionsAreWrittenWhereTheyAreSeen(t *testing.T) {
	const many = 10_000
	d, env := newDialogs(t)
	asked := make([]paste.Question, many)
	for i := range asked {
		asked[i] = paste.Question{Request: queue.Request{ID: fmt.Sprintf("abc-%05d-xyz", i), Endpoint: "wan26_i2v"}, Why: "of no form that is known", Text: "its line"}
	}
	d.Update(common.TasksRead{Questions: asked})
	d.Update(commontest.Command("e"))
	for _, step := range []struct{ key, shown string }{
		{"home", "abc-00000-xyz"}, {"pgdown", "abc-00016-xyz"}, {"down", "abc-00017-xyz"}, {"end", "abc-09999-xyz"}, {"pgup", "abc-09983-xyz"}, {"up", "abc-09982-xyz"}, {"delete", "abc-09983-xyz"},
	} {
		commontest.Press(env, d, step.key)
		shown := strings.Split(commontest.Text(d.View()), "\n")
		for _, line := range shown[1 : len(shown)-1] {
			if strings.Trim(line, "│┃ ") == "" {
				t.Errorf("after %s an empty line is shown", step.key)
			}
		}
		if text := strings.Join(shown, "\n"); !strings.Contains(text, "▌ unsure, line 0: "+step.shown) {
			t.Errorf("after %s the cursor's line is not shown:\n%s", step.key, text)
		}
		lines, _ := d.questions.body(80)
		if written := len(slices.DeleteFunc(lines, func(line string) bool { return line == "" })); written > 3*env.Layout.Height {
			t.Errorf("after %s %d lines are written", step.key, written)
		}
	}
}

// Taking all of many questions takes memory in proportion to them.
func TestManyQuestionsAreTakenAtOnce(t *testing.T) {
	const many = 4000
	d, env := newDialogs(t)
	var asked []paste.Question
	for i := range many {
		q := paste.Question{Request: queue.Request{ID: fmt.Sprintf("abc-%05d-xyz", i), Endpoint: "wan26_i2v", Base: env.Source.Bases[0]}}
		if i%1000 == 0 {
			q.Request.Endpoint = ""
		}
		asked = append(asked, q)
	}
	d.Update(common.TasksRead{Questions: asked})
	d.Update(commontest.Command("e"))
	env.Drain()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	tracked, _ := commontest.Posted[common.Track](commontest.Press(env, d, "enter"))
	runtime.ReadMemStats(&after)
	if len(tracked.Requests) != many-4 || len(d.questions.open) != 4 || d.questions.cursor != 0 {
		t.Errorf("%d are tracked, %d are left", len(tracked.Requests), len(d.questions.open))
	}
	if each := (after.TotalAlloc - before.TotalAlloc) / many; each > 10_000 {
		t.Errorf("%d bytes a question", each)
	}
}
