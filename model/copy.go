package model

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"polltop/poller"
	"polltop/views"
	"polltop/views/safe"
)

// clip puts text on the clipboard of the terminal's own machine, also over SSH,
// by OSC 52. Inside tmux and screen it is sent a second time, wrapped to be
// passed on to the terminal outside: which of the two arrives depends on how
// they are configured.
func (m *Model) clip(text, what string) tea.Cmd {
	sequence := ansi.SetSystemClipboard(text)
	sent := sequence
	switch {
	case m.getenv("TMUX") != "":
		sent += ansi.TmuxPassthrough(sequence)
	case m.getenv("STY") != "":
		sent += ansi.ScreenPassthrough(sequence, 768)
	}
	return tea.Batch(tea.Raw(sent), m.say(views.LevelGood, "copied "+what))
}

// copyIDs copies the request ids of the targets, one a line.
func (m *Model) copyIDs() tea.Cmd {
	targets := m.targets()
	if len(targets) == 0 {
		return nil
	}
	return m.clip(joined(targets, func(t *poller.Task) string { return t.Request.ID }), counted(len(targets), "request id"))
}

// joined returns what of tells about each task, one a line, without those of
// which it tells nothing.
func joined(tasks []*poller.Task, of func(*poller.Task) string) string {
	var lines []string
	for _, t := range tasks {
		if text := of(t); text != "" {
			lines = append(lines, text)
		}
	}
	return strings.Join(lines, "\n")
}

// copyMenu offers what of the targets can be copied.
func (m *Model) copyMenu() tea.Cmd {
	targets := m.targets()
	if len(targets) == 0 {
		return nil
	}
	choices := []struct {
		key, label string
		of         func(*poller.Task) string
	}{
		{"i", "request id", func(t *poller.Task) string { return t.Request.ID }},
		{"x", "service's request id", func(t *poller.Task) string { return safe.Line(t.ServiceRequestID) }},
		{"s", "status URL", func(t *poller.Task) string { return t.Request.StatusURL() }},
		{"r", "response URL", func(t *poller.Task) string { return t.Request.ResponseURL() }},
		{"o", "output URLs", m.outputURLs},
		{"e", "error text", errorText},
		{"c", "curl command", curlCommand},
	}
	var items []views.MenuItem
	texts := map[string]string{}
	labels := map[string]string{}
	for _, c := range choices {
		text := joined(targets, c.of)
		if text == "" {
			continue
		}
		value, _, more := strings.Cut(text, "\n")
		if more {
			value += fmt.Sprintf(" … %d lines", strings.Count(text, "\n")+1)
		}
		items = append(items, views.MenuItem{Key: c.key, Label: c.label, Value: value})
		texts[c.key], labels[c.key] = text, c.label
	}
	m.openDialog(dialog{
		title: "Copy of " + counted(len(targets), "task"),
		body:  func(width int) []string { return views.MenuBody(items, width) },
		hint:  "a key copies  esc close",
		press: func(key string) (tea.Cmd, bool) {
			text, ok := texts[key]
			if !ok {
				return nil, false
			}
			return m.clip(text, labels[key]), true
		},
	})
	return nil
}

// outputURLs returns the URLs of a task's outputs, one a line, as far as its
// result has been fetched.
func (m *Model) outputURLs(t *poller.Task) string {
	// Of a task whose result was not fetched here, the poller would look on disk:
	// a hundred thousand marked ones must not be looked up while a menu opens.
	if !t.Fetched {
		return ""
	}
	f, ok := m.options.Poller.Result(t.Seq)
	if !ok {
		return ""
	}
	var urls []string
	for _, o := range f.Result.Outputs {
		if o.URL != "" {
			urls = append(urls, o.URL)
		}
	}
	return strings.Join(urls, "\n")
}

// errorText returns a task's error type and message, made safe: what is pasted
// into a shell or an editor should not surprise there either.
func errorText(t *poller.Task) string {
	text := strings.Join(safe.Lines(views.ErrorText(t)), "\n")
	if t.ErrorType != "" {
		text = strings.TrimRight(safe.Line(t.ErrorType)+": "+text, ": ")
	}
	return text
}

// curlCommand returns the command that asks for the task's status in a shell
// that has the key in the variable where its service's users keep it.
func curlCommand(t *poller.Task) string {
	base := t.Request.Base
	name, value := base.KeyHeader("$" + base.KeyEnv())
	return fmt.Sprintf(`curl -sS %s -H "%s: %s"`, shellQuote(t.Request.StatusURL()), name, value)
}

// shellQuote quotes a text for a POSIX shell.
func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
