package model

import (
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"polltop/model/common"
	"polltop/views"
	"polltop/views/safe"
	"polltop/views/theme"
)

// frameCache is the last frame: Bubble Tea calls View after every message.
type frameCache struct {
	parts [3]string // the components' views: bars, area and pane
	base  string    // the screen that they make
	plain []string  // the lines of base without styles, below a dialog; nil before one is open
}

func (m *Model) View() tea.View {
	view := tea.NewView(m.frame())
	view.AltScreen = true
	view.MouseMode = tea.MouseModeCellMotion
	// The terminal reports keys with ctrl by their letter on a US keyboard.
	view.KeyboardEnhancements.ReportAlternateKeys = true
	view.WindowTitle = m.status.Title()
	view.ProgressBar = m.status.Taskbar()
	return view
}

// frame composes the components' views if one has changed.
func (m *Model) frame() string {
	s := &m.cache
	if m.env.Layout.Width <= 0 || m.env.Layout.Height <= 0 {
		return ""
	}
	parts := [3]string{m.status.View(), m.area().View()}
	if m.paneShown() {
		parts[2] = m.pane.View()
	}
	if parts != s.parts {
		s.parts, s.base, s.plain = parts, views.Compose(m.env.Frame, parts[0], parts[1], parts[2]), nil
	}
	box := m.dialogs.Box()
	if box == nil {
		return s.base
	}
	if s.plain == nil {
		s.plain = strings.Split(ansi.Strip(s.base), "\n")
	}
	return views.Overlay(m.env.Frame, s.plain, box)
}

// paneShown reports whether the pane is open beside the table, whose cursor it follows.
func (m *Model) paneShown() bool { return m.pane.Open() && m.env.Area == views.OnTable }

// arrange computes the layout after a change of the screen's size or of what is open.
func (m *Model) arrange() {
	l := views.NewLayout(m.env.Layout.Width, m.env.Layout.Height, m.paneShown())
	m.env.Layout = l
	if m.paneShown() && l.Rows == 0 && m.env.Focus.InArea() {
		// The pane covers the whole table: keys must go to the pane.
		m.pushFocus(views.OnPane)
	}
	m.table.SetSize(l.TableWidth, l.Rows)
	m.pane.SetSize(l.PaneText())
	m.failures.SetSize(l.TableWidth, l.GroupRows())
	m.stats.SetSize(l.Width, l.StatsRows())
	m.env.Post(common.LayoutChanged{})
}

func (m *Model) observeTerminal(msg tea.Msg) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.env.Layout.Width, m.env.Layout.Height = msg.Width, msg.Height
	case tea.BackgroundColorMsg:
		m.dark = msg.IsDark()
	case tea.ColorProfileMsg:
		m.env.Profile = msg.Profile
	case tea.ModeReportMsg:
		// Bubble Tea measures text by grapheme clusters once the terminal reports that
		// it does so too: use the same measure.
		if msg.Mode == ansi.ModeUnicodeCore && msg.Value != ansi.ModeNotRecognized && msg.Value != ansi.ModePermanentlyReset {
			safe.SetGraphemeClusters(true)
		}
	}
	m.env.Theme = theme.New(m.dark, m.env.Profile)
	m.arrange()
}
