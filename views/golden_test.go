package views_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/exp/golden"

	"polltop/poller"
	"polltop/views"
	"polltop/views/theme"
	"polltop/views/viewstest"
)

var sizes = viewstest.Sizes

// scenes are the screens that are compared with the golden files, each at all
// sizes.
var scenes = map[string]func(width, height int) props{
	"empty": empty,
	"mixed": screen,
	"detail": func(width, height int) props {
		p := screen(width, height)
		p.Detail = &views.Detail{Task: failure(), Raw: []byte(rawFailure)}
		return p
	},
	"trouble": func(width, height int) props {
		p := screen(width, height)
		p.Table.Cursor, p.Focus, p.Scroll = 0, views.OnPane, 2
		p.Table.Rows = p.Table.Rows[max(len(p.Table.Rows)-3, 0):]
		p.Detail = &views.Detail{Task: tasks()[7]}
		p.Notice, p.NoticeLevel = "asking for mmsu_01hxyzf1r4s7t2v5w8x3y6z9a1", views.LevelInfo
		return p
	},
	"filter": func(width, height int) props {
		p := screen(width, height)
		p.FilterField = " / wan26\x1b[7m \x1b[0m"
		p.Table.Rows, p.Table.Total, p.Table.Cursor = p.Table.Rows[:2], 2, 0
		p.Focus = views.OnFilter
		return p
	},
	"filtered": func(width, height int) props {
		p := screen(width, height)
		p.FilterText = "wan26"
		p.Tab = views.TabFailed
		p.Table.Rows, p.Table.Total, p.Table.Cursor = nil, 0, -1
		p.Table.Empty = []string{"nothing matches the filter", "esc clears it"}
		return p
	},
	"offline": func(width, height int) props {
		p := screen(width, height)
		p.Link, p.PollsPerSecond = views.LinkOffline, 0
		p.LinkTexts = []string{"offline, next try in 4s: dial tcp 198.51.100.7:443: connect: connection refused", "offline, next try in 4s", "offline"}
		return p
	},
	"end": func(width, height int) props {
		p := screen(width, height)
		p.Link, p.LinkTexts, p.PollsPerSecond, p.RateLimit = views.LinkIdle, []string{"idle"}, 0, 0
		p.Counts = [poller.StateCount]int{poller.Succeeded: 405, poller.Failed: 5, poller.Canceled: 1, poller.NotFound: 1}
		p.End = &views.End{Elapsed: 21 * time.Minute, ModelTime: 3 * time.Hour, WorthResubmitting: 4}
		ended := slices.DeleteFunc(tasks(), func(t *poller.Task) bool { return !t.State.Terminal() })
		p.Table.Rows = ended[:min(len(ended), len(p.Table.Rows))]
		p.Table.Cursor, p.Table.Total = 0, 412
		return p
	},
	"unauthorized": func(width, height int) props {
		p := screen(width, height)
		p.Link, p.LinkTexts = views.LinkUnauthorized, []string{"key refused: K reads it again", "key refused"}
		p.Notice, p.NoticeLevel = "failed: mmsu_01hxyza0pd CONTENT_BLOCKED", views.LevelBad
		return p
	},
	"silent": func(width, height int) props {
		p := screen(width, height)
		p.Link, p.LinkTexts = views.LinkSilent, []string{"no answer for 6s"}
		return p
	},
	"unknown queue": func(width, height int) props {
		p := screen(width, height)
		p.Link = views.LinkFailing
		p.LinkTexts = []string{
			"every answer is 404 from https://cloud.seaart.ai/model/v1/queue/wan25_i2v: check BASE_URL and ENDPOINT",
			"every answer is 404: check BASE_URL and ENDPOINT", "every answer is 404",
		}
		return p
	},
	"waiting": func(width, height int) props {
		p := screen(width, height)
		p.Link, p.LinkTexts = views.LinkWaiting, []string{"waits 12s (the service asked)", "waits 12s"}
		return p
	},
}

func TestScreens(t *testing.T) {
	for name, scene := range scenes {
		for _, size := range sizes {
			t.Run(fmt.Sprintf("%s_%dx%d", name, size[0], size[1]), func(t *testing.T) {
				golden.RequireEqual(t, render(scene(size[0], size[1])))
			})
		}
	}
}

// TestThemes draws one screen in every theme, once with the keys at the table
// and once at the pane.
func TestThemes(t *testing.T) {
	for _, m := range viewstest.Modes() {
		for _, focused := range []bool{true, false} {
			t.Run(fmt.Sprintf("%v_table=%t", m, focused), func(t *testing.T) {
				p := screen(80, 24)
				p.Theme = m.Theme()
				p.FilterText = "wan26"
				if !focused {
					p.Focus = views.OnPane
					p.Detail = &views.Detail{Task: failure(), Raw: []byte(rawFailure)}
				}
				golden.RequireEqual(t, render(p))
			})
		}
	}
}

// Without color, underlines stand for it: they end with the text, before the blanks that
// fill a cell.
func TestUnderlinesEndWithTheText(t *testing.T) {
	styled := regexp.MustCompile(`\x1b\[([0-9;]*)m([^\x1b]*)`)
	runs := 0
	for name, scene := range scenes {
		for _, size := range sizes {
			p := scene(size[0], size[1])
			p.Theme = theme.New(true, colorprofile.ASCII)
			on := false
			for _, part := range styled.FindAllStringSubmatch(render(p), -1) {
				for _, code := range strings.Split(part[1], ";") {
					on = code == "4" || on && code != "" && code != "0" && code != "24"
				}
				text := part[2]
				if on && text != "" {
					runs++
				}
				if on && text != strings.Trim(text, " ") {
					t.Errorf("%s at %v: %q is underlined", name, size, text)
				}
			}
		}
	}
	if runs == 0 {
		t.Error("nothing is underlined")
	}
}
