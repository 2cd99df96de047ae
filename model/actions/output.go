package actions

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"polltop/model/common"
	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views"
	"polltop/views/safe"
)

// openOutput opens an output of the task in the browser or viewer. If there are several, the user
// picks one. A result that has not arrived is fetched first.
func (a *Actions) openOutput(msg common.Command) tea.Cmd {
	t := msg.Subject
	switch {
	case t == nil:
		return nil
	case t.State == poller.Unread:
		return a.say(views.LevelInfo, "no output to open: the result was not read; r reads it")
	case t.State == poller.Reading:
		return a.say(views.LevelInfo, "no output to open yet: the result is being read")
	case t.State != poller.Succeeded && !keepsOutputs(t):
		return a.say(views.LevelInfo, "no output to open: the task has not succeeded")
	}
	f, ok := a.poller.Result(t.Seq)
	switch {
	case !ok || f.Pending:
		a.env.Say(views.LevelInfo, "fetching the result, then opening it")
	case f.Fault != nil:
		a.env.Say(views.LevelBad, "the result could not be fetched, trying again: "+f.Fault.Error())
	default:
		return a.openOneOf(f.Result.Outputs)
	}
	a.opening = t.Seq
	return a.fetch(t.Seq)
}

// keepsOutputs reports whether a failed or canceled task may have outputs: Comfy Router keeps what
// was made until then, and may charge for it.
func keepsOutputs(t *poller.Task) bool {
	return (t.State == poller.Failed || t.State == poller.Canceled) && t.Request.Base.Service() == queue.Comfy
}

// maxChoices bounds the menu of outputs, which has a digit for each.
const maxChoices = 9

func (a *Actions) openOneOf(outputs []queue.Output) tea.Cmd {
	var choices []common.Choice
	for _, o := range outputs {
		if o.URL == "" || len(choices) == maxChoices {
			continue
		}
		item := views.MenuItem{Key: fmt.Sprint(len(choices) + 1), Label: o.Type, Value: o.URL}
		choices = append(choices, common.Choice{MenuItem: item, Do: a.openURL(o.URL)})
	}
	switch {
	case len(choices) == 1:
		return choices[0].Do
	case len(choices) > 1:
		a.env.Post(common.Ask{Title: "Open an output", Hint: "a number opens  esc close", Choices: choices})
		return nil
	case slices.ContainsFunc(outputs, queue.Output.Inline):
		return a.say(views.LevelInfo, "the result holds the output itself and no URL to open: press d to download it to a file")
	}
	return a.say(views.LevelInfo, "the result has no output with a URL")
}

func (a *Actions) openURL(url string) tea.Cmd {
	return func() tea.Msg {
		err := a.options.Open(url)
		if err == nil {
			return common.Say{Level: views.LevelGood, Text: "opened " + url}
		}
		return common.Then(func() tea.Cmd { return a.copy(url, views.LevelWarn, err.Error()+": copied the URL instead") })
	}
}

func (a *Actions) continueOpening(tasks []*poller.Task) tea.Cmd {
	if a.opening == common.NoTask || !slices.ContainsFunc(tasks, func(t *poller.Task) bool { return t.Seq == a.opening }) {
		return nil
	}
	f, ok := a.poller.Result(a.opening)
	if !ok || f.Pending {
		return nil
	}
	a.opening = common.NoTask
	if f.Fault != nil {
		return a.say(views.LevelBad, "the result could not be fetched: "+f.Fault.Error())
	}
	return a.openOneOf(f.Result.Outputs)
}

// copy copies a text to the clipboard of the terminal's machine, also over SSH, with OSC 52. Inside
// tmux and screen it sends the sequence a second time, wrapped to be passed on to their
// terminal: which of the two works depends on their configuration.
func (a *Actions) copy(text string, level views.Level, message string) tea.Cmd {
	a.env.Say(level, message)
	sequence := ansi.SetSystemClipboard(text)
	switch {
	case a.env.Getenv("TMUX") != "":
		sequence += ansi.TmuxPassthrough(sequence)
	case a.env.Getenv("STY") != "":
		sequence += ansi.ScreenPassthrough(sequence, 768)
	}
	return tea.Raw(sequence)
}

func (a *Actions) copyIDs(msg common.Command) tea.Cmd {
	ids := joinLines(msg.Tasks, func(t *poller.Task) string { return t.Request.ID })
	if ids == "" {
		return nil
	}
	return a.copy(ids, views.LevelGood, "copied "+views.Plural(strings.Count(ids, "\n")+1, "request id"))
}

// joinLines returns the texts that lineOf returns for the items, one a line, without empty ones.
func joinLines[T any](items []T, lineOf func(T) string) string {
	var lines []string
	for _, item := range items {
		if text := lineOf(item); text != "" {
			lines = append(lines, text)
		}
	}
	return strings.Join(lines, "\n")
}

func (a *Actions) copyMenu(msg common.Command) tea.Cmd {
	if len(msg.Tasks) == 0 {
		return nil
	}
	var choices []common.Choice
	tasks, sent := msg.Tasks, submitted(msg.Tasks) // only submitted tasks have an address
	for _, c := range []struct {
		key, label string
		tasks      []*poller.Task
		of         func(*poller.Task) string
	}{
		{"i", "request id", tasks, func(t *poller.Task) string { return t.Request.ID }},
		{"x", "service's request id", tasks, func(t *poller.Task) string { return safe.Line(t.ServiceRequestID) }},
		{"s", "status URL", sent, func(t *poller.Task) string { return t.Request.StatusURL() }},
		{"r", "response URL", sent, func(t *poller.Task) string { return t.Request.ResponseURL() }},
		{"o", "output URLs", tasks, a.outputURLs},
		{"e", "error text", tasks, errorText},
		{"c", "curl command", sent, curlCommand},
	} {
		text := joinLines(c.tasks, c.of)
		if text == "" {
			continue
		}
		value, _, more := strings.Cut(text, "\n")
		if more {
			value += fmt.Sprintf(" … %d lines", strings.Count(text, "\n")+1)
		}
		choices = append(choices, common.Choice{
			MenuItem: views.MenuItem{Key: c.key, Label: c.label, Value: value},
			Do:       common.InUpdate(func() tea.Cmd { return a.copy(text, views.LevelGood, "copied "+c.label) }),
		})
	}
	if len(msg.Tasks) == 1 && a.env.Allows("R") {
		item := views.MenuItem{Key: "p", Label: "curl to submit", Value: "its payload is not known"}
		do := common.InUpdate(func() tea.Cmd { return a.explainUnknown(msg.Tasks) })
		if p := a.env.Submissions[msg.Tasks[0].Payload]; p != nil {
			item.Value, do = p.Base.CreateURL(p.Endpoint), a.submitCommand(p)
		}
		choices = append(choices, common.Choice{MenuItem: item, Do: do})
	}
	if len(choices) == 0 {
		return a.say(views.LevelInfo, "nothing to copy of what is not submitted")
	}
	a.env.Post(common.Ask{Title: "Copy from " + views.Plural(len(msg.Tasks), "task"), Hint: "a key copies  esc close", Choices: choices})
	return nil
}

// outputURLs returns the URLs of a task's outputs, one a line; "" if its result was not fetched.
func (a *Actions) outputURLs(t *poller.Task) string {
	// The poller would search the disk for results that were not fetched: too slow for a menu
	// of 100,000 marked tasks.
	if !t.Fetched {
		return ""
	}
	f, _ := a.poller.Result(t.Seq)
	return joinLines(f.Result.Outputs, func(o queue.Output) string { return o.URL })
}

// errorText returns a task's error type and message, without control characters, because the
// user may paste it into a shell.
func errorText(t *poller.Task) string {
	text := strings.Join(safe.Lines(views.ErrorText(t)), "\n")
	if t.ErrorType != "" {
		text = strings.TrimRight(safe.Line(t.ErrorType)+": "+text, ": ")
	}
	return text
}

// curlCommand returns the shell command that requests a task's status, with the key from the
// variable that its service documents.
func curlCommand(t *poller.Task) string {
	base := t.Request.Base
	name, value := base.KeyHeader("$" + base.KeyEnv())
	return fmt.Sprintf(`curl -sS %s -H "%s: %s"`, shellQuote(t.Request.StatusURL()), name, value)
}

// maxCopy bounds a payload that is copied to the clipboard, in bytes.
const maxCopy = 64 << 10

func (a *Actions) submitCommand(p *poller.Payload) tea.Cmd {
	return func() tea.Msg {
		input, ok := a.poller.Input(p.Number)
		switch {
		case !ok:
			return common.Say{Level: views.LevelBad, Text: "the payload can't be read in the session"}
		case len(input) > maxCopy:
			return common.Say{Level: views.LevelBad, Text: "the payload is too long for the clipboard: polltop export --format payloads writes it"}
		}
		name, value := p.Base.KeyHeader("$" + p.Base.KeyEnv())
		text := fmt.Sprintf(`curl -sS -X POST %s -H "%s: %s" -H 'Content-Type: application/json' --data-raw %s`,
			shellQuote(p.Base.CreateURL(p.Endpoint)), name, value, shellQuote(string(input)))
		return common.Then(func() tea.Cmd { return a.copy(text, views.LevelGood, "copied curl command that submits it") })
	}
}

func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
