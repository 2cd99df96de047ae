package actions

import (
	"bytes"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"polltop/model/common"
	"polltop/views"
	"polltop/views/report"
	"polltop/views/safe"
)

// export writes tasks to a file. Where the dashboard is shared, the user has no files on the
// machine that it runs on: they are printed on the main screen of the user's terminal, which
// the dashboard covers.
func (a *Actions) export(msg common.Export) tea.Cmd {
	format, _ := report.FormatOf(msg.Path)
	options := report.ExportOptions{Now: a.env.Clock, Source: a.env.Source, Input: a.poller.Input, Result: a.fetched}
	if format != report.Payloads {
		msg.Tasks = submitted(msg.Tasks)
	}
	said := func(done string, err error) common.Say {
		if err != nil {
			return common.Say{Level: views.LevelBad, Text: "not exported: " + err.Error()}
		}
		return common.Say{Level: views.LevelGood, Text: common.Counted(len(msg.Tasks), "task") + done}
	}
	if a.env.Shared == nil {
		return func() tea.Msg {
			return said(" exported to "+msg.Path, report.ExportFile(msg.Path, format, msg.Tasks, options))
		}
	}
	return func() tea.Msg {
		var text bytes.Buffer
		err := report.Export(&text, format, msg.Tasks, options)
		lines := strings.Join(safe.Lines(text.String()), "\n") + "\n"
		return tea.BatchMsg{
			tea.Sequence(tea.Raw(ansi.ResetModeAltScreenSaveCursor+lines+ansi.SetModeAltScreenSaveCursor), tea.ClearScreen),
			common.Send(said(" printed behind the dashboard: q shows them in your own terminal", err)),
		}
	}
}
