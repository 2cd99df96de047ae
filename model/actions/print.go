package actions

import (
	"bytes"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"polltop/model/common"
	"polltop/poller"
	"polltop/views"
	"polltop/views/report"
	"polltop/views/safe"
)

// printed returns the command that prints tasks in a format on the main screen of the
// user's terminal, which the dashboard covers: where it is shared, the user has no files on
// the machine that it runs on.
func printed(format report.Format, tasks []*poller.Task, o report.ExportOptions) tea.Cmd {
	return func() tea.Msg {
		var text bytes.Buffer
		if err := report.Export(&text, format, tasks, o); err != nil {
			return common.Say{Level: views.LevelBad, Text: "not exported: " + err.Error()}
		}
		lines := strings.Join(safe.Lines(text.String()), "\n") + "\n"
		return tea.BatchMsg{
			tea.Sequence(tea.Raw(ansi.ResetModeAltScreenSaveCursor+lines+ansi.SetModeAltScreenSaveCursor), tea.ClearScreen),
			common.Send(common.Say{Level: views.LevelGood, Text: common.Counted(len(tasks), "task") + " printed behind the dashboard: q shows them in your own terminal"}),
		}
	}
}
