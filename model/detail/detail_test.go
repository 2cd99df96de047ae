package detail

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"image"
	"image/color"
	"image/png"
	"slices"
	"strings"
	"testing"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"

	"polltop/model/common"
	"polltop/model/common/commontest"
	"polltop/poller"
	"polltop/poller/download"
	"polltop/poller/queue"
	"polltop/views"
	"polltop/views/picture"
)

// fakeSource has an answer and a line of its log for each task, and records what it is asked for.
type fakeSource struct{ read, fetched, logged []int32 }

func (f *fakeSource) Fetch(seq int32)                           { f.fetched = append(f.fetched, seq) }
func (f *fakeSource) FetchLogs(seq int32)                       { f.logged = append(f.logged, seq) }
func (f *fakeSource) Logs(int32) []queue.LogLine                { return []queue.LogLine{{Message: "step"}} }
func (f *fakeSource) Result(int32) (poller.FetchedResult, bool) { return poller.FetchedResult{}, false }
func (f *fakeSource) Body(seq int32) ([]byte, bool) {
	f.read = append(f.read, seq)
	return []byte(`{"a":1}`), true
}

// newPane returns a pane beside a table of three tasks in a state.
func newPane(t *testing.T, state poller.State, peek PictureFetcher) (*Pane, *common.Env) {
	t.Helper()
	env := commontest.Env(t, 160, 50, true)
	commontest.Give(env, commontest.Tasks(env, 3, state))
	p := New(t.Context(), env, &fakeSource{}, peek)
	p.SetSize(env.Layout.PaneText())
	return p, env
}

// run runs the commands that a message leads to, but timers, and gives the pane what
// they bring.
func run(p *Pane, msg tea.Msg) {
	cmd := p.Update(msg)
	var walk func(cmd tea.Cmd)
	walk = func(cmd tea.Cmd) {
		if cmd == nil {
			return
		}
		switch msg := cmd().(type) {
		case tea.BatchMsg:
			for _, c := range msg {
				walk(c)
			}
		case imageFetched, pictureRendered, taskDetails:
			walk(p.Update(msg))
		}
	}
	walk(cmd)
}

func TestNoStartIsToldWhereNoAnswerComes(t *testing.T) {
	env := commontest.Env(t, 160, 50, true)
	commontest.Give(env, commontest.Paced(env))
	p := New(t.Context(), env, &fakeSource{}, nil)
	p.SetSize(env.Layout.PaneText())
	shown := func(u poller.Update) string {
		env.Apply(u)
		run(p, common.OpenTask{Seq: 1})
		return commontest.Text(p.View())
	}
	if text := shown(commontest.Responsive(env)); !strings.Contains(text, "starts") {
		t.Errorf("it is not told when the task starts:\n%s", text)
	}
	for name, u := range commontest.Unresponsive(env) {
		if text := shown(u); strings.Contains(text, "starts") {
			t.Errorf("%s: it is told when the task starts:\n%s", name, text)
		}
	}
}

func TestPaneFollowsTheCursorOnlyWhileItIsOpen(t *testing.T) {
	p, env := newPane(t, poller.Running, nil)
	p.Update(common.CursorMoved{Seq: 1})
	if p.Open() || p.View() != "" || len(env.Drain()) > 0 {
		t.Fatal("a closed pane follows")
	}
	p.Update(common.OpenTask{Seq: 0})
	run(p, common.CursorMoved{Seq: 2})
	posted := env.Drain()
	if shows, _ := commontest.Posted[common.PaneChanged](posted); shows.Seq != 2 || p.Task().Seq != 2 {
		t.Errorf("it shows %d and says %d, want 2", p.Task().Seq, shows.Seq)
	}
	if asked := p.source.(*fakeSource).read; !slices.Equal(asked, []int32{2}) || string(p.details.body) != `{"a":1}` || len(p.details.logs) != 1 || p.details.result != nil {
		t.Errorf("it looks up %v, and has %+v", asked, p.details)
	}
	if !strings.Contains(commontest.Text(p.View()), "mmsu_02") {
		t.Errorf("the pane is\n%s", p.View())
	}
	p.Update(common.CursorMoved{Seq: common.NoTask})
	if shows, ok := commontest.Posted[common.PaneChanged](env.Drain()); !ok || shows.Seq != common.NoTask || p.Open() {
		t.Error("it stays open without a task")
	}
}

func TestLateAnswersArePassedOver(t *testing.T) {
	p, env := newPane(t, poller.Running, nil)
	p.Update(common.OpenTask{Seq: 0})
	first := p.loads
	p.Update(common.TasksChanged{Update: poller.Update{Tasks: []*poller.Task{env.Tasks.Get(0)}}})
	second := p.loads
	p.Update(taskDetails{seq: 0, load: second, body: []byte(`"later"`)})
	p.Update(taskDetails{seq: 0, load: first, body: []byte(`"earlier"`)})
	p.Update(taskDetails{seq: 1, load: second + 1, body: []byte(`"another"`)})
	if text := commontest.Text(p.View()); !strings.Contains(text, "later") || strings.Contains(text, "earlier") || strings.Contains(text, "another") {
		t.Errorf("the pane is\n%s", text)
	}
}

func TestPaneScrollsWithinItsText(t *testing.T) {
	env := commontest.Env(t, 80, 30, true)
	commontest.Give(env, commontest.Tasks(env, 1, poller.Failed))
	p := New(t.Context(), env, &fakeSource{}, nil)
	p.SetSize(env.Layout.PaneText())
	p.Update(common.OpenTask{Seq: 0})
	env.Drain()
	top := p.View()
	for _, c := range []struct {
		keys []string
		same bool
	}{{[]string{"k"}, true}, {[]string{"j", "j"}, false}, {[]string{"home"}, true}, {[]string{"end"}, false}, {[]string{"pgup", "pgup", "pgup", "pgup"}, true}} {
		commontest.Press(env, p, c.keys...)
		if same := p.View() == top; same != c.same {
			t.Errorf("after %v the first line is in view: %v", c.keys, same)
		}
	}
	commontest.Press(env, p, "end")
	end := p.View()
	commontest.Press(env, p, "j", "pgdown")
	if p.View() != end {
		t.Error("it scrolls past its end")
	}
	if passed, ok := commontest.Posted[common.Command](commontest.Press(env, p, "x")); !ok || passed.String() != "x" {
		t.Error("a key that it does not take is not passed on")
	}
}

func TestResultIsFetchedWhenThePaneStays(t *testing.T) {
	p, env := newPane(t, poller.Succeeded, nil)
	p.Update(common.OpenTask{Seq: 0})
	p.Update(common.CursorMoved{Seq: 1})
	env.Drain()
	asked := p.source.(*fakeSource)
	run(p, fetchDue{0}) // the pane has gone on since
	if len(asked.fetched)+len(asked.logged) > 0 {
		t.Error("fetched in passing")
	}
	run(p, fetchDue{1})
	if !slices.Equal(asked.fetched, []int32{1}) || !slices.Equal(asked.logged, []int32{1}) {
		t.Errorf("fetched %v, logs %v", asked.fetched, asked.logged)
	}
	before := p.loads
	if p.Update(common.ResultRequested{Seq: 1}); p.loads == before {
		t.Error("it does not look the result up that was asked for")
	}
	p.Update(taskDetails{seq: 1, load: p.loads, result: &poller.FetchedResult{Result: queue.Result{
		Outputs: []queue.Output{{Type: "video", URL: "https://cdn.test/a.mp4"}},
	}}})
	file := download.File{Request: env.Tasks.Get(1).Request.Key(), N: 1, State: download.Done, Path: "out/a.mp4"}
	p.Update(common.DownloadsChanged{Progress: download.Progress{Files: []download.File{file}}})
	if text := commontest.Text(p.View()); !strings.Contains(text, "https://cdn.test/a.mp4") || !strings.Contains(text, "out/a.mp4") {
		t.Errorf("the pane is\n%s", text)
	}
}

// withImage opens the pane on a task whose result has an image, and gives it that image.
func withImage(t *testing.T, protocol picture.Protocol) (*Pane, *common.Env) {
	t.Helper()
	p, env := newPane(t, poller.Succeeded, nil)
	p.protocol = protocol
	p.Update(uv.CellSizeEvent{Width: 8, Height: 16})
	p.Update(common.OpenTask{Seq: 0})
	p.Update(taskDetails{seq: 0, load: p.loads, result: &poller.FetchedResult{Result: queue.Result{Outputs: []queue.Output{{Type: "image", URL: "https://cdn.test/1.png"}}}}})
	img := image.NewRGBA(image.Rect(0, 0, 64, 48))
	for i := range img.Pix {
		img.Pix[i] = uint8(i)
	}
	img.Set(0, 0, color.White)
	p.picture.seq = 0
	run(p, imageFetched{seq: 0, image: img})
	return p, env
}

// When another process begins to poll, a number may name another task.
func TestAnotherTaskWithTheNumberOfADroppedOneHasNoneOfItsDetails(t *testing.T) {
	p, env := withImage(t, picture.HalfBlock)
	other := commontest.Tasks(env, 1, poller.Running)
	other[0].Request.ID = "mmsu_other"
	commontest.Give(env, other)
	p.Update(common.TasksChanged{Update: poller.Update{Dropped: []int32{0}, Tasks: other}})
	if text := commontest.Text(p.View()); !strings.Contains(text, "mmsu_other") || strings.Contains(text, "https://cdn.test/1.png") || p.picture.image != nil {
		t.Errorf("the pane has a picture: %v, and is\n%s", p.picture.image != nil, text)
	}
}

// An image that the result holds itself is drawn without asking anybody.
func TestInlineImageIsDrawn(t *testing.T) {
	var encoded bytes.Buffer
	img := image.NewRGBA(image.Rect(0, 0, 64, 48))
	for i := range img.Pix {
		img.Pix[i] = 200
	}
	if err := png.Encode(&encoded, img); err != nil {
		t.Fatal(err)
	}
	p, _ := newPane(t, poller.Succeeded, func(context.Context, *queue.Base, string, int64) ([]byte, error) {
		t.Error("an address was asked")
		return nil, errors.New("no")
	})
	p.protocol = picture.HalfBlock
	p.Update(common.OpenTask{Seq: 0})
	data := "data:image/png;base64," + base64.StdEncoding.EncodeToString(encoded.Bytes())
	run(p, taskDetails{seq: 0, load: p.loads, result: &poller.FetchedResult{Result: queue.Result{Outputs: []queue.Output{{Type: "image", ContentType: "image/png", Data: data}}}}})
	if text := commontest.Text(p.View()); !strings.Contains(text, "▀▀▀▀") || !strings.Contains(text, "the result holds it, d downloads it") {
		t.Errorf("the pane is\n%s", text)
	}
}

func TestPictureIsDrawnAsTheTerminalCan(t *testing.T) {
	p, _ := withImage(t, picture.HalfBlock)
	if !strings.Contains(p.View(), "▀") {
		t.Error("no half blocks")
	}
	p.Update(common.CursorMoved{Seq: 1})
	if p.picture.seq != common.NoTask || strings.Contains(p.View(), "▀") {
		t.Error("the picture stays when the pane goes on")
	}
	p, env := withImage(t, picture.Kitty)
	before := p.picture.kittyID
	if before == 0 || !strings.Contains(p.View(), "\U0010EEEE") {
		t.Error("no placeholders for Kitty's picture")
	}
	env.Layout = commontest.Env(t, 180, 40, true).Layout
	p.SetSize(env.Layout.PaneText())
	run(p, common.LayoutChanged{})
	if p.picture.kittyID == before {
		t.Error("the picture is not made anew at another size")
	}
}

func TestPaintedPictureFollowsTheFrame(t *testing.T) {
	for name, protocol := range map[string]picture.Protocol{"iTerm2": picture.ITerm2, "Sixel": picture.Sixel} {
		t.Run(name, func(t *testing.T) {
			p, env := withImage(t, protocol)
			first, turn := p.picture.painted, p.picture.version
			if p.picture.paint == "" || !first.shown || first.x <= env.Layout.Detail.X || first.y <= env.Layout.Detail.Y {
				t.Fatalf("painted at %+v, the pane is at %+v", first, env.Layout.Detail)
			}
			if p.handlePicture(paintDue{turn}) == nil {
				t.Error("nothing is painted when the frame has settled")
			}
			if p.handlePicture(paintDue{turn - 1}) != nil {
				t.Error("a late message paints")
			}
			env.Focus = views.OnDialog
			p.Update(common.FocusChanged{})
			if p.picture.painted.shown {
				t.Error("it is painted over a dialog")
			}
			env.Focus = views.OnTable
			p.Update(common.FocusChanged{})
			if p.picture.painted != first || p.picture.version == turn {
				t.Error("it is not painted again behind the dialog")
			}
		})
	}
}

func TestSixelIsTakenWhereTheTerminalTellsOfIt(t *testing.T) {
	p, _ := newPane(t, poller.Succeeded, nil)
	p.protocol = picture.HalfBlock
	p.Update(uv.PrimaryDeviceAttributesEvent{62, 1, 6})
	if p.protocol != picture.HalfBlock {
		t.Error("Sixel without its attribute")
	}
	p.Update(uv.PrimaryDeviceAttributesEvent{62, 4, 6})
	if p.protocol != picture.Sixel {
		t.Error("no Sixel with its attribute")
	}
}

func TestAClickOnTheScrollbarGoesThere(t *testing.T) {
	for _, width := range []int{100, 160} { // below the table, and beside it
		p, env := newPane(t, poller.Running, nil)
		env.Layout = views.NewLayout(width, 20, true)
		p.SetSize(env.Layout.PaneText())
		p.Update(common.OpenTask{Seq: 0})
		lines := strings.Split(commontest.Text(p.View()), "\n")
		text, rows := env.Layout.PaneText()
		if !strings.HasSuffix(lines[1], "┃") || ansi.StringWidth(lines[1]) != text+4 {
			t.Fatalf("no scrollbar:\n%s", strings.Join(lines, "\n"))
		}
		p.Update(common.Click{ID: "pane", X: text + 3, Y: rows})
		if !p.scroll.AtBottom() {
			t.Errorf("%d cells: a click at its end scrolls to %d", width, p.scroll.YOffset())
		}
		p.Update(common.Click{ID: "pane", X: text, Y: 1})
		if !p.scroll.AtBottom() {
			t.Errorf("%d cells: a click on the text scrolls", width)
		}
		p.Update(common.Click{ID: "pane", X: text + 3, Y: 1})
		if !p.scroll.AtTop() {
			t.Errorf("%d cells: a click at its top scrolls to %d", width, p.scroll.YOffset())
		}
	}
}

// A key in the title is pressed by a click on it, and only on it.
func TestKeysInTheTitleAreClicked(t *testing.T) {
	p, env := newPane(t, poller.Running, nil)
	env.Help = []common.HelpGroup{{Keys: []key.Binding{common.Bind("y", "copy", "y"), common.Bind("Y", "copy more", "Y"), common.Bind("r", "poll", "r")}}}
	env.Layout = views.NewLayout(120, 36, true)
	p.SetSize(env.Layout.PaneText())
	p.Update(common.OpenTask{Seq: 0})
	title, _, _ := strings.Cut(commontest.Text(p.View()), "\n")
	if !strings.Contains(title, "mmsu_00 · wan26_i2v ─") || !strings.HasSuffix(title, "─ y id  Y more  r ask ─╮") {
		t.Fatalf("the title is %q", title)
	}
	env.Drain()
	for x := range ansi.StringWidth(title) {
		p.Update(common.Click{ID: "pane", X: x})
		want := ""
		for _, k := range []string{"y id", "Y more", "r ask"} {
			if from := ansi.StringWidth(title[:strings.Index(title, k)]); x >= from && x < from+len(k) {
				want = k[:1]
			}
		}
		pressed, ok := commontest.Posted[tea.KeyPressMsg](env.Drain())
		if ok != (want != "") || ok && pressed.String() != want {
			t.Errorf("a click on cell %d of %q presses %q, want %q", x, title, pressed, want)
		}
	}
}

// What has ended is not asked for, and nothing offers that.
func TestTitleOffersToAskOnlyWhereThatDoesSomething(t *testing.T) {
	for state, want := range map[poller.State]bool{poller.Running: true, poller.NotFound: true, poller.Failed: false, poller.Succeeded: false} {
		p, env := newPane(t, state, nil)
		env.Help = []common.HelpGroup{{Keys: []key.Binding{common.Bind("r", "poll", "r")}}}
		p.Update(common.OpenTask{Seq: 0})
		if got := strings.Contains(p.drawTitleKeys(40), "ask"); got != want {
			t.Errorf("%s: it offers to ask: %v", state, got)
		}
	}
}

// On a wide and low pane the times stand beside what there is to say of the task, and stay
// while that is scrolled.
func TestTimesStandBeside(t *testing.T) {
	for _, c := range []struct {
		width, height int
		beside        bool
	}{{80, 24, false}, {94, 24, false}, {95, 24, true}, {130, 30, true}, {200, 12, true}, {200, 50, false}, {130, 140, false}} {
		p, env := newPane(t, poller.Failed, nil)
		env.Layout = views.NewLayout(c.width, c.height, true)
		p.SetSize(env.Layout.PaneText())
		p.Update(common.OpenTask{Seq: 0})
		for _, keys := range [][]string{nil, {"end"}} {
			commontest.Press(env, p, keys...)
			text := commontest.Text(p.View())
			_, beside, found := strings.Cut(text, " │ Timeline")
			if found != c.beside && keys == nil || c.beside && !strings.Contains(text, "polls ") {
				t.Errorf("%dx%d after %v: beside is %q\n%s", c.width, c.height, keys, beside, text)
			}
			if wide := ansi.StringWidth(strings.Split(text, "\n")[1]); wide != env.Layout.Detail.W {
				t.Errorf("%dx%d: a line of %d cells", c.width, c.height, wide)
			}
		}
	}
}
