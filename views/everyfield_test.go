package views_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/colorprofile"

	"polltop/poller/queue"
	"polltop/views"
	"polltop/views/safe"
	"polltop/views/theme"
)

// ownText are the fields that hold nothing from outside, by their place in
// Props: the theme's styles, a base that has been parsed, and a picture that is
// made of polltop's own cells.
var ownText = map[string]bool{
	".Bars.Footer": true, ".Keys": true,
	".Theme": true, ".Detail.Result.Preview": true,
	".Detail.Task.Request.Base": true, ".Table.Rows[].Request.Base": true, ".Groups.Rows[].Example.Request.Base": true,
	".Groups.Rows[].Contains": true, ".Table.Find": true,
}

// putEverywhere puts a text into every field below v that can hold one, so that
// a field that is added to Props later is put to the test without a word. What
// is nil is made, and what has no elements gets two. It returns the places of
// the fields that it filled.
func putEverywhere(v reflect.Value, text string) []string {
	filled := map[string]bool{}
	var put func(v reflect.Value, place string)
	put = func(v reflect.Value, place string) {
		if ownText[place] {
			return
		}
		switch v.Kind() {
		case reflect.String:
			v.SetString(text)
			filled[place] = true
		case reflect.Pointer:
			if v.IsNil() {
				v.Set(reflect.New(v.Type().Elem()))
			}
			put(v.Elem(), place)
		case reflect.Struct:
			for i := range v.NumField() {
				if v.Type().Field(i).IsExported() {
					put(v.Field(i), place+"."+v.Type().Field(i).Name)
				}
			}
		case reflect.Slice:
			if v.Type().Elem().Kind() == reflect.Uint8 {
				v.SetBytes([]byte(text))
				filled[place] = true
				return
			}
			if v.Len() == 0 {
				v.Set(reflect.MakeSlice(v.Type(), 2, 2))
			}
			fallthrough
		case reflect.Array:
			for i := range v.Len() {
				put(v.Index(i), place+"[]")
			}
		case reflect.Map, reflect.Interface, reflect.Func, reflect.Chan:
			panic(place + " is of a kind in which text could hide from this test")
		}
	}
	put(v, "")
	return slices.Sorted(maps.Keys(filled))
}

// screensOf are the parts of a screen that hide one another: what each leaves
// out of props that hold everything.
var screensOf = []struct {
	name string
	show func(p *props)
}{
	{"table", func(p *props) { p.Stats, p.Groups, p.Detail, p.Dialog, p.FilterField = nil, nil, nil, nil, "" }},
	{"detail", func(p *props) {
		p.Stats, p.Groups, p.Dialog, p.FilterField, p.Notice = nil, nil, nil, "", ""
		p.Focus = views.OnPane
	}},
	{"result", func(p *props) {
		p.Stats, p.Groups, p.Dialog, p.Detail.Result.FetchedResult.Fault, p.FilterField = nil, nil, nil, nil, ""
	}},
	{"raw", func(p *props) {
		p.Stats, p.Groups, p.Dialog, p.Detail.Result, p.FilterField = nil, nil, nil, nil, ""
		p.Scroll = 1 << 20
	}},
	{"groups", func(p *props) { p.Stats, p.Detail, p.Dialog, p.FilterField = nil, nil, nil, "" }},
	{"stats", func(p *props) { p.Dialog, p.Groups, p.FilterField = nil, nil, "" }},
	{"nothing", func(p *props) {
		p.Stats, p.Groups, p.Detail, p.Dialog, p.Table.Rows = nil, nil, nil, nil, nil
		p.Table.Total, p.FilterField = 0, ""
	}},
	{"filter", func(p *props) { p.Stats, p.Groups, p.Dialog = nil, nil, nil }},
	{"dialog", func(p *props) { p.Stats, p.Groups, p.Detail = nil, nil, nil }},
	{"confirm", func(p *props) {
		text := p.Host
		p.Stats, p.Groups, p.FilterField = nil, nil, ""
		p.Dialog.Body = views.QuestionBody([]string{text, text}, []string{text, "", text}, views.DialogTextWidth(p.Width))
		views.AddButtons(p.frame(), p.Dialog, []views.MenuItem{{Key: text, Label: text}, {Key: "n", Label: text}}, 0, false)
	}},
	{"menu", func(p *props) {
		text := p.Host
		p.Stats, p.Groups, p.Detail, p.FilterField = nil, nil, nil, ""
		p.Dialog.Body = views.MenuBody([]views.MenuItem{{Key: text, Label: text, Value: text}, {Key: "i", Label: "id", Value: text}}, -1, "", views.DialogTextWidth(p.Width))
	}},
}

// poisoned returns the props of a screen whose every text is the given one.
func poisoned(screen int, text string, width, height int) props {
	p := withResult(width, height)
	p.Groups, p.Stats = groups(), stats()
	p.Link, p.NoticeLevel = views.LinkOffline, views.LevelBad
	for _, t := range p.Table.Rows {
		t.Trouble = &queue.Fault{Kind: queue.ServerError, HTTP: 500}
	}
	putEverywhere(reflect.ValueOf(&p).Elem(), text)
	screensOf[screen].show(&p)
	return p
}

// exact returns what is wrong with a frame: it has the screen's lines and no
// more, each is as wide as the screen, by whichever measure the terminal has, and holds nothing but text and styles. The styles are
// the theme's and polltop's own, but where a text field brings what it draws itself.
func exact(p props) error {
	styles := themeStyles(p.Theme)
	styles["\x1b[38;2;200;80;40;48;2;20;60;120m"] = true // the preview's
	styles["\x1b[1m"] = true                             // that of titles in dialogs
	if p.FilterField != "" || p.Dialog != nil {
		styles = nil // what is laid over another is styled by what differs
	}
	for _, graphemes := range []bool{false, true} {
		if err := exactBy(p, styles, graphemes); err != nil {
			return fmt.Errorf("graphemes %v: %w", graphemes, err)
		}
	}
	return nil
}

// exactBy returns what is wrong with a frame on a terminal with the given measure.
func exactBy(p props, styles map[string]bool, graphemes bool) error {
	safe.SetGraphemeClusters(graphemes)
	defer safe.SetGraphemeClusters(false)
	lines := strings.Split(render(p), "\n")
	if len(lines) != p.Height {
		return fmt.Errorf("%d lines, want %d", len(lines), p.Height)
	}
	for y, line := range lines {
		if err := harmless(line, styles); err != nil {
			return fmt.Errorf("line %d: %w: %q", y, err, line)
		}
		if got := safe.WidthMethod().StringWidth(styleSequence.ReplaceAllString(line, "")); got != p.Width {
			return fmt.Errorf("line %d is %d cells wide, want %d: %q", y, got, p.Width, line)
		}
	}
	return nil
}

// TestEveryFieldMayBeHostile puts hostile text into every field of Props that
// can hold any, however deep, and draws all screens in small and large sizes.
func TestEveryFieldMayBeHostile(t *testing.T) {
	p := withResult(80, 24)
	places := putEverywhere(reflect.ValueOf(&p).Elem(), "x")
	for _, want := range []string{
		".Bars.Host", ".Bars.Session", ".Bars.Viewers", ".Bars.StoreErr", ".Bars.LinkTexts[]", ".Bars.Notice", ".Bars.TableStatus.FilterText", ".Bars.TableStatus.FilterField",
		".Table.Rows[].Request.ID", ".Table.Rows[].Request.Endpoint", ".Table.Rows[].Error", ".Table.Rows[].ErrorType",
		".Table.Rows[].Trouble.Message", ".Table.Empty[]", ".Detail.Raw", ".Detail.Slow", ".Detail.Result.FetchedResult.Result.Outputs[].URL",
		".Detail.Result.FetchedResult.Result.Metadata[].Value", ".Detail.Result.Files[]", ".Detail.Result.FetchedResult.Fault.Message",
		".Groups.Rows[].Label", ".Groups.Rows[].Example.Error", ".Stats.TaskStats.Endpoints[].Name", ".Dialog.Body[]", ".Dialog.Title",
	} {
		if !slices.Contains(places, want) {
			t.Errorf("%s was not filled; filled were\n%s", want, strings.Join(places, "\n"))
		}
	}
	sizes := [][2]int{{1, 1}, {2, 3}, {7, 5}, {19, 9}, {40, 12}, {80, 24}, {120, 40}, {200, 60}}
	for i, text := range hostileSeeds() {
		for screen := range screensOf {
			// Each text meets each screen in a small and in a large size.
			for _, size := range [][2]int{sizes[(i+screen)%4], sizes[4+(i+screen)%4]} {
				if err := exact(poisoned(screen, text, size[0], size[1])); err != nil {
					t.Fatalf("%s, %dx%d, %+q: %v", screensOf[screen].name, size[0], size[1], text, err)
				}
			}
		}
	}
}

// FuzzFrame draws a screen of any kind and size with any text in every field.
func FuzzFrame(f *testing.F) {
	for i, text := range hostileSeeds() {
		f.Add(text, uint8(i), uint8(i*37), uint8(i*11), i%2 == 0)
	}
	f.Fuzz(func(t *testing.T, text string, screen, width, height uint8, dark bool) {
		p := poisoned(int(screen)%len(screensOf), text, int(width)%200+1, int(height)%60+1)
		p.Theme = theme.New(dark, colorprofile.TrueColor)
		if err := exact(p); err != nil {
			t.Fatalf("%s, %dx%d: %v", screensOf[int(screen)%len(screensOf)].name, p.Width, p.Height, err)
		}
	})
}
