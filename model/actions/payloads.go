package actions

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"

	"polltop/model/common"
	"polltop/model/input"
	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views"
	"polltop/views/report"
)

type payload struct {
	*poller.Payload
	input []byte
}

func (a *Actions) readPayloads(msg common.AddPayloads) tea.Cmd {
	return func() tea.Msg {
		reader := input.NewPayloads(strings.NewReader(msg.Text), "the text", msg.Source, poller.Payload{Label: msg.Source.Label})
		var read []payload
		for {
			p, parameters, err := reader.Next()
			switch {
			case err == io.EOF:
				return common.Then(func() tea.Cmd { return a.submit(read, nil, msg.Stored) })
			case err != nil:
				return common.Say{Level: views.LevelBad, Text: "nothing is submitted: " + err.Error() + ": A goes on with the text"}
			}
			read = append(read, payload{p, parameters})
		}
	}
}

// submit submits payloads, after a question with details. It calls stored once they are on disk.
func (a *Actions) submit(payloads []payload, details []string, stored func()) tea.Cmd {
	var batch report.BatchSize
	for _, p := range payloads {
		batch.Add(p.Payload)
	}
	submit := func() tea.Msg {
		left := payloads
		n, err := a.poller.AddPayloads(func() (*poller.Payload, []byte, error) {
			if len(left) == 0 {
				return nil, nil, io.EOF
			}
			next := left[0]
			left = left[1:]
			return next.Payload, next.input, nil
		})
		if err != nil {
			return common.Say{Level: views.LevelBad, Text: "nothing is submitted: " + err.Error()}
		}
		return common.Then(func() tea.Cmd {
			stored()
			return a.say(views.LevelInfo, "submitting "+views.Plural(n, "payload"))
		})
	}
	return a.ask("Submit "+views.Plural(len(payloads), "payload"), []string{batch.String()}, details, common.NewChoice("y", "Submit", submit), common.NewChoice("n", "Not now", nil))
}

func (a *Actions) edit(t *poller.Task) tea.Cmd {
	p := a.env.Submissions[t.Payload]
	switch {
	case a.options.Edit == nil:
		return a.say(views.LevelWarn, "there is no editor over polltop serve: E edits a payload in a polltop on the machine of the session")
	case p == nil:
		return a.explainUnknown([]*poller.Task{t})
	case p.Pending():
		return a.say(views.LevelInfo, "its payload is yet to be submitted: R gives up what waits")
	case !t.State.Terminal():
		return a.say(views.LevelInfo, "it has not ended: x cancels it")
	}
	return a.openPayload(p)
}

// openPayload writes a payload's parameters, or the user's draft of them, to a file, and opens it in
// the editor.
func (a *Actions) openPayload(p *poller.Payload) tea.Cmd {
	draft := a.drafts[p.Number]
	return func() tea.Msg {
		before, ok := a.poller.Input(p.Number)
		if !ok {
			return common.Say{Level: views.LevelBad, Text: "the payload can't be read in the session"}
		}
		if draft == nil {
			var b bytes.Buffer
			if draft = before; json.Indent(&b, before, "", "  ") == nil {
				draft = append(b.Bytes(), '\n')
			}
		}
		file, err := os.CreateTemp("", "polltop-payload-*.json") // for the user alone
		if err == nil {
			_, err = file.Write(draft)
			err = errors.Join(err, file.Close())
		}
		if err != nil {
			return common.Say{Level: views.LevelBad, Text: "the payload can't be edited: " + err.Error()}
		}
		return common.Then(func() tea.Cmd {
			return a.options.Edit(file.Name(), func(failed error) tea.Msg { return a.readEdited(p, file.Name(), before, failed) })
		})
	}
}

// readEdited reads the edited file. The file is removed only after that: it stays if polltop ends
// while the editor is open.
func (a *Actions) readEdited(p *poller.Payload, path string, before []byte, failed error) tea.Msg {
	text, err := readFile(path)
	if err != nil {
		return common.Say{Level: views.LevelBad, Text: "nothing is submitted: " + err.Error()}
	}
	if failed != nil {
		failed = fmt.Errorf("the editor ended with %w: $VISUAL or $EDITOR names another", failed)
	}
	return common.Then(func() tea.Cmd {
		remove := func() tea.Msg { os.Remove(path); return nil }
		return tea.Batch(remove, a.confirmEdited(p, before, text, errors.Join(failed, checkParameters(text))))
	})
}

// maxEdited bounds an edited file, in bytes: parameters of MaxInput with indentation.
const maxEdited = 4 * queue.MaxInput

func readFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxEdited+1))
	if err == nil && len(text) > maxEdited {
		err = fmt.Errorf("%s has more than %d MiB: it stays there", path, maxEdited>>20)
	}
	return bytes.TrimPrefix(text, []byte("\ufeff")), err
}

// checkParameters returns why a text is not a JSON object that can be submitted, with line and
// column.
func checkParameters(text []byte) error {
	var members map[string]json.RawMessage
	err := json.Unmarshal(text, &members)
	syntax, isSyntax := errors.AsType[*json.SyntaxError](err)
	switch {
	case !utf8.Valid(text):
		return errors.New("it is not UTF-8: save it in that encoding")
	case isSyntax:
		before := text[:min(max(int(syntax.Offset)-1, 0), len(text))]
		line := bytes.Count(before, []byte("\n")) + 1
		column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
		return fmt.Errorf("line %d, column %d: %w", line, column, err)
	case err != nil || members == nil:
		return errors.New("line 1, column 1: it is no JSON object: a payload is an object with the model's parameters")
	}
	var b bytes.Buffer
	if err := json.Compact(&b, text); err != nil || b.Len() > queue.MaxInput {
		return fmt.Errorf("it has %d bytes, more than %d MiB, the most for a payload: give large files as URLs", b.Len(), queue.MaxInput>>20)
	}
	return nil
}

func compact(text []byte) []byte {
	var b bytes.Buffer
	if json.Compact(&b, text) != nil {
		return text
	}
	return b.Bytes()
}

// confirmEdited asks whether to submit an edited payload, or to edit it again if err is not nil.
func (a *Actions) confirmEdited(old *poller.Payload, before, edited []byte, err error) tea.Cmd {
	text := compact(edited)
	if bytes.Equal(text, compact(before)) {
		delete(a.drafts, old.Number)
		why := "the payload is unchanged"
		if err != nil {
			why = err.Error()
		}
		return a.say(views.LevelInfo, "nothing is submitted: "+why)
	}
	a.drafts[old.Number] = edited
	if err != nil {
		return a.ask("Edit again", nil, []string{err.Error(), "The text is kept: E goes on with it while polltop runs."},
			common.NewChoice("E", "Edit again", a.openPayload(old)), common.NewChoice("esc", "Later", nil))
	}
	next := &poller.Payload{
		Base: old.Base, Endpoint: old.Endpoint, Label: old.Label, Key: rand.Text(), Attempt: old.Attempt + 1,
		RetryOf: old.RetryOf, Retries: old.Retries, MaxLive: old.MaxLive, Replaces: old.Number,
	}
	details := []string{fmt.Sprintf("Attempt %d, with the edited input.", next.Attempt)}
	if old.State == poller.PayloadSubmitted {
		next.RetryOf = old.RequestID
		details[0] = fmt.Sprintf("Attempt %d, a retry of %s with the edited input.", next.Attempt, old.RequestID)
	}
	if old.State == poller.PayloadUnknown {
		details = append(details, "The one before may have been submitted: this may be made, and cost, twice.")
	}
	details = append(details, "E goes on with the text otherwise.")
	return a.submit([]payload{{next, text}}, details, func() { delete(a.drafts, old.Number) })
}
